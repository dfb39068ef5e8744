//! Gzip (RFC 1952) of what is in memory as a whole: by libdeflate, or once for many that differ in some slots.

use std::io::{self, Write};
use std::ops::Range;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use libdeflater::{CompressionLvl, Compressor};

/// None when it doesn't fit into what libdeflate says that it needs at most.
pub(crate) fn compressed(plain: &[u8], level: CompressionLvl) -> Option<Vec<u8>> {
    let mut compressor = Compressor::new(level);
    let mut gzip = vec![0; compressor.gzip_compress_bound(plain.len())];
    let length = compressor.gzip_compress(plain, &mut gzip).ok()?;
    gzip.truncate(length);
    Some(gzip)
}

/// No flags, no time, by no system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// No text has it, so nothing behind a slot refers to what stands there while the text is compressed.
const IN_NO_TEXT: u8 = 0xff;

/// Text in gzip but for its slots, which stand there as they are: whatever is written into them, with [`trailer`] behind it is a file.
#[derive(Debug)]
pub(crate) struct WithSlots {
    pub bytes: Vec<u8>,
    /// Where the slots begin, in the order of the text.
    pub slots: Vec<usize>,
}

impl WithSlots {
    /// `slots` lie in `text` one behind the other; each is at most 65,535 bytes long.
    pub(crate) fn of(text: &str, slots: impl Iterator<Item = Range<usize>>) -> io::Result<Self> {
        let mut encoder = DeflateEncoder::new(HEADER.to_vec(), Compression::default());
        let (mut places, mut from) = (Vec::new(), 0);
        for slot in slots {
            encoder.write_all(&text.as_bytes()[from..slot.start])?;
            // To a whole byte; then a stored block (RFC 1951, 3.2.4).
            encoder.flush()?;
            let filler = vec![IN_NO_TEXT; slot.len()];
            let length = u16::try_from(slot.len()).map_err(io::Error::other)?;
            let mut bytes = std::mem::take(encoder.get_mut());
            bytes.push(0);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(&(!length).to_le_bytes());
            places.push(bytes.len());
            bytes.extend_from_slice(&filler);
            // The compressor counts the slot's bytes, too, but its own words for them are left out.
            encoder.write_all(&filler)?;
            encoder.flush()?;
            *encoder.get_mut() = bytes;
            from = slot.end;
        }
        encoder.write_all(&text.as_bytes()[from..])?;
        Ok(Self {
            bytes: encoder.finish()?,
            slots: places,
        })
    }
}

/// Bytes of a file's end.
pub(crate) const TRAILER: usize = 8;

/// The end of the file that holds this text, one piece behind the other: checksum and length.
pub(crate) fn trailer(text: &[&[u8]]) -> [u8; TRAILER] {
    let mut sum = Crc::new();
    for piece in text {
        sum.update(piece);
    }
    let mut trailer = [0; TRAILER];
    trailer[..4].copy_from_slice(&sum.sum().to_le_bytes());
    trailer[4..].copy_from_slice(&sum.amount().to_le_bytes());
    trailer
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    const SLOT: usize = 5;

    proptest! {
        #[test]
        fn whatever_is_written_into_the_slots_it_is_a_file(
            pieces in prop::collection::vec("([a-c]{0,40}|[가-힣]{0,9}|\\PC{0,300})", 1..8),
            written in prop::collection::vec(any::<[u8; SLOT]>(), 8),
        ) {
            let text = pieces.join("SLOT.");
            let mut slots = Vec::new();
            for piece in &pieces[..pieces.len() - 1] {
                let begin = slots.last().map_or(0, |slot: &Range<usize>| slot.end) + piece.len();
                slots.push(begin..begin + SLOT);
            }
            let WithSlots { bytes: mut file, slots: places } = WithSlots::of(&text, slots.iter().cloned()).unwrap();
            let mut text = text.into_bytes();
            for ((slot, place), written) in slots.into_iter().zip(places).zip(written) {
                text[slot].copy_from_slice(&written);
                file[place..place + SLOT].copy_from_slice(&written);
            }
            file.extend(trailer(&[&text]));
            let mut unpacked = Vec::new();
            GzDecoder::new(file.as_slice()).read_to_end(&mut unpacked).unwrap();
            prop_assert_eq!(unpacked, text);
        }
    }
}
