//! What the outbox asks of the store.

use schemas::{InstanceId, Sequence};

use crate::journal;
use crate::outbox::{self, FactStore};
use crate::store::{self, Store, StoreError};

impl FactStore for Store {
    type Error = StoreError;

    async fn facts_not_in_journal(&self, of: &InstanceId, limit: u32) -> Result<Vec<outbox::StoredFact>, StoreError> {
        let facts = Self::facts_not_in_journal(self, of, limit).await?;
        Ok(facts.into_iter().map(handed_over).collect())
    }

    async fn mark_in_journal(&self, marks: &[(journal::FactId, Sequence)]) -> Result<(), StoreError> {
        let marks = marks.iter().map(|(fact, at)| (store::FactId(fact.0), *at)).collect();
        marked(self.clone(), marks).await
    }

    async fn last_fact_sequence(&self, of: &InstanceId) -> Result<Option<Sequence>, StoreError> {
        Self::last_fact_sequence(self, of).await
    }
}

/// Owns what it needs: the compiler can't prove `Send` for the store's transaction with a borrowed slice in a trait's future.
async fn marked(store: Store, marks: Vec<(store::FactId, Sequence)>) -> Result<(), StoreError> {
    store.mark_in_journal(&marks).await
}

fn handed_over(fact: store::StoredFact) -> outbox::StoredFact {
    outbox::StoredFact {
        id: journal::FactId(fact.id.0),
        event: fact.event,
        trace_parent: fact.trace_parent,
    }
}
