//! The id of a client event: the same whenever it is told, and what was told lately.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemas::events::{ClientTimes, Tab};
use schemas::{Details, EventId, Timestamp, Unsealed};
use sha2::{Digest, Sha256};

use super::script_error::ScriptError;
use crate::domain::VisitorId;

/// As many ids as are remembered: about 5 MB.
const MOST: usize = 100_000;

/// The id of what the browser of `visitor` tells; none for what only the shop tells.
pub(super) fn of(visitor: VisitorId, details: &Details<'_>) -> Option<EventId> {
    let (tab, client): (&Tab<'_>, &ClientTimes) = match details {
        Details::Click(event) => (&event.tab, &event.client),
        Details::Dwell(event) => (&event.tab, &event.client),
        Details::Impression(event) => (&event.tab, &event.client),
        Details::PagePerformance(event) => (&event.tab, &event.client),
        Details::FormAbandoned(event) => (&event.tab, &event.client),
        _ => return None,
    };
    Some(derived(visitor, tab, (client.at, details.event_type().name())))
}

pub(super) fn of_error(visitor: VisitorId, error: &ScriptError<'_>) -> EventId {
    derived(visitor, error.tab(), (error.at(), "error"))
}

/// The visitor, not the session: what is told again after half an hour comes in another session. The moment as well: a tab that was
/// duplicated counts on from the same number. It is the client's, which doesn't change from one telling to the next.
fn derived(visitor: VisitorId, tab: &Tab<'_>, (at, kind): (Timestamp, &str)) -> EventId {
    let mut digest = Sha256::new();
    digest.update(visitor.hex());
    digest.update(tab.sequence.to_be_bytes());
    digest.update(at.unix_micros().to_be_bytes());
    digest.update(kind);
    digest.update(tab.id.as_bytes());
    let mut random = [0; 10];
    random
        .iter_mut()
        .zip(digest.finalize())
        .for_each(|(to, from)| *to = from);
    EventId::at(at, random)
}

/// What was told lately, and is in the journal.
#[derive(Debug, Default)]
pub(in crate::web) struct Told(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    ids: HashSet<EventId>,
    in_order: VecDeque<EventId>,
}

impl Told {
    /// The events that are news.
    pub(super) fn but_the_known(&self, events: impl Iterator<Item = Unsealed>) -> Vec<Unsealed> {
        let known = self.known();
        let mut news: Vec<Unsealed> = Vec::new();
        for event in events {
            // A batch is short.
            let is_here = || news.iter().any(|earlier| earlier.event_id == event.event_id);
            if !known.ids.contains(&event.event_id) && !is_here() {
                news.push(event);
            }
        }
        news
    }

    /// Only once the journal has them: what it refused is told again.
    pub(in crate::web) fn remember(&self, ids: impl Iterator<Item = EventId>) {
        let mut known = self.known();
        for id in ids {
            if known.ids.insert(id) {
                known.in_order.push_back(id);
            }
            if known.in_order.len() > MOST
                && let Some(oldest) = known.in_order.pop_front()
            {
                known.ids.remove(&oldest);
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing in here can be left half done by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
