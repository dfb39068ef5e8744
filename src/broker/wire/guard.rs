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
            return Err(TryGetError { requested: usize::try_from(announced).unwrap_or(usize::MAX), available });
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
        decode_with(key, version, Guarded { bytes: body.clone(), holds_down: true }).map_err(malformed)?;
    }
    decode_with(key, version, Guarded { bytes: body, holds_down: false }).map_err(malformed)
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
    );
    anyhow::ensure!(!body.has_remaining(), "{} bytes after the end", body.remaining());
    Ok(request)
}
