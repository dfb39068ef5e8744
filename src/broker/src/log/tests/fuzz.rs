//! Batches with changed bytes under a right checksum: refused, or such that every record of them can be read. Bounded, and the same
//! in every run.

use std::io;

use super::super::batch::{self, BatchHeader};
use super::super::codec::Codec;
use super::super::records::Records;
use super::{BatchMaker, Outcome, RULES, admission};

const ROUNDS: usize = 4_000;
const CRC_FROM: usize = 21;

/// Marsaglia's xorshift: numbers that look random.
struct Noise(u32);

impl Noise {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % most.max(1)
    }
}

fn batches() -> io::Result<Vec<Vec<u8>>> {
    let plain = BatchMaker {
        records: 5,
        key: Some(b"key"),
        producer: Some((7, 0, 0)),
        ..BatchMaker::default()
    }
    .at(0);
    let header = BatchHeader::parse(&plain).map_err(io::Error::other)?;
    let records = batch::records(&header, &plain).map_err(io::Error::other)?;
    let codecs = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
    codecs
        .iter()
        .map(|codec| batch::with_records(&plain, *codec, 5, &records))
        .collect()
}

fn changed(batch: &[u8], noise: &mut Noise) -> Vec<u8> {
    let mut bytes = batch.to_vec();
    match noise.below(4) {
        0 => bytes.truncate(noise.below(bytes.len())),
        1 => bytes.extend((0..noise.below(40)).map(|index| u8::try_from(index).unwrap_or_default())),
        _ => {}
    }
    for _ in 0..=noise.below(4) {
        if !bytes.is_empty() {
            let at = noise.below(bytes.len());
            bytes[at] = noise.below(256).to_le_bytes()[0];
        }
    }
    if bytes.len() > CRC_FROM && noise.below(8) > 0 {
        let counted = u32::try_from(bytes.len() - 12).unwrap_or_default();
        bytes[8..12].copy_from_slice(&counted.to_be_bytes());
        bytes[16] = 2;
        let crc = crc32c::crc32c(&bytes[CRC_FROM..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
    }
    bytes
}

#[test]
fn whatever_is_admitted_can_be_read_to_its_last_record() -> Outcome {
    let (batches, mut noise) = (batches()?, Noise(0x2545_f491));
    let mut admitted = 0;
    for round in 0..ROUNDS {
        let bytes = changed(&batches[round % batches.len()], &mut noise);
        let Ok(taken) = admission::admit(&bytes, RULES) else {
            continue;
        };
        admitted += 1;
        let records = batch::records(&taken.header, &taken.bytes)?;
        let found = Records::of(taken.header, &records).collect::<Result<Vec<_>, _>>()?;
        assert_eq!(i32::try_from(found.len())?, taken.header.records, "in round {round}");
    }
    assert!((1..ROUNDS).contains(&admitted), "{admitted} were admitted");
    Ok(())
}
