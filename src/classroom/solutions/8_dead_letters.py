"""Exercise 8: two versions of a message, and what can't be read."""

import json
from collections import Counter

import stream

count, amount, letters = Counter(), Counter(), Counter()
for message in stream.messages():
    try:
        event = json.loads(message.decode("utf-8"))
    except ValueError:
        event = None
    if not isinstance(event, dict):
        letters["not_json"] += 1
    elif event.get("schema_version") not in (1, 2):
        letters["unknown_version"] += 1
    elif event["event_type"] == "cart_add":
        details = event["details"]
        price = details["unit_price"]
        price = price["amount"] if isinstance(price, dict) else price
        count[details["product_id"]] += details["quantity"]
        amount[details["product_id"]] += details["quantity"] * price
rows = [("product", product, count[product], amount[product]) for product in count]
rows += [("dead_letter", reason, number, 0) for reason, number in letters.items()]
stream.answer(["kind", "name", "count", "amount"], rows)
