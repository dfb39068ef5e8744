//! A batch: messages, judged and sorted out into lines, rows, dead letters and the positions that they move.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Instant;

use schemas::{EventId, InstanceId, Record};

use crate::assignment::{Assignment, Held};
use crate::books::{Move, Sources};
use crate::dead_letter::DeadLetter;
use crate::files::DayFile;
use crate::judge::{Memory, Reason, Rules, Suspicion, Verdict};
use crate::marks::{self, Marks, NewMarks, Stretch};
use crate::table::{Products, Row, Rows};
use crate::trace::Trace;
use crate::{Offset, TopicPartition};

/// A message as Kafka hands it out; the bytes are borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub at: TopicPartition,
    pub offset: Offset,
    pub value: Option<&'a [u8]>,
    pub trace: Trace,
}

/// What became of a message.
#[derive(Debug)]
pub(crate) enum Added {
    Settled,
    /// It must become a dead letter: [`Batch::refuse`].
    Refused(Reason),
    /// It must become a dead letter if it is no repetition: [`Batch::suspect`].
    Suspect(Suspicion),
    /// Nothing was done: these marks are needed first.
    NotRead(InstanceId, Stretch),
}

/// What is a repetition, or else a dead letter.
#[derive(Debug)]
pub(crate) struct Suspect {
    pub suspicion: Suspicion,
    pub letter: DeadLetter,
    /// How long the run of bad messages was in front of it.
    pub bad_run: u64,
}

/// What is committed together.
#[derive(Debug)]
pub(crate) struct Batch {
    pub rules: Rules,
    pub started: Instant,
    pub lines: BTreeMap<DayFile, Vec<u8>>,
    pub rows: Rows,
    pub products: Products,
    pub dead_letters: Vec<DeadLetter>,
    /// To be looked into before the batch is committed.
    pub suspects: Vec<Suspect>,
    pub moves: BTreeMap<TopicPartition, Move>,
    pub sources: HashMap<TopicPartition, Sources>,
    pub marks: NewMarks,
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
            products: Products::default(),
            dead_letters: Vec::new(),
            suspects: Vec::new(),
            moves: BTreeMap::new(),
            sources: HashMap::new(),
            marks: NewMarks::new(),
            counts: Counts::default(),
        }
    }

    /// Sorts a message out; answers what is left to do about it.
    pub(crate) fn add(&mut self, message: Incoming<'_>, held: &mut Held, marks: &mut Marks) -> Added {
        let memory = Memory {
            seen: &held.seen,
            unmarked: &held.unmarked,
            marks,
        };
        let verdict = self.rules.judge(message.at.topic, message.value, Some(memory));
        let added = match verdict {
            Verdict::NotRead(instance, stretch) => return Added::NotRead(instance, stretch),
            Verdict::Keep { record, file } => {
                self.keep(message, &record, file);
                if let Some(source) = record.source() {
                    held.saw(source);
                    marks.keep(source, record.event_id());
                }
                held.end_bad_run(message.offset);
                Added::Settled
            }
            Verdict::Repetition => {
                self.counts.duplicates += 1;
                held.end_bad_run(message.offset);
                Added::Settled
            }
            // The run of bad messages neither grows nor ends until it is clear what this is.
            Verdict::Suspect(suspicion) => {
                self.counts.duplicates += 1;
                Added::Suspect(suspicion)
            }
            Verdict::Refuse(reason) => {
                held.bad_run += 1;
                Added::Refused(reason)
            }
        };
        self.counts.messages += 1;
        self.counts.bytes += message.value.map_or(0, <[u8]>::len);
        self.pass(message, held);
        added
    }

    /// The letter for a message that [`Self::add`] refused.
    pub(crate) fn refuse(&mut self, letter: DeadLetter) {
        self.dead_letters.push(letter);
    }

    /// The letter that a message becomes if it turns out to be no repetition.
    pub(crate) fn suspect(&mut self, suspicion: Suspicion, letter: DeadLetter, held: &Held) {
        self.suspects.push(Suspect {
            suspicion,
            letter,
            bad_run: held.bad_run,
        });
    }

    /// The suspects are looked into: those in `known` are repetitions, the others become dead letters.
    pub(crate) fn expose(&mut self, known: &HashSet<EventId>, assignment: &mut Assignment) {
        for suspect in std::mem::take(&mut self.suspects) {
            let at = suspect.letter.at;
            let Some(held) = assignment.get_mut(at) else { continue };
            if known.contains(&suspect.suspicion.event_id) {
                held.no_bad_run_before(suspect.letter.offset, suspect.bad_run);
            } else {
                self.counts.duplicates -= 1;
                held.lengthen_bad_run(suspect.letter.offset);
                if !held.already_dead.contains(&suspect.letter.offset) {
                    self.dead_letters.push(suspect.letter);
                }
            }
            if let Some(moved) = self.moves.get_mut(&at) {
                moved.bad_run = held.bad_run;
            }
        }
    }

    fn keep(&mut self, message: Incoming<'_>, record: &Record<'_>, file: Option<DayFile>) {
        if let Some(file) = file {
            let lines = self.lines.entry(file).or_default();
            lines.extend_from_slice(message.value.unwrap_or_default());
            lines.push(b'\n');
            self.counts.lines += 1;
        }
        match record {
            Record::Activity(activity) => self.rows.push(&Row {
                activity,
                at: message.at,
                offset: message.offset,
            }),
            Record::Product(entry) => self.products.push(&entry.details),
            Record::App(_) => {}
        }
        if let Some(source) = record.source() {
            marks::note(&mut self.marks, source, record.event_id());
            let sources = self.sources.entry(message.at).or_default();
            match sources.get_mut(&source.instance) {
                Some(last) => *last = source.sequence.max(*last),
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
            has_letters_ahead: false,
            trace: message.trace,
        });
        moved.next = held.next;
        moved.trace = message.trace;
        moved.bad_run = held.bad_run;
        moved.has_letters_ahead = held.already_dead.last().is_some_and(|last| *last >= held.next);
    }
}
