//! Facts on their way to the journal.

use schemas::{InstanceId, Sequence, Unsealed};

use crate::store::{Store, StoreError};

/// The place of a fact in the event store; ids don't tell in which order facts were committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(pub i64);

/// A fact as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFact {
    pub id: FactId,
    pub event: Unsealed,
    pub trace_parent: Option<String>,
}

impl Store {
    /// The first `limit` facts, by id, that `instance` recorded and that are not marked as being in its journal.
    pub async fn facts_not_in_journal(&self, instance: &InstanceId, limit: u32) -> Result<Vec<StoredFact>, StoreError> {
        todo!()
    }

    /// Marks facts with their places in the journal, all of them or none.
    pub async fn mark_in_journal(&self, marks: &[(FactId, Sequence)]) -> Result<(), StoreError> {
        todo!()
    }

    /// The last place in the journal of `instance` that any of its facts is marked with.
    pub async fn last_fact_sequence(&self, instance: &InstanceId) -> Result<Option<Sequence>, StoreError> {
        todo!()
    }
}
