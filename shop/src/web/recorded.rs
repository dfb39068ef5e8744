//! What was recorded of a session: its facts from the database, its observations from memory.

use schemas::{SessionId, Unsealed};

use super::Site;
use crate::store::StoreError;
use crate::way::Entered;

/// An event as it was recorded, and where it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    pub event: Unsealed,
    pub entered: Entered,
}

/// The last `most` events of a session, the newest first. One question to the database.
pub(super) async fn of(site: &Site, session: SessionId, most: u32) -> Result<Vec<Recorded>, StoreError> {
    let observed = site.recorder.recent.of(session).into_iter().map(|observed| Recorded {
        event: observed.event,
        entered: Entered::Here(observed.sequence),
    });
    let facts = site.store.facts_of_session(session, most).await?;
    let facts = facts.into_iter().map(|fact| Recorded {
        event: fact.event,
        entered: fact.entered,
    });
    let mut events: Vec<Recorded> = observed.chain(facts).collect();
    events.sort_by_key(|recorded| std::cmp::Reverse((recorded.event.timestamp, recorded.event.event_id)));
    events.truncate(most as usize);
    Ok(events)
}
