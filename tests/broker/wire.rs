//! Bytes that no client sends: each costs its connection, and the broker goes on.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::world::{Failure, Outcome, PATIENCE, World};

/// Sends raw bytes; what comes back until the broker closes the connection.
async fn answer_to(world: &World, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut stream = TcpStream::connect(world.address).await?;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    // A connection that is reset is closed too.
    match timeout(PATIENCE, stream.read_to_end(&mut answer)).await? {
        Ok(_) => Ok(answer),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Ok(answer),
        Err(error) => Err(error.into()),
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    let [.., high, low] = body.len().to_be_bytes();
    [&[0, 0, high, low], body].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_request_closes_its_connection_and_nothing_else() -> Outcome {
    let world = World::start().await?;
    // Metadata v1 (key 3), client id "x", then an announced two thousand million topics.
    let many_topics = [&[0, 3, 0, 1, 0, 0, 0, 7, 0, 1, b'x'][..], &[0x7f, 0xff, 0xff, 0xff]].concat();
    // The same in version 9, where the count is of variable length.
    let many_flexible = [
        &[0, 3, 0, 9, 0, 0, 0, 7, 0, 1, b'x', 0][..],
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
    ]
    .concat();
    let bad = [
        b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n".to_vec(),
        vec![0xff; 64],
        framed(&[]),
        framed(&[0, 3]),
        framed(&many_topics),
        framed(&many_flexible),
        framed(&[0x7f, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]),
        framed(&[0, 0, 0, 99, 0, 0, 0, 1, 0, 0]),
    ];
    for bytes in bad {
        assert_eq!(answer_to(&world, &bytes).await?, b"", "{bytes:?}");
    }
    world.clients().creates("shop.view", 1).await?;
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_client_is_told_which_versions_are_served() -> Outcome {
    let world = World::start().await?;
    let mut stream = TcpStream::connect(world.address).await?;
    stream
        .write_all(&framed(&[0, 18, 0, 99, 0, 0, 0, 42, 0, 1, b'x', 0]))
        .await?;
    let mut start = [0; 10];
    timeout(PATIENCE, stream.read_exact(&mut start)).await??;
    assert_eq!(start[4..8], [0, 0, 0, 42], "the correlation id");
    assert_eq!(start[8..10], [0, 35], "UNSUPPORTED_VERSION");
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_never_ends_the_broker() -> Outcome {
    let world = World::start().await?;
    let mut noise = 0x9e37_79b9_u32;
    let mut next = || {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        noise.to_be_bytes()[0]
    };
    for key in 0..93 {
        for version in 0..14 {
            let mut body = vec![0, key, 0, version, 0, 0, 0, 1, 0, 1, b'x'];
            body.extend((0..48).map(|_| next()));
            let mut stream = TcpStream::connect(world.address).await?;
            stream.write_all(&framed(&body)).await?;
            stream.shutdown().await?;
            let mut sink = Vec::new();
            let _closed = timeout(PATIENCE, stream.read_to_end(&mut sink)).await?;
        }
    }
    timeout(Duration::from_secs(30), world.clients().creates("shop.view", 1)).await??;
    world.stop().await?;
    Ok(())
}
