"""What starters and solutions share: reading the stream and the task, writing the answer.

The standard library is enough for the file; for topics: pip install confluent-kafka
"""

import argparse
import csv
import json
import os
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000


def options():
    parser = argparse.ArgumentParser()
    beside = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("folder", nargs="?", default=beside, help="where stream.jsonl and task.json are")
    parser.add_argument("--kafka", metavar="HOST:PORT", help="read the exercise's topics, not stream.jsonl")
    return parser.parse_args()


def task():
    with open(f"{options().folder}/task.json", encoding="utf-8") as file:
        return json.load(file)


def messages(topics=()):
    """The messages as bytes: of the file in the order in which they come, or of the topics, up to their ends as they are now."""
    if options().kafka:
        yield from from_topics(options().kafka, topics)
        return
    with open(f"{options().folder}/stream.jsonl", "rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


def from_topics(brokers, topics):
    """Each partition from its beginning to its end. Kafka keeps the order within a partition, and none between them."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "starter", "enable.auto.commit": False, "enable.partition.eof": True})
    known = consumer.list_topics(timeout=10).topics
    missing = [topic for topic in topics if topic not in known]
    if missing:
        raise SystemExit(f"{brokers} has no topic {', '.join(missing)}: run `de-shop exercise start N --kafka {brokers}`")
    open_partitions = {(topic, number) for topic in topics for number in known[topic].partitions}
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for topic, number in open_partitions])
    while open_partitions:
        message = consumer.poll(10)
        if message is None:
            raise SystemExit(f"{brokers} says nothing")
        if message.error() is None:
            yield message.value()
        elif message.error().code() == KafkaError._PARTITION_EOF:
            open_partitions.discard((message.topic(), message.partition()))
        else:
            raise KafkaException(message.error())
    consumer.close()


def events(topics=()):
    """The messages as dictionaries, each with its time in microseconds since 1970 as `at`."""
    for message in messages(topics):
        event = json.loads(message)
        event["at"] = micros(event["timestamp"])
        yield event


def micros(text):
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // MICROSECOND


def moment(at):
    return (EPOCH + at * MICROSECOND).isoformat()


def in_time(events):
    return sorted(events, key=lambda event: (event["at"], event["event_id"]))


def answer(columns, rows):
    with open(f"{options().folder}/answer.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
