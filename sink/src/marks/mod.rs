//! Marks: what is kept, by where it comes from. A shop gives each event the next sequence, and for each sequence that was kept there are
//! 32 bits of its event's id. So a repetition is known wherever it turns up (another partition, another sink, another consumer group),
//! and another event under a used sequence is told from it (all but once in four billion times) without asking files or table.
//!
//! Promises: 4 bytes an event in the database, in the same transaction as its line and row; in memory at most 32 MiB, whatever is read
//! again. This is a copy that runs ahead by the batches under way. It may lack what another sink has kept: the commit looks once more
//! ([`books::merge`]), so it only costs time when it does.

pub(crate) mod books;

use std::collections::{BTreeMap, HashMap};

use schemas::{EventId, InstanceId, Sequence, Source};

/// Sequences in a stretch.
pub(crate) const STRETCH: usize = 256;
/// Stretches of 1 KiB in a generation; there are two.
const STRETCHES_AT_MOST: usize = 16 * 1024;

/// 32 bits of an event's id; never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(u32);

/// 256 sequences that follow each other, counted from sequence 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stretch(pub u64);

/// The marks of a stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marked(Box<[u32; STRETCH]>);

/// What is known about a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// The books have to be asked first.
    NotRead(Stretch),
    Nothing,
    /// This very event is kept.
    Kept,
    /// Another event is kept under this sequence.
    Another,
}

/// The marks at hand, of every shop. What was not asked for since the last generation is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// The last stretch of each shop that was asked for, where the books were: nothing is known to be kept behind it.
    ends: HashMap<InstanceId, Option<Stretch>>,
    young: Generation,
    old: Generation,
}

#[derive(Debug, Default)]
struct Generation {
    shops: HashMap<InstanceId, BTreeMap<Stretch, Marked>>,
    stretches: usize,
}

/// What the books say about some stretches of a shop.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The last stretch that they have anything of.
    pub end: Option<Stretch>,
    pub stretches: BTreeMap<Stretch, Marked>,
}

/// The marks that a batch adds.
pub(crate) type NewMarks = HashMap<InstanceId, BTreeMap<Stretch, Vec<(usize, Mark)>>>;

impl Mark {
    pub(crate) fn of(event_id: EventId) -> Self {
        let (high, low) = event_id.0.as_u64_pair();
        // Fibonacci hashing: the upper bits of the product depend on all bits of the id.
        let mixed = (high ^ low.rotate_left(23)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        Self(u32::try_from(mixed).unwrap_or(1).max(1))
    }
}

/// The stretch of a sequence, and its place there.
pub(crate) fn place(sequence: Sequence) -> (Stretch, usize) {
    let at = usize::try_from(sequence.0 % STRETCH as u64).unwrap_or(0);
    (Stretch(sequence.0 / STRETCH as u64), at)
}

/// Notes that a batch keeps an event.
pub(crate) fn note(new: &mut NewMarks, source: &Source, event_id: EventId) {
    let (stretch, at) = place(source.sequence);
    let mark = (at, Mark::of(event_id));
    match new.get_mut(&source.instance) {
        Some(stretches) => stretches.entry(stretch).or_default().push(mark),
        None => drop(new.insert(source.instance.clone(), BTreeMap::from([(stretch, vec![mark])]))),
    }
}

impl Marked {
    /// As the books keep them; none when they are no marks.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (marks, rest) = bytes.as_chunks::<4>();
        if marks.len() > STRETCH || !rest.is_empty() {
            return None;
        }
        let mut marked = Self::default();
        for (place, mark) in marked.0.iter_mut().zip(marks) {
            *place = u32::from_le_bytes(*mark);
        }
        Some(marked)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let last = self.0.iter().rposition(|mark| *mark != 0).map_or(0, |last| last + 1);
        self.0[..last].iter().flat_map(|mark| mark.to_le_bytes()).collect()
    }

    /// Sets a mark; false when there is one.
    pub(crate) fn set(&mut self, at: usize, mark: Mark) -> bool {
        let is_free = self.0[at] == 0;
        if is_free {
            self.0[at] = mark.0;
        }
        is_free
    }

    fn about(&self, at: usize, mark: Mark) -> Known {
        match self.0[at] {
            0 => Known::Nothing,
            kept if kept == mark.0 => Known::Kept,
            _ => Known::Another,
        }
    }
}

impl Default for Marked {
    fn default() -> Self {
        Self(Box::new([0; STRETCH]))
    }
}

impl Marks {
    /// What is known about the event of `source`.
    pub(crate) fn about(&mut self, source: &Source, event_id: EventId) -> Known {
        let (stretch, at) = place(source.sequence);
        if let Some(marked) = self.at_hand(&source.instance, stretch) {
            return marked.about(at, Mark::of(event_id));
        }
        match self.ends.get_mut(&source.instance) {
            Some(end) if *end < Some(stretch) => {
                *end = Some(stretch);
                self.put(&source.instance, stretch, Marked::default());
                Known::Nothing
            }
            _ => Known::NotRead(stretch),
        }
    }

