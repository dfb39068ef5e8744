-- Exercise 1: count events per hour. Run it with `python3 run_sql.py`; it is not right yet.
-- To do: which event_type does the task leave out? getvariable('left_out')
SELECT date_trunc('hour', happened) AS hour, event_type, count(*) AS events
FROM events
GROUP BY ALL
