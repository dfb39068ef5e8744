//! How many of a product somebody wants.

use std::fmt;
use std::str::FromStr;

/// 1 to 99 of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u16);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a quantity from 1 to {}", Quantity::MAX.0)]
pub struct QuantityError;

impl Quantity {
    pub const ONE: Self = Self(1);
    pub const MAX: Self = Self(99);

    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Both together, unless that is more than [`Quantity::MAX`].
    #[must_use]
    pub fn plus(self, more: Self) -> Option<Self> {
        Self::try_from(self.0.saturating_add(more.0)).ok()
    }

    /// Both together, at most [`Quantity::MAX`].
    #[must_use]
    pub fn plus_up_to_max(self, more: Self) -> Self {
        self.plus(more).unwrap_or(Self::MAX)
    }
}

impl TryFrom<u16> for Quantity {
    type Error = QuantityError;

    fn try_from(number: u16) -> Result<Self, QuantityError> {
        if (Self::ONE.0..=Self::MAX.0).contains(&number) {
            Ok(Self(number))
        } else {
            Err(QuantityError)
        }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    /// Reads what stands in a form's field.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        text.trim().parse::<u16>().map_err(|_| QuantityError)?.try_into()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
