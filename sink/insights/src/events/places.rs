//! Where the events of a session lie.

use std::ops::Range;

use super::event::EventIndex;

/// The places of a session's events, in order of timestamp, then source sequence.
///
/// Those of the first reading lie beside each other, and are known by the first and the last one. Only when a session had events since,
/// each place is kept instead.
#[derive(Debug, Clone, Default)]
pub struct Places {
    beside: Range<EventIndex>,
    apart: Vec<EventIndex>,
}

impl Places {
    pub(super) fn beside(places: Range<EventIndex>) -> Self {
        Self {
            beside: places,
            apart: Vec::new(),
        }
    }

    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = EventIndex> {
        self.beside.clone().chain(self.apart.iter().copied())
    }

    /// Each place, to be brought into order.
    pub(super) fn apart(&mut self) -> &mut Vec<EventIndex> {
        self.apart.extend(std::mem::take(&mut self.beside));
        &mut self.apart
    }
}
