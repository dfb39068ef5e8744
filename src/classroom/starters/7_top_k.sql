-- Exercise 7: top k over sliding windows. Run it with `python3 run_sql.py`; it is not right yet.
-- To do: crawlers have no visitor_id. And a view lies in several windows: here it is in the next one to end only.
WITH counted AS (
    SELECT time_bucket(to_minutes(CAST(getvariable('slide_minutes') AS INTEGER)), happened, TIMESTAMPTZ '2000-01-01 00:00:00+00')
            + to_minutes(CAST(getvariable('slide_minutes') AS INTEGER)) AS window_end,
        CAST(details ->> 'product_id' AS BIGINT) AS product_id, count(*) AS views
    FROM events
    WHERE event_type = 'view' AND details ->> 'product_id' IS NOT NULL
    GROUP BY ALL
)
SELECT window_end, row_number() OVER (PARTITION BY window_end ORDER BY views DESC, product_id) AS rank, product_id, views
FROM counted
QUALIFY rank <= getvariable('k')
