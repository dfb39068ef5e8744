//! Korean won: whole numbers, no fractions.

use std::ops::Add;

use crate::domain::{Language, Quantity};

/// An amount in KRW.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Won(pub i64);

impl Won {
    /// As a shopper reads it: `12,900원` or `₩12,900`.
    #[must_use]
    pub fn text(self, language: Language) -> String {
        let digits = self.0.unsigned_abs().to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.char_indices() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        match language {
            Language::Ko => format!("{sign}{grouped}원"),
            Language::En => format!("{sign}₩{grouped}"),
        }
    }

    /// The price of `quantity` at this price for one; the largest amount there is where it would be larger.
    #[must_use]
    pub fn times(self, quantity: Quantity) -> Self {
        Self(self.0.saturating_mul(i64::from(quantity.get())))
    }
}

impl Add for Won {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Won {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Self::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_as_in_its_country() {
        assert_eq!(Won(12_900).text(Language::Ko), "12,900원");
        assert_eq!(Won(12_900).text(Language::En), "₩12,900");
        assert_eq!(Won(900).text(Language::En), "₩900");
        assert_eq!(Won(0).text(Language::Ko), "0원");
        assert_eq!(Won(1_234_567).text(Language::En), "₩1,234,567");
        assert_eq!(Won(-3000).text(Language::En), "-₩3,000");
    }
}
