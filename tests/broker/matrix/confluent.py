"""confluent-kafka (librdkafka) against a broker: confluent.py HOST:PORT"""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, ConfigEntry
from confluent_kafka.admin import ConfigResource, NewPartitions, NewTopic, ResourcePatternType, ResourceType

from harness import BROKER, CODECS, TIME, Refused, fresh, run, same

BASE = {"bootstrap.servers": BROKER}
admin = AdminClient(BASE)


def all_of(futures):
    for future in futures.values():
        future.result(20)


def topic(word, partitions=1, **config):
    name = fresh(word)
    all_of(admin.create_topics([NewTopic(name, partitions, 1, config={k.replace("_", "."): v for k, v in config.items()})]))
    return name


def soon(found, expected):
    """Apache Kafka shows a change a moment after it has answered that it is made."""
    until = time.monotonic() + 20
    while found() != expected and time.monotonic() < until:
        time.sleep(0.1)
    same(found(), expected)


def produce(name, values, partition=-1, **config):
    failed = []
    producer = Producer(BASE | {"linger.ms": 5, "message.timeout.ms": 20000} | config)
    for value in values:
        producer.produce(name, value, partition=partition, on_delivery=lambda error, _: error and failed.append(error))
    same(producer.flush(30), 0)
    if failed:
        raise KafkaException(failed[0])


def consumer(group=None, **config):
    settings = {"group.id": group or fresh("group"), "auto.offset.reset": "earliest", "enable.auto.commit": False}
    return Consumer(BASE | settings | {k.replace("_", "."): v for k, v in config.items()})


def take(reader, count, seconds=20):
    found, end = [], time.time() + seconds
    while len(found) < count and time.time() < end:
        message = reader.poll(0.2)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        found.append(message)
    same(len(found), count)
    return found


def values(messages):
    return sorted(message.value() for message in messages)


def list_topics():
    name = topic("listed")
    soon(lambda: name in admin.list_topics(timeout=10).topics, True)


def made_on_first_use():
    name = fresh("first-use")
    produce(name, [b"1"])
    same(len(admin.list_topics(timeout=10).topics[name].partitions), 3)


def codecs():
    name = topic("codecs")
    for codec in CODECS:
        produce(name, [f"{codec} {number}".encode() * 20 for number in range(50)], **{"compression.type": codec})
    reader = consumer()
    reader.subscribe([name])
    same(len({message.value() for message in take(reader, 250)}), 250)
    reader.close()


def whole_record():
    name = topic("record")
    producer = Producer(BASE)
    producer.produce(name, None, key=b"k", headers=[("h", b"1"), ("h", None)], timestamp=TIME)
    producer.flush(20)
    reader = consumer()
    reader.subscribe([name])
    found = take(reader, 1)[0]
    same((found.key(), found.value(), found.headers(), found.timestamp()[1]), (b"k", None, [("h", b"1"), ("h", None)], TIME))
    reader.close()


def from_the_end():
    name = topic("end")
    produce(name, [b"old"])
    reader = consumer()
    reader.assign([TopicPartition(name, 0, -1)])
    same(reader.poll(1.5), None)
    produce(name, [b"new"])
    same(values(take(reader, 1)), [b"new"])
    reader.close()


def from_a_time():
    name = topic("time")
    producer = Producer(BASE)
    for number in range(10):
        producer.produce(name, str(number), timestamp=TIME + number * 1000)
    producer.flush(20)
    reader = consumer()
    same([found.offset for found in reader.offsets_for_times([TopicPartition(name, 0, TIME + 4500)], 10)], [5])
    reader.close()


def members_come_and_go(strategy, **config):
    name, group = topic("group", partitions=4), fresh("group")
    first = consumer(group, partition_assignment_strategy=strategy, **({k: f"{v}-1" for k, v in config.items()}))
    second = consumer(group, partition_assignment_strategy=strategy, **({k: f"{v}-2" for k, v in config.items()}))
    first.subscribe([name])
    second.subscribe([name])
    end = time.time() + 40
    while (len(first.assignment()), len(second.assignment())) != (2, 2) and time.time() < end:
        first.poll(0.1)
        second.poll(0.1)
    same((len(first.assignment()), len(second.assignment())), (2, 2))
    second.close()
    if not config:
        while len(first.assignment()) != 4 and time.time() < end:
            first.poll(0.1)
        same(len(first.assignment()), 4)
    first.close()


