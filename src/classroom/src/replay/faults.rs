//! The faults of real streams, made on purpose and from a seed, and a list of exactly what was done to which message.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::damage::{as_version_2, corrupted};
use super::fault::{Fault, share};
use super::message::Message;
use super::outage::{Delay, Outages};
use super::rewrite::Change;
use crate::simulate::random::{Purpose, Random};

/// Which faults, and how often. Shares are of all messages.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct Faults {
    /// Seed of the faults: the same seed makes the same ones.
    #[arg(long, default_value_t = 1)]
    pub fault_seed: u64,
    /// Messages that come a second time, the same byte by byte.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    pub repeat: f64,
    /// Messages that come late.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    pub late: f64,
    /// How late at most, in seconds of the stream's own time.
    #[arg(long, default_value_t = 600, value_name = "SECONDS")]
    pub late_by: u32,
    /// Messages that are overtaken by others.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    pub shuffle: f64,
    /// How far, in seconds of the stream's own time.
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    pub shuffle_by: u32,
    /// Messages that never come.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    pub drop: f64,
    /// Messages that are cut off or no JSON.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    pub corrupt: f64,
    /// Sessions whose clock is off: all their times are moved, by the same.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    pub skew: f64,
    /// How far at most, in seconds, to either side.
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    pub skew_by: u32,
    /// Messages of schema version 2, in which a price is an object of amount and currency.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    pub version_2: f64,
    #[command(flatten)]
    #[serde(flatten)]
    pub outages: Outages,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            fault_seed: 1,
            repeat: 0.0,
            late: 0.0,
            late_by: 600,
            shuffle: 0.0,
            shuffle_by: 5,
            drop: 0.0,
            corrupt: 0.0,
            skew: 0.0,
            skew_by: 300,
            version_2: 0.0,
            outages: Outages::default(),
        }
    }
}

/// A line of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The message's place in the source, from 1.
    pub message: u64,
    pub fault: Fault,
    /// Seconds of the stream's time by which it was held back.
    pub held_seconds: Option<i64>,
}

#[derive(Debug, PartialEq, Eq)]
struct Held {
    /// When it is let go (stream time), and its number: no two are equal.
    order: (i64, u64),
    message: Message,
}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

/// Takes messages and gives them out again with faults.
#[derive(Debug)]
pub struct Faulty {
    faults: Faults,
    held: BinaryHeap<Reverse<Held>>,
    ready: std::collections::VecDeque<Message>,
    /// The stream's first time, and the latest so far.
    begin: Option<i64>,
    clock: i64,
    taken: u64,
    given: u64,
    pub manifest: Vec<Done>,
}

impl Faulty {
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self {
            faults,
            held: BinaryHeap::new(),
            ready: std::collections::VecDeque::new(),
            begin: None,
            clock: i64::MIN,
            taken: 0,
            given: 0,
            manifest: Vec::new(),
        }
    }

    /// Takes the next message of the source; [`Self::give`] has what is due by then.
    pub fn take(&mut self, mut message: Message) {
        self.taken += 1;
        self.clock = self.clock.max(message.at);
        self.begin.get_or_insert(message.at);
        self.let_go(self.clock);
        let mut random = Random::new(self.faults.fault_seed, Purpose::Fault, self.taken);
        // Each fault draws its own number, whether it is wanted or not: changing one never moves the others.
        let [drop, corrupt, version_2, repeat, late, shuffle] = std::array::from_fn(|_| random.unit());
        if drop < self.faults.drop {
            return self.note(Fault::Dropped, None);
        }
        if let Some(micros) = self.skew_of(&message) {
            Change { micros, renew: None }.apply(&mut message.value);
            message.at = message.at.saturating_add(micros);
            message.record = None;
            self.note(Fault::Skewed, None);
        }
        if version_2 < self.faults.version_2 && as_version_2(&mut message.value) {
            message.record = None;
            self.note(Fault::Version2, None);
        }
        if corrupt < self.faults.corrupt {
            corrupted(&mut message.value, &mut random);
            message.record = None;
            self.note(Fault::Corrupted, None);
        }
        if repeat < self.faults.repeat {
            let by = some_time(60, &mut random);
            self.put(message.clone(), by, Some(Fault::Repeated));
        }
        let (by, fault) = if late < self.faults.late {
            (some_time(self.faults.late_by, &mut random), Some(Fault::Late))
        } else if shuffle < self.faults.shuffle {
            (some_time(self.faults.shuffle_by, &mut random), Some(Fault::Shuffled))
        } else {
            (0, None)
        };
        self.put(message, by, fault);
    }

    /// Lets it go after so many microseconds, or later where an outage holds it back.
    fn put(&mut self, message: Message, by: i64, fault: Option<Fault>) {
        let mut due = self.clock.saturating_add(by);
        if let Some(fault) = fault {
            self.note(fault, Some(by));
        }
        let begin = self.begin.unwrap_or(self.clock);
        let outages = &self.faults.outages;
        if let Some(Delay { until, fault }) = outages.delay(self.faults.fault_seed, begin, due, message.key.as_deref())
        {
            self.note(fault, Some(until.saturating_sub(due)));
            due = until;
        }
        if due <= self.clock {
            return self.ready.push_back(message);
        }
        self.given += 1;
        self.held.push(Reverse(Held {
            order: (due, self.given),
            message,
        }));
    }

    /// By how much the clock of the message's session is off, if it is.
    fn skew_of(&self, message: &Message) -> Option<i64> {
        let key = message.key.as_ref().filter(|_| self.faults.skew > 0.0)?;
        // A session's key decides, so that all its messages are moved alike.
        let number = key.iter().fold(0_u64, |number, byte| {
            number.wrapping_mul(0x0100_0000_01b3) ^ u64::from(*byte)
        });
        let mut random = Random::new(self.faults.fault_seed, Purpose::Skew, number);
        let most = i64::from(self.faults.skew_by) * 1_000_000;
        random.chance(self.faults.skew).then(|| random.between(-most, most))
    }

    /// The source has ended: everything is let go.
    pub fn end(&mut self) {
        self.let_go(i64::MAX);
    }

    pub fn give(&mut self) -> Option<Message> {
        self.ready.pop_front()
    }

    fn let_go(&mut self, clock: i64) {
        while self.held.peek().is_some_and(|Reverse(held)| held.order.0 <= clock) {
            if let Some(Reverse(held)) = self.held.pop() {
                self.ready.push_back(held.message);
            }
        }
    }

    /// `held` is in microseconds.
    fn note(&mut self, fault: Fault, held: Option<i64>) {
        self.manifest.push(Done {
            message: self.taken,
            fault,
            held_seconds: held.map(|micros| micros / 1_000_000),
        });
    }
}

