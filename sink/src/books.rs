//! The books: where the sink stands, in SQL. Positions per partition, the last sequence per source, committed file lengths.
//!
//! Promises: a position changes only for the holder of its epoch (compare-and-set of epoch and next offset); every function
//! here runs within the transaction that its caller has begun, except where it says otherwise.

use std::collections::{BTreeMap, HashMap};

use schemas::{InstanceId, Sequence, Timestamp, Topic};

use crate::database::{Connection, Row, Value, tuples};
use crate::files::DayFile;
use crate::trace::Trace;
use crate::{ClusterId, Epoch, Offset, Partition, SinkError, TopicPartition};

/// Values in one statement. SQLite takes 32,766, but finds each number of a placeholder by looking through all before: time goes with
/// the square.
const MAX_VALUES: usize = 2_000;

/// Where a partition stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub at: TopicPartition,
    pub epoch: Epoch,
    pub next: Offset,
    /// The cluster that `next` belongs to; none where neither the books nor Kafka name one.
    pub cluster: Option<ClusterId>,
    pub bad_run: u64,
    /// Where in the dead-letter topic to look for letters that were sent but not committed.
    pub dead_letters_from: Option<Offset>,
    /// Of the last message that was read, the one before `next`; none where the books are older than traces.
    pub trace: Option<Trace>,
}

/// How a batch moves a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Move {
    pub epoch: Epoch,
    pub from: Offset,
    pub next: Offset,
    pub bad_run: u64,
    /// Letters that were found after a crash stand at or after `next`: who takes over must look for them once more.
    pub has_letters_ahead: bool,
    /// Of the last message, the one before `next`.
    pub trace: Trace,
}

/// What is claimed at a take-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub at: TopicPartition,
    /// The first offset that Kafka still has: where a partition without a position begins.
    pub earliest: Offset,
    /// Behind the last one.
    pub end: Offset,
    /// After a failure: only if nobody else has taken the partition since. Otherwise the group has just given it to us.
    pub only_if_ours: bool,
}

pub(crate) type Sources = HashMap<InstanceId, Sequence>;

/// Whose books: the consumer group, and the log folder's instance.
#[derive(Debug, Clone)]
pub(crate) struct Books {
    pub group: String,
    pub instance: InstanceId,
}

impl Books {
    /// Bumps the epoch of what is claimed, and answers with what is held from now on. A position that names no cluster yet is
    /// taken to belong to `cluster`.
    pub(crate) async fn claim(
        &self,
        db: &mut Connection,
        claims: &[Claim],
        cluster: Option<&ClusterId>,
    ) -> Result<Vec<Position>, SinkError> {
        let cluster = Value::from(cluster.map(ClusterId::as_str));
        let mut rows = Vec::with_capacity(claims.len());
        let (ours, fresh): (Vec<&Claim>, Vec<&Claim>) = claims.iter().partition(|claim| claim.only_if_ours);
        for fresh in fresh.chunks(MAX_VALUES / 8) {
            let mut values = Vec::with_capacity(fresh.len() * 8);
            for claim in fresh {
                values.extend([Value::from(self.group.as_str()), claim.at.topic.name().into()]);
                values.extend([i64::from(claim.at.partition.0), 1, claim.earliest.0, 0].map(Value::from));
                values.extend([self.instance.as_str().into(), cluster.clone()]);
            }
            let sql = format!(
                "INSERT INTO sink_position (consumer_group, topic, partition, epoch, next_offset, bad_run, owner, cluster) VALUES {} \
                 ON CONFLICT (consumer_group, topic, partition) \
                 DO UPDATE SET epoch = sink_position.epoch + 1, owner = excluded.owner, \
                 cluster = COALESCE(sink_position.cluster, excluded.cluster) \
                 RETURNING topic, partition, epoch, next_offset, bad_run, dead_letters_from, cluster, trace",
                tuples(fresh.len(), 8, 1)
            );
            rows.extend(db.rows(&sql, &values).await?);
        }
        for ours in ours.chunks(MAX_VALUES / 2) {
            let mut values = vec![
                Value::from(self.group.as_str()),
                self.instance.as_str().into(),
                cluster.clone(),
            ];
            for claim in ours {
                values.extend([
                    Value::from(claim.at.topic.name()),
                    i64::from(claim.at.partition.0).into(),
                ]);
            }
            let sql = format!(
                "UPDATE sink_position SET epoch = epoch + 1, cluster = COALESCE(cluster, $3) FROM (VALUES {}) AS ours \
                 WHERE consumer_group = $1 AND owner = $2 AND topic = ours.column1 AND partition = ours.column2 \
                 RETURNING topic, partition, epoch, next_offset, bad_run, dead_letters_from, cluster, trace",
                tuples(ours.len(), 2, 4)
            );
            rows.extend(db.rows(&sql, &values).await?);
        }
        rows.iter().map(position).collect()
    }

