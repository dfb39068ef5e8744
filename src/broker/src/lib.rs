//! The embedded broker: one node that speaks Kafka's protocol on the loopback, so that `cargo run` needs nothing else.
//!
//! Promises: what was acknowledged survives kill -9 and a power cut, and so does what a consumer was shown (both wait for
//! the group fsync, see [`Settings::flush_interval`]); a batch that an idempotent producer sends again is kept once; a
//! malformed request costs its connection and nothing else; a full disk is answered with a retriable error and recovered
//! from. Which requests are served, in which versions, stands in one table: `api/mod.rs`.
//!
//! Not for: replication, transactions, the newer groups (KIP-848), share groups, ACLs, other machines, TLS: refused with the
//! protocol's own error. Whoever needs them uses Apache Kafka.
//!
//! One record's way: `listener` (a connection) -> `wire` (a frame) -> `api` (one file a request) -> `topics` -> `log`.

mod api;
mod connections;
mod folder;
mod groups;
mod health;
mod listener;
mod log;
mod metric;
mod node;
mod options;
mod producer_ids;
mod settings;
mod topics;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use health::HealthView;
pub use metric::{Metric, buckets};
use node::Node;
pub use options::{MORE_HELP, Options};
pub use settings::Settings;

/// How batches lie in a segment file, for whoever reads one beside the broker.
pub mod batches {
    pub use crate::log::batch::{BatchHeader, HEADER, check};
    pub use crate::log::records::varint;
    pub use crate::log::{BatchError, Offset};
}

const WORK_CHECK: Duration = Duration::from_millis(2);

/// Why the broker could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error("{0} is not an address of the loopback; the embedded broker has no access control and listens there only")]
    NotLoopback(SocketAddr),
    #[error("{address} is in use")]
    AddressInUse {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("another broker works in the data folder {}", path.display())]
    InUse { path: PathBuf },
    #[error(
        "the data folder {} was made by a newer broker (format {found}, known here: {known}) and was left as it is; start the newer \
         program, or restore the backup from before the upgrade",
        path.display()
    )]
    Format { path: PathBuf, found: String, known: u32 },
    #[error("the data folder {} cannot be used", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the topics cannot be opened")]
    Topics(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl BrokerError {
    /// The option that changes it; the one for the address is called `listen`.
    #[must_use]
    pub const fn setting(&self, listen: &'static str) -> &'static str {
        match self {
            Self::NotLoopback(_) | Self::AddressInUse { .. } | Self::Listen { .. } => listen,
            _ => "--data",
        }
    }
}

/// A broker that has its address and its data, and serves once it is [run](Broker::run).
#[derive(Debug)]
pub struct Broker {
    listener: TcpListener,
    address: SocketAddr,
    node: Arc<Node>,
}

impl Broker {
    /// Locks and recovers the data folder and takes the address; clients that connect from here on are served by [`Broker::run`].
    pub async fn bind(settings: Settings) -> Result<Self, BrokerError> {
        settings.check()?;
        let listen = settings.listen;
        let listener = TcpListener::bind(listen).await.map_err(|source| {
            if source.kind() == io::ErrorKind::AddrInUse {
                BrokerError::AddressInUse {
                    address: listen,
                    source,
                }
            } else {
                BrokerError::Listen {
                    address: listen,
                    source,
                }
            }
        })?;
        let address = listener.local_addr().map_err(|source| BrokerError::Listen {
            address: listen,
            source,
        })?;
        let node = Arc::new(Node::open(settings, address)?);
        metric::begin();
        Ok(Self {
            listener,
            address,
            node,
        })
    }

    /// Where clients find it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For a program that tells its readiness.
    #[must_use]
    pub fn health(&self) -> HealthView {
        HealthView(Arc::clone(&self.node.flusher.health))
    }

    /// Serves until `stop`: then what is under way is answered, everything is synced, and the folder is released.
    pub async fn run(self, stop: CancellationToken) -> Result<(), BrokerError> {
        let flushing = CancellationToken::new();
        let flusher = tokio::spawn({
            let (node, flushing) = (Arc::clone(&self.node), flushing.clone());
            async move {
                node.flusher.run(node.settings.flush_interval, flushing).await;
            }
        });
        let groups = tokio::spawn({
            let (node, stop) = (Arc::clone(&self.node), stop.clone());
            async move { node.groups.run(stop).await }
        });
        let retention = tokio::spawn(Arc::clone(&self.node).keep_to_retention(stop.clone()));
        let compaction = tokio::spawn(Arc::clone(&self.node).keep_compacted(stop.clone()));
        let gauges = tokio::spawn(Arc::clone(&self.node).keep_gauges());
        listener::serve(self.listener, &self.node, &stop).await;
        flushing.cancel();
        gauges.abort();
        drop(gauges.await);
        for task in [flusher, groups, retention, compaction] {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the broker ended early, which is a mistake in the program: start it again, and report this line");
            }
        }
        finish_work(&self.node).await;
        let path = self.node.folder.path.clone();
        self.node
            .offsets
            .sync()
            .map_err(|source| BrokerError::Folder { path, source })
    }
}

/// Waits for work beside the serving threads whose client has gone: the folder isn't released while something may write to it.
async fn finish_work(node: &Arc<Node>) {
    let done = async {
        while Arc::strong_count(node) > 1 {
            tokio::time::sleep(WORK_CHECK).await;
        }
    };
    if tokio::time::timeout(node.settings.drain_timeout, done).await.is_err() {
        tracing::warn!(
            "some work goes on after the broker has stopped; the data folder is free when the program has ended"
        );
    }
}
