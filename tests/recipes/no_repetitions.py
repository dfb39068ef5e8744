# Title: A reader that drops repetitions
# Needs: pip install confluent-kafka
# Prints: [0-9]+ messages, 0 repetitions
#
# After a failure the shop's relay may send a message again, so a message can stand on a topic twice. Each says where it comes from:
# `source` has the shop's instance and a sequence that only rises. Per partition and instance, what isn't above the last sequence is a
# repetition. Keep these numbers together with what you make of the messages, or you will not know them after a restart.
import json
import os

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

consumer = Consumer({"bootstrap.servers": os.environ["KAFKA"], "group.id": "no-repetitions", "enable.auto.commit": False})
partitions = consumer.list_topics("shop.view", 10).topics["shop.view"].partitions
consumer.assign([TopicPartition("shop.view", number, OFFSET_BEGINNING) for number in partitions])
ends = {number: consumer.get_watermark_offsets(TopicPartition("shop.view", number), 10)[1] for number in partitions}
last, messages, repetitions = {}, 0, 0
while any(consumer.position([TopicPartition("shop.view", n)])[0].offset < end for n, end in ends.items() if end > 0):
    message = consumer.poll(1)
    if message is None or message.error():
        continue
    source = json.loads(message.value())["source"]
    place = message.partition(), source["instance"]
    if source["sequence"] <= last.get(place, -1):
        repetitions += 1
        continue
    last[place] = source["sequence"]
    messages += 1
print(f"{messages} messages, {repetitions} repetitions")
