"""Exercise 4: late events and watermarks. A beginning: it runs, its answer can be marked, and it is not right yet.

python3 starter.py                          reads stream.jsonl
python3 starter.py --kafka 127.0.0.1:9092   reads the topics (pip install confluent-kafka)
"""

from collections import defaultdict

import stream

# The order of arrival is what this exercise is about, and Kafka keeps it within a partition only: take the file for the mark.
TOPICS = ["exercise-4.shop.view"]
WIDTH = stream.task()["window_minutes"] * stream.MINUTE
LATENESS = stream.task()["lateness_minutes"] * stream.MINUTE

accepted, late = defaultdict(int), defaultdict(int)
latest = 0
for event in stream.events(TOPICS):
    if event["event_type"] != "view":
        continue
    start = event["at"] // WIDTH * WIDTH
    latest = max(latest, event["at"])
    # To do: the watermark is `latest - LATENESS`. Whose window had ended by then?
    accepted[start] += 1

rows = [(stream.moment(start), accepted[start], late[start]) for start in accepted]
stream.answer(["window_start", "events", "late"], rows)
