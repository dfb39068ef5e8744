//! Retention: log files, rows and sources that are older than `--retention-days`.
//!
//! Promises: only regular files with the sink's own names go, judged by the date in the name, never today's, never one that
//! somebody holds a lock on (`flock`); a file's length is forgotten before the file goes, so a kill in between leaves a file that
//! the next run deletes. PostgreSQL drops whole UTC days, so a row may outlive its line by some hours.

use std::fs::{self, File};
use std::io;

use schemas::Timestamp;
use time::Date;
use time::Time;
use tokio::sync::Mutex;

use crate::commit::{Committer, blocking, in_time};
use crate::database::Connection;
use crate::fail_point::FailPoint;
use crate::files::{DayFile, PACKED, pack};
use crate::judge::Rules;
use crate::{SinkError, metric};

/// Rows that SQLite deletes in one transaction, so that batches are not kept waiting.
const ROWS_A_TIME: u64 = 5_000;

/// Partitions that PostgreSQL has ready for the days to come.
const DAYS_AHEAD: i64 = 3;

/// Sources may be silent this much longer than the retention before they are forgotten.
const SOURCE_GRACE_MICROS: i64 = 2 * 24 * 60 * 60 * 1_000_000;

impl Committer {
    /// Does all that is due at `rules.now`; answers whether rows are left for another call.
    pub(crate) async fn retain(&mut self, rules: &Rules) -> Result<bool, SinkError> {
        let mut db = self.take_connection().await?;
        let done = in_time(self.retain_with(&mut db, rules)).await;
        self.keep_connection(db, done).await
    }

    async fn retain_with(&mut self, db: &mut Connection, rules: &Rules) -> Result<bool, SinkError> {
        let today = rules.now.day(time::UtcOffset::UTC);
        let ahead: Vec<_> = (-1..DAYS_AHEAD)
            .filter_map(|days| today.checked_add(time::Duration::days(days)))
            .collect();
        self.partitions.ensure(db, &ahead).await?;
        let files = self.retain_files(db, rules).await?;
        let start = start_of(rules.oldest, rules);
        let silent_since = start.plus_micros(-SOURCE_GRACE_MICROS);
        let marks = crate::marks::books::forget(db, silent_since).await?;
        let sources = self.books.forget_sources(db, silent_since).await?;
        let (rows, more) = self.retain_rows(db, start).await?;
        metric::deleted(files, rows);
        if files + sources + marks + rows > 0 {
            tracing::info!(files, sources, marks, rows, oldest = %rules.oldest, "deleted what is older than the retention");
        }
        Ok(more)
    }

    async fn retain_files(&mut self, db: &mut Connection, rules: &Rules) -> Result<u64, SinkError> {
        let mut deleted = 0;
        for file in self.lock_writer(|writer| expired(writer.folder().path(), rules.oldest))? {
            let path = self.lock_writer(|writer| writer.path_now(file));
            let lock = match unread(&path) {
                Ok(lock) => lock,
                Err(error) => {
                    tracing::warn!("past the retention, and left for later: {error}");
                    continue;
                }
            };
            let Some(lock) = lock else {
                tracing::info!(file = %path.display(), "is past the retention, but somebody holds a lock on it: left for later");
                continue;
            };
            self.books.forget_file(db, &file.name()).await?;
            FailPoint::DuringRetention.reach();
            self.lock_writer(|writer| writer.delete(file))?;
            drop(lock);
            deleted += 1;
        }
        Ok(deleted)
    }

    async fn retain_rows(&mut self, db: &mut Connection, start: Timestamp) -> Result<(u64, bool), SinkError> {
        match db {
            Connection::Postgres(_) => {
                let dropped = self.partitions.drop_before(db, start.day(time::UtcOffset::UTC)).await?;
                Ok((dropped, false))
            }
            Connection::Sqlite(_) => {
                let sql = format!(
                    "DELETE FROM user_activity_log WHERE id IN \
                     (SELECT id FROM user_activity_log WHERE event_time < $1 LIMIT {ROWS_A_TIME})"
                );
                let deleted = db.execute(&sql, &[start.to_string().as_str().into()]).await?;
                Ok((deleted, deleted == ROWS_A_TIME))
            }
        }
    }
}

/// Packs the files of days that ended `days` days ago or earlier, one after another; batches are committed meanwhile.
pub(crate) async fn pack_finished_days(
    committer: &Mutex<Committer>,
    rules: &Rules,
    days: u16,
) -> Result<(), SinkError> {
    let before = crate::judge::oldest_day(rules.now, days, rules.utc_offset);
    let due: Vec<_> = {
        let committer = committer.lock().await;
        committer.lock_writer(|writer| {
            let due = writer.packable(before).into_iter();
            due.map(|(file, length)| (file, length, writer.path(file))).collect()
        })
    };
    for (file, length, path) in due {
        let plain = path.clone();
        blocking("compressing a log file", move || {
            pack(&plain, length).map_err(|error| SinkError::disk(plain, error))
        })
        .await?;
        let committer = committer.lock().await;
        if committer.lock_writer(|writer| writer.keep_packed(file, length))? {
            tracing::info!(file = %path.display(), bytes = length, "compressed the file of a finished day");
        }
    }
    Ok(())
}

/// The first moment of a day at the configured offset.
fn start_of(day: Date, rules: &Rules) -> Timestamp {
    day.with_time(Time::MIDNIGHT).assume_offset(rules.utc_offset).into()
}

/// The sink's own regular files whose day lies before `oldest`.
fn expired(folder: &std::path::Path, oldest: Date) -> Result<Vec<DayFile>, SinkError> {
    let failed = |error: io::Error| SinkError::disk(folder, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_str().map(|name| name.strip_suffix(PACKED).unwrap_or(name));
        let named = name.and_then(DayFile::from_name);
        if let Some(file) = named.filter(|file| file.day < oldest)
            && entry.file_type().map_err(failed)?.is_file()
        {
            found.push(file);
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// A lock on the file, unless somebody else holds one.
fn unread(path: &std::path::Path) -> Result<Option<File>, SinkError> {
    let file = File::open(path).map_err(|error| SinkError::disk(path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(SinkError::disk(path, error)),
    }
}
