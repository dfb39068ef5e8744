//! The offsets that groups committed: in memory, and in `group-offsets`, an append-only file of checked frames.
//!
//! Promises: a commit that was answered survives kill -9. The file is rewritten when it is over 1 MiB and four times as
//! large as it was after it had been rewritten; a torn tail is cut; a damaged entry is set aside (`group-offsets.corrupt`), those behind it count. A power cut may take back what the system had not written yet (about half a
//! minute): those messages are then seen again.

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::log::recovery;

const REWRITE_ABOVE: u64 = 1024 * 1024;
const FRAME_HEADER: usize = 8;

/// A partition, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) topic: String,
    pub(crate) partition: i32,
}

/// What a group committed for one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Committed {
    pub(crate) offset: i64,
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
    /// When, in milliseconds since 1970; 0 in files of older versions.
    #[serde(default)]
    pub(crate) at: i64,
}

/// One frame of the file; without a value it takes the commit back.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    group: String,
    place: Place,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Committed>,
}

type Offsets = BTreeMap<String, BTreeMap<Place, Committed>>;

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: File,
    size: u64,
    /// The size at which it is rewritten.
    rewrite_at: u64,
    offsets: Offsets,
    /// When each group was last known to have members; before that is known, when this program began.
    busy: BTreeMap<String, i64>,
    began: i64,
}

/// The offsets of all groups.
#[derive(Debug)]
pub(crate) struct OffsetStore(Mutex<Inner>);

impl OffsetStore {
    /// `now` in milliseconds since 1970: nothing expires by what came before it.
    pub(crate) fn open(folder: &Path, now: i64) -> io::Result<Self> {
        let path = folder.join("group-offsets");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        let bytes = std::fs::read(&path)?;
        let replayed = replay(&bytes);
        if replayed.whole < bytes.len() {
            tracing::warn!(file = %path.display(), bytes_cut = bytes.len() - replayed.whole, "the committed offsets ended in an unfinished entry, which was cut");
            file.set_len(replayed.whole as u64)?;
        }
        let mut inner = Inner {
            path,
            file,
            size: replayed.whole as u64,
            rewrite_at: REWRITE_ABOVE,
            offsets: replayed.offsets,
            busy: BTreeMap::new(),
            began: now,
        };
        if replayed.damaged > 0 {
            let aside = inner.path.with_extension("corrupt");
            std::fs::write(&aside, &bytes)?;
            tracing::error!(file = %inner.path.display(), bytes_damaged = replayed.damaged, set_aside = %aside.display(), "some committed offsets were damaged: those groups go on from the ones before");
            inner.rewrite()?;
        }
        Ok(Self(Mutex::new(inner)))
    }

    /// Keeps what a group commits; all of it or nothing.
    pub(crate) fn commit(&self, group: &str, commits: Vec<(Place, Committed)>) -> io::Result<()> {
        let entries = commits.into_iter().map(|(place, value)| Entry {
            group: group.to_owned(),
            place,
            value: Some(value),
        });
        self.lock().write(entries.collect())
    }

    pub(crate) fn committed(&self, group: &str, place: &Place) -> Option<Committed> {
        self.lock().offsets.get(group)?.get(place).cloned()
    }

    /// Everything that a group committed.
    pub(crate) fn all_of(&self, group: &str) -> Vec<(Place, Committed)> {
        let inner = self.lock();
        let places = inner.offsets.get(group).into_iter().flatten();
        places
            .map(|(place, committed)| (place.clone(), committed.clone()))
            .collect()
    }

    pub(crate) fn groups(&self) -> Vec<String> {
        self.lock().offsets.keys().cloned().collect()
    }

    /// Forgets a group; false if nothing was known of it.
    pub(crate) fn forget_group(&self, group: &str) -> io::Result<bool> {
        self.forget(|known, _| known == group)
    }

    /// Forgets what one group committed for one partition; false if nothing was.
    pub(crate) fn forget_place(&self, group: &str, place: &Place) -> io::Result<bool> {
        self.forget(|known, known_place| known == group && known_place == place)
    }

    /// Forgets what any group committed for a topic.
    pub(crate) fn forget_topic(&self, topic: &str) -> io::Result<bool> {
        self.forget(|_, place| place.topic == topic)
    }

    fn forget(&self, goes: impl Fn(&str, &Place) -> bool) -> io::Result<bool> {
        let mut inner = self.lock();
        let all = inner
            .offsets
            .iter()
            .flat_map(|(group, places)| places.keys().map(move |place| (group, place)));
        let going = all.filter(|(group, place)| goes(group, place));
        let entries: Vec<_> = going
            .map(|(group, place)| Entry {
                group: group.clone(),
                place: place.clone(),
                value: None,
            })
            .collect();
        let found = !entries.is_empty();
        inner.write(entries)?;
        Ok(found)
    }

