"""Exercise 2: visits that end by silence. A beginning: it runs, its answer can be marked, and it is not right yet.

python3 starter.py                          reads stream.jsonl
python3 starter.py --kafka 127.0.0.1:9092   reads the topics (pip install confluent-kafka)
"""

from collections import defaultdict

import stream

TOPICS = ["exercise-2.shop.view", "exercise-2.shop.cart", "exercise-2.shop.order", "exercise-2.shop.click"]
GAP = stream.task()["gap_minutes"] * stream.MINUTE

times = defaultdict(list)
for event in stream.events(TOPICS):
    if event.get("visitor_id"):
        times[event["visitor_id"]].append(event["at"])

rows = []
for visitor, moments in times.items():
    # To do: a silence of more than GAP begins a new visit. Here each visitor has one only.
    rows.append((visitor, stream.moment(min(moments)), stream.moment(max(moments)), len(moments)))
stream.answer(["visitor_id", "visit_start", "visit_end", "events"], rows)
