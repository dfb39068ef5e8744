"""Exercise 6: view, then cart, then order, for each category and session."""

from collections import defaultdict

import stream

STEPS = ["view", "cart_add", "order_placed"]
events = list(stream.events())
category_of = {
    event["details"]["product_id"]: event["details"]["category_id"] for event in events if event["event_type"] == "product"
}
times = defaultdict(lambda: ([], [], []))
for event in events:
    if event["event_type"] not in STEPS or not event.get("visitor_id"):
        continue
    details = event["details"]
    products = [line["product_id"] for line in details["items"]] if "items" in details else [details["product_id"]]
    for category in {category_of[product] for product in products if product is not None}:
        times[event["session_id"], category][STEPS.index(event["event_type"])].append(event["at"])
counts = {category: [0, 0, 0] for category in category_of.values()}
for (_, category), steps in times.items():
    after = float("-inf")
    for step, moments in enumerate(steps):
        later = [at for at in moments if at > after]
        if not later:
            break
        counts[category][step] += 1
        after = min(later)
stream.answer(["category_id", "viewed", "added", "ordered"], [(category, *count) for category, count in counts.items()])
