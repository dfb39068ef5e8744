//! From bytes to requests and back: frames, headers, and a guard against counts that no request can hold.

mod guard;

use std::io;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use tokio::io::{AsyncRead, AsyncReadExt};

pub(crate) use guard::decode;

/// Memory for a frame grows with what arrives, never with what is announced.
const FIRST_ALLOCATION: usize = 64 * 1024;

/// Why a connection can't go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("a request of {announced} bytes, {allowed} are allowed")]
    TooLarge { announced: i32, allowed: usize },
    #[error("request {key} in version {version} is not served")]
    NotServed { key: i16, version: i16 },
    #[error("a request that did not arrive as a whole")]
    Unfinished,
    #[error("an answer that was not taken")]
    NotTaken,
    #[error("a request that can't be read: {0}")]
    Malformed(String),
    #[error("an answer that can't be written: {0}")]
    Unwritable(String),
    #[error("the connection broke")]
    Io(#[from] io::Error),
}

/// Waits for a frame's first byte; `None` when the client has closed the connection. Nothing is lost when this is given up.
pub(crate) async fn begin_frame(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<u8>, WireError> {
    let mut first = [0];
    let read = stream.read(&mut first).await?;
    Ok((read > 0).then_some(first[0]))
}

/// Reads the rest of a frame.
pub(crate) async fn read_frame(
    stream: &mut (impl AsyncRead + Unpin),
    first: u8,
    allowed: usize,
) -> Result<Bytes, WireError> {
    let mut length = [first, 0, 0, 0];
    stream.read_exact(&mut length[1..]).await?;
    let announced = i32::from_be_bytes(length);
    let size = usize::try_from(announced).ok().filter(|size| *size <= allowed);
    let size = size.ok_or(WireError::TooLarge { announced, allowed })?;
    let mut frame = BytesMut::with_capacity(size.min(FIRST_ALLOCATION));
    let mut rest = stream.take(size as u64);
    while frame.len() < size {
        if rest.read_buf(&mut frame).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
    Ok(frame.freeze())
}

/// Key and version alone: all that can be read of a request that is not known.
pub(crate) fn peek(frame: &Bytes) -> Result<(i16, i16, i32), WireError> {
    let field = |at: usize| {
        frame
            .get(at..at + 2)
            .map(|bytes| i16::from_be_bytes([bytes[0], bytes[1]]))
    };
    let correlation = frame
        .get(4..8)
        .and_then(|bytes| bytes.try_into().ok())
        .map(i32::from_be_bytes);
    match (field(0), field(2), correlation) {
        (Some(key), Some(version), Some(correlation)) => Ok((key, version, correlation)),
        _ => Err(WireError::Malformed("shorter than a header".to_owned())),
    }
}

/// Reads a request whose key and version are served, and the id by which its client goes.
pub(crate) fn read_request(key: ApiKey, version: i16, frame: Bytes) -> Result<(StrBytes, RequestKind), WireError> {
    let malformed = |error: anyhow::Error| WireError::Malformed(format!("{error:#}"));
    let header_version = key.request_header_version(version);
    let mut rest = frame;
    let header = RequestHeader::decode(&mut rest, header_version).map_err(malformed)?;
    Ok((
        header.client_id.unwrap_or_default(),
        decode(key, version, header_version, rest)?,
    ))
}

/// Writes an answer as one frame.
pub(crate) fn write_response(
    key: ApiKey,
    version: i16,
    correlation: i32,
    response: &ResponseKind,
) -> Result<Bytes, WireError> {
    let unwritable = |error: anyhow::Error| WireError::Unwritable(format!("{error:#}"));
    let mut frame = BytesMut::zeroed(4);
    let header = ResponseHeader::default().with_correlation_id(correlation);
    header
        .encode(&mut frame, key.response_header_version(version))
        .map_err(unwritable)?;
    response.encode(&mut frame, version).map_err(unwritable)?;
    let size = i32::try_from(frame.len() - 4).map_err(|_| WireError::Unwritable("over 2 GiB".to_owned()))?;
    frame[..4].copy_from_slice(&size.to_be_bytes());
    Ok(frame.freeze())
}
