//! One producer's life: from the acknowledged entry onwards, until it is stopped or something fails for good.

use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, Producer, PurgeConfig};
use schemas::Sequence;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::acks::Acks;
use super::client::{self, BatchBytes, Context};
use super::health::Health;
use super::landed::Landed;
use super::message;
use super::tail::{self, AlreadyThere};
use super::{RelayError, RelayOptions};
use crate::fail_point::{self, FailPoint};
use crate::{Cursor, Holder, Item, Journal, Reader};

/// More would only wait inside librdkafka instead of in the journal.
const MAX_UNDER_WAY: usize = 20_000;
/// So many are read before the reports are looked at.
const BATCH: usize = 1000;
/// How long reports are waited for, where there is nothing else to do.
const WAIT: Duration = Duration::from_millis(2);
const SYNC_CURSOR_EVERY: Duration = Duration::from_millis(500);
const IDLE: Duration = Duration::from_millis(100);
const LOOK_AGAIN_EVERY: Duration = Duration::from_secs(2);
/// How long the reports of a producer that has come to its end are waited for.
const LAST_REPORTS: Duration = Duration::from_secs(2);
/// Kafka answers, but acknowledges nothing of what is under way: its disk may be full.
const TOO_SILENT: Duration = Duration::from_secs(5);

/// Why a session ended.
#[derive(Debug)]
pub(super) enum End {
    Stopped,
    /// Begin again from the acknowledged entry.
    Again(String),
    /// The same with smaller batches: a topic took none of this size.
    Smaller(String),
}

pub(super) struct Session<'a> {
    journal: &'a Journal,
    options: &'a RelayOptions,
    health: &'a Health,
    landed: &'a Landed,
    cursor: &'a mut Cursor,
    stop: &'a CancellationToken,
    context: Context,
    producer: BaseProducer<Context>,
    batch: BatchBytes,
    /// A topic refused a batch for its size.
    too_large: bool,
    /// A message came back that was not refused itself.
    given_up: Option<String>,
    /// The header of all that is sent.
    source: String,
    reader: Reader,
    acks: Acks,
    /// What stands on its topic, though nobody has seen its acknowledgement.
    there: AlreadyThere,
    synced: Instant,
    looked: Instant,
    /// When Kafka last acknowledged something, or had nothing to acknowledge.
    moved: Instant,
}

