//! One record batch as it lies on the wire and in the log: Kafka's message format 2 (KIP-98), header of 61 bytes.
//!
//! The checksum covers everything from the attributes on, so giving a batch its offset leaves it valid.
//! A compressed batch is kept and served as it is; its records are looked at when it comes, and when it is compacted (`codec`).

use std::io;

use super::Offset;
use super::batch_error::BatchError;
use super::codec::Codec;

/// Bytes before the records.
pub const HEADER: usize = 61;
/// The length field does not count itself and the base offset.
const UNCOUNTED: usize = 12;
const CRC_FROM: usize = 21;
const COMPRESSION_MASK: i16 = 0x07;
const LOG_APPEND_TIME: i16 = 0x08;
const TRANSACTIONAL: i16 = 0x10;
const CONTROL: i16 = 0x20;

/// Who wrote a batch, and where it stands in that producer's count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProducerStamp {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
    pub(crate) first_sequence: i32,
}

/// The header of one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchHeader {
    pub base: Offset,
    /// Bytes of the whole batch, header included.
    pub size: usize,
    pub last_delta: i32,
    pub(crate) base_timestamp: i64,
    pub(crate) max_timestamp: i64,
    pub(crate) producer: Option<ProducerStamp>,
    pub records: i32,
    attributes: i16,
}

impl BatchHeader {
    /// Reads the first 61 bytes; says nothing about the checksum.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchError> {
        let magic = i8::from_be_bytes(field(bytes, 16)?);
        if magic != 2 {
            return Err(BatchError::Magic(magic));
        }
        let counted = i32::from_be_bytes(field(bytes, 8)?);
        let size = usize::try_from(counted).map_err(|_| BatchError::Contradiction("negative length"))? + UNCOUNTED;
        if size < HEADER {
            return Err(BatchError::Contradiction("shorter than its header"));
        }
        let header = Self {
            base: Offset(i64::from_be_bytes(field(bytes, 0)?)),
            size,
            last_delta: i32::from_be_bytes(field(bytes, 23)?),
            base_timestamp: i64::from_be_bytes(field(bytes, 27)?),
            max_timestamp: i64::from_be_bytes(field(bytes, 35)?),
            producer: stamp(bytes)?,
            records: i32::from_be_bytes(field(bytes, 57)?),
            attributes: i16::from_be_bytes(field(bytes, 21)?),
        };
        if header.base.0 < 0 || header.last_delta < 0 {
            return Err(BatchError::Contradiction("negative offset"));
        }
        Ok(header)
    }

    /// The offset after the batch.
    #[must_use]
    pub fn next(&self) -> Offset {
        Offset(self.base.0.saturating_add(i64::from(self.last_delta)).saturating_add(1))
    }

    #[must_use]
    pub fn is_compressed(&self) -> bool {
        self.attributes & COMPRESSION_MASK != 0
    }

    /// How its records are compressed; none for a number that Kafka doesn't know.
    pub(crate) fn codec(&self) -> Option<Codec> {
        Codec::numbered(self.attributes & COMPRESSION_MASK)
    }

    pub(crate) fn has_append_time(&self) -> bool {
        self.attributes & LOG_APPEND_TIME != 0
    }

    /// Written inside a transaction, or a transaction's own marker: neither exists here.
    pub(crate) fn is_transactional(&self) -> bool {
        self.attributes & (TRANSACTIONAL | CONTROL) != 0
    }
}

fn stamp(bytes: &[u8]) -> Result<Option<ProducerStamp>, BatchError> {
    let id = i64::from_be_bytes(field(bytes, 43)?);
    let epoch = i16::from_be_bytes(field(bytes, 51)?);
    let first_sequence = i32::from_be_bytes(field(bytes, 53)?);
    Ok((id >= 0).then_some(ProducerStamp {
        id,
        epoch,
        first_sequence,
    }))
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], BatchError> {
    bytes
        .get(at..at + N)
        .and_then(|found| found.try_into().ok())
        .ok_or(BatchError::Short)
}

/// The one batch that `bytes` is, whole and with a matching checksum.
pub fn check(bytes: &[u8]) -> Result<BatchHeader, BatchError> {
    let header = BatchHeader::parse(bytes)?;
    let batch = bytes.get(..header.size).ok_or(BatchError::Short)?;
    let stored = u32::from_be_bytes(field(batch, 17)?);
    if crc32c::crc32c(&batch[CRC_FROM..]) != stored {
        return Err(BatchError::Checksum);
    }
    Ok(header)
}

/// Gives a batch its place in the log; the checksum does not cover what changes.
pub(crate) fn place(batch: &mut [u8], base: Offset) {
    batch[0..8].copy_from_slice(&base.0.to_be_bytes());
    batch[12..16].copy_from_slice(&0_i32.to_be_bytes());
}

/// The records of a whole batch, uncompressed.
pub(crate) fn records(header: &BatchHeader, batch: &[u8]) -> Result<Vec<u8>, BatchError> {
    let codec = header
        .codec()
        .ok_or(BatchError::Contradiction("a compression that Kafka doesn't know"))?;
    codec.unfold(batch.get(HEADER..header.size).ok_or(BatchError::Short)?)
}

/// The batch with other records in it (all or some of its own), compressed by `codec`; what its header says of offsets, dates and
/// producer stays.
pub(crate) fn with_records(batch: &[u8], codec: Codec, count: i32, records: &[u8]) -> io::Result<Vec<u8>> {
    let mut made = batch.get(..HEADER).ok_or(io::ErrorKind::UnexpectedEof)?.to_vec();
    made.extend(codec.fold(records)?);
    let counted = i32::try_from(made.len() - UNCOUNTED).map_err(io::Error::other)?;
    made[8..12].copy_from_slice(&counted.to_be_bytes());
    let attributes = (i16::from_be_bytes([made[21], made[22]]) & !COMPRESSION_MASK) | codec as i16;
    made[21..23].copy_from_slice(&attributes.to_be_bytes());
    made[57..61].copy_from_slice(&count.to_be_bytes());
    seal(&mut made);
    Ok(made)
}

fn seal(batch: &mut [u8]) {
    let crc = crc32c::crc32c(&batch[CRC_FROM..]);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
}

/// Dates every record of the batch by the broker's clock, as `message.timestamp.type=LogAppendTime` asks.
pub(crate) fn date(batch: &mut [u8], now: i64) {
    let attributes = i16::from_be_bytes([batch[21], batch[22]]) | LOG_APPEND_TIME;
    batch[21..23].copy_from_slice(&attributes.to_be_bytes());
    batch[35..43].copy_from_slice(&now.to_be_bytes());
    seal(batch);
}
