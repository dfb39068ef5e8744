"""Exercise 3: each event_id once."""

from collections import defaultdict

import stream

seen = set()
adds, quantities = defaultdict(int), defaultdict(int)
for event in stream.events():
    if event["event_type"] != "cart_add" or event["event_id"] in seen:
        continue
    seen.add(event["event_id"])
    details = event["details"]
    adds[details["product_id"]] += 1
    quantities[details["product_id"]] += details["quantity"]
stream.answer(["product_id", "adds", "quantity"], [(product, adds[product], quantities[product]) for product in adds])
