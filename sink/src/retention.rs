//! Retention: log files, rows and sources that are older than `--retention-days`.
//!
//! Promises: only regular files with the sink's own names go, judged by the date in the name, never today's, never one that
//! somebody holds a lock on (`flock`); a file's length is forgotten before the file goes, so a kill in between leaves a file that
//! the next run deletes. PostgreSQL drops whole UTC days, so a row may outlive its line by some hours. When the clock says that more
//! time has passed since the last look than the retention is long, and a week at least, nothing goes before somebody has confirmed it:
//! a machine that wakes up in a wrong year must not delete all that there is. The topics are Kafka's own, and follow its clock.

use std::fs::{self, File};
use std::io;

use schemas::Timestamp;
use time::Date;
use tokio::sync::Mutex;

use crate::commit::{Committer, blocking, in_time};
use crate::database::Connection;
use crate::fail_point::FailPoint;
use crate::files::{DayFile, PACKED, pack};
use crate::judge::Rules;
use crate::{Settings, SinkError, metric};

/// Rows that SQLite deletes in one transaction, so that batches are not kept waiting.
const ROWS_A_TIME: u64 = 5_000;

/// Partitions that PostgreSQL has ready for the days to come.
const DAYS_AHEAD: i64 = 3;

/// Sources may be silent this much longer than the retention before they are forgotten.
const SOURCE_GRACE_MICROS: i64 = 2 * 24 * 60 * 60 * 1_000_000;

/// So far the clock may go on between two looks, however short the retention is: a sink may stand still over the holidays.
const CLOCK_MAY_LEAP_DAYS: i64 = 7;
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

impl Committer {
    /// Refuses with [`SinkError::ClockLeapt`] when the clock has gone on by more than the retention since the last look, and otherwise notes
    /// that it looks now.
    pub(crate) async fn trust_clock(&mut self, rules: &Rules) -> Result<(), SinkError> {
        let mut db = self.take_connection().await?;
        let done = in_time(trusted(&mut db, rules)).await;
        self.keep_connection(db, done).await
    }

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

async fn trusted(db: &mut Connection, rules: &Rules) -> Result<(), SinkError> {
    let rows = db
        .rows("SELECT looked_at FROM sink_retention WHERE id = 1", &[])
        .await?;
    if let Some(row) = rows.first() {
        let looked = Timestamp::from_unix_micros_saturating(row.int(0)?);
        let kept = (rules.zone.day(rules.now) - rules.oldest).whole_days();
        let days = (rules.now.unix_micros() - looked.unix_micros()) / DAY_MICROS;
        if days > kept.max(CLOCK_MAY_LEAP_DAYS) {
            let now = rules.now;
            return Err(SinkError::ClockLeapt { looked, now, days });
        }
    }
    look_at(db, rules.now).await
}

/// Notes that the retention looks now. A clock that was ahead once, and not too far, is not waited for: the later look counts.
pub(crate) async fn look_at(db: &mut Connection, now: Timestamp) -> Result<(), SinkError> {
    let sql = "INSERT INTO sink_retention (id, looked_at) VALUES (1, $1) \
               ON CONFLICT (id) DO UPDATE SET looked_at = excluded.looked_at WHERE excluded.looked_at > sink_retention.looked_at";
    db.execute(sql, &[now.unix_micros().into()]).await.map(drop)
}

/// `sink clock confirm`: the clock is right, and what it makes too old may go.
pub async fn confirm_clock(settings: &Settings, now: Timestamp) -> Result<(), SinkError> {
    let mut db = settings.open_database().await?;
    look_at(&mut db, now).await?;
    db.close().await;
    Ok(())
}

/// Packs the files of days that ended `days` days ago or earlier, one after another; batches are committed meanwhile.
pub(crate) async fn pack_finished_days(
    committer: &Mutex<Committer>,
    rules: &Rules,
    days: u16,
) -> Result<(), SinkError> {
    let before = crate::judge::oldest_day(rules.now, days, rules.zone);
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

/// The first moment of a day in the zone of the days.
fn start_of(day: Date, rules: &Rules) -> Timestamp {
    rules.zone.begin_of(day)
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
