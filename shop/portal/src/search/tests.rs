//! Downloads from librdkafka's own mock of a broker.

use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use tokio::sync::mpsc::{Receiver, channel};

use super::*;

const MESSAGES: usize = 20;

/// A broker with a topic of one partition and a few messages.
async fn broker() -> (MockCluster<'static, DefaultProducerContext>, Kafka) {
    let broker = MockCluster::new(1).unwrap();
    broker.create_topic("shop.view", 1, 1).unwrap();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.bootstrap_servers());
    let producer: FutureProducer = config.create().unwrap();
    for number in 0..MESSAGES {
        let value = format!(r#"{{"event_type":"view","n":{number}}}"#);
        let record = FutureRecord::<[u8], _>::to("shop.view").payload(&value);
        producer.send(record, PATIENCE).await.unwrap();
    }
    (broker, Kafka { config })
}

/// Downloads the whole topic into a channel that holds so many lines.
async fn download(kafka: Kafka, room: usize, patience: Patience) -> (Result<(), Broken>, Receiver<String>) {
    let (sender, receiver) = channel(room);
    let runtime = Handle::current();
    let filter = Filter::of("shop.view", "", "", "");
    let reading = move || lines(&kafka, &filter, Lines::Messages, (&sender, &runtime), patience);
    (tokio::task::spawn_blocking(reading).await.unwrap(), receiver)
}

#[tokio::test]
async fn a_download_is_whole_or_it_is_an_error() {
    let (_broker, kafka) = broker().await;
    let (done, mut receiver) = download(kafka.clone(), MESSAGES, Patience::DOWNLOAD).await;
    assert!(done.is_ok(), "{done:?}");
    let mut lines = Vec::new();
    assert_eq!(receiver.recv_many(&mut lines, 2 * MESSAGES).await, MESSAGES);

    let hasty = Patience {
        longest: Duration::ZERO,
        ..Patience::DOWNLOAD
    };
    let (done, _receiver) = download(kafka, MESSAGES, hasty).await;
    assert!(matches!(done, Err(Broken::TimeUp(_))), "{done:?}");
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_is_waited_for_so_long_and_no_longer() {
    let (_broker, kafka) = broker().await;
    let short = Patience {
        stalled: Duration::from_millis(50),
        ..Patience::DOWNLOAD
    };
    let (done, _receiver) = download(kafka, 1, short).await;
    assert!(matches!(done, Err(Broken::Stalled(_))), "{done:?}");
}

#[test]
fn a_window_may_reach_to_the_end_of_time() {
    let window = |until| Window { from: 0, until };
    assert_eq!(window(i64::MAX).end(), i64::MAX);
    assert_eq!(window(41).end(), 42);
}
