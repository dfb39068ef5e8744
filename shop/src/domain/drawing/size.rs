//! How large things are, and what everybody knows the size of: a coin, a telephone, a person.
//!
//! `catalogue/sizes.json` has the length of what each product's picture shows, in centimetres; it comes with the program, as the pictures do.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemas::ProductId;

/// A thing whose size everybody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Of 500 won.
    Coin,
    Phone,
    Person,
}

impl Known {
    /// Its length, in centimetres.
    #[must_use]
    pub const fn cm(self) -> f32 {
        match self {
            Self::Coin => 2.65,
            Self::Phone => 15.0,
            Self::Person => 170.0,
        }
    }

    #[must_use]
    pub const fn picture(self) -> &'static str {
        match self {
            Self::Coin => "1fa99",
            Self::Phone => "1f4f1",
            Self::Person => "1f9cd",
        }
    }

    /// What is neither lost beside it nor hides it.
    fn for_size(cm: f32) -> Self {
        match cm {
            small if small < 6.0 => Self::Coin,
            large if large >= 60.0 => Self::Person,
            _ => Self::Phone,
        }
    }
}

/// How large a product is, and what it is shown beside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beside {
    /// The length of what its picture shows.
    pub cm: f32,
    pub known: Known,
}

static SIZES: LazyLock<BTreeMap<i64, f32>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../catalogue/sizes.json")).unwrap_or_default());

/// None for a product whose size is not known.
#[must_use]
pub fn beside(product: ProductId) -> Option<Beside> {
    let cm = *SIZES.get(&product.0)?;
    Some(Beside {
        cm,
        known: Known::for_size(cm),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::drawing::look;

    #[test]
    fn a_die_lies_beside_a_coin_and_a_canoe_beside_a_person() {
        let known = |product| beside(ProductId(product)).map(|beside| (beside.cm, beside.known));
        assert_eq!(known(1003), Some((1.6, Known::Coin)));
        assert_eq!(known(314), Some((30.0, Known::Phone)));
        assert_eq!(known(921), Some((450.0, Known::Person)));
        assert_eq!(known(1), None);
    }

    #[test]
    fn what_everybody_knows_is_drawn() {
        for known in [Known::Coin, Known::Phone, Known::Person] {
            assert!(look(known.picture()).is_some(), "{known:?}");
        }
    }
}
