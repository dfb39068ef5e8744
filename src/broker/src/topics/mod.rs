//! The topics: their partitions, and `topics.json`, which says which there are.
//!
//! The catalogue is replaced as a whole at every change, after the folders of a new topic exist and before those of a
//! deleted one go, so that a crash between the two leaves folders that nobody knows, never a topic without its folders.
//! What is left over is moved aside when its name is used again.

pub(crate) mod catalogue;
pub(crate) mod config;
mod name;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use uuid::Uuid;

use super::log::{Flusher, LogError, Partition};
use catalogue::{Catalogue, Entry};
use config::{ConfigError, TopicConfig};

pub(crate) use name::check_name;

/// The most partitions one topic may have here, and all topics together: each has a file open.
pub(crate) const MOST_PARTITIONS: i32 = 256;
const MOST_IN_ALL: usize = 10_000;

/// How many partitions are opened at a time.
const OPENERS: usize = 8;

/// The name under which Apache Kafka keeps what groups commit. Here it is an empty topic that tools see and nobody writes to.
pub(crate) const INTERNAL: &str = "__consumer_offsets";

/// Why a topic could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TopicError {
    #[error("the name of a topic has 1 to 249 letters, digits, dots, underscores and hyphens, and is not . or ..")]
    Name,
    #[error("the topic is there already")]
    Exists,
    #[error("there is no such topic")]
    Unknown,
    #[error("a topic has 1 to {MOST_PARTITIONS} partitions here, and never fewer than before")]
    Partitions,
    #[error("there would be more than {MOST_IN_ALL} partitions, the most that the embedded broker keeps")]
    TooMany,
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the disk refused")]
    Storage(#[from] std::io::Error),
    #[error("a partition could not be opened")]
    Log(#[from] LogError),
}

/// One topic.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) id: Uuid,
    config: RwLock<TopicConfig>,
    partitions: RwLock<Vec<Arc<Partition>>>,
}

