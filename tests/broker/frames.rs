//! Fuzzing whole frames: what a real client sends is recorded, bent in every way that frames can be wrong, and sent to the real
//! program. Each frame is answered or its connection closed; memory stays bounded, and clients beside it are served all the time.
//!
//! `DE_SHOP_TEST_FRAMES=200000 cargo test --workspace --locked --test broker frames` looks for longer than the 6,000 frames of each run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::admin::{AdminOptions, ResourceSpecifier};
use rdkafka::consumer::{CommitMode, Consumer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::kill::Program;
use crate::world::{Clients, Failure, Outcome, PATIENCE, sends};

const FRAMES: u32 = 6_000;
const WORKERS: u32 = 8;
/// A request that is right may wait: for records, or for the other members of a group.
const MAY_WAIT: Duration = Duration::from_millis(100);
/// An empty broker takes some 20 MB.
const MOST_MEMORY_KB: u64 = 300_000;
/// As long as the longest answer; what is longer is no answer of this broker's to these requests.
const LONGEST_ANSWER: u32 = 16 * 1024 * 1024;

type Frames = Arc<Mutex<Vec<Vec<u8>>>>;

/// Reads one frame without its length; none when the connection is closed.
async fn frame(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<Vec<u8>> {
    let length = stream
        .read_u32()
        .await
        .ok()
        .filter(|length| *length <= LONGEST_ANSWER)?;
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}

fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], body].concat()
}

