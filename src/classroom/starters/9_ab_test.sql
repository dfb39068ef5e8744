-- Exercise 9: an A/B test with a sample-ratio mismatch. Run it with `python3 run_sql.py`; it is not right yet.
-- To do: only what came at or after the first exposure counts; and is the split one half each?
WITH exposed AS (
    SELECT details ->> 'experiment' AS experiment, details ->> 'variant' AS variant, visitor_id, min(happened) AS first
    FROM events
    WHERE event_type = 'exposure' AND visitor_id IS NOT NULL AND details ->> 'forced' IS DISTINCT FROM 'true'
    GROUP BY ALL
)
SELECT experiment, variant, count(*) AS visitors,
    count(*) FILTER (visitor_id IN (SELECT visitor_id FROM events WHERE event_type = 'cart_add')) AS converted,
    'ok' AS verdict
FROM exposed
GROUP BY ALL
