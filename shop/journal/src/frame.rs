//! One frame: `u32` payload length, `u64` sequence, `u32` CRC32C of these twelve bytes, `u32` CRC32C of the twelve bytes and
//! the payload, the payload. All little-endian.
//!
//! The header has a checksum of its own, so that a frame which was never finished (sound header, short payload) can be told
//! from one that was damaged, and a frame is known by itself wherever it stands.

use std::ops::Range;

use schemas::Sequence;

pub(super) const HEADER_BYTES: usize = 20;
/// No frame is shorter: header, head and the sealed source alone take more.
pub(super) const MIN_FRAME_BYTES: usize = 80;
pub(super) const MAX_PAYLOAD_BYTES: usize = super::MAX_EVENT_BYTES + 1024;

/// A sound frame; the ranges count from the start of the bytes that were parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) sequence: Sequence,
    pub(super) payload: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parsed {
    Sound(Frame),
    /// A sound header, or the beginning of one, whose frame goes on after these bytes.
    Unfinished,
    Damaged,
}

/// Appends a frame whose payload `write` appends.
pub(super) fn put(out: &mut Vec<u8>, sequence: Sequence, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_BYTES]);
    write(out);
    // An event is at most MAX_EVENT_BYTES long, so the length always fits.
    let length = u32::try_from(out.len() - start - HEADER_BYTES).unwrap_or(u32::MAX);
    let (header, payload) = out[start..].split_at_mut(HEADER_BYTES);
    header[..4].copy_from_slice(&length.to_le_bytes());
    header[4..12].copy_from_slice(&sequence.0.to_le_bytes());
    let header_sum = crc32c::crc32c(&header[..12]);
    header[12..16].copy_from_slice(&header_sum.to_le_bytes());
    header[16..20].copy_from_slice(&crc32c::crc32c_append(header_sum, payload).to_le_bytes());
}

/// Reads the frame at the start of `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let Some((header, rest)) = bytes.split_at_checked(HEADER_BYTES) else {
        return Parsed::Unfinished;
    };
    let header_sum = crc32c::crc32c(&header[..12]);
    if header_sum != u32_at(header, 12) {
        return Parsed::Damaged;
    }
    let length = u32_at(header, 0) as usize;
    if !(MIN_FRAME_BYTES - HEADER_BYTES..=MAX_PAYLOAD_BYTES).contains(&length) {
        return Parsed::Damaged;
    }
    let Some(payload) = rest.get(..length) else {
        return Parsed::Unfinished;
    };
    if crc32c::crc32c_append(header_sum, payload) != u32_at(header, 16) {
        return Parsed::Damaged;
    }
    let mut sequence = [0; 8];
    sequence.copy_from_slice(&header[4..12]);
    Parsed::Sound(Frame {
        sequence: Sequence(u64::from_le_bytes(sequence)),
        payload: HEADER_BYTES..HEADER_BYTES + length,
    })
}

/// Where the next sound frame begins behind a damaged one. A payload is text, so no frame hides inside one.
pub(super) fn next_sound(bytes: &[u8]) -> Option<usize> {
    (1..bytes.len().saturating_sub(HEADER_BYTES)).find(|&at| matches!(parse(&bytes[at..]), Parsed::Sound(_)))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(sequence: u64, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, Sequence(sequence), |out| out.extend_from_slice(payload));
        out
    }

    proptest! {
        #[test]
        fn a_frame_with_any_bit_flipped_is_never_sound(payload in proptest::collection::vec(any::<u8>(), 60..300), at in any::<prop::sample::Index>()) {
            let mut bytes = framed(7, &payload);
            let bit = at.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!matches!(parse(&bytes), Parsed::Sound(_)));
        }

        #[test]
        fn a_frame_cut_anywhere_is_unfinished(payload in proptest::collection::vec(any::<u8>(), 60..300), at in any::<prop::sample::Index>()) {
            let bytes = framed(7, &payload);
            prop_assert_eq!(parse(&bytes[..at.index(bytes.len())]), Parsed::Unfinished);
        }
    }

    #[test]
    fn the_frame_behind_damaged_bytes_is_found() {
        let mut bytes = framed(1, &[b'a'; 100]);
        bytes[30] ^= 1;
        let second = bytes.len();
        bytes.extend(framed(2, &[b'b'; 100]));
        assert_eq!(next_sound(&bytes), Some(second));
    }
}
