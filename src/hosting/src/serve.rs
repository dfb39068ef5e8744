//! HTTP within limits: who holds connections without asking for anything takes nobody else's away.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::open_files::open_files;

/// Open files that connections leave for everything else.
const FILES_LEFT: u64 = 256;
/// How often a crowded door is told about.
const SAID_EVERY: Duration = Duration::from_mins(1);
/// How long to wait when the system has no connection to give.
const BREATH: Duration = Duration::from_millis(500);

/// Whether an address may hold as many connections as it likes: a trusted proxy.
type IsExempt = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// How many may come in, and how long they may take to say what they want.
#[derive(Clone)]
pub struct Doors {
    /// Connections of one address.
    pub per_address: usize,
    /// For a request's head; also how long a connection may lie idle.
    pub head_within: Duration,
    pub exempt: IsExempt,
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            per_address: 512,
            head_within: Duration::from_secs(30),
            exempt: Arc::new(|_| false),
        }
    }
}

/// Answers requests until `stop`, and then those under way; a handler finds the peer in `ConnectInfo<SocketAddr>`.
pub async fn serve(listener: TcpListener, routes: Router, doors: Doors, stop: CancellationToken) {
    let in_all = usize::try_from(open_files().saturating_sub(FILES_LEFT)).unwrap_or(usize::MAX);
    let room = Arc::new(Semaphore::new(in_all.clamp(64, Semaphore::MAX_PERMITS)));
    let guests = Arc::new(Guests::default());
    let graceful = GracefulShutdown::new();
    let mut crowded = Said::default();
    loop {
        let next = async {
            // The semaphore is never closed.
            let place = Arc::clone(&room).acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        let Some((accepted, place)) = stop.run_until_cancelled(next).await else {
            break;
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error, &mut crowded).await;
                continue;
            }
        };
        let address = peer.ip().to_canonical();
        let most = if (doors.exempt)(address) {
            usize::MAX
        } else {
            doors.per_address
        };
        let Some(guest) = guests.come_in(address, most) else {
            crowded.say(&format!("{address} holds {most} connections already, and gets no more"));
            continue;
        };
        answer(stream, (peer, &routes), (&doors, &graceful), (guest, place));
    }
    drop(listener);
    graceful.shutdown().await;
}

/// What the caller did (a connection broken off before it was taken) is no trouble; a lack of open files passes.
async fn pause_after(error: &io::Error, crowded: &mut Said) {
    let of_the_caller = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::ConnectionReset,
    ];
    if !of_the_caller.contains(&error.kind()) {
        crowded.say(&format!("no connection can be taken: {error}"));
        tokio::time::sleep(BREATH).await;
    }
}

fn answer(
    stream: TcpStream,
    (peer, routes): (SocketAddr, &Router),
    (doors, graceful): (&Doors, &GracefulShutdown),
    held: (Guest, Option<OwnedSemaphorePermit>),
) {
    // Only a matter of speed.
    let _ = stream.set_nodelay(true);
    let routes = routes.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let routes = routes.clone();
        async move { Ok::<_, Infallible>(routes.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(doors.head_within)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // Whoever left in the middle, or never said what they wanted, is nobody's trouble but their own.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(held);
    });
}

/// How many connections each address holds.
#[derive(Debug, Default)]
struct Guests(Mutex<HashMap<IpAddr, usize>>);

/// One connection; it is given back when this is dropped.
struct Guest {
    guests: Arc<Guests>,
    address: IpAddr,
}

impl Guests {
    fn come_in(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Guest> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Guest {
            guests: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut counts = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// Says the same thing now and then, not a thousand times.
#[derive(Debug, Default)]
struct Said(Option<Instant>);

impl Said {
    fn say(&mut self, what: &str) {
        if self.0.is_none_or(|last| last.elapsed() > SAID_EVERY) {
            self.0 = Some(Instant::now());
            tracing::warn!("{what}");
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpSocket;

    use super::*;

    async fn opens(doors: Doors) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let routes = Router::new().route("/", get(|| async { "open" }));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, routes, doors, stop.clone()));
        (address, stop, serving)
    }

    async fn connects(from: &str, to: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(from.parse().expect("an address"))
            .expect("an address of this machine");
        socket.connect(to).await.expect("the door is open")
    }

    async fn asks(stream: &mut TcpStream) -> String {
        let asked = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        // A connection that is refused may be closed before this is written.
        let _ = stream.write_all(asked).await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    #[tokio::test]
    async fn whoever_holds_too_many_connections_keeps_nobody_else_out() {
        let (address, _stop, _serving) = opens(Doors {
            per_address: 3,
            ..Doors::default()
        })
        .await;
        let mut held = Vec::new();
        for _ in 0..3 {
            let mut stream = connects("127.0.0.2:0", address).await;
            stream.write_all(b"GET / HTTP/1.1\r\n").await.expect("half a head");
            held.push(stream);
        }
        // The first answer of another address shows that the three have been taken.
        assert!(
            asks(&mut connects("127.0.0.3:0", address).await)
                .await
                .ends_with("open")
        );
        assert_eq!(asks(&mut connects("127.0.0.2:0", address).await).await, "");
        held.clear();
        let since = Instant::now();
        while asks(&mut connects("127.0.0.2:0", address).await).await.is_empty() {
            assert!(since.elapsed() < Duration::from_secs(10), "places are never given back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    #[tokio::test]
    async fn half_a_head_is_waited_for_and_not_for_ever() {
        let head_within = Duration::from_millis(200);
        let (address, _stop, _serving) = opens(Doors {
            head_within,
            ..Doors::default()
        })
        .await;
        let mut stream = connects("127.0.0.1:0", address).await;
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n")
            .await
            .expect("half a head");
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "it is held for ever");
    }

    #[tokio::test]
    async fn it_ends_when_it_is_told_and_the_last_connection_has() {
        let (address, stop, serving) = opens(Doors::default()).await;
        assert!(
            asks(&mut connects("127.0.0.1:0", address).await)
                .await
                .ends_with("open")
        );
        stop.cancel();
        serving.await.expect("it ends");
    }
}
