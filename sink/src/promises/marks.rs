//! A known event is a repetition wherever it turns up, and another event under its sequence is a letter wherever it does.

use super::world::{Outcome, REQUESTS, VIEWS, World, impostor, lines, request, view};
use crate::judge::Reason;
use crate::{Partition, SinkError, TopicPartition};

const NOON: &str = "2025-05-14T12:00:00.000000Z";
const ELSEWHERE: TopicPartition = TopicPartition {
    partition: Partition(7),
    ..VIEWS
};

#[tokio::test]
async fn an_event_that_turns_up_in_another_partition_is_skipped() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let events = [view(NOON, 1), view(NOON, 2), view(NOON, 300)];
        sink.commit(&events).await?;
        sink.at = ELSEWHERE;
        sink.take_over().await?;
        let again = [&events[..], &[view(NOON, 301)]].concat();
        let counts = sink.commit(&again).await?.counts;
        assert_eq!((counts.duplicates, counts.lines), (3, 1));
        assert_eq!(world.rows().await?, [1, 2, 300, 301]);
        let written = lines(&again.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(world.file("logs/user_activity-2025-05-14.log"), written);
    }
    Ok(())
}

#[tokio::test]
async fn another_event_under_a_used_sequence_is_a_letter_also_where_another_sink_kept_it_and_nothing_has_rows()
-> Outcome {
    for world in World::all().await? {
        let mut sink = world.idle_sink("logs").await?;
        sink.at = REQUESTS;
        sink.take_over().await?;
        let (first, second) = (request(NOON, 1)?, request(NOON, 2)?);
        sink.commit(&[first.clone(), second.clone()]).await?;
        let mut heir = world.idle_sink("heir").await?;
        heir.at = REQUESTS;
        heir.take_over().await?;
        let (batch, refused) = heir
            .gather(&[impostor(&first), second, impostor(&request(NOON, 3)?)])
            .await;
        assert_eq!(
            refused,
            [Reason::SequenceReused {
                sequence: schemas::Sequence(1)
            }]
        );
        assert_eq!((batch.counts.duplicates, batch.counts.lines), (1, 1));
    }
    Ok(())
}

#[tokio::test]
async fn what_two_sinks_keep_at_the_same_time_is_kept_once() -> Outcome {
    for world in World::all().await? {
        let mut one = world.sink("one").await?;
        let mut other = world.idle_sink("other").await?;
        other.at = ELSEWHERE;
        other.take_over().await?;
        let (same, new) = (view(NOON, 1), view(NOON, 2));
        let values = [same.clone(), new.clone()];
        let (batch, _) = other.gather(&values).await;
        one.commit(std::slice::from_ref(&same)).await?;
        let refused = other.committer.commit(batch).await;
        assert!(
            matches!(refused, Err(SinkError::KeptMeanwhile { events: 1 })),
            "{refused:?}"
        );
        other.take_back().await?;
        other.commit(&values).await?;
        assert_eq!(world.rows().await?, [1, 2]);
        assert_eq!(world.file("other/user_activity-2025-05-14.log"), lines(&[&new]));
    }
    Ok(())
}

#[tokio::test]
async fn another_consumer_group_on_the_same_database_doubles_nothing() -> Outcome {
    for world in World::all().await? {
        let events = [view(NOON, 1), view(NOON, 2)];
        world.sink("logs").await?.commit(&events).await?;
        for _ in 0..2 {
            let mut other = world.idle_sink("logs").await?;
            "another-group".clone_into(&mut other.committer.books.group);
            other.take_over().await?;
            assert_eq!(other.next().map(|(next, _)| next.0), Some(0));
            let (batch, _) = other.gather(&events).await;
            assert_eq!((batch.counts.duplicates, batch.counts.lines), (2, 0));
            drop(other);
        }
        assert_eq!(world.rows().await?, [1, 2]);
    }
    Ok(())
}

#[tokio::test]
async fn an_event_that_comes_after_a_later_one_of_its_shop_is_kept() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        sink.commit(&[view(NOON, 1), view(NOON, 700)]).await?;
        sink.take_over().await?;
        let counts = sink.commit(&[view(NOON, 400), view(NOON, 700)]).await?.counts;
        assert_eq!((counts.duplicates, counts.lines), (1, 1));
        assert_eq!(world.rows().await?, [1, 400, 700]);
    }
    Ok(())
}

#[tokio::test]
async fn marks_are_forgotten_after_the_retention() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        sink.commit(&[view(NOON, 1)]).await?;
        let count = async || -> Result<i64, SinkError> {
            let mut db = world.database.connect().await?;
            let rows = db.rows("SELECT COUNT(*) FROM sink_mark", &[]).await?;
            db.close().await;
            rows.first().map_or(Ok(0), |row| row.int(0))
        };
        let mut rules = sink.rules;
        for (days, left) in [(32, 1), (34, 0)] {
            let now = sink.rules.now.plus_micros(days * 24 * 60 * 60 * 1_000_000);
            rules = crate::judge::Rules::new(now, 30, rules.zone);
            sink.committer.retain(&rules).await?;
            assert_eq!(count().await?, left, "after {days} days");
        }
    }
    Ok(())
}
