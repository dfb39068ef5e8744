//! Connections: requests are read one after the other and answered in their order.
//!
//! A request does its work when it is read; what has to wait (for the disk, for more records, for a rebalance) waits in
//! the answering half, so that a producer can have several batches under way. At most [`UNDER_WAY`] of them: then the
//! connection is read no further until an answer has gone out. Work that may take a while is done beside the threads that serve.
//!
//! A connection ends when it is idle for too long, when a request that has begun doesn't arrive, or when an answer isn't taken.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use kafka_protocol::messages::{ApiKey, ResponseKind};
use kafka_protocol::protocol::StrBytes;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::api::{self, Call, Held, Reply};
use super::connections::{Connection, Connections, UnderWay};
use super::metric::Metric;
use super::node::Node;
use super::wire::{self, WireError};

/// Requests of one connection that were read and are not answered yet.
const UNDER_WAY: usize = 16;
const READ_BUFFER: usize = 16 * 1024;
/// What stands before each request: its length.
const LENGTH_BYTES: usize = 4;
/// Larger requests are worked on beside the threads that serve, whatever they are.
const LARGE_REQUEST: usize = 16 * 1024;
/// How long accepting pauses when the machine is out of file descriptors.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// An answer's bytes, and what it takes until it has gone out.
type Answer = Pin<Box<dyn Future<Output = Result<(Bytes, Option<Held>), WireError>> + Send>>;

/// An answer that is still to be waited for, of a request that is under way until it has gone out.
struct Pending {
    answer: Answer,
    _under_way: UnderWay,
}

/// What a connection is served with.
#[derive(Clone)]
struct Served {
    node: Arc<Node>,
    connection: Arc<Connection>,
    client_host: StrBytes,
    stop: CancellationToken,
}

/// Accepts until `stop`, then gives the connections time to answer what is under way.
pub(crate) async fn serve(listener: TcpListener, node: &Arc<Node>, stop: &CancellationToken) {
    let open = Arc::new(Connections::default());
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = stop.cancelled() => break,
        };
        let health = &node.flusher.health;
        match accepted {
            Ok((stream, peer)) => {
                let Some(place) = open.take(node.settings.max_connections) else {
                    health.refused(&format!("all {} connections are busy", node.settings.max_connections));
                    continue;
                };
                health.accepted();
                let served = Served {
                    node: Arc::clone(node),
                    connection: Arc::clone(&place.connection),
                    client_host: StrBytes::from_string(format!("/{}", peer.ip())),
                    stop: stop.clone(),
                };
                connections.spawn(async move {
                    attend(stream, peer, served).await;
                    drop(place);
                });
            }
            Err(error) => {
                health.refused(&format!("a connection could not be accepted: {error}"));
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if timeout(node.settings.drain_timeout, drained).await.is_err() {
        tracing::warn!("some clients did not take their answers in time: their connections were closed");
    }
}

/// Why reading came to its end without an error.
enum End {
    /// The client has gone: nobody waits for answers.
    ClientGone,
    /// Nothing came for a long time.
    Idle,
    /// The broker stops: what is under way is still answered.
    Stopping,
}

async fn attend(stream: TcpStream, peer: SocketAddr, served: Served) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "no TCP_NODELAY");
    }
    let (reading, writing) = stream.into_split();
    let (ask, asked) = mpsc::channel(UNDER_WAY);
    let mut writer = std::pin::pin!(write_answers(writing, asked, served.node.settings.idle_timeout));
    let done = tokio::select! {
        read = read_requests(reading, &served, ask) => match read {
            Ok(End::ClientGone | End::Idle) => Ok(()),
            Ok(End::Stopping) => writer.await,
            Err(error) => Err(error),
        },
        written = &mut writer => written,
        () = served.connection.close.cancelled() => {
            tracing::debug!(%peer, "an idle connection was closed to make room for another");
            Ok(())
        }
    };
    match done {
        Ok(()) => {}
        Err(WireError::Io(error)) => tracing::debug!(%peer, %error, "a connection broke"),
        Err(error) => tracing::warn!(%peer, %error, "a connection was closed"),
    }
}

