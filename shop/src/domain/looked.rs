//! The products that a visitor looked at last, for that visitor's pages only. It lives in a cookie and nowhere else.

use std::fmt;
use std::str::FromStr;

use schemas::ProductId;

/// As many as a shelf holds, and one that is being looked at.
const MOST: usize = 9;

/// The last first, each once, at most 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    products: [ProductId; MOST],
    count: usize,
}

impl Default for Looked {
    fn default() -> Self {
        Self {
            products: [ProductId(0); MOST],
            count: 0,
        }
    }
}

impl Looked {
    /// The last first.
    #[must_use]
    pub fn products(&self) -> &[ProductId] {
        &self.products[..self.count]
    }

    /// After a look at `product`; the oldest is forgotten when there are too many.
    #[must_use]
    pub fn with(&self, product: ProductId) -> Self {
        let others = self.products().iter().copied().filter(|other| *other != product);
        std::iter::once(product).chain(others).collect()
    }
}

impl FromIterator<ProductId> for Looked {
    fn from_iter<I: IntoIterator<Item = ProductId>>(products: I) -> Self {
        let mut looked = Self::default();
        for product in products.into_iter().take(MOST) {
            looked.products[looked.count] = product;
            looked.count += 1;
        }
        looked
    }
}

/// The cookie's text: the ids, divided by dots.
impl fmt::Display for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, product) in self.products().iter().enumerate() {
            let dot = if at > 0 { "." } else { "" };
            write!(f, "{dot}{product}")?;
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a list of products")]
pub struct LookedError;

impl FromStr for Looked {
    type Err = LookedError;

    fn from_str(text: &str) -> Result<Self, LookedError> {
        let ids = text.split('.').filter(|id| !id.is_empty());
        ids.map(|id| id.parse().map(ProductId).map_err(|_| LookedError))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(ids: &[i64]) -> Looked {
        ids.iter().copied().map(ProductId).collect()
    }

    #[test]
    fn the_last_is_first_and_each_stands_once() {
        let after = looked(&[3, 2, 1]).with(ProductId(2));
        assert_eq!(after, looked(&[2, 3, 1]));
        let many = (1..=20).fold(Looked::default(), |looked, id| looked.with(ProductId(id)));
        assert_eq!(many, looked(&[20, 19, 18, 17, 16, 15, 14, 13, 12]));
    }

    #[test]
    fn a_cookie_reads_back() {
        for ids in [&[][..], &[7], &[1022, 5, 31]] {
            assert_eq!(looked(ids).to_string().parse(), Ok(looked(ids)));
        }
        assert_eq!("1.x".parse::<Looked>(), Err(LookedError));
    }
}
