//! A letter's message as it is to be sent again: mended by a command or a file, under a source of its own, and fit to be kept.

use std::io::Write as _;
use std::process::{Command, Stdio};

use schemas::{EventId, Timestamp};

use super::Letter;
use super::json::Mended;
use super::resource::with_source;
use crate::judge::{REDRIVEN, Rules, Verdict};

/// How letters are mended.
#[derive(Debug)]
pub(super) enum Mend {
    Not,
    /// A shell command: the message in, the mended one out.
    By(String),
    With(Mended),
}

/// A message that will be kept.
#[derive(Debug)]
pub(super) struct Fit {
    pub value: Vec<u8>,
    pub event_id: EventId,
    pub at: Timestamp,
}

/// The source under which a letter is sent again: the same each time, and never that of another letter, not even when Kafka
/// was set up anew and its offsets begin again.
pub(super) fn instance(letter: &Letter) -> String {
    let refused = letter.refused.map_or(0, Timestamp::unix_micros);
    format!("{REDRIVEN}{}-{}-{refused}", letter.id.partition.0, letter.id.offset)
}

impl Mend {
    /// The message as it is to be sent, or why it can't be.
    pub(super) fn message(&self, letter: &Letter, rules: &Rules) -> Result<Fit, String> {
        let value = letter.value.as_deref();
        let mended = match self {
            Self::Not => value.ok_or("it has no value")?.to_vec(),
            Self::By(command) => {
                let value = value.ok_or("it has no value")?;
                edited(value, command).map_err(|error| format!("--edit: {error}"))?
            }
            Self::With(mended) => mended.get(letter.id).ok_or("is not in the file")?.to_vec(),
        };
        let value = with_source(mended.trim_ascii(), &instance(letter)).map_err(|error| error.to_string())?;
        let topic = letter.origin.at.topic;
        let (event_id, at) = match rules.judge(topic, Some(&value), None) {
            Verdict::Keep { record, .. } => (record.event_id(), record.timestamp()),
            Verdict::Refuse(reason) => return Err(reason.to_string()),
            Verdict::Repetition | Verdict::Suspect(_) | Verdict::NotRead(..) => {
                return Err("its sequence is taken".to_owned());
            }
        };
        Ok(Fit { value, event_id, at })
    }
}

fn edited(value: &[u8], command: &str) -> std::io::Result<Vec<u8>> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child
        .stdin
        .take()
        .ok_or_else(|| std::io::Error::other("no standard input"))?;
    let value = value.to_vec();
    // In a thread, so that neither side waits for the other with a full pipe.
    let writing = std::thread::spawn(move || input.write_all(&value));
    let output = child.wait_with_output()?;
    // A command that doesn't read its input closes it early; its answer is what counts.
    drop(writing.join());
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(std::io::Error::other(output.status.to_string()))
    }
}
