//! One rule at a time.

use schemas::Topic;
use uuid::Uuid;

use super::super::ledger::{JournalEnds, Sighting};
use super::super::mark::{Flag, Hop};
use super::super::topics::{LetterOf, Partition, Place, Positions, Reading};
use super::{OLD, SHOP, TODAY, hop, ledger_of, read, sighting};

#[test]
fn an_event_of_a_day_before_one_that_came_first_is_late() {
    let mut ledger = ledger_of(&[Hop::Files]);
    let who = ledger.who(SHOP).unwrap();
    let days = [
        "2026-03-30T23:59",
        "2026-03-31T00:00",
        "2026-03-30T23:58",
        "2026-04-09T00:00",
        "2026-03-31T00:01",
    ];
    for (sequence, day) in [1, 2, 3, 4, 5].into_iter().zip(days).rev() {
        let seen = sighting(&ledger, sequence, day, true);
        ledger.instance(who).see(Hop::Files, &seen);
    }
    let verdict = ledger.judge();
    // What is dated more than a day ahead makes nothing late: the sink would have refused it.
    assert_eq!(hop(&verdict, "files").late, 1);
    assert!(verdict.holds);
}

#[test]
fn a_sequence_that_two_events_share_is_doubled() {
    let mut ledger = ledger_of(&[Hop::Files]);
    let who = ledger.who(SHOP).unwrap();
    let one = sighting(&ledger, 1, TODAY, true);
    let other = Sighting {
        event_id: Uuid::from_u128(77),
        ..one
    };
    ledger.instance(who).see(Hop::Files, &one);
    ledger.instance(who).see(Hop::Files, &other);
    let verdict = ledger.judge();
    let files = hop(&verdict, "files");
    assert_eq!(
        (files.found, files.doubled, files.doubled_events[0].event_id),
        (1, 1, other.event_id)
    );
    assert_eq!(verdict.exit_code(), 1);
}

#[test]
fn files_alone_tell_a_gap_from_what_retention_removed() {
    let mut ledger = ledger_of(&[Hop::Files]);
    let (aged, young) = (ledger.who("aged").unwrap(), ledger.who("young").unwrap());
    let edge = sighting(&ledger, 101, "2026-03-01T00:00", true);
    let today = sighting(&ledger, 101, TODAY, true);
    for seen in [
        Sighting {
            day: ledger.calendar.day_in(OLD.as_bytes()),
            ..edge
        },
        Sighting { sequence: 103, ..edge },
    ] {
        ledger.instance(aged).see(Hop::Files, &seen);
    }
    ledger.instance(young).see(Hop::Files, &today);
    let verdict = ledger.judge();
    assert_eq!(
        (verdict.instances[0].hops[0].expired, verdict.instances[0].hops[0].lost),
        (100, 1)
    );
    assert_eq!(
        (verdict.instances[1].hops[0].expired, verdict.instances[1].hops[0].lost),
        (0, 100)
    );
}

#[test]
fn an_instance_of_which_retention_left_nothing_is_expired() {
    let mut ledger = ledger_of(&[Hop::Journal, Hop::Topics, Hop::Files]);
    let who = ledger.who(SHOP).unwrap();
    ledger.instance(who).journal = Some(JournalEnds {
        last: 500,
        acknowledged: 500,
        released: 500,
    });
    let mut reading = Reading::new(&mut ledger, None);
    let partition = Partition {
        topic: Topic::View,
        number: 0,
    };
    reading.enter_partition(partition, 500);
    reading.finish();
    let verdict = ledger.judge();
    assert!(verdict.holds, "{verdict:?}");
    assert!(verdict.instances[0].hops.iter().all(|hop| hop.expired == 500));
}

#[test]
fn a_message_without_a_source_must_be_a_dead_letter_once_the_sink_has_passed_it() {
    let partition = Partition {
        topic: Topic::View,
        number: 0,
    };
    for (position, letters, lost) in [(2, 2, 0), (2, 1, 1), (1, 1, 0)] {
        let mut ledger = ledger_of(&[Hop::Topics, Hop::Files]);
        let positions = Positions::from([(partition, position)]);
        let mut reading = Reading::new(&mut ledger, Some(&positions));
        for offset in 0..letters {
            reading.dead_letter(b"no message", at(partition, offset));
        }
        reading.enter_partition(partition, 0);
        read(&mut reading, partition, 0, b"no message");
        read(&mut reading, partition, 1, b"{}");
        reading.finish();
        assert_eq!(ledger.judge().without_source.lost, lost);
    }
}

