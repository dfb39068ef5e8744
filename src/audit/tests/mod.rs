//! The ledger as a whole: it must say exactly what was done to what it looks at.

mod history;
mod single;

use schemas::Timestamp;
use schemas::Zone;
use uuid::Uuid;

use super::bytes::Hash;
use super::calendar::Calendar;
use super::ledger::{Ledger, Sighting};
use super::mark::Hop;
use super::sheet::Sheet;
use super::topics::{Partition, Reading, Settled};
use super::verdict::{HopVerdict, Verdict};

const SHOP: &str = "shop-1";
const TODAY: &str = "2026-03-31T12:00:00.000000Z";
const OLD: &str = "2026-01-31T12:00:00.000000Z";

fn sighting(ledger: &Ledger, sequence: u64, timestamp: &str, has_row: bool) -> Sighting {
    Sighting {
        sequence,
        event_id: Uuid::from_u128(u128::from(sequence) << 70 | u128::from(sequence)),
        day: ledger.calendar.day_in(timestamp.as_bytes()),
        has_row,
        bytes: Hash::NONE,
        values: Hash::NONE,
    }
}

fn ledger_of(hops: &[Hop]) -> Ledger {
    let now = Timestamp::parse(TODAY).unwrap();
    let mut ledger = Ledger::new(Calendar::new(now, Zone::UTC, 30), Vec::new());
    for hop in hops {
        ledger.look_at(*hop);
    }
    ledger
}

fn hop<'a>(verdict: &'a Verdict, name: &str) -> &'a HopVerdict {
    verdict.instances[0].hops.iter().find(|hop| hop.hop == name).unwrap()
}

/// Enters a message of a partition.
fn read(reading: &mut Reading<'_>, partition: Partition, offset: i64, value: &[u8]) {
    let mut sheet = Sheet::default();
    partition.note(&mut sheet, reading.calendar(), offset, value);
    reading.messages(&sheet, Settled::Yes);
}
