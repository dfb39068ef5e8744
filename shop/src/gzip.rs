//! Gzip of what is in memory as a whole, by libdeflate.

use libdeflater::{CompressionLvl, Compressor};

/// None when it doesn't fit into what libdeflate says that it needs at most.
pub(crate) fn compressed(plain: &[u8], level: CompressionLvl) -> Option<Vec<u8>> {
    let mut compressor = Compressor::new(level);
    let mut gzip = vec![0; compressor.gzip_compress_bound(plain.len())];
    let length = compressor.gzip_compress(plain, &mut gzip).ok()?;
    gzip.truncate(length);
    Some(gzip)
}