#[test]
fn a_message_whose_letter_left_the_value_at_its_origin_is_no_loss() {
    let partition = Partition {
        topic: Topic::View,
        number: 0,
    };
    let message = format!(
        r#"{{"timestamp":"{TODAY}","event_id":"019e264f-835a-7cb1-b49a-e52592e5dfe8","source":{{"instance":"{SHOP}","sequence":1}}}}"#
    );
    for (has_letter, lost) in [(true, 0), (false, 1)] {
        let mut ledger = ledger_of(&[Hop::Topics, Hop::Files]);
        let positions = Positions::from([(partition, 1)]);
        let mut reading = Reading::new(&mut ledger, Some(&positions));
        if has_letter {
            reading.dead_letter(b"", at(partition, 0));
        }
        reading.enter_partition(partition, 0);
        read(&mut reading, partition, 0, message.as_bytes());
        reading.finish();
        let verdict = ledger.judge();
        let files = hop(&verdict, "files");
        assert_eq!((files.lost, files.dead_lettered), (lost, 1 - lost), "{verdict:?}");
        assert_eq!(verdict.without_source.dead_lettered, 0);
    }
}

#[test]
fn what_retention_took_before_the_sink_had_read_it_is_lost() {
    let partition = Partition {
        topic: Topic::View,
        number: 0,
    };
    let mut ledger = ledger_of(&[Hop::Topics, Hop::Files]);
    let positions = Positions::from([(partition, 10)]);
    let mut reading = Reading::new(&mut ledger, Some(&positions));
    reading.enter_partition(partition, 25);
    reading.finish();
    let verdict = ledger.judge();
    assert_eq!((verdict.faults.removed_unread, verdict.holds), (15, false));
}

/// What the headers of a letter say, whose message stood there.
fn at(partition: Partition, offset: i64) -> LetterOf {
    LetterOf {
        origin: Some(Place { partition, offset }),
        is_reuse: false,
    }
}

/// A message of the shop.
fn message(sequence: u64, event_id: u128) -> Vec<u8> {
    let event_id = Uuid::from_u128(event_id);
    format!(
        r#"{{"timestamp":"{TODAY}","event_id":"{event_id}","source":{{"instance":"{SHOP}","sequence":{sequence}}}}}"#
    )
    .into_bytes()
}

#[test]
fn another_event_under_a_used_sequence_is_no_double_once_it_is_a_letter() {
    let partition = Partition {
        topic: Topic::View,
        number: 0,
    };
    for (has_letter, doubled) in [(true, 0), (false, 1)] {
        let mut ledger = ledger_of(&[Hop::Topics]);
        let positions = Positions::from([(partition, 2)]);
        let mut reading = Reading::new(&mut ledger, Some(&positions));
        reading.ends_at(partition, 2);
        if has_letter {
            let letter = LetterOf {
                is_reuse: true,
                ..at(partition, 1)
            };
            reading.dead_letter(&message(1, 77), letter);
        }
        reading.enter_partition(partition, 0);
        read(&mut reading, partition, 0, &message(1, 1));
        read(&mut reading, partition, 1, &message(1, 77));
        reading.finish();
        let verdict = ledger.judge();
        assert_eq!(
            (hop(&verdict, "topics").doubled, verdict.holds),
            (doubled, has_letter),
            "{verdict:?}"
        );
    }
}

#[test]
fn the_letter_of_a_topic_that_was_deleted_says_nothing_of_what_stands_at_its_place_now() {
    let partition = Partition {
        topic: Topic::View,
        number: 0,
    };
    let mut ledger = ledger_of(&[Hop::Topics]);
    let positions = Positions::from([(partition, 2)]);
    let mut reading = Reading::new(&mut ledger, Some(&positions));
    reading.ends_at(partition, 2);
    let letter = LetterOf {
        is_reuse: true,
        ..at(partition, 1)
    };
    reading.dead_letter(&message(1, 77), letter);
    reading.enter_partition(partition, 0);
    read(&mut reading, partition, 0, &message(1, 1));
    read(&mut reading, partition, 1, &message(2, 2));
    reading.finish();
    let verdict = ledger.judge();
    let topics = hop(&verdict, "topics");
    assert_eq!((topics.found, topics.lost, verdict.holds), (2, 0, true), "{verdict:?}");
}

