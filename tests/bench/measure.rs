//! What `tests/bench/run.sh` needs beside wrk and kcat: a load of a fixed rate, and the way of single events measured from outside.
//!
//! `measure load` asks for a page at a steady rate over kept connections and prints the times of the answers. A request that waits
//! for the one before it on its connection is timed from when it was due, so a stall counts for everyone who stood behind it.
//! `measure lag` looks at products, one at a time for each visitor, and prints how long it takes from the answer to the row.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Parser;
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, Connection, Row};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

const PAGE: &str = "/products/101";
/// How often a visitor looks whether the row is there.
const LOOK_EVERY: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Parser)]
enum Measure {
    /// The times of answers at a steady rate.
    Load(Load),
    /// The time from the answer to the row.
    Lag(Lag),
}

#[derive(Debug, clap::Args)]
struct Load {
    /// HOST:PORT of the shop.
    shop: String,
    /// Requests a second.
    #[arg(long)]
    rate: u32,
    #[arg(long, default_value_t = 32)]
    connections: u32,
    #[arg(long, default_value_t = 10)]
    seconds: u32,
}

#[derive(Debug, clap::Args)]
struct Lag {
    /// HOST:PORT of the shop.
    shop: String,
    /// The sink's database, `sqlite:FILE` or `postgres://...`.
    #[arg(long)]
    database: String,
    #[arg(long, default_value_t = 100)]
    events: u32,
    #[arg(long, default_value_t = 4)]
    visitors: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Measure::parse() {
        Measure::Load(load) => load.run().await,
        Measure::Lag(lag) => lag.run().await,
    }
}

impl Load {
    async fn run(self) -> anyhow::Result<()> {
        let each = self.rate * self.seconds / self.connections;
        ensure!(each > 0, "the rate is too low for so many connections");
        let pause = Duration::from_secs(1) * self.connections / self.rate;
        let start = Instant::now() + Duration::from_millis(100);
        let mut asking = JoinSet::new();
        for number in 0..self.connections {
            let first = start + pause * number / self.connections;
            asking.spawn(ask_steadily(self.shop.clone(), first, pause, each));
        }
        let taken = gather(asking).await?;
        let rate = taken.len() as u128 * 1000 / start.elapsed().as_millis().max(1);
        println!("{rate}/s {}", percentiles(taken));
        Ok(())
    }
}

async fn ask_steadily(shop: String, first: Instant, pause: Duration, times: u32) -> anyhow::Result<Vec<Duration>> {
    let mut connection = Connection11::open(&shop).await?;
    let mut taken = Vec::new();
    for number in 0..times {
        let due = first + pause * number;
        // The timer is a millisecond late at times; that is not the shop's fault.
        let began = if Instant::now() < due {
            sleep_until(due).await;
            Instant::now()
        } else {
            due
        };
        connection.get(PAGE).await?;
        taken.push(began.elapsed());
    }
    Ok(taken)
}

impl Lag {
    async fn run(self) -> anyhow::Result<()> {
        install_default_drivers();
        let mut looking = JoinSet::new();
        for _ in 0..self.visitors {
            let (shop, database) = (self.shop.clone(), self.database.clone());
            looking.spawn(look_again_and_again(shop, database, self.events / self.visitors));
        }
        println!("{}", percentiles(gather(looking).await?));
        Ok(())
    }
}

async fn look_again_and_again(shop: String, database: String, times: u32) -> anyhow::Result<Vec<Duration>> {
    let mut connection = Connection11::open(&shop).await?;
    let mut database = AnyConnection::connect(&database).await.context("the sink's database")?;
    let mut taken = Vec::new();
    for _ in 0..times {
        let head = connection.get(PAGE).await?;
        let answered = Instant::now();
        let id = header(&head, "x-request-id").context("the answer has no request id")?;
        let seen = timeout(PATIENCE, seen(&mut database, id)).await;
        seen.context("the row of an answered page doesn't come")??;
        taken.push(answered.elapsed());
    }
    Ok(taken)
}

async fn seen(database: &mut AnyConnection, request_id: &str) -> anyhow::Result<()> {
    let sql = "SELECT count(*) FROM user_activity_log WHERE CAST(request_id AS TEXT) = $1";
    loop {
        let row = sqlx::query(sql).bind(request_id).fetch_one(&mut *database).await?;
        if row.get::<i64, _>(0) > 0 {
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
}

/// An HTTP/1.1 connection that asks for one page after another.
struct Connection11 {
    stream: TcpStream,
    shop: String,
    buffer: Vec<u8>,
}

impl Connection11 {
    async fn open(shop: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(shop).await.context("the shop")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            shop: shop.to_owned(),
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// The head of an answer with status 200, once all of its body has come.
    async fn get(&mut self, path: &str) -> anyhow::Result<String> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nuser-agent: measure\r\n\r\n",
            self.shop
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let end = loop {
            self.more().await?;
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = String::from_utf8(self.buffer[..end].to_vec())?;
        ensure!(head.starts_with("HTTP/1.1 200"), "the shop answers {head}");
        let length: usize = header(&head, "content-length").context("no content-length")?.parse()?;
        while self.buffer.len() < end + length {
            self.more().await?;
        }
        Ok(head)
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the shop has closed the connection");
        }
        Ok(())
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

async fn gather(mut tasks: JoinSet<anyhow::Result<Vec<Duration>>>) -> anyhow::Result<Vec<Duration>> {
    let mut all = Vec::new();
    while let Some(taken) = tasks.join_next().await {
        all.extend(taken??);
    }
    Ok(all)
}

/// `p50 0.21 p95 0.40 p99 0.83 max 3.10 ms`
fn percentiles(mut taken: Vec<Duration>) -> String {
    taken.sort_unstable();
    let at = |percent: usize| {
        let at = (taken.len().saturating_sub(1)) * percent / 100;
        taken.get(at).map_or(0.0, |taken| taken.as_secs_f64() * 1000.0)
    };
    format!(
        "p50 {:.2} p95 {:.2} p99 {:.2} max {:.2} ms",
        at(50),
        at(95),
        at(99),
        at(100)
    )
}
