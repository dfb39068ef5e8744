-- Exercise 6: a funnel with skipped steps. Run it with `python3 run_sql.py`; it is not right yet.
-- To do: each step counts only sessions that took the step before it, earlier.
WITH categories AS (
    SELECT DISTINCT CAST(details ->> 'product_id' AS BIGINT) AS product_id, CAST(details ->> 'category_id' AS BIGINT) AS category_id
    FROM events
    WHERE event_type = 'product'
), touched AS (
    SELECT session_id, event_type, happened, CAST(details ->> 'product_id' AS BIGINT) AS product_id
    FROM events
    WHERE event_type IN ('view', 'cart_add') AND visitor_id IS NOT NULL
    UNION ALL
    SELECT session_id, event_type, happened, unnest(CAST(details -> '$.items[*].product_id' AS BIGINT[]))
    FROM events
    WHERE event_type = 'order_placed' AND visitor_id IS NOT NULL
)
SELECT category_id,
    count(DISTINCT session_id) FILTER (event_type = 'view') AS viewed,
    count(DISTINCT session_id) FILTER (event_type = 'cart_add') AS added,
    count(DISTINCT session_id) FILTER (event_type = 'order_placed') AS ordered
FROM categories
LEFT JOIN touched USING (product_id)
GROUP BY category_id
