//! One member of a consumer group.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::protocol::StrBytes;

/// Names one request that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ticket(pub(crate) u64);

/// One way of sharing out partitions that a member knows, with what it tells the leader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Protocol {
    pub(crate) name: StrBytes,
    pub(crate) metadata: Bytes,
}

/// What a member waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    Nothing,
    Join(Ticket),
    Sync(Ticket),
}

/// A member, as the coordinator knows it.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: StrBytes,
    pub(crate) instance: Option<StrBytes>,
    pub(crate) client_id: StrBytes,
    pub(crate) client_host: StrBytes,
    pub(crate) protocols: Vec<Protocol>,
    pub(crate) assignment: Bytes,
    pub(super) session_timeout: Duration,
    pub(super) rebalance_timeout: Duration,
    pub(super) waits: Waits,
    /// When the member is taken for dead unless it is heard.
    pub(super) session_ends: Instant,
}

impl Member {
    pub(super) fn heard(&mut self, now: Instant) {
        self.session_ends = now + self.session_timeout;
    }

    /// Takes the ticket if the member waits for a join.
    pub(super) fn take_join(&mut self) -> Option<Ticket> {
        match self.waits {
            Waits::Join(ticket) => {
                self.waits = Waits::Nothing;
                Some(ticket)
            }
            _ => None,
        }
    }

    /// Takes the ticket if the member waits for a sync.
    pub(super) fn take_sync(&mut self) -> Option<Ticket> {
        match self.waits {
            Waits::Sync(ticket) => {
                self.waits = Waits::Nothing;
                Some(ticket)
            }
            _ => None,
        }
    }

    pub(super) fn waits_for_join(&self) -> bool {
        matches!(self.waits, Waits::Join(_))
    }

    pub(crate) fn metadata(&self, protocol: &StrBytes) -> Bytes {
        let known = self.protocols.iter().find(|known| known.name == *protocol);
        known.map(|known| known.metadata.clone()).unwrap_or_default()
    }

    pub(super) fn knows(&self, protocol: &StrBytes) -> bool {
        self.protocols.iter().any(|known| known.name == *protocol)
    }
}
