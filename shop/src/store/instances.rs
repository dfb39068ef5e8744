//! The shops of this database, and what becomes of the facts of one that will not come back.
//!
//! A fact goes through the journal of the shop that recorded it. When that journal is gone for good, another shop adopts its facts: from
//! then on that one's outbox drains them like its own, each once, whatever is killed. An adopted shop does not start again.
//!
//! Two shops on copies of one journal folder give the same sequences to different events. Which of them may drain the facts is the one that
//! was started last; the other one says so on `/readyz` and leaves them. What it records besides facts still goes to Kafka, where the sink
//! sets aside what stands under a used sequence.
//!
//! Not for: a journal that still exists (start a shop on it). What a lost journal held already and the event store did not know yet, at
//! most the facts of a shop's last moments, is sent again by the adopter, with the same event id.

use std::fmt;
use std::sync::atomic::Ordering;

use schemas::{InstanceId, Timestamp};
use sqlx::{AnyConnection, Row};

use crate::store::database::{in_time, transaction, transaction_always};
use crate::store::{NotDone, Store, StoreError};

/// A shop that was seen this lately runs; each says so every 15 seconds.
const RUNS_WITHIN_MICROS: i64 = 60 * 1_000_000;

/// Facts that are not marked as being in a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaitingFacts {
    /// Those that this shop drains.
    pub own: u64,
    /// Those that nobody drains.
    pub orphans: Vec<Waiting>,
}

/// Facts that wait for a shop that doesn't run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Whose journal they are to go to.
    pub instance: String,
    pub facts: u64,
    /// When that shop was last seen; when the first of the facts was recorded, if it never was.
    pub since: Timestamp,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instance, facts, since } = self;
        write!(
            f,
            "{facts} facts of {instance} wait, and no shop of that name runs since {since}: start it on its journal folder, or, if \
             that is gone for good, run `shop adopt {instance}`"
        )
    }
}

/// Why facts are not adopted. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdoptionRefused {
    #[error("that is this shop's own name")]
    Own,
    #[error("it was seen to run at {0}; stop it, and try again a minute later")]
    Runs(Timestamp),
    #[error("no shop of that name has recorded anything here")]
    Unknown,
    #[error("it was adopted by {0} already")]
    AdoptedBy(String),
    #[error("this shop was itself adopted by {0}; use another journal folder")]
    Retired(String),
}

/// What is known of a shop.
struct Known {
    last_seen: i64,
    adopted_by: Option<String>,
}

impl Store {
    /// Says that this shop runs; who has adopted it, if it must not.
    pub async fn runs(&self) -> Result<Option<String>, StoreError> {
        in_time(self.say_that_it_runs()).await
    }

    async fn say_that_it_runs(&self) -> Result<Option<String>, StoreError> {
        transaction_always!(self.0.database, |connection| {
            let own = self.0.instance.as_str();
            // A database that was put back from a backup knows of fewer starts; a namesake's is left as it is.
            let seen = sqlx::query(
                "INSERT INTO shop_instance (name, last_seen, starts) VALUES ($1, $2, $3)
                 ON CONFLICT (name) DO UPDATE SET last_seen = excluded.last_seen,
                    starts = CASE WHEN shop_instance.starts < excluded.starts THEN excluded.starts ELSE shop_instance.starts END
                 WHERE shop_instance.adopted_by IS NULL",
            );
            let now = self.0.clock.now().unix_micros();
            let start = self.0.start.load(Ordering::Relaxed);
            let seen = seen.bind(own).bind(now).bind(start).execute(&mut *connection).await?;
            if seen.rows_affected() > 0 {
                return Ok(None);
            }
            Ok(known(connection, own).await?.and_then(|known| known.adopted_by))
        })
    }

    /// Counts this start. To be called once nothing else can keep the shop from running: a second shop of the same name, on a copy of its
    /// journal folder, that runs already is shut out from now on (see [`Store::is_the_latest`]).
    pub async fn begins_to_run(&self) -> Result<(), StoreError> {
        let begun = transaction_always!(self.0.database, |connection| {
            let begun = sqlx::query_scalar(
                "INSERT INTO shop_instance (name, last_seen, starts) VALUES ($1, $2, 1)
                 ON CONFLICT (name) DO UPDATE SET last_seen = excluded.last_seen, starts = shop_instance.starts + 1
                 RETURNING starts",
            );
            let now = self.0.clock.now().unix_micros();
            let begun: i64 = begun
                .bind(self.0.instance.as_str())
                .bind(now)
                .fetch_one(connection)
                .await?;
            Ok(begun)
        })?;
        self.0.start.store(begun, Ordering::Relaxed);
        Ok(())
    }

    /// An error when a shop of this name was started after this one: both have the same journal, so the facts are the later one's. What
    /// opens the store without running (`shop adopt`) is never shut out.
    pub(super) async fn is_the_latest(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let own = self.0.start.load(Ordering::Relaxed);
        let later: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM shop_instance WHERE name = $1 AND starts > $2")
            .bind(self.0.instance.as_str())
            .bind(own)
            .fetch_one(connection)
            .await?;
        if own > 0 && later > 0 {
            return Err(StoreError::Namesake(self.0.instance.clone()));
        }
        Ok(())
    }

