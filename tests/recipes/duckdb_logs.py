# Title: SQL over the log files (DuckDB)
# Needs: pip install duckdb
# Prints: products\.detail
import os

import duckdb

logs = os.environ["DATA"] + "/logs/user_activity-*.log"
# Fields that are objects in one kind of event and absent in another are read as JSON; the rest find their types.
query = """
    select endpoint, count(*) as views, count(distinct session_id) as sessions, min("timestamp") as first
    from read_json(?, format = 'newline_delimited', union_by_name = true, sample_size = -1)
    where event_type = 'view'
    group by endpoint order by views desc
"""
for row in duckdb.execute(query, [logs]).fetchall():
    print(*row)