impl Topic {
    pub(crate) fn config(&self) -> TopicConfig {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn partitions(&self) -> Vec<Arc<Partition>> {
        self.partitions.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn partition(&self, index: i32) -> Option<Arc<Partition>> {
        let partitions = self.partitions.read().unwrap_or_else(PoisonError::into_inner);
        partitions.get(usize::try_from(index).ok()?).cloned()
    }

    /// How many partitions there are.
    pub(crate) fn width(&self) -> i32 {
        let partitions = self.partitions.read().unwrap_or_else(PoisonError::into_inner).len();
        i32::try_from(partitions).unwrap_or(i32::MAX)
    }

    fn entry(&self) -> Entry {
        Entry {
            name: self.name.clone(),
            id: self.id,
            partitions: self.width(),
            config: self.config(),
        }
    }
}

/// A topic to be made.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) partitions: i32,
    pub(crate) config: TopicConfig,
}

/// All topics of the broker.
#[derive(Debug)]
pub(crate) struct Topics {
    folder: PathBuf,
    flusher: Arc<Flusher>,
    by_name: RwLock<BTreeMap<String, Arc<Topic>>>,
    /// Held while the catalogue changes.
    change: Mutex<()>,
}

impl Topics {
    /// Opens every topic of the catalogue, recovering its partitions.
    pub(crate) fn open(folder: PathBuf, flusher: Arc<Flusher>) -> Result<Self, TopicError> {
        let catalogue = Catalogue::read(&folder)?;
        catalogue::remove_deleted(&folder)?;
        let topics = Self {
            folder,
            flusher,
            by_name: RwLock::default(),
            change: Mutex::default(),
        };
        let mut opened = topics.open_all(&catalogue.topics)?.into_iter();
        let mut by_name = BTreeMap::new();
        for entry in catalogue.topics {
            let width = usize::try_from(entry.partitions).unwrap_or_default();
            let partitions = opened.by_ref().take(width).collect();
            by_name.insert(entry.name.clone(), Arc::new(topic(entry, partitions)));
        }
        *topics.by_name.write().unwrap_or_else(PoisonError::into_inner) = by_name;
        Ok(topics)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Topic>> {
        self.by_name
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    pub(crate) fn get_by_id(&self, id: Uuid) -> Option<Arc<Topic>> {
        self.by_name
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .find(|topic| topic.id == id)
            .cloned()
    }

    /// By name, or by id where the name is left out (newer requests do).
    pub(crate) fn find(&self, name: &str, id: Uuid) -> Option<Arc<Topic>> {
        if id.is_nil() {
            self.get(name)
        } else {
            self.get_by_id(id)
        }
    }

    /// In the order of their names.
    pub(crate) fn all(&self) -> Vec<Arc<Topic>> {
        self.by_name
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Says whether a topic could be made.
    pub(crate) fn may_create(&self, name: &str, partitions: i32) -> Result<(), TopicError> {
        if !check_name(name) {
            return Err(TopicError::Name);
        }
        if !(1..=MOST_PARTITIONS).contains(&partitions) {
            return Err(TopicError::Partitions);
        }
        if self.get(name).is_some() {
            return Err(TopicError::Exists);
        }
        self.has_room_for(partitions)
    }

    fn has_room_for(&self, more: i32) -> Result<(), TopicError> {
        let known = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        let partitions: i32 = known.values().map(|topic| topic.width()).sum();
        match usize::try_from(partitions.saturating_add(more)) {
            Ok(all) if all <= MOST_IN_ALL => Ok(()),
            _ => Err(TopicError::TooMany),
        }
    }

    /// Makes the topic by which tools tell that there are groups, where it is not there yet.
    pub(crate) fn begin_internal(&self) {
        if self.get(INTERNAL).is_some() {
            return;
        }
        match self.create(INTERNAL, 1, TopicConfig::of_internal()) {
            Ok(_) | Err(TopicError::Exists) => {}
            Err(error) => {
                tracing::warn!(%error, topic = INTERNAL, "the topic that shows that there are groups could not be made; groups work without it");
            }
        }
    }

    pub(crate) fn create(&self, name: &str, partitions: i32, config: TopicConfig) -> Result<Arc<Topic>, TopicError> {
        let mut made = self.create_all(vec![Wanted {
            name: name.to_owned(),
            partitions,
            config,
        }]);
        made.pop().unwrap_or(Err(TopicError::Unknown))
    }

    /// Makes topics together: the catalogue is written once. What came of each, in their order.
    pub(crate) fn create_all(&self, wanted: Vec<Wanted>) -> Vec<Result<Arc<Topic>, TopicError>> {
        let _changing = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut made: Vec<Result<Arc<Topic>, TopicError>> = Vec::with_capacity(wanted.len());
        let mut fresh: BTreeMap<String, Arc<Topic>> = BTreeMap::new();
        let mut beside = 0;
        for topic in wanted {
            let opened = if fresh.contains_key(&topic.name) {
                Err(TopicError::Exists)
            } else {
                self.prepare(topic, beside)
            };
            if let Ok(topic) = &opened {
                beside += topic.width();
                fresh.insert(topic.name.clone(), Arc::clone(topic));
            }
            made.push(opened);
        }
        if fresh.is_empty() {
            return made;
        }
        if let Err(error) = self.change_to(|topics| topics.extend(fresh)) {
            // None of them is there: each is told so.
            let told = || TopicError::Storage(std::io::Error::other(error.to_string()));
            return made.into_iter().map(|topic| topic.and_then(|_| Err(told()))).collect();
        }
        made
    }

    /// Opens the partitions of a topic that is not in the catalogue yet; `beside` partitions are made together with it.
    fn prepare(&self, wanted: Wanted, beside: i32) -> Result<Arc<Topic>, TopicError> {
        self.may_create(&wanted.name, wanted.partitions)?;
        self.has_room_for(wanted.partitions.saturating_add(beside))?;
        let opened = (0..wanted.partitions).map(|index| {
            catalogue::move_aside(&self.folder, &wanted.name, index)?;
            self.open_partition(&wanted.name, index)
        });
        let opened = opened.collect::<Result<Vec<_>, _>>()?;
        let entry = Entry {
            name: wanted.name,
            id: Uuid::new_v4(),
            partitions: wanted.partitions,
            config: wanted.config,
        };
        Ok(Arc::new(topic(entry, opened)))
    }

    pub(crate) fn delete(&self, topic: &Topic) -> Result<(), TopicError> {
        let _changing = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        if self.get(&topic.name).is_none_or(|known| known.id != topic.id) {
            return Err(TopicError::Unknown);
        }
        self.change_to(|topics| drop(topics.remove(&topic.name)))?;
        for partition in topic.partitions() {
            partition.log().delete();
            partition.announce();
        }
        for index in 0..topic.width() {
            catalogue::discard(&self.folder, &topic.name, index, topic.id)?;
        }
        catalogue::remove_deleted(&self.folder)?;
        Ok(())
    }

    /// Adds partitions up to `count`; with `dry_run` it only says whether it could.
    pub(crate) fn widen(&self, topic: &Topic, count: i32, dry_run: bool) -> Result<(), TopicError> {
        let _changing = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let before = topic.partitions();
        if count <= topic.width() || count > MOST_PARTITIONS {
            return Err(TopicError::Partitions);
        }
        self.has_room_for(count - topic.width())?;
        if dry_run {
            return Ok(());
        }
        let fresh = (topic.width()..count).map(|index| {
            catalogue::move_aside(&self.folder, &topic.name, index)?;
            self.open_partition(&topic.name, index)
        });
        let fresh = fresh.collect::<Result<Vec<_>, _>>()?;
        let wider = before.iter().cloned().chain(fresh).collect();
        *topic.partitions.write().unwrap_or_else(PoisonError::into_inner) = wider;
        let kept = self.change_to(|_| ());
        if kept.is_err() {
            *topic.partitions.write().unwrap_or_else(PoisonError::into_inner) = before;
        }
        kept
    }

    /// Replaces a topic's settings, which were checked.
    pub(crate) fn configure(&self, topic: &Topic, config: TopicConfig) -> Result<(), TopicError> {
        let _changing = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let before = topic.config();
        *topic.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        let kept = self.change_to(|_| ());
        if kept.is_err() {
            *topic.config.write().unwrap_or_else(PoisonError::into_inner) = before;
        }
        kept
    }

    /// Writes the changed catalogue; only then is the change there for others.
    fn change_to(&self, change: impl FnOnce(&mut BTreeMap<String, Arc<Topic>>)) -> Result<(), TopicError> {
        let mut changed = self.by_name.read().unwrap_or_else(PoisonError::into_inner).clone();
        change(&mut changed);
        Catalogue {
            topics: changed.values().map(|topic| topic.entry()).collect(),
        }
        .write(&self.folder)?;
        *self.by_name.write().unwrap_or_else(PoisonError::into_inner) = changed;
        Ok(())
    }

    /// Every partition, in order. Each waits for the disk, so several are opened at a time: the file system groups their fsyncs.
    fn open_all(&self, topics: &[Entry]) -> Result<Vec<Arc<Partition>>, TopicError> {
        let places = topics
            .iter()
            .flat_map(|topic| (0..topic.partitions).map(|index| (&*topic.name, index)));
        let places: Vec<(&str, i32)> = places.collect();
        let share = places.len().div_ceil(OPENERS).max(1);
        let open = |places: &[(&str, i32)]| {
            let opened = places.iter().map(|(name, index)| self.open_partition(name, *index));
            opened.collect::<Result<Vec<_>, _>>()
        };
        let opened: Result<Vec<_>, TopicError> = std::thread::scope(|scope| {
            let shares = places.chunks(share).map(|places| scope.spawn(move || open(places)));
            let openers: Vec<_> = shares.collect();
            let broke = |_| Err(std::io::Error::other("a thread that opened partitions broke").into());
            openers
                .into_iter()
                .map(|opener| opener.join().unwrap_or_else(broke))
                .collect()
        });
        Ok(opened?.into_iter().flatten().collect())
    }

    fn open_partition(&self, name: &str, index: i32) -> Result<Arc<Partition>, TopicError> {
        let folder = catalogue::partition_folder(&self.folder, name, index);
        Ok(Arc::new(Partition::open(folder, Arc::clone(&self.flusher))?))
    }
}

fn topic(entry: Entry, partitions: Vec<Arc<Partition>>) -> Topic {
    Topic {
        name: entry.name,
        id: entry.id,
        config: RwLock::new(entry.config),
        partitions: RwLock::new(partitions),
    }
}
