"""Exercise 1: events of each type in each full hour of event time."""

from collections import Counter

import stream

HOUR = 60 * stream.MINUTE
left_out = stream.task()["left_out"]
counts = Counter()
for event in stream.events():
    if event["event_type"] != left_out:
        counts[event["at"] // HOUR * HOUR, event["event_type"]] += 1
stream.answer(
    ["hour", "event_type", "events"],
    [(stream.moment(hour), kind, count) for (hour, kind), count in counts.items()],
)
