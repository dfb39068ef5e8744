//! Facts on their way to the journal.

use schemas::{EventId, EventType, InstanceId, Sequence, SessionId, Timestamp, Unsealed};
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::outbox::{FactStore, StoredFact};
use crate::store::database::transaction_always;
use crate::store::{Store, StoreError};
use journal::FactId;

impl Store {
    /// The first `limit` facts, by id, that `instance` recorded or has adopted and that are not marked as being in its journal.
    pub async fn facts_not_in_journal(&self, instance: &InstanceId, limit: u32) -> Result<Vec<StoredFact>, StoreError> {
        let mut connection = self.0.database.read().await?;
        self.is_the_latest(&mut connection).await?;
        let adopted: Vec<String> = sqlx::query_scalar("SELECT name FROM shop_instance WHERE adopted_by = $1")
            .bind(instance.as_str())
            .fetch_all(&mut *connection)
            .await?;
        let mut facts: Vec<StoredFact> = Vec::new();
        for whose in adopted.iter().map(String::as_str).chain([instance.as_str()]) {
            // One name at a time: asked for all of them at once, PostgreSQL reads every fact from the first one on.
            let rows = sqlx::query(
                "SELECT id, event_type, event_id, session_id, happened_at, trace_parent, data FROM event
                 WHERE instance = $1 AND journal_sequence IS NULL ORDER BY id LIMIT $2",
            );
            let rows = rows
                .bind(whose)
                .bind(i64::from(limit))
                .fetch_all(&mut *connection)
                .await?;
            for row in &rows {
                facts.push(StoredFact::try_from(row)?);
            }
        }
        facts.sort_by_key(|fact| fact.id);
        facts.truncate(limit as usize);
        Ok(facts)
    }

    /// Marks facts with their places in the journal, all of them or none; marking again does nothing.
    pub async fn mark_in_journal(&self, marks: &[(FactId, Sequence)]) -> Result<(), StoreError> {
        transaction_always!(self.0.database, |connection| {
            self.is_the_latest(connection).await?;
            for (id, sequence) in marks {
                let sequence =
                    i64::try_from(sequence.0).map_err(|error| StoreError::impossible("event", id.0, error))?;
                sqlx::query("UPDATE event SET journal_sequence = $1 WHERE id = $2")
                    .bind(sequence)
                    .bind(id.0)
                    .execute(&mut *connection)
                    .await?;
            }
            Ok(())
        })
    }

    /// The last place in the journal of `instance` that any of its facts is marked with.
    pub async fn last_fact_sequence(&self, instance: &InstanceId) -> Result<Option<Sequence>, StoreError> {
        let last: Option<i64> = sqlx::query_scalar(
            "SELECT MAX(journal_sequence) FROM event WHERE instance = $1 AND journal_sequence IS NOT NULL",
        )
        .bind(instance.as_str())
        .fetch_one(&mut *self.0.database.read().await?)
        .await?;
        let sequence = |last| {
            u64::try_from(last)
                .map(Sequence)
                .map_err(|error| StoreError::impossible("event", last, error))
        };
        last.map(sequence).transpose()
    }
}

impl TryFrom<&AnyRow> for StoredFact {
    type Error = StoreError;

    fn try_from(row: &AnyRow) -> Result<Self, StoreError> {
        let id: i64 = row.try_get("id")?;
        let event_type: String = row.try_get("event_type")?;
        let event_id: String = row.try_get("event_id")?;
        let session_id: Option<String> = row.try_get("session_id")?;
        let session_id = session_id.map(|session| session.parse::<SessionId>()).transpose();
        let event = Unsealed {
            event_type: EventType::from_name(&event_type)
                .ok_or_else(|| StoreError::impossible("event", id, &event_type))?,
            event_id: EventId(Uuid::try_parse(&event_id).map_err(|error| StoreError::impossible("event", id, error))?),
            timestamp: Timestamp::from_unix_micros_saturating(row.try_get("happened_at")?),
            session_id: session_id.map_err(|error| StoreError::impossible("event", id, error))?,
            json: row.try_get::<String, _>("data")?.into_bytes(),
        };
        Ok(Self {
            id: FactId(id),
            event,
            trace_parent: row.try_get("trace_parent")?,
        })
    }
}

impl FactStore for Store {
    type Error = StoreError;

    async fn facts_not_in_journal(&self, of: &InstanceId, limit: u32) -> Result<Vec<StoredFact>, StoreError> {
        Self::facts_not_in_journal(self, of, limit).await
    }

    async fn mark_in_journal(&self, marks: &[(FactId, Sequence)]) -> Result<(), StoreError> {
        marked(self.clone(), marks.to_vec()).await
    }

    async fn last_fact_sequence(&self, of: &InstanceId) -> Result<Option<Sequence>, StoreError> {
        Self::last_fact_sequence(self, of).await
    }
}

/// Owns what it needs: the compiler can't prove `Send` for the store's transaction with a borrowed slice in a trait's future.
async fn marked(store: Store, marks: Vec<(FactId, Sequence)>) -> Result<(), StoreError> {
    store.mark_in_journal(&marks).await
}
