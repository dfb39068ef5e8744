//! Batches become true as a whole, once, and only for the sink that holds the partition.

use std::fs;

use super::world::{Outcome, VIEWS, World, last_sequences, lines, view};
use crate::judge::{Reason, Rules};
use crate::{Epoch, Offset, SinkError};

const NOON: &str = "2025-05-14T12:00:00.000000Z";
const TODAY: &str = "logs/user_activity-2025-05-14.log";

#[tokio::test]
async fn what_is_committed_is_in_file_and_table_once_and_the_next_sink_goes_on_behind_it() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let (first, second, third) = (view(NOON, 1), view(NOON, 2), view(NOON, 3));
        sink.commit(&[first.clone(), second.clone()]).await?;
        drop(sink);
        let mut sink = world.sink("logs").await?;
        assert_eq!(sink.next(), Some((Offset(2), Epoch(2))));
        sink.commit(std::slice::from_ref(&third)).await?;
        assert_eq!(world.file(TODAY), lines(&[&first, &second, &third]));
        assert_eq!(world.rows().await?, [1, 2, 3]);
    }
    Ok(())
}

#[tokio::test]
async fn what_the_relay_sends_twice_is_kept_once_also_after_a_restart() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let (first, second) = (view(NOON, 1), view(NOON, 2));
        let receipt = sink.commit(&[first.clone(), first.clone(), second.clone()]).await?;
        assert_eq!(
            (receipt.counts.messages, receipt.counts.lines, receipt.counts.duplicates),
            (3, 2, 1)
        );
        drop(sink);
        let mut sink = world.sink("logs").await?;
        assert_eq!(last_sequences(&mut sink).len(), 1);
        let receipt = sink.commit(&[second.clone(), first.clone()]).await?;
        assert_eq!(receipt.counts.duplicates, 2);
        assert_eq!(sink.next().map(|(next, _)| next), Some(Offset(5)));
        assert_eq!(world.file(TODAY), lines(&[&first, &second]));
        assert_eq!(world.rows().await?, [1, 2]);
    }
    Ok(())
}

#[tokio::test]
async fn a_sink_that_was_taken_over_writes_nothing_more_and_gets_nothing_back() -> Outcome {
    for world in World::all().await? {
        let mut stopped = world.sink("logs").await?;
        let (first, second) = (view(NOON, 1), view(NOON, 2));
        stopped.commit(std::slice::from_ref(&first)).await?;
        let mut heir = world.sink("heir").await?;
        heir.commit(std::slice::from_ref(&second)).await?;

        let refused = stopped.commit(std::slice::from_ref(&second)).await;
        assert!(
            matches!(refused, Err(SinkError::Fenced { taken: 1, of: 1 })),
            "{refused:?}"
        );
        assert_eq!(world.file(TODAY), lines(&[&first]));
        stopped.take_back().await?;
        assert_eq!(stopped.next(), None);
        heir.take_back().await?;
        assert_eq!(heir.next(), Some((Offset(2), Epoch(3))));
        assert_eq!(world.file("heir/user_activity-2025-05-14.log"), lines(&[&second]));
        assert_eq!(world.rows().await?, [1, 2]);
    }
    Ok(())
}

#[tokio::test]
async fn a_take_over_that_failed_halfway_is_done_again() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        sink.commit(&[view(NOON, 1)]).await?;
        let away = world.path("away.log");
        fs::rename(world.path(TODAY), &away)?;
        let wishes = sink.assignment.wanted_back();
        // The books are bumped before the files are looked at.
        assert!(sink.take_back().await.is_err());
        fs::rename(&away, world.path(TODAY))?;
        assert_eq!(sink.assignment.wanted_back(), wishes);
        sink.take_back().await?;
        assert_eq!(sink.next(), Some((Offset(1), Epoch(3))));
    }
    Ok(())
}

#[tokio::test]
async fn what_a_crash_left_behind_is_cut_when_the_sink_comes_back() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let (first, second) = (view(NOON, 1), view(NOON, 2));
        sink.commit(std::slice::from_ref(&first)).await?;
        drop(sink);
        let torn = world.file(TODAY) + "{\"timestamp\":\"2025-05-14T12:0";
        fs::write(world.path(TODAY), torn)?;
        let mut sink = world.sink("logs").await?;
        assert_eq!(world.file(TODAY), lines(&[&first]));
        sink.commit(std::slice::from_ref(&second)).await?;
        assert_eq!(world.file(TODAY), lines(&[&first, &second]));
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_lost_committed_lines_stops_the_sink() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        sink.commit(&[view(NOON, 1)]).await?;
        drop(sink);
        fs::write(world.path(TODAY), "short")?;
        let refused = world.sink("logs").await.err();
        assert!(
            matches!(refused, Some(SinkError::ShortFile { found: 5, .. })),
            "{refused:?}"
        );
        fs::remove_file(world.path(TODAY))?;
        let refused = world.sink("logs").await.err();
        assert!(
            matches!(refused, Some(SinkError::ShortFile { found: 0, .. })),
            "{refused:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_the_books_do_not_know_is_neither_cut_nor_written_to() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        fs::write(world.path(TODAY), "somebody's own\n")?;
        let refused = sink.commit(&[view(NOON, 1)]).await;
        assert!(matches!(refused, Err(SinkError::UnknownFile { .. })), "{refused:?}");
        assert_eq!(world.file(TODAY), "somebody's own\n");
        assert_eq!(world.rows().await?, Vec::<i64>::new());
    }
    Ok(())
}

