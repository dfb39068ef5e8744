-- Exercise 5: join clicks to orders. Run it with `python3 run_sql.py`; it is not right yet.
-- To do: a click counts for getvariable('window_minutes') only; and of clicks at the same moment the greater event_id is taken.
WITH lines AS (
    SELECT CAST(details ->> 'order_id' AS BIGINT) AS order_id, visitor_id, happened,
        unnest(CAST(details -> '$.items[*].product_id' AS BIGINT[])) AS product_id
    FROM events
    WHERE event_type = 'order_placed'
), clicks AS (
    SELECT event_id, visitor_id, CAST(details ->> 'product_id' AS BIGINT) AS product_id, happened
    FROM events
    WHERE event_type = 'click'
)
SELECT order_id, lines.product_id, event_id AS click_event_id
FROM lines
ASOF LEFT JOIN clicks
    ON clicks.visitor_id = lines.visitor_id AND clicks.product_id = lines.product_id AND clicks.happened <= lines.happened
