//! What a message costs the sink before it is committed: `cargo bench -p sink`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use schemas::{Topic, decode};

const VIEW: &str = r#"{"timestamp":"2025-05-14T11:46:45.722945Z","session_id":"4512dddf78e5682f4e94ca7700e0aefa","event_type":"view","user_id":6,"entity_type":"product","entity_id":11,"endpoint":"products.detail","method":"GET","path":"/products/11","args":{"from":"category"},"form":{},"ip_address":"125.251.128.107","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36","referrer":"http://127.0.0.1:8080/products/?category=2","response_status":200,"event_id":"0196ce1a-9b5a-7000-8000-000000000001","request_id":null,"details":{"page":"products.detail","product_id":11,"category_id":2,"sort":null,"page_number":null,"language":"ko"},"schema_version":1,"source":{"instance":"shop","sequence":1}}"#;

fn sort_out(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a view of 700 bytes");
    group.throughput(Throughput::Elements(1));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| decode(Topic::View, VIEW.as_bytes()).map(|_| ()))
    });
    for database in [sink::bench::Target::Sqlite, sink::bench::Target::Postgres] {
        group.bench_function(format!("decode, line and row for {database:?}"), |bencher| {
            bencher.iter_custom(|messages| sink::bench::sort_out(database, VIEW, messages));
        });
    }
    group.finish();
}

criterion_group!(benches, sort_out);
criterion_main!(benches);
