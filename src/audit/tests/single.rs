//! One rule at a time.

use schemas::Topic;
use uuid::Uuid;

use super::super::ledger::{JournalEnds, Order, Sighting};
use super::super::mark::Hop;
use super::super::topics::{Partition, Place, Positions, Reading};
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
        ledger.instance(who).see(Hop::Files, &seen, Order::Onward);
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
    ledger.instance(who).see(Hop::Files, &one, Order::Onward);
    ledger.instance(who).see(Hop::Files, &other, Order::Onward);
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
        ledger.instance(aged).see(Hop::Files, &seen, Order::Onward);
    }
    ledger.instance(young).see(Hop::Files, &today, Order::Onward);
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
            reading.dead_letter(b"no message", Some(Place { partition, offset }));
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
            reading.dead_letter(b"", Some(Place { partition, offset: 0 }));
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
    assert_eq!((verdict.removed_unread, verdict.holds), (15, false));
}

#[test]
fn what_compaction_took_from_its_topic_is_no_loss_and_what_else_is_missing_is() {
    for (is_compacted, lost) in [(true, 0), (false, 1)] {
        let mut ledger = ledger_of(&[Hop::Topics, Hop::Files]);
        let who = ledger.who(SHOP).unwrap();
        // The first and the last are on the topic; all three are in files.
        for sequence in 1..=3 {
            let seen = sighting(&ledger, sequence, TODAY, false);
            ledger.instance(who).see(Hop::Files, &seen, Order::Onward);
            if is_compacted {
                ledger.instance(who).may_be_compacted(sequence);
            }
            if sequence != 2 {
                ledger.instance(who).see(Hop::Topics, &seen, Order::Onward);
            }
        }
        let verdict = ledger.judge();
        let topics = hop(&verdict, "topics");
        assert_eq!((topics.lost, topics.expired), (lost, 1 - lost));
        assert_eq!(hop(&verdict, "files").found, 3);
        assert_eq!(verdict.holds, is_compacted);
    }
}
