"""Compares what the crate `insights` says (standard input) with SciPy and statsmodels. Run by statistics.sh."""

import json
import math
import sys

import numpy
import statsmodels.api
from scipy import special, stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

compared = 0


def same(what, ours, theirs, tolerance=1e-6):
    global compared
    compared += 1
    if not math.isclose(ours, theirs, rel_tol=tolerance, abs_tol=1e-9):
        sys.exit(f"{what}: {ours} here, {theirs} there")


def welch(what, ours, a, b):
    both = CompareMeans(DescrStatsW(b), DescrStatsW(a))
    low, high = both.tconfint_diff(alpha=0.05, usevar="unequal")
    same(f"{what}: difference", ours["difference"], b.mean() - a.mean())
    same(f"{what}: low", ours["low"], low)
    same(f"{what}: high", ours["high"], high)
    same(f"{what}: p", ours["p"], stats.ttest_ind(b, a, equal_var=False).pvalue)


def comparison(case):
    a, b = numpy.array(case["a"]), numpy.array(case["b"])
    (xa, ya), (xb, yb) = a.T, b.T
    welch("Welch", case["welch"], ya, yb)

    # The delta method, from its formula: var(b)/a^2 + var(a) b^2/a^4; Welch and Satterthwaite's freedom from SciPy's own test.
    ours, once = case["welch_relative"], stats.ttest_ind(yb, ya, equal_var=False)
    va, vb = ya.var(ddof=1) / len(ya), yb.var(ddof=1) / len(yb)
    error = math.sqrt(vb / ya.mean() ** 2 + va * yb.mean() ** 2 / ya.mean() ** 4)
    ratio = yb.mean() / ya.mean() - 1
    low, high = stats.t.interval(0.95, once.df, loc=ratio, scale=error)
    for name, value in [("difference", ratio), ("low", low), ("high", high), ("p", 2 * stats.t.sf(abs(ratio / error), once.df))]:
        same(f"relative {name}", ours[name], value)

    # Waudby-Smith et al., equation 9, in Howard's form of the mixture boundary.
    n = len(ya) + len(yb)
    rho = math.sqrt((-2 * math.log(0.05) + math.log(-2 * math.log(0.05) + 1)) / 5000)
    sigma = math.sqrt((va + vb) * n)
    width = sigma * math.sqrt(2 * (n * rho**2 + 1) / (n**2 * rho**2) * math.log(math.sqrt(n * rho**2 + 1) / 0.05))
    same("any time: low", case["always_valid"]["low"], yb.mean() - ya.mean() - width)
    same("any time: high", case["always_valid"]["high"], yb.mean() - ya.mean() + width)

    # CUPED: theta is the slope of the regression of all outcomes on the past; the correlation is Pearson's.
    past = case["past"]
    x, y = numpy.concatenate([xa, xb]), numpy.concatenate([ya, yb])
    fit = statsmodels.api.OLS(y, statsmodels.api.add_constant(x)).fit()
    same("theta", past["theta"], fit.params[1])
    same("variance less by", past["reduction"], fit.rsquared)
    same("correlation", past["correlation"], stats.pearsonr(x, y).statistic)
    # What is left of each outcome is the residual of that regression, around the mean of all.
    left = fit.resid + y.mean()
    la, lb = left[: len(ya)], left[len(ya) :]
    for ours, theirs in zip(past["means"], [la.mean(), lb.mean()]):
        same("adjusted mean", ours, theirs)
    for ours, theirs in zip(past["variances"], [la.var(ddof=1), lb.var(ddof=1)]):
        same("adjusted variance", ours, theirs)
    welch("adjusted", past["welch"], la, lb)
    welch("balance of the past", past["balance"], xa, xb)

    if case["binary"]:
        # The effect in standard deviations that statsmodels finds, as a part of the control's mean.
        p = ya.mean()
        deviation = math.sqrt(p * (1 - p))
        power = NormalIndPower()
        effect = power.solve_power(effect_size=None, nobs1=len(ya), ratio=len(yb) / len(ya), alpha=0.05, power=0.8)
        same("detectable", case["detectable"], effect * deviation / p, 1e-4)
        needed = power.solve_power(effect_size=0.05 * p / deviation, nobs1=None, ratio=1, alpha=0.05, power=0.8)
        same("needed", case["needed"], math.ceil(needed), 1e-4)


def split(case):
    counts, planned = numpy.array(case["counts"]), numpy.array(case["planned"])
    # SciPy's Dirichlet-multinomial against its multinomial: the Bayes factor.
    factor = stats.dirichlet_multinomial.logpmf(counts, 1000 * planned, counts.sum()) - stats.multinomial.logpmf(
        counts, counts.sum(), planned
    )
    same("sample-ratio mismatch", case["p"], min(1, math.exp(-factor)))


def distribution(case):
    if "normal_of" in case:
        same("normal quantile", case["z"], special.ndtri(case["normal_of"]))
    elif "quantile_of" in case:
        same("Student quantile", case["t"], stats.t.isf(case["quantile_of"] / 2, case["freedom"]))
    else:
        same("Student", case["p"], 2 * stats.t.sf(case["t"], case["freedom"]))


said = json.load(sys.stdin)
for one in said["comparisons"]:
    comparison(one)
for one in said["splits"]:
    split(one)
for one in said["distributions"]:
    distribution(one)
print(f"SciPy and statsmodels: {compared} figures alike")
