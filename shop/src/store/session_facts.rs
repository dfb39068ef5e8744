//! The facts of one session, for the visitor whose session it is.

use schemas::{Sequence, SessionId, Unsealed};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::outbox::StoredFact;
use crate::store::{Store, StoreError};
use crate::way::Entered;

/// A fact of a session, and where it stands in this shop's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFact {
    pub event: Unsealed,
    pub entered: Entered,
}

impl Store {
    /// The last `limit` facts of a session, the newest first.
    pub async fn facts_of_session(&self, session: SessionId, limit: u32) -> Result<Vec<SessionFact>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, event_type, event_id, session_id, happened_at, trace_parent, data, instance, journal_sequence FROM event
             WHERE session_id = $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(session.to_string())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.0.database.read().await?)
        .await?;
        let fact = |row: &AnyRow| {
            let StoredFact { id, event, .. } = StoredFact::try_from(row)?;
            let sequence: Option<i64> = row.try_get("journal_sequence")?;
            let instance: String = row.try_get("instance")?;
            let entered = match sequence {
                None => Entered::NotYet,
                Some(_) if instance != self.0.instance.as_str() => Entered::Elsewhere,
                Some(sequence) => {
                    let sequence = u64::try_from(sequence);
                    Entered::Here(Sequence(
                        sequence.map_err(|error| StoreError::impossible("event", id.0, error))?,
                    ))
                }
            };
            Ok(SessionFact { event, entered })
        };
        rows.iter().map(fact).collect()
    }
}
