//! What can be set about the broker.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::BrokerError;

/// What can be set about the broker; the defaults work.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens: an address of this machine's loopback. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where topics, offsets and ids are kept; made if it is not there.
    pub data: PathBuf,
    /// How far apart the rounds of the group fsync begin under load. Acknowledgements wait for a round.
    pub flush_interval: Duration,
    /// How often what is older or larger than a topic's retention is looked for.
    pub retention_check_interval: Duration,
    /// Larger requests close their connection.
    pub max_request_bytes: usize,
    /// When one more comes, the connection that has been idle for the longest is closed; where none is idle, the new one.
    pub max_connections: usize,
    /// A connection that asks nothing and waits for nothing is closed after this long.
    pub idle_timeout: Duration,
    /// How long a request that has begun may take to arrive, and an answer to be taken.
    pub transfer_timeout: Duration,
    /// What a group committed is forgotten when it has had no member, and committed nothing, for this long.
    pub offsets_retention: Duration,
    /// How often topics with `cleanup.policy=compact` are looked through for what can be compacted.
    pub compaction_check_interval: Duration,
    /// How long shutdown waits for the answers that are under way.
    pub drain_timeout: Duration,
    /// Dates records where a topic asks for it, and tells how old segments are.
    pub clock: schemas::Clock,
    /// Partitions of a topic whose creator leaves the number to the broker.
    pub default_partitions: i32,
    /// Create a topic when a client asks for its metadata and allows it, as Apache Kafka does. Off: a misspelt name is an error.
    pub auto_create_topics: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9092)),
            data: PathBuf::from("./data/kafka"),
            flush_interval: Duration::from_millis(5),
            retention_check_interval: Duration::from_mins(5),
            max_request_bytes: 16 * 1024 * 1024,
            max_connections: 1000,
            idle_timeout: Duration::from_mins(10),
            transfer_timeout: Duration::from_secs(30),
            offsets_retention: Duration::from_hours(7 * 24),
            compaction_check_interval: Duration::from_secs(15),
            drain_timeout: Duration::from_secs(5),
            clock: schemas::Clock::system(),
            default_partitions: 3,
            auto_create_topics: true,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), BrokerError> {
        if self.listen.ip().is_loopback() {
            Ok(())
        } else {
            Err(BrokerError::NotLoopback(self.listen))
        }
    }
}
