//! What every request can reach: identity, topics, groups, offsets, producer ids.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::messages::BrokerId;
use kafka_protocol::protocol::StrBytes;
use tokio_util::sync::CancellationToken;

use super::api::AnswerMemory;
use super::folder::DataFolder;
use super::groups::{Coordinator, OffsetStore};
use super::log::Flusher;
use super::metric::Metric;
use super::producer_ids::ProducerIds;
use super::topics::Topics;
use super::{BrokerError, Settings};

const GAUGES_EVERY: Duration = Duration::from_secs(1);

/// The only node of the cluster, and its controller.
pub(crate) const NODE_ID: BrokerId = BrokerId(1);

/// The broker's state.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) settings: Settings,
    pub(crate) address: SocketAddr,
    pub(crate) folder: DataFolder,
    pub(crate) flusher: Arc<Flusher>,
    pub(crate) topics: Topics,
    pub(crate) groups: Coordinator,
    pub(crate) offsets: OffsetStore,
    pub(crate) producer_ids: ProducerIds,
    pub(crate) answers: AnswerMemory,
}

impl Node {
    /// Opens the data folder and recovers what is in it.
    pub(crate) fn open(settings: Settings, address: SocketAddr) -> Result<Self, BrokerError> {
        let folder = DataFolder::open(&settings.data)?;
        let trouble = |source| BrokerError::Folder {
            path: folder.path.clone(),
            source,
        };
        let flusher = Arc::new(Flusher::default());
        let topics = Topics::open(folder.path.clone(), Arc::clone(&flusher))
            .map_err(|error| BrokerError::Topics(error.into()))?;
        let offsets = OffsetStore::open(&folder.path, settings.clock.now().unix_millis()).map_err(trouble)?;
        let producer_ids = ProducerIds::open(&folder.path).map_err(trouble)?;
        Ok(Self {
            settings,
            address,
            folder,
            flusher,
            topics,
            groups: Coordinator::default(),
            offsets,
            producer_ids,
            answers: AnswerMemory::default(),
        })
    }

    /// The host that clients are told to connect to.
    pub(crate) fn host(&self) -> StrBytes {
        StrBytes::from_string(self.address.ip().to_string())
    }

    pub(crate) fn port(&self) -> i32 {
        i32::from(self.address.port())
    }

    /// Milliseconds since 1970, by the clock of the settings.
    pub(crate) fn now_ms(&self) -> i64 {
        self.settings.clock.now().unix_millis()
    }

    /// Deletes what topics and groups no longer keep, now and then, until `stop`.
    pub(crate) async fn keep_to_retention(self: Arc<Self>, stop: CancellationToken) {
        let every = self.settings.retention_check_interval;
        self.repeat(every, stop, |node| {
            let now = node.now_ms();
            node.retain(now);
            node.forget_old_offsets(now);
        })
        .await;
    }

    /// Compacts the topics that ask for it, now and then, until `stop`.
    pub(crate) async fn keep_compacted(self: Arc<Self>, stop: CancellationToken) {
        let every = self.settings.compaction_check_interval;
        self.repeat(every, stop, |node| node.compact(node.now_ms())).await;
    }

    /// Does `work` beside the threads that serve.
    async fn repeat(self: Arc<Self>, every: Duration, stop: CancellationToken, work: fn(&Self)) {
        let mut checks = tokio::time::interval(every);
        checks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = checks.tick() => {}
                () = stop.cancelled() => return,
            }
            let node = Arc::clone(&self);
            if let Err(error) = tokio::task::spawn_blocking(move || work(&node)).await {
                tracing::error!(%error, "a part of the broker ended early, which is a mistake in the program: start it again, and report this line");
            }
        }
    }

    /// Brings the gauges up to date every second.
    pub(crate) async fn keep_gauges(self: Arc<Self>) {
        loop {
            let partitions: Vec<_> = self.topics.all().iter().flat_map(|topic| topic.partitions()).collect();
            Metric::Partitions.set(partitions.len() as u64);
            Metric::LogBytes.set(partitions.iter().map(|partition| partition.log().bytes()).sum());
            tokio::time::sleep(GAUGES_EVERY).await;
        }
    }

    fn retain(&self, now: i64) {
        for topic in self.topics.all() {
            let keep = topic.config().retention();
            for (index, partition) in topic.partitions().iter().enumerate() {
                let retained = partition.log().retain(keep, now);
                let topic = &topic.name;
                match retained {
                    Ok(0) => {}
                    Ok(segments) => tracing::info!(topic, index, segments, "deleted what is no longer kept"),
                    Err(error) => tracing::warn!(topic, index, %error, "could not delete what is no longer kept"),
                }
            }
        }
    }

    fn compact(&self, now: i64) {
        for topic in self.topics.all() {
            let config = topic.config();
            let Some(rules) = config.compaction() else {
                continue;
            };
            for partition in topic.partitions() {
                match partition.compact(rules, config.retention(), now) {
                    Ok(0) => {}
                    Ok(bytes) => tracing::debug!(topic = topic.name, bytes, "compacted a partition"),
                    Err(error) => partition.say_not_compacted(&error),
                }
            }
        }
    }

    fn forget_old_offsets(&self, now: i64) {
        let keep = i64::try_from(self.settings.offsets_retention.as_millis()).unwrap_or(i64::MAX);
        let busy = self.groups.with_members();
        match self.offsets.expire(&busy, now, keep) {
            Ok(groups) => {
                for group in groups {
                    tracing::info!(
                        group,
                        "forgot what a group committed: it had no member for longer than that is kept"
                    );
                }
            }
            Err(error) => tracing::warn!(%error, "could not forget what groups committed that is no longer kept"),
        }
    }
}
