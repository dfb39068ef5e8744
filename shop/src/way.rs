//! How far an event of this shop has got on its way: journal, topic, file, row. For the visitor whose event it is.
//!
//! Each step is told by whoever knows: the journal by its syncs, the topic by Kafka's acknowledgements, file and row (one transaction of
//! the sink) by the position that the sink shows Kafka. A message that the sink refused, and put into the dead letters, counts as done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::{Clock, EventType, Sequence, Timestamp, Topic};
use tokio_util::sync::CancellationToken;

use crate::reached::Reached;
use crate::sink_progress::SinkProgress;
use journal::Journal;
use journal::relay::{Place, RelayView};

/// A step of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Done,
    Waiting,
    /// It may be done; nobody here remembers.
    Unknown,
    /// Events of this kind don't take it.
    None,
}

impl Step {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
            Self::None => "none",
        }
    }
}

/// How far one event has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// It survives a power cut.
    pub journal: Step,
    /// Kafka has acknowledged it.
    pub topic: Step,
    /// Where it is on its topic.
    pub place: Option<Place>,
    /// Its line is in the daily file.
    pub file: Step,
    /// Its row is in the table.
    pub row: Step,
    pub times: Times,
}

/// When an event's steps were done, as far as that is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    pub journal: Option<Timestamp>,
    pub topic: Option<Timestamp>,
    /// In file and table, which are one transaction: then at the latest, as the sink is asked once a second.
    pub kept: Option<Timestamp>,
}

/// How far the journal was synced when; clones share it.
#[derive(Debug, Clone)]
pub struct Synced(Arc<Mutex<Reached<Sequence>>>);

impl Synced {
    /// What stands in the journal already was synced before anybody looked.
    #[must_use]
    pub fn since(journal: &Journal, now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Reached::beyond(journal.synced(), now))))
    }

    /// Notes each sync, until `stop` or until the journal is closed.
    pub(crate) async fn keep_watching(self, journal: Journal, clock: Clock, stop: CancellationToken) {
        let next = || journal.synced().next();
        while let Some(Ok(())) = stop.run_until_cancelled(journal.durable(next())).await {
            self.held().note(journal.synced(), clock.now());
        }
    }

    fn held(&self) -> MutexGuard<'_, Reached<Sequence>> {
        // Each rise is written whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where an event stands in a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// A fact that waits in the event store.
    NotYet,
    Here(Sequence),
    /// In the journal of another shop, which does not tell what became of it.
    Elsewhere,
}

/// Whoever knows about the steps; clones share it.
#[derive(Debug, Clone)]
pub struct Way {
    pub journal: Journal,
    pub synced: Synced,
    pub relay: RelayView,
    pub sink: SinkProgress,
}

impl Way {
    /// How far each of these events has got by now.
    pub fn of<'a>(
        &'a self,
        events: impl Iterator<Item = (EventType, Entered)> + 'a,
    ) -> impl Iterator<Item = Steps> + 'a {
        let (synced, acknowledged) = (self.journal.synced(), Sequence(self.relay.state().acknowledged));
        events.map(move |(event_type, entered)| {
            let topic = event_type.topic();
            let place = match entered {
                Entered::Here(sequence) => self.relay.place(sequence),
                Entered::NotYet | Entered::Elsewhere => None,
            };
            let committed = place.is_some_and(|place| self.sink.is_past(topic, place.partition, place.offset));
            let steps = steps(
                topic,
                entered,
                (synced, acknowledged),
                place.map(|place| (place, committed)),
            );
            Steps {
                times: self.times(topic, entered, place.filter(|_| committed)),
                ..steps
            }
        })
    }

    fn times(&self, topic: Topic, entered: Entered, committed: Option<Place>) -> Times {
        let Entered::Here(sequence) = entered else {
            return Times::default();
        };
        Times {
            journal: self.synced.held().when(sequence),
            topic: self.relay.acknowledged_at(sequence),
            kept: committed.and_then(|place| self.sink.known_since(topic, place.partition, place.offset)),
        }
    }
}

/// `synced` and `acknowledged` are the ends of the prefixes of the journal of which that is true.
fn steps(
    topic: Topic,
    entered: Entered,
    (synced, acknowledged): (Sequence, Sequence),
    place: Option<(Place, bool)>,
) -> Steps {
    let done = |yes: bool| if yes { Step::Done } else { Step::Waiting };
    let (journal, on_topic) = match entered {
        Entered::NotYet => (Step::Waiting, Step::Waiting),
        Entered::Elsewhere => (Step::Done, Step::Unknown),
        // Only what is synced is sent.
        Entered::Here(sequence) => {
            let sent = place.is_some() || sequence <= acknowledged;
            (done(sent || sequence <= synced), done(sent))
        }
    };
    let file = match (place, on_topic) {
        (Some((_, committed)), _) => done(committed),
        (None, Step::Waiting) => Step::Waiting,
        (None, _) => Step::Unknown,
    };
    Steps {
        journal,
        topic: on_topic,
        place: place.map(|(place, _)| place),
        file,
        row: if topic.has_rows() { file } else { Step::None },
        times: Times::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use journal::relay::{Offset, Partition};

    const PLACE: Place = Place {
        partition: Partition(2),
        offset: Offset(41),
    };

    fn names(topic: Topic, entered: Entered, ends: (u64, u64), place: Option<bool>) -> [&'static str; 4] {
        let ends = (Sequence(ends.0), Sequence(ends.1));
        let steps = steps(topic, entered, ends, place.map(|committed| (PLACE, committed)));
        [steps.journal, steps.topic, steps.file, steps.row].map(Step::name)
    }

    #[test]
    fn an_event_lights_up_step_by_step() {
        let here = Entered::Here(Sequence(7));
        let view = |entered, ends, place| names(Topic::View, entered, ends, place);
        assert_eq!(view(Entered::NotYet, (9, 9), None), ["waiting"; 4]);
        assert_eq!(view(here, (6, 6), None), ["waiting"; 4]);
        assert_eq!(view(here, (7, 6), None), ["done", "waiting", "waiting", "waiting"]);
        assert_eq!(view(here, (7, 6), Some(false)), ["done", "done", "waiting", "waiting"]);
        assert_eq!(view(here, (7, 7), Some(true)), ["done"; 4]);
    }

    #[test]
    fn what_nobody_remembers_is_not_called_done() {
        let here = Entered::Here(Sequence(7));
        assert_eq!(
            names(Topic::View, here, (9, 8), None),
            ["done", "done", "unknown", "unknown"]
        );
        assert_eq!(
            names(Topic::Cart, Entered::Elsewhere, (9, 8), None),
            ["done", "unknown", "unknown", "unknown"]
        );
    }

    #[test]
    fn a_request_has_no_row() {
        let here = Entered::Here(Sequence(7));
        assert_eq!(
            names(Topic::Request, here, (9, 9), Some(true)),
            ["done", "done", "done", "none"]
        );
    }
}
