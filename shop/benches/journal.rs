//! Cost of an append: `cargo bench -p shop --bench journal`.
//!
//! Criterion gives the mean of an append with the flusher at 50 ms and with a flusher that never runs; the table after it gives
//! median, p99 and the worst of single appends, and appends per second from eight tasks while a reader follows.

#![expect(clippy::expect_used, reason = "a test that can't go on says why")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use journal::{Entry, Holder, Journal, Options};
use schemas::events::View;
use schemas::{
    CategoryId, Details, EventId, EventType, ProductId, Sequence, SessionId, Timestamp, Unsealed, UserId, VisitorId,
};
use shop::observe::Occasion;

/// A whole event of about 700 bytes.
fn event() -> Unsealed {
    Unsealed {
        event_type: EventType::View,
        event_id: EventId::at(Timestamp::from_unix_millis_saturating(1_700_000_000_000), [3; 10]),
        timestamp: Timestamp::from_unix_millis_saturating(1_700_000_000_000),
        session_id: Some(SessionId([5; 16])),
        json: format!(r#"{{"pad":"{}"}}"#, "x".repeat(620)).into_bytes(),
    }
}

fn open(folder: &Path, flush_interval: Duration) -> Journal {
    let options = Options {
        max_bytes: u64::MAX / 2,
        flush_interval,
        ..Options::default()
    };
    let journal = Journal::open(folder, options).expect("the journal opens");
    journal.release(Holder::Relay, Sequence(u64::MAX));
    journal.release(Holder::Outbox, Sequence(u64::MAX));
    journal
}

/// What a page view costs before the journal: from what happened to the bytes that only lack their place.
fn encode(criterion: &mut Criterion) {
    let at = Timestamp::from_unix_millis_saturating(1_700_000_000_000);
    let occasion = Occasion {
        at,
        session_id: SessionId([5; 16]),
        visitor_id: Some(VisitorId([9; 16])),
        user_id: Some(UserId(6)),
        endpoint: "products.detail",
        method: "GET".to_owned(),
        path: "/products/11".to_owned(),
        args: [("category".into(), "2".into())].into(),
        form: [].into(),
        ip_address: Some("125.251.128.107".to_owned()),
        user_agent: Some(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0".to_owned(),
        ),
        referrer: Some("http://127.0.0.1:8080/products/?category=2".to_owned()),
        bot: false,
        purpose: None,
        view_id: EventId::at(at, [3; 10]),
        search_id: EventId::at(at, [4; 10]),
        asked_from: None,
        request_id: uuid::Uuid::from_bytes([8; 16]),
        trace_parent: None,
    };
    let view = || {
        Details::View(View {
            page: "products.detail".into(),
            product_id: Some(ProductId(11)),
            category_id: Some(CategoryId(2)),
            sort: None,
            page_number: None,
            language: "ko".into(),
            campaign: None,
        })
    };
    criterion.bench_function("encode a page view", |bencher| {
        bencher.iter(|| occasion.event(view(), 200).expect("it encodes"));
    });
}

fn append(journal: &Journal, event: &Unsealed) {
    let sequence = journal
        .append(&[Entry::observation(event, None)])
        .expect("the disk has room");
    black_box(sequence);
}

fn means(criterion: &mut Criterion) {
    let event = event();
    let mut group = criterion.benchmark_group("journal append, 700 bytes");
    group.throughput(Throughput::Elements(1));
    for (name, flush_interval) in [
        ("sync every 50 ms", Duration::from_millis(50)),
        ("no sync", Duration::from_hours(1)),
    ] {
        let folder = tempfile::tempdir_in(".").expect("a folder on the disk");
        let journal = open(folder.path(), flush_interval);
        group.bench_function(name, |bencher| bencher.iter(|| append(&journal, &event)));
    }
    group.finish();
}

/// 200,000 appends at a pace, so that the figures are those of a busy shop and not of a full disk queue.
fn percentiles(per_second: u32) {
    let folder = tempfile::tempdir_in(".").expect("a folder on the disk");
    let journal = open(folder.path(), Duration::from_millis(50));
    let event = event();
    let pace = Duration::from_secs(1) / per_second;
    let start = Instant::now();
    let mut taken: Vec<Duration> = (0..per_second * 5)
        .map(|number| {
            while start.elapsed() < pace * number {
                std::hint::spin_loop();
            }
            let began = Instant::now();
            append(&journal, &event);
            began.elapsed()
        })
        .collect();
    taken.sort_unstable();
    let at = |part: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a short list"
        )]
        let index = ((taken.len() - 1) as f64 * part) as usize;
        taken[index]
    };
    println!(
        "{per_second:>6} appends/s, group sync 50 ms: median {:?}, p99 {:?}, p99.9 {:?}, worst {:?}",
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
}

fn throughput() {
    const TASKS: u64 = 8;
    const EACH: u64 = 50_000;
    let folder = tempfile::tempdir_in(".").expect("a folder on the disk");
    let journal = open(folder.path(), Duration::from_millis(50));
    let reading = journal.clone();
    let start = Instant::now();
    let reader = std::thread::spawn(move || {
        let mut reader = reading.reader(Sequence::FIRST);
        let mut read = 0;
        while read < TASKS * EACH {
            match reader.read().expect("the journal is sound") {
                Some(item) => {
                    black_box(item);
                    read += 1;
                }
                None => reader.wait(Duration::from_secs(1)),
            }
        }
        start.elapsed()
    });
    // The reader is a holder here: nothing may go before it has been read.
    journal.release(Holder::Relay, Sequence(0));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let journal = journal.clone();
                tokio::spawn(async move {
                    let event = event();
                    for _ in 0..EACH {
                        append(&journal, &event);
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("the task ends");
        }
    });
    let written = start.elapsed();
    let read = reader.join().expect("the reader ends");
    let rate = |elapsed: Duration| u128::from(TASKS * EACH) * 1000 / elapsed.as_millis().max(1);
    println!(
        "8 tasks: {} appends/s, followed by a reader at {} entries/s",
        rate(written),
        rate(read)
    );
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    encode(&mut criterion);
    means(&mut criterion);
    for per_second in [1_000, 30_000] {
        percentiles(per_second);
    }
    throughput();
    criterion.final_summary();
}