#[test]
fn an_event_that_stands_in_two_partitions_is_repeated_and_letters_that_were_sent_again_are_one_entry() {
    let mut ledger = ledger_of(&[Hop::Topics]);
    let mut reading = Reading::new(&mut ledger, None);
    for number in 0..2 {
        let partition = Partition {
            topic: Topic::View,
            number,
        };
        reading.enter_partition(partition, 0);
        read(&mut reading, partition, 0, &message(1, 1));
        let again = String::from_utf8(message(1, 2 + u128::from(number.unsigned_abs()))).unwrap();
        let again = again.replace(SHOP, &format!("redrive-{number}"));
        read(&mut reading, partition, 1, again.as_bytes());
    }
    reading.finish();
    let verdict = ledger.judge();
    assert!(verdict.holds, "{verdict:?}");
    assert_eq!(hop(&verdict, "topics").repeated, 1);
    let names: Vec<_> = verdict
        .instances
        .iter()
        .map(|instance| (&*instance.instance, instance.events))
        .collect();
    assert_eq!(names, [(SHOP, 1), ("redrive-*", 2)]);
}

#[test]
fn what_the_books_keep_must_be_there_and_what_is_there_must_be_in_the_books() {
    let event_id = Uuid::from_u128(1 << 70 | 1);
    let mark = u32::try_from(
        (event_id.as_u64_pair().0 ^ event_id.as_u64_pair().1.rotate_left(23)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32,
    )
    .unwrap();
    for (is_in_books, is_in_file, lost, unknown) in [(true, true, 0, 0), (true, false, 1, 0), (false, true, 0, 1)] {
        let mut ledger = ledger_of(&[Hop::Topics, Hop::Files]);
        ledger.has_marks = true;
        let seen = sighting(&ledger, 1, TODAY, true);
        let who = ledger.who(SHOP).unwrap();
        let instance = ledger.instance(who);
        if is_in_books {
            instance.see_mark(1, mark, Flag::InBooks);
            instance.see_mark(1, mark, Flag::InBooksAfterwards);
        }
        if is_in_file {
            instance.see(Hop::Files, &seen);
        }
        // The sink's position says that it has not come so far.
        instance.see(Hop::Topics, &seen);
        let verdict = ledger.judge();
        assert_eq!(
            (hop(&verdict, "files").lost, verdict.faults.not_in_books),
            (lost, unknown),
            "{verdict:?}"
        );
        assert_eq!(hop(&verdict, "files").doubled, 0);
    }
}

#[test]
fn a_partition_that_ends_before_the_sinks_position_or_is_gone_is_named() {
    let partition = |number| Partition {
        topic: Topic::View,
        number,
    };
    let mut ledger = ledger_of(&[Hop::Topics, Hop::Files]);
    let positions = Positions::from([
        (partition(0), 5),
        (partition(1), 5),
        (partition(2), 5),
        (partition(3), 0),
    ]);
    let mut reading = Reading::new(&mut ledger, Some(&positions));
    reading.ends_at(partition(0), 5);
    reading.ends_at(partition(1), 4);
    reading.finish();
    let verdict = ledger.judge();
    let cut: Vec<_> = verdict
        .faults
        .cut_partitions
        .iter()
        .map(|cut| (cut.partition, cut.end))
        .collect();
    assert_eq!((cut, verdict.holds), (vec![(1, Some(4)), (2, None)], false));
}

#[test]
fn what_compaction_took_from_its_topic_is_no_loss_and_what_else_is_missing_is() {
    for (is_compacted, lost) in [(true, 0), (false, 1)] {
        let mut ledger = ledger_of(&[Hop::Topics, Hop::Files]);
        let who = ledger.who(SHOP).unwrap();
        // The first and the last are on the topic; all three are in files.
        for sequence in 1..=3 {
            let seen = sighting(&ledger, sequence, TODAY, false);
            ledger.instance(who).see(Hop::Files, &seen);
            if is_compacted {
                ledger.instance(who).may_be_compacted(sequence);
            }
            if sequence != 2 {
                ledger.instance(who).see(Hop::Topics, &seen);
            }
        }
        let verdict = ledger.judge();
        let topics = hop(&verdict, "topics");
        assert_eq!((topics.lost, topics.expired), (lost, 1 - lost));
        assert_eq!(hop(&verdict, "files").found, 3);
        assert_eq!(verdict.holds, is_compacted);
    }
}
