//! The one place where a batch becomes true, and where the sink finds out what is true after a failure.
//!
//! Order of a commit: new files are entered in the books; dead letters are announced, sent and acknowledged; BEGIN; the
//! positions move (compare-and-set, which keeps out whoever was taken over before a byte is written); lines are written and
//! synced while rows, sequences and file lengths go in; marks go in, which finds what another sink has kept; COMMIT. Whatever fails before COMMIT is undone at once; a COMMIT that
//! was not answered is settled by [`Committer::take_over`], which reads the books.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use schemas::InstanceId;

use crate::SinkError;
use crate::assignment::Assignment;
use crate::batch::Batch;
use crate::books::{Books, Claim, Position};
use crate::database::{Connection, DatabaseUrl};
use crate::dead_letter::{DeadLetter, DeadLetters, delivered};
use crate::fail_point::FailPoint;
use crate::files::{DayFile, LogWriter};
use crate::kafka::Kafka;
use crate::marks::{self, Read, Stretch};
use crate::receipt::Receipt;
use crate::table::Partitions;
use crate::{ClusterId, metric};

/// How long the database may take for one transaction; PostgreSQL itself gives up a statement after 30 s.
const DATABASE_WITHIN: Duration = Duration::from_secs(45);

/// Owns the database connection and the log files; one batch at a time.
pub(crate) struct Committer {
    pub database: DatabaseUrl,
    pub books: Books,
    pub kafka: Kafka,
    pub(crate) writer: Arc<Mutex<LogWriter>>,
    connection: Option<Connection>,
    pub(crate) partitions: Partitions,
    dead_letters: DeadLetters,
}

type Lines = BTreeMap<DayFile, Vec<u8>>;

impl Committer {
    pub(crate) fn new(
        database: DatabaseUrl,
        connection: Connection,
        books: Books,
        writer: LogWriter,
        kafka: Kafka,
    ) -> Result<Self, SinkError> {
        Ok(Self {
            database,
            books,
            dead_letters: DeadLetters::new(&kafka)?,
            kafka,
            writer: Arc::new(Mutex::new(writer)),
            connection: Some(connection),
            partitions: Partitions::default(),
        })
    }

    /// Commits the batch, or takes all of it back.
    pub(crate) async fn commit(&mut self, batch: Batch) -> Result<Receipt, SinkError> {
        let mut db = self.take_connection().await?;
        let done = self.write(&mut db, batch).await;
        self.keep_connection(db, done).await
    }

    /// Claims partitions, cuts the log files to what the books say, and answers what is held from now on.
    pub(crate) async fn take_over(
        &mut self,
        claims: &[Claim],
        cluster: Option<&ClusterId>,
    ) -> Result<Assignment, SinkError> {
        let mut db = self.take_connection().await?;
        let done = in_time(self.claim(&mut db, claims, cluster)).await;
        self.keep_connection(db, done).await
    }

    /// What the books say about a stretch of a shop, and about those behind it.
    pub(crate) async fn marks(&mut self, instance: &InstanceId, first: Stretch) -> Result<Read, SinkError> {
        let mut db = self.take_connection().await?;
        let done = in_time(marks::books::read(&mut db, instance, first)).await;
        self.keep_connection(db, done).await
    }

