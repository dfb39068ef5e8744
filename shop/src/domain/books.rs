//! The open books: how often each product was looked at, put into a cart and ordered, day by day in Korea.
//!
//! Promises: the last [`DAYS`] days on which anything happened to a product are kept, so memory is bounded by the catalogue. Additions
//! and orders come from the facts and survive a restart; looks are counted since the shop's program began, and say so.
//!
//! Not for: analyses. The topics, files and tables have every event; these are sums that a shopper may see.

use std::collections::{BTreeMap, HashMap};

use schemas::{ProductId, Timestamp};
use time::Date;

use crate::domain::calendar::SEOUL;

/// Days that are kept, and shown.
pub const DAYS: usize = 14;

/// What happened to a product on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Counts {
    pub looks: u32,
    pub adds: u32,
    pub orders: u32,
}

/// A kind of event that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Look,
    Add,
    Order,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Books {
    /// Since when looks are counted; none before anything is.
    pub since: Option<Timestamp>,
    days: HashMap<ProductId, BTreeMap<Date, Counts>>,
}

impl Books {
    #[must_use]
    pub fn new(since: Timestamp) -> Self {
        Self {
            since: Some(since),
            days: HashMap::new(),
        }
    }

    pub fn note(&mut self, product: ProductId, (sign, times): (Sign, u32), at: Timestamp) {
        let days = self.days.entry(product).or_default();
        let counts = days.entry(at.day(SEOUL)).or_default();
        let count = match sign {
            Sign::Look => &mut counts.looks,
            Sign::Add => &mut counts.adds,
            Sign::Order => &mut counts.orders,
        };
        *count = count.saturating_add(times);
        while days.len() > DAYS {
            days.pop_first();
        }
    }

    /// The last days up to `today`, the oldest first; days without anything are there with zeros.
    #[must_use]
    pub fn of(&self, product: ProductId, today: Date) -> Vec<(Date, Counts)> {
        let days = self.days.get(&product);
        let back = |days_ago: i64| today.checked_sub(time::Duration::days(days_ago));
        let counts = |day: Date| days.and_then(|days| days.get(&day)).copied().unwrap_or_default();
        let last = i64::try_from(DAYS).unwrap_or(0);
        let dates = (0..last).rev().filter_map(back);
        dates.map(|day| (day, counts(day))).collect()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn at(moment: &str) -> Timestamp {
        Timestamp::parse(moment).expect("a moment")
    }

    #[test]
    fn what_happens_stands_in_its_own_day_of_korea() {
        let teapot = ProductId(101);
        let mut books = Books::new(at("2026-11-29T00:00:00.000000Z"));
        books.note(teapot, (Sign::Look, 3), at("2026-11-29T14:59:59.000000Z"));
        books.note(teapot, (Sign::Look, 1), at("2026-11-29T15:00:00.000000Z"));
        books.note(teapot, (Sign::Add, 1), at("2026-11-29T15:00:00.000000Z"));
        let days = books.of(teapot, date!(2026 - 11 - 30));
        assert_eq!(days.len(), DAYS);
        assert_eq!(days[0], (date!(2026 - 11 - 17), Counts::default()));
        let looks: Vec<u32> = days.iter().map(|(_, counts)| counts.looks).collect();
        assert_eq!(looks[DAYS - 2..], [3, 1]);
        assert_eq!(days[DAYS - 1].1.adds, 1);
        assert!(
            books
                .of(ProductId(102), date!(2026 - 11 - 30))
                .iter()
                .all(|(_, counts)| *counts == Counts::default())
        );
    }

    #[test]
    fn old_days_go() {
        let mut books = Books::new(at("2026-01-01T00:00:00.000000Z"));
        for day in 1..=28 {
            books.note(
                ProductId(1),
                (Sign::Order, 1),
                at(&format!("2026-02-{day:02}T03:00:00.000000Z")),
            );
        }
        assert_eq!(books.days[&ProductId(1)].len(), DAYS);
        let orders = books.of(ProductId(1), date!(2026 - 02 - 28));
        assert_eq!(orders.iter().map(|(_, counts)| counts.orders).sum::<u32>(), 14);
    }
}
