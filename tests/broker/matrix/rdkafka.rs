//! rdkafka, the Rust client that shop and sink use, against a broker: `matrix_rdkafka HOST:PORT`. Each operation prints one line, its name and
//! what came of it.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, FutureProducer, FutureRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};

type Outcome = Result<(), Box<dyn Error>>;
type Operation = fn(Client) -> Pin<Box<dyn Future<Output = Outcome>>>;

const PATIENCE: Duration = Duration::from_secs(30);
const TIME: i64 = 1_700_000_000_000;

/// The broker said no, in words that the client passed on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(KafkaError);

#[derive(Clone)]
struct Client {
    broker: String,
}

impl Client {
    fn config(&self, settings: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.broker);
        config
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false");
        for (name, value) in settings {
            config.set(*name, *value);
        }
        config
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>, KafkaError> {
        self.config(&[]).create()
    }

    async fn topic(&self, partitions: i32, settings: &[(&str, &str)]) -> Result<String, Box<dyn Error>> {
        let name = fresh("topic");
        let mut topic = NewTopic::new(&name, partitions, TopicReplication::Fixed(1));
        for (key, value) in settings {
            topic = topic.set(key, value);
        }
        all(self.admin()?.create_topics([&topic], &options()).await?)?;
        Ok(name)
    }

    async fn produce(&self, topic: &str, values: &[String], settings: &[(&str, &str)]) -> Outcome {
        let producer: FutureProducer = self.config(settings).create()?;
        for value in values {
            let record: FutureRecord<'_, (), String> = FutureRecord::to(topic).payload(value);
            producer.send(record, PATIENCE).await.map_err(|(error, _)| error)?;
        }
        Ok(())
    }

    fn consumer(&self, group: &str, settings: &[(&str, &str)]) -> Result<BaseConsumer, KafkaError> {
        self.config(settings).set("group.id", group).create()
    }
}

fn fresh(word: &str) -> String {
    format!("matrix.{word}.{}", uuid::Uuid::new_v4().simple())
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(PATIENCE))
        .operation_timeout(Some(PATIENCE))
}

fn all<T, N>(results: Vec<Result<T, (N, RDKafkaErrorCode)>>) -> Outcome {
    for result in results {
        result.map_err(|(_, code)| KafkaError::AdminOp(code))?;
    }
    Ok(())
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string().repeat(20)).collect()
}

fn take(consumer: &BaseConsumer) -> Result<BorrowedMessage<'_>, Box<dyn Error>> {
    let end = Instant::now() + PATIENCE;
    loop {
        // A poll that handled a rebalance or a commit gives nothing before its time.
        match consumer.poll(PATIENCE) {
            Some(message) => return Ok(message?),
            None if Instant::now() > end => return Err("nothing came".into()),
            None => {}
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Outcome {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{found:?} instead of {expected:?}").into())
    }
}

fn refuses<T>(outcome: Result<T, KafkaError>, code: RDKafkaErrorCode) -> Outcome {
    let found = outcome.err().and_then(|error| error.rdkafka_error_code());
    same(&found, &Some(code))
}

async fn list_topics(client: Client) -> Outcome {
    let topic = client.topic(2, &[]).await?;
    let metadata = client.consumer("lists", &[])?.fetch_metadata(None, PATIENCE)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    same(&found.map(|found| found.partitions().len()), &Some(2))
}

async fn first_use(client: Client) -> Outcome {
    client.produce(&fresh("first"), &numbers(1), &[]).await
}

async fn compressions(client: Client) -> Outcome {
    let topic = client.topic(1, &[]).await?;
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        client
            .produce(&topic, &numbers(20), &[("compression.type", codec)])
            .await?;
    }
    let consumer = client.consumer(&topic, &[])?;
    consumer.subscribe(&[&topic])?;
    for _ in 0..100 {
        take(&consumer)?;
    }
    Ok(())
}