/// Stands between a client and the broker, and keeps every request. The broker's port in its answers becomes this one's, so that clients
/// come back here.
async fn record(listener: TcpListener, broker: u16, kept: Frames) -> Outcome {
    let port = |port: u16| u32::from(port).to_be_bytes();
    let (from, to) = (port(broker), port(listener.local_addr()?.port()));
    loop {
        let (client, _) = listener.accept().await?;
        let server = TcpStream::connect(("127.0.0.1", broker)).await?;
        let (mut asks, mut is_told) = client.into_split();
        let (mut tells, mut is_asked) = server.into_split();
        let kept = Arc::clone(&kept);
        tokio::spawn(async move {
            while let Some(request) = frame(&mut asks).await {
                let sent = is_asked.write_all(&framed(&request)).await;
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                if sent.is_err() {
                    return;
                }
            }
        });
        tokio::spawn(async move {
            while let Some(mut answer) = frame(&mut tells).await {
                let places = answer.windows(4).enumerate().filter(|(_, bytes)| **bytes == from);
                for at in places.map(|(at, _)| at).collect::<Vec<_>>() {
                    answer[at..at + 4].copy_from_slice(&to);
                }
                if is_told.write_all(&framed(&answer)).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// What librdkafka sends to make, write, read and delete topics, alone and in a group.
async fn recorded(broker: u16) -> Result<Vec<Vec<u8>>, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let clients = Clients {
        address: listener.local_addr()?,
    };
    let kept = Frames::default();
    let recorder = tokio::spawn({
        let kept = Arc::clone(&kept);
        async move { record(listener, broker, kept).await.map_err(|error| error.to_string()) }
    });
    clients.creates("fuzz", 2).await?;
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let producer = clients.producer(&[("compression.type", codec)])?;
        sends(&producer, "fuzz", (0..3).map(|_| codec.repeat(50))).await?;
    }
    let consumer = clients.consumer("fuzzers", &[])?;
    consumer.subscribe(&["fuzz"])?;
    let message = timeout(PATIENCE, consumer.recv()).await??;
    consumer.commit_message(&message, CommitMode::Sync)?;
    drop(message);
    drop(consumer);
    let (admin, options) = (clients.admin()?, AdminOptions::new().request_timeout(Some(PATIENCE)));
    let topic = ResourceSpecifier::Topic("fuzz");
    for described in admin.describe_configs([&topic], &options).await? {
        described?;
    }
    admin.delete_groups(&["nobody"], &options).await?;
    clients.creates("gone", 1).await?;
    admin.delete_topics(&["gone"], &options).await?;
    recorder.abort();
    Ok(std::mem::take(
        &mut *kept.lock().unwrap_or_else(PoisonError::into_inner),
    ))
}

/// Numbers without an end, the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

/// One way of being wrong, or none.
fn bend(request: &[u8], noise: &mut Noise) -> Vec<u8> {
    let mut body = request.to_vec();
    let at = noise.below(body.len());
    match noise.below(10) {
        // As it was.
        0 => framed(&body),
        // A frame that ends early, and knows it.
        1 => framed(&body[..at]),
        // A frame that promises more than comes.
        2 => framed(&body)[..at + 4].to_vec(),
        // 2 GiB, less than nothing, or anything.
        3 => {
            let lengths = [i32::MAX, i32::MIN, -1, 0, 1, 100_000_000];
            let length = lengths[noise.below(lengths.len())].to_be_bytes();
            [&length[..], &body].concat()
        }
        // A count of thousands of millions, of fixed and of variable length, wherever it falls.
        4 | 5 => {
            let counts: [&[u8]; 4] = [
                &[0x7f, 0xff, 0xff, 0xff],
                &[0xff, 0xff, 0xff, 0xff, 0x0f],
                &[0xff, 0xff, 0xff, 0xff],
                &[0, 0x7f, 0xff, 0xff],
            ];
            let count = counts[noise.below(counts.len())];
            let end = (at + count.len()).min(body.len());
            body.splice(at..end, count.iter().copied());
            framed(&body)
        }
        // A part of it again and again: nested counts that are true.
        6 => {
            let part = body[at..].to_vec();
            let times = noise.below(200);
            body.extend((0..times).flat_map(|_| part.iter().copied()));
            framed(&body)
        }
        // Another version, or another request.
        7 => {
            let field = 1 + 2 * noise.below(2);
            if let Some(byte) = body.get_mut(field) {
                *byte = noise.byte() % 95;
            }
            framed(&body)
        }
        // Bytes that are something else.
        _ => {
            for _ in 0..=noise.below(8) {
                let at = noise.below(body.len());
                if let Some(byte) = body.get_mut(at) {
                    *byte = noise.byte();
                }
            }
            framed(&body)
        }
    }
}

/// What came of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Answer,
    Close,
    /// Neither, until the client hung up.
    Wait,
}

async fn send(port: u16, sent: &[u8]) -> Result<Came, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(failed)?;
    // It may be closed before all of it has gone.
    if stream.write_all(sent).await.is_err() {
        return Ok(Came::Close);
    }
    if let Ok(answer) = timeout(MAY_WAIT, frame(&mut stream)).await {
        let Some(answer) = answer else {
            return Ok(Came::Close);
        };
        return if answer.get(..4) == sent.get(8..12) {
            Ok(Came::Answer)
        } else {
            Err(format!("an answer to another request: {sent:?}"))
        };
    }
    drop(stream.shutdown().await);
    let mut rest = Vec::new();
    match timeout(PATIENCE, stream.read_to_end(&mut rest)).await {
        Ok(_closed) => Ok(Came::Wait),
        Err(_) => Err(format!("its client has gone, and it stays open: {sent:?}")),
    }
}

/// Asks for the versions on one connection again and again; how often it was told.
async fn asks_beside(port: u16, enough: CancellationToken) -> Result<u32, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(failed)?;
    let mut told = 0;
    while !enough.is_cancelled() {
        let asked = framed(&[0, 18, 0, 0, 0, 0, 0, 5, 0, 1, b'x']);
        stream.write_all(&asked).await.map_err(failed)?;
        let answer = timeout(PATIENCE, frame(&mut stream))
            .await
            .map_err(|_| "no answer in time")?;
        if answer.is_none_or(|answer| answer[..4] != [0, 0, 0, 5]) {
            return Err("another answer".to_owned());
        }
        told += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(told)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_frame_comes_is_answered_or_costs_its_connection_and_nothing_else() -> Outcome {
    let frames = std::env::var("DE_SHOP_TEST_FRAMES").map_or(Ok(FRAMES), |frames| frames.parse())?;
    let folder = tempfile::tempdir()?;
    let program = Program::start_with(folder.path(), "127.0.0.1:0", &[]).await?;
    let port = program.address.port();
    let seeds = Arc::new(recorded(port).await?);
    let mut keys: Vec<u8> = seeds.iter().filter_map(|seed| seed.get(1).copied()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert!(keys.len() >= 14, "the recorded requests are of {keys:?} only");

    let enough = CancellationToken::new();
    let beside = tokio::spawn(asks_beside(port, enough.clone()));
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let seeds = Arc::clone(&seeds);
        workers.spawn(async move {
            let mut noise = Noise(0x9e37_79b9_7f4a_7c15 + u64::from(worker));
            let mut came = Vec::new();
            for _ in 0..frames / WORKERS {
                let seed = &seeds[noise.below(seeds.len())];
                came.push(send(port, &bend(seed, &mut noise)).await?);
            }
            Ok::<_, String>(came)
        });
    }
    let came: Vec<Came> = workers
        .join_all()
        .await
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    enough.cancel();
    assert!(beside.await?? > 10, "a client beside it was served all the time");

    let count = |what: Came| came.iter().filter(|one| **one == what).count();
    let (answered, closed) = (count(Came::Answer), count(Came::Close));
    assert!(
        answered > came.len() / 5 && closed > came.len() / 10,
        "{answered} answered, {closed} closed"
    );
    let most = program.most_memory()?;
    assert!(most < MOST_MEMORY_KB, "{most} kB");
    let clients = Clients {
        address: program.address,
    };
    clients.creates("after", 1).await?;
    sends(&clients.producer(&[])?, "after", ["well".to_owned()]).await?;
    program.kill().await
}
