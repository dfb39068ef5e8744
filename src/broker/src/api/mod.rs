//! The requests that are served: one table, one file a request.
//!
//! The numbers of versions are those of Apache Kafka 4's protocol; where a range ends earlier, what came later is about
//! something that a single node does not have (tiered storage, share groups, quorum directories).

mod acls;
mod alter_configs;
mod answer_memory;
pub(crate) mod api_versions;
mod configs;
mod create_partitions;
mod create_topics;
mod delete_groups;
mod delete_records;
mod delete_topics;
mod describe_cluster;
mod describe_configs;
mod describe_groups;
mod describe_log_dirs;
mod errors;
mod fetch;
mod find_coordinator;
mod heartbeat;
mod incremental_alter_configs;
mod init_producer_id;
mod join_group;
mod leave_group;
mod list_groups;
mod list_offsets;
mod metadata;
pub(crate) mod not_here;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod offset_for_leader_epoch;
mod operations;
mod produce;
mod sync_group;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use kafka_protocol::messages::{ApiKey, RequestKind, ResponseKind};
use kafka_protocol::protocol::StrBytes;
use tokio_util::sync::CancellationToken;

use super::node::Node;
pub(crate) use answer_memory::{AnswerMemory, Held};

/// One request that is served, in the versions `min..=max`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Served {
    pub(crate) key: ApiKey,
    min: i16,
    pub(crate) max: i16,
    /// What `ApiVersions` says is the lowest version.
    pub(crate) announced_min: i16,
}

const fn from_to(key: ApiKey, min: i16, max: i16) -> Served {
    Served {
        key,
        min,
        max,
        announced_min: min,
    }
}

/// Everything that is served. `ApiVersions` answers from this table, and nothing outside of it is decoded.
pub(crate) const SERVED: [Served; 35] = [
    // As Apache Kafka 4 does (KAFKA-18659): librdkafka before 2.11 compresses only if it is told of version 0, which it never sends.
    Served {
        key: ApiKey::Produce,
        min: 3,
        max: 13,
        announced_min: 0,
    },
    from_to(ApiKey::Fetch, 4, 18),
    from_to(ApiKey::ListOffsets, 1, 10),
    from_to(ApiKey::Metadata, 0, 13),
    from_to(ApiKey::OffsetCommit, 2, 9),
    from_to(ApiKey::OffsetFetch, 1, 9),
    from_to(ApiKey::FindCoordinator, 0, 6),
    from_to(ApiKey::JoinGroup, 0, 9),
    from_to(ApiKey::Heartbeat, 0, 4),
    from_to(ApiKey::LeaveGroup, 0, 5),
    from_to(ApiKey::SyncGroup, 0, 5),
    from_to(ApiKey::DescribeGroups, 0, 6),
    from_to(ApiKey::ListGroups, 0, 5),
    from_to(ApiKey::ApiVersions, 0, 4),
    from_to(ApiKey::CreateTopics, 2, 7),
    from_to(ApiKey::DeleteTopics, 1, 6),
    from_to(ApiKey::DeleteRecords, 0, 2),
    from_to(ApiKey::InitProducerId, 0, 5),
    from_to(ApiKey::OffsetForLeaderEpoch, 2, 4),
    from_to(ApiKey::DescribeConfigs, 1, 4),
    from_to(ApiKey::CreatePartitions, 0, 3),
    from_to(ApiKey::DeleteGroups, 0, 2),
    from_to(ApiKey::IncrementalAlterConfigs, 0, 1),
    from_to(ApiKey::DescribeCluster, 0, 2),
    from_to(ApiKey::AlterConfigs, 0, 2),
    from_to(ApiKey::DescribeLogDirs, 1, 4),
    from_to(ApiKey::OffsetDelete, 0, 0),
    from_to(ApiKey::DescribeAcls, 1, 3),
    from_to(ApiKey::CreateAcls, 1, 3),
    from_to(ApiKey::DeleteAcls, 1, 3),
    from_to(ApiKey::ListPartitionReassignments, 0, 0),
    from_to(ApiKey::ListTransactions, 0, 2),
    from_to(ApiKey::DescribeClientQuotas, 0, 1),
    from_to(ApiKey::ConsumerGroupHeartbeat, 0, 1),
    from_to(ApiKey::ShareGroupHeartbeat, 1, 1),
];

