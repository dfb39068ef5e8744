//! Cost of one event: encode, seal, decode. `cargo bench -p schemas`

#![expect(clippy::expect_used, reason = "a benchmark without its example can only stop")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use schemas::record::{Activity, EntityType};
use schemas::{Details, EventType, Record, SessionId, Source, Topic, UserId, VisitorId, decode};

fn example(event_type: EventType, name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{}/{name}.json", event_type.name()));
    fs::read(path)
        .expect("an example that is checked in")
        .trim_ascii_end()
        .to_vec()
}

fn message(criterion: &mut Criterion) {
    let bytes = example(EventType::View, "product");
    let Ok(Record::Activity(read)) = decode(Topic::View, &bytes) else {
        panic!("the example decodes")
    };
    let details = Details::parse(EventType::View, read.details.get())
        .expect("has details")
        .expect("is valid");
    let view = Activity {
        details,
        timestamp: read.timestamp,
        session_id: SessionId([7; 16]),
        visitor_id: Some(VisitorId([9; 16])),
        bot: None,
        purpose: None,
        page_view_id: Some(read.event_id),
        event_type: read.event_type,
        user_id: Some(UserId(6)),
        entity_type: Some(EntityType::Product),
        entity_id: read.entity_id,
        endpoint: read.endpoint,
        method: read.method,
        path: read.path,
        args: read.args,
        form: read.form,
        ip_address: read.ip_address,
        user_agent: read.user_agent,
        referrer: read.referrer,
        response_status: read.response_status,
        event_id: read.event_id,
        request_id: read.request_id,
        schema_version: read.schema_version,
        source: None,
    };
    let source: Source = read.source.expect("a message has a source");
    let unsealed = view.encode().expect("encodes");

    let mut group = criterion.benchmark_group("one event");
    group.bench_function("encode a view", |bencher| bencher.iter(|| black_box(&view).encode()));
    group.bench_function("seal it", |bencher| {
        let mut out = Vec::with_capacity(1024);
        bencher.iter(|| {
            out.clear();
            black_box(&unsealed).seal_into(&source, &mut out);
        });
    });
    for (topic, event_type, name) in [
        (Topic::View, EventType::View, "product"),
        (Topic::Request, EventType::Request, "finished"),
        (Topic::Click, EventType::Click, "add_to_cart"),
    ] {
        let bytes = example(event_type, name);
        group.bench_function(
            format!("decode a {} of {} bytes", event_type.name(), bytes.len()),
            |bencher| {
                bencher.iter(|| decode(topic, black_box(&bytes)).map(|record| record.event_id()));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, message);
criterion_main!(benches);
