//! Is the split what was planned? A test that may be looked at any time.
//!
//! The sequential multinomial test of Lindon and Malek (Anytime-valid inference for multinomial count data, 2022): the Bayes factor of
//! a Dirichlet prior around the planned shares against exactly these shares; by Ville's inequality one over it is a p-value at any time.

use super::distribution::ln_gamma;

/// How strongly the prior believes in the planned shares.
const CONCENTRATION: f64 = 1000.0;

/// The p-value of these counts under the planned shares, which sum to 1. What is planned for nobody and was shown to somebody is no chance.
#[must_use]
pub fn mismatch(counts: &[u64], planned: &[f64]) -> f64 {
    let total: u64 = counts.iter().sum();
    let mut log_factor = ln_gamma(CONCENTRATION) - ln_gamma(CONCENTRATION + total as f64);
    for (count, share) in counts.iter().zip(planned) {
        if *share <= 0.0 {
            if *count > 0 {
                return 0.0;
            }
            continue;
        }
        let (count, prior) = (*count as f64, share * CONCENTRATION);
        log_factor += ln_gamma(prior + count) - ln_gamma(prior) - count * share.ln();
    }
    (-log_factor).exp().min(1.0)
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    #[test]
    fn a_sound_split_is_accepted_and_a_skewed_one_is_not() {
        assert!(mismatch(&[5000, 5010], &[0.5, 0.5]) > 0.5);
        assert!(mismatch(&[5000, 5600], &[0.5, 0.5]) < 0.01);
        assert!(mismatch(&[0, 0], &[0.5, 0.5]) >= 1.0);
        assert!(mismatch(&[9000, 1010], &[0.9, 0.1]) > 0.5);
        assert!(mismatch(&[9000, 1010], &[0.5, 0.5]) < 0.01);
        assert!(
            mismatch(&[9000, 1010, 0], &[0.9, 0.1, 0.0]) > 0.5,
            "nobody saw what nobody was to see"
        );
        assert!(mismatch(&[9000, 1010, 1], &[0.9, 0.1, 0.0]) <= 0.0);
    }

    #[test]
    fn looking_sixty_times_refuses_at_most_one_sound_split_in_a_hundred() {
        let mut random = StdRng::seed_from_u64(16);
        let refused = (0..2000).filter(|_| {
            let mut counts = [0_u64; 2];
            (0..60).any(|_| {
                for _ in 0..100 {
                    counts[usize::from(random.random_bool(0.5))] += 1;
                }
                mismatch(&counts, &[0.5, 0.5]) < 0.01
            })
        });
        assert!(refused.count() <= 20);
    }
}
