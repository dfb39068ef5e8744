-- Exercise 8: dead letters and schema version 2. Run it with `python3 run_sql.py`; it is not right yet.
-- `messages` holds all of them; `message` is null where the bytes are no UTF-8.
-- To do: version 2, whose price is details ->> '$.unit_price.amount'; and dead letters of the name unknown_version.
SELECT 'product' AS kind, details ->> 'product_id' AS name, sum(CAST(details ->> 'quantity' AS BIGINT)) AS count,
    sum(CAST(details ->> 'quantity' AS BIGINT) * CAST(details ->> 'unit_price' AS BIGINT)) AS amount
FROM events
WHERE event_type = 'cart_add' AND schema_version = 1
GROUP BY ALL
UNION ALL
SELECT 'dead_letter', 'not_json', count(*), 0
FROM messages
WHERE message IS NULL OR NOT json_valid(message)
