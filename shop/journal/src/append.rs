//! Appending: alone, or together with whoever appends at the same time.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use schemas::Sequence;
use tracing::{error, info};

use super::error::AppendError;
use super::payload::Entry;
use super::shared::Shared;
use super::writer::Writer;
use super::{Journal, batch};
use crate::metric::Metric;

const TIMED_ONE_IN: u64 = 16;

impl Journal {
    /// Writes all entries in one write, or none; returns the sequence of the last. It takes microseconds and may be called from async code.
    pub fn append(&self, entries: &[Entry<'_>]) -> Result<Sequence, AppendError> {
        let shared = &*self.open.shared;
        let began = timed(shared);
        let (last, writer) = take(shared, entries)?;
        write(shared, writer).map_err(AppendError::Io)?;
        look_soon(shared);
        took(began);
        Ok(last)
    }

    /// The same, in one write with all others whose requests are ready at this moment: what they share of it costs more than the bytes do.
    /// An append that nobody waits for any more is written nevertheless.
    pub async fn append_together(&self, entries: &[Entry<'_>]) -> Result<Sequence, AppendError> {
        let shared = &*self.open.shared;
        let began = timed(shared);
        let (last, outcome) = {
            let (last, mut writer) = take(shared, entries)?;
            (last, writer.outcome())
        };
        look_soon(shared);
        tokio::task::yield_now().await;
        // The first that comes back writes for all.
        let result = outcome.get().unwrap_or_else(|| {
            let writer = shared.writer();
            outcome.get().unwrap_or_else(|| write(shared, writer))
        });
        result.map_err(AppendError::Io)?;
        took(began);
        Ok(last)
    }
}

/// Takes entries into the batch; what is refused is counted, and the operator told.
fn take<'s>(shared: &'s Shared, entries: &[Entry<'_>]) -> Result<(Sequence, MutexGuard<'s, Writer>), AppendError> {
    let mut writer = shared.writer();
    let taken = allowed(shared)
        .map_err(|refusal| AppendError::Io(Arc::new(refusal)))
        .and_then(|()| writer.take(entries, &shared.options));
    match taken {
        Ok(last) => Ok((last, writer)),
        Err(refusal) => {
            drop(writer);
            refused(shared, &refusal, batch::observations(entries));
            Err(refusal)
        }
    }
}

/// Writes what was taken, whoever it is from.
pub(super) fn write(shared: &Shared, mut writer: MutexGuard<'_, Writer>) -> Result<(), Arc<io::Error>> {
    let written = writer.write(&shared.folder, &shared.options, allowed(shared));
    // Before anything is logged: a log line is itself an append.
    drop(writer);
    match &written.result {
        Ok(()) if written.observations > 0 => goes_on(shared),
        Ok(()) => {}
        Err(cause) => refused(shared, &AppendError::Io(Arc::clone(cause)), written.observations),
    }
    written.result
}

fn allowed(shared: &Shared) -> io::Result<()> {
    if shared.failed.load(Ordering::Acquire) {
        return Err(io::Error::other("the last sync failed"));
    }
    Ok(())
}

/// Counts observations that are lost. A fact waits in the event store and is offered again, so nothing of it is lost.
fn refused(shared: &Shared, refusal: &AppendError, observations: u64) {
    let count = match refusal {
        AppendError::Full { .. } => &shared.refused_full,
        AppendError::Io(_) => &shared.refused_io,
        AppendError::TooLarge { .. } => return,
    };
    count.fetch_add(observations, Ordering::Relaxed);
    if shared.failed.load(Ordering::Acquire) {
        return;
    }
    let what = match refusal {
        AppendError::Io(cause) => format!("{refusal}: {cause}"),
        _ => refusal.to_string(),
    };
    shared.set_trouble(what.clone());
    if !shared.refusing.swap(true, Ordering::AcqRel) {
        error!(
            error = what,
            "The journal refuses events; pages go on, what they report is counted and lost until there is room: bring Kafka back, or give \
             the journal room (the disk, --journal-max-size)"
        );
    }
}

/// Observations were written.
fn goes_on(shared: &Shared) {
    if shared.refusing.load(Ordering::Relaxed) && shared.refusing.swap(false, Ordering::AcqRel) {
        let trouble = shared.clear_trouble();
        let seconds = trouble.map_or(0, |trouble| trouble.since.elapsed().as_secs());
        info!(seconds, "The journal takes events again");
    }
}

/// The flusher syncs within its interval, and writes what is not written by then.
fn look_soon(shared: &Shared) {
    shared.dirty.store(true, Ordering::SeqCst);
    shared.wake_flusher();
}

fn timed(shared: &Shared) -> Option<Instant> {
    let number = shared.appends.fetch_add(1, Ordering::Relaxed);
    number.is_multiple_of(TIMED_ONE_IN).then(Instant::now)
}

fn took(began: Option<Instant>) {
    if let Some(began) = began {
        Metric::AppendSeconds.took(began.elapsed());
    }
}
