//! The events of each type, in order of time: an analysis of one type walks over that type only.

use schemas::EventType;

use super::event::{Event, EventIndex};

/// Lists of events. Each is sorted by time, so that a range is a stretch of it.
#[derive(Debug, Default)]
pub struct Kinds {
    by_type: Vec<Vec<EventIndex>>,
    late: Vec<EventIndex>,
}

impl Kinds {
    /// Takes in the events from `first` on.
    pub(super) fn extend(&mut self, events: &[Event], first: usize) {
        self.by_type.resize_with(EventType::ALL.len(), Vec::new);
        let known: Vec<usize> = self.by_type.iter().map(Vec::len).collect();
        let known_late = self.late.len();
        for (index, event) in events.iter().enumerate().skip(first) {
            self.by_type[event.kind as usize].push(index as EventIndex);
            if event.late {
                self.late.push(index as EventIndex);
            }
        }
        for (list, known) in self.by_type.iter_mut().zip(known) {
            sort_from(events, list, known);
        }
        sort_from(events, &mut self.late, known_late);
    }

    /// The events of a type that happen from one moment up to but not including another.
    #[must_use]
    pub fn between(&self, events: &[Event], kind: EventType, (from, to): (i64, i64)) -> &[EventIndex] {
        let list = self.by_type.get(kind as usize).map_or(&[][..], Vec::as_slice);
        stretch(events, list, (from, to))
    }

    /// The late ones of any type.
    #[must_use]
    pub fn late_between(&self, events: &[Event], (from, to): (i64, i64)) -> &[EventIndex] {
        stretch(events, &self.late, (from, to))
    }
}

fn at(events: &[Event], index: EventIndex) -> i64 {
    events[index as usize].at
}

/// Sorts a list of which the first `known` are in order: only what the new ones can have disturbed.
fn sort_from(events: &[Event], list: &mut [EventIndex], known: usize) {
    let Some(earliest) = list[known..].iter().map(|index| at(events, *index)).min() else {
        return;
    };
    let begin = list[..known].partition_point(|index| at(events, *index) <= earliest);
    list[begin..].sort_by_key(|index| at(events, *index));
}

fn stretch<'a>(events: &[Event], list: &'a [EventIndex], (from, to): (i64, i64)) -> &'a [EventIndex] {
    let begin = list.partition_point(|index| at(events, *index) < from);
    let end = list.partition_point(|index| at(events, *index) < to);
    list.get(begin..end).unwrap_or_default()
}