/// Up to `most` seconds, in microseconds, and never nothing.
fn some_time(most: u32, random: &mut Random) -> i64 {
    random.between(1, i64::from(most.max(1)) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(count: i64) -> Vec<Message> {
        let message = |at| Message {
            at: at * 1_000_000,
            topic: None,
            key: None,
            value: format!("{{\"n\":{at},\"unit_price\":5,\"schema_version\":1}}").into_bytes(),
            source: None,
            record: None,
        };
        (0..count).map(message).collect()
    }

    fn through(faults: Faults, messages: Vec<Message>) -> (Vec<Message>, Vec<Done>) {
        let mut stream = Faulty::new(faults);
        let mut out = Vec::new();
        for message in messages {
            stream.take(message);
            out.extend(std::iter::from_fn(|| stream.give()));
        }
        stream.end();
        out.extend(std::iter::from_fn(|| stream.give()));
        (out, stream.manifest)
    }

    #[test]
    fn without_faults_everything_comes_as_it_was() {
        let (out, manifest) = through(Faults::default(), messages(100));
        assert_eq!((out, manifest), (messages(100), vec![]));
    }

    #[test]
    fn the_manifest_tells_exactly_what_was_done() {
        let faults = Faults {
            repeat: 0.1,
            drop: 0.1,
            ..Faults::default()
        };
        let (out, manifest) = through(faults, messages(1000));
        let count = |fault| manifest.iter().filter(|done| done.fault == fault).count();
        let (repeated, dropped) = (count(Fault::Repeated), count(Fault::Dropped));
        assert!(repeated > 50 && dropped > 50, "{repeated} {dropped}");
        assert_eq!(out.len(), 1000 + repeated - dropped);
        for done in manifest.iter().filter(|done| done.fault == Fault::Dropped) {
            let value = messages(1000)[usize::try_from(done.message - 1).unwrap()].value.clone();
            assert!(!out.iter().any(|message| message.value == value));
        }
    }

    #[test]
    fn a_late_message_comes_within_its_time_and_nothing_is_lost() {
        let faults = Faults {
            late: 0.2,
            late_by: 30,
            ..Faults::default()
        };
        let (mut out, manifest) = through(faults, messages(1000));
        assert!(manifest.len() > 100);
        let mut clock = 0;
        for message in &out {
            clock = clock.max(message.at);
            assert!(clock - message.at <= 31_000_000);
        }
        out.sort_by_key(|message| message.at);
        assert_eq!(out, messages(1000));
    }

    #[test]
    fn a_session_whose_clock_is_off_is_moved_as_a_whole() {
        let message = |session: &str, at| Message {
            at,
            topic: None,
            key: Some(session.as_bytes().to_vec()),
            value: Vec::new(),
            source: None,
            record: None,
        };
        let of = |session: &str| (0..5).map(|at| message(session, at)).collect::<Vec<_>>();
        let faults = Faults {
            skew: 0.5,
            ..Faults::default()
        };
        let moved = |session: &str| {
            let (out, _) = through(faults.clone(), of(session));
            let by: Vec<i64> = out.iter().zip(0..).map(|(message, at)| message.at - at).collect();
            assert!(by.iter().all(|one| *one == by[0]), "{by:?}");
            by[0]
        };
        let off = (0..100)
            .filter(|number| moved(&format!("session {number}")) != 0)
            .count();
        assert!((30..70).contains(&off), "{off}");
    }

    #[test]
    fn what_an_outage_holds_back_comes_all_at_once_and_the_manifest_says_so() {
        let faults = Faults {
            outages: Outages {
                burst: 0.3,
                ..Outages::default()
            },
            ..Faults::default()
        };
        let (mut out, manifest) = through(faults, messages(1200));
        let held: std::collections::BTreeSet<u64> = manifest.iter().map(|done| done.message).collect();
        assert!(
            manifest
                .iter()
                .all(|done| done.fault == Fault::Burst && done.held_seconds > Some(0))
        );
        assert!(
            held.len() > 120 && held.len() == manifest.len() && held.len().is_multiple_of(60),
            "{}",
            held.len()
        );
        // A message of a burst comes together with the first one of the next stretch, all others at their time.
        let mut clock = 0;
        for message in &out {
            let number = u64::try_from(message.at / 1_000_000).unwrap() + 1;
            clock = clock.max(message.at);
            assert!(held.contains(&number) || message.at == clock);
        }
        out.sort_by_key(|message| message.at);
        assert_eq!(out, messages(1200));
    }
}
