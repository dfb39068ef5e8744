//! Topics on a Kafka: assigned partition by partition, up to where each ends now.

use std::time::{Duration, Instant};
use std::{iter, thread};

use hosting::Progress;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use schemas::{Header, Topic};
use sink::settings::KafkaOption;

use super::super::calendar::Calendar;
use super::super::error::AuditError;
use super::super::hands::in_order;
use super::super::sheet::Sheet;
use super::{LetterOf, Partition, Place, Reading, SEQUENCE_REUSED, Settled};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const NEXT_WITHIN: Duration = Duration::from_secs(30);
/// A message that was sent before one that is there arrives within this time, unless its broker is away.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

const PACKET_BYTES: usize = 512 * 1024;

/// Where Kafka is, and how to talk to it.
#[derive(Debug, Clone)]
pub(in super::super) struct Server {
    pub(in super::super) address: String,
    pub(in super::super) options: Vec<KafkaOption>,
}

/// A stretch of a partition that is to be read.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    partition: Partition,
    low: i64,
    from: i64,
    end: i64,
}

/// Enters every message that is there. Blocking.
pub(in super::super) fn read(server: &Server, reading: &mut Reading<'_>) -> Result<(), AuditError> {
    let tail = Tail {
        server,
        consumer: server.consumer()?,
    };
    let began = Instant::now();
    let partitions = tail.partitions()?;
    for stretch in &partitions {
        reading.ends_at(stretch.partition, stretch.end);
    }
    let (letters, messages): (Vec<_>, Vec<_>) = partitions
        .into_iter()
        .partition(|stretch| stretch.partition.topic == Topic::DeadLetter);
    tail.read_letters(&letters, reading)?;
    tail.read_stretches(&messages, reading, Settled::Yes)?;
    if !reading.has_cursors() {
        thread::sleep(ON_ITS_WAY.saturating_sub(began.elapsed()));
        let mut rest = Vec::with_capacity(messages.len());
        for read in messages {
            let (_, end) = tail.watermarks(read.partition)?;
            rest.push(Stretch {
                from: read.end,
                end,
                ..read
            });
        }
        tail.read_stretches(&rest, reading, Settled::No)?;
    }
    Ok(())
}

struct Tail<'a> {
    server: &'a Server,
    consumer: BaseConsumer,
}

impl Server {
    fn consumer(&self) -> Result<BaseConsumer, AuditError> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.address)
            // librdkafka wants a name before it assigns; nothing joins the group or commits to it.
            .set("group.id", "de-shop-audit")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("allow.auto.create.topics", "false")
            .set("queued.max.messages.kbytes", "32768")
            // A fetch that waits at the end of one partition holds up the first of the next.
            .set("fetch.wait.max.ms", "10")
            // A queue that was full is looked at again after this time; a second, by default, in which it runs dry.
            .set("fetch.queue.backoff.ms", "5")
            .set("fetch.message.max.bytes", "4194304");
        for option in &self.options {
            config.set(&option.key, &option.value);
        }
        config.create().map_err(self.failed())
    }

    fn failed(&self) -> impl FnOnce(KafkaError) -> AuditError {
        let address = self.address.clone();
        move |source| AuditError::Kafka { address, source }
    }
}

impl Tail<'_> {
    /// The partitions of the shop's topics, from their first to their last message.
    fn partitions(&self) -> Result<Vec<Stretch>, AuditError> {
        let metadata = self
            .consumer
            .fetch_metadata(None, ANSWER_WITHIN)
            .map_err(self.server.failed())?;
        let mut found = Vec::new();
        for topic in metadata.topics() {
            let Some(known) = Topic::from_name(topic.name()) else {
                continue;
            };
            for partition in topic.partitions() {
                let partition = Partition {
                    topic: known,
                    number: partition.id(),
                };
                let (low, end) = self.watermarks(partition)?;
                found.push(Stretch {
                    partition,
                    low,
                    from: low,
                    end,
                });
            }
        }
        Ok(found)
    }

    fn watermarks(&self, partition: Partition) -> Result<(i64, i64), AuditError> {
        self.consumer
            .fetch_watermarks(partition.topic.name(), partition.number, ANSWER_WITHIN)
            .map_err(self.server.failed())
    }

    fn read_letters(&self, stretches: &[Stretch], reading: &mut Reading<'_>) -> Result<(), AuditError> {
        let mut progress = progress(stretches);
        for stretch in stretches {
            let mut messages = Messages::of(self, stretch)?;
            while let Some(message) = messages.next_message()? {
                progress.step(1);
                reading.dead_letter(message.payload().unwrap_or_default(), letter_of(&message));
            }
        }
        Ok(())
    }

    fn read_stretches(
        &self,
        stretches: &[Stretch],
        reading: &mut Reading<'_>,
        settled: Settled,
    ) -> Result<(), AuditError> {
        let (calendar, compares_bytes) = (reading.calendar(), reading.compares_bytes());
        let mut progress = progress(stretches);
        for stretch in stretches {
            // A partition without messages still says what retention has removed.
            reading.enter_partition(stretch.partition, stretch.low);
            let mut messages = Messages::of(self, stretch)?;
            let packets = iter::from_fn(|| messages.next_packet().transpose()).map(|packet| {
                let packet = packet?;
                progress.step(packet.ends.len() as u64);
                Ok(packet)
            });
            let read = |packet: Packet| {
                let mut sheet = Sheet::new(compares_bytes);
                packet.note_in(&mut sheet, stretch.partition, calendar);
                Ok(sheet)
            };
            in_order("the topics", packets, read, |sheet| reading.messages(&sheet, settled))?;
        }
        Ok(())
    }
}

