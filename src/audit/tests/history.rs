//! Histories in which everything goes wrong at random: it must say exactly what was done to them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use schemas::Topic;
use uuid::Uuid;

use super::super::ledger::{JournalEnds, Ledger};
use super::super::mark::Hop;
use super::super::topics::{LetterOf, Partition, Positions, Reading};
use super::super::verdict::{SequenceRange, Verdict};
use super::{OLD, SHOP, TODAY, hop, ledger_of, read, sighting};

/// What is done to an event on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    None,
    LostFromJournal,
    LostFromTopics,
    RepeatedOnTopics,
    DeadLettered,
    LostFromFiles,
    DoubledInFiles,
    LostFromTable,
    DoubledInTable,
}

/// One event of the history; its sequence is its place.
#[derive(Debug, Clone, Copy)]
struct Past {
    blow: Blow,
    has_row: bool,
    number: i32,
}

/// A history: the first `expired` events are older than the retention, the last `unsent` still wait in the journal, and the
/// sink has taken all but the last `untaken` messages of each partition.
#[derive(Debug, Clone)]
struct History {
    events: Vec<Past>,
    expired: u64,
    unsent: u64,
    untaken: usize,
}

fn past() -> impl Strategy<Value = Past> {
    let blow = prop_oneof![
        20 => Just(Blow::None),
        1 => Just(Blow::LostFromJournal),
        1 => Just(Blow::LostFromTopics),
        1 => Just(Blow::RepeatedOnTopics),
        1 => Just(Blow::DeadLettered),
        1 => Just(Blow::LostFromFiles),
        1 => Just(Blow::DoubledInFiles),
        1 => Just(Blow::LostFromTable),
        1 => Just(Blow::DoubledInTable),
    ];
    (blow, any::<bool>(), 0..3).prop_map(|(blow, has_row, number)| Past { blow, has_row, number })
}

fn history() -> impl Strategy<Value = History> {
    let events = proptest::collection::vec(past(), 1..400);
    (events, 0_u64..200, 0_u64..30, 0_usize..10).prop_map(|(events, expired, unsent, untaken)| {
        let count = events.len() as u64;
        let expired = expired.min(count);
        History {
            unsent: unsent.min(count - expired),
            events,
            expired,
            untaken,
        }
    })
}

impl History {
    fn acknowledged(&self) -> u64 {
        self.events.len() as u64 - self.unsent
    }

    fn numbered(&self) -> impl Iterator<Item = (u64, Past)> {
        (1..).zip(self.events.iter().copied())
    }

    /// The sequences that were sent to each partition, in order; what retention removed among them.
    fn sent(&self) -> BTreeMap<(Topic, i32), Vec<(u64, Past)>> {
        let mut partitions = BTreeMap::<_, Vec<_>>::new();
        for (sequence, past) in self.numbered().filter(|(sequence, _)| *sequence <= self.acknowledged()) {
            let topic = if past.has_row { Topic::View } else { Topic::Request };
            let partition = partitions.entry((topic, past.number)).or_default();
            if past.blow != Blow::LostFromTopics {
                partition.push((sequence, past));
            }
        }
        partitions
    }

    /// Whether the sink has come past the message.
    fn is_taken(&self, sequence: u64) -> bool {
        self.sent().values().any(|partition| {
            let taken = partition.len().saturating_sub(self.untaken);
            partition[..taken].iter().any(|(taken, _)| *taken == sequence)
        })
    }
}

fn value(sequence: u64, timestamp: &str) -> Vec<u8> {
    let id = Uuid::from_u128(u128::from(sequence) << 70 | u128::from(sequence));
    format!(
        r#"{{"timestamp":"{timestamp}","event_id":"{id}","details":{{}},"source":{{"instance":"{SHOP}","sequence":{sequence}}}}}"#
    )
    .into_bytes()
}