    /// The last sequence of every source, per partition.
    pub(crate) async fn sources(&self, db: &mut Connection) -> Result<HashMap<TopicPartition, Sources>, SinkError> {
        let sql = "SELECT topic, partition, instance, last_sequence FROM sink_source WHERE consumer_group = $1";
        sources(&db.rows(sql, &[self.group.as_str().into()]).await?)
    }

    /// Up to where every source, per partition, was kept before there were marks, by any group.
    pub(crate) async fn unmarked(&self, db: &mut Connection) -> Result<HashMap<TopicPartition, Sources>, SinkError> {
        let sql = "SELECT topic, partition, instance, MAX(unmarked_to) FROM sink_source WHERE unmarked_to > 0 \
                   GROUP BY topic, partition, instance";
        sources(&db.rows(sql, &[]).await?)
    }

    /// Moves the positions; [`SinkError::Fenced`] unless every one of them was still ours.
    pub(crate) async fn advance(
        &self,
        db: &mut Connection,
        moves: &BTreeMap<TopicPartition, Move>,
    ) -> Result<(), SinkError> {
        let mut hit = 0;
        for moves in moves.iter().collect::<Vec<_>>().chunks(MAX_VALUES / 8) {
            let mut values = vec![Value::from(self.group.as_str())];
            for (at, moved) in moves {
                let bad_run = i64::try_from(moved.bad_run).unwrap_or(i64::MAX);
                values.extend([Value::from(at.topic.name()), i64::from(at.partition.0).into()]);
                let ahead = i64::from(moved.has_letters_ahead);
                let trace = moved.trace.number();
                values.extend([moved.epoch.0, moved.from.0, moved.next.0, bad_run, ahead, trace].map(Value::from));
            }
            let sql = format!(
                "UPDATE sink_position SET next_offset = moved.column5, bad_run = moved.column6, trace = moved.column8, \
                 dead_letters_from = CASE WHEN moved.column7 = 1 THEN dead_letters_from END \
                 FROM (VALUES {}) AS moved WHERE consumer_group = $1 AND topic = moved.column1 AND partition = moved.column2 \
                 AND epoch = moved.column3 AND next_offset = moved.column4",
                tuples(moves.len(), 8, 2)
            );
            hit += db.execute(&sql, &values).await?;
        }
        all_ours(hit, moves.len())
    }

    /// Notes that dead letters of these partitions are about to be sent, and from where to look for them after a crash.
    pub(crate) async fn announce_dead_letters(
        &self,
        db: &mut Connection,
        from: &BTreeMap<TopicPartition, (Move, Offset)>,
    ) -> Result<(), SinkError> {
        let mut hit = 0;
        for from in from.iter().collect::<Vec<_>>().chunks(MAX_VALUES / 5) {
            let mut values = vec![Value::from(self.group.as_str())];
            for (at, (moved, look_from)) in from {
                values.extend([Value::from(at.topic.name()), i64::from(at.partition.0).into()]);
                values.extend([moved.epoch.0, moved.from.0, look_from.0].map(Value::from));
            }
            let sql = format!(
                "UPDATE sink_position SET dead_letters_from = COALESCE(dead_letters_from, said.column5) FROM (VALUES {}) AS said \
                 WHERE consumer_group = $1 AND topic = said.column1 AND partition = said.column2 \
                 AND epoch = said.column3 AND next_offset = said.column4",
                tuples(from.len(), 5, 2)
            );
            hit += db.execute(&sql, &values).await?;
        }
        all_ours(hit, from.len())
    }

