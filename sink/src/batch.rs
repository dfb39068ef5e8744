//! A batch: messages, judged and sorted out into lines, rows, dead letters and the positions that they move.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use schemas::Record;

use crate::assignment::Held;
use crate::books::{Move, Sources};
use crate::dead_letter::DeadLetter;
use crate::files::DayFile;
use crate::judge::{Reason, Rules, Verdict};
use crate::table::{Row, Rows};
use crate::{Offset, TopicPartition};

/// A message as Kafka hands it out; the bytes are borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub at: TopicPartition,
    pub offset: Offset,
    pub value: Option<&'a [u8]>,
}

/// What is committed together.
#[derive(Debug)]
pub(crate) struct Batch {
    pub rules: Rules,
    pub started: Instant,
    pub lines: BTreeMap<DayFile, Vec<u8>>,
    pub rows: Rows,
    pub dead_letters: Vec<DeadLetter>,
    pub moves: BTreeMap<TopicPartition, Move>,
    pub sources: HashMap<TopicPartition, Sources>,
    pub counts: Counts,
}

/// How many of what.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub messages: usize,
    pub bytes: usize,
    pub lines: usize,
    pub duplicates: usize,
}

impl Batch {
    pub(crate) fn new(rules: Rules, rows: Rows) -> Self {
        Self {
            rules,
            started: Instant::now(),
            lines: BTreeMap::new(),
            rows,
            dead_letters: Vec::new(),
            moves: BTreeMap::new(),
            sources: HashMap::new(),
            counts: Counts::default(),
        }
    }

    /// Sorts a message out; answers why, when it must become a dead letter ([`Self::refuse`]).
    pub(crate) fn add(&mut self, message: Incoming<'_>, held: &mut Held) -> Option<Reason> {
        let verdict = self.rules.judge(message.at.topic, message.value, &held.seen);
        let reason = match verdict {
            Verdict::Keep { record, file } => {
                self.keep(message, &record, file);
                if let Some(source) = record.source() {
                    held.saw(source);
                }
                None
            }
            Verdict::Duplicate => {
                self.counts.duplicates += 1;
                None
            }
            Verdict::Refuse(reason) => Some(reason),
        };
        self.counts.messages += 1;
        self.counts.bytes += message.value.map_or(0, <[u8]>::len);
        held.bad_run = if reason.is_some() { held.bad_run + 1 } else { 0 };
        self.pass(message, held);
        reason
    }

    /// The letter for a message that [`Self::add`] refused.
    pub(crate) fn refuse(&mut self, letter: DeadLetter) {
        self.dead_letters.push(letter);
    }

    fn keep(&mut self, message: Incoming<'_>, record: &Record<'_>, file: DayFile) {
        let value = message.value.unwrap_or_default();
        let lines = self.lines.entry(file).or_default();
        lines.extend_from_slice(value);
        lines.push(b'\n');
        self.counts.lines += 1;
        if let Record::Activity(activity) = record {
            self.rows.push(&Row {
                activity,
                at: message.at,
                offset: message.offset,
            });
        }
        if let Some(source) = record.source() {
            let sources = self.sources.entry(message.at).or_default();
            match sources.get_mut(&source.instance) {
                Some(last) => *last = source.sequence,
                None => drop(sources.insert(source.instance.clone(), source.sequence)),
            }
        }
    }

    fn pass(&mut self, message: Incoming<'_>, held: &mut Held) {
        let from = held.next;
        held.next = message.offset.next();
        let moved = self.moves.entry(message.at).or_insert(Move {
            epoch: held.epoch,
            from,
            next: held.next,
            bad_run: 0,
        });
        moved.next = held.next;
        moved.bad_run = held.bad_run;
    }
}
