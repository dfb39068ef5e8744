"""kafka-python against a broker: kafka_python.py HOST:PORT"""

import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError, MessageSizeTooLargeError, OffsetOutOfRangeError

from harness import BROKER, TIME, Refused, fresh, run, same

admin = KafkaAdminClient(bootstrap_servers=BROKER)


def topic(word, partitions=1):
    name = fresh(word)
    admin.create_topics([NewTopic(name, partitions, 1)])
    return name


def produce(name, values, **config):
    producer = KafkaProducer(bootstrap_servers=BROKER, **config)
    sent = [producer.send(name, value) for value in values]
    for future in sent:
        future.get(20)
    producer.close()


def consumer(*topics, group=None, **config):
    settings = {"auto_offset_reset": "earliest", "enable_auto_commit": False, "consumer_timeout_ms": 15000}
    return KafkaConsumer(*topics, bootstrap_servers=BROKER, group_id=group, **(settings | config))


def take(reader, count):
    found = []
    for message in reader:
        found.append(message)
        if len(found) == count:
            break
    same(len(found), count)
    return found


def list_topics():
    name = topic("listed")
    assert name in admin.list_topics()


def made_on_first_use():
    name = fresh("first-use")
    produce(name, [b"1"])
    same(len(consumer().partitions_for_topic(name)), 3)


def codecs():
    name = topic("codecs")
    # The other compressions take packages that aren't installed here.
    for codec in [None, "gzip"]:
        produce(name, [f"{codec} {number}".encode() * 20 for number in range(50)], compression_type=codec)
    same(len({message.value for message in take(consumer(name), 100)}), 100)


def whole_record():
    name = topic("record")
    producer = KafkaProducer(bootstrap_servers=BROKER)
    producer.send(name, key=b"k", value=None, headers=[("h", b"1")], timestamp_ms=TIME).get(20)
    producer.close()
    found = take(consumer(name), 1)[0]
    same((found.key, found.value, list(found.headers), found.timestamp), (b"k", None, [("h", b"1")], TIME))


def from_the_end():
    name = topic("end")
    produce(name, [b"old"])
    reader = consumer()
    reader.assign([TopicPartition(name, 0)])
    reader.seek_to_end()
    same(reader.position(TopicPartition(name, 0)), 1)
    produce(name, [b"new"])
    same(take(reader, 1)[0].value, b"new")


def from_a_time():
    name = topic("time")
    producer = KafkaProducer(bootstrap_servers=BROKER)
    for number in range(10):
        producer.send(name, str(number).encode(), timestamp_ms=TIME + number * 1000)
    producer.close()
    found = consumer().offsets_for_times({TopicPartition(name, 0): TIME + 4500})
    same([place.offset for place in found.values()], [5])


def commit_resume_lag():
    name, group = topic("commit"), fresh("group")
    produce(name, [str(number).encode() for number in range(10)])
    first = consumer(name, group=group)
    take(first, 4)
    first.commit()
    place = TopicPartition(name, 0)
    same(first.end_offsets([place])[place] - first.committed(place), 6)
    first.close()
    second = consumer(name, group=group)
    same(take(second, 1)[0].offset, 4)
    second.close()


def members_come_and_go():
    name, group = topic("group", 4), fresh("group")
    first, second = consumer(name, group=group), consumer(name, group=group)
    for member in (first, second):
        # A leader of this client that has no metadata yet assigns nothing, until its metadata is old.
        member.partitions_for_topic(name)
    end = time.time() + 90
    while (len(first.assignment()), len(second.assignment())) != (2, 2) and time.time() < end:
        first.poll(100)
        second.poll(100)
    same((len(first.assignment()), len(second.assignment())), (2, 2))
    second.close()
    while len(first.assignment()) != 4 and time.time() < end:
        first.poll(100)
    same(len(first.assignment()), 4)
    first.close()


def too_large():
    name = topic("large")
    try:
        produce(name, [b"x" * 1_100_000], max_request_size=2_000_000)
    except MessageSizeTooLargeError:
        return
    raise AssertionError("it was taken")


def out_of_range():
    name = topic("range")
    produce(name, [b"only"])
    reader = consumer(auto_offset_reset="none")
    reader.assign([TopicPartition(name, 0)])
    reader.seek(TopicPartition(name, 0), 100)
    try:
        reader.poll(15000)
    except OffsetOutOfRangeError:
        return
    raise AssertionError("it was not told")


def transactions():
    producer = KafkaProducer(bootstrap_servers=BROKER, transactional_id=fresh("transaction"))
    try:
        producer.init_transactions()
    except KafkaError as error:
        raise Refused(f"{type(error).__name__}: {error}") from error
    finally:
        producer.close(timeout=1)


run(
    {
        "list topics": list_topics,
        "topic made on first use": made_on_first_use,
        "compressions that are installed": codecs,
        "key, headers, null, time": whole_record,
        "from the end": from_the_end,
        "from a time": from_a_time,
        "group: range": members_come_and_go,
        "commit, resume, lag": commit_resume_lag,
        "too large a message": too_large,
        "offset out of range": out_of_range,
        "transactions": transactions,
    }
)
