//! A finished day's file, packed: `NAME.log.gz` beside where `NAME.log` stood. Plain gzip, so that `zcat` and `zgrep` read it.
//!
//! Promises: a packed file is on the disk and was read back, byte for byte, before the plain one goes; while both are there the plain one
//! counts. So a file is packed exactly when only the packed one is there, and a kill at any moment loses nothing.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

pub(crate) const PACKED: &str = ".gz";
const BUFFER_BYTES: usize = 256 * 1024;

/// Where the packed form of a file stands.
pub(crate) fn packed_path(plain: &Path) -> PathBuf {
    beside(plain, PACKED)
}

/// Where a form of the file is written before it counts.
fn beside(plain: &Path, ending: &str) -> PathBuf {
    let mut name = plain.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes the first `length` bytes of a file as [`packing_path`] and reads them back; [`keep`] makes it count. Blocking, and long.
pub(crate) fn pack(plain: &Path, length: u64) -> io::Result<()> {
    let mut file = BufReader::with_capacity(BUFFER_BYTES, File::open(plain)?).take(length);
    let path = packing_path(plain);
    let packed = BufWriter::with_capacity(BUFFER_BYTES, File::create(&path)?);
    let mut encoder = GzEncoder::new(packed, Compression::default());
    io::copy(&mut file, &mut encoder)?;
    let mut packed = encoder.finish()?;
    packed.flush()?;
    packed.get_ref().sync_all()?;
    let plain = BufReader::with_capacity(BUFFER_BYTES, File::open(plain)?).take(length);
    if is_same(plain, reader(&path)?)? {
        return Ok(());
    }
    fs::remove_file(&path)?;
    Err(io::Error::other("what was packed doesn't read back as it was"))
}

/// A packed file that doesn't count yet.
pub(crate) fn packing_path(plain: &Path) -> PathBuf {
    beside(plain, ".gz.new")
}

/// What was packed counts from now on, and the plain file goes; the folder is to be synced in between.
pub(crate) fn keep(plain: &Path, sync_folder: impl Fn() -> io::Result<()>) -> io::Result<()> {
    fs::rename(packing_path(plain), packed_path(plain))?;
    sync_folder()?;
    fs::remove_file(plain)?;
    sync_folder()
}

/// Writes the plain file again, and the packed one goes.
pub(crate) fn unpack(plain: &Path, length: u64, sync_folder: impl Fn() -> io::Result<()>) -> io::Result<()> {
    let (packed, fresh) = (packed_path(plain), beside(plain, ".new"));
    let mut file = File::create(&fresh)?;
    let unpacked = io::copy(&mut reader(&packed)?, &mut file)?;
    if unpacked != length {
        let found = format!("holds {unpacked} bytes, but {length} were committed");
        return Err(io::Error::new(io::ErrorKind::InvalidData, found));
    }
    file.sync_all()?;
    fs::rename(&fresh, plain)?;
    sync_folder()?;
    fs::remove_file(&packed)?;
    sync_folder()
}

/// What a packed file holds.
pub(crate) fn reader(packed: &Path) -> io::Result<impl Read + use<>> {
    let file = BufReader::with_capacity(BUFFER_BYTES, File::open(packed)?);
    Ok(MultiGzDecoder::new(file))
}

/// Whether a packed file says that it holds `length` bytes (its last four are the length's lowest: RFC 1952, 2.3.1).
pub(crate) fn says_length(packed: &Path, length: u64) -> io::Result<bool> {
    let mut file = File::open(packed)?;
    let mut last = [0; 4];
    if file.metadata()?.len() < last.len() as u64 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut last)?;
    Ok(u64::from(u32::from_le_bytes(last)) == length & u64::from(u32::MAX))
}

fn is_same(mut one: impl Read, mut other: impl Read) -> io::Result<bool> {
    let (mut first, mut second) = (vec![0; BUFFER_BYTES], vec![0; BUFFER_BYTES]);
    loop {
        let got = fill(&mut one, &mut first)?;
        if got != fill(&mut other, &mut second)? || first[..got] != second[..got] {
            return Ok(false);
        }
        if got == 0 {
            return Ok(true);
        }
    }
}

/// Reads until the buffer is full or nothing is left.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match from.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_after_it_was_packed_and_unpacked() {
        let home = tempfile::tempdir().unwrap();
        let plain = home.path().join("app-2025-05-14.log");
        let lines: Vec<String> = (0..60_000).map(|number| format!("line {number}\n")).collect();
        let text = lines.concat();
        fs::write(&plain, format!("{text}torn")).unwrap();
        let length = text.len() as u64;
        pack(&plain, length).unwrap();
        keep(&plain, || Ok(())).unwrap();
        assert!(!plain.exists() && says_length(&packed_path(&plain), length).unwrap());
        assert!(!says_length(&packed_path(&plain), length + 1).unwrap());
        assert!(unpack(&plain, length + 1, || Ok(())).is_err() && !plain.exists());
        unpack(&plain, length, || Ok(())).unwrap();
        assert_eq!(fs::read_to_string(&plain).unwrap(), text);
        assert!(!packed_path(&plain).exists());
    }
}
