"""Exercise 2: visits that end by silence."""

from collections import defaultdict

import stream

gap = stream.task()["gap_minutes"] * stream.MINUTE
times = defaultdict(list)
for event in stream.events():
    if event.get("visitor_id"):
        times[event["visitor_id"]].append(event["at"])
rows = []
for visitor, moments in times.items():
    visits = []
    for at in sorted(moments):
        if visits and at - visits[-1][1] <= gap:
            visits[-1][1] = at
            visits[-1][2] += 1
        else:
            visits.append([at, at, 1])
    rows += [(visitor, stream.moment(start), stream.moment(end), count) for start, end, count in visits]
stream.answer(["visitor_id", "visit_start", "visit_end", "events"], rows)
