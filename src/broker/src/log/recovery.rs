//! Opening a segment: its index is rebuilt from the batches; what is damaged is set aside, never thrown away.
//!
//! A tail that a crash tore off is moved to `{base offset}.corrupt` and cut. When good batches follow a damaged stretch,
//! they are kept: the stretch goes to the `.corrupt` file and the offsets that it held are a gap, which Kafka's
//! consumers step over. Either way the log says so.
//!
//! A damaged batch at the very end may have been acknowledged and read before: its offsets are not given out again, because
//! a consumer that stands behind them would never see what came in their place.
//!
//! Not here: finding bits that flipped in sealed segments; that is found when they are read (`segment`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::Offset;
use super::batch::{self, BatchHeader, HEADER};
use super::batch_error::BatchError;
use super::segment::Segment;

/// How closely the batches of a segment are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scrutiny {
    /// A segment that was on the disk before the one behind the next began: walk the headers.
    Headers,
    /// The last two segments: check every checksum.
    Checksums,
}

/// A segment, as it was found.
pub(crate) struct Opened {
    pub(crate) segment: Segment,
    /// The offset after a damaged batch at the end, whose own offsets must not be given out again.
    pub(crate) taken_until: Option<Offset>,
}

impl From<Segment> for Opened {
    fn from(segment: Segment) -> Self {
        Self {
            segment,
            taken_until: None,
        }
    }
}

/// Opens the segment `base` of `folder`; `seen` is shown the header of every batch that is kept.
pub(crate) fn open(
    folder: &Path,
    base: Offset,
    scrutiny: Scrutiny,
    mut seen: impl FnMut(&BatchHeader),
) -> io::Result<Opened> {
    let path = Segment::path_in(folder, base);
    let file = OpenOptions::new().read(true).write(true).open(&path)?;
    let length = file.metadata()?.len();
    let mut segment = Segment::around(path.clone(), base, file);
    while segment.size < length {
        let Some(header) = next_batch(&segment, length, scrutiny)? else {
            break;
        };
        segment.note(&header);
        seen(&header);
    }
    if segment.size == length {
        return Ok(segment.into());
    }
    let taken_until = whole_but_damaged(&segment, length)?;
    let mended = mend(folder, &segment)?;
    if mended == segment.size {
        return Ok(Opened { segment, taken_until });
    }
    let file = OpenOptions::new().read(true).write(true).open(&path)?;
    let mut whole = Segment::around(path, base, file);
    let already = segment.size;
    while let Some(header) = next_batch(&whole, mended, Scrutiny::Checksums)? {
        let is_new = whole.size >= already;
        whole.note(&header);
        if is_new {
            seen(&header);
        }
    }
    Ok(whole.into())
}

/// The offset after the batch that follows, where it is there as a whole and only its checksum is wrong: no write that was torn.
fn whole_but_damaged(segment: &Segment, length: u64) -> io::Result<Option<Offset>> {
    let header = next_batch(segment, length, Scrutiny::Headers)?;
    Ok(header
        .filter(|header| header.records > 0 && header.records - 1 == header.last_delta)
        .map(|header| header.next()))
}

/// The batch that follows what the segment knows; `None` where there is no whole one.
fn next_batch(segment: &Segment, length: u64, scrutiny: Scrutiny) -> io::Result<Option<BatchHeader>> {
    let left = length - segment.size;
    if left < HEADER as u64 {
        return Ok(None);
    }
    let file = segment.file()?;
    let mut head = [0; HEADER];
    file.read_exact_at(&mut head, segment.size)?;
    let Ok(header) = BatchHeader::parse(&head) else {
        return Ok(None);
    };
    if header.base < segment.next || header.size as u64 > left {
        return Ok(None);
    }
    if scrutiny == Scrutiny::Checksums {
        let mut bytes = vec![0; header.size];
        file.read_exact_at(&mut bytes, segment.size)?;
        if batch::check(&bytes).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(header))
}

/// Sets aside everything after the segment's good beginning that is not a good batch; returns the file's new length.
fn mend(folder: &Path, segment: &Segment) -> io::Result<u64> {
    let whole = fs::read(&segment.path)?;
    let good_start = usize::try_from(segment.size).map_err(io::Error::other)?;
    let good = good_stretches(&whole, good_start, segment.next);
    let aside = folder.join(format!("{:020}.corrupt", segment.base.0));
    let bad = between(&good, good_start, whole.len());
    let mut corrupt = OpenOptions::new().create(true).append(true).open(&aside)?;
    for stretch in &bad {
        corrupt.write_all(&whole[stretch.clone()])?;
    }
    corrupt.sync_all()?;
    let bytes_cut: usize = bad.iter().map(Range::len).sum();
    if good.is_empty() {
        let file = segment.file()?;
        file.set_len(segment.size)?;
        file.sync_all()?;
        tracing::warn!(segment = %segment.path.display(), bytes_cut, next_offset = segment.next.0, set_aside = %aside.display(),
            "the log ended in an unfinished batch, which was cut");
        return Ok(segment.size);
    }
    let kept: usize = good.iter().map(Range::len).sum();
    let mut mended = whole[..good_start].to_vec();
    for stretch in good {
        mended.extend_from_slice(&whole[stretch]);
    }
    replace(&segment.path, &mended)?;
    tracing::error!(segment = %segment.path.display(), bytes_cut, bytes_kept = kept, first_lost_offset = segment.next.0, set_aside = %aside.display(),
        "a damaged stretch in the middle of the log was set aside; the good batches after it were kept. Look after the disk of --data; \
         `de-shop audit` tells what is missing");
    Ok(mended.len() as u64)
}

/// Every run of bytes after `from` that is one good batch, offsets rising from `next`.
fn good_stretches(bytes: &[u8], from: usize, mut next: Offset) -> Vec<Range<usize>> {
    let mut good = Vec::new();
    let mut at = from;
    while at + HEADER <= bytes.len() {
        match good_batch(&bytes[at..], next) {
            Ok(header) => {
                good.push(at..at + header.size);
                at += header.size;
                next = header.next();
            }
            Err(_) => at += 1,
        }
    }
    good
}

fn good_batch(bytes: &[u8], next: Offset) -> Result<BatchHeader, BatchError> {
    let header = BatchHeader::parse(bytes)?;
    if header.base < next {
        return Err(BatchError::Contradiction("an offset that was used already"));
    }
    batch::check(bytes)
}

/// What lies between the `good` stretches.
fn between(good: &[Range<usize>], from: usize, to: usize) -> Vec<Range<usize>> {
    let starts = std::iter::once(from).chain(good.iter().map(|stretch| stretch.end));
    let ends = good.iter().map(|stretch| stretch.start).chain(std::iter::once(to));
    starts
        .zip(ends)
        .map(|(start, end)| start..end)
        .filter(|stretch| !stretch.is_empty())
        .collect()
}

/// Replaces a file as a whole: after a crash it is the old or the new one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
