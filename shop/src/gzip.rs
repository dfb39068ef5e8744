//! Gzip (RFC 1952) of what is in memory as a whole: by libdeflate, or in pieces with slots between them.

use std::io::{self, Write};

use bytes::Bytes;
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
/// No text has it, so nothing behind a slot refers to what stands there while the pieces are compressed.
const IN_NO_TEXT: u8 = 0xff;

/// Text, compressed but for the slots of `slot` bytes between its pieces: with a slot's bytes after each piece but the last, and the
/// [`trailer`] behind, it is a file. Each piece ends at a whole byte, with the header of the slot's stored block (RFC 1951, 3.2.4).
pub(crate) fn in_pieces(pieces: &[Bytes], slot: u16) -> io::Result<Vec<Bytes>> {
    let [length, complement] = [slot, !slot].map(u16::to_le_bytes);
    let stored = [0, length[0], length[1], complement[0], complement[1]];
    let mut encoder = DeflateEncoder::new(HEADER.to_vec(), Compression::default());
    let mut compressed = Vec::with_capacity(pieces.len());
    for (at, piece) in pieces.iter().enumerate() {
        encoder.write_all(piece)?;
        if at + 1 < pieces.len() {
            encoder.flush()?;
            let mut piece = std::mem::take(encoder.get_mut());
            piece.extend_from_slice(&stored);
            compressed.push(Bytes::from(piece));
            // Whoever unpacks it counts the slot's bytes, too.
            encoder.write_all(&vec![IN_NO_TEXT; usize::from(slot)])?;
            encoder.flush()?;
            encoder.get_mut().clear();
        }
    }
    compressed.push(Bytes::from(encoder.finish()?));
    Ok(compressed)
}

/// The end of the file whose text are these pieces: checksum and length.
pub(crate) fn trailer(text: &[Bytes]) -> Bytes {
    let mut sum = Crc::new();
    for piece in text {
        sum.update(piece);
    }
    let mut trailer = [0; 8];
    trailer[..4].copy_from_slice(&sum.sum().to_le_bytes());
    trailer[4..].copy_from_slice(&sum.amount().to_le_bytes());
    Bytes::copy_from_slice(&trailer)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_with_anything_in_their_slots_are_a_file(
            pieces in prop::collection::vec("([a-c]{0,40}|[가-힣]{0,9}|\\PC{0,300})", 1..8),
            slots in prop::collection::vec(any::<[u8; 5]>(), 8),
        ) {
            let pieces: Vec<Bytes> = pieces.into_iter().map(Bytes::from).collect();
            let slots = slots.iter().map(|slot| Bytes::copy_from_slice(slot)).take(pieces.len() - 1);
            let filled = |pieces: Vec<Bytes>| -> Vec<Bytes> {
                let mut slots = slots.clone();
                pieces.into_iter().flat_map(|piece| [Some(piece), slots.next()]).flatten().collect()
            };
            let mut file = filled(in_pieces(&pieces, 5).unwrap());
            let text = filled(pieces);
            file.push(trailer(&text));
            let mut unpacked = Vec::new();
            GzDecoder::new(file.concat().as_slice()).read_to_end(&mut unpacked).unwrap();
            prop_assert_eq!(unpacked, text.concat());
        }
    }
}
