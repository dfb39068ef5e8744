"""Exercise 9: an A/B test with a sample-ratio mismatch. A beginning: it runs, its answer can be marked, and it is not right yet.

python3 starter.py                          reads stream.jsonl
python3 starter.py --kafka 127.0.0.1:9092   reads the topics (pip install confluent-kafka)
"""

from collections import defaultdict

import stream

TOPICS = ["exercise-9.shop.exposure", "exercise-9.shop.cart"]

exposed = defaultdict(dict)
added = defaultdict(list)
for event in stream.in_time(stream.events(TOPICS)):
    visitor, details = event.get("visitor_id"), event["details"]
    if not visitor:
        continue
    if event["event_type"] == "exposure" and not details.get("forced"):
        exposed[details["experiment"], details["variant"]].setdefault(visitor, event["at"])
    elif event["event_type"] == "cart_add":
        added[visitor].append(event["at"])

rows = []
for (experiment, variant), visitors in exposed.items():
    # To do: only what came at or after the first exposure counts; and is the split one half each?
    converted = sum(visitor in added for visitor in visitors)
    rows.append((experiment, variant, len(visitors), converted, "ok"))
stream.answer(["experiment", "variant", "visitors", "converted", "verdict"], rows)
