//! A sample by its sums, which can be added up in any order.

/// How many, their sum, and the sum of their squares.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sample {
    pub count: f64,
    pub sum: f64,
    pub squares: f64,
    /// Each value is 0 or 1: the variance is then p (1 - p).
    pub proportion: bool,
}

impl Sample {
    /// So many of so many.
    #[must_use]
    pub const fn proportion(part: f64, count: f64) -> Self {
        Self {
            count,
            sum: part,
            squares: part,
            proportion: true,
        }
    }

    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// Unbiased for values of any size.
    #[must_use]
    pub fn variance(&self) -> f64 {
        if self.proportion {
            return self.mean() * (1.0 - self.mean());
        }
        ((self.squares - self.sum * self.sum / self.count) / (self.count - 1.0)).max(0.0)
    }

    /// The variance of the mean.
    #[must_use]
    pub fn variance_of_mean(&self) -> f64 {
        self.variance() / self.count
    }
}