async fn read_requests(reading: OwnedReadHalf, served: &Served, ask: mpsc::Sender<Pending>) -> Result<End, WireError> {
    let settings = &served.node.settings;
    let mut reading = BufReader::with_capacity(READ_BUFFER, reading);
    loop {
        let begun = tokio::select! {
            begun = timeout(settings.idle_timeout, wire::begin_frame(&mut reading)) => begun,
            () = served.stop.cancelled() => return Ok(End::Stopping),
        };
        let Ok(begun) = begun else {
            if served.connection.is_idle() {
                return Ok(End::Idle);
            }
            continue;
        };
        let Some(first) = begun? else {
            return Ok(End::ClientGone);
        };
        let under_way = served.connection.begin();
        let rest = wire::read_frame(&mut reading, first, settings.max_request_bytes);
        let frame = timeout(settings.transfer_timeout, rest)
            .await
            .map_err(|_| WireError::Unfinished)??;
        Metric::Received.count(LENGTH_BYTES + frame.len());
        let Some(answer) = begin(frame, served).await? else {
            continue;
        };
        let pending = Pending {
            answer,
            _under_way: under_way,
        };
        if ask.send(pending).await.is_err() {
            return Ok(End::ClientGone);
        }
    }
}

/// Does a request's work; what comes back writes its answer, once it is there.
async fn begin(frame: Bytes, served: &Served) -> Result<Option<Answer>, WireError> {
    let (key, version, correlation) = wire::peek(&frame)?;
    let api = match api::served(key, version) {
        Ok(api) => api,
        Err(refused) => return refuse(refused, version, correlation).map(Some),
    };
    if frame.len() > api::largest(api) {
        return Err(WireError::TooLarge {
            announced: i32::try_from(frame.len()).unwrap_or(i32::MAX),
            allowed: api::largest(api),
        });
    }
    let takes_long = frame.len() > LARGE_REQUEST || api::may_take_long(api);
    let work = {
        let served = served.clone();
        move || work(&served, api, version, frame)
    };
    let reply = if takes_long {
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| WireError::Unwritable(error.to_string()))??
    } else {
        work()?
    };
    let write = move |answer: ResponseKind, held| {
        wire::write_response(api, version, correlation, &answer).map(|bytes| (bytes, held))
    };
    Ok(match reply {
        Reply::Now(answer) => Some(Box::pin(std::future::ready(write(*answer, None)))),
        Reply::Later(answer) => Some(Box::pin(async move { write(answer.await, None) })),
        Reply::Counted(answer) => Some(Box::pin(async move {
            let (answer, held) = answer.await;
            write(answer, held)
        })),
        Reply::Silent => None,
    })
}

fn work(served: &Served, api: ApiKey, version: i16, frame: Bytes) -> Result<Reply, WireError> {
    let (client_id, request) = wire::read_request(api, version, frame)?;
    let call = Call {
        version,
        client_id,
        client_host: served.client_host.clone(),
        stop: served.stop.clone(),
    };
    Ok(api::answer(&served.node, call, request))
}

/// What is not served is said where the client can be told.
fn refuse(refused: api::NotServed, version: i16, correlation: i32) -> Result<Answer, WireError> {
    let (key, version, answer) = match refused {
        api::NotServed::OtherVersionOfApiVersions => {
            let answer = ResponseKind::ApiVersions(api::api_versions::unsupported());
            (ApiKey::ApiVersions, 0, Some(answer))
        }
        api::NotServed::Refuse(key) => (key, version, api::not_here::refusal(key, version)),
        api::NotServed::Close { key } => return Err(WireError::NotServed { key, version }),
    };
    let answer = answer.ok_or(WireError::NotServed {
        key: key as i16,
        version,
    })?;
    let bytes = wire::write_response(key, version, correlation, &answer);
    Ok(Box::pin(std::future::ready(bytes.map(|bytes| (bytes, None)))))
}

async fn write_answers(
    mut writing: OwnedWriteHalf,
    mut asked: mpsc::Receiver<Pending>,
    patience: std::time::Duration,
) -> Result<(), WireError> {
    while let Some(pending) = asked.recv().await {
        let (answer, _held) = pending.answer.await?;
        timeout(patience, writing.write_all(&answer))
            .await
            .map_err(|_| WireError::NotTaken)??;
        Metric::Sent.count(answer.len());
    }
    Ok(())
}
