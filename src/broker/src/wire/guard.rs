//! A guard around the decoder of `kafka-protocol`, which reserves memory for as many elements as a request announces.
//!
//! Thirty bytes can announce two thousand million elements; the reservation would end the process. Every element is at
//! least one byte, so a count above the bytes that are left is a lie:
//! - a variable-length count that lies is refused while decoding;
//! - a count of four bytes can't be told from another number, so requests of older versions are decoded twice, first
//!   with every such number held down to just above what could be true: if one was a count, that decoding fails.

use bytes::{Buf, Bytes, TryGetError};
use kafka_protocol::messages::{self as m, ApiKey, RequestKind};
use kafka_protocol::protocol::Decodable;
use kafka_protocol::protocol::buf::ByteBuf;

use super::WireError;

/// From this header version on a request's arrays are counted in variable length.
const FLEXIBLE_HEADER: i16 = 2;

struct Guarded {
    bytes: Bytes,
    holds_down: bool,
}

impl Buf for Guarded {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }

    /// A single byte is a boolean or part of a variable-length number, and the rest of such a number is smaller than the
    /// whole: whatever starts here must fit.
    fn try_get_u8(&mut self) -> Result<u8, TryGetError> {
        let announced = varint_at_start(&self.bytes);
        let available = self.remaining();
        if announced > available as u64 {
            return Err(TryGetError {
                requested: usize::try_from(announced).unwrap_or(usize::MAX),
                available,
            });
        }
        self.bytes.try_get_u8()
    }

    fn try_get_i32(&mut self) -> Result<i32, TryGetError> {
        let number = self.bytes.try_get_i32()?;
        let most = i32::try_from(self.remaining()).unwrap_or(i32::MAX).saturating_add(1);
        Ok(if self.holds_down { number.min(most) } else { number })
    }
}

impl ByteBuf for Guarded {
    fn peek_bytes(&mut self, range: std::ops::Range<usize>) -> Bytes {
        self.bytes.slice(range)
    }

    fn get_bytes(&mut self, size: usize) -> Bytes {
        self.bytes.split_to(size)
    }
}

