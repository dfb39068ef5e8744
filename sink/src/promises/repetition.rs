//! A repetition is skipped, another event under a used sequence is not, although both were kept before there were marks.

use schemas::Sequence;

use super::world::{Outcome, REQUESTS, TestSink, VIEWS, World, impostor, request, view};
use crate::judge::Reason;
use crate::{Offset, SinkError};

const NOON: &str = "2025-05-14T12:00:00.000000Z";

/// What becomes of the messages: the offsets that are refused, and how many are skipped.
async fn looks_into(sink: &mut TestSink, values: &[Vec<u8>]) -> Result<(Vec<Offset>, usize), SinkError> {
    let (mut batch, _) = sink.gather(values).await;
    let refused = sink.expose(&mut batch).await?;
    Ok((refused, batch.counts.duplicates))
}

#[tokio::test]
async fn another_activity_under_a_used_sequence_is_refused_and_a_repetition_is_not() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let (first, second) = (view(NOON, 1), view(NOON, 2));
        sink.commit(&[first.clone(), second.clone()]).await?;
        world.forget_marks().await?;
        let mut heir = world.sink("another-folder").await?;
        let values = [impostor(&first), first.clone(), view(NOON, 3), second.clone()];
        // In the table by another sink's hand.
        assert_eq!(looks_into(&mut heir, &values).await?, (vec![Offset(2)], 2));
    }
    Ok(())
}

#[tokio::test]
async fn without_rows_the_days_file_tells_also_when_the_offset_from_utc_was_another() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.idle_sink("logs").await?;
        sink.at = REQUESTS;
        sink.take_over().await?;
        // Nothing is in any file yet.
        let zero = request(NOON, 1)?;
        let (batch, refused) = sink.gather(&[zero.clone(), impostor(&zero), zero]).await;
        assert_eq!((refused.len(), batch.counts.duplicates), (1, 1));
        sink.take_over().await?;
        let late = "2025-05-14T23:30:00.000000Z";
        let values = [
            request(NOON, 1)?,
            request(NOON, 2)?,
            request(late, 3)?,
            request("2025-05-15T02:00:00.000000Z", 4)?,
        ];
        sink.commit(&values).await?;
        world.forget_marks().await?;
        sink.take_over().await?;
        let again = [values.to_vec(), values.iter().map(|value| impostor(value)).collect()].concat();
        let refused = (8..12).map(Offset).collect::<Vec<_>>();
        assert_eq!(looks_into(&mut sink, &again).await?, (refused, 4));

        sink.rules.zone = "+09:00".parse()?;
        let again = [values[2].clone(), impostor(&values[2])];
        assert_eq!(looks_into(&mut sink, &again).await?, (vec![Offset(13)], 1));
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_told_is_a_repetition() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.idle_sink("logs").await?;
        sink.at = REQUESTS;
        sink.take_over().await?;
        let (first, second) = (request(NOON, 1)?, request(NOON, 2)?);
        sink.commit(std::slice::from_ref(&second)).await?;
        world.forget_marks().await?;
        sink.take_over().await?;
        // Another day, of which there is no file.
        let other_day = impostor(&request("2025-05-10T12:00:00.000000Z", 1)?);
        let too_old = impostor(&request("2025-03-10T12:00:00.000000Z", 1)?);
        assert_eq!(looks_into(&mut sink, &[other_day, too_old]).await?, (vec![], 2));
        assert_eq!(looks_into(&mut sink, &[first]).await?, (vec![Offset(3)], 0));
        let mut heir = world.idle_sink("heir").await?;
        heir.at = REQUESTS;
        heir.take_over().await?;
        heir.commit(&[request(NOON, 3)?]).await?;
        world.forget_marks().await?;
        heir.take_over().await?;
        // The other sink has a file of that day as well, and it may stand there.
        assert_eq!(looks_into(&mut heir, &[impostor(&second)]).await?, (vec![], 1));
    }
    Ok(())
}

#[tokio::test]
async fn a_run_of_bad_messages_goes_on_through_impostors_and_ends_at_a_repetition() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let (first, second) = (view(NOON, 1), view(NOON, 2));
        sink.commit(&[first.clone(), second.clone()]).await?;
        world.forget_marks().await?;
        sink.take_over().await?;
        let bad = b"not json".to_vec();
        for (values, run) in [
            (vec![bad.clone(), impostor(&first), bad.clone()], 3),
            (vec![impostor(&second), bad.clone()], 5),
            (vec![bad.clone(), first.clone(), impostor(&first), bad.clone()], 2),
            (vec![impostor(&first), view(NOON, 3), impostor(&first)], 1),
            (vec![bad.clone(), second.clone()], 0),
        ] {
            let (mut batch, _) = sink.gather(&values).await;
            sink.expose(&mut batch).await?;
            assert_eq!(batch.moves[&VIEWS].bad_run, run);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_sequence_that_no_shop_reaches_is_refused_and_makes_no_repetitions_of_what_follows() -> Outcome {
    for world in World::all().await? {
        let mut sink = world.sink("logs").await?;
        let (first, second) = (view(NOON, 1), view(NOON, 2));
        let absurd = view(NOON, (1 << 43) + 2);
        let (batch, refused) = sink.gather(&[first, absurd, second]).await;
        let reason = Reason::SequenceJump {
            sequence: Sequence((1 << 43) + 2),
            last: Sequence(1),
        };
        assert_eq!(refused, [reason]);
        assert_eq!((batch.counts.lines, batch.counts.duplicates), (2, 0));
    }
    Ok(())
}
