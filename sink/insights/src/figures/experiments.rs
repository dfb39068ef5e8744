//! What experiments found: conversion and revenue by variant, with what one may say about them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemas::EventType;
use time::Duration;

use crate::definitions as means;
use crate::events::{SessionIndex, Visitor};
use crate::question::midnight;
use crate::report::{Cell, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit};
use crate::statistics::{Compared, Sample, Scale, always_valid, mismatch, normal_quantile, welch};

const ALPHA: f64 = 0.05;
/// Below it no winner is named.
const MISMATCH_BELOW: f64 = 0.01;
/// The number of visitors for which the confidence sequence is tightest.
const TUNED_FOR: f64 = 5000.0;
/// The chance to find an effect of the size that is named as detectable.
const POWER: f64 = 0.8;

/// A visitor in an experiment.
#[derive(Default)]
struct Subject<'a> {
    variants: BTreeSet<&'a str>,
    forced: bool,
    bot: bool,
    first: i64,
    session: SessionIndex,
    orders: u64,
    revenue: i64,
    /// When the first order was placed.
    ordered: Option<i64>,
}

type Subjects<'a> = HashMap<Visitor, Subject<'a>>;

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let mut all: BTreeMap<&str, Subjects<'_>> = BTreeMap::new();
    for session in scope.touching().iter().copied() {
        let facts = scope.facts(session);
        for (_, event) in scope
            .events_in_range(session)
            .filter(|(_, event)| event.kind == EventType::Exposure)
        {
            let Some(seen) = scope.log.exposures.get(event.extra as usize) else {
                continue;
            };
            let subjects = all.entry(scope.log.names.text(seen.experiment)).or_default();
            let subject = subjects.entry(facts.visitor).or_insert_with(|| Subject {
                first: event.at,
                session,
                ..Subject::default()
            });
            if event.at < subject.first {
                (subject.first, subject.session) = (event.at, session);
            }
            subject.variants.insert(scope.log.names.text(seen.variant));
            subject.forced |= seen.forced;
            subject.bot |= facts.bot;
        }
    }
    for subjects in all.values_mut() {
        outcomes(scope, subjects);
    }
    let names: Vec<&str> = all.keys().copied().collect();
    let asked = scope.question.own("experiment").filter(|asked| names.contains(asked));
    let Some(name) = asked.or_else(|| names.first().copied()) else {
        "No experiment was shown to anybody in this range.".clone_into(&mut report.says);
        return;
    };
    for other in &names {
        report.notes.push(format!("Experiment in this range: {other}"));
    }
    if let Some(subjects) = all.get(name) {
        one(scope, report, name, subjects);
    }
}

/// What exposed visitors did from their first exposure on.
fn outcomes(scope: &Scope<'_>, subjects: &mut Subjects<'_>) {
    for session in scope.touching() {
        let Some(subject) = subjects.get_mut(&scope.facts(*session).visitor) else {
            continue;
        };
        for (_, event) in scope.events_in_range(*session) {
            if event.kind == EventType::OrderPlaced && event.at >= subject.first {
                subject.orders += 1;
                subject.revenue += event.amount;
                subject.ordered = Some(subject.ordered.map_or(event.at, |first| first.min(event.at)));
            }
        }
    }
}

/// Crawlers that were shown the experiment, whether the filter lets them in or not.
fn bots(scope: &Scope<'_>, name: &str) -> Tally {
    let mut bots = scope.visitors("bots");
    let shown = |session: SessionIndex| {
        let mut exposures = scope
            .events_in_range(session)
            .filter(|(_, event)| event.kind == EventType::Exposure);
        exposures.any(|(_, event)| {
            let seen = scope.log.exposures.get(event.extra as usize);
            seen.is_some_and(|seen| scope.log.names.text(seen.experiment) == name)
        })
    };
    for session in scope.arranged.by_start.iter().copied() {
        let facts = scope.facts(session);
        if facts.bot && shown(session) {
            bots.add(facts.visitor, session);
        }
    }
    bots.tally
}

/// Counts of one variant.
struct Variant<'a> {
    name: &'a str,
    exposed: Tally,
    converted: Tally,
    revenue: Sample,
}

impl Variant<'_> {
    const fn conversion(&self) -> Sample {
        Sample::proportion(self.converted.count as f64, self.exposed.count as f64)
    }
}

