//! A search through everything the topics still have, which says what it has searched.
//!
//! Promises: it reads every message from each partition's first offset to the one that was its end when the search began; what it did
//! not come to is named. The same question over the same offsets has the same answer.
//! Batches in which nothing can be found are passed over unread (`quick.rs`).
//! Bounds: two readers, [`LONGEST`] of time, [`SHOWN`] messages kept; a download keeps none.

mod bytes;
mod quick;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use memchr::memmem;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{Message as _, Offset, TopicPartitionList};
use schemas::Topic;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::{SendTimeoutError, TrySendError};

use crate::filter::Filter;
use crate::kafka::{Client, Kafka, PATIENCE, Range, everything, read, whole};
use crate::message::{Message, Place};

/// How long one search may take.
pub const LONGEST: Duration = Duration::from_secs(20);
/// The newest messages that are shown.
pub const SHOWN: usize = 20;
/// So many partitions are read at the same time.
const READERS: usize = 2;

/// Between which times, in milliseconds since 1970; both may be searched.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub from: i64,
    pub until: i64,
}

impl Window {
    /// The first moment after it.
    fn end(self) -> i64 {
        self.until.saturating_add(1)
    }
}

/// What was searched of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    pub topic: Topic,
    pub partition: i32,
    pub from: i64,
    /// Where the search was to end, exclusively, and where it did.
    pub until: i64,
    pub reached: i64,
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Outcome {
    pub covered: Vec<Coverage>,
    pub found: u64,
    /// The newest of them, the newest first.
    pub messages: Vec<Arc<Message>>,
    pub took: Duration,
}

impl Outcome {
    /// Messages that were searched, of how many.
    #[must_use]
    pub fn searched(&self) -> (u64, u64) {
        let count = |end: fn(&Coverage) -> i64| {
            let parts = self
                .covered
                .iter()
                .map(|part| (end(part) - part.from).max(0).cast_unsigned());
            parts.sum()
        };
        (count(|part| part.reached), count(|part| part.until))
    }
}

/// By time, then by place.
type Newest = BTreeMap<(Option<i64>, Place), Arc<Message>>;

/// Searches; blocks meanwhile.
pub(crate) fn search(
    kafka: &Kafka,
    filter: &Filter,
    window: Option<Window>,
    longest: Duration,
) -> KafkaResult<Outcome> {
    let began = Instant::now();
    let deadline = began + longest;
    let client = kafka.reader()?;
    let jobs = jobs(&client, filter, window)?;
    let kept: Mutex<Newest> = Mutex::default();
    let found = Mutex::new(0_u64);
    let keep = |message: Message| {
        *found.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert((message.millis, message.place), Arc::new(message));
        if kept.len() > SHOWN {
            kept.pop_first();
        }
    };
    let left = Mutex::new(jobs);
    let covered: Mutex<Vec<Coverage>> = Mutex::default();
    let work = |client: &Client| -> KafkaResult<()> {
        loop {
            let next = left.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some((topic, range)) = next else { return Ok(()) };
            let done = scan(
                (kafka, client),
                filter,
                (topic, range),
                deadline,
                || true,
                |message| {
                    keep(message);
                    ControlFlow::Continue(())
                },
            )?;
            covered.lock().unwrap_or_else(PoisonError::into_inner).push(done);
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..READERS)
            .map(|_| scope.spawn(|| kafka.reader().and_then(|client| work(&client))))
            .collect();
        let own = work(&client);
        // A reader that has broken has not read everything.
        let joined = others
            .into_iter()
            .map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.chain([own]).collect::<KafkaResult<Vec<()>>>()
    })?;
    let mut covered = covered.into_inner().unwrap_or_else(PoisonError::into_inner);
    covered.sort_by_key(|part| (part.topic, part.partition));
    Ok(Outcome {
        covered,
        found: found.into_inner().unwrap_or_else(PoisonError::into_inner),
        messages: kept
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .into_values()
            .rev()
            .collect(),
        took: began.elapsed(),
    })
}

/// What a line of a download holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// The whole message: place, time, key, headers, value.
    Messages,
    /// The value alone, as it stands in the daily file: what `de-shop replay` reads. Values that are no JSON object are left out.
    Values,
}

impl Lines {
    fn line(self, message: &Message) -> Option<String> {
        match self {
            Self::Messages => Some(message.json_line()),
            // One line is one message.
            Self::Values => message
                .json()
                .and_then(|_| std::str::from_utf8(&message.value).ok())
                .filter(|text| !text.contains('\n'))
                .map(str::to_owned),
        }
    }
}

/// How long a download may take, and how long it waits for a receiver that takes nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub longest: Duration,
    pub stalled: Duration,
}

impl Patience {
    pub(crate) const DOWNLOAD: Self = Self {
        longest: Duration::from_hours(1),
        stalled: Duration::from_secs(30),
    };
}

/// Why a download is not whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("Kafka does not answer")]
    Kafka(#[from] KafkaError),
    #[error("the time was up at offset {} of {}", .0.reached, .0.until)]
    TimeUp(Coverage),
    #[error("nothing was taken for {} s", .0.as_secs_f32())]
    Stalled(Duration),
}

