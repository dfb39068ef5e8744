//! Reads the dead-letter topic: all of it, or its tail after a crash.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Message as _, OwnedMessage};
use schemas::Topic;

use super::letter::Sought;
use super::producer::letter_box;
use super::{Letter, LetterId, Resolution};
use crate::books::Position;
use crate::kafka::{ANSWER_WITHIN, Kafka, Quiet};
use crate::{Offset, SinkError, TopicPartition};

/// How long the next letter may take.
const NEXT_WITHIN: Duration = Duration::from_secs(10);

/// How long to wait for what a dead sink had sent.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// A message of the dead-letter topic.
#[derive(Debug)]
pub(super) enum Entry {
    Letter(Letter),
    Resolution(LetterId, Resolution),
}

/// Shows every entry to `visit`, partition by partition, from the oldest that Kafka still has to the end as it is now, until
/// `visit` answers that it has seen enough (false). Blocking.
pub(super) fn read_all(kafka: &Kafka, mut visit: impl FnMut(Entry) -> bool) -> Result<(), SinkError> {
    let consumer: BaseConsumer<Quiet> = kafka.reader_config().create_with_context(Quiet)?;
    for partition in 0..partition_count(&consumer)? {
        if !read(&consumer, partition, Offset(0), &mut visit)? {
            break;
        }
    }
    Ok(())
}

/// The message that was too large for a letter; none when its topic no longer has it. Blocking.
pub(super) fn original_of(kafka: &Kafka, letter: &Sought) -> Result<Option<OwnedMessage>, SinkError> {
    let Sought { origin, timestamp } = *letter;
    let consumer: BaseConsumer<Quiet> = kafka.reader_config().create_with_context(Quiet)?;
    let (topic, partition) = (origin.at.topic.name(), origin.at.partition.0);
    let (low, end) = extent(&consumer, topic, partition)?;
    if !(low..end).contains(&origin.offset.0) {
        return Ok(None);
    }
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, partition, rdkafka::Offset::Offset(origin.offset.0))?;
    consumer.assign(&assignment)?;
    loop {
        match consumer.poll(NEXT_WITHIN) {
            Some(Ok(message)) if message.offset() == origin.offset.0 => {
                // The topic may have been made again since: then another message stands there.
                let is_it = timestamp.is_none() || timestamp == message.timestamp().to_millis();
                return Ok(is_it.then(|| message.detach()));
            }
            Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => return Ok(None),
            Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::BrokerTransportFailure))) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut).into()),
        }
    }
}

/// The offsets at and after each position whose letters were delivered, though the position didn't move over them. Blocking.
///
/// What a sink sent before it died may still be on its way to a busy Kafka: the end has been reached when nothing more of it came for
/// [`SETTLED_AFTER`]. Nothing proves that: what comes later still makes a second letter with the same coordinates.
pub(crate) fn delivered(
    kafka: &Kafka,
    positions: &[Position],
) -> Result<HashMap<TopicPartition, BTreeSet<Offset>>, SinkError> {
    let mut found = HashMap::<_, BTreeSet<Offset>>::new();
    let unsure: Vec<_> = positions
        .iter()
        .filter_map(|position| Some((position, position.dead_letters_from?)))
        .collect();
    if unsure.is_empty() {
        return Ok(found);
    }
    let consumer: BaseConsumer<Quiet> = kafka.reader_config().create_with_context(Quiet)?;
    let count = partition_count(&consumer)?;
    for look in 1.. {
        let mut is_quiet = true;
        for (position, from) in &unsure {
            read(&consumer, letter_box(position.at, count), *from, &mut |entry| {
                if let Entry::Letter(letter) = entry
                    && letter.origin.at == position.at
                    && letter.origin.offset >= position.next
                    && found.entry(position.at).or_default().insert(letter.origin.offset)
                {
                    is_quiet = false;
                }
                true
            })?;
        }
        // The first look is never the last.
        if look > 1 && is_quiet {
            break;
        }
        std::thread::sleep(SETTLED_AFTER);
    }
    Ok(found)
}

/// Answers whether `visit` wants more.
fn read(
    consumer: &BaseConsumer<Quiet>,
    partition: i32,
    from: Offset,
    visit: &mut impl FnMut(Entry) -> bool,
) -> Result<bool, SinkError> {
    let topic = Topic::DeadLetter.name();
    let (low, end) = extent(consumer, topic, partition)?;
    let mut next = from.0.max(low);
    if next >= end {
        return Ok(true);
    }
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, partition, rdkafka::Offset::Offset(next))?;
    consumer.assign(&assignment)?;
    while next < end {
        match consumer.poll(NEXT_WITHIN) {
            Some(Ok(message)) => {
                next = message.offset() + 1;
                if let Some(entry) = entry(&message.detach()) {
                    if !visit(entry) {
                        return Ok(false);
                    }
                } else {
                    tracing::warn!(partition, offset = message.offset(), "no letter: it has no coordinates");
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) => break,
            Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::BrokerTransportFailure))) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut).into()),
        }
    }
    consumer.unassign()?;
    Ok(true)
}

/// Where the partition begins and ends. A topic that was just created has no leader for a moment.
fn extent(consumer: &BaseConsumer<Quiet>, topic: &str, partition: i32) -> Result<(i64, i64), SinkError> {
    let since = Instant::now();
    loop {
        match consumer.fetch_watermarks(topic, partition, ANSWER_WITHIN) {
            Err(KafkaError::MetadataFetch(
                RDKafkaErrorCode::NotLeaderForPartition | RDKafkaErrorCode::LeaderNotAvailable,
            )) if since.elapsed() < ANSWER_WITHIN => std::thread::sleep(Duration::from_millis(100)),
            answer => return Ok(answer?),
        }
    }
}

fn entry(message: &OwnedMessage) -> Option<Entry> {
    // Only a letter has coordinates, whatever else the refused message has in its headers.
    Letter::read(message)
        .map(Entry::Letter)
        .or_else(|| Resolution::read(message).map(|(id, resolution)| Entry::Resolution(id, resolution)))
}

fn partition_count(consumer: &BaseConsumer<Quiet>) -> Result<i32, SinkError> {
    let metadata = consumer.fetch_metadata(Some(Topic::DeadLetter.name()), ANSWER_WITHIN)?;
    let count = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}
