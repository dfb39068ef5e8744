//! The records inside one batch, uncompressed: where each stands, how it is dated, its key, and whether it has a value. Of values and
//! headers only the lengths are looked at.

use super::Offset;
use super::batch::BatchHeader;
use super::batch_error::BatchError;

/// One record's place and date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordPlace {
    pub(crate) offset: Offset,
    pub(crate) timestamp: i64,
}

/// One record, as compaction sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) place: RecordPlace,
    pub(crate) key: Option<&'a [u8]>,
    /// Without a value it is a tombstone: its key is to be forgotten.
    pub(crate) has_value: bool,
    /// All of it, with its length before it.
    pub(crate) bytes: &'a [u8],
}

/// Walks the records of a whole batch; ends after the first error.
pub(crate) struct Records<'a> {
    header: BatchHeader,
    rest: &'a [u8],
    seen: i32,
}

impl<'a> Records<'a> {
    /// `records` as [`super::batch::records`] gives them.
    pub(crate) fn of(header: BatchHeader, records: &'a [u8]) -> Self {
        Self {
            header,
            rest: records,
            seen: 0,
        }
    }

    fn read(&mut self) -> Result<Record<'a>, BatchError> {
        let begin = self.rest;
        let length =
            usize::try_from(varint(&mut self.rest)?).map_err(|_| BatchError::Contradiction("record length"))?;
        let (mut record, rest) = self.rest.split_at_checked(length).ok_or(BatchError::Short)?;
        self.rest = rest;
        let bytes = &begin[..begin.len() - rest.len()];
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
        let key = take_bytes(&mut record)?;
        let has_value = take_bytes(&mut record)?.is_some();
        headers_fit(record)?;
        Ok(Record {
            place,
            key,
            has_value,
            bytes,
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.seen >= self.header.records {
            return None;
        }
        self.seen += 1;
        let record = self.read();
        if record.is_err() {
            self.seen = self.header.records;
        }
        Some(record)
    }
}

/// Whether the records of a batch from a producer are as many, as long and as ordered as its header says, and as long inside as
/// they say themselves: what contradicts itself could be read by no consumer, nor stepped over. With `needs_keys` each has a key.
pub(crate) fn are_sound(header: BatchHeader, records: &[u8], needs_keys: bool) -> Result<(), BatchError> {
    let mut records = Records::of(header, records);
    let mut expected = header.base;
    for _ in 0..header.records {
        let record = records.read().map_err(contradicts)?;
        if record.place.offset != expected {
            return Err(BatchError::Contradiction("record offsets with a gap"));
        }
        if needs_keys && record.key.is_none() {
            return Err(BatchError::Contradiction(
                "a record without a key, for a topic that is compacted",
            ));
        }
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

/// Whether the headers fill the rest of a record exactly.
fn headers_fit(mut inside: &[u8]) -> Result<(), BatchError> {
    let headers = varint(&mut inside)?;
    if headers < 0 {
        return Err(BatchError::Contradiction("a negative number of headers"));
    }
    // Each takes two bytes at least, so a number that was made up ends soon.
    for _ in 0..headers {
        if take_bytes(&mut inside)?.is_none() {
            return Err(BatchError::Contradiction("a header without a name"));
        }
        take_bytes(&mut inside)?;
    }
    if inside.is_empty() {
        Ok(())
    } else {
        Err(BatchError::Contradiction("bytes after the last header"))
    }
}

/// Takes the bytes that their length stands before; none for null, which has the length -1.
fn take_bytes<'a>(inside: &mut &'a [u8]) -> Result<Option<&'a [u8]>, BatchError> {
    let length = match varint(inside)? {
        -1 => return Ok(None),
        length => usize::try_from(length).map_err(|_| BatchError::Contradiction("a negative length"))?,
    };
    let (taken, rest) = inside
        .split_at_checked(length)
        .ok_or(BatchError::Contradiction("a length beyond its record"))?;
    *inside = rest;
    Ok(Some(taken))
}

/// Kafka's zigzag-coded number of up to ten bytes.
pub fn varint(bytes: &mut &[u8]) -> Result<i64, BatchError> {
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
    use super::super::batch::{self, HEADER};
    use super::super::codec::Codec;
    use super::super::testing::BatchMaker;
    use super::*;

    /// A batch with one record that has these bytes behind its timestamp and offset.
    fn with_record(inside: &[u8]) -> Vec<u8> {
        let length = u8::try_from((inside.len() + 3) * 2).unwrap();
        let batch = BatchMaker::default().at(0);
        let records = [&[length, 0, 0, 0], inside].concat();
        batch::with_records(&batch, Codec::None, 1, &records).unwrap()
    }

    fn judge(batch: &[u8], needs_keys: bool) -> Result<(), BatchError> {
        let header = batch::check(batch)?;
        are_sound(header, &batch::records(&header, batch)?, needs_keys)
    }

    #[test]
    fn a_record_is_as_long_inside_as_it_says() {
        // No key, a value of 8 bytes, no headers; then a header with a name of one byte and a null value.
        let sound = with_record(&[1, 16, b'a', b' ', b't', b'e', b'a', b'p', b'o', b't', 0]);
        assert_eq!(judge(&sound, false), Ok(()));
        assert!(judge(&sound, true).is_err(), "a compacted topic needs a key");
        assert_eq!(judge(&with_record(&[2, b'k', 1, 2, 2, b'h', 1]), true), Ok(()));
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
            assert!(judge(&with_record(inside), false).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_contradicts_itself_under_a_right_checksum_is_never_worth_sending_again() {
        let mut bytes = BatchMaker::default().at(0);
        let header = batch::check(&bytes).unwrap();
        assert_eq!(judge(&bytes, false), Ok(()));
        // The record says that it is longer than the batch.
        bytes[HEADER] = 0x7e;
        let records = batch::records(&header, &bytes).unwrap();
        assert!(matches!(
            are_sound(header, &records, false),
            Err(BatchError::Contradiction(_))
        ));
    }
}
