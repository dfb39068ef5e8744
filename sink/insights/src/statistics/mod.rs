//! The statistics of experiments: pure, without a clock, checked against published values, and against `SciPy` and statsmodels by
//! `tests/insights/statistics.sh`.

mod difference;
mod distribution;
mod mismatch;
mod past;
mod power;
mod sample;

pub use difference::{Compared, Scale, always_valid, welch};
pub use distribution::{ln_gamma, normal_quantile, student_quantile, student_two_sided};
pub use mismatch::mismatch;
pub use past::{Adjusted, Paired, adjusted};
pub use power::Power;
pub use sample::Sample;
