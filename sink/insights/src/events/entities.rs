//! What events are about, numbered: products above all, so that a count of products is a place in a list.

use std::collections::HashMap;

/// The number of a product, a category or an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Entity(pub u32);

impl Entity {
    /// The event is about nothing: its id is 0.
    pub const NONE: Self = Self(0);
}

/// The ids, in the order in which they came. A product and a category of the same id share a number: what is meant the event's type says.
#[derive(Debug)]
pub struct Entities {
    numbers: HashMap<i64, u32>,
    ids: Vec<i64>,
}

impl Default for Entities {
    fn default() -> Self {
        Self {
            numbers: HashMap::from([(0, 0)]),
            ids: vec![0],
        }
    }
}

impl Entities {
    pub(super) fn number(&mut self, id: i64) -> Entity {
        let next = self.ids.len() as u32;
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.ids.push(id);
        }
        Entity(number)
    }

    #[must_use]
    pub fn id(&self, entity: Entity) -> i64 {
        self.ids.get(entity.0 as usize).copied().unwrap_or(0)
    }

    #[must_use]
    pub fn find(&self, id: i64) -> Option<Entity> {
        self.numbers.get(&id).copied().map(Entity)
    }

    /// How many there are: every number is below it.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ids.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_number_and_a_number_one_id() {
        let mut entities = Entities::default();
        let numbers = [7, -1, 0, 7, i64::MAX].map(|id| entities.number(id));
        assert_eq!(numbers.map(|number| entities.id(number)), [7, -1, 0, 7, i64::MAX]);
        assert_eq!(numbers[0], numbers[3]);
        assert_eq!(numbers[2], Entity::NONE);
        assert_eq!((entities.find(7), entities.find(8)), (Some(numbers[0]), None));
        assert_eq!(entities.count(), 4);
    }
}