/// What to do about a request outside of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotServed {
    /// A client that is newer: it is told what is served, in version 0, and asks again.
    OtherVersionOfApiVersions,
    /// A request that Apache Kafka knows: where its answer has a place for an error, it says so.
    Refuse(ApiKey),
    /// Nothing that could be answered.
    Close { key: i16 },
}

/// Looks a request up in the table.
pub(crate) fn served(key: i16, version: i16) -> Result<ApiKey, NotServed> {
    let known = SERVED
        .iter()
        .find(|served| served.key as i16 == key)
        .ok_or_else(|| ApiKey::try_from(key).map_or(NotServed::Close { key }, NotServed::Refuse))?;
    if (known.min..=known.max).contains(&version) {
        Ok(known.key)
    } else if matches!(known.key, ApiKey::ApiVersions) {
        Err(NotServed::OtherVersionOfApiVersions)
    } else {
        Err(NotServed::Refuse(known.key))
    }
}

/// The most bytes of a request that carries neither records nor what members tell each other: 10,000 topics of the longest name.
const LARGEST_WITHOUT_CONTENT: usize = 3 * 1024 * 1024;

/// The most bytes that a request of this kind may have; the settings' limit holds for all.
pub(crate) const fn largest(key: ApiKey) -> usize {
    match key {
        ApiKey::Produce | ApiKey::JoinGroup | ApiKey::SyncGroup | ApiKey::OffsetCommit => usize::MAX,
        _ => LARGEST_WITHOUT_CONTENT,
    }
}

/// Whether the work of a request may wait for the disk or for a long list. What is asked all the time, and does neither, is done
/// where it is read; `Fetch` reads the disk in its own time.
pub(crate) const fn may_take_long(key: ApiKey) -> bool {
    !matches!(
        key,
        ApiKey::Produce
            | ApiKey::Fetch
            | ApiKey::ApiVersions
            | ApiKey::Heartbeat
            | ApiKey::JoinGroup
            | ApiKey::SyncGroup
            | ApiKey::LeaveGroup
    )
}

/// What is known of a request beside its content.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) version: i16,
    pub(crate) client_id: StrBytes,
    pub(crate) client_host: StrBytes,
    /// Ends waiting when the broker stops.
    pub(crate) stop: CancellationToken,
}

/// The answer to a request.
pub(crate) enum Reply {
    Now(Box<ResponseKind>),
    /// Its work is done or under way, but the answer has to wait.
    Later(Pin<Box<dyn Future<Output = ResponseKind> + Send>>),
    /// The same, and what it takes is counted until it has gone out.
    Counted(Pin<Box<dyn Future<Output = (ResponseKind, Option<Held>)> + Send>>),
    /// The client wants none (`acks=0`).
    Silent,
}

impl Reply {
    fn now(response: impl Into<ResponseKind>) -> Self {
        Self::Now(Box::new(response.into()))
    }

    fn counted<T: Into<ResponseKind>>(response: impl Future<Output = (T, Option<Held>)> + Send + 'static) -> Self {
        Self::Counted(Box::pin(async {
            let (response, held) = response.await;
            (response.into(), held)
        }))
    }

    fn later<T: Into<ResponseKind>>(response: impl Future<Output = T> + Send + 'static) -> Self {
        Self::Later(Box::pin(async { response.await.into() }))
    }
}

