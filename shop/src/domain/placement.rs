//! Where a product stood when it was chosen: which list, which place in it, and the search that made the list.
//!
//! Its text, `search.3.019e2650-9f10-7aa3-8c55-0b1d7e9a4c21`, travels in the link to the product (`?from=`) and in the form that adds it,
//! so that it is known without scripts. Anybody can write one, so it says something about a choice and opens nothing.

use std::fmt;
use std::str::FromStr;

use schemas::EventId;
use schemas::events::CartAdd;

const LONGEST_LIST: usize = 50;
/// Further down than any list goes.
const LAST: u32 = 1_000_000;

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Placement {
    list: String,
    /// From 1.
    position: u32,
    search: Option<EventId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a place in a list")]
pub struct PlacementError;

impl Placement {
    pub fn new(list: &str, position: u32, search: Option<EventId>) -> Result<Self, PlacementError> {
        if !is_list(list) || !is_position(position) {
            return Err(PlacementError);
        }
        Ok(Self {
            list: list.to_owned(),
            position,
            search,
        })
    }

    /// The addition, made from here.
    #[must_use]
    pub fn of(&self, mut added: CartAdd) -> CartAdd {
        added.list = Some(self.list.clone());
        added.position = Some(self.position);
        added.search_id = self.search;
        added
    }
}

/// 1 to 50 of `a-z`, `0-9`, `_` and `-`.
#[must_use]
pub fn is_list(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    (1..=LONGEST_LIST).contains(&name.len()) && name.bytes().all(plain)
}

/// From 1 to a million.
#[must_use]
pub const fn is_position(position: u32) -> bool {
    position >= 1 && position <= LAST
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.list, self.position)?;
        self.search.map_or(Ok(()), |search| write!(f, ".{search}"))
    }
}

impl FromStr for Placement {
    type Err = PlacementError;

    fn from_str(text: &str) -> Result<Self, PlacementError> {
        let mut parts = text.splitn(3, '.');
        let (list, position) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let plain = !position.is_empty() && position.bytes().all(|byte| byte.is_ascii_digit());
        let position = plain.then(|| position.parse().ok()).flatten().ok_or(PlacementError)?;
        let search = parts.next().map(str::parse).transpose().map_err(|_| PlacementError)?;
        Self::new(list, position, search)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let search = Some(EventId(Uuid::from_u128(7)));
        for place in [Placement::new("popular", 1, None), Placement::new("search", 25, search)] {
            let place = place.unwrap();
            assert_eq!(place.to_string().parse(), Ok(place));
        }
    }

    #[test]
    fn what_nobody_wrote_is_no_place() {
        for text in [
            "",
            "search",
            "search.",
            "search.0",
            "search.-1",
            "search.+1",
            "search.3.",
            "search.3.teapot",
            "search.99999999999",
            "Search.3",
            ".3",
            "a b.3",
            "search.3.019e2650-9f10-7aa3-8c55-0b1d7e9a4c21.4",
        ] {
            assert_eq!(text.parse::<Placement>(), Err(PlacementError), "{text}");
        }
        assert_eq!(
            format!("{}.1", "a".repeat(51)).parse::<Placement>(),
            Err(PlacementError)
        );
    }
}
