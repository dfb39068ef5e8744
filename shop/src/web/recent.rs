//! What this process recorded of each visit lately, so that `/privacy` and the drawer can show it to the visitor.
//!
//! Bounds: the last 40 observations of a session, 8 MiB altogether; then the session that began first is forgotten. In memory: a
//! restart forgets everything, and other shops have their own. Which session may look is decided outside, by the signed cookie.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::{Sequence, SessionId, Unsealed};

const MOST_OF_A_SESSION: usize = 40;
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// What an event and its session cost beside the message.
const OVERHEAD: usize = 128;

/// An observation and its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observed {
    pub sequence: Sequence,
    pub event: Unsealed,
}

/// Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Recent(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    sessions: HashMap<SessionId, VecDeque<Observed>>,
    /// In the order in which they began.
    begun: VecDeque<SessionId>,
    bytes: usize,
}

impl Recent {
    /// Keeps what was just recorded of `session`, in one append that ended with the entry `last`.
    pub(super) fn remember(&self, session: SessionId, last: Sequence, events: Vec<Unsealed>) {
        let mut kept = self.kept();
        let Kept { sessions, begun, bytes } = &mut *kept;
        let of_session = sessions.entry(session).or_insert_with(|| {
            begun.push_back(session);
            VecDeque::new()
        });
        let first = (last.0 + 1).saturating_sub(events.len() as u64);
        for (sequence, event) in (first..).map(Sequence).zip(events) {
            *bytes += cost(&event);
            of_session.push_back(Observed { sequence, event });
            if of_session.len() > MOST_OF_A_SESSION
                && let Some(oldest) = of_session.pop_front()
            {
                *bytes -= cost(&oldest.event);
            }
        }
        while *bytes > MOST_BYTES
            && let Some(first) = begun.pop_front()
        {
            let forgotten = sessions.remove(&first).unwrap_or_default();
            *bytes -= forgotten.iter().map(|observed| cost(&observed.event)).sum::<usize>();
        }
    }

    /// What is remembered of `session`, the oldest first.
    pub(super) fn of(&self, session: SessionId) -> Vec<Observed> {
        let kept = self.kept();
        let events = kept.sessions.get(&session);
        events.into_iter().flatten().cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic between two steps could only leave the count of bytes a little off.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cost(event: &Unsealed) -> usize {
    event.json.capacity() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use schemas::{EventId, EventType, Timestamp};

    use super::*;

    fn event(number: u8, bytes: usize) -> Unsealed {
        Unsealed {
            event_type: EventType::View,
            event_id: EventId::at(Timestamp::from_unix_micros_saturating(0), [number; 10]),
            timestamp: Timestamp::from_unix_micros_saturating(i64::from(number)),
            session_id: None,
            json: vec![b'x'; bytes],
        }
    }

    #[test]
    fn the_last_forty_of_a_session_are_remembered() {
        let recent = Recent::default();
        let session = SessionId([1; 16]);
        for number in 0..25 {
            let last = Sequence(u64::from(number) * 2 + 101);
            recent.remember(session, last, vec![event(number * 2, 10), event(number * 2 + 1, 10)]);
        }
        let kept = recent.of(session);
        let numbers: Vec<i64> = kept.iter().map(|kept| kept.event.timestamp.unix_micros()).collect();
        assert_eq!(numbers, (10..50).collect::<Vec<i64>>());
        let places: Vec<u64> = kept.iter().map(|kept| kept.sequence.0).collect();
        assert_eq!(
            places,
            (110..150).collect::<Vec<u64>>(),
            "each with its place in the journal"
        );
        assert!(recent.of(SessionId([2; 16])).is_empty());
    }

    #[test]
    fn the_session_that_began_first_is_forgotten_when_the_room_is_full() {
        let recent = Recent::default();
        for session in 0..10 {
            recent.remember(SessionId([session; 16]), Sequence(1), vec![event(session, 1024 * 1024)]);
        }
        assert!(recent.of(SessionId([0; 16])).is_empty());
        assert_eq!(recent.of(SessionId([9; 16])).len(), 1);
        assert!(recent.kept().bytes <= MOST_BYTES);
    }
}