fn varint_at_start(bytes: &[u8]) -> u64 {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (index * 7);
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

/// Decodes the body of a request, whatever its bytes.
pub(crate) fn decode(key: ApiKey, version: i16, header_version: i16, body: Bytes) -> Result<RequestKind, WireError> {
    let malformed = |error: anyhow::Error| WireError::Malformed(format!("{error:#}"));
    if header_version < FLEXIBLE_HEADER {
        decode_with(
            key,
            version,
            Guarded {
                bytes: body.clone(),
                holds_down: true,
            },
        )
        .map_err(malformed)?;
    }
    decode_with(
        key,
        version,
        Guarded {
            bytes: body,
            holds_down: false,
        },
    )
    .map_err(malformed)
}

fn decode_with(key: ApiKey, version: i16, mut body: Guarded) -> anyhow::Result<RequestKind> {
    macro_rules! by_key {
        ($($name:ident: $request:ident),+ $(,)?) => {
            match key {
                $(ApiKey::$name => RequestKind::$name(m::$request::decode(&mut body, version)?),)+
                other => anyhow::bail!("{other:?} is not served"),
            }
        };
    }
    let request = by_key!(
        ApiVersions: ApiVersionsRequest,
        Metadata: MetadataRequest,
        Produce: ProduceRequest,
        Fetch: FetchRequest,
        ListOffsets: ListOffsetsRequest,
        FindCoordinator: FindCoordinatorRequest,
        JoinGroup: JoinGroupRequest,
        SyncGroup: SyncGroupRequest,
        Heartbeat: HeartbeatRequest,
        LeaveGroup: LeaveGroupRequest,
        OffsetCommit: OffsetCommitRequest,
        OffsetFetch: OffsetFetchRequest,
        InitProducerId: InitProducerIdRequest,
        CreateTopics: CreateTopicsRequest,
        DeleteTopics: DeleteTopicsRequest,
        CreatePartitions: CreatePartitionsRequest,
        DescribeConfigs: DescribeConfigsRequest,
        IncrementalAlterConfigs: IncrementalAlterConfigsRequest,
        DeleteRecords: DeleteRecordsRequest,
        DescribeGroups: DescribeGroupsRequest,
        ListGroups: ListGroupsRequest,
        DeleteGroups: DeleteGroupsRequest,
        DescribeCluster: DescribeClusterRequest,
        OffsetForLeaderEpoch: OffsetForLeaderEpochRequest,
        AlterConfigs: AlterConfigsRequest,
        DescribeLogDirs: DescribeLogDirsRequest,
        OffsetDelete: OffsetDeleteRequest,
        DescribeAcls: DescribeAclsRequest,
        CreateAcls: CreateAclsRequest,
        DeleteAcls: DeleteAclsRequest,
        ListPartitionReassignments: ListPartitionReassignmentsRequest,
        ListTransactions: ListTransactionsRequest,
        DescribeClientQuotas: DescribeClientQuotasRequest,
        ConsumerGroupHeartbeat: ConsumerGroupHeartbeatRequest,
        ShareGroupHeartbeat: ShareGroupHeartbeatRequest,
    );
    // What follows the end is not looked at, as in Apache Kafka: librdkafka ends its `Metadata` requests with stray bytes.
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SERVED;

    fn decoded(key: ApiKey, version: i16, body: &[u8]) -> Result<RequestKind, WireError> {
        decode(
            key,
            version,
            key.request_header_version(version),
            Bytes::copy_from_slice(body),
        )
    }

    /// `acks=all` and the longest of time-outs: a number far above the bytes that are left, and no count.
    const ACKS_AND_TIMEOUT: &[u8] = &[0xff, 0xff, 0x7f, 0xff, 0xff, 0xff];

    #[test]
    fn what_a_client_means_arrives_whole() -> Result<(), WireError> {
        let fixed = [
            &[0xff, 0xff],
            ACKS_AND_TIMEOUT,
            &[0, 0, 0, 1, 0, 4],
            b"shop",
            &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5],
            b"batch",
        ]
        .concat();
        let flexible = [
            &[0],
            ACKS_AND_TIMEOUT,
            &[2, 5],
            b"shop",
            &[2, 0, 0, 0, 2, 6],
            b"batch",
            &[0, 0, 0],
        ]
        .concat();
        for (version, body) in [(3, fixed), (9, flexible)] {
            let RequestKind::Produce(request) = decoded(ApiKey::Produce, version, &body)? else {
                return Err(WireError::Malformed("another request".to_owned()));
            };
            assert_eq!((request.acks, request.timeout_ms), (-1, i32::MAX));
            let topic = &request.topic_data[0];
            assert_eq!((&**topic.name, topic.partition_data[0].index), ("shop", 2));
            assert_eq!(topic.partition_data[0].records.as_deref(), Some(&b"batch"[..]));
        }
        Ok(())
    }

    #[test]
    fn a_count_that_cannot_be_true_is_refused_before_memory_is_reserved() {
        for announced in [2, 1_000_000_000, i32::MAX] {
            let body = [&announced.to_be_bytes()[..], &[0, 4], b"shop"].concat();
            assert!(decoded(ApiKey::Metadata, 1, &body).is_err(), "{announced}");
        }
        let flexible = [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0];
        assert!(decoded(ApiKey::Metadata, 9, &flexible).is_err());
    }

    #[test]
    fn no_bytes_end_the_decoder() {
        let mut noise = 0x2545_f491_u32;
        for served in SERVED {
            for round in 0..2_000 {
                noise ^= noise << 13;
                noise ^= noise >> 17;
                noise ^= noise << 5;
                let length = usize::from(noise.to_be_bytes()[0]);
                let body: Vec<u8> = (0..length)
                    .map(|at| noise.rotate_left(u32::from(at.to_le_bytes()[0] & 31)).to_be_bytes()[at % 4] & 0x83)
                    .collect();
                let version = served.max.min(round % 14);
                drop(decoded(served.key, version, &body));
            }
        }
    }
}
