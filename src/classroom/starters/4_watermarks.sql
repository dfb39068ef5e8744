-- Exercise 4: late events and watermarks. Run it with `python3 run_sql.py`; it is not right yet.
-- To do: the watermark when an event comes is max(happened) OVER (ORDER BY arrived) minus getvariable('lateness_minutes'). Whose window had
-- ended by then? Here nothing is late.
SELECT time_bucket(to_minutes(CAST(getvariable('window_minutes') AS INTEGER)), happened, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS window_start,
    count(*) AS events, 0 AS late
FROM events
WHERE event_type = 'view'
GROUP BY window_start
