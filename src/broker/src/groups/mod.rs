//! Consumer groups: the state machine ([`group`]), who waits for it ([`Coordinator`]), and the offsets they commit ([`offsets`]).

pub(crate) mod coordinator;
pub(crate) mod group;
pub(crate) mod member;
pub(crate) mod offsets;
pub(crate) mod rebalance;
#[cfg(test)]
mod tests;

pub(crate) use coordinator::Coordinator;
pub(crate) use offsets::OffsetStore;
