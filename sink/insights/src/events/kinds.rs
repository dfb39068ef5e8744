//! The events of each type, in order of time: an analysis of one type walks over that type only, from one end of memory to the other.

use schemas::EventType;

use super::Symbol;
use super::entities::Entity;
use super::event::{Event, EventIndex, SessionIndex};

/// What most analyses ask of an event. The events themselves lie by session, where a walk by time would wait for memory at each of them.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Microseconds since 1970.
    pub at: i64,
    pub index: EventIndex,
    pub session: SessionIndex,
    pub page: Symbol,
    pub entity: Entity,
    pub extra: u32,
}

impl Entry {
    const fn of(index: EventIndex, event: &Event) -> Self {
        Self {
            at: event.at,
            index,
            session: event.session,
            page: event.page,
            entity: event.entity,
            extra: event.extra,
        }
    }
}

/// Lists of entries. Each is sorted by time, so that a range is a stretch of it.
#[derive(Debug, Default)]
pub struct Kinds {
    by_type: Vec<Vec<Entry>>,
    late: Vec<Entry>,
}

impl Kinds {
    /// Takes in the events from `first` on.
    pub(super) fn extend(&mut self, events: &[Event], first: usize) {
        self.by_type.resize_with(EventType::ALL.len(), Vec::new);
        let known: Vec<usize> = self.by_type.iter().map(Vec::len).collect();
        let known_late = self.late.len();
        for (index, event) in events.iter().enumerate().skip(first) {
            let entry = Entry::of(index as EventIndex, event);
            self.by_type[event.kind as usize].push(entry);
            if event.late {
                self.late.push(entry);
            }
        }
        for (list, known) in self.by_type.iter_mut().zip(known) {
            sort_from(list, known);
        }
        sort_from(&mut self.late, known_late);
    }

    fn of(&self, kind: EventType) -> &[Entry] {
        self.by_type.get(kind as usize).map_or(&[], Vec::as_slice)
    }

    /// The events of a type that happen from one moment up to but not including another.
    #[must_use]
    pub fn between(&self, kind: EventType, range: (i64, i64)) -> &[Entry] {
        stretch(self.of(kind), range)
    }

    /// The late ones of any type.
    #[must_use]
    pub fn late_between(&self, range: (i64, i64)) -> &[Entry] {
        stretch(&self.late, range)
    }
}

/// Sorts a list of which the first `known` are in order: only what the new ones can have disturbed.
fn sort_from(list: &mut [Entry], known: usize) {
    let Some(earliest) = list[known..].iter().map(|entry| entry.at).min() else {
        return;
    };
    let begin = list[..known].partition_point(|entry| entry.at <= earliest);
    list[begin..].sort_by_key(|entry| entry.at);
}

fn stretch(list: &[Entry], (from, to): (i64, i64)) -> &[Entry] {
    let begin = list.partition_point(|entry| entry.at < from);
    let end = list.partition_point(|entry| entry.at < to);
    list.get(begin..end).unwrap_or_default()
}

impl Kinds {
    /// Each event of the type has one of `extras`, and no other type has any.
    pub(super) fn lay_out<T: Copy>(&mut self, kind: EventType, events: &mut [Event], extras: &mut Vec<T>) {
        let mut laid = Vec::with_capacity(extras.len());
        for entry in self.by_type.get_mut(kind as usize).into_iter().flatten() {
            laid.push(extras[entry.extra as usize]);
            entry.extra = laid.len() as u32 - 1;
            events[entry.index as usize].extra = entry.extra;
        }
        *extras = laid;
    }
}
