//! Variance reduction by what was known before: CUPED (Deng, Xu, Kohavi and Walker, Improving the sensitivity of online controlled
//! experiments by utilizing pre-experiment data, WSDM 2013, section 3.2).
//!
//! Each outcome y becomes y - theta (x - mean of x), with x from before the experiment and one theta = cov(x, y) / var(x) over all
//! variants together. The adjusted means differ in expectation by as much as the means do; their variance is smaller by the square of
//! the correlation of x and y.

use super::sample::Sample;

/// What somebody did before, and in the experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    pub before: f64,
    pub outcome: f64,
}

/// Two variants, adjusted by the same theta.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjusted {
    pub theta: f64,
    /// Of what was before with the outcome, over both variants.
    pub correlation: f64,
    /// By how much the variance of the outcome is smaller: 0 to 1.
    pub reduction: f64,
    pub a: Sample,
    pub b: Sample,
    /// What was before: a sound experiment changes nothing about it.
    pub before_a: Sample,
    pub before_b: Sample,
}

/// Adjusts two variants; none where the past, or the outcome, is the same for all.
#[must_use]
pub fn adjusted(a: &[Paired], b: &[Paired]) -> Option<Adjusted> {
    let both = || a.iter().chain(b);
    let count = both().count() as f64;
    let mean = |of: fn(&Paired) -> f64| both().map(of).sum::<f64>() / count;
    let (before, outcome) = (mean(|one| one.before), mean(|one| one.outcome));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for one in both() {
        let (x, y) = (one.before - before, one.outcome - outcome);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    if !(xx > 0.0 && yy > 0.0) {
        return None;
    }
    let theta = xy / xx;
    let correlation = xy / (xx * yy).sqrt();
    let sample = |variant: &[Paired], of: &dyn Fn(&Paired) -> f64| {
        let mut sample = Sample::default();
        for one in variant {
            sample.add(of(one));
        }
        sample
    };
    let less = |one: &Paired| one.outcome - theta * (one.before - before);
    Some(Adjusted {
        theta,
        correlation,
        reduction: correlation * correlation,
        a: sample(a, &less),
        b: sample(b, &less),
        before_a: sample(a, &|one| one.before),
        before_b: sample(b, &|one| one.before),
    })
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;
    use crate::statistics::{Scale, welch};

    /// People whose outcome follows their past, and a variant that adds `effect`.
    fn people(random: &mut StdRng, effect: f64) -> Vec<Paired> {
        let one = |_| {
            let before = f64::from(random.random_range(0..20));
            let noise = f64::from(random.random_range(-1000..=1000)) / 250.0;
            Paired {
                before,
                outcome: 3.0 + 0.5 * before + noise + effect,
            }
        };
        (0..400).map(one).collect()
    }

    #[test]
    fn the_adjusted_means_are_those_of_a_regression_on_the_past() {
        // Worked out by hand: x 0 1 2 3 and y 1 2 2 5 give cov 6 / var 5, so theta 1.2, and means of y - 1.2 (x - 1.5).
        let pair = |before, outcome| Paired { before, outcome };
        let adjusted =
            adjusted(&[pair(0.0, 1.0), pair(1.0, 2.0)], &[pair(2.0, 2.0), pair(3.0, 5.0)]).expect("there is a past");
        for (is, wanted) in [
            (adjusted.theta, 1.2),
            (adjusted.a.mean(), 2.7),
            (adjusted.b.mean(), 2.3),
            (adjusted.correlation, 6.0 / 45.0_f64.sqrt()),
            (adjusted.reduction, 36.0 / 45.0),
        ] {
            assert!((is - wanted).abs() < 1e-12, "{is} is not {wanted}");
        }
    }

    #[test]
    fn the_interval_is_narrower_by_what_the_past_tells_and_still_holds_the_truth() {
        let mut random = StdRng::seed_from_u64(2013);
        let (mut missed, mut ratio) = (0, 0.0);
        for _ in 0..1000 {
            let (a, b) = (people(&mut random, 0.0), people(&mut random, 0.4));
            let adjusted = adjusted(&a, &b).expect("there is a past");
            let plain = |people: &[Paired]| {
                let mut sample = Sample::default();
                for one in people {
                    sample.add(one.outcome);
                }
                sample
            };
            let before = welch(&plain(&a), &plain(&b), Scale::Absolute, 0.05).expect("a difference");
            let after = welch(&adjusted.a, &adjusted.b, Scale::Absolute, 0.05).expect("a difference");
            missed += usize::from(after.low > 0.4 || after.high < 0.4);
            ratio += ((after.high - after.low) / (before.high - before.low)).powi(2) / 1000.0;
            assert!(adjusted.reduction > 0.4, "{}", adjusted.reduction);
        }
        assert!(missed <= 70, "{missed} of 1,000 intervals of 95 % miss the truth");
        // A past of variance 33.25, a quarter of which reaches the outcome, beside noise of variance 5.3: what is left is noise.
        assert!((0.36..0.42).contains(&ratio), "{ratio} of the variance is left");
    }

    #[test]
    fn without_a_past_nothing_is_adjusted() {
        let same = |outcome| Paired { before: 2.0, outcome };
        assert_eq!(adjusted(&[same(1.0), same(0.0)], &[same(1.0)]), None);
        assert_eq!(adjusted(&[], &[]), None);
    }
}
