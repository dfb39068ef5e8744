//! Looks through a partition by whole batches as they stand on the disk: one in which the bytes that are looked for don't stand is passed
//! over unread. A million messages would otherwise take several seconds, most of them for taking apart what nobody asked for.
//!
//! Only over connections without encryption, and through batches that are neither compressed nor part of a transaction: whatever else comes
//! is left to the client library, from that offset on, errors included. Formats: <https://kafka.apache.org/documentation/#recordbatch>,
//! `Fetch` version 4 (<https://kafka.apache.org/protocol#The_Messages_Fetch>), which brokers know from 0.11 on.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::ops::ControlFlow;

use memchr::memmem::Finder;
use rdkafka::consumer::Consumer as _;
use schemas::Topic;

use super::bytes::{Batch, Cursor};
use crate::filter::Filter;
use crate::kafka::{Client, Kafka, PATIENCE, Range};
use crate::message::{Message, Place};

/// So much is asked for at a time: enough that waiting counts for little, little enough for the processor's caches.
const AT_ONCE: i32 = 2 * 1024 * 1024;
/// A broker sends a batch that is larger whole; what is beyond this is left to the client library.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;
const FETCH: i16 = 1;
const VERSION: i16 = 4;
const CLIENT: &str = "de-shop-portal";

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Looked {
    /// The first offset that was not looked at.
    pub(super) next: i64,
    /// The end was reached, or no more is wanted; otherwise the client library goes on from `next`.
    pub(super) is_over: bool,
}

