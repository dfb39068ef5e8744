//! Randomness that is the same on every machine.
//!
//! Each visitor, each visit and each day has a stream of its own, keyed by the seed, a purpose and a number: what one of them draws never
//! moves what another one gets. Only the four operations and square roots are taken from the machine (IEEE 754 defines them to the last
//! bit); `ln`, `exp` and `pow` come from the crate `libm`, which is plain Rust.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// How many visits a day has, and when they begin.
    Day,
    /// Who somebody is: language, device, interests.
    Visitor,
    /// What happens in one visit.
    Visit,
    /// Which faults a replay makes.
    Fault,
    /// What is planted in an exercise's data.
    Plant,
    /// A task's own parameters.
    Task,
    /// The ids of what is told about a product.
    Product,
    /// Whose clock is off in a replay.
    Skew,
    /// Which stretches of time come as bursts in a replay.
    Burst,
    /// What happens to a consumer in a drill.
    Drill,
}

/// One stream of random numbers.
#[derive(Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&number.to_le_bytes());
        key[16] = purpose as u8;
        Self(ChaCha8Rng::from_seed(key))
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// From 0 up to, and without, 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a float exactly")]
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 up to, and without, `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// An index into something of `length` things.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// From `first` to `last`, both included.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        let width = u64::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(1);
        first.saturating_add_unsigned(self.below(width))
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// The standard normal distribution (Marsaglia's polar method).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * libm::log(square) / square).sqrt();
            }
        }
    }

    pub fn log_normal(&mut self, mu: f64, sigma: f64) -> f64 {
        libm::exp(mu + sigma * self.normal())
    }

    /// The negative binomial distribution, by walking up its distribution function; cut at 400.
    pub fn negative_binomial(&mut self, shape: f64, success: f64) -> u32 {
        let wanted = self.unit();
        let mut probability = libm::pow(success, shape);
        let mut sum = probability;
        let mut count = 0_u32;
        while sum < wanted && count < 400 {
            let so_far = f64::from(count);
            probability *= (so_far + shape) / (so_far + 1.0) * (1.0 - success);
            sum += probability;
            count += 1;
        }
        count
    }
}

/// A choice among things that are not equally likely.
#[derive(Debug, Clone)]
pub struct Weighted {
    sums: Vec<f64>,
}

impl Weighted {
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let add = |weight: f64| {
            sum += weight;
            sum
        };
        Self {
            sums: weights.into_iter().map(add).collect(),
        }
    }

    /// Ranks 1, 2, 3, ... with weights falling by the power `exponent` (Zipf's law).
    #[must_use]
    pub fn zipf(length: usize, exponent: f64) -> Self {
        let ranks = 1..=u32::try_from(length).unwrap_or(u32::MAX);
        Self::new(ranks.map(|rank| libm::pow(f64::from(rank), -exponent)))
    }

    /// The index of what was drawn; 0 when there is nothing to choose from.
    pub fn draw(&self, random: &mut Random) -> usize {
        let total = self.sums.last().copied().unwrap_or(0.0);
        let wanted = random.unit() * total;
        let found = self.sums.partition_point(|sum| *sum <= wanted);
        found.min(self.sums.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_each_time_and_another_for_another_number() {
        let draw = |number| Random::new(7, Purpose::Visit, number).bytes::<8>();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1), Random::new(7, Purpose::Visitor, 1).bytes::<8>());
        // ChaCha8 is defined to the bit; this is what every machine must draw.
        assert_eq!(draw(1), KNOWN);
    }

    const KNOWN: [u8; 8] = [53, 68, 80, 236, 58, 129, 136, 222];

    #[test]
    fn a_visit_length_has_the_mean_of_its_distribution() {
        let mut random = Random::new(1, Purpose::Visit, 0);
        let sum: u32 = (0..20_000).map(|_| random.negative_binomial(0.55, 0.12)).sum();
        let mean = f64::from(sum) / 20_000.0;
        assert!((mean - 0.55 * 0.88 / 0.12).abs() < 0.15, "{mean}");
    }

    #[test]
    fn a_gap_has_the_median_of_its_distribution() {
        let mut random = Random::new(1, Purpose::Visit, 0);
        let below = (0..20_000)
            .filter(|_| random.log_normal(3.6, 1.05) < libm::exp(3.6))
            .count();
        assert!((9_700..10_300).contains(&below), "{below}");
    }

    #[test]
    fn the_first_rank_is_drawn_as_often_as_zipf_says() {
        let (weights, mut random) = (Weighted::zipf(10, 1.1), Random::new(1, Purpose::Visit, 0));
        let drawn: Vec<usize> = (0..20_000).map(|_| weights.draw(&mut random)).collect();
        let of = |rank| drawn.iter().filter(|index| **index == rank).count();
        let ratio = of(0) * 100 / of(1);
        assert!((200..230).contains(&ratio), "{ratio}");
    }
}
