//! Gzip (RFC 1952) of what is in memory as a whole: by libdeflate, or once for many that differ in some slots.

use std::io::{self, Read, Write};
use std::ops::Range;

use flate2::read::GzDecoder;
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

/// What stands in a slot of `LENGTH` bytes while the text around it is compressed, for slots of the kind `kind` (0 or 1): bytes that no text
/// has (RFC 3629, 1), no three of them one behind the other twice. So what is behind a slot refers to it as a whole, or not at all.
pub(crate) fn filler<const LENGTH: usize>(kind: usize) -> [u8; LENGTH] {
    const IN_NO_TEXT: [u8; 13] = [
        0xc0, 0xc1, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
    ];
    std::array::from_fn(|at| {
        let place = kind * LENGTH + at;
        IN_NO_TEXT[place * (place / 12 + 1) % IN_NO_TEXT.len()]
    })
}

/// Text in gzip, but for slots that stand in it as they are: whatever is written into them, with [`trailer`] behind it is a file.
#[derive(Debug)]
pub(crate) struct WithSlots {
    pub bytes: Vec<u8>,
    /// Where the slots begin, in the order of the text.
    pub slots: Vec<usize>,
}

impl WithSlots {
    /// `slots` lie in `text` one behind the other, filled with [`filler`]; each is at most 65,535 bytes long. A filler that stands in the
    /// text beside them becomes what will be written into the slot before it: if it is compressed as a reference to that, which is likely
    /// and has to be seen.
    pub(crate) fn of(text: &[u8], slots: impl Iterator<Item = Range<usize>>) -> io::Result<Self> {
        let mut encoder = DeflateEncoder::new(HEADER.to_vec(), Compression::default());
        let (mut places, mut from) = (Vec::new(), 0);
        for slot in slots {
            encoder.write_all(&text[from..slot.start])?;
            // To a whole byte; then a stored block (RFC 1951, 3.2.4).
            encoder.flush()?;
            let length = u16::try_from(slot.len()).map_err(io::Error::other)?;
            let mut bytes = std::mem::take(encoder.get_mut());
            bytes.push(0);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(&(!length).to_le_bytes());
            places.push(bytes.len());
            bytes.extend_from_slice(&text[slot.clone()]);
            // The compressor counts the slot's bytes, too, but its own words for them are left out.
            encoder.write_all(&text[slot.clone()])?;
            encoder.flush()?;
            *encoder.get_mut() = bytes;
            from = slot.end;
        }
        encoder.write_all(&text[from..])?;
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

/// What the file holds, as far as its checksum is right.
pub(crate) fn decompressed(file: &[u8]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    GzDecoder::new(file).read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const SLOT: usize = 36;

    #[test]
    fn fillers_are_no_text_and_have_no_three_bytes_twice() {
        let both = [filler::<SLOT>(0), filler(1)].concat();
        let in_texts: BTreeSet<u8> = ('\0'..=char::MAX)
            .flat_map(|character| character.to_string().into_bytes())
            .collect();
        assert!(both.iter().all(|byte| !in_texts.contains(byte)));
        let threes: BTreeSet<&[u8]> = both.windows(3).collect();
        assert_eq!(threes.len(), both.len() - 2);
    }

    proptest! {
        #[test]
        fn whatever_is_written_into_the_slots_it_is_a_file(
            pieces in prop::collection::vec("([a-c]{0,40}|[가-힣]{0,9}|\\PC{0,300})", 1..8),
            written in prop::collection::vec(any::<[u8; SLOT]>(), 8),
        ) {
            let mut text = Vec::new();
            let mut slots = Vec::new();
            for (piece, kind) in pieces.iter().zip([0, 1].into_iter().cycle()) {
                text.extend_from_slice(piece.as_bytes());
                slots.push(text.len()..text.len() + SLOT);
                text.extend_from_slice(&filler::<SLOT>(kind));
            }
            let WithSlots { bytes: mut file, slots: places } = WithSlots::of(&text, slots.iter().cloned()).unwrap();
            for ((slot, place), written) in slots.into_iter().zip(places).zip(written) {
                text[slot].copy_from_slice(&written);
                file[place..place + SLOT].copy_from_slice(&written);
            }
            file.extend(trailer(&[&text]));
            prop_assert_eq!(decompressed(&file).unwrap(), text);
        }
    }
}
