//! The statistics of experiments: pure, without a clock, checked against published values.

mod difference;
mod distribution;
mod mismatch;
mod sample;

pub use difference::{Compared, Scale, always_valid, welch};
pub use distribution::{ln_gamma, normal_quantile, student_quantile, student_two_sided};
pub use mismatch::mismatch;
pub use sample::Sample;
