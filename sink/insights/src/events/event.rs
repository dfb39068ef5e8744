//! One event, as the analyses need it.

use schemas::EventType;

use super::{Entity, Symbol};

/// The place of an event in the [`Log`](super::Log).
pub type EventIndex = u32;
/// The place of a session in the [`Log`](super::Log).
pub type SessionIndex = u32;

/// What happened, in fixed width; what only some types have lies in lists of their own, at `extra`.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// Microseconds since 1970.
    pub at: i64,
    /// The number that its shop gave it.
    pub sequence: i64,
    pub offset: i64,
    /// SQLite's number of the row.
    pub row: i64,
    /// What is counted of it: KRW of an order, results of a search, pieces of a product.
    pub amount: i64,
    pub session: SessionIndex,
    /// The visitor that the event names; [`NO_VISITOR`] when it names none.
    pub visitor: u32,
    /// The page that it happened on, by its endpoint.
    pub page: Symbol,
    /// What it was about: a product, a category, an order.
    pub entity: Entity,
    pub extra: u32,
    pub partition: u16,
    pub instance: u16,
    pub kind: EventType,
    pub language: u8,
    pub device: u8,
    pub bot: bool,
    /// It came after a newer one of its partition, by more than a minute.
    pub late: bool,
}

/// The event names no visitor: its session stands for one.
pub(super) const NO_VISITOR: u32 = u32::MAX;
/// There is nothing more to know about it.
pub(super) const NO_EXTRA: u32 = u32::MAX;
