# Title: A consumer group that goes on where it stopped (Python, confluent-kafka)
# Needs: pip install confluent-kafka
# Prints: [0-9]+ views of products\.detail
import json
import os
from collections import Counter

from confluent_kafka import Consumer

consumer = Consumer(
    {
        "bootstrap.servers": os.environ["KAFKA"],
        "group.id": "views-by-page",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
)
consumer.subscribe(["shop.view"])
pages, quiet = Counter(), 0
while quiet < 20:
    message = consumer.poll(0.5)
    if message is None:
        quiet += 1
        continue
    if message.error():
        raise SystemExit(message.error())
    quiet = 15
    pages[json.loads(message.value())["endpoint"]] += 1
    # Committed after it was counted: after a crash it is read again, never left out.
    consumer.commit(message, asynchronous=False)
consumer.close()
for page, views in pages.most_common():
    print(views, "views of", page)
