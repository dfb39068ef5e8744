//! What so many visitors can find: the smallest effect that a test for one look finds with a given chance.

use super::distribution::normal_quantile;
use super::sample::Sample;

/// How sure one wants to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// How often a difference is seen where there is none; both directions together.
    pub alpha: f64,
    /// How often a difference of the size is found.
    pub power: f64,
}

impl Power {
    /// The squared sum of both quantiles of the normal distribution.
    fn reach(self) -> f64 {
        (normal_quantile(1.0 - self.alpha / 2.0) + normal_quantile(self.power)).powi(2)
    }

    /// The smallest relative effect that is found with these samples, if both vary as the first does; none where that is not known.
    #[must_use]
    pub fn detectable(self, a: &Sample, b: &Sample) -> Option<f64> {
        let effect = (self.reach() * a.variance() * (1.0 / a.count + 1.0 / b.count)).sqrt() / a.mean();
        (a.count > 1.0 && b.count > 1.0 && effect.is_finite() && effect > 0.0).then_some(effect)
    }

    /// How many visitors each of two equal variants needs for a relative effect.
    #[must_use]
    pub fn needed(self, a: &Sample, effect: f64) -> Option<u64> {
        let needed = 2.0 * self.reach() * a.variance() / (effect * a.mean()).powi(2);
        (a.count > 1.0 && needed.is_finite() && needed > 0.0).then_some(needed.ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;
    use crate::statistics::{Scale, welch};

    const USUAL: Power = Power {
        alpha: 0.05,
        power: 0.8,
    };

    #[test]
    fn the_needed_visitors_are_those_of_the_textbook() {
        // 16 times variance over the squared difference is the rule of thumb; exactly it is 15.698.
        let sample = Sample::proportion(100.0, 1000.0);
        assert_eq!(USUAL.needed(&sample, 0.1), Some(14_128));
        assert_eq!(USUAL.needed(&Sample::proportion(0.0, 1000.0), 0.1), None);
        assert_eq!(USUAL.needed(&Sample::default(), 0.1), None);
    }

    #[test]
    fn what_is_detectable_with_the_needed_visitors_is_the_effect_they_were_needed_for() {
        let sample = |count: f64| Sample::proportion(count * 0.1, count);
        let needed = USUAL.needed(&sample(500.0), 0.05).expect("it can be told") as f64;
        let effect = USUAL
            .detectable(&sample(needed), &sample(needed))
            .expect("it can be told");
        assert!((effect - 0.05).abs() < 1e-5, "{effect}");
    }

    #[test]
    fn four_of_five_experiments_of_that_size_find_it() {
        let mut random = StdRng::seed_from_u64(80);
        let mut orders = |rate: f64| f64::from((0..1600).filter(|_| random.random_bool(rate)).count() as u32);
        let control = Sample::proportion(320.0, 1600.0);
        let effect = USUAL.detectable(&control, &control).expect("it can be told");
        let found = (0..1000).filter(|_| {
            let (a, b) = (orders(0.2), orders(0.2 * (1.0 + effect)));
            let compared = welch(
                &Sample::proportion(a, 1600.0),
                &Sample::proportion(b, 1600.0),
                Scale::Absolute,
                0.05,
            );
            compared.and_then(|compared| compared.p_value).is_some_and(|p| p < 0.05)
        });
        let found = found.count();
        assert!((750..=850).contains(&found), "{found} of 1,000");
    }
}