    /// Keeps the last sequences of the batch.
    pub(crate) async fn remember_sources(
        &self,
        db: &mut Connection,
        sources: &HashMap<TopicPartition, Sources>,
        now: Timestamp,
    ) -> Result<(), SinkError> {
        let rows: Vec<_> = sources
            .iter()
            .flat_map(|(at, sources)| sources.iter().map(move |(instance, last)| (at, instance, last)))
            .collect();
        for rows in rows.chunks(MAX_VALUES / 6) {
            let mut values = Vec::with_capacity(rows.len() * 6);
            for (at, instance, last) in rows {
                values.extend([Value::from(self.group.as_str()), at.topic.name().into()]);
                values.extend([i64::from(at.partition.0).into(), Value::from(instance.as_str())]);
                // `schemas::decode` lets no larger sequence pass.
                values.extend([i64::try_from(last.0).unwrap_or(i64::MAX), now.unix_micros()].map(Value::from));
            }
            let sql = format!(
                "INSERT INTO sink_source (consumer_group, topic, partition, instance, last_sequence, last_seen) VALUES {} \
                 ON CONFLICT (consumer_group, topic, partition, instance) \
                 DO UPDATE SET last_seen = excluded.last_seen, last_sequence = \
                 CASE WHEN excluded.last_sequence > sink_source.last_sequence THEN excluded.last_sequence \
                 ELSE sink_source.last_sequence END",
                tuples(rows.len(), 6, 1)
            );
            db.execute(&sql, &values).await?;
        }
        Ok(())
    }

    /// Forgets sources that were silent since `before`: what they could repeat is too old to be kept.
    pub(crate) async fn forget_sources(&self, db: &mut Connection, before: Timestamp) -> Result<u64, SinkError> {
        let sql = "DELETE FROM sink_source WHERE consumer_group = $1 AND last_seen < $2";
        db.execute(sql, &[self.group.as_str().into(), before.unix_micros().into()])
            .await
    }

    /// The committed lengths of this instance's files.
    pub(crate) async fn file_lengths(&self, db: &mut Connection) -> Result<BTreeMap<DayFile, u64>, SinkError> {
        let sql = "SELECT name, length FROM sink_file WHERE instance = $1";
        let mut lengths = BTreeMap::new();
        for row in db.rows(sql, &[self.instance.as_str().into()]).await? {
            let name = row.text(0)?;
            let file = DayFile::from_name(name).ok_or_else(|| impossible("sink_file", name))?;
            let length = u64::try_from(row.int(1)?).map_err(|error| impossible("sink_file", error))?;
            lengths.insert(file, length);
        }
        Ok(lengths)
    }

    /// Sets the committed lengths of some files.
    pub(crate) async fn set_file_lengths(
        &self,
        db: &mut Connection,
        lengths: &BTreeMap<DayFile, u64>,
    ) -> Result<(), SinkError> {
        if lengths.is_empty() {
            return Ok(());
        }
        let mut values = Vec::with_capacity(lengths.len() * 3);
        for (file, length) in lengths {
            let length = i64::try_from(*length).unwrap_or(i64::MAX);
            values.extend([self.instance.as_str().into(), Value::Text(file.name()), length.into()]);
        }
        let sql = format!(
            "INSERT INTO sink_file (instance, name, length) VALUES {} \
             ON CONFLICT (instance, name) DO UPDATE SET length = excluded.length",
            tuples(lengths.len(), 3, 1)
        );
        db.execute(&sql, &values).await.map(drop)
    }

