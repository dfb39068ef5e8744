//! The facts of one session, for the visitor whose session it is.

use schemas::{SessionId, Unsealed};

use crate::outbox::StoredFact;
use crate::store::{Store, StoreError};

impl Store {
    /// The last `limit` facts of a session, the newest first.
    pub async fn facts_of_session(&self, session: SessionId, limit: u32) -> Result<Vec<Unsealed>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, event_type, event_id, session_id, happened_at, trace_parent, data FROM event
             WHERE session_id = $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(session.to_string())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.0.database.read().await?)
        .await?;
        let fact = |row| StoredFact::try_from(row).map(|fact| fact.event);
        rows.iter().map(fact).collect()
    }
}