impl<'a> Session<'a> {
    pub(super) fn start(
        journal: &'a Journal,
        options: &'a RelayOptions,
        (health, landed): (&'a Health, &'a Landed),
        (cursor, batch): (&'a mut Cursor, BatchBytes),
        stop: &'a CancellationToken,
    ) -> Result<Self, RelayError> {
        let context = Context::new(health.clone());
        let producer = client::producer_config(options, batch)
            .create_with_context(context.clone())
            .map_err(RelayError::Settings)?;
        let acknowledged = cursor.acknowledged();
        Ok(Self {
            source: schemas::message::source(journal.instance()),
            reader: journal.reader(acknowledged.next()),
            acks: Acks::new(acknowledged),
            there: already_there(journal, options, acknowledged),
            journal,
            options,
            health,
            landed,
            cursor,
            stop,
            context,
            producer,
            batch,
            too_large: false,
            given_up: None,
            synced: Instant::now(),
            looked: Instant::now(),
            moved: Instant::now(),
        })
    }

    /// Blocks; what Kafka has acknowledged is in the cursor when it returns.
    pub(super) fn run(mut self) -> Result<End, RelayError> {
        let end = loop {
            if self.stop.is_cancelled() {
                break self.finish();
            }
            match self.turn() {
                Ok(None) => {}
                Ok(Some(why)) => {
                    // What is still under way must not arrive behind what comes again.
                    self.producer.purge(PurgeConfig::default().queue().inflight());
                    break self.begins_again(why);
                }
                Err(error) => return Err(error),
            }
        };
        self.sync_cursor()?;
        Ok(end)
    }

    /// Sends what there is, then looks at the reports; says why, when the session can't go on.
    fn turn(&mut self) -> Result<Option<String>, RelayError> {
        let (caught_up, refused) = self.send_batch()?;
        let wait = if caught_up && self.acks.under_way() > 0 || self.acks.under_way() >= MAX_UNDER_WAY {
            WAIT
        } else {
            Duration::ZERO
        };
        client::poll(&self.producer, wait);
        let mut failed = self.take_reports()?;
        if self.synced.elapsed() >= SYNC_CURSOR_EVERY {
            self.sync_cursor()?;
        }
        let fatal = self.producer.client().fatal_error();
        if fatal.is_some() && failed.is_none() {
            failed = self.last_reports()?;
        }
        let fatal = fatal.map(|(code, why)| format!("{code}: {why}"));
        // Which message it was says more than what the producer says of itself.
        let trouble = failed.or(fatal).or(self.given_up.take()).or(refused);
        if trouble.is_some() {
            return Ok(trouble);
        }
        if caught_up && self.acks.under_way() == 0 {
            if self.kafka_is_back() {
                return Ok(Some("Kafka was away; its topics are checked again".to_owned()));
            }
            self.health.goes_on();
            self.reader.wait(IDLE);
        }
        Ok(None)
    }

    /// A producer that has come to its end says so before it tells of the message that it was about, on which it depends how to begin again.
    fn last_reports(&mut self) -> Result<Option<String>, RelayError> {
        let since = Instant::now();
        while self.acks.under_way() > 0 && since.elapsed() < LAST_REPORTS {
            client::poll(&self.producer, Duration::from_millis(10));
            if let Some(failed) = self.take_reports()? {
                return Ok(Some(failed));
            }
        }
        Ok(None)
    }

    fn begins_again(&self, why: String) -> End {
        match (self.too_large, self.batch.is_one_message()) {
            (false, _) => End::Again(why),
            (true, false) => End::Smaller(why),
            (true, true) => End::Again(format!(
                "{why}; raise max.message.bytes of the topic: until it takes the message, those behind it wait"
            )),
        }
    }

    /// Whether everything has been read, and why the producer takes no more.
    fn send_batch(&mut self) -> Result<(bool, Option<String>), RelayError> {
        for _ in 0..BATCH {
            if self.acks.under_way() >= MAX_UNDER_WAY {
                return Ok((false, None));
            }
            match self.reader.read()? {
                None => return Ok((true, None)),
                Some(Item::Lost { first, last }) => {
                    error!(
                        first = first.0,
                        last = last.0,
                        "Entries of the journal are damaged and can't be sent; what is left of them is in a .corrupt file beside it. Look after \
                         the disk of --journal; `de-shop audit` tells what is missing"
                    );
                    self.health.update(|state| state.lost += last.0 - first.0 + 1);
                    self.acks.nothing_to_send(last);
                }
                Some(Item::Entry(entry)) if self.there.take(entry.sequence, entry.value) => {
                    self.acks.sent(entry.sequence, entry.timestamp);
                    self.acks.confirm(entry.sequence);
                }
                Some(Item::Entry(entry)) => {
                    let instance = self.journal.instance();
                    let key = schemas::message::key(entry.event_type, entry.session_id, instance, entry.value);
                    let mut record = message::record(&entry, &key, &self.source);
                    while let Err((error, back)) = self.producer.send(record) {
                        let full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
                        if error != full {
                            return Ok((false, Some(format!("entry {}: {error}", entry.sequence))));
                        }
                        if self.stop.is_cancelled() {
                            return Ok((false, None));
                        }
                        client::poll(&self.producer, WAIT);
                        record = back;
                    }
                    self.acks.sent(entry.sequence, entry.timestamp);
                    self.health.update(|state| {
                        state.sent += 1;
                        state.newest_sent = Some(entry.timestamp);
                    });
                }
            }
        }
        Ok((false, None))
    }

    /// Moves the cursor over what has been acknowledged; says what failed for good.
    fn take_reports(&mut self) -> Result<Option<String>, RelayError> {
        let reports = self.context.take_reports();
        self.too_large |= reports.too_large;
        self.given_up = self.given_up.take().or(reports.given_up);
        let delivered = reports.delivered.len() as u64;
        self.landed.remember(&reports.delivered);
        for delivered in reports.delivered {
            self.acks.confirm(delivered.sequence);
        }
        let acknowledged = self.acks.acknowledged();
        if acknowledged > self.cursor.acknowledged() {
            fail_point::hit(FailPoint::AfterProduceBeforeCursor);
            self.cursor.advance(acknowledged)?;
        }
        let (under_way, oldest_under_way) = (self.acks.under_way(), self.acks.oldest());
        let failed = u64::from(reports.failed.is_some());
        self.health.update(|state| {
            state.acknowledged = acknowledged.0;
            state.under_way = under_way;
            state.oldest_under_way = oldest_under_way;
            state.delivered += delivered;
            state.failed += failed;
        });
        if delivered > 0 {
            self.health.goes_on();
            self.health.is_back();
        }
        if delivered > 0 || under_way == 0 {
            self.moved = Instant::now();
        } else if self.moved.elapsed() > TOO_SILENT {
            self.health.is_away("Kafka acknowledges nothing; its own log tells why");
        }
        Ok(reports.failed)
    }

    /// Segments go only behind a cursor that survives a power cut.
    fn sync_cursor(&mut self) -> Result<(), RelayError> {
        self.synced = Instant::now();
        if self.cursor.sync()? {
            self.journal.release(Holder::Relay, self.cursor.acknowledged());
        }
        Ok(())
    }

    /// With nothing to send, only a question shows that Kafka is back.
    fn kafka_is_back(&mut self) -> bool {
        if !self.health.is_troubled() || self.looked.elapsed() < LOOK_AGAIN_EVERY {
            return false;
        }
        self.looked = Instant::now();
        let answer = self.producer.client().fetch_metadata(None, Duration::from_secs(1));
        if answer.is_ok() {
            self.health.is_back();
        }
        answer.is_ok()
    }

    /// Gives what is under way a bounded time to arrive; the journal keeps the rest.
    fn finish(&mut self) -> End {
        let until = Instant::now() + self.options.stop_timeout;
        while Instant::now() < until && !self.health.is_troubled() {
            match self.turn_to_the_end() {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => {
                    warn!(%error, "The relay can't send the rest; it stays in the journal");
                    break;
                }
            }
        }
        End::Stopped
    }

    /// Whether everything that was in the journal is acknowledged.
    fn turn_to_the_end(&mut self) -> Result<bool, RelayError> {
        let (caught_up, refused) = self.send_batch()?;
        client::poll(&self.producer, WAIT);
        let failed = self.take_reports()?;
        let done = caught_up && self.acks.under_way() == 0 && self.is_all_durable();
        Ok(done || refused.is_some() || failed.is_some())
    }

    fn is_all_durable(&self) -> bool {
        let state = self.journal.state();
        state.durable >= Sequence(state.next.0 - 1)
    }
}

/// Asks only where something may have been under way.
fn already_there(journal: &Journal, options: &RelayOptions, acknowledged: Sequence) -> AlreadyThere {
    if journal.state().next.0 <= acknowledged.0 + 1 {
        return AlreadyThere::default();
    }
    match tail::read(options, journal.instance(), acknowledged) {
        Ok(there) => there,
        Err(error) => {
            debug!(%error, "The ends of the topics can't be read; what was under way is sent once more");
            AlreadyThere::default()
        }
    }
}