/// Sends a request to its file.
pub(crate) fn answer(node: &Arc<Node>, call: Call, request: RequestKind) -> Reply {
    let version = call.version;
    match request {
        RequestKind::ApiVersions(_) => Reply::now(api_versions::answer()),
        RequestKind::Metadata(request) => Reply::now(metadata::answer(node, version, request)),
        RequestKind::Produce(request) => produce::answer(node, version, request),
        RequestKind::Fetch(request) => Reply::counted(fetch::answer(Arc::clone(node), call, request)),
        RequestKind::ListOffsets(request) => Reply::now(list_offsets::answer(node, version, request)),
        RequestKind::FindCoordinator(request) => Reply::now(find_coordinator::answer(node, version, request)),
        RequestKind::JoinGroup(request) => join_group::answer(node, call, request),
        RequestKind::SyncGroup(request) => sync_group::answer(node, call, request),
        RequestKind::Heartbeat(request) => Reply::now(heartbeat::answer(node, request)),
        RequestKind::LeaveGroup(request) => Reply::now(leave_group::answer(node, version, &request)),
        RequestKind::OffsetCommit(request) => Reply::now(offset_commit::answer(node, &request)),
        RequestKind::OffsetFetch(request) => Reply::now(offset_fetch::answer(node, version, request)),
        RequestKind::InitProducerId(request) => Reply::now(init_producer_id::answer(node, &request)),
        RequestKind::CreateTopics(request) => Reply::now(create_topics::answer(node, version, request)),
        RequestKind::DeleteTopics(request) => Reply::now(delete_topics::answer(node, version, request)),
        RequestKind::CreatePartitions(request) => Reply::now(create_partitions::answer(node, request)),
        RequestKind::DescribeConfigs(request) => Reply::now(describe_configs::answer(node, &request)),
        RequestKind::IncrementalAlterConfigs(request) => Reply::now(incremental_alter_configs::answer(node, request)),
        RequestKind::DeleteRecords(request) => Reply::now(delete_records::answer(node, request)),
        RequestKind::DescribeGroups(request) => Reply::now(describe_groups::answer(node, version, request)),
        RequestKind::ListGroups(request) => Reply::now(list_groups::answer(node, version, &request)),
        RequestKind::DeleteGroups(request) => Reply::now(delete_groups::answer(node, request)),
        RequestKind::DescribeCluster(request) => Reply::now(describe_cluster::answer(node, &request)),
        RequestKind::AlterConfigs(request) => Reply::now(alter_configs::answer(node, request)),
        RequestKind::DescribeLogDirs(request) => Reply::now(describe_log_dirs::answer(node, request)),
        RequestKind::OffsetDelete(request) => Reply::now(offset_delete::answer(node, &request)),
        RequestKind::DescribeAcls(_) => Reply::now(acls::describe()),
        RequestKind::CreateAcls(request) => Reply::now(acls::create(&request)),
        RequestKind::DeleteAcls(request) => Reply::now(acls::delete(&request)),
        RequestKind::ListPartitionReassignments(_) => Reply::now(not_here::no_reassignments()),
        RequestKind::ListTransactions(_) => Reply::now(not_here::no_transactions()),
        RequestKind::DescribeClientQuotas(_) => Reply::now(not_here::no_quotas()),
        RequestKind::ConsumerGroupHeartbeat(_) => Reply::now(not_here::no_newer_groups()),
        RequestKind::ShareGroupHeartbeat(_) => Reply::now(not_here::no_share_groups()),
        RequestKind::OffsetForLeaderEpoch(request) => Reply::now(offset_for_leader_epoch::answer(node, request)),
        other => {
            tracing::error!(
                ?other,
                "a request in the table has no file, which is a mistake in the program: report this line"
            );
            Reply::Silent
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_promises_only_what_can_be_decoded_and_lists_nothing_twice() {
        for (index, served) in SERVED.iter().enumerate() {
            let known = served.key.valid_versions();
            assert!(known.min <= served.min && served.max <= known.max, "{:?}", served.key);
            assert!(
                SERVED[..index].iter().all(|other| other.key != served.key),
                "{:?}",
                served.key
            );
        }
    }
}
