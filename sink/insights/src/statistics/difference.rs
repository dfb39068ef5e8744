//! The difference between two samples, with an interval: for one look (Welch), and for as many looks as one likes.

use super::distribution::{student_quantile, student_two_sided};
use super::sample::Sample;

/// Whether the difference is told in the samples' unit or as a part of the first mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Absolute,
    /// (b - a) / a; its variance by the delta method.
    Relative,
}

/// A difference with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    pub difference: f64,
    pub low: f64,
    pub high: f64,
    /// Only of a test for one look.
    pub p_value: Option<f64>,
}

/// Welch's unequal variances t-test; none where a variance or the first mean is missing.
#[must_use]
pub fn welch(a: &Sample, b: &Sample, scale: Scale, alpha: f64) -> Option<Compared> {
    let (difference, variance) = difference(a, b, scale)?;
    let (va, vb) = (a.variance_of_mean(), b.variance_of_mean());
    // Welch and Satterthwaite's degrees of freedom.
    let freedom = (va + vb).powi(2) / (va * va / (a.count - 1.0) + vb * vb / (b.count - 1.0));
    let error = variance.sqrt();
    let width = student_quantile(alpha, freedom) * error;
    Some(Compared {
        difference,
        low: difference - width,
        high: difference + width,
        p_value: Some(student_two_sided(difference / error, freedom)),
    })
}

/// The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (arXiv 2103.06476, version 7): equation 9 with the
/// rho of equation 161, which is tightest once `tuned_for` visitors were seen. It covers the difference at all times at once.
#[must_use]
pub fn always_valid(a: &Sample, b: &Sample, scale: Scale, alpha: f64, tuned_for: f64) -> Option<Compared> {
    let (difference, variance) = difference(a, b, scale)?;
    let count = a.count + b.count;
    let rho_squared = (-2.0 * alpha.ln() + (-2.0 * alpha.ln() + 1.0).ln()) / tuned_for;
    let spread = count * rho_squared + 1.0;
    let inner = 2.0 * spread / (count * count * rho_squared) * (spread.sqrt() / alpha).ln();
    let width = (variance * count).sqrt() * inner.sqrt();
    Some(Compared {
        difference,
        low: difference - width,
        high: difference + width,
        p_value: None,
    })
}

/// The difference of the means and its variance.
fn difference(a: &Sample, b: &Sample, scale: Scale) -> Option<(f64, f64)> {
    if a.count < 2.0 || b.count < 2.0 {
        return None;
    }
    let (ma, mb) = (a.mean(), b.mean());
    let (va, vb) = (a.variance_of_mean(), b.variance_of_mean());
    let (difference, variance) = match scale {
        Scale::Absolute => (mb - ma, va + vb),
        Scale::Relative => ((mb - ma) / ma, vb / (ma * ma) + va * mb * mb / ma.powi(4)),
    };
    (difference.is_finite() && variance > 0.0 && variance.is_finite()).then_some((difference, variance))
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    fn close(is: f64, wanted: f64) {
        assert!((is - wanted).abs() < 5.1e-6, "{is} is not {wanted}");
    }

    fn sample(count: f64, sum: f64, squares: f64) -> Sample {
        Sample {
            count,
            sum,
            squares,
            proportion: false,
        }
    }

    #[test]
    fn the_confidence_sequence_meets_the_published_values() {
        let (a, b) = (sample(3000.0, 1396.87, 52377.9767), sample(3461.0, 2422.7, 134_698.29));
        let compared = always_valid(&a, &b, Scale::Relative, 0.05, 1000.0).expect("a difference");
        close(compared.difference, 0.50336);
        close(compared.low, -0.55844);
        close(compared.high, 1.56516);
        let (a, b) = (Sample::proportion(1396.0, 3000.0), Sample::proportion(2422.0, 3461.0));
        let compared = always_valid(&a, &b, Scale::Relative, 0.05, 5000.0).expect("a difference");
        close(compared.difference, 0.50386);
        close(compared.low, 0.40098);
        close(compared.high, 0.60675);
    }

    #[test]
    fn welchs_test_meets_the_published_values() {
        let (a, b) = (sample(3407.0, 1396.87, 52377.9767), sample(3461.0, 2422.7, 134_698.29));
        let relative = welch(&a, &b, Scale::Relative, 0.05).expect("a difference");
        close(relative.difference, 0.70732);
        close(relative.low, -0.03526);
        close(relative.high, 1.44989);
        close(relative.p_value.expect("a p-value"), 0.06191);
        let absolute = welch(&a, &b, Scale::Absolute, 0.05).expect("a difference");
        close(absolute.difference, 0.29);
        close(absolute.low, 0.04538);
        close(absolute.high, 0.53462);
        close(absolute.p_value.expect("a p-value"), 0.02016);
    }

    /// 60 daily looks at 100 visitors a day and variant; how often of 2,000 experiments an interval ever misses the true difference.
    fn misses(rates: [f64; 2]) -> usize {
        let mut random = StdRng::seed_from_u64(2103);
        let truth = rates[1] - rates[0];
        let missed = (0..2000).filter(|_| {
            let mut orders = [0.0; 2];
            (1..=60).any(|day| {
                for (orders, rate) in orders.iter_mut().zip(rates) {
                    *orders += f64::from((0..100).filter(|_| random.random_bool(rate)).count() as u32);
                }
                let sample = |variant: usize| Sample::proportion(orders[variant], f64::from(day * 100));
                let safe = always_valid(&sample(0), &sample(1), Scale::Absolute, 0.05, 5000.0);
                safe.is_some_and(|safe| safe.low > truth || truth > safe.high)
            })
        });
        missed.count()
    }

    #[test]
    fn looking_every_day_misses_the_truth_in_at_most_one_of_twenty_experiments() {
        // An A/A: every miss would be a false winner.
        assert!(misses([0.1, 0.1]) <= 100);
        // With a true effect: coverage of 95 % at least.
        assert!(misses([0.1, 0.12]) <= 100);
    }

    #[test]
    fn what_cannot_be_compared_has_no_difference() {
        let none = Sample::default();
        let some = Sample::proportion(3.0, 10.0);
        assert_eq!(welch(&none, &some, Scale::Absolute, 0.05), None);
        assert_eq!(
            welch(&Sample::proportion(0.0, 10.0), &some, Scale::Relative, 0.05),
            None
        );
    }
}