    /// Forgets the groups that neither had members (`busy` have some now) nor committed anything for `keep` milliseconds.
    pub(crate) fn expire(&self, busy: &HashSet<String>, now: i64, keep: i64) -> io::Result<Vec<String>> {
        let mut inner = self.lock();
        for group in busy {
            inner.busy.insert(group.clone(), now);
        }
        let old: Vec<String> = inner.old_groups(now.saturating_sub(keep)).cloned().collect();
        for group in &old {
            let places: Vec<_> = inner
                .offsets
                .get(group)
                .into_iter()
                .flat_map(BTreeMap::keys)
                .cloned()
                .collect();
            let entries = places.into_iter().map(|place| Entry {
                group: group.clone(),
                place,
                value: None,
            });
            inner.write(entries.collect())?;
            inner.busy.remove(group);
        }
        Ok(old)
    }

    /// Brings the file onto the disk; blocks.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.lock().file.sync_data()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn old_groups(&self, before: i64) -> impl Iterator<Item = &String> {
        let last = |group: &String, places: &BTreeMap<Place, Committed>| {
            let committed = places.values().map(|committed| committed.at).max().unwrap_or(0);
            let busy = self.busy.get(group).copied().unwrap_or(self.began);
            committed.max(busy)
        };
        let old = self
            .offsets
            .iter()
            .filter(move |(group, places)| last(group, places) < before);
        old.map(|(group, _)| group)
    }

    fn write(&mut self, entries: Vec<Entry>) -> io::Result<()> {
        let mut bytes = Vec::new();
        for entry in &entries {
            bytes.extend(frame(entry)?);
        }
        if let Err(error) = self.file.write_all_at(&bytes, self.size) {
            self.file.set_len(self.size)?;
            return Err(error);
        }
        self.size += bytes.len() as u64;
        for entry in entries {
            apply(&mut self.offsets, entry);
        }
        if self.size > self.rewrite_at {
            self.rewrite()
        } else {
            Ok(())
        }
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let bytes = self.as_bytes()?;
        self.replace_by(&bytes)
    }

    fn as_bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for (group, places) in &self.offsets {
            for (place, value) in places {
                bytes.extend(frame(&Entry {
                    group: group.clone(),
                    place: place.clone(),
                    value: Some(value.clone()),
                })?);
            }
        }
        Ok(bytes)
    }

    fn replace_by(&mut self, bytes: &[u8]) -> io::Result<()> {
        recovery::replace(&self.path, bytes)?;
        self.file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        self.size = bytes.len() as u64;
        self.rewrite_at = REWRITE_ABOVE.max(4 * self.size);
        Ok(())
    }
}

fn apply(offsets: &mut Offsets, entry: Entry) {
    if let Some(value) = entry.value {
        offsets.entry(entry.group).or_default().insert(entry.place, value);
    } else if let Some(places) = offsets.get_mut(&entry.group) {
        places.remove(&entry.place);
        if places.is_empty() {
            offsets.remove(&entry.group);
        }
    }
}

fn frame(entry: &Entry) -> io::Result<Vec<u8>> {
    let payload = serde_json::to_vec(entry)?;
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(FRAME_HEADER + payload.len());
    frame.extend(length.to_be_bytes());
    frame.extend(crc32c::crc32c(&payload).to_be_bytes());
    frame.extend(payload);
    Ok(frame)
}

/// What a file of frames says.
struct Replayed {
    offsets: Offsets,
    /// Where its last sound frame ends.
    whole: usize,
    /// Bytes before that which are no sound frames.
    damaged: usize,
}

/// Reads all sound frames, also those behind damaged bytes.
fn replay(bytes: &[u8]) -> Replayed {
    let mut replayed = Replayed {
        offsets: Offsets::new(),
        whole: 0,
        damaged: 0,
    };
    let mut at = 0;
    while at < bytes.len() {
        match next_entry(&bytes[at..]) {
            Some((entry, after)) => {
                apply(&mut replayed.offsets, entry);
                replayed.damaged += at - replayed.whole;
                at = bytes.len() - after.len();
                replayed.whole = at;
            }
            None => at += 1,
        }
    }
    replayed
}

fn next_entry(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let (payload, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    if crc32c::crc32c(payload) != u32::from_be_bytes(*crc) {
        return None;
    }
    Some((serde_json::from_slice(payload).ok()?, rest))
}

#[cfg(test)]
mod tests;
