//! A first look at the whole dead-letter topic: which letters there are, and what was decided about them.
//!
//! Memory: some 100 bytes a letter, however large the letters are.

use std::collections::{HashMap, HashSet};

use hosting::Progress;
use tokio::sync::mpsc;

use super::reader::{Entry, read_all};
use super::{CHUNK, Letter, LetterId, Resolution};
use crate::SinkError;
use crate::commit::blocking;
use crate::kafka::Kafka;

/// What is in the dead-letter topic.
#[derive(Debug, Default)]
pub(super) struct Survey {
    letters: HashSet<LetterId>,
    resolved: HashMap<LetterId, Resolution>,
}

impl Survey {
    /// Blocking.
    pub(super) fn of(kafka: &Kafka) -> Result<Self, SinkError> {
        let (mut survey, mut known) = (Self::default(), HashSet::new());
        read_all(kafka, |entry| {
            match entry {
                // After a crash a message may have two letters: the first one counts.
                Entry::Letter(letter) => {
                    if known.insert(letter.identity()) {
                        survey.letters.insert(letter.id);
                    }
                }
                Entry::Resolution(id, resolution) => {
                    survey.resolved.entry(id).or_insert(resolution);
                }
            }
            true
        })?;
        Ok(survey)
    }

    pub(super) fn has(&self, id: LetterId) -> bool {
        self.letters.contains(&id)
    }

    pub(super) fn resolution(&self, id: LetterId) -> Option<&Resolution> {
        self.resolved.get(&id)
    }

    /// Shows every letter once, in the order of partition and offset, until `visit` has seen enough. Blocking.
    pub(super) fn each_letter(&self, kafka: &Kafka, mut visit: impl FnMut(Letter) -> bool) -> Result<(), SinkError> {
        let mut progress = Progress::of("dead letters", Some(self.letters.len() as u64));
        read_all(kafka, |entry| match entry {
            // What came after the first look waits for the next command.
            Entry::Letter(letter) if self.has(letter.id) => {
                progress.step(1);
                visit(letter)
            }
            Entry::Letter(_) | Entry::Resolution(..) => true,
        })
    }
}

/// The next letters, [`CHUNK`] of them or what is left.
pub(super) async fn next_chunk(letters: &mut mpsc::Receiver<Letter>) -> Vec<Letter> {
    let mut chunk = Vec::new();
    while chunk.len() < CHUNK
        && let Some(letter) = letters.recv().await
    {
        chunk.push(letter);
    }
    chunk
}

/// Letters that are read while others are worked on, [`CHUNK`] at most.
pub(super) fn stream(
    kafka: Kafka,
    survey: std::sync::Arc<Survey>,
    wanted: impl Fn(&Letter) -> bool + Send + 'static,
) -> (mpsc::Receiver<Letter>, impl Future<Output = Result<(), SinkError>>) {
    let (sender, receiver) = mpsc::channel(CHUNK);
    let reading = tokio::spawn(blocking("reading dead letters", move || {
        survey.each_letter(&kafka, |letter| {
            // Who no longer listens has failed, and says so.
            !wanted(&letter) || sender.blocking_send(letter).is_ok()
        })
    }));
    let reading = async move {
        reading.await.map_err(|error| SinkError::Crashed {
            what: "reading dead letters",
            reason: error.to_string(),
        })?
    };
    (receiver, reading)
}
