//! Cut files, flipped bits, zeros: what they hit is lost and reported, the rest is there.

use std::fs;
use std::path::Path;

use journal::{Entry, Journal};
use proptest::prelude::*;
use schemas::Sequence;

use crate::{Seen, append, event, read_all, sealed, segments, small};

#[derive(Debug, Clone)]
enum Damage {
    /// The last segment ends before this part of it.
    Cut(prop::sample::Index),
    /// One bit of the segment, and which.
    Flip(prop::sample::Index, prop::sample::Index),
    /// Zeros where a power cut lost what was written.
    Zeros(prop::sample::Index),
}

fn damages() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Damage::Cut),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(file, bit)| Damage::Flip(file, bit)),
        any::<prop::sample::Index>().prop_map(Damage::Zeros),
    ]
}

fn inflict(folder: &Path, damage: &Damage) {
    let paths = segments(folder);
    let last = paths.last().expect("a segment");
    let path = match damage {
        Damage::Flip(file, _) => file.get(&paths),
        _ => last,
    };
    let mut bytes = fs::read(path).unwrap();
    if bytes.is_empty() {
        return;
    }
    match damage {
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Damage::Flip(_, bit) => {
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        Damage::Zeros(at) => {
            let at = at.index(bytes.len());
            bytes[at..].fill(0);
        }
    }
    fs::write(path, bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_loses_what_it_hit_and_nothing_else(
        batches in proptest::collection::vec(proptest::collection::vec(0_usize..900, 1..4), 1..40),
        damage in damages(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let lengths: Vec<usize> = batches.concat();
        {
            let journal = Journal::open(folder.path(), small()).unwrap();
            let mut number = 0;
            for batch in &batches {
                let events: Vec<_> = batch.iter().map(|length| { number += 1; event(number, *length) }).collect();
                let entries: Vec<_> = events.iter().map(|event| Entry::observation(event, None)).collect();
                prop_assert_eq!(journal.append(&entries).unwrap(), Sequence(number));
            }
        }
        inflict(folder.path(), &damage);
        let journal = Journal::open(folder.path(), small()).unwrap();
        let next = journal.next_sequence().0;
        append(&journal, 0, 10);

        let mut expected = 1;
        let mut lost = 0;
        for seen in read_all(&journal, 1) {
            match seen {
                Seen::Entry(sequence, value) => {
                    prop_assert_eq!(sequence, expected, "in order, each once");
                    let (number, length) = match lengths.get(usize::try_from(sequence - 1).unwrap()) {
                        Some(length) if sequence < next => (sequence, *length),
                        _ => (0, 10),
                    };
                    prop_assert_eq!(value, sealed(&journal, sequence, number, length), "nothing invented");
                    expected += 1;
                }
                Seen::Lost(first, last) => {
                    prop_assert_eq!(first, expected, "a gap is reported where it is");
                    lost += (first..=last).filter(|sequence| *sequence <= lengths.len() as u64).count();
                    expected = last + 1;
                }
            }
        }
        prop_assert_eq!(expected, next + 1, "all is read");
        if let Damage::Flip(..) = damage {
            prop_assert!(lost <= 1, "one bit hits one entry");
            prop_assert!(next > lengths.len() as u64, "no sequence that was durable is given out again");
        }
    }
}