fn one(scope: &Scope<'_>, report: &mut Report, name: &str, subjects: &Subjects<'_>) {
    let mut sorted: Vec<&Subject<'_>> = subjects.values().collect();
    sorted.sort_by_key(|subject| (subject.first, subject.session));
    let names: BTreeSet<&str> = sorted
        .iter()
        .flat_map(|subject| subject.variants.iter().copied())
        .collect();
    let mut names: Vec<&str> = names.into_iter().collect();
    // The control comes first, whatever its letter.
    names.sort_by_key(|name| (*name != "control", *name));
    let mut several = scope.tally("several", Unit::Visitors);
    let mut forced = scope.tally("forced", Unit::Visitors);
    let bots = bots(scope, name);
    let fresh = |name| Variant {
        name,
        exposed: scope.tally(format!("variants/{name}/exposed"), Unit::Visitors),
        converted: scope.tally(format!("variants/{name}/converted"), Unit::Visitors),
        revenue: Sample::default(),
    };
    let mut variants: Vec<Variant<'_>> = names.into_iter().map(fresh).collect();
    let mut counted: Vec<(usize, &Subject<'_>)> = Vec::new();
    for subject in sorted {
        if subject.bot {
            // Counted apart: they are in no set unless the filter lets them in, and then not here either.
        } else if subject.forced {
            forced.add(subject.session);
        } else if subject.variants.len() > 1 {
            several.add(subject.session);
        } else if let Some(place) = variants
            .iter()
            .position(|variant| subject.variants.contains(variant.name))
        {
            let variant = &mut variants[place];
            variant.exposed.add(subject.session);
            variant.revenue.add(subject.revenue as f64);
            if subject.orders > 0 {
                variant.converted.add(subject.session);
            }
            counted.push((place, subject));
        }
    }
    let counts: Vec<u64> = variants.iter().map(|variant| variant.exposed.count).collect();
    let p_split = mismatch(&counts, &vec![1.0 / counts.len().max(1) as f64; counts.len()]);
    report.says = says(name, &variants, p_split);
    report.figure(
        "split_p_value",
        "Sample-ratio mismatch, p",
        means::MISMATCH,
        Cell::of(Value::Number(p_split)),
    );
    report.figure("several", "Saw several variants", means::EXPOSED, scope.cell(several));
    report.figure("forced", "Forced variants", means::EXPOSED, scope.cell(forced));
    report.figure("bots", "Bots", means::EXPOSED, scope.cell(bots));
    report.tables.push(intervals(&variants));
    report.tables.push(peeking(scope, &variants, &counted));
    report.tables.push(detectable(&variants));
    report.tables.push(table(scope, name, variants));
    report.notes.push(
        "Shares of the variants are taken to be planned equal: the events don't say. The variance is not reduced by visitors' past (CUPED): \
         most visitors have none in the table."
            .to_owned(),
    );
}

fn says(name: &str, variants: &[Variant<'_>], p_split: f64) -> String {
    if p_split < MISMATCH_BELOW {
        return format!(
            "{name}: the split is not what was planned (p = {p_split:.4}), so no winner is named. Look for what loses visitors of one variant first."
        );
    }
    let Some((control, others)) = variants.split_first() else {
        return String::new();
    };
    let sure = others.iter().find_map(|other| {
        let safe = always_valid(
            &control.conversion(),
            &other.conversion(),
            Scale::Relative,
            ALPHA,
            TUNED_FOR,
        )?;
        (safe.low > 0.0 || safe.high < 0.0).then(|| {
            let word = if safe.low > 0.0 { "more" } else { "less" };
            format!(
                "{name}: {} converts {word} than {}, however often one has looked.",
                other.name, control.name
            )
        })
    });
    sure.unwrap_or_else(|| format!("{name}: no difference in conversion is certain yet."))
}

fn table(scope: &Scope<'_>, experiment: &str, variants: Vec<Variant<'_>>) -> Table {
    let columns = [
        ("variant", "Variant"),
        ("exposed", "Visitors exposed"),
        ("converted", "Ordered"),
        ("conversion", "Conversion"),
        ("revenue_per_visitor", "Revenue per visitor, KRW"),
    ];
    let mut table = Table::new("variants", format!("Variants of {experiment}"), &columns).meaning(means::EXPOSED);
    for variant in variants {
        let conversion = Value::share(variant.converted.count, variant.exposed.count);
        let revenue = if variant.revenue.count > 0.0 {
            Value::Number(variant.revenue.mean())
        } else {
            Value::Nothing
        };
        table.rows.push(vec![
            Cell::text(variant.name),
            scope.cell(variant.exposed),
            scope.cell(variant.converted),
            Cell::of(conversion),
            Cell::of(revenue),
        ]);
    }
    table
}

/// Every comparison with the first variant.
fn intervals(variants: &[Variant<'_>]) -> Table {
    let columns = [
        ("comparison", "Comparison"),
        ("low", "From"),
        ("difference", "Difference"),
        ("high", "To"),
        ("p_value", "p, one look"),
        ("safe_low", "Any time, from"),
        ("safe_high", "Any time, to"),
    ];
    let mut table = Table::new(
        "differences",
        "Difference from the first variant, relative, 95 %",
        &columns,
    )
    .meaning(means::INTERVAL);
    let Some((control, others)) = variants.split_first() else {
        return table;
    };
    for other in others {
        for (what, a, b) in [
            ("conversion", control.conversion(), other.conversion()),
            ("revenue per visitor", control.revenue, other.revenue),
        ] {
            let once = welch(&a, &b, Scale::Relative, ALPHA);
            let safe = always_valid(&a, &b, Scale::Relative, ALPHA, TUNED_FOR);
            let share = |compared: Option<Compared>, of: fn(Compared) -> f64| {
                Cell::of(compared.map_or(Value::Nothing, |compared| Value::Share(of(compared))))
            };
            table.rows.push(vec![
                Cell::text(format!("{}: {what}", other.name)),
                share(once, |compared| compared.low),
                share(once, |compared| compared.difference),
                share(once, |compared| compared.high),
                Cell::of(once.and_then(|once| once.p_value).map_or(Value::Nothing, Value::Number)),
                share(safe, |compared| compared.low),
                share(safe, |compared| compared.high),
            ]);
        }
    }
    table.drawn(Plot::Intervals {
        label: 0,
        low: 1,
        middle: 2,
        high: 3,
    })
}

/// What one would have said on the evening of each day: by a test for one look, and by one that may be looked at any time.
fn peeking(scope: &Scope<'_>, variants: &[Variant<'_>], counted: &[(usize, &Subject<'_>)]) -> Table {
    let columns = [
        ("day", "Until"),
        ("low", "Any time, from"),
        ("difference", "Difference"),
        ("high", "Any time, to"),
        ("p_value", "p, one look"),
        ("one_look_says", "One look says"),
        ("safe_says", "Any time says"),
    ];
    let mut table = Table::new(
        "peeking",
        "Looking every day: conversion of the second variant",
        &columns,
    )
    .meaning(means::INTERVAL);
    if variants.len() < 2 {
        return table;
    }
    let newest = scope.arranged.newest.unwrap_or(i64::MIN);
    for number in 1..=scope.range.days() {
        let begin_of = |days: i64| scope.range.first.checked_add(Duration::days(days));
        let (Some(date), Some(next)) = (begin_of(number - 1), begin_of(number)) else {
            break;
        };
        // A day of which nothing is known yet would only repeat the one before.
        if midnight(date, scope.zone) > newest {
            break;
        }
        let until = midnight(next, scope.zone);
        let sample = |place: usize| {
            let seen = counted
                .iter()
                .filter(|(variant, subject)| *variant == place && subject.first < until);
            let (count, part) = seen.fold((0.0, 0.0), |(count, part), (_, subject)| {
                (
                    count + 1.0,
                    part + f64::from(u8::from(subject.ordered.is_some_and(|at| at < until))),
                )
            });
            Sample::proportion(part, count)
        };
        let (a, b) = (sample(0), sample(1));
        let once = welch(&a, &b, Scale::Relative, ALPHA).and_then(|once| once.p_value);
        let Some(safe) = always_valid(&a, &b, Scale::Relative, ALPHA, TUNED_FOR) else {
            continue;
        };
        let verdict = |sure: bool| Cell::text(if sure { "a difference" } else { "nothing yet" });
        table.rows.push(vec![
            Cell::text(date.to_string()),
            Cell::of(Value::Share(safe.low)),
            Cell::of(Value::Share(safe.difference)),
            Cell::of(Value::Share(safe.high)),
            Cell::of(once.map_or(Value::Nothing, Value::Number)),
            verdict(once.is_some_and(|p| p < ALPHA)),
            verdict(safe.low > 0.0 || safe.high < 0.0),
        ]);
    }
    table.drawn(Plot::Intervals {
        label: 0,
        low: 1,
        middle: 2,
        high: 3,
    })
}

/// The smallest relative effect that so many visitors find, and how many one of 5 % needs.
fn detectable(variants: &[Variant<'_>]) -> Table {
    let columns = [
        ("variant", "Variant"),
        ("detectable", "Detectable now, relative"),
        ("still_needed", "Visitors still needed for 5 %"),
    ];
    let mut table = Table::new(
        "detectable",
        "What so many visitors can find (power 80 %, one look)",
        &columns,
    );
    let Some((control, others)) = variants.split_first() else {
        return table;
    };
    let reach = (normal_quantile(1.0 - ALPHA / 2.0) + normal_quantile(POWER)).powi(2);
    for other in others {
        let (a, b) = (control.conversion(), other.conversion());
        let (mean, variance) = (a.mean(), a.variance());
        let known = a.count > 1.0 && b.count > 1.0 && mean > 0.0;
        let effect = (reach * variance * (1.0 / a.count + 1.0 / b.count)).sqrt() / mean;
        let needed = 2.0 * reach * variance / (0.05 * mean).powi(2);
        let still = (2.0 * needed - a.count - b.count).max(0.0).ceil() as u64;
        let value = |value| Cell::of(if known { value } else { Value::Nothing });
        table.rows.push(vec![
            Cell::text(other.name),
            value(Value::Share(effect)),
            value(Value::Count(still)),
        ]);
    }
    table
}
