//! How the records of a batch are compressed: Kafka's four codecs, to look into a batch before it is kept, to compress it as its topic
//! asks, and to compact it.
//!
//! A few bytes can announce gigabytes: what a batch may unfold to has a limit ([`MOST_UNFOLDED`]), and only one batch at a time
//! may take more than [`UNFOLDED_FREELY`].

use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};

use super::batch_error::BatchError;

/// The most that the records of one batch may unfold to. Clients fill a batch by its unfolded size, so honest ones stay far below.
pub(crate) const MOST_UNFOLDED: usize = 128 * 1024 * 1024;
const UNFOLDED_FREELY: usize = 1024 * 1024;

/// The beginning of the frames that Java's snappy library writes: its name, and two versions.
const SNAPPY_MAGIC: [u8; 16] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];
const SNAPPY_BLOCK: usize = 32 * 1024;
const ZSTD_LEVEL: i32 = 3;

/// Held by the one batch that unfolds to more than a little.
static LARGE: Mutex<()> = Mutex::new(());

/// The protocol's number for a way of compressing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}

impl Codec {
    const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    pub(crate) fn numbered(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| *codec as i16 == number)
    }

    /// By the name that `compression.type` gives it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "gzip" => Some(Self::Gzip),
            "snappy" => Some(Self::Snappy),
            "lz4" => Some(Self::Lz4),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The records as they are without compression. What is no such compression, or unfolds to too much, contradicts itself.
    pub(crate) fn unfold(self, bytes: &[u8]) -> Result<Vec<u8>, BatchError> {
        let garbage = |_| BatchError::Contradiction("its compression can't be undone");
        match self {
            Self::None => Ok(bytes.to_vec()),
            Self::Gzip => read_all(flate2::read::MultiGzDecoder::new(bytes)),
            Self::Snappy => unfold_snappy(bytes),
            Self::Lz4 => read_all(lz4_flex::frame::FrameDecoder::new(bytes)),
            Self::Zstd => read_all(zstd::stream::read::Decoder::with_buffer(bytes).map_err(garbage)?),
        }
    }

    pub(crate) fn fold(self, records: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::None => Ok(records.to_vec()),
            Self::Gzip => {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                gzip.write_all(records)?;
                gzip.finish()
            }
            Self::Snappy => fold_snappy(records),
            Self::Lz4 => {
                let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
                lz4.write_all(records)?;
                lz4.finish().map_err(io::Error::other)
            }
            Self::Zstd => zstd::stream::encode_all(records, ZSTD_LEVEL),
        }
    }
}

fn read_all(reader: impl Read) -> Result<Vec<u8>, BatchError> {
    let mut reader = reader.take(MOST_UNFOLDED as u64 + 1);
    let mut unfolded = Vec::new();
    let garbage = |_| BatchError::Contradiction("its compression can't be undone");
    (&mut reader)
        .take(UNFOLDED_FREELY as u64)
        .read_to_end(&mut unfolded)
        .map_err(garbage)?;
    if unfolded.len() == UNFOLDED_FREELY {
        let _alone = LARGE.lock().unwrap_or_else(PoisonError::into_inner);
        reader.read_to_end(&mut unfolded).map_err(garbage)?;
    }
    within_limit(unfolded)
}

fn within_limit(unfolded: Vec<u8>) -> Result<Vec<u8>, BatchError> {
    if unfolded.len() > MOST_UNFOLDED {
        Err(BatchError::Contradiction("it unfolds to more than 128 MiB"))
    } else {
        Ok(unfolded)
    }
}

/// Either one raw block, as most clients write, or the frames of Java's library.
fn unfold_snappy(bytes: &[u8]) -> Result<Vec<u8>, BatchError> {
    let garbage = BatchError::Contradiction("its compression can't be undone");
    let Some(mut rest) = bytes.strip_prefix(&SNAPPY_MAGIC[..8]).and_then(|rest| rest.get(8..)) else {
        return unfold_block(bytes);
    };
    let mut unfolded = Vec::new();
    while !rest.is_empty() {
        let (length, block) = rest.split_first_chunk().ok_or(garbage)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| garbage)?;
        let (block, behind) = block.split_at_checked(length).ok_or(garbage)?;
        unfolded.extend(unfold_block(block)?);
        unfolded = within_limit(unfolded)?;
        rest = behind;
    }
    Ok(unfolded)
}

fn unfold_block(block: &[u8]) -> Result<Vec<u8>, BatchError> {
    let garbage = |_| BatchError::Contradiction("its compression can't be undone");
    let length = snap::raw::decompress_len(block).map_err(garbage)?;
    if length > MOST_UNFOLDED {
        return Err(BatchError::Contradiction("it unfolds to more than 128 MiB"));
    }
    snap::raw::Decoder::new().decompress_vec(block).map_err(garbage)
}

fn fold_snappy(records: &[u8]) -> io::Result<Vec<u8>> {
    let mut folded = SNAPPY_MAGIC.to_vec();
    for block in records.chunks(SNAPPY_BLOCK) {
        let block = snap::raw::Encoder::new()
            .compress_vec(block)
            .map_err(io::Error::other)?;
        let length = u32::try_from(block.len()).map_err(io::Error::other)?;
        folded.extend(length.to_be_bytes());
        folded.extend(block);
    }
    Ok(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_folded_unfolds_to_itself() -> Result<(), Box<dyn std::error::Error>> {
        let records: Vec<u8> = (0..3_000_000_u32)
            .flat_map(|number| (number / 7).to_le_bytes())
            .collect();
        for codec in Codec::ALL {
            let folded = codec.fold(&records)?;
            assert!(codec.unfold(&folded)? == records, "{codec:?}");
            assert_eq!(Codec::numbered(codec as i16), Some(codec));
        }
        let raw = snap::raw::Encoder::new().compress_vec(&records)?;
        assert!(Codec::Snappy.unfold(&raw)? == records, "as librdkafka writes it");
        Ok(())
    }

    #[test]
    fn garbage_and_a_bomb_are_refused() -> Result<(), Box<dyn std::error::Error>> {
        let bomb = vec![0; MOST_UNFOLDED + 1];
        for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
            for garbage in [&b"garbage-garbage"[..], &[], &[0xff; 40]] {
                let unfolded = codec.unfold(garbage);
                assert!(unfolded.is_err() || unfolded == Ok(Vec::new()), "{codec:?}");
            }
            assert!(codec.unfold(&codec.fold(&bomb)?).is_err(), "{codec:?}");
        }
        Ok(())
    }
}
