//! Fills the shop's topics with valid events, as a shop's relay would: for trying the sink, and for measuring it.
//!
//! `cargo run --release -p sink --example fill -- --kafka 127.0.0.1:9092 --count 1000000`
//! The topics must exist (start the sink once). A second run begins with `--first`, above the last sequence of the first.

use std::borrow::Cow;
use std::time::Duration;

use clap::Parser;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use schemas::events::{Details, View};
use schemas::record::{EntityType, Fields, Http, Level, Performance, Phase};
use schemas::{
    Activity, AppLine, CategoryId, Clock, EventId, ProductId, SCHEMA_VERSION, Sequence, SessionId, Source, UserId,
};
use uuid::Uuid;

#[derive(Debug, Parser)]
struct Fill {
    #[arg(long, default_value = "127.0.0.1:9092")]
    kafka: String,
    #[arg(long, default_value_t = 100_000)]
    count: u64,
    #[arg(long, default_value_t = 1)]
    first: u64,
    #[arg(long, default_value = "fill")]
    instance: String,
    /// Requests, which go to files only, instead of views, which are rows as well.
    #[arg(long)]
    requests: bool,
    /// Events a second; 0 is as fast as it goes.
    #[arg(long, default_value_t = 0)]
    rate: u64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fill = Fill::parse();
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &fill.kafka)
        .set("enable.idempotence", "true")
        .set("queue.buffering.max.messages", "500000")
        .set("linger.ms", "20")
        .set("partitioner", "murmur2_random")
        .create()?;
    let clock = Clock::system();
    let mut value = Vec::new();
    for number in fill.first..fill.first + fill.count {
        let session = SessionId(
            u128::from(number % 1_000)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
                .to_be_bytes(),
        );
        let source = Source {
            instance: fill.instance.parse()?,
            sequence: Sequence(number),
        };
        value.clear();
        let event = if fill.requests {
            request(&clock, session, number).encode()?
        } else {
            view(&clock, session, number).encode()?
        };
        event.seal_into(&source, &mut value);
        let key = session.hex();
        loop {
            let record = BaseRecord::to(event.event_type.topic().name())
                .key(&key[..])
                .payload(&value);
            match producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    producer.poll(Duration::from_millis(50));
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
        if fill.rate > 0 {
            producer.poll(Duration::ZERO);
            std::thread::sleep(Duration::from_secs(1) / u32::try_from(fill.rate)?);
        }
    }
    producer.flush(Duration::from_mins(1))?;
    eprintln!("{} events of {} bytes", fill.count, value.len());
    Ok(())
}

fn request(clock: &Clock, session_id: SessionId, number: u64) -> AppLine<'static> {
    let now = clock.now();
    AppLine {
        timestamp: now,
        level: Level::Info,
        message: "request finished".into(),
        module: "shop::web".into(),
        event_type: schemas::EventType::Request,
        phase: Some(Phase::Finished),
        request_id: Some(Uuid::from_u128(u128::from(number))),
        session_id: Some(session_id),
        user_id: Some(UserId(6)),
        http: Some(Http {
            method: "GET".into(),
            path: format!("/products/{}", number % 240).into(),
            ip: "125.251.128.107".into(),
            endpoint: Some("products.detail".into()),
            route: Some("/products/{id}".into()),
            status: Some(200),
        }),
        performance: Some(Performance {
            processing_time_ms: 0.173,
        }),
        error: Vec::new(),
        fields: Fields::new(),
        event_id: EventId::at(now, number.to_be_bytes().repeat(2)[..10].try_into().unwrap_or_default()),
        schema_version: SCHEMA_VERSION,
        source: None,
    }
}

fn view(clock: &Clock, session_id: SessionId, number: u64) -> Activity<'static, Details<'static>> {
    let product = i64::try_from(number % 240).unwrap_or(0);
    let now = clock.now();
    Activity {
        timestamp: now,
        session_id,
        visitor_id: None,
        event_type: schemas::EventType::View,
        user_id: Some(UserId(6)),
        entity_type: Some(EntityType::Product),
        entity_id: Some(product),
        endpoint: "products.detail".into(),
        method: "GET".into(),
        path: format!("/products/{product}").into(),
        args: Fields::from([(Cow::from("from"), Cow::from("category"))]),
        form: Fields::new(),
        ip_address: Some("125.251.128.107".into()),
        user_agent: Some(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
                .into(),
        ),
        bot: None,
        purpose: None,
        referrer: Some("http://127.0.0.1:8080/products/?category=2".into()),
        response_status: Some(200),
        event_id: EventId::at(now, number.to_be_bytes().repeat(2)[..10].try_into().unwrap_or_default()),
        request_id: Some(Uuid::from_u128(u128::from(number))),
        page_view_id: None,
        details: Details::View(View {
            page: "products.detail".into(),
            product_id: Some(ProductId(product)),
            category_id: Some(CategoryId(2)),
            sort: None,
            page_number: None,
            language: "ko".into(),
            campaign: None,
        }),
        schema_version: SCHEMA_VERSION,
        source: None,
    }
}
