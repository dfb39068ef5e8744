"""Exercise 9: who was exposed, who converted, and whether the split can be trusted."""

from collections import defaultdict

import stream

exposed = defaultdict(dict)
added = defaultdict(list)
for event in stream.in_time(stream.events()):
    visitor, details = event.get("visitor_id"), event["details"]
    if not visitor:
        continue
    if event["event_type"] == "exposure" and not details.get("forced"):
        exposed[details["experiment"], details["variant"]].setdefault(visitor, event["at"])
    elif event["event_type"] == "cart_add":
        added[visitor].append(event["at"])


def verdict(experiment):
    a, b = (len(visitors) for (name, _), visitors in exposed.items() if name == experiment)
    return "mismatch" if (a - b) ** 2 / (a + b) > 10.83 else "ok"


rows = []
for (experiment, variant), visitors in exposed.items():
    converted = sum(any(at >= first for at in added[visitor]) for visitor, first in visitors.items())
    rows.append((experiment, variant, len(visitors), converted, verdict(experiment)))
stream.answer(["experiment", "variant", "visitors", "converted", "verdict"], rows)
