"""Exercise 7: top k over sliding windows. A beginning: it runs, its answer can be marked, and it is not right yet.

python3 starter.py                          reads stream.jsonl
python3 starter.py --kafka 127.0.0.1:9092   reads the topics (pip install confluent-kafka)
"""

from collections import Counter, defaultdict

import stream

TOPICS = ["exercise-7.shop.view"]
WIDTH = 60 * stream.MINUTE
SLIDE = stream.task()["slide_minutes"] * stream.MINUTE
K = stream.task()["k"]

windows = defaultdict(Counter)
for event in stream.events(TOPICS):
    product = event["details"].get("product_id") if event["event_type"] == "view" else None
    if product is None:
        continue
    # To do: crawlers have no visitor_id. And a view lies in several windows: here it is in the next one to end only.
    end = event["at"] // SLIDE * SLIDE + SLIDE
    windows[end][product] += 1

rows = []
for end, counts in windows.items():
    best = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:K]
    rows += [(stream.moment(end), rank, product, views) for rank, (product, views) in enumerate(best, 1)]
stream.answer(["window_end", "rank", "product_id", "views"], rows)
