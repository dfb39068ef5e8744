//! Counts by what has a small number, such as a page: the number leads to a place in a list, as hashing it at every event would take longer
//! than counting.

use crate::events::Symbol;

/// What has a small number of its own.
pub(super) trait Numbered: Copy {
    fn number(self) -> usize;
}

impl Numbered for Symbol {
    fn number(self) -> usize {
        self.0 as usize
    }
}

impl Numbered for u16 {
    fn number(self) -> usize {
        usize::from(self)
    }
}

impl Numbered for Option<Symbol> {
    fn number(self) -> usize {
        self.map_or(0, |symbol| symbol.number() + 1)
    }
}

/// A list with one item for each key that was asked for, in the order of asking.
#[derive(Debug)]
pub(super) struct Listed<K, T> {
    items: Vec<(K, T)>,
    /// By a key's number: its place among the items.
    places: Vec<Option<u32>>,
}

impl<K, T> Default for Listed<K, T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            places: Vec::new(),
        }
    }
}

impl<K: Numbered, T> Listed<K, T> {
    /// The key's item; `fresh` makes one that is not in the list yet.
    pub(super) fn item(&mut self, key: K, fresh: impl FnOnce() -> T) -> &mut T {
        let known = self.places.get(key.number()).copied().flatten();
        let place = known.unwrap_or_else(|| self.push(key, fresh()));
        &mut self.items[place as usize].1
    }

    fn push(&mut self, key: K, item: T) -> u32 {
        if self.places.len() <= key.number() {
            self.places.resize(key.number() + 1, None);
        }
        let place = self.items.len() as u32;
        self.places[key.number()] = Some(place);
        self.items.push((key, item));
        place
    }

    /// Takes in another list; `both` puts two items of one key together.
    pub(super) fn append(&mut self, later: Self, both: impl Fn(&mut T, T)) {
        for (key, item) in later.items {
            match self.places.get(key.number()).copied().flatten() {
                Some(place) => both(&mut self.items[place as usize].1, item),
                None => {
                    self.push(key, item);
                }
            }
        }
    }

    pub(super) fn into_items(self) -> Vec<(K, T)> {
        self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lists_put_together_have_one_item_a_key() {
        let list = |keys: &[Option<Symbol>]| {
            let mut list = Listed::default();
            for key in keys {
                *list.item(*key, || 0) += 1;
            }
            list
        };
        let (tea, cup) = (Some(Symbol(0)), Some(Symbol(7)));
        let mut all = list(&[cup, None, cup]);
        all.append(list(&[tea, cup]), |all, later| *all += later);
        assert_eq!(all.into_items(), [(cup, 3), (None, 1), (tea, 1)]);
    }
}