async fn whole_record(client: Client) -> Outcome {
    let topic = client.topic(1, &[]).await?;
    let header = Header {
        key: "h",
        value: Some("1"),
    };
    let headers = OwnedHeaders::new().insert(header);
    let record: FutureRecord<'_, str, str> = FutureRecord::to(&topic).key("k").headers(headers).timestamp(TIME);
    let producer: FutureProducer = client.config(&[]).create()?;
    producer.send(record, PATIENCE).await.map_err(|(error, _)| error)?;
    let consumer = client.consumer(&topic, &[])?;
    consumer.subscribe(&[&topic])?;
    let found = take(&consumer)?;
    same(
        &(found.key(), found.payload(), found.timestamp().to_millis()),
        &(Some(&b"k"[..]), None, Some(TIME)),
    )?;
    same(
        &found.headers().map(|found| found.get(0)),
        &Some(Header {
            key: "h",
            value: Some(&b"1"[..]),
        }),
    )
}

async fn from_a_time(client: Client) -> Outcome {
    let topic = client.topic(1, &[]).await?;
    let producer: FutureProducer = client.config(&[]).create()?;
    for number in 0..10 {
        let record: FutureRecord<'_, (), str> = FutureRecord::to(&topic).payload("v").timestamp(TIME + number * 1000);
        producer.send(record, PATIENCE).await.map_err(|(error, _)| error)?;
    }
    let mut asked = TopicPartitionList::new();
    asked.add_partition_offset(&topic, 0, Offset::Offset(TIME + 4_500))?;
    let found = client.consumer(&topic, &[])?.offsets_for_times(asked, PATIENCE)?;
    same(&found.elements()[0].offset(), &Offset::Offset(5))
}

async fn group(client: Client, strategy: &str) -> Outcome {
    let topic = client.topic(4, &[]).await?;
    let settings = [("partition.assignment.strategy", strategy)];
    let (first, second) = (client.consumer(&topic, &settings)?, client.consumer(&topic, &settings)?);
    first.subscribe(&[&topic])?;
    second.subscribe(&[&topic])?;
    let end = Instant::now() + 2 * PATIENCE;
    let sizes = |expected: (usize, usize), second: Option<&BaseConsumer>| -> Outcome {
        loop {
            let size = |consumer: &BaseConsumer| -> Result<usize, KafkaError> {
                drop(consumer.poll(Duration::from_millis(100)).transpose()?);
                Ok(consumer.assignment()?.count())
            };
            let found = (size(&first)?, second.map_or(Ok(0), size)?);
            if found == expected || Instant::now() > end {
                return same(&found, &expected);
            }
        }
    };
    sizes((2, 2), Some(&second))?;
    drop(second);
    sizes((4, 0), None)
}

async fn commit_resume_lag(client: Client) -> Outcome {
    let topic = client.topic(1, &[]).await?;
    client.produce(&topic, &numbers(10), &[]).await?;
    let first = client.consumer(&topic, &[])?;
    first.subscribe(&[&topic])?;
    for _ in 0..3 {
        take(&first)?;
    }
    first.commit_message(&take(&first)?, CommitMode::Sync)?;
    let committed = first.committed(PATIENCE)?.elements()[0].offset();
    same(
        &(committed, first.fetch_watermarks(&topic, 0, PATIENCE)?.1),
        &(Offset::Offset(4), 10),
    )?;
    drop(first);
    let second = client.consumer(&topic, &[])?;
    second.subscribe(&[&topic])?;
    same(&take(&second)?.offset(), &4)?;
    drop(second);
    all(client.admin()?.delete_groups(&[&topic], &options()).await?)
}

fn unknown_topic(client: &Client) -> Outcome {
    let consumer = client.consumer("unknown", &[("allow.auto.create.topics", "false")])?;
    consumer.subscribe(&[&fresh("unknown")])?;
    let polled = consumer.poll(PATIENCE).ok_or("no word")?;
    refuses(polled.map(drop), RDKafkaErrorCode::UnknownTopicOrPartition)
}

