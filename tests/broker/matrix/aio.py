"""aiokafka against a broker: aio.py HOST:PORT"""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, OffsetOutOfRangeError

from harness import BROKER, TIME, Refused, fresh, run, same


async def topic(word, partitions=1):
    name = fresh(word)
    admin = AIOKafkaAdminClient(bootstrap_servers=BROKER)
    await admin.start()
    await admin.create_topics([NewTopic(name, partitions, 1)])
    await admin.close()
    return name


async def produce(name, records, **config):
    async with AIOKafkaProducer(bootstrap_servers=BROKER, **config) as producer:
        for record in records:
            await producer.send_and_wait(name, **record)


def consumer(*topics, **config):
    settings = {"auto_offset_reset": "earliest", "enable_auto_commit": False}
    return AIOKafkaConsumer(*topics, bootstrap_servers=BROKER, **(settings | config))


async def take(reader, count):
    return [await asyncio.wait_for(reader.getone(), 20) for _ in range(count)]


async def list_topics():
    name = await topic("listed")
    async with consumer() as reader:
        assert name in await reader.topics()


async def made_on_first_use():
    name = fresh("first-use")
    await produce(name, [{"value": b"1"}])
    async with consumer(name) as reader:
        same(len(reader.partitions_for_topic(name)), 3)


async def codecs():
    name = await topic("codecs")
    for codec in [None, "gzip"]:
        await produce(name, [{"value": f"{codec} {number}".encode() * 20} for number in range(20)], compression_type=codec)
    async with consumer(name) as reader:
        same(len({message.value for message in await take(reader, 40)}), 40)


async def whole_record():
    name = await topic("record")
    await produce(name, [{"key": b"k", "value": None, "headers": [("h", b"1")], "timestamp_ms": TIME}])
    async with consumer(name) as reader:
        found = (await take(reader, 1))[0]
        same((found.key, found.value, list(found.headers), found.timestamp), (b"k", None, [("h", b"1")], TIME))


async def from_a_time():
    name = await topic("time")
    await produce(name, [{"value": b"x", "timestamp_ms": TIME + number * 1000} for number in range(10)])
    async with consumer(name) as reader:
        found = await reader.offsets_for_times({TopicPartition(name, 0): TIME + 4500})
        same([place.offset for place in found.values()], [5])


async def commit_resume_lag():
    name, group = await topic("commit"), fresh("group")
    await produce(name, [{"value": str(number).encode()} for number in range(10)], enable_idempotence=True)
    place = TopicPartition(name, 0)
    async with consumer(name, group_id=group) as first:
        await take(first, 4)
        await first.commit({place: 4})
        same((await first.end_offsets([place]))[place] - await first.committed(place), 6)
    async with consumer(name, group_id=group) as second:
        same((await take(second, 1))[0].offset, 4)


async def members_come_and_go():
    name, group = await topic("group", 4), fresh("group")
    async with consumer(name, group_id=group) as first:
        async with consumer(name, group_id=group) as second:
            await until(lambda: (len(first.assignment()), len(second.assignment())) == (2, 2))
        await until(lambda: len(first.assignment()) == 4)


async def until(holds):
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the group did not settle")


async def too_large():
    name = await topic("large")
    try:
        await produce(name, [{"value": b"x" * 1_100_000}], max_request_size=2_000_000)
    except MessageSizeTooLargeError:
        return
    raise AssertionError("it was taken")


async def out_of_range():
    name = await topic("range")
    await produce(name, [{"value": b"only"}])
    async with consumer(auto_offset_reset="none") as reader:
        reader.assign([TopicPartition(name, 0)])
        reader.seek(TopicPartition(name, 0), 100)
        try:
            await take(reader, 1)
        except OffsetOutOfRangeError:
            return
    raise AssertionError("it was not told")


async def transactions():
    producer = AIOKafkaProducer(bootstrap_servers=BROKER, transactional_id=fresh("transaction"))
    try:
        await asyncio.wait_for(producer.start(), 20)
    except KafkaError as error:
        raise Refused(f"{type(error).__name__}: {error}") from error
    finally:
        await producer.stop()


def done(operation):
    return lambda: asyncio.run(operation())


run(
    {
        "list topics": done(list_topics),
        "topic made on first use": done(made_on_first_use),
        "compressions that are installed": done(codecs),
        "key, headers, null, time": done(whole_record),
        "from a time": done(from_a_time),
        "group: range": done(members_come_and_go),
        "commit, resume, lag": done(commit_resume_lag),
        "too large a message": done(too_large),
        "offset out of range": done(out_of_range),
        "transactions": done(transactions),
    }
)
