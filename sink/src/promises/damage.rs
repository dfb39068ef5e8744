//! What is put back, held up or made up from outside costs nothing that was kept.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use super::world::{Outcome, VIEWS, World, lines, view};
use crate::assignment::Held;
use crate::books::{Claim, Move};
use crate::database::Connection;
use crate::trace::Trace;
use crate::{Offset, Partition, TopicPartition, judge};

const NOON: &str = "2025-05-14T12:00:00.000000Z";
const FILE: &str = "logs/user_activity-2025-05-14.log";

#[tokio::test]
async fn what_an_older_database_would_cut_is_set_aside_where_kafka_no_longer_has_it() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let events: Vec<_> = (1..=3).map(|sequence| view(NOON, sequence)).collect();
        sink.commit(&events[..1]).await?;
        let [first, second, third] = [&events[0], &events[1], &events[2]].map(|event| lines(&[event]));
        // The database knows of the first line only.
        fs::write(world.path(FILE), format!("{first}{second}"))?;
        let claim = |earliest| Claim {
            at: VIEWS,
            earliest: Offset(earliest),
            end: Offset(7),
            only_if_ours: false,
        };
        sink.committer.take_over(&[claim(5)], None).await?;
        assert_eq!(
            (world.file(FILE), world.file(&format!("{FILE}.cut"))),
            (first.clone(), second)
        );
        fs::write(world.path(FILE), format!("{first}{third}"))?;
        sink.committer.take_over(&[claim(5)], None).await?;
        assert_eq!(world.file(&format!("{FILE}.cut-1")), third);
        // What Kafka gives again is cut as ever.
        fs::write(world.path(FILE), format!("{first}{third}"))?;
        sink.committer.take_over(&[claim(0)], None).await?;
        assert_eq!(world.file(FILE), first);
        assert!(!world.path(&format!("{FILE}.cut-2")).exists());
    }
    Ok(())
}

#[tokio::test]
async fn a_long_look_at_the_table_holds_up_neither_a_new_day_nor_other_readers() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        sink.commit(&[view(NOON, 1)]).await?;
        let mut reader = world.database.connect().await?;
        if matches!(reader, Connection::Sqlite(_)) {
            continue;
        }
        reader.run("BEGIN; SELECT count(*) FROM user_activity_log").await?;
        let new_days = ["2025-05-05T12:00:00.000000Z", "2025-05-06T12:00:00.000000Z"];
        for (sequence, day) in (2..).zip(new_days) {
            let event = [view(day, sequence)];
            tokio::time::timeout(Duration::from_secs(5), sink.commit(&event)).await??;
        }
        reader.run("COMMIT").await?;
        assert_eq!(world.rows().await?, [1, 2, 3]);
        // A partition that went out of use, and one whose detaching was broken off, go all the same.
        let mut db = world.database.connect().await?;
        db.run("ALTER TABLE user_activity_log DETACH PARTITION user_activity_log_20250505")
            .await?;
        let rules = judge::Rules::new(super::world::at("2025-06-12T12:00:00.000000Z"), 30, schemas::Zone::UTC);
        sink.committer.retain(&rules).await?;
        assert_eq!(world.rows().await?, [1]);
        let left = "SELECT count(*) FROM pg_class WHERE relname IN ('user_activity_log_20250505', 'user_activity_log_20250506')";
        assert_eq!(db.rows(left, &[]).await?[0].int(0)?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_status_that_is_none_of_http_is_a_letter_and_not_another_number() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let with = |status: &str| {
            let value = String::from_utf8_lossy(&view(NOON, 1))
                .replace("\"response_status\":200", &format!("\"response_status\":{status}"));
            value.into_bytes()
        };
        for (status, is_kept) in [("999", true), ("1000", false), ("40000", false), ("65535", false)] {
            let (batch, refused) = sink.gather(&[with(status)]).await;
            assert_eq!(
                (batch.counts.lines == 1, refused.is_empty()),
                (is_kept, is_kept),
                "{status}: {refused:?}"
            );
            sink.take_over().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_day_of_the_table_that_was_dropped_by_hand_is_made_again() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        sink.commit(&[view(NOON, 1)]).await?;
        let mut db = world.database.connect().await?;
        if matches!(db, Connection::Sqlite(_)) {
            continue;
        }
        db.run("DROP TABLE user_activity_log_20250514").await?;
        db.close().await;
        assert!(sink.commit(&[view(NOON, 2)]).await.is_err());
        sink.take_back().await?;
        sink.commit(&[view(NOON, 2)]).await?;
        assert_eq!(world.rows().await?, [2]);
    }
    Ok(())
}

#[tokio::test]
async fn ten_thousand_partitions_are_taken_over_and_moved_at_once() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.idle_sink("logs").await?;
        let partition = |number| TopicPartition {
            partition: Partition(number),
            ..VIEWS
        };
        let claims: Vec<_> = (0..10_000)
            .map(|number| Claim {
                at: partition(number),
                earliest: Offset(3),
                end: Offset(4),
                only_if_ours: false,
            })
            .collect();
        let assignment = sink.committer.take_over(&claims, None).await?;
        let one_on = |held: &Held| Move {
            epoch: held.epoch,
            from: held.next,
            next: held.next.next(),
            bad_run: 0,
            has_letters_ahead: false,
            trace: Trace::of(None, None, None),
        };
        let moves: BTreeMap<_, _> = assignment.iter().map(|(at, held)| (at, one_on(held))).collect();
        assert_eq!(moves.len(), claims.len());
        let mut db = world.database.connect().await?;
        db.begin().await?;
        sink.committer.books.advance(&mut db, &moves).await?;
        db.run("COMMIT").await?;
        db.close().await;
        let back: Vec<_> = claims
            .iter()
            .map(|claim| Claim {
                only_if_ours: true,
                ..*claim
            })
            .collect();
        let again = sink.committer.take_over(&back, None).await?;
        assert_eq!(
            again.iter().filter(|(_, held)| held.next == Offset(4)).count(),
            claims.len()
        );
    }
    Ok(())
}