#[tokio::test]
async fn when_the_table_refuses_the_lines_are_taken_back_and_the_batch_succeeds_later() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let (first, second) = (view(NOON, 1), view(NOON, 2));
        sink.commit(std::slice::from_ref(&first)).await?;
        let mut db = world.database.connect().await?;
        db.run("ALTER TABLE sink_source RENAME TO sink_source_away").await?;
        let refused = sink.commit(std::slice::from_ref(&second)).await;
        assert!(matches!(refused, Err(SinkError::Database(_))), "{refused:?}");
        assert_eq!(world.file(TODAY), lines(&[&first]));
        db.run("ALTER TABLE sink_source_away RENAME TO sink_source").await?;
        sink.take_back().await?;
        sink.commit(std::slice::from_ref(&second)).await?;
        assert_eq!(world.file(TODAY), lines(&[&first, &second]));
        assert_eq!(world.rows().await?, [1, 2]);
    }
    Ok(())
}

#[tokio::test]
async fn a_late_event_goes_to_its_own_days_file_and_the_day_is_that_of_the_offset() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        sink.rules = Rules::new(sink.rules.now, 30, "+09:00".parse()?);
        let late = view("2025-05-12T14:59:59.999999Z", 1);
        let today = view("2025-05-13T15:00:00.000000Z", 2);
        sink.commit(&[late.clone(), today.clone()]).await?;
        assert_eq!(world.file(TODAY), lines(&[&today]));
        assert_eq!(world.file("logs/user_activity-2025-05-12.log"), lines(&[&late]));
        assert_eq!(world.rows().await?, [1, 2]);
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_with_its_field_and_counted_as_a_run() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let hostile = [
            b"not json".to_vec(),
            view("2025-05-15T12:00:00.000001Z", 1),
            view("2025-04-13T23:59:59.999999Z", 2),
            String::from_utf8(view(NOON, 3))?.replace("\"GET\"", "7").into_bytes(),
        ];
        let (batch, refused) = sink.gather(&hostile).await;
        let fields: Vec<_> = refused.iter().map(|reason| (reason.kind(), reason.field())).collect();
        assert_eq!(
            fields,
            [
                ("invalid", Some(".")),
                ("too_new", Some("timestamp")),
                ("too_old", Some("timestamp")),
                ("invalid", Some("method"))
            ]
        );
        assert!(matches!(refused[1], Reason::TooNew(_)));
        assert_eq!(batch.moves[&VIEWS].bad_run, 4);
        assert!(batch.lines.is_empty());
        // The edges of what is kept: exactly a day ahead, and the first moment of the oldest day.
        let (batch, refused) = sink
            .gather(&[
                view("2025-05-15T12:00:00.000000Z", 1),
                view("2025-04-14T00:00:00.000000Z", 2),
            ])
            .await;
        assert_eq!(refused, []);
        assert_eq!((batch.lines.len(), batch.moves[&VIEWS].bad_run), (2, 0));
    }
    Ok(())
}

#[tokio::test]
async fn json_that_only_the_table_would_refuse_is_refused_before_and_does_not_hold_the_batch_up() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let deep = "[".repeat(5_000) + &"]".repeat(5_000);
        let extras = [r#""\ud800""#, "1e999999", &deep, r#""well""#];
        let values: Vec<_> = extras
            .iter()
            .zip(1..)
            .map(|(extra, sequence)| {
                let value = String::from_utf8_lossy(&view(NOON, sequence)).into_owned();
                value
                    .replace(r#""language":"ko""#, &format!(r#""language":"ko","unknown":{extra}"#))
                    .into_bytes()
            })
            .collect();
        let (batch, refused) = sink.gather(&values).await;
        assert_eq!(refused.len(), 3, "{refused:?}");
        sink.committer.commit(batch).await?;
        assert_eq!(world.rows().await?.len(), 1);
        assert_eq!(world.file(TODAY).lines().count(), 1);
    }
    Ok(())
}