/// Looks for what the filter asks for, while `goes_on`, and gives it to `hit` in the order of the offsets.
pub(super) fn look(
    (kafka, client): (&Kafka, &Client),
    (filter, finder): (&Filter, Option<&Finder<'_>>),
    (topic, range): (Topic, Range),
    goes_on: impl Fn() -> bool,
    mut hit: impl FnMut(Message) -> ControlFlow<()>,
) -> Looked {
    let mut next = range.from;
    let is_over = through((kafka, client), (topic, range), &mut next, |batch, next| {
        if !goes_on() {
            return Some(ControlFlow::Break(()));
        }
        batch_in((topic, range), (filter, finder), &batch, next, &mut hit)
    });
    Looked {
        next,
        is_over: is_over.unwrap_or(false),
    }
}

/// Calls `each` with every batch, and the offset that it is to move on; true at the end, or when it breaks. None when the client library
/// must go on.
fn through(
    (kafka, client): (&Kafka, &Client),
    (topic, range): (Topic, Range),
    next: &mut i64,
    mut each: impl FnMut(Batch<'_>, &mut i64) -> Option<ControlFlow<()>>,
) -> Option<bool> {
    if range.len() == 0 {
        return Some(true);
    }
    let mut connection = Connection::open(kafka, client, (topic, range.partition))?;
    connection.ask(*next).ok()?;
    let mut answer = Vec::new();
    loop {
        connection.answer(&mut answer).ok()?;
        let records = records_in(&answer)?;
        let last = Batch::all(records).last()?;
        // The broker reads on while this is looked through.
        if last.next() < range.until {
            connection.ask(last.next()).ok()?;
        }
        for batch in Batch::all(records) {
            if each(batch, next)?.is_break() {
                return Some(true);
            }
            if *next >= range.until {
                *next = range.until;
                return Some(true);
            }
        }
    }
}

/// Moves `next` behind what was looked at. None when the batch is not to be read here.
fn batch_in(
    (topic, range): (Topic, Range),
    (filter, finder): (&Filter, Option<&Finder<'_>>),
    batch: &Batch<'_>,
    next: &mut i64,
    hit: &mut impl FnMut(Message) -> ControlFlow<()>,
) -> Option<ControlFlow<()>> {
    if !batch.is_plain() {
        return None;
    }
    let may_hold = !batch.is_control() && finder.is_none_or(|finder| finder.find(batch.bytes).is_some());
    if may_hold {
        for record in batch.records() {
            let record = record?;
            let is_asked_for = (range.from..range.until).contains(&record.offset) && record.offset >= *next;
            if is_asked_for && filter.may_match(finder, record.key, record.value) {
                let place = Place {
                    topic,
                    partition: range.partition,
                    offset: record.offset,
                };
                let mut message = Message::new(place, record.value.to_vec());
                message.millis = record.millis;
                message.key = record.key.map(<[u8]>::to_vec);
                message.headers = record.headers()?;
                if filter.matches(&message) && hit(message).is_break() {
                    *next = record.offset + 1;
                    return Some(ControlFlow::Break(()));
                }
            }
            *next = (*next).max(record.offset + 1);
        }
    }
    *next = (*next).max(batch.next());
    Some(ControlFlow::Continue(()))
}

/// To the broker that leads a partition.
struct Connection {
    stream: TcpStream,
    topic: Topic,
    partition: i32,
}

impl Connection {
    fn open(kafka: &Kafka, client: &Client, (topic, partition): (Topic, i32)) -> Option<Self> {
        let security = kafka.config.get("security.protocol");
        if security.is_some_and(|named| !named.eq_ignore_ascii_case("plaintext")) {
            return None;
        }
        let metadata = client.fetch_metadata(Some(topic.name()), PATIENCE).ok()?;
        let mut partitions = metadata.topics().first()?.partitions().iter();
        let leader = partitions.find(|one| one.id() == partition)?.leader();
        let broker = metadata.brokers().iter().find(|broker| broker.id() == leader)?;
        let mut addresses = (broker.host(), u16::try_from(broker.port()).ok()?)
            .to_socket_addrs()
            .ok()?;
        let stream = addresses.find_map(|address| TcpStream::connect_timeout(&address, PATIENCE).ok())?;
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        Some(Self {
            stream,
            topic,
            partition,
        })
    }

    /// Asks for what stands at `offset` and behind it; what is not there is not waited for.
    fn ask(&mut self, offset: i64) -> io::Result<()> {
        let mut request = Vec::with_capacity(128);
        for number in [FETCH, VERSION] {
            request.extend(number.to_be_bytes());
        }
        request.extend(0_i32.to_be_bytes());
        text(&mut request, CLIENT);
        // No replica; no wait; at least a byte, at most so many; all that is there, committed or not.
        for number in [-1, 0, 1, AT_ONCE] {
            request.extend(number.to_be_bytes());
        }
        request.push(0);
        request.extend(1_i32.to_be_bytes());
        text(&mut request, self.topic.name());
        for number in [1, self.partition] {
            request.extend(number.to_be_bytes());
        }
        request.extend(offset.to_be_bytes());
        request.extend(AT_ONCE.to_be_bytes());
        let length = u32::try_from(request.len()).map_err(io::Error::other)?;
        self.stream.write_all(&[&length.to_be_bytes()[..], &request].concat())
    }

    fn answer(&mut self, answer: &mut Vec<u8>) -> io::Result<()> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
        if length > LARGEST_ANSWER {
            return Err(io::ErrorKind::InvalidData.into());
        }
        answer.resize(length, 0);
        self.stream.read_exact(answer)
    }
}

fn text(request: &mut Vec<u8>, text: &str) {
    // Names of topics and this client's are short.
    request.extend(u16::try_from(text.len()).unwrap_or_default().to_be_bytes());
    request.extend(text.as_bytes());
}

/// The records in an answer about one partition; none when the broker says that something is wrong.
fn records_in(answer: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor(answer);
    // Correlation id, throttling, one topic.
    cursor.take(3 * 4)?;
    let name = usize::try_from(cursor.i16()?).ok()?;
    cursor.take(name)?;
    // One partition, its number.
    cursor.take(2 * 4)?;
    if cursor.i16()? != 0 {
        return None;
    }
    // Where it ends, and where what is committed ends.
    cursor.take(2 * 8)?;
    let aborted = usize::try_from(cursor.i32()?).unwrap_or(0);
    cursor.take(aborted.checked_mul(2 * 8)?)?;
    let length = usize::try_from(cursor.i32()?).ok()?;
    cursor.take(length)
}