    /// Whether another sink has a file of this name.
    pub(crate) async fn others_keep(&self, db: &mut Connection, file: DayFile) -> Result<bool, SinkError> {
        let sql = "SELECT 1 FROM sink_file WHERE instance <> $1 AND name = $2 LIMIT 1";
        let rows = db
            .rows(sql, &[self.instance.as_str().into(), Value::Text(file.name())])
            .await?;
        Ok(!rows.is_empty())
    }

    /// Forgets a file; the caller deletes it afterwards, never before.
    pub(crate) async fn forget_file(&self, db: &mut Connection, name: &str) -> Result<u64, SinkError> {
        let sql = "DELETE FROM sink_file WHERE instance = $1 AND name = $2";
        db.execute(sql, &[self.instance.as_str().into(), name.into()]).await
    }

    /// Forgets where every partition of the group stands: Kafka was set up anew.
    pub(crate) async fn forget_positions(&self, db: &mut Connection) -> Result<u64, SinkError> {
        let sql = "DELETE FROM sink_position WHERE consumer_group = $1";
        db.execute(sql, &[self.group.as_str().into()]).await
    }

    /// Forgets where a partition stands: it begins at its earliest offset again, and known sequences are skipped.
    pub(crate) async fn forget_position(&self, db: &mut Connection, at: TopicPartition) -> Result<u64, SinkError> {
        let sql = "DELETE FROM sink_position WHERE consumer_group = $1 AND topic = $2 AND partition = $3";
        let partition = i64::from(at.partition.0);
        db.execute(
            sql,
            &[self.group.as_str().into(), at.topic.name().into(), partition.into()],
        )
        .await
    }
}

/// Every position of a group.
pub(crate) async fn positions(db: &mut Connection, group: &str) -> Result<Vec<Position>, SinkError> {
    let sql = "SELECT topic, partition, epoch, next_offset, bad_run, dead_letters_from, cluster, trace FROM sink_position \
               WHERE consumer_group = $1 ORDER BY topic, partition";
    let rows = db.rows(sql, &[group.into()]).await?;
    rows.iter().map(position).collect()
}

fn sources(rows: &[Row]) -> Result<HashMap<TopicPartition, Sources>, SinkError> {
    let mut sources = HashMap::<_, Sources>::new();
    for row in rows {
        let instance = row.text(2)?.parse().map_err(|error| impossible("sink_source", error))?;
        let sequence = u64::try_from(row.int(3)?).map_err(|error| impossible("sink_source", error))?;
        sources
            .entry(place("sink_source", row)?)
            .or_default()
            .insert(instance, Sequence(sequence));
    }
    Ok(sources)
}

fn all_ours(hit: u64, wanted: usize) -> Result<(), SinkError> {
    let of = wanted as u64;
    if hit == of {
        Ok(())
    } else {
        Err(SinkError::Fenced {
            taken: of.saturating_sub(hit),
            of,
        })
    }
}

fn position(row: &Row) -> Result<Position, SinkError> {
    Ok(Position {
        at: place("sink_position", row)?,
        epoch: Epoch(row.int(2)?),
        next: Offset(row.int(3)?),
        bad_run: u64::try_from(row.int(4)?).map_err(|error| impossible("sink_position", error))?,
        dead_letters_from: row.optional_int(5)?.map(Offset),
        cluster: row.optional_text(6)?.map(ClusterId::from),
        trace: row.optional_int(7)?.and_then(Trace::from_number),
    })
}

fn place(table: &'static str, row: &Row) -> Result<TopicPartition, SinkError> {
    let topic = row.text(0)?;
    let topic = Topic::from_name(topic).ok_or_else(|| impossible(table, topic))?;
    let partition = i32::try_from(row.int(1)?).map_err(|error| impossible(table, error))?;
    Ok(TopicPartition {
        topic,
        partition: Partition(partition),
    })
}

fn impossible(table: &'static str, reason: impl std::fmt::Display) -> SinkError {
    SinkError::ImpossibleRow {
        table,
        reason: reason.to_string(),
    }
}
