//! The records inside one uncompressed batch: where each stands and how it is dated. Of keys, values and headers only the lengths are
//! looked at, and only when a producer sends them.

use super::Offset;
use super::batch::{BatchError, BatchHeader, HEADER};

/// One record's place and date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordPlace {
    pub(crate) offset: Offset,
    pub(crate) timestamp: i64,
}

/// Walks the records of a whole batch; ends after the first error.
pub(crate) struct Records<'a> {
    header: BatchHeader,
    rest: &'a [u8],
    seen: i32,
}

impl<'a> Records<'a> {
    /// `batch` must be uncompressed.
    pub(crate) fn of(header: BatchHeader, batch: &'a [u8]) -> Self {
        Self {
            header,
            rest: batch.get(HEADER..header.size).unwrap_or_default(),
            seen: 0,
        }
    }

    /// The place of the next record, and what stands behind it: key, value and headers.
    fn read(&mut self) -> Result<(RecordPlace, &'a [u8]), BatchError> {
        let length =
            usize::try_from(varint(&mut self.rest)?).map_err(|_| BatchError::Contradiction("record length"))?;
        let (mut record, rest) = self.rest.split_at_checked(length).ok_or(BatchError::Short)?;
        self.rest = rest;
        record = record.get(1..).ok_or(BatchError::Short)?;
        let timestamp = varint(&mut record)?;
        let delta = varint(&mut record)?;
        if delta < 0 || delta > i64::from(self.header.last_delta) {
            return Err(BatchError::Contradiction("record outside of its batch"));
        }
        let timestamp = if self.header.has_append_time() {
            self.header.max_timestamp
        } else {
            self.header.base_timestamp.saturating_add(timestamp)
        };
        let place = RecordPlace {
            offset: Offset(self.header.base.0 + delta),
            timestamp,
        };
        Ok((place, record))
    }
}

impl Iterator for Records<'_> {
    type Item = Result<RecordPlace, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.seen >= self.header.records {
            return None;
        }
        self.seen += 1;
        let place = self.read().map(|(place, _)| place);
        if place.is_err() {
            self.seen = self.header.records;
        }
        Some(place)
    }
}

/// Whether the records of a batch from a producer are as many, as long and as ordered as its header says, and as long inside as
/// they say themselves: what contradicts itself could be read by no consumer, nor stepped over.
pub(crate) fn are_sound(header: BatchHeader, batch: &[u8]) -> Result<(), BatchError> {
    let mut records = Records::of(header, batch);
    let mut expected = header.base;
    for _ in 0..header.records {
        let (place, inside) = records.read().map_err(contradicts)?;
        if place.offset != expected {
            return Err(BatchError::Contradiction("record offsets with a gap"));
        }
        fields_fit(inside).map_err(contradicts)?;
        expected = expected.next();
    }
    if records.rest.is_empty() {
        Ok(())
    } else {
        Err(BatchError::Contradiction("bytes after the last record"))
    }
}

/// The checksum was right, so a record that is cut was made so: sending it again would not help.
fn contradicts(error: BatchError) -> BatchError {
    match error {
        BatchError::Short => BatchError::Contradiction("a record is cut short"),
        other => other,
    }
}

/// Whether key, value and headers fill a record exactly.
fn fields_fit(mut inside: &[u8]) -> Result<(), BatchError> {
    skip_bytes(&mut inside)?;
    skip_bytes(&mut inside)?;
    let headers = varint(&mut inside)?;
    if headers < 0 {
        return Err(BatchError::Contradiction("a negative number of headers"));
    }
    // Each takes two bytes at least, so a number that was made up ends soon.
    for _ in 0..headers {
        if skip_bytes(&mut inside)?.is_none() {
            return Err(BatchError::Contradiction("a header without a name"));
        }
        skip_bytes(&mut inside)?;
    }
    if inside.is_empty() {
        Ok(())
    } else {
        Err(BatchError::Contradiction("bytes after the last header"))
    }
}

/// Steps over bytes that their length stands before; none for null, which has the length -1.
fn skip_bytes(inside: &mut &[u8]) -> Result<Option<()>, BatchError> {
    let length = match varint(inside)? {
        -1 => return Ok(None),
        length => usize::try_from(length).map_err(|_| BatchError::Contradiction("a negative length"))?,
    };
    let (_, rest) = inside
        .split_at_checked(length)
        .ok_or(BatchError::Contradiction("a length beyond its record"))?;
    *inside = rest;
    Ok(Some(()))
}

/// Kafka's zigzag-coded number of up to ten bytes.
pub(crate) fn varint(bytes: &mut &[u8]) -> Result<i64, BatchError> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (index * 7);
        if byte & 0x80 == 0 {
            *bytes = &bytes[index + 1..];
            return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    Err(BatchError::Short)
}

#[cfg(test)]
mod tests {
    use super::super::batch;
    use super::super::testing::BatchMaker;
    use super::*;

    /// What stands behind the record's timestamp and offset: no key, a value of 8 bytes, no headers.
    const SOUND: &[u8] = &[1, 16, b'a', b' ', b't', b'e', b'a', b'p', b'o', b't', 0];

    #[test]
    fn a_record_is_as_long_inside_as_it_says() {
        assert_eq!(fields_fit(SOUND), Ok(()));
        // A header with a name of one byte and a null value.
        assert_eq!(fields_fit(&[1, 1, 2, 2, b'h', 1]), Ok(()));
        for (wrong, inside) in [
            ("a value beyond the record", &[1, 0x90, 0x4e, b'a', 0][..]),
            ("a key of a negative length", &[3, 1, 0]),
            ("a negative number of headers", &[1, 1, 1]),
            ("more headers than there are bytes", &[1, 1, 0x90, 0x4e, 0, 1]),
            ("a header without a name", &[1, 1, 2, 1, 1]),
            ("bytes after the last header", &[1, 1, 0, 7]),
            ("a cut number", &[1, 1, 0x80]),
            ("nothing at all", &[]),
        ] {
            assert!(fields_fit(inside).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_contradicts_itself_under_a_right_checksum_is_never_worth_sending_again() {
        let mut bytes = BatchMaker::default().at(0);
        let header = batch::check(&bytes).unwrap();
        assert_eq!(are_sound(header, &bytes), Ok(()));
        // The record says that it is longer than the batch.
        bytes[HEADER] = 0x7e;
        assert!(matches!(are_sound(header, &bytes), Err(BatchError::Contradiction(_))));
    }
}
