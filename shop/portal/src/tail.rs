//! What comes in, as it comes: one consumer for all who watch, and none when nobody does.
//!
//! Bounds: a viewer who is slower than the topics loses messages and is told how many ([`Seen::Missed`]); at most [`MOST_VIEWERS`] watch;
//! of a value the first [`MOST_BYTES`] wait for the viewers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt, stream};
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};
use schemas::{Clock, Timestamp, Topic};
use tokio::sync::{Notify, broadcast, watch};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_util::sync::CancellationToken;

use crate::kafka::{Client, Kafka, edges, is_away};
use crate::message::Message;

/// So many may watch at the same time.
pub const MOST_VIEWERS: usize = 200;
/// How far a viewer may lag behind.
const BUFFERED: usize = 2048;
/// The shop's own messages are smaller.
const MOST_BYTES: usize = 64 * 1024;
/// How long the consumer goes on when nobody watches any more.
const LINGER: Duration = Duration::from_secs(10);
/// How often new topics and partitions are looked for.
const AGAIN: Duration = Duration::from_secs(15);
const STEP: Duration = Duration::from_millis(50);
/// How long to wait before Kafka is asked again.
const AFTER_TROUBLE: Duration = Duration::from_secs(2);

/// What a viewer is told.
#[derive(Debug, Clone)]
pub enum Seen {
    /// The consumer listens from here on; or, since when it can't.
    State(Listening),
    Message(Arc<Message>),
    /// The viewer was too slow for so many messages.
    Missed(u64),
}

/// What the shared consumer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listening {
    No,
    Yes,
    AwaySince(Timestamp),
}

/// The shared consumer.
#[derive(Debug)]
pub(crate) struct Tail {
    kafka: Kafka,
    clock: Clock,
    sender: broadcast::Sender<Arc<Message>>,
    state: watch::Sender<Listening>,
    viewers: AtomicUsize,
    came: Notify,
    stop: Mutex<Option<CancellationToken>>,
}

/// Somebody who watches; dropped when they leave.
struct Viewer(Arc<Tail>);

impl Drop for Viewer {
    fn drop(&mut self) {
        self.0.viewers.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Tail {
    pub(crate) fn new(kafka: Kafka, clock: Clock) -> Self {
        Self {
            kafka,
            clock,
            sender: broadcast::channel(BUFFERED).0,
            state: watch::channel(Listening::No).0,
            viewers: AtomicUsize::new(0),
            came: Notify::new(),
            stop: Mutex::default(),
        }
    }

    /// What happens from now on, until the shop stops; none when too many watch already.
    pub(crate) fn watch(self: &Arc<Self>) -> Option<impl Stream<Item = Seen> + Send + use<>> {
        let counted = self
            .viewers
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |viewers| {
                (viewers < MOST_VIEWERS).then_some(viewers + 1)
            });
        counted.ok()?;
        let viewer = Viewer(Arc::clone(self));
        let messages = BroadcastStream::new(self.sender.subscribe()).map(|received| match received {
            Ok(message) => Seen::Message(message),
            Err(BroadcastStreamRecvError::Lagged(missed)) => Seen::Missed(missed),
        });
        let states = stream::unfold((self.state.subscribe(), true), async |(mut state, is_first)| {
            if !is_first {
                state.changed().await.ok()?;
            }
            let now = *state.borrow_and_update();
            Some((Seen::State(now), (state, false)))
        });
        self.came.notify_one();
        let stop = self
            .stop
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .unwrap_or_default();
        let both = stream::select(messages, Box::pin(states));
        let watched = both.map(move |seen| {
            let _watching = &viewer;
            seen
        });
        Some(watched.take_until(stop.cancelled_owned()))
    }

    /// Reads while somebody watches, until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop.clone());
        while !stop.is_cancelled() {
            if self.viewers.load(Ordering::SeqCst) == 0 {
                self.state.send_replace(Listening::No);
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = self.came.notified() => {}
                }
            }
            let (tail, until) = (Arc::clone(&self), stop.clone());
            match tokio::task::spawn_blocking(move || tail.listen(&until)).await {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => tracing::debug!(%error, "The portal's tail has lost Kafka"),
                Err(error) => {
                    tracing::error!(%error, "The portal's tail has broken, which is a mistake in the program");
                }
            }
            let since = match *self.state.borrow() {
                Listening::AwaySince(since) => since,
                Listening::No | Listening::Yes => self.clock.now(),
            };
            self.state.send_replace(Listening::AwaySince(since));
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(AFTER_TROUBLE) => {}
            }
        }
    }

    /// Hands on every message until nobody has watched for a while.
    fn listen(&self, stop: &CancellationToken) -> KafkaResult<()> {
        let client = self.kafka.follower()?;
        let mut next = TopicPartitionList::new();
        add_new(&client, &mut next, true)?;
        client.assign(&next)?;
        self.state.send_replace(Listening::Yes);
        let (mut looked, mut watched) = (Instant::now(), Instant::now());
        while !stop.is_cancelled() {
            if self.viewers.load(Ordering::SeqCst) > 0 {
                watched = Instant::now();
            } else if watched.elapsed() > LINGER {
                return Ok(());
            }
            if looked.elapsed() > AGAIN {
                looked = Instant::now();
                let mut assigned = client.position()?;
                if add_new(&client, &mut assigned, false)? {
                    client.assign(&assigned)?;
                }
            }
            match client.poll(STEP) {
                Some(Ok(read)) => {
                    if let Some(mut message) = Message::of(&read) {
                        message.cut(MOST_BYTES);
                        // Nobody who listens is no trouble.
                        let _ = self.sender.send(Arc::new(message));
                    }
                }
                Some(Err(error)) if is_away(&error) => return Err(error),
                Some(Err(_)) | None => {}
            }
        }
        Ok(())
    }
}

/// Adds the partitions that are not on the list: from their end at first, from their beginning when they came to be meanwhile.
fn add_new(client: &Client, list: &mut TopicPartitionList, at_end: bool) -> KafkaResult<bool> {
    let metadata = client.fetch_metadata(None, crate::kafka::PATIENCE)?;
    let mut added = false;
    for found in metadata.topics() {
        let Some(topic) = Topic::from_name(found.name()) else {
            continue;
        };
        for partition in found.partitions() {
            if list.find_partition(topic.name(), partition.id()).is_some() {
                continue;
            }
            let range = edges(client, topic, partition.id())?;
            let from = if at_end { range.until } else { range.from };
            list.add_partition_offset(topic.name(), partition.id(), Offset::Offset(from))?;
            added = true;
        }
    }
    Ok(added)
}