fn progress(stretches: &[Stretch]) -> Progress {
    let lengths = stretches
        .iter()
        .map(|stretch| (stretch.end - stretch.from).max(0).unsigned_abs());
    Progress::of("topics", Some(lengths.sum()))
}

/// The messages of a stretch, as they arrive.
struct Messages<'a> {
    tail: &'a Tail<'a>,
    stretch: Stretch,
    next: i64,
}

/// Values of messages that follow each other.
#[derive(Default)]
struct Packet {
    bytes: Vec<u8>,
    /// The offset of each message, and where its value ends.
    ends: Vec<(i64, usize)>,
}

impl<'a> Messages<'a> {
    fn of(tail: &'a Tail<'a>, stretch: &Stretch) -> Result<Self, AuditError> {
        if stretch.from < stretch.end {
            let Partition { topic, number } = stretch.partition;
            let mut assignment = TopicPartitionList::new();
            assignment
                .add_partition_offset(topic.name(), number, Offset::Offset(stretch.from))
                .and_then(|()| tail.consumer.assign(&assignment))
                .map_err(tail.server.failed())?;
        }
        Ok(Self {
            tail,
            stretch: *stretch,
            next: stretch.from,
        })
    }

    fn next_message(&mut self) -> Result<Option<BorrowedMessage<'a>>, AuditError> {
        let Stretch { partition, end, .. } = self.stretch;
        while self.next < end {
            match self.tail.consumer.poll(NEXT_WITHIN) {
                Some(Ok(message)) if message.offset() < end => {
                    self.next = message.offset() + 1;
                    return Ok(Some(message));
                }
                // Beyond the end as it was, or the end itself: markers of transactions have offsets and no message.
                Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => self.next = end,
                Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::BrokerTransportFailure))) => {}
                Some(Err(error)) => return Err(self.tail.server.failed()(error)),
                None => {
                    return Err(AuditError::KafkaSilent {
                        address: self.tail.server.address.clone(),
                        topic: partition.topic.name(),
                        partition: partition.number,
                        offset: self.next,
                        seconds: NEXT_WITHIN.as_secs(),
                    });
                }
            }
        }
        Ok(None)
    }

    /// About 512 KiB of messages.
    fn next_packet(&mut self) -> Result<Option<Packet>, AuditError> {
        let mut packet = Packet::default();
        packet.bytes.reserve(PACKET_BYTES);
        while packet.bytes.len() < PACKET_BYTES
            && let Some(message) = self.next_message()?
        {
            packet.bytes.extend_from_slice(message.payload().unwrap_or_default());
            packet.ends.push((message.offset(), packet.bytes.len()));
        }
        Ok((!packet.ends.is_empty()).then_some(packet))
    }
}

impl Packet {
    fn note_in(&self, sheet: &mut Sheet, partition: Partition, calendar: Calendar) {
        let mut start = 0;
        for (offset, end) in &self.ends {
            partition.note(sheet, calendar, *offset, &self.bytes[start..*end]);
            start = *end;
        }
    }
}

/// What the headers of a letter say. What was refused may itself have been a letter: the last of a name counts.
fn letter_of(message: &BorrowedMessage<'_>) -> LetterOf {
    let own = |name: Header| sink::dead_letter::own(message.headers()?, name);
    let origin = || {
        Some(Place {
            partition: Partition {
                topic: Topic::from_name(own(Header::DeadLetterTopic)?)?,
                number: own(Header::DeadLetterPartition)?.parse().ok()?,
            },
            offset: own(Header::DeadLetterOffset)?.parse().ok()?,
        })
    };
    LetterOf {
        origin: origin(),
        is_reuse: own(Header::DeadLetterReason) == Some(SEQUENCE_REUSED),
    }
}