    /// Notes that the event is kept; its stretch was asked for before.
    pub(crate) fn keep(&mut self, source: &Source, event_id: EventId) {
        let (stretch, at) = place(source.sequence);
        if let Some(marked) = self.at_hand(&source.instance, stretch) {
            marked.set(at, Mark::of(event_id));
        }
    }

    /// Takes in what the books say.
    pub(crate) fn learn(&mut self, instance: &InstanceId, read: Read) {
        let end = self.ends.entry(instance.clone()).or_default();
        *end = (*end).max(read.end);
        for (stretch, marked) in read.stretches {
            self.put(instance, stretch, marked);
        }
    }

    fn put(&mut self, instance: &InstanceId, stretch: Stretch, marked: Marked) {
        if self.young.stretches >= STRETCHES_AT_MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.put(instance, stretch, marked);
    }

    fn at_hand(&mut self, instance: &InstanceId, stretch: Stretch) -> Option<&mut Marked> {
        if self.young.get(instance, stretch).is_none()
            && let Some(marked) = self.old.take(instance, stretch)
        {
            self.put(instance, stretch, marked);
        }
        self.young.get(instance, stretch)
    }
}

impl Generation {
    fn get(&mut self, instance: &InstanceId, stretch: Stretch) -> Option<&mut Marked> {
        self.shops.get_mut(instance)?.get_mut(&stretch)
    }

    fn take(&mut self, instance: &InstanceId, stretch: Stretch) -> Option<Marked> {
        self.shops.get_mut(instance)?.remove(&stretch)
    }

    /// What is there already stands: it may run ahead of the books.
    fn put(&mut self, instance: &InstanceId, stretch: Stretch, marked: Marked) {
        let stretches = match self.shops.get_mut(instance) {
            Some(stretches) => stretches,
            None => self.shops.entry(instance.clone()).or_default(),
        };
        stretches.entry(stretch).or_insert_with(|| {
            self.stretches += 1;
            marked
        });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn source(sequence: u64) -> Source {
        Source {
            instance: "shop".parse().unwrap(),
            sequence: Sequence(sequence),
        }
    }

    fn id(number: u128) -> EventId {
        EventId(Uuid::from_u128(number))
    }

    /// The books have marks up to this stretch, and none in `stretches`.
    fn empty(end: u64, stretches: impl IntoIterator<Item = u64>) -> Read {
        let stretches = stretches
            .into_iter()
            .map(|stretch| (Stretch(stretch), Marked::default()));
        Read {
            end: Some(Stretch(end)),
            stretches: stretches.collect(),
        }
    }

    #[test]
    fn an_event_is_known_once_it_is_kept_and_its_sequence_is_another_events_then() {
        let (mut marks, source) = (Marks::default(), source(300));
        assert_eq!(marks.about(&source, id(1)), Known::NotRead(Stretch(1)));
        marks.learn(&source.instance, empty(1, [1]));
        assert_eq!(marks.about(&source, id(1)), Known::Nothing);
        marks.keep(&source, id(1));
        marks.learn(&source.instance, empty(1, [1]));
        assert_eq!(marks.about(&source, id(1)), Known::Kept);
        assert_eq!(marks.about(&source, id(2)), Known::Another);
    }

    #[test]
    fn the_books_are_asked_for_no_stretch_behind_their_last() {
        let mut marks = Marks::default();
        marks.learn(&source(0).instance, empty(3, [3]));
        for sequence in [4 * 256, 7 * 256, 7 * 256 + 1] {
            assert_eq!(marks.about(&source(sequence), id(1)), Known::Nothing);
        }
        assert_eq!(marks.about(&source(5 * 256), id(1)), Known::NotRead(Stretch(5)));
        marks.learn(&source(0).instance, Read::default());
        assert_eq!(marks.about(&source(6 * 256), id(1)), Known::NotRead(Stretch(6)));
    }

    #[test]
    fn marks_read_back_as_they_were_written_and_nothing_else_does() {
        let mut marked = Marked::default();
        assert!(marked.to_bytes().is_empty());
        assert!(marked.set(0, Mark::of(id(1))) && marked.set(255, Mark::of(id(2))) && !marked.set(0, Mark::of(id(3))));
        assert_eq!(Marked::from_bytes(&marked.to_bytes()), Some(marked));
        assert_eq!(Marked::from_bytes(&[0; 3]), None);
        assert_eq!(Marked::from_bytes(&[0; STRETCH * 4 + 4]), None);
    }

    #[test]
    fn memory_is_bounded_and_what_is_asked_for_stays() {
        let (mut marks, often) = (Marks::default(), source(0));
        let stretches = 5 * STRETCHES_AT_MOST as u64;
        marks.learn(&often.instance, empty(stretches, [0]));
        marks.keep(&often, id(1));
        for stretch in 1..stretches {
            marks.learn(&often.instance, empty(stretches, [stretch]));
            assert_eq!(marks.about(&often, id(1)), Known::Kept);
        }
        let held = |generation: &Generation| generation.shops.values().map(BTreeMap::len).sum::<usize>();
        assert!(held(&marks.young) + held(&marks.old) <= 2 * STRETCHES_AT_MOST);
        assert_eq!(marks.about(&source(256), id(1)), Known::NotRead(Stretch(1)));
    }
}
