//! Taking a message: into the batch, once what is needed to judge it is at hand.

use std::sync::Arc;

use rdkafka::message::{BorrowedMessage, Message as _, Timestamp as KafkaTimestamp};
use schemas::{InstanceId, Timestamp, Topic};

use super::Loop;
use crate::batch::{Added, Batch, Incoming};
use crate::dead_letter::DeadLetter;
use crate::judge::Rules;
use crate::marks::Stretch;
use crate::table::Rows;
use crate::trace::Trace;
use crate::{Offset, Partition, SinkError, TopicPartition};

impl Loop {
    pub(crate) fn take(&mut self, message: &BorrowedMessage<'_>) -> Result<(), SinkError> {
        let Some(topic) = Topic::from_name(message.topic()) else {
            return Ok(());
        };
        let at = TopicPartition {
            topic,
            partition: Partition(message.partition()),
        };
        let offset = Offset(message.offset());
        let incoming = Incoming {
            at,
            offset,
            value: message.payload(),
            trace: Trace::of(message.timestamp().to_millis(), message.key(), message.payload()),
        };
        if !self.recognises(incoming) {
            return Ok(());
        }
        let added = self.add(incoming, message.timestamp());
        if let Some(Added::NotRead(instance, stretch)) = &added {
            self.read_marks(instance, *stretch)?;
            return self.take(message);
        }
        let (Some(added), Some(batch), Some(held)) = (added, &mut self.batch, self.assignment.get_mut(at)) else {
            return Ok(());
        };
        match added {
            Added::Settled | Added::NotRead(..) => Ok(()),
            Added::Refused(reason) => {
                let said = reason.to_string();
                if !held.already_dead.contains(&offset) {
                    batch.refuse(DeadLetter::new(&message.detach(), at, reason, batch.rules.now));
                }
                if self.is_bad_run_too_long(at) {
                    // Repetitions among them end the run.
                    self.expose_suspects()?;
                }
                self.stop_at_bad_run(at, said)
            }
            Added::Suspect(suspicion) => {
                let reason = suspicion.reason();
                batch.suspect(
                    suspicion,
                    DeadLetter::new(&message.detach(), at, reason, batch.rules.now),
                    held,
                );
                Ok(())
            }
        }
    }

    /// Whether the message is of the partition that was read before; a partition that became another one is not read.
    fn recognises(&mut self, message: Incoming<'_>) -> bool {
        let (at, None) = (message.at, &self.pending) else {
            return true;
        };
        let Some(held) = self.assignment.get_mut(at) else {
            return true;
        };
        let next = held.next;
        if held.is_proven_by(message.offset, message.trace) {
            return true;
        }
        self.strand(at, next, made_anew(at, next));
        false
    }

    /// Adds the message to the batch, unless the partition isn't read or the message was read before.
    fn add(&mut self, incoming: Incoming<'_>, dated: KafkaTimestamp) -> Option<Added> {
        let (None, Some((held, marks))) = (&self.pending, self.assignment.hold(incoming.at)) else {
            return None;
        };
        if incoming.offset < held.next {
            return None;
        }
        let settings = &self.parts.settings;
        let rules = || Rules::new(self.parts.clock.now(), settings.retention_days, settings.utc_offset);
        let rows = || Rows::new(&settings.database);
        let batch = self.batch.get_or_insert_with(|| Batch::new(rules(), rows()));
        let dated = dated.to_millis().map(Timestamp::from_unix_millis_saturating);
        if dated.is_some_and(|at| batch.rules.is_too_new(at)) {
            // The clock may have been set since the batch began.
            batch.rules = rules();
        }
        Some(batch.add(incoming, held, marks))
    }

    /// Asks the books what is kept of a shop; when they can't be asked, all partitions are taken over anew.
    fn read_marks(&mut self, instance: &InstanceId, stretch: Stretch) -> Result<(), SinkError> {
        let committer = Arc::clone(&self.parts.committer);
        let read = self
            .parts
            .runtime
            .block_on(async { committer.lock().await.marks(instance, stretch).await });
        match read {
            Ok(read) => self.assignment.marks.learn(instance, read),
            Err(error) => self.take_back_after(error)?,
        }
        Ok(())
    }

    fn is_bad_run_too_long(&mut self, at: TopicPartition) -> bool {
        let limit = self.parts.settings.max_bad_run;
        limit > 0 && self.assignment.get_mut(at).is_some_and(|held| held.bad_run >= limit)
    }

    /// Stops before anything of the batch is committed: what is wrong is read again once it is mended.
    pub(crate) fn stop_at_bad_run(&mut self, at: TopicPartition, reason: String) -> Result<(), SinkError> {
        if !self.is_bad_run_too_long(at) {
            return Ok(());
        }
        let count = self.assignment.get_mut(at).map_or(0, |held| held.bad_run);
        self.batch = None;
        Err(SinkError::BadRun {
            partition: at,
            count,
            reason,
        })
    }
}

fn made_anew(at: TopicPartition, next: Offset) -> String {
    format!(
        "{at} stands at {next}, but the message before it is not the one that was read there: the topic was deleted and made again, or \
         Kafka's data came back from an older copy. The partition is not read. If the old messages are gone for good, stop the sinks and \
         run `sink positions forget --topic {} --partition {}`: reading then starts at the beginning, known messages are skipped",
        at.topic.name(),
        at.partition.0
    )
}
