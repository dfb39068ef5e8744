//! What this process recorded lately, so that `/privacy` and the drawer can show visitors what is theirs.
//!
//! Bounds: 8 MiB of messages altogether, then the oldest is forgotten; a visitor sees the last 40 of a session. In memory: a restart
//! forgets everything, and other shops have their own. Which session may look is decided outside, by the signed cookie.
//!
//! Every request writes here and hardly anybody reads: so messages stand one behind the other in a ring, and who asks looks through all of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use schemas::{EventId, EventType, Sequence, SessionId, Timestamp, Unsealed};

const MOST_OF_A_SESSION: usize = 40;
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// An observation and its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observed {
    pub sequence: Sequence,
    pub event: Unsealed,
}

/// Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Recent(Arc<Mutex<Ring>>);

#[derive(Debug)]
struct Ring {
    /// The oldest first.
    entries: VecDeque<Kept>,
    /// Their messages, one behind the other.
    messages: VecDeque<u8>,
}

impl Default for Ring {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            // All at once: growing by doubling would end at twice as much.
            messages: VecDeque::with_capacity(MOST_BYTES),
        }
    }
}

/// An observation without its message.
#[derive(Debug)]
struct Kept {
    session: SessionId,
    sequence: Sequence,
    event_type: EventType,
    event_id: EventId,
    timestamp: Timestamp,
    of_session: Option<SessionId>,
    length: usize,
}

impl Recent {
    /// Keeps what was just recorded of `session`, in one append that ended with the entry `last`.
    pub(super) fn remember(&self, session: SessionId, last: Sequence, events: &[Unsealed]) {
        let first = (last.0 + 1).saturating_sub(events.len() as u64);
        let coming: usize = events.iter().map(|event| event.json.len()).sum();
        let mut ring = self.ring();
        while ring.messages.len() + coming > MOST_BYTES
            && let Some(oldest) = ring.entries.pop_front()
        {
            ring.messages.drain(..oldest.length);
        }
        for (sequence, event) in (first..).map(Sequence).zip(events) {
            ring.messages.extend(&event.json);
            ring.entries.push_back(Kept {
                session,
                sequence,
                event_type: event.event_type,
                event_id: event.event_id,
                timestamp: event.timestamp,
                of_session: event.session_id,
                length: event.json.len(),
            });
        }
    }

    /// What is remembered of `session`, the oldest first.
    pub(super) fn of(&self, session: SessionId) -> Vec<Observed> {
        let ring = self.ring();
        let mut end = ring.messages.len();
        let mut found = Vec::new();
        for kept in ring.entries.iter().rev() {
            let begin = end - kept.length;
            if kept.session == session {
                found.push(Observed {
                    sequence: kept.sequence,
                    event: Unsealed {
                        event_type: kept.event_type,
                        event_id: kept.event_id,
                        timestamp: kept.timestamp,
                        session_id: kept.of_session,
                        json: ring.messages.range(begin..end).copied().collect(),
                    },
                });
                if found.len() == MOST_OF_A_SESSION {
                    break;
                }
            }
            end = begin;
        }
        found.reverse();
        found
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(|poisoned| {
            // After a panic between two steps nobody could say which message is whose.
            self.0.clear_poison();
            let mut ring = poisoned.into_inner();
            *ring = Ring::default();
            ring
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u8, bytes: usize) -> Unsealed {
        Unsealed {
            event_type: EventType::View,
            event_id: EventId::at(Timestamp::from_unix_micros_saturating(0), [number; 10]),
            timestamp: Timestamp::from_unix_micros_saturating(i64::from(number)),
            session_id: None,
            json: vec![number; bytes],
        }
    }

    #[test]
    fn the_last_forty_of_a_session_are_shown_and_nobody_elses() {
        let recent = Recent::default();
        let session = SessionId([1; 16]);
        for number in 0..25 {
            let last = Sequence(u64::from(number) * 2 + 101);
            recent.remember(session, last, &[event(number * 2, 10), event(number * 2 + 1, 20)]);
            recent.remember(SessionId([3; 16]), Sequence(1000), &[event(99, 7)]);
        }
        let shown: Vec<(u64, Unsealed)> = recent
            .of(session)
            .into_iter()
            .map(|shown| (shown.sequence.0, shown.event))
            .collect();
        let expected = (10..50).map(|number| {
            (
                u64::from(number) + 100,
                event(number, if number % 2 == 0 { 10 } else { 20 }),
            )
        });
        assert_eq!(
            shown,
            expected.collect::<Vec<_>>(),
            "each with its place in the journal"
        );
        assert!(recent.of(SessionId([2; 16])).is_empty());
    }

    #[test]
    fn the_oldest_is_forgotten_when_the_room_is_full() {
        let recent = Recent::default();
        for session in 0..10 {
            recent.remember(SessionId([session; 16]), Sequence(1), &[event(session, 1024 * 1024)]);
        }
        assert!(recent.of(SessionId([1; 16])).is_empty());
        for session in 2..10 {
            let shown = recent.of(SessionId([session; 16]));
            assert_eq!(shown[0].event, event(session, 1024 * 1024));
        }
        assert!(recent.ring().messages.len() <= MOST_BYTES);
        assert_eq!(recent.ring().messages.capacity(), MOST_BYTES, "it never grew beyond");
    }
}
