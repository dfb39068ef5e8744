//! The first hop: journal folders, read without their locks.

use std::path::PathBuf;

use hosting::Progress;
use journal::{Inspection, inspect, instance_of};

use super::bytes::Hash;
use super::error::AuditError;
use super::ledger::{JournalEnds, Ledger, Sighting};
use super::mark::Hop;

/// Enters what the folders hold. The cursor is read after the entries and before any topic, so everything up to it must be on
/// the topics by the time that they are read.
pub(super) fn read(folders: &[PathBuf], ledger: &mut Ledger) -> Result<(), AuditError> {
    for folder in folders {
        let calendar = ledger.calendar;
        let Some(who) = ledger.who(instance_of(folder)?.as_str()) else {
            continue;
        };
        let instance = ledger.instance(who);
        let mut progress = Progress::of("journal", None);
        let inspection = inspect(folder, |entry| {
            progress.step(1);
            let sighting = Sighting {
                sequence: entry.sequence.0,
                event_id: entry.event_id.0,
                day: calendar.day_of(entry.timestamp),
                has_row: entry.event_type.topic().has_rows(),
                bytes: Hash::NONE,
                values: Hash::NONE,
            };
            instance.see(Hop::Journal, &sighting);
            if entry.event_type.topic().is_compacted() {
                instance.may_be_compacted(entry.sequence.0);
            }
        })?;
        instance.journal = Some(ends(&inspection));
    }
    Ok(())
}

fn ends(inspection: &Inspection) -> JournalEnds {
    JournalEnds {
        last: inspection.last.0,
        acknowledged: inspection.acknowledged.map_or(0, |sequence| sequence.0),
        // A cursor that was lost says nothing about the segments that are gone.
        released: inspection
            .acknowledged
            .map_or(inspection.first_kept.0 - 1, |sequence| sequence.0),
    }
}