/// Sends every message that is found as a line, by topic, partition and offset, until the receiver is gone; blocks meanwhile.
pub(crate) fn lines(
    kafka: &Kafka,
    filter: &Filter,
    lines: Lines,
    (sender, runtime): (&Sender<String>, &Handle),
    patience: Patience,
) -> Result<(), Broken> {
    let deadline = Instant::now() + patience.longest;
    let client = kafka.reader()?;
    let mut jobs = jobs(&client, filter, None)?;
    jobs.sort_by_key(|(topic, range)| (*topic, range.partition));
    for job in jobs {
        let mut is_stalled = false;
        let is_wanted = || !sender.is_closed();
        let done = scan((kafka, &client), filter, job, deadline, is_wanted, |message| {
            let Some(line) = lines.line(&message) else {
                return ControlFlow::Continue(());
            };
            match sender.try_send(line + "\n") {
                Ok(()) => ControlFlow::Continue(()),
                Err(TrySendError::Closed(_)) => ControlFlow::Break(()),
                Err(TrySendError::Full(line)) => match runtime.block_on(sender.send_timeout(line, patience.stalled)) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(SendTimeoutError::Closed(_)) => ControlFlow::Break(()),
                    Err(SendTimeoutError::Timeout(_)) => {
                        is_stalled = true;
                        ControlFlow::Break(())
                    }
                },
            }
        })?;
        if sender.is_closed() {
            return Ok(());
        }
        if is_stalled {
            return Err(Broken::Stalled(patience.stalled));
        }
        if done.reached < done.until {
            return Err(Broken::TimeUp(done));
        }
    }
    Ok(())
}

fn jobs(client: &Client, filter: &Filter, window: Option<Window>) -> KafkaResult<Vec<(Topic, Range)>> {
    let searched = match filter.topic {
        Some(topic) => vec![(topic, whole(client, topic)?)],
        None => everything(client)?,
    };
    let mut jobs = Vec::new();
    for (topic, mut ranges) in searched {
        if let Some(window) = window {
            narrow(client, topic, &mut ranges, window)?;
        }
        jobs.extend(ranges.into_iter().map(|range| (topic, range)));
    }
    // The longest first, so that no reader waits for the other's last one.
    jobs.sort_by_key(|(_, range)| range.len());
    Ok(jobs)
}

fn narrow(client: &Client, topic: Topic, ranges: &mut [Range], window: Window) -> KafkaResult<()> {
    let from = offsets_at(client, topic, ranges, window.from)?;
    let until = offsets_at(client, topic, ranges, window.end())?;
    for range in ranges {
        if let Some(offset) = until.get(&range.partition) {
            range.until = *offset;
        }
        range.from = from
            .get(&range.partition)
            .map_or(range.until, |offset| (*offset).min(range.until));
    }
    Ok(())
}

/// The first offset of each partition at this time or later; none where all messages are older.
pub(crate) fn offsets_at(
    client: &Client,
    topic: Topic,
    ranges: &[Range],
    millis: i64,
) -> KafkaResult<BTreeMap<i32, i64>> {
    let mut list = TopicPartitionList::new();
    for range in ranges {
        list.add_partition_offset(topic.name(), range.partition, Offset::Offset(millis.max(0)))?;
    }
    if ranges.is_empty() {
        return Ok(BTreeMap::new());
    }
    let answer = client.offsets_for_times(list, PATIENCE)?;
    let elements = answer.elements();
    let known = elements.iter().filter_map(|element| match element.offset() {
        Offset::Offset(offset) if offset >= 0 => Some((element.partition(), offset)),
        _ => None,
    });
    Ok(known.collect())
}

/// By whole batches as far as that goes, and then message by message.
fn scan(
    (kafka, client): (&Kafka, &Client),
    filter: &Filter,
    (topic, range): (Topic, Range),
    deadline: Instant,
    is_wanted: impl Fn() -> bool,
    mut hit: impl FnMut(Message) -> ControlFlow<()>,
) -> KafkaResult<Coverage> {
    let finder = filter.needle().map(memmem::Finder::new);
    let covered = |reached| Coverage {
        topic,
        partition: range.partition,
        from: range.from,
        until: range.until,
        reached,
    };
    let goes_on = || Instant::now() < deadline && is_wanted();
    let looked = quick::look(
        (kafka, client),
        (filter, finder.as_ref()),
        (topic, range),
        goes_on,
        &mut hit,
    );
    if looked.is_over {
        return Ok(covered(looked.next));
    }
    let rest = Range {
        from: looked.next,
        ..range
    };
    let left = read(client, topic, &[rest], deadline, |message| {
        if !is_wanted() {
            return ControlFlow::Break(());
        }
        let value = message.payload().unwrap_or_default();
        if !filter.may_match(finder.as_ref(), message.key(), value) {
            return ControlFlow::Continue(());
        }
        match Message::of(message).filter(|message| filter.matches(message)) {
            Some(message) => hit(message),
            None => ControlFlow::Continue(()),
        }
    })?;
    Ok(covered(left.first().map_or(range.until, |left| left.from)))
}

#[cfg(test)]
mod tests;