/// Plays the history and audits it.
fn audited(history: &History) -> Verdict {
    let mut ledger = ledger_of(&Hop::ALL);
    let who = ledger.who(SHOP).unwrap();
    let day = |sequence| if sequence <= history.expired { OLD } else { TODAY };
    for (sequence, past) in history.numbered() {
        let seen = sighting(&ledger, sequence, day(sequence), past.has_row);
        let instance = ledger.instance(who);
        let is_released = sequence <= history.expired;
        if !is_released && past.blow != Blow::LostFromJournal {
            instance.see(Hop::Journal, &seen);
        }
        let is_kept = history.is_taken(sequence) && !is_released && past.blow != Blow::DeadLettered;
        if is_kept && past.blow != Blow::LostFromFiles {
            instance.see(Hop::Files, &seen);
            if past.blow == Blow::DoubledInFiles {
                instance.see(Hop::Files, &seen);
            }
        }
        if is_kept && past.has_row && past.blow != Blow::LostFromTable {
            instance.see(Hop::Table, &seen);
            if past.blow == Blow::DoubledInTable {
                instance.see(Hop::Table, &seen);
            }
        }
    }
    ledger.instance(who).journal = Some(JournalEnds {
        last: history.events.len() as u64,
        acknowledged: history.acknowledged(),
        released: history.acknowledged(),
    });
    send(history, &mut ledger, &day);
    ledger.judge()
}

fn send(history: &History, ledger: &mut Ledger, day: &dyn Fn(u64) -> &'static str) {
    let sent = history.sent();
    let positions: Positions = sent
        .iter()
        .map(|(&(topic, number), messages)| {
            let repeated = messages
                .iter()
                .filter(|(_, past)| past.blow == Blow::RepeatedOnTopics)
                .count();
            // Whoever stands behind the last message stands behind what the relay repeats, too.
            let next = if history.untaken == 0 {
                messages.len() + repeated
            } else {
                messages.len().saturating_sub(history.untaken)
            };
            let removed = messages
                .iter()
                .filter(|(sequence, _)| *sequence <= history.expired)
                .count();
            (Partition { topic, number }, i64::try_from(next.max(removed)).unwrap())
        })
        .collect();
    let mut reading = Reading::new(ledger, Some(&positions));
    for (sequence, _) in history.numbered().filter(|(sequence, past)| {
        past.blow == Blow::DeadLettered && *sequence > history.expired && history.is_taken(*sequence)
    }) {
        reading.dead_letter(&value(sequence, day(sequence)), LetterOf::default());
    }
    for ((topic, number), messages) in sent {
        let removed = messages
            .iter()
            .filter(|(sequence, _)| *sequence <= history.expired)
            .count();
        let partition = Partition { topic, number };
        reading.enter_partition(partition, i64::try_from(removed).unwrap());
        // No message stands behind the sink's position.
        reading.ends_at(partition, i64::try_from(2 * messages.len()).unwrap());
        let repeated: Vec<_> = messages
            .iter()
            .filter(|(_, past)| past.blow == Blow::RepeatedOnTopics)
            .collect();
        for (offset, (sequence, _)) in (0..).zip(messages.iter().chain(repeated)) {
            if *sequence > history.expired {
                read(&mut reading, partition, offset, &value(*sequence, day(*sequence)));
            }
        }
    }
    reading.finish();
}

fn ranges(sequences: impl Iterator<Item = u64>) -> Vec<SequenceRange> {
    let mut ranges = Vec::<SequenceRange>::new();
    for sequence in sequences {
        match ranges.last_mut() {
            Some(range) if range.last + 1 == sequence => range.last = sequence,
            _ => ranges.push(SequenceRange {
                first: sequence,
                last: sequence,
            }),
        }
    }
    ranges
}