    /// A connection that works as far as is known; give it back with [`Self::keep_connection`].
    pub(crate) async fn take_connection(&mut self) -> Result<Connection, SinkError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => in_time(self.database.connect()).await,
        }
    }

    /// Keeps the connection for the next time, unless what was done with it failed.
    pub(crate) async fn keep_connection<T>(
        &mut self,
        connection: Connection,
        done: Result<T, SinkError>,
    ) -> Result<T, SinkError> {
        if done.is_ok() {
            self.connection = Some(connection);
            return done;
        }
        // Somebody may have dropped a day's partition: they are asked for again.
        self.partitions = Partitions::default();
        if tokio::time::timeout(Duration::from_secs(1), connection.close())
            .await
            .is_err()
        {
            tracing::debug!("the failed database connection didn't close in time");
        }
        done
    }

    async fn claim(
        &mut self,
        db: &mut Connection,
        claims: &[Claim],
        cluster: Option<&ClusterId>,
    ) -> Result<Assignment, SinkError> {
        db.begin().await?;
        let positions = self.books.claim(db, claims, cluster).await?;
        let sources = self.books.sources(db).await?;
        let unmarked = self.books.unmarked(db).await?;
        let lengths = self.books.file_lengths(db).await?;
        db.run("COMMIT").await?;
        self.writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .restore(lengths, is_all_there(&positions, claims, cluster))?;
        let (kafka, unsure) = (self.kafka.clone(), positions.clone());
        let already_dead = blocking("reading dead letters", move || delivered(&kafka, &unsure)).await?;
        Ok(Assignment::new(positions, sources, unmarked, already_dead))
    }

    async fn write(&mut self, db: &mut Connection, mut batch: Batch) -> Result<Receipt, SinkError> {
        let started = Instant::now();
        let (counts, rows) = (batch.counts, batch.rows.len());
        in_time(self.prepare(db, &batch)).await?;
        self.bury(db, &batch).await?;
        let lines = Arc::new(std::mem::take(&mut batch.lines));
        let line_bytes = lines.values().map(|lines| lines.len() as u64).sum();
        let lengths = self.lock_writer(|writer| writer.lengths_after(&lines));
        in_time(async {
            db.begin().await?;
            self.books.advance(db, &batch.moves).await
        })
        .await?;
        let moves = std::mem::take(&mut batch.moves);
        let (marks, now) = (std::mem::take(&mut batch.marks), batch.rules.now);
        let (appended, inserted) = tokio::join!(self.append(&lines), in_time(self.insert(db, batch, &lengths)));
        let mut done = appended.and(inserted);
        if done.is_ok() {
            // Last, as it keeps other sinks waiting.
            done = in_time(marks::books::merge(db, &marks, now)).await;
        }
        if let Err(error) = done {
            self.lock_writer(|writer| writer.cut_back(lines.keys().copied()))?;
            return Err(error);
        }
        FailPoint::AfterFileSync.reach();
        in_time(db.run("COMMIT"))
            .await
            .map_err(|error| SinkError::CommitUnanswered {
                reason: error.to_string(),
            })?;
        self.lock_writer(|writer| writer.confirm(&lengths));
        FailPoint::AfterCommit.reach();
        Ok(Receipt {
            moves,
            counts,
            rows,
            line_bytes,
            took: started.elapsed(),
        })
    }

    /// What must be there before the transaction begins: new files in the books, partitions in the table.
    async fn prepare(&mut self, db: &mut Connection, batch: &Batch) -> Result<(), SinkError> {
        for file in self.lock_writer(|writer| writer.packed_among(batch.lines.keys().copied())) {
            let writer = Arc::clone(&self.writer);
            blocking("unpacking a log file", move || {
                writer.lock().unwrap_or_else(PoisonError::into_inner).unpack(file)
            })
            .await?;
        }
        self.partitions.ensure(db, &batch.rows.days()).await?;
        let new = self.lock_writer(|writer| writer.unregistered(batch.lines.keys().copied()))?;
        let lengths = new.iter().map(|file| (*file, 0)).collect();
        self.books.set_file_lengths(db, &lengths).await?;
        self.lock_writer(|writer| writer.registered(&new));
        Ok(())
    }

    /// Announces the dead letters, sends them and waits until they are safe.
    async fn bury(&mut self, db: &mut Connection, batch: &Batch) -> Result<(), SinkError> {
        let letters: Vec<&DeadLetter> = batch.dead_letters.iter().collect();
        if letters.is_empty() {
            return Ok(());
        }
        let places: BTreeSet<_> = letters.iter().map(|letter| letter.at).collect();
        let ends = self.dead_letters.ends(places.into_iter().collect()).await?;
        let announced = ends
            .into_iter()
            .filter_map(|(at, end)| Some((at, (*batch.moves.get(&at)?, end))))
            .collect();
        in_time(self.books.announce_dead_letters(db, &announced)).await?;
        self.dead_letters.send(&letters).await?;
        for letter in letters {
            metric::dead_letter(letter.reason.kind());
        }
        FailPoint::AfterDeadLetters.reach();
        Ok(())
    }

    async fn insert(
        &self,
        db: &mut Connection,
        batch: Batch,
        lengths: &BTreeMap<DayFile, u64>,
    ) -> Result<(), SinkError> {
        batch.rows.insert(db).await?;
        batch.products.insert(db).await?;
        self.books.remember_sources(db, &batch.sources, batch.rules.now).await?;
        self.books.set_file_lengths(db, lengths).await
    }

    async fn append(&self, lines: &Arc<Lines>) -> Result<(), SinkError> {
        if lines.is_empty() {
            return Ok(());
        }
        let (writer, lines) = (Arc::clone(&self.writer), Arc::clone(lines));
        blocking("writing log files", move || {
            writer.lock().unwrap_or_else(PoisonError::into_inner).append(&lines)
        })
        .await
    }

    pub(crate) fn lock_writer<T>(&self, work: impl FnOnce(&mut LogWriter) -> T) -> T {
        work(&mut self.writer.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether Kafka still has everything that comes at and after the positions.
fn is_all_there(positions: &[Position], claims: &[Claim], cluster: Option<&ClusterId>) -> bool {
    let is_there = |position: &Position| {
        let is_same = position
            .cluster
            .as_ref()
            .zip(cluster)
            .is_none_or(|(home, here)| home == here);
        let claim = claims.iter().find(|claim| claim.at == position.at);
        is_same && claim.is_none_or(|claim| (claim.earliest..=claim.end).contains(&position.next))
    };
    positions.iter().all(is_there)
}

/// Gives the database [`DATABASE_WITHIN`]; what takes longer counts as failed, and its connection is thrown away.
pub(crate) async fn in_time<T>(work: impl Future<Output = Result<T, SinkError>>) -> Result<T, SinkError> {
    match tokio::time::timeout(DATABASE_WITHIN, work).await {
        Ok(done) => done,
        Err(_) => Err(SinkError::DatabaseSilent {
            seconds: DATABASE_WITHIN.as_secs(),
        }),
    }
}

pub(crate) async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, SinkError> + Send + 'static,
) -> Result<T, SinkError> {
    let crashed = |error: tokio::task::JoinError| SinkError::Crashed {
        what,
        reason: error.to_string(),
    };
    tokio::task::spawn_blocking(work).await.map_err(crashed)?
}