def commit_resume_lag():
    name, group = topic("commit"), fresh("group")
    produce(name, [str(number).encode() for number in range(10)])
    first = consumer(group)
    first.subscribe([name])
    take(first, 4)
    first.commit(offsets=[TopicPartition(name, 0, 4)], asynchronous=False)
    low, high = first.get_watermark_offsets(TopicPartition(name, 0), 10)
    same((low, high - first.committed([TopicPartition(name, 0)], 10)[0].offset), (0, 6))
    first.close()
    second = consumer(group)
    second.subscribe([name])
    same(take(second, 1)[0].offset(), 4)
    second.close()
    all_of(admin.delete_consumer_groups([group]))


def refuses(code, operation):
    try:
        operation()
    except KafkaException as error:
        same(error.args[0].code(), code)
        return
    raise AssertionError("it was taken")


def out_of_range():
    name = topic("range")
    produce(name, [b"only"])
    reader = consumer(auto_offset_reset="error")
    reader.assign([TopicPartition(name, 0, 100)])
    refuses(KafkaError._AUTO_OFFSET_RESET, lambda: take(reader, 1))
    reader.close()


def too_large():
    name = topic("large", max_message_bytes="1000")
    refuses(KafkaError.MSG_SIZE_TOO_LARGE, lambda: produce(name, [b"x" * 2000]))


def unknown_topic():
    reader = consumer(allow_auto_create_topics=False)
    reader.subscribe([fresh("unknown")])
    refuses(KafkaError.UNKNOWN_TOPIC_OR_PART, lambda: take(reader, 1))
    reader.close()


def described(kind, name):
    return next(iter(admin.describe_configs([ConfigResource(kind, name)]).values())).result(20)


def administration():
    name = topic("admin")
    all_of(admin.create_partitions([NewPartitions(name, 3)]))
    resource = ConfigResource(ResourceType.TOPIC, name)
    resource.add_incremental_config(ConfigEntry("retention.ms", "60000", incremental_operation=_set()))
    all_of(admin.incremental_alter_configs([resource]))
    soon(lambda: described(ResourceType.TOPIC, name)["retention.ms"].value, "60000")
    all_of(admin.alter_configs([ConfigResource(ResourceType.TOPIC, name, set_config={"compression.type": "zstd"})]))
    soon(lambda: [described(ResourceType.TOPIC, name)[of].value for of in ("compression.type", "retention.ms")], ["zstd", "604800000"])
    node = described(ResourceType.BROKER, "1")
    assert BROKER in node["advertised.listeners"].value
    assert admin.describe_cluster(include_authorized_operations=True).result(20).authorized_operations
    all_of(admin.delete_topics([name]))


def _set():
    from confluent_kafka.admin import AlterConfigOpType

    return AlterConfigOpType.SET


def transactions():
    producer = Producer(BASE | {"transactional.id": fresh("transaction")})
    try:
        producer.init_transactions(15)
    except KafkaException as error:
        raise Refused(error.args[0].str()) from error
    name = topic("transaction")
    producer.begin_transaction()
    producer.produce(name, b"1")
    producer.commit_transaction(15)


def newer_groups():
    name = topic("newer")
    produce(name, [b"1"])
    reader = consumer(group_protocol="consumer")
    reader.subscribe([name])
    try:
        take(reader, 1)
    except KafkaException as error:
        raise Refused(error.args[0].str()) from error
    finally:
        reader.close()


def acls():
    every = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY)
    try:
        admin.describe_acls(every).result(20)
    except KafkaException as error:
        raise Refused(error.args[0].str()) from error


run(
    {
        "list topics": list_topics,
        "topic made on first use": made_on_first_use,
        "five compressions": codecs,
        "key, headers, null, time": whole_record,
        "from the end": from_the_end,
        "from a time": from_a_time,
        "group: range": lambda: members_come_and_go("range"),
        "group: round robin": lambda: members_come_and_go("roundrobin"),
        "group: cooperative": lambda: members_come_and_go("cooperative-sticky"),
        "group: static members": lambda: members_come_and_go("range", group_instance_id="m"),
        "commit, resume, lag": commit_resume_lag,
        "unknown topic": unknown_topic,
        "too large a message": too_large,
        "offset out of range": out_of_range,
        "administration": administration,
        "transactions": transactions,
        "newer groups (KIP-848)": newer_groups,
        "ACLs": acls,
    }
)
