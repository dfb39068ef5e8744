//! The insights without a sink, for looking at them and for timing them:
//!
//! ```sh
//! cargo run --release -p insights --example insights -- fill URL LOGFILE..     # rows from the daily log files, such as `de-shop simulate` writes
//! cargo run --release -p insights --example insights -- grow URL ROWS          # rows from a seed, over 30 days
//! cargo run --release -p insights --example insights -- bench URL              # how long the pages take
//! cargo run --release -p insights --example insights -- serve URL ADDRESS      # the pages
//! ```
//! URL is `sqlite:PATH` or `postgres://USER@HOST/DATABASE`.

#[path = "../tests/world/mod.rs"]
mod world;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use insights::{Access, AskDatabase, Options, Source};
use schemas::Clock;
use sqlx::{Connection as _, PgConnection};
use tower::ServiceExt as _;
use world::table::{Filler, make_sqlite, migrations, open_sqlite};

/// Each page, as one would look at it.
const PAGES: [&str; 9] = [
    "",
    "/popular",
    "/searches",
    "/funnel",
    "/journeys",
    "/retention",
    "/experiments",
    "/performance",
    "/attention",
];

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["fill", url, files @ ..] => fill(url, files).await,
        ["grow", url, rows] => grow(url, rows.parse()?).await,
        ["bench", url] => bench(url).await,
        ["serve", url, address] => serve(url, address).await,
        _ => bail!("fill URL LOGFILE.. | grow URL ROWS | bench URL | serve URL ADDRESS"),
    }
}

/// Writes lines into a database of either kind.
enum Writer {
    Sqlite(sqlx::SqliteConnection),
    Postgres(PgConnection),
}

impl Writer {
    async fn open(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            make_sqlite(Path::new(path)).await?;
            return Ok(Self::Sqlite(open_sqlite(Path::new(path)).await?));
        }
        let mut db = PgConnection::connect(url).await?;
        let migrator = migrations("postgres").await?;
        migrator.run_direct(None, &mut db, false).await?;
        Ok(Self::Postgres(db))
    }

    async fn write(&mut self, filler: &mut Filler, lines: &[String]) -> Result<()> {
        match self {
            Self::Sqlite(db) => filler.sqlite(db, lines).await,
            Self::Postgres(db) => filler.postgres(db, lines).await,
        }
    }
}

async fn fill(url: &str, files: &[&str]) -> Result<()> {
    let (mut writer, mut filler) = (Writer::open(url).await?, Filler::default());
    for file in files {
        let lines = BufReader::new(std::fs::File::open(file).with_context(|| (*file).to_owned())?).lines();
        let lines: Vec<String> = lines.collect::<std::io::Result<_>>()?;
        writer.write(&mut filler, &lines).await?;
        println!("{file}: {} lines", lines.len());
    }
    Ok(())
}

async fn grow(url: &str, rows: usize) -> Result<()> {
    let (mut writer, mut filler) = (Writer::open(url).await?, Filler::default());
    let (mut written, mut seed) = (0, 0);
    while written < rows {
        let life = world::Life {
            seed,
            days: 30,
            sessions_per_day: 500,
            troubled: false,
        };
        let lines = life.lines();
        writer.write(&mut filler, &lines).await?;
        (written, seed) = (written + lines.len(), seed + 1);
        println!("{written} rows");
    }
    Ok(())
}

fn router(url: &str) -> Result<axum::Router> {
    let (source, ask) = match url.strip_prefix("sqlite:") {
        Some(path) => (Source::sqlite(path.into()), Some(AskDatabase::Sqlite(path.into()))),
        None => (Source::postgres(url.parse()?), None),
    };
    Ok(insights::router(Options {
        source,
        logs: None,
        zone: schemas::Zone::UTC,
        access: Access::Loopback,
        ask,
        shop: None,
        clock: Clock::system(),
    }))
}

async fn bench(url: &str) -> Result<()> {
    let router = router(url)?;
    let ask = |address: String| {
        let router = router.clone();
        async move {
            let begun = Instant::now();
            let answer = router
                .oneshot(Request::get(address).header("host", "localhost").body(Body::empty())?)
                .await?;
            let status = answer.status();
            let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await?;
            Ok::<_, anyhow::Error>((status, body.len(), begun.elapsed()))
        }
    };
    let begun = Instant::now();
    while ask("/insights".to_owned()).await?.0 == StatusCode::SERVICE_UNAVAILABLE {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("first reading: {:.1} s", begun.elapsed().as_secs_f64());
    for days in [7, 30] {
        for page in PAGES {
            let mut times = Vec::new();
            let mut size = 0;
            let cpu = processor_time();
            for _ in 0..5 {
                let (status, bytes, took) = ask(format!("/insights{page}?days={days}")).await?;
                anyhow::ensure!(status == StatusCode::OK, "/insights{page}: {status}");
                size = bytes;
                times.push(took);
            }
            times.sort_unstable();
            println!(
                "{days:>2} days {page:<14} median {:>6.0} ms, worst {:>6.0} ms, processor {:>6.0} ms, {:>4} KB",
                millis(times[2]),
                millis(times[4]),
                (processor_time() - cpu) / 5.0,
                size / 1024
            );
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status
        .lines()
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"))
    {
        println!("{line}");
    }
    Ok(())
}

/// What this process has used of the processors, in milliseconds: unlike the clock it doesn't count what others use beside it.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name in brackets; fields 14 and 15 of proc(5), in ticks of 10 ms.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks * 10.0
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

async fn serve(url: &str, address: &str) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}/insights", listener.local_addr()?);
    Ok(axum::serve(listener, router(url)?).await?)
}
