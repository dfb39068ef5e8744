//! Bringing a log onto the disk, segment after segment in their order, and taking back what could not be brought there.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Log, Offset};

/// One fsync to be done without the log's lock.
pub(crate) struct SyncJob {
    file: Arc<File>,
    /// The folder, where the segment's name in it isn't on the disk either.
    folder: Option<PathBuf>,
    segment: Offset,
    next: Offset,
    size: u64,
    /// It is the segment that is written to: what comes meanwhile is for the next round.
    pub(crate) is_last: bool,
}

impl SyncJob {
    /// Blocks until the disk has it.
    pub(crate) fn run(&self) -> io::Result<()> {
        if let Some(folder) = &self.folder {
            File::open(folder)?.sync_all()?;
        }
        self.file.sync_data()
    }
}

impl Log {
    /// The first segment that is not on the disk yet.
    pub(crate) fn unsynced(&self) -> io::Result<Option<SyncJob>> {
        if self.deleted {
            return Ok(None);
        }
        let waiting = self.segments.iter().rposition(|segment| segment.next <= self.durable);
        let index = waiting.map_or(0, |before| before + 1);
        let Some(segment) = self.segments.get(index).filter(|segment| segment.next > self.durable) else {
            return Ok(None);
        };
        Ok(Some(SyncJob {
            file: segment.file()?,
            folder: (!segment.is_named_on_disk).then(|| self.folder.clone()),
            segment: segment.base,
            next: segment.next,
            size: segment.size,
            is_last: index + 1 == self.segments.len(),
        }))
    }

    pub(crate) fn synced(&mut self, job: &SyncJob) {
        if job.next <= self.durable {
            return;
        }
        self.durable = job.next;
        self.durable_in = (job.segment, job.size);
        if self.durable > self.high {
            (self.high, self.high_in) = (self.durable, self.durable_in);
        }
        let last = self.segments.len().saturating_sub(1);
        let found = self.segments.iter_mut().enumerate();
        if let Some((index, segment)) = found.rev().find(|(_, segment)| segment.base == job.segment) {
            segment.is_named_on_disk = true;
            if index < last && segment.next == job.next {
                segment.seal();
            }
        }
    }

    /// An fsync failed: the kernel may have dropped what it was to write, so what nobody has seen yet is taken back, with the
    /// segments that were begun behind it.
    pub(crate) fn sync_failed(&mut self, job: &SyncJob) -> io::Result<()> {
        self.take_backs += 1;
        let durable = self.durable;
        if self.high > durable {
            // A topic that doesn't wait for the disk: what was shown stays.
            return Ok(());
        }
        self.producers.forget_from(durable);
        let Some(index) = self.segments.iter().position(|segment| segment.base == job.segment) else {
            return Ok(());
        };
        while self.segments.len() > index + 1 {
            if let Some(behind) = self.segments.last() {
                std::fs::remove_file(&behind.path)?;
            }
            self.segments.pop();
        }
        let Some(segment) = self.segments.last_mut() else {
            return Ok(());
        };
        let (known_in, size) = self.durable_in;
        let size = if known_in == segment.base { size } else { 0 };
        segment.cut(size, durable.max(segment.base))
    }
}
