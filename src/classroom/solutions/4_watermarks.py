"""Exercise 4: tumbling windows, closed by a watermark."""

from collections import defaultdict

import stream

task = stream.task()
width = task["window_minutes"] * stream.MINUTE
lateness = task["lateness_minutes"] * stream.MINUTE
windows = defaultdict(lambda: [0, 0])
latest = None
for event in stream.events():
    if event["event_type"] != "view":
        continue
    latest = event["at"] if latest is None else max(latest, event["at"])
    start = event["at"] // width * width
    late = start + width <= latest - lateness
    windows[start][late] += 1
stream.answer(
    ["window_start", "events", "late"],
    [(stream.moment(start), *counts) for start, counts in windows.items()],
)
