//! Kafka's record batches (version 2) as bytes: read in place, nothing is copied, and nothing is believed.

/// What is left of some bytes. Every step is none when they end too early.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(length)?;
        self.0 = left;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    /// Seven bits a byte, the lowest first; the sign is the lowest bit of all.
    fn varint(&mut self) -> Option<i64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        None
    }

    /// Bytes behind their length; -1 stands for null, none.
    fn sized(&mut self) -> Result<Option<&'a [u8]>, TooShort> {
        match self.varint().ok_or(TooShort)? {
            -1 => Ok(None),
            length => {
                let length = usize::try_from(length).map_err(|_| TooShort)?;
                self.take(length).map(Some).ok_or(TooShort)
            }
        }
    }
}

/// The bytes end before what they announce.
#[derive(Debug, Clone, Copy)]
struct TooShort;

const HEADER: usize = 61;
/// Offset and length, which the length doesn't count.
const BEFORE: usize = 12;
const COMPRESSION: i16 = 0b111;
const APPENDED: i16 = 1 << 3;
const TRANSACTION: i16 = 1 << 4;
const CONTROL: i16 = 1 << 5;

/// A whole batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch<'a> {
    pub(super) bytes: &'a [u8],
    base: i64,
    magic: u8,
    attributes: i16,
    last: i32,
    millis: (i64, i64),
}

impl<'a> Batch<'a> {
    /// The whole batches, one behind the other; the last may be cut off and is left out.
    pub(super) fn all(records: &'a [u8]) -> impl Iterator<Item = Self> {
        let mut left = Cursor(records);
        std::iter::from_fn(move || {
            let mut ahead = left;
            ahead.take(8)?;
            let length = usize::try_from(ahead.i32()?).ok()?;
            let bytes = left
                .take(length.checked_add(BEFORE)?)
                .filter(|bytes| bytes.len() >= HEADER)?;
            Self::of(bytes)
        })
    }

    fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let base = cursor.i64()?;
        // Length, the leader's epoch.
        cursor.take(2 * 4)?;
        let [magic] = cursor.array()?;
        // The checksum: the client library does not check it either.
        cursor.take(4)?;
        Some(Self {
            bytes,
            base,
            magic,
            attributes: cursor.i16()?,
            last: cursor.i32()?,
            millis: (cursor.i64()?, cursor.i64()?),
        })
    }

    /// The offset behind its last record's.
    pub(super) fn next(&self) -> i64 {
        self.base.saturating_add(i64::from(self.last)).saturating_add(1)
    }

    /// Its records can be read as they stand, and count for everybody.
    pub(super) const fn is_plain(&self) -> bool {
        self.magic == 2 && self.attributes & (COMPRESSION | TRANSACTION) == 0
    }

    /// It tells something about transactions, to clients alone.
    pub(super) const fn is_control(&self) -> bool {
        self.attributes & CONTROL != 0
    }

    /// Each record, or none in place of one that can't be read.
    pub(super) fn records(&self) -> impl Iterator<Item = Option<Record<'a>>> {
        let (first, latest) = self.millis;
        let (base, is_appended) = (self.base, self.attributes & APPENDED != 0);
        let mut cursor = Cursor(self.bytes.get(HEADER..).unwrap_or_default());
        let mut is_broken = false;
        std::iter::from_fn(move || {
            if is_broken || cursor.0.is_empty() {
                return None;
            }
            let record = Record::read(&mut cursor, base, first).map(|record| Record {
                millis: if is_appended { Some(latest) } else { record.millis }.filter(|millis| *millis >= 0),
                ..record
            });
            is_broken = record.is_none();
            Some(record)
        })
    }
}

/// One message in its batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) offset: i64,
    pub(super) millis: Option<i64>,
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: &'a [u8],
    headers: Cursor<'a>,
}

impl<'a> Record<'a> {
    fn read(cursor: &mut Cursor<'a>, base: i64, first: i64) -> Option<Self> {
        let mut record = Cursor(cursor.sized().ok()??);
        // Attributes, of which there are none.
        record.take(1)?;
        let millis = first.checked_add(record.varint()?);
        Some(Self {
            millis,
            offset: base.checked_add(record.varint()?)?,
            key: record.sized().ok()?,
            value: record.sized().ok()?.unwrap_or_default(),
            headers: record,
        })
    }

    /// Names and values, in their order.
    pub(super) fn headers(&self) -> Option<Vec<(String, Vec<u8>)>> {
        let mut cursor = self.headers;
        let count = cursor.varint()?;
        let header = |_| {
            let name = String::from_utf8_lossy(cursor.sized().ok()??).into_owned();
            Some((name, cursor.sized().ok()?.unwrap_or_default().to_vec()))
        };
        (0..count).map(header).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_variable_length_are_read_as_kafka_writes_them() {
        for (bytes, number) in [
            (&[0_u8][..], 0),
            (&[1], -1),
            (&[2], 1),
            (&[0x7f], -64),
            (&[0x80, 0x01], 64),
            (&[0xff, 0xff, 0xff, 0xff, 0x0f], -2_147_483_648),
        ] {
            assert_eq!(Cursor(bytes).varint(), Some(number), "{bytes:?}");
        }
        assert_eq!(Cursor(&[0x80]).varint(), None, "it ends too early");
        assert_eq!(Cursor(&[0xff; 20]).varint(), None, "it never ends");
    }

    #[test]
    fn bytes_that_are_no_batches_are_none() {
        for bytes in [&[][..], &[0; 11], &[0xff; 200], &[0; 200]] {
            assert_eq!(Batch::all(bytes).count(), 0, "{bytes:?}");
        }
    }
}
