//! The projections, derived afresh from the facts.

use crate::store::{Store, StoreError};

/// What a rebuild did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildReport {
    /// Facts read.
    pub facts: u64,
    pub carts: u64,
    pub orders: u64,
    pub accounts: u64,
}

impl Store {
    /// Empties the projections and derives them from the facts, in one transaction: the outcome is identical.
    pub async fn rebuild(&self) -> Result<RebuildReport, StoreError> {
        todo!()
    }
}
