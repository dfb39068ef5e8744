//! Clients that ask for too much, take nothing, or only stay: they lock nobody out.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::world::{Failure, Outcome, PATIENCE, World, sends};

/// A request in a frame: key, version, correlation id 7, client id "x", and its body.
pub(crate) fn request(key: i16, version: i16, body: &[u8]) -> Vec<u8> {
    let mut frame = [
        &key.to_be_bytes()[..],
        &version.to_be_bytes(),
        &[0, 0, 0, 7, 0, 1, b'x'],
        body,
    ]
    .concat();
    let length = u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes();
    frame.splice(0..0, length);
    frame
}

/// The answer to one request, behind its correlation id.
pub(crate) async fn answer(world: &World, request: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut stream = TcpStream::connect(world.address).await?;
    stream.write_all(request).await?;
    let length = timeout(PATIENCE, stream.read_u32()).await??;
    let mut bytes = vec![0; usize::try_from(length)?];
    timeout(PATIENCE, stream.read_exact(&mut bytes)).await??;
    assert_eq!(bytes[..4], [0, 0, 0, 7], "the correlation id");
    Ok(bytes.split_off(4))
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    let read = timeout(PATIENCE, stream.read(&mut byte)).await;
    matches!(read, Ok(Ok(0) | Err(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_lock_nobody_out() -> Outcome {
    let world = World::start_with(|settings| settings.max_connections = 1000).await?;
    world.clients().creates("shop.view", 1).await?;
    let producer = world.clients().producer(&[])?;
    sends(&producer, "shop.view", ["before".to_owned()]).await?;
    let mut idle = Vec::new();
    for _ in 0..1_050 {
        idle.push(TcpStream::connect(world.address).await?);
    }
    sends(&world.clients().producer(&[])?, "shop.view", ["beside".to_owned()]).await?;
    sends(&producer, "shop.view", ["after".to_owned()]).await?;
    assert_eq!(world.clients().reads_all("shop.view")?.len(), 3);
    assert!(is_closed(&mut idle[10]).await, "the oldest made room");
    assert_eq!(world.health.trouble(), None);
    drop(idle);
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_asks_nothing_and_a_request_that_never_ends_are_closed() -> Outcome {
    let world = World::start_with(|settings| {
        settings.idle_timeout = Duration::from_millis(300);
        settings.transfer_timeout = Duration::from_millis(300);
    })
    .await?;
    let mut idle = TcpStream::connect(world.address).await?;
    assert!(is_closed(&mut idle).await);
    let mut half = TcpStream::connect(world.address).await?;
    half.write_all(&[0, 0, 0x10, 0, 0, 3]).await?;
    assert!(is_closed(&mut half).await);
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_readers_take_bounded_memory_and_others_go_on_reading() -> Outcome {
    let world = World::start().await?;
    world.clients().creates("shop.view", 1).await?;
    let producer = world.clients().producer(&[])?;
    sends(&producer, "shop.view", (0..40).map(|_| "x".repeat(900_000))).await?;
    let topics = [&1_i32.to_be_bytes()[..], &[0, 9], b"shop.view", &1_i32.to_be_bytes()].concat();
    let partition = [
        &0_i32.to_be_bytes()[..],
        &0_i64.to_be_bytes(),
        &40_000_000_i32.to_be_bytes(),
    ]
    .concat();
    // Fetch in version 4: replica -1, wait 0, at least 1, at most 40 MB, read uncommitted.
    let head = [
        &(-1_i32).to_be_bytes()[..],
        &[0; 4],
        &1_i32.to_be_bytes(),
        &40_000_000_i32.to_be_bytes(),
        &[0],
    ]
    .concat();
    let fetch = request(1, 4, &[head, topics, partition].concat());
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(world.address).await?;
        stream.write_all(&fetch).await?;
        slow.push(stream);
    }
    let read = tokio::task::spawn_blocking({
        let clients = world.clients();
        move || {
            clients
                .reads_all("shop.view")
                .map(|found| found.len())
                .map_err(|error| error.to_string())
        }
    });
    assert_eq!(timeout(PATIENCE, read).await???, 40);
    let status = std::fs::read_to_string("/proc/self/status")?;
    let most = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("no VmHWM")?;
    let kilobytes: u64 = most.trim().trim_end_matches(" kB").parse()?;
    // 100 answers of 32 MiB would be 3.2 GB.
    assert!(kilobytes < 1_500_000, "{kilobytes} kB");
    drop(slow);
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_is_refused_with_the_protocols_own_error() -> Outcome {
    let world = World::start().await?;
    // ShareFetch, flexible: tagged fields of the header, then the throttle time and the error.
    let refused = answer(&world, &request(78, 1, &[0])).await?;
    assert_eq!(refused[5..7], [0, 35], "UNSUPPORTED_VERSION");
    // SaslHandshake, as on Apache Kafka's listener without SASL.
    let refused = answer(&world, &request(17, 1, &[0, 5, b'P', b'L', b'A', b'I', b'N'])).await?;
    assert_eq!(refused[..2], [0, 34], "ILLEGAL_SASL_STATE");
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_fetch_is_answered_with_any_session_and_an_incremental_one_is_not() -> Outcome {
    let world = World::start().await?;
    world.clients().creates("shop.view", 1).await?;
    let fetch = |session: i32, epoch: i32| {
        let head = [
            &(-1_i32).to_be_bytes()[..],
            &[0; 4],
            &[0; 4],
            &1000_i32.to_be_bytes(),
            &[0],
        ]
        .concat();
        let session = [session.to_be_bytes(), epoch.to_be_bytes(), [0; 4], [0; 4]].concat();
        request(1, 7, &[head, session].concat())
    };
    for (session, epoch, code) in [(0, -1, 0), (-1, -1, 0), (77, -1, 0), (0, 0, 0), (77, 1, 70)] {
        let found = answer(&world, &fetch(session, epoch)).await?;
        assert_eq!(found[4..6], [0, code], "session {session}, epoch {epoch}");
    }
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_a_megabyte_hold_nobody_up() -> Outcome {
    let world = World::start().await?;
    world.clients().creates("shop.view", 1).await?;
    let producer = world.clients().producer(&[])?;
    // CreateTopics in version 2, validate only: 60,000 names, each of them twice.
    let mut body = 120_000_i32.to_be_bytes().to_vec();
    for number in 0..120_000 {
        let name = format!("n{:05}", number % 60_000);
        body.extend(
            [
                &[0, 6][..],
                name.as_bytes(),
                &1_i32.to_be_bytes(),
                &1_i16.to_be_bytes(),
                &[0; 8],
            ]
            .concat(),
        );
    }
    body.extend([0, 0, 0, 0, 1]);
    let large = request(19, 2, &body);
    let (answered, sent) = tokio::join!(timeout(PATIENCE, answer(&world, &large)), async {
        let began = std::time::Instant::now();
        sends(&producer, "shop.view", (0..20).map(|number| number.to_string())).await?;
        Ok::<_, Failure>(began.elapsed())
    });
    assert!(answered??.len() > 1_000_000);
    assert!(sent? < Duration::from_secs(10));
    world.stop().await?;
    Ok(())
}