    /// What waits in the event store, and for whom.
    pub async fn waiting_facts(&self) -> Result<WaitingFacts, StoreError> {
        let rows = sqlx::query(
            "SELECT COALESCE(theirs.adopted_by, event.instance) AS whose, COUNT(*) AS facts, MIN(event.happened_at) AS oldest,
                    MAX(COALESCE(runs.last_seen, 0)) AS last_seen
             FROM event
             LEFT JOIN shop_instance AS theirs ON theirs.name = event.instance
             LEFT JOIN shop_instance AS runs ON runs.name = COALESCE(theirs.adopted_by, event.instance)
             WHERE event.journal_sequence IS NULL GROUP BY COALESCE(theirs.adopted_by, event.instance) ORDER BY whose",
        );
        let rows = in_time(async { Ok(rows.fetch_all(&mut *self.0.database.read().await?).await?) }).await?;
        let mut waiting = WaitingFacts::default();
        for row in rows {
            let (instance, facts): (String, i64) = (row.try_get("whose")?, row.try_get("facts")?);
            let (oldest, last_seen): (i64, i64) = (row.try_get("oldest")?, row.try_get("last_seen")?);
            let facts = facts.unsigned_abs();
            if instance == self.0.instance.as_str() {
                waiting.own = facts;
            } else if !self.runs_who_was_seen(last_seen) {
                let since = if last_seen > 0 { last_seen } else { oldest };
                let since = Timestamp::from_unix_micros_saturating(since);
                waiting.orphans.push(Waiting { instance, facts, since });
            }
        }
        Ok(waiting)
    }

    /// From now on this shop drains the facts of `orphan`, and of those that it had adopted; answers how many wait.
    pub async fn adopt(&self, orphan: &InstanceId) -> Result<u64, NotDone<AdoptionRefused>> {
        transaction!(self.0.database, |connection| {
            if let Some(refused) = self.refuses_to_adopt(connection, orphan).await? {
                return Err(NotDone::Refused(refused));
            }
            let own = self.0.instance.as_str();
            sqlx::query(
                "INSERT INTO shop_instance (name, last_seen, adopted_by) VALUES ($1, 0, $2)
                 ON CONFLICT (name) DO UPDATE SET adopted_by = excluded.adopted_by",
            )
            .bind(orphan.as_str())
            .bind(own)
            .execute(&mut *connection)
            .await?;
            sqlx::query("UPDATE shop_instance SET adopted_by = $1 WHERE adopted_by = $2")
                .bind(own)
                .bind(orphan.as_str())
                .execute(&mut *connection)
                .await?;
            let waiting: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM event WHERE journal_sequence IS NULL
                 AND instance IN (SELECT name FROM shop_instance WHERE adopted_by = $1)",
            )
            .bind(own)
            .fetch_one(connection)
            .await?;
            Ok(waiting.unsigned_abs())
        })
    }

    async fn refuses_to_adopt(
        &self,
        connection: &mut AnyConnection,
        orphan: &InstanceId,
    ) -> Result<Option<AdoptionRefused>, StoreError> {
        let own = self.0.instance.as_str();
        if orphan.as_str() == own {
            return Ok(Some(AdoptionRefused::Own));
        }
        if let Some(by) = known(connection, own).await?.and_then(|known| known.adopted_by) {
            return Ok(Some(AdoptionRefused::Retired(by)));
        }
        Ok(match known(connection, orphan.as_str()).await? {
            Some(Known {
                adopted_by: Some(by), ..
            }) if by == own => None,
            Some(Known {
                adopted_by: Some(by), ..
            }) => Some(AdoptionRefused::AdoptedBy(by)),
            Some(Known { last_seen, .. }) if self.runs_who_was_seen(last_seen) => {
                Some(AdoptionRefused::Runs(Timestamp::from_unix_micros_saturating(last_seen)))
            }
            Some(_) => None,
            None => {
                // In two questions, each of which has an index: a name that was mistyped is looked for among all facts.
                let has_recorded: i64 = sqlx::query_scalar(
                    "SELECT COUNT(*) FROM (SELECT 1) AS one
                     WHERE EXISTS (SELECT 1 FROM event WHERE instance = $1 AND journal_sequence IS NULL)
                        OR EXISTS (SELECT 1 FROM event WHERE instance = $2 AND journal_sequence IS NOT NULL)",
                )
                .bind(orphan.as_str())
                .bind(orphan.as_str())
                .fetch_one(connection)
                .await?;
                (has_recorded == 0).then_some(AdoptionRefused::Unknown)
            }
        })
    }

    fn runs_who_was_seen(&self, at: i64) -> bool {
        self.0.clock.now().unix_micros() - at < RUNS_WITHIN_MICROS
    }
}

async fn known(connection: &mut AnyConnection, name: &str) -> Result<Option<Known>, StoreError> {
    let row = sqlx::query("SELECT last_seen, adopted_by FROM shop_instance WHERE name = $1")
        .bind(name)
        .fetch_optional(connection)
        .await?;
    row.map(|row| {
        Ok(Known {
            last_seen: row.try_get("last_seen")?,
            adopted_by: row.try_get("adopted_by")?,
        })
    })
    .transpose()
}
