"""Exercise 10: carts from facts, prices as of a moment."""

import stream

as_of = stream.micros(stream.task()["as_of"])
carts, prices, applied = {}, {}, set()
for event in stream.in_time(stream.events()):
    if event["at"] > as_of or event["event_id"] in applied:
        continue
    applied.add(event["event_id"])
    kind, details = event["event_type"], event["details"]
    if kind == "product":
        prices[details["product_id"]] = details["price"]
        continue
    visitor = event.get("visitor_id")
    if not visitor:
        continue
    cart = carts.setdefault(visitor, {})
    if kind == "cart_add":
        cart[details["product_id"]] = details["cart_quantity"]
    elif kind == "cart_update":
        cart[details["product_id"]] = details["quantity"]
    elif kind == "cart_remove":
        cart.pop(details["product_id"], None)
    elif kind == "order_placed":
        for line in details["items"]:
            cart.pop(line["product_id"], None)
    elif kind == "cart_merge":
        carts[visitor] = {line["product_id"]: line["quantity"] for line in details["items"]}
rows = [
    (visitor, product, quantity, prices[product])
    for visitor, cart in carts.items()
    for product, quantity in cart.items()
]
stream.answer(["visitor_id", "product_id", "quantity", "price"], rows)
