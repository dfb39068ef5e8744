"""Exercise 7: the products viewed most in each sliding hour."""

from collections import Counter, defaultdict

import stream

WIDTH = 60 * stream.MINUTE
task = stream.task()
slide = task["slide_minutes"] * stream.MINUTE
windows = defaultdict(Counter)
for event in stream.events():
    product = event["details"]["product_id"] if event["event_type"] == "view" else None
    if product is None or not event.get("visitor_id"):
        continue
    first = event["at"] // slide * slide + slide
    for end in range(first, event["at"] // slide * slide + WIDTH + 1, slide):
        windows[end][product] += 1
rows = []
for end, counts in windows.items():
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[: task["k"]]
    rows += [(stream.moment(end), rank, product, views) for rank, (product, views) in enumerate(ranked, 1)]
stream.answer(["window_end", "rank", "product_id", "views"], rows)
