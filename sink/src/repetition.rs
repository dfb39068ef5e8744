//! A message whose sequence is not above the last of its source, from before there were marks: sent twice by the relay, or another event
//! under a used sequence (two shops under one name, a journal folder restored from a copy). A repetition is skipped; another event is a
//! dead letter. What was kept since is known by its mark; see `marks`.
//!
//! A repetition has the `event_id` of what was kept, so that is looked for, once a batch: in the batch itself; then in the table,
//! which knows every activity that any sink has kept; and for `shop.request` and `shop.app`, which have no rows, in this sink's
//! file of the event's day (and of the days beside it, should `--utc-offset` have been another).
//!
//! Promises: memory is that of the suspects of one batch; reading everything once more after `positions forget` reads each file about
//! once. A retention after the upgrade there is nothing left from before, and nobody asks any more.
//!
//! What can't be told, and is skipped as a repetition: an event that is older than the retention; an event without rows on a day
//! of which this folder has no file, or another sink has one, too; what `dead-letters redrive` sent. A message that was
//! refused, and is repeated after a later one was kept, has two letters.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, PoisonError};

use schemas::EventId;

use crate::batch::{Batch, Suspect};
use crate::commit::{Committer, blocking, in_time};
use crate::consume::Loop;
use crate::database::Connection;
use crate::files::{DayFile, strike_out};
use crate::{SinkError, TopicPartition};

type Wanted = BTreeMap<DayFile, HashSet<EventId>>;

impl Loop {
    /// Looks into the suspects of the batch; afterwards it has none.
    pub(crate) fn expose_suspects(&mut self) -> Result<(), SinkError> {
        if self.batch.as_ref().is_none_or(|batch| batch.suspects.is_empty()) {
            return Ok(());
        }
        // What they repeat may be on its way.
        self.settle_or_take_back()?;
        let Some(mut batch) = self.batch.take() else {
            return Ok(());
        };
        let committer = Arc::clone(&self.parts.committer);
        let known = self
            .parts
            .runtime
            .block_on(async { committer.lock().await.known(&batch).await });
        let known = match known {
            Ok(known) => known,
            Err(error) => return self.take_back_after(error),
        };
        let partitions: BTreeMap<TopicPartition, String> = batch
            .suspects
            .iter()
            .map(|suspect| (suspect.letter.at, suspect.letter.reason.to_string()))
            .collect();
        batch.expose(&known, &mut self.assignment);
        self.batch = Some(batch);
        partitions
            .into_iter()
            .try_for_each(|(at, reason)| self.stop_at_bad_run(at, reason))
    }
}

impl Committer {
    /// The events among the batch's suspects that are kept already, or of which that can't be told. Everything before the batch
    /// must be committed.
    pub(crate) async fn known(&mut self, batch: &Batch) -> Result<HashSet<EventId>, SinkError> {
        let suspects = &batch.suspects;
        let mut wanted = Wanted::new();
        for suspicion in suspects.iter().map(|suspect| suspect.suspicion) {
            wanted.entry(suspicion.file).or_default().insert(suspicion.event_id);
        }
        for (file, wanted) in &mut wanted {
            strike_out(batch.lines.get(file).map_or(&[], Vec::as_slice), wanted);
        }
        let mut db = self.take_connection().await?;
        // The database's limit is for its answers; a large file takes as long as the disk needs.
        let done = self.strike_out_kept(&mut db, batch, &mut wanted).await;
        self.keep_connection(db, done).await?;
        let mut known: HashSet<_> = suspects.iter().map(|suspect| suspect.suspicion.event_id).collect();
        for unknown in wanted.values().flatten() {
            known.remove(unknown);
        }
        Ok(known)
    }

    async fn strike_out_kept(&self, db: &mut Connection, batch: &Batch, wanted: &mut Wanted) -> Result<(), SinkError> {
        let is_wanted = |suspect: &&Suspect| {
            let suspicion = &suspect.suspicion;
            wanted
                .get(&suspicion.file)
                .is_some_and(|wanted| wanted.contains(&suspicion.event_id))
        };
        let (with_rows, without): (Vec<&Suspect>, Vec<&Suspect>) = batch
            .suspects
            .iter()
            .filter(is_wanted)
            .partition(|suspect| suspect.letter.at.topic.has_rows());
        let moments = with_rows
            .iter()
            .map(|suspect| (suspect.suspicion.at, suspect.suspicion.event_id));
        let known = in_time(crate::table::known(db, moments)).await?;
        let files: HashSet<_> = without.iter().map(|suspect| suspect.suspicion.file).collect();
        for wanted in wanted.values_mut() {
            wanted.retain(|id| !known.contains(id));
        }
        for file in files {
            let Some(wanted) = wanted.get_mut(&file) else { continue };
            let is_new = batch.lines.contains_key(&file);
            *wanted = self.not_in_files(db, file, is_new, std::mem::take(wanted)).await?;
        }
        Ok(())
    }

    /// What is proved to be in no file of that day; `is_new`, if the batch is about to begin the file where there is none.
    async fn not_in_files(
        &self,
        db: &mut Connection,
        file: DayFile,
        is_new: bool,
        mut wanted: HashSet<EventId>,
    ) -> Result<HashSet<EventId>, SinkError> {
        if wanted.is_empty() || in_time(self.books.others_keep(db, file)).await? {
            return Ok(HashSet::new());
        }
        let writer = Arc::clone(&self.writer);
        blocking("searching log files", move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            if !writer.strike_out(file, &mut wanted)? && !is_new {
                return Ok(HashSet::new());
            }
            for day in [file.day.previous_day(), file.day.next_day()].into_iter().flatten() {
                writer.strike_out(DayFile { day, ..file }, &mut wanted)?;
            }
            Ok(wanted)
        })
        .await
    }
}