proptest! {
    #[test]
    fn what_was_lost_on_the_way_is_named_in_the_hop_that_lost_it(history in history()) {
        let verdict = audited(&history);
        let horizon = horizon(&history);
        let mut kept = history.numbered().filter(|(sequence, past)| {
            let refused = [Blow::LostFromFiles, Blow::DeadLettered].contains(&past.blow);
            *sequence > history.expired && !refused && history.is_taken(*sequence)
        });
        let lowest = kept.next().map(|(sequence, _)| sequence);
        let lost = |test: &dyn Fn(u64, Past) -> bool| {
            let young = history.numbered().filter(|(sequence, _)| *sequence > history.expired);
            ranges(young.filter(|(sequence, past)| test(*sequence, *past)).map(|(sequence, _)| sequence))
        };
        let is_sent = |sequence| sequence <= history.acknowledged();
        prop_assert_eq!(&hop(&verdict, "journal").lost_ranges, &lost(&|sequence, past| past.blow == Blow::LostFromJournal && !is_sent(sequence)));
        // Where nothing was removed from any topic, age explains nothing: what isn't there was never there.
        let lost_from_topics = history.numbered().filter(|(sequence, past)| {
            past.blow == Blow::LostFromTopics && is_sent(*sequence) && *sequence >= horizon
        });
        prop_assert_eq!(&hop(&verdict, "topics").lost_ranges, &ranges(lost_from_topics.map(|(sequence, _)| sequence)));
        prop_assert_eq!(&hop(&verdict, "files").lost_ranges, &lost(&|sequence, past| {
            let is_taken = past.blow == Blow::LostFromFiles && history.is_taken(sequence);
            // What the topics can't tell from expired, the files can, once they hold something older.
            let is_hidden = past.blow == Blow::LostFromTopics && is_sent(sequence) && sequence < horizon;
            is_taken || is_hidden && lowest.is_some_and(|lowest| lowest < sequence)
        }));
        prop_assert_eq!(&hop(&verdict, "table").lost_ranges, &lost(&|sequence, past| {
            past.blow == Blow::LostFromTable && past.has_row && history.is_taken(sequence)
        }));
    }

    #[test]
    fn what_was_doubled_repeated_refused_or_waits_is_counted_where_it_is(history in history()) {
        let verdict = audited(&history);
        let count = |test: &dyn Fn(u64, Past) -> bool| {
            let young = history.numbered().filter(|(sequence, _)| *sequence > history.expired);
            young.filter(|(sequence, past)| test(*sequence, *past)).count() as u64
        };
        let taken = |sequence| history.is_taken(sequence);
        let is_sent = |sequence| sequence <= history.acknowledged();
        let files = hop(&verdict, "files");
        let table = hop(&verdict, "table");
        let topics = hop(&verdict, "topics");
        prop_assert_eq!(files.doubled, count(&|sequence, past| past.blow == Blow::DoubledInFiles && taken(sequence)));
        prop_assert_eq!(table.doubled, count(&|sequence, past| past.blow == Blow::DoubledInTable && past.has_row && taken(sequence)));
        prop_assert_eq!(topics.doubled, 0);
        prop_assert_eq!(topics.repeated, count(&|sequence, past| past.blow == Blow::RepeatedOnTopics && is_sent(sequence)));
        prop_assert_eq!(files.dead_lettered, count(&|sequence, past| past.blow == Blow::DeadLettered && taken(sequence)));
        prop_assert_eq!(files.behind, count(&|sequence, past| {
            is_sent(sequence) && past.blow != Blow::LostFromTopics && !taken(sequence)
        }));
        prop_assert_eq!(topics.behind, count(&|sequence, past| !is_sent(sequence) && past.blow != Blow::LostFromJournal));
        for hop in &verdict.instances[0].hops {
            prop_assert_eq!(hop.expected, hop.found + hop.lost + hop.behind + hop.dead_lettered);
            prop_assert_eq!(hop.late, 0);
        }
        let all_well = verdict.instances[0].hops.iter().all(|hop| hop.lost == 0 && hop.doubled == 0);
        prop_assert_eq!(verdict.holds, all_well);
    }
}

/// Below the first sequence that the partitions with a removed beginning (or else all topics) still hold, nothing can be told lost from expired.
fn horizon(history: &History) -> u64 {
    let sent = history.sent();
    let first = |messages: &Vec<(u64, Past)>| {
        let mut sequences = messages.iter().map(|(sequence, _)| *sequence);
        sequences.find(|sequence| *sequence > history.expired)
    };
    let is_trimmed = |messages: &&Vec<(u64, Past)>| messages.iter().any(|(sequence, _)| *sequence <= history.expired);
    if sent.values().filter(is_trimmed).count() == 0 {
        return 0;
    }
    let highest = sent.values().filter(is_trimmed).filter_map(first).max();
    highest
        .or_else(|| sent.values().filter_map(first).min())
        .unwrap_or(u64::MAX)
}
