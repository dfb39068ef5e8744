//! What all visits share: the scenario and the catalogue, which never change, and what is remembered from visit to visit.

use std::collections::HashMap;

use schemas::{OrderId, UserId};

use super::catalogue::{Catalogue, Product};
use super::scenario::{Incident, Scenario, day_start};
use super::visitor::VisitorNumber;

const HOUR: i64 = 3600 * 1_000_000;
/// A cart that nobody came back to is forgotten after so long.
const CART_KEPT: i64 = 7 * 24 * HOUR;

#[derive(Debug)]
pub struct World {
    pub seed: u64,
    pub scenario: Scenario,
    pub catalogue: &'static Catalogue,
    /// The first day's beginning, in microseconds since 1970.
    pub begins: i64,
}

impl World {
    #[must_use]
    pub fn new(seed: u64, scenario: Scenario, catalogue: &'static Catalogue, first: time::Date) -> Self {
        Self {
            seed,
            scenario,
            catalogue,
            begins: day_start(first),
        }
    }

    fn hours_in(&self, at: i64) -> i64 {
        (at - self.begins).div_euclid(HOUR)
    }

    /// KRW for one at that moment.
    #[must_use]
    pub fn price(&self, product: &Product, at: i64) -> i64 {
        let hours = self.hours_in(at);
        let changes = self.scenario.price_changes.iter();
        let past = changes.filter(|change| change.product == product.id.0 && i64::from(change.from_hour) <= hours);
        past.max_by_key(|change| change.from_hour)
            .map_or(product.price, |change| change.price)
    }

    #[must_use]
    pub fn in_stock(&self, product: &Product, at: i64) -> bool {
        let hours = self.hours_in(at);
        let out = |out: &&super::scenario::StockOut| {
            let from = i64::from(out.from_hour);
            out.product == product.id.0 && (from..from + i64::from(out.hours)).contains(&hours)
        };
        !self.scenario.stock_outs.iter().any(|one| out(&one))
    }

    /// What makes the page slow at that moment, if anything does.
    #[must_use]
    pub fn incident(&self, endpoint: &str, at: i64) -> Option<&Incident> {
        let hours = self.hours_in(at);
        self.scenario.incidents.iter().find(|incident| {
            let from = i64::from(incident.from_hour);
            incident.endpoint == endpoint && (from..from + i64::from(incident.hours)).contains(&hours)
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub place: super::catalogue::Place,
    pub quantity: u16,
    pub unit_price: i64,
}

#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub id: UserId,
    pub signed_in: bool,
}

#[derive(Debug)]
struct Cart {
    lines: Vec<Line>,
    touched: i64,
}

/// What outlives a visit. Nothing iterates over these maps in their own order.
#[derive(Debug)]
pub struct Memory {
    carts: HashMap<VisitorNumber, Cart>,
    accounts: HashMap<VisitorNumber, Account>,
    last_user: i64,
    last_order: i64,
    /// Numbers each visit for its stream of randomness.
    last_visit: u64,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            carts: HashMap::new(),
            accounts: HashMap::new(),
            last_user: 0,
            last_order: 10_000,
            last_visit: 0,
        }
    }
}

impl Memory {
    #[must_use]
    pub fn cart(&self, visitor: VisitorNumber) -> Vec<Line> {
        self.carts
            .get(&visitor)
            .map(|cart| cart.lines.clone())
            .unwrap_or_default()
    }

    pub fn keep_cart(&mut self, visitor: VisitorNumber, lines: Vec<Line>, at: i64) {
        if lines.is_empty() {
            self.carts.remove(&visitor);
        } else {
            self.carts.insert(visitor, Cart { lines, touched: at });
        }
    }

    #[must_use]
    pub fn account(&self, visitor: VisitorNumber) -> Option<Account> {
        self.accounts.get(&visitor).copied()
    }

    pub fn open_account(&mut self, visitor: VisitorNumber) -> UserId {
        self.last_user += 1;
        let id = UserId(self.last_user);
        self.accounts.insert(visitor, Account { id, signed_in: true });
        id
    }

    pub fn set_signed_in(&mut self, visitor: VisitorNumber, signed_in: bool) {
        if let Some(account) = self.accounts.get_mut(&visitor) {
            account.signed_in = signed_in;
        }
    }

    pub fn next_order(&mut self) -> OrderId {
        self.last_order += 1;
        OrderId(self.last_order)
    }

    pub fn next_visit(&mut self) -> u64 {
        self.last_visit += 1;
        self.last_visit
    }

    /// Forgets carts that were left long before `now`.
    pub fn forget(&mut self, now: i64) {
        self.carts.retain(|_, cart| now - cart.touched < CART_KEPT);
    }
}
