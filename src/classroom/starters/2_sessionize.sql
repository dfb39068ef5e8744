-- Exercise 2: visits that end by silence. Run it with `python3 run_sql.py`; it is not right yet.
-- To do: a silence of more than getvariable('gap_minutes') begins a new visit: compare `happened` with lag(happened) OVER (PARTITION BY visitor_id
-- ORDER BY happened), and sum up the beginnings. Here each visitor has one visit only.
SELECT visitor_id, min(happened) AS visit_start, max(happened) AS visit_end, count(*) AS events
FROM events
WHERE visitor_id IS NOT NULL
GROUP BY visitor_id
