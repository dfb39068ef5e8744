//! Taking a message: into the batch, once what is needed to judge it is at hand.

use std::sync::Arc;

use rdkafka::message::{BorrowedMessage, Message as _};
use schemas::{InstanceId, Topic};

use super::Loop;
use crate::batch::{Added, Batch, Incoming};
use crate::dead_letter::DeadLetter;
use crate::judge::Rules;
use crate::marks::Stretch;
use crate::table::Rows;
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
        };
        let added = self.add(incoming);
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

    /// Adds the message to the batch, unless the partition isn't read or the message was read before.
    fn add(&mut self, incoming: Incoming<'_>) -> Option<Added> {
        let (None, Some((held, marks))) = (&self.pending, self.assignment.hold(incoming.at)) else {
            return None;
        };
        if incoming.offset < held.next {
            return None;
        }
        let settings = &self.parts.settings;
        let batch = self.batch.get_or_insert_with(|| {
            let rules = Rules::new(self.parts.clock.now(), settings.retention_days, settings.utc_offset.0);
            Batch::new(rules, Rows::new(&settings.database))
        });
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
