-- Exercise 3: exactly once under repetitions. Run it with `python3 run_sql.py`; it is not right yet.
-- To do: a message that was sent again counts once.
SELECT CAST(details ->> 'product_id' AS BIGINT) AS product_id, count(*) AS adds, sum(CAST(details ->> 'quantity' AS BIGINT)) AS quantity
FROM events
WHERE event_type = 'cart_add'
GROUP BY product_id