async fn too_large(client: Client) -> Outcome {
    let topic = client.topic(1, &[("max.message.bytes", "1000")]).await?;
    let producer: FutureProducer = client.config(&[]).create()?;
    let large = "x".repeat(2_000);
    let record: FutureRecord<'_, (), String> = FutureRecord::to(&topic).payload(&large);
    let sent = producer.send(record, PATIENCE).await.map_err(|(error, _)| error);
    refuses(sent, RDKafkaErrorCode::MessageSizeTooLarge)
}

async fn out_of_range(client: Client) -> Outcome {
    let topic = client.topic(1, &[]).await?;
    let consumer = client.consumer(&topic, &[("auto.offset.reset", "error")])?;
    let mut beyond = TopicPartitionList::new();
    beyond.add_partition_offset(&topic, 0, Offset::Offset(100))?;
    consumer.assign(&beyond)?;
    let polled = consumer.poll(PATIENCE).ok_or("no word")?;
    refuses(polled.map(drop), RDKafkaErrorCode::AutoOffsetReset)
}

async fn administration(client: Client) -> Outcome {
    let (topic, admin) = (client.topic(1, &[]).await?, client.admin()?);
    all(admin
        .create_partitions(&[NewPartitions::new(&topic, 3)], &options())
        .await?)?;
    let change = AlterConfig::new(ResourceSpecifier::Topic(&topic)).set("retention.ms", "60000");
    all(admin.alter_configs(&[change], &options()).await?)?;
    for described in admin
        .describe_configs(&[ResourceSpecifier::Topic(&topic)], &options())
        .await?
    {
        let described = described?;
        let retention = described.get("retention.ms").and_then(|entry| entry.value.as_deref());
        same(&retention, &Some("60000"))?;
    }
    all(admin.delete_topics(&[&topic], &options()).await?)
}

async fn transactions(client: Client) -> Outcome {
    let topic = client.topic(1, &[]).await?;
    let config = client.config(&[("transactional.id", &topic)]);
    // The client works beside the thread that waits for it.
    let done = tokio::task::spawn_blocking(move || {
        let producer: rdkafka::producer::BaseProducer = config.create()?;
        producer.init_transactions(PATIENCE)?;
        producer.begin_transaction()?;
        producer
            .send(BaseRecord::<(), str>::to(&topic).payload("v"))
            .map_err(|(error, _)| error)?;
        producer.commit_transaction(PATIENCE)
    });
    Ok(done.await?.map_err(Refused)?)
}

const OPERATIONS: [(&str, Operation); 13] = [
    ("list topics", |client| Box::pin(list_topics(client))),
    ("topic made on first use", |client| Box::pin(first_use(client))),
    ("five compressions", |client| Box::pin(compressions(client))),
    ("key, headers, null, time", |client| Box::pin(whole_record(client))),
    ("from a time", |client| Box::pin(from_a_time(client))),
    ("group: range", |client| Box::pin(group(client, "range"))),
    ("group: cooperative", |client| {
        Box::pin(group(client, "cooperative-sticky"))
    }),
    ("commit, resume, lag", |client| Box::pin(commit_resume_lag(client))),
    ("unknown topic", |client| {
        Box::pin(std::future::ready(unknown_topic(&client)))
    }),
    ("too large a message", |client| Box::pin(too_large(client))),
    ("offset out of range", |client| Box::pin(out_of_range(client))),
    ("administration", |client| Box::pin(administration(client))),
    ("transactions", |client| Box::pin(transactions(client))),
];

#[tokio::main]
async fn main() -> Outcome {
    let broker = std::env::args().nth(1).ok_or("matrix_rdkafka HOST:PORT")?;
    let client = Client { broker };
    for (name, operation) in OPERATIONS {
        let result = match operation(client.clone()).await {
            Ok(()) => "ok".to_owned(),
            Err(error) if error.is::<Refused>() => format!("refused: {error}"),
            Err(error) => format!("FAILED: {error}"),
        };
        let words: Vec<&str> = result.split_whitespace().collect();
        println!("{name}\t{}", words.join(" ").chars().take(160).collect::<String>());
    }
    Ok(())
}
