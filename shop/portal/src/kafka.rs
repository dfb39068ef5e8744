//! How the portal reaches Kafka: it asks and reads, joins no group and commits nothing.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::metadata::{Metadata, MetadataPartition};
use rdkafka::{Message as _, Offset, TopicPartitionList};
use schemas::Topic;

/// The group that readers need a name for, though they never join it.
const OWN_GROUP: &str = "de-shop-portal";
/// How long one question may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// How long a reader waits for the next message before it looks at its time.
const STEP: Duration = Duration::from_millis(100);

pub(crate) type Client = BaseConsumer<Quiet>;

/// Where Kafka is.
#[derive(Debug, Clone)]
pub(crate) struct Kafka {
    pub(crate) config: ClientConfig,
}

impl Kafka {
    /// A client that asks for the offsets of this group, and does not join it.
    pub(crate) fn asker(&self, group: &str) -> KafkaResult<Client> {
        let mut config = self.config.clone();
        config.set("group.id", group).set("enable.auto.commit", "false");
        config.create_with_context(Quiet)
    }

    /// A client that reads what is there already: what it asks for needs no waiting.
    pub(crate) fn reader(&self) -> KafkaResult<Client> {
        self.reads("5")
    }

    /// A client that waits for what comes.
    pub(crate) fn follower(&self) -> KafkaResult<Client> {
        self.reads("200")
    }

    fn reads(&self, wait_millis: &str) -> KafkaResult<Client> {
        let mut config = self.config.clone();
        config
            .set("group.id", OWN_GROUP)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            // What retention has taken meanwhile is left out.
            .set("auto.offset.reset", "earliest")
            .set("fetch.wait.max.ms", wait_millis)
            // A search is to be over soon: few large answers, and no pause when enough of them wait.
            .set("fetch.queue.backoff.ms", "5")
            .set("fetch.message.max.bytes", "4194304")
            .set("fetch.max.bytes", "16777216")
            .set("queued.max.messages.kbytes", "16384");
        config.create_with_context(Quiet)
    }
}

/// Messages `from..until` of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub partition: i32,
    pub from: i64,
    pub until: i64,
}

impl Range {
    pub(crate) fn len(self) -> u64 {
        (self.until - self.from).max(0).cast_unsigned()
    }
}

/// The first offset of this partition, and the one after its last.
pub(crate) fn edges(client: &Client, topic: Topic, partition: i32) -> KafkaResult<Range> {
    let (from, until) = client.fetch_watermarks(topic.name(), partition, PATIENCE)?;
    Ok(Range { partition, from, until })
}

/// The whole of this topic; none when there is no such topic.
pub(crate) fn whole(client: &Client, topic: Topic) -> KafkaResult<Vec<Range>> {
    let metadata = client.fetch_metadata(Some(topic.name()), PATIENCE)?;
    in_metadata(client, &metadata, topic)
}

/// The whole of each of the shop's topics that there are, with one question for all.
pub(crate) fn everything(client: &Client) -> KafkaResult<Vec<(Topic, Vec<Range>)>> {
    let metadata = client.fetch_metadata(None, PATIENCE)?;
    let all = Topic::ALL.into_iter();
    all.map(|topic| Ok((topic, in_metadata(client, &metadata, topic)?)))
        .collect()
}

fn in_metadata(client: &Client, metadata: &Metadata, topic: Topic) -> KafkaResult<Vec<Range>> {
    let found = metadata.topics().iter().find(|found| found.name() == topic.name());
    let partitions = found.map(|found| found.partitions().iter().map(MetadataPartition::id));
    let partitions = partitions.into_iter().flatten();
    partitions.map(|partition| edges(client, topic, partition)).collect()
}

/// Reads these ranges of one topic, each in order, until all are read, `each` breaks, or the deadline has come.
///
/// Says for each range which offset comes next. Fails when Kafka can't be reached.
pub(crate) fn read(
    client: &Client,
    topic: Topic,
    ranges: &[Range],
    deadline: Instant,
    mut each: impl FnMut(&BorrowedMessage<'_>) -> ControlFlow<()>,
) -> KafkaResult<Vec<Range>> {
    let mut left: Vec<Range> = ranges.to_vec();
    let mut list = TopicPartitionList::new();
    for range in ranges.iter().filter(|range| range.len() > 0) {
        list.add_partition_offset(topic.name(), range.partition, Offset::Offset(range.from))?;
    }
    client.assign(&list)?;
    while left.iter().any(|range| range.len() > 0) && Instant::now() < deadline {
        let message = match client.poll(STEP) {
            Some(Ok(message)) => message,
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                finish(&mut left, partition);
                continue;
            }
            Some(Err(error)) if is_away(&error) => {
                client.unassign()?;
                return Err(error);
            }
            // What else goes wrong is tried again by the client.
            Some(Err(_)) | None => continue,
        };
        if message.topic() != topic.name() {
            continue;
        }
        let Some(range) = left.iter_mut().find(|range| range.partition == message.partition()) else {
            continue;
        };
        if range.len() == 0 {
            continue;
        }
        let wanted = message.offset() < range.until;
        range.from = (message.offset() + 1).min(range.until);
        if range.len() == 0 {
            pause(client, topic, range.partition)?;
        }
        if wanted && each(&message).is_break() {
            break;
        }
    }
    client.unassign()?;
    Ok(left)
}

/// The end of the partition came before the end of the range: what lay between is gone.
fn finish(left: &mut [Range], partition: i32) {
    for range in left.iter_mut().filter(|range| range.partition == partition) {
        range.from = range.until;
    }
}

fn pause(client: &Client, topic: Topic, partition: i32) -> KafkaResult<()> {
    let mut list = TopicPartitionList::new();
    list.add_partition(topic.name(), partition);
    client.pause(&list)
}

pub(crate) fn is_away(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    matches!(
        code,
        Some(RDKafkaErrorCode::AllBrokersDown | RDKafkaErrorCode::BrokerTransportFailure)
    )
}

/// Kafka's troubles are told by the relay; the portal's pages say since when they know nothing new.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(?level, facility, message, "librdkafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "librdkafka reports an error");
    }
}

impl ConsumerContext for Quiet {}
