//! Sessions and visitors: what is known of each.

use super::dictionary::Symbol;
use super::event::{Event, SessionIndex};

/// Somebody who came: a visitor that the shop knows by cookie, or a session that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Visitor(pub u32);

impl Visitor {
    pub(super) const SESSION: u32 = 1 << 31;

    /// The visitor that the log knows by number.
    #[must_use]
    pub const fn known(self) -> Option<u32> {
        if self.0 & Self::SESSION == 0 {
            Some(self.0)
        } else {
            None
        }
    }
}

/// What is known of a session.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, not states of a machine"
)]
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// The first and the last event, in microseconds; a session without events has none.
    pub first: i64,
    pub last: i64,
    pub visitor: Visitor,
    pub campaign: Symbol,
    pub language: u8,
    pub device: u8,
    pub bot: bool,
    pub empty: bool,
    /// The visitor has no session before it.
    pub new: bool,
    /// It holds an order.
    pub ordered: bool,
    /// The last step of the usual way that it reached, whatever came before: viewed a product (1), added to the cart (2), reached
    /// checkout (3), ordered (4).
    pub furthest: u8,
}

/// Which events count.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Events before it are no longer in the table.
    pub oldest: i64,
    /// By partition, in the log's order: events from this offset on don't count.
    pub positions: Option<Vec<i64>>,
}

impl Limits {
    #[must_use]
    pub fn admit(&self, event: &Event) -> bool {
        let known = self.positions.as_ref();
        let after =
            known.is_some_and(|next| event.offset >= next.get(usize::from(event.partition)).copied().unwrap_or(0));
        event.at >= self.oldest && !after
    }
}

/// All sessions at one state of the table.
#[derive(Debug, Clone, Default)]
pub struct Arranged {
    pub limits: Limits,
    /// In the order of the log's sessions.
    pub facts: Vec<Facts>,
    /// Those that have events, by their first one.
    pub by_start: Vec<SessionIndex>,
    /// The same, each visitor's together, in order of time.
    pub by_visitor: Vec<SessionIndex>,
    /// Where each known visitor's stretch of `by_visitor` begins, by number; after the last one the visitors that are only a session.
    pub visitor_begins: Vec<u32>,
    /// The newest event.
    pub newest: Option<i64>,
    /// The longest time from a session's first event to its last, in microseconds.
    pub longest: i64,
}

impl Arranged {
    #[must_use]
    pub fn facts(&self, session: SessionIndex) -> &Facts {
        &self.facts[session as usize]
    }

    /// The sessions of a visitor, in order of time.
    #[must_use]
    pub fn of_visitor(&self, visitor: Visitor) -> &[SessionIndex] {
        let begin = |number: usize| self.visitor_begins.get(number).map_or(0, |begin| *begin as usize);
        if let Some(number) = visitor.known() {
            return &self.by_visitor[begin(number as usize)..begin(number as usize + 1)];
        }
        let only_sessions = &self.by_visitor[begin(self.visitor_begins.len().saturating_sub(1))..];
        let place = only_sessions.binary_search_by_key(&visitor, |session| self.facts(*session).visitor);
        place.map_or(&[], |place| &only_sessions[place..=place])
    }
}
