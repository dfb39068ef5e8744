"""Exercise 5: the last click before each ordered product, within a window."""

import stream

window = stream.task()["window_minutes"] * stream.MINUTE
clicks, orders = [], []
for event in stream.events():
    if event["event_type"] == "click" and event["details"]["product_id"] is not None:
        clicks.append(event)
    elif event["event_type"] == "order_placed":
        orders.append(event)
clicks = stream.in_time(clicks)
rows = []
for order in orders:
    for line in order["details"]["items"]:
        fitting = [
            click
            for click in clicks
            if click["visitor_id"] == order["visitor_id"]
            and click["details"]["product_id"] == line["product_id"]
            and order["at"] - window <= click["at"] <= order["at"]
        ]
        click = fitting[-1]["event_id"] if fitting else None
        rows.append((order["details"]["order_id"], line["product_id"], click))
stream.answer(["order_id", "product_id", "click_event_id"], rows)
