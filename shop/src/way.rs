//! How far an event of this shop has got on its way: journal, topic, file, row. For the visitor whose event it is.
//!
//! Each step is told by whoever knows: the journal by its syncs, the topic by Kafka's acknowledgements, file and row (one transaction of
//! the sink) by the position that the sink shows Kafka. A message that the sink refused, and put into the dead letters, counts as done.

use schemas::{EventType, Sequence, Topic};

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
            steps(
                topic,
                entered,
                (synced, acknowledged),
                place.map(|place| (place, committed)),
            )
        })
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
