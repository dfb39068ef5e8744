//! How fast the ledger reads: `cargo bench --bench audit`. Files and table of 300,000 events of about 700 bytes; elements are events.
#![expect(clippy::expect_used, reason = "a benchmark that can't go on fails right there")]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use clap::Parser;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use de_shop::audit::{Settings, audit};
use schemas::Clock;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::runtime::Runtime;

const EVENTS: u64 = 300_000;

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

fn settings(arguments: &[&str]) -> Settings {
    CommandLine::try_parse_from(arguments).expect("arguments").settings
}

fn id(sequence: u64) -> uuid::Uuid {
    uuid::Uuid::from_u128(u128::from(sequence) << 64 | u128::from(sequence))
}

/// The example of a product view under other sources.
fn write_files(folder: &Path) {
    let example = include_str!("../../schemas/examples/view/product.json").trim_end();
    let (before, rest) = example.split_once(r#""event_id":""#).expect("an id");
    let (_, rest) = rest.split_at(36);
    let (after, _) = rest.split_once(r#","source""#).expect("a source");
    let file = File::create(folder.join("user_activity-2026-05-14.log")).expect("a file");
    let mut file = BufWriter::new(file);
    for sequence in 1..=EVENTS {
        let id = id(sequence);
        writeln!(
            file,
            r#"{before}"event_id":"{id}{after},"source":{{"instance":"shop-7f3a9c21","sequence":{sequence}}}}}"#
        )
        .expect("room on the disk");
    }
    file.flush().expect("room on the disk");
}

async fn write_table(path: &Path) {
    let mut db = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .connect()
        .await
        .expect("a database");
    let schema = concat!(
        include_str!("../../sink/migrations/sqlite/0001_sink.sql"),
        include_str!("../../sink/migrations/sqlite/0002_position_cluster.sql")
    );
    sqlx::raw_sql(schema).execute(&mut db).await.expect("tables");
    // The fillers make a row as long as a real one.
    let rows = "WITH RECURSIVE row (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < $1) \
                INSERT INTO user_activity_log (event_time, event_id, session_id, activity_type, endpoint, method, path, args, form, \
                details, user_agent, source_instance, source_sequence, kafka_topic, kafka_partition, kafka_offset) \
                SELECT '2026-05-14T11:46:45.722945Z', printf('019e264f-835a-7cb1-b49a-%012d', n), hex(zeroblob(16)), 'view', \
                'products.detail', 'GET', '/products/211', '{}', '{}', hex(zeroblob(80)), hex(zeroblob(60)), 'shop-7f3a9c21', n, 'shop.view', 0, n FROM row";
    let rows = sqlx::query(rows).bind(i64::try_from(EVENTS).expect("few"));
    rows.execute(&mut db).await.expect("rows");
}

fn benches(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let (logs, table) = (folder.path().join("logs"), folder.path().join("activity.db"));
    fs::create_dir(&logs).expect("a folder");
    write_files(&logs);
    runtime.block_on(write_table(&table));
    let logs = settings(&["audit", "--logs", logs.to_str().expect("a plain path")]);
    let table = settings(&["audit", "--database", &format!("sqlite:{}", table.display())]);
    let mut group = criterion.benchmark_group("audit");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS));
    for (name, settings) in [("files", logs), ("table", table)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let verdict = runtime
                    .block_on(audit(settings.clone(), &Clock::system()))
                    .expect("an audit");
                assert!(verdict.holds);
                verdict
            });
        });
    }
    group.finish();
}

criterion_group!(audit_benches, benches);
criterion_main!(audit_benches);
