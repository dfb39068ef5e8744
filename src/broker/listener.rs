//! Connections: requests are read one after the other and answered in their order.
//!
//! A request does its work when it is read; what has to wait (for the disk, for more records, for a rebalance) waits in
//! the answering half, so that a producer can have several batches under way. At most [`UNDER_WAY`] of them: then the
//! connection is read no further until an answer has gone out.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use kafka_protocol::messages::{ApiKey, ResponseKind};
use kafka_protocol::protocol::StrBytes;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::api::{self, Call, Reply};
use super::metric::Metric;
use super::node::Node;
use super::wire::{self, WireError};

/// Requests of one connection that were read and are not answered yet.
const UNDER_WAY: usize = 16;
const READ_BUFFER: usize = 16 * 1024;
/// What stands before each request: its length.
const LENGTH_BYTES: usize = 4;
/// How long accepting pauses when the machine is out of file descriptors.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

type Pending = Pin<Box<dyn Future<Output = Result<Bytes, WireError>> + Send>>;

/// Accepts until `stop`, then gives the connections time to answer what is under way.
pub(crate) async fn serve(listener: TcpListener, node: &Arc<Node>, stop: &CancellationToken) {
    let open = Arc::new(AtomicUsize::new(0));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) if open.load(Ordering::Relaxed) < node.settings.max_connections => {
                let (node, stop, open) = (Arc::clone(node), stop.clone(), Arc::clone(&open));
                Metric::Connections.set(open.fetch_add(1, Ordering::Relaxed) as u64 + 1);
                connections.spawn(async move {
                    attend(stream, peer, node, stop).await;
                    Metric::Connections.set(open.fetch_sub(1, Ordering::Relaxed) as u64 - 1);
                });
            }
            Ok((_, peer)) => {
                tracing::warn!(%peer, limit = node.settings.max_connections, "too many connections: one was closed");
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(node.settings.drain_timeout, drained)
        .await
        .is_err()
    {
        tracing::warn!("some clients did not take their answers in time: their connections were closed");
    }
}

/// Why reading came to its end without an error.
enum End {
    /// The client has gone: nobody waits for answers.
    ClientGone,
    /// The broker stops: what is under way is still answered.
    Stopping,
}

async fn attend(stream: TcpStream, peer: SocketAddr, node: Arc<Node>, stop: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "no TCP_NODELAY");
    }
    let (reading, writing) = stream.into_split();
    let (ask, asked) = mpsc::channel(UNDER_WAY);
    let mut writer = std::pin::pin!(write_answers(writing, asked));
    let done = tokio::select! {
        read = read_requests(reading, peer, &node, &stop, ask) => match read {
            Ok(End::ClientGone) => Ok(()),
            Ok(End::Stopping) => writer.await,
            Err(error) => Err(error),
        },
        written = &mut writer => written,
    };
    match done {
        Ok(()) => {}
        Err(WireError::Io(error)) => tracing::debug!(%peer, %error, "a connection broke"),
        Err(error) => tracing::warn!(%peer, %error, "a connection was closed"),
    }
}

async fn read_requests(
    reading: OwnedReadHalf,
    peer: SocketAddr,
    node: &Arc<Node>,
    stop: &CancellationToken,
    ask: mpsc::Sender<Pending>,
) -> Result<End, WireError> {
    let mut reading = BufReader::with_capacity(READ_BUFFER, reading);
    let client_host = StrBytes::from_string(format!("/{}", peer.ip()));
    loop {
        let frame = tokio::select! {
            frame = wire::read_frame(&mut reading, node.settings.max_request_bytes) => frame?,
            () = stop.cancelled() => return Ok(End::Stopping),
        };
        let Some(frame) = frame else {
            return Ok(End::ClientGone);
        };
        Metric::Received.count(LENGTH_BYTES + frame.len());
        let Some(pending) = begin(frame, &client_host, node, stop)? else {
            continue;
        };
        if ask.send(pending).await.is_err() {
            return Ok(End::ClientGone);
        }
    }
}

/// Does a request's work; what comes back writes its answer, once it is there.
fn begin(
    frame: Bytes,
    client_host: &StrBytes,
    node: &Arc<Node>,
    stop: &CancellationToken,
) -> Result<Option<Pending>, WireError> {
    let (key, version, correlation) = wire::peek(&frame)?;
    let api = match api::served(key, version) {
        Ok(api) => api,
        Err(api::NotServed::OtherVersionOfApiVersions) => {
            let answer = ResponseKind::ApiVersions(api::api_versions::unsupported());
            let bytes = wire::write_response(ApiKey::ApiVersions, 0, correlation, &answer);
            return Ok(Some(Box::pin(std::future::ready(bytes))));
        }
        Err(api::NotServed::Close) => return Err(WireError::NotServed { key, version }),
    };
    let (client_id, request) = wire::read_request(api, version, frame)?;
    let call = Call {
        version,
        client_id,
        client_host: client_host.clone(),
        stop: stop.clone(),
    };
    let write = move |answer: ResponseKind| wire::write_response(api, version, correlation, &answer);
    Ok(match api::answer(node, call, request) {
        Reply::Now(answer) => Some(Box::pin(std::future::ready(write(*answer)))),
        Reply::Later(answer) => Some(Box::pin(async move { write(answer.await) })),
        Reply::Silent => None,
    })
}

async fn write_answers(mut writing: OwnedWriteHalf, mut asked: mpsc::Receiver<Pending>) -> Result<(), WireError> {
    while let Some(pending) = asked.recv().await {
        let answer = pending.await?;
        writing.write_all(&answer).await?;
        Metric::Sent.count(answer.len());
    }
    Ok(())
}
