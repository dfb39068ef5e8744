"""Answers with starter.sql in DuckDB: pip install duckdb; python3 run_sql.py [FOLDER]

starter.sql is one SELECT. It finds two tables, `messages` (arrived, message) and `events` (arrived, event_id, event_type, happened, schema_version,
session_id, visitor_id, details), and the task's numbers as variables: getvariable('gap_minutes').
"""

import json
import os
import sys
import tempfile

import duckdb

folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))


def text(line):
    """Nothing where the bytes are no UTF-8: that is no message."""
    try:
        return line.rstrip(b"\n").decode("utf-8")
    except UnicodeDecodeError:
        return None


database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as lines:
    with open(f"{folder}/stream.jsonl", "rb") as stream:
        for arrived, line in enumerate(stream):
            lines.write(json.dumps({"arrived": arrived, "message": text(line)}) + "\n")
    lines.flush()
    columns = "{arrived: 'BIGINT', message: 'VARCHAR'}"
    database.execute(f"CREATE TABLE messages AS FROM read_json('{lines.name}', format = 'newline_delimited', columns = {columns})")
database.execute("""
    CREATE TABLE events AS
    SELECT arrived, message ->> '$.event_id' AS event_id, message ->> '$.event_type' AS event_type,
        CAST(message ->> '$.timestamp' AS TIMESTAMPTZ) AS happened,
        CAST(message ->> '$.schema_version' AS BIGINT) AS schema_version, message ->> '$.session_id' AS session_id,
        message ->> '$.visitor_id' AS visitor_id, message -> '$.details' AS details
    FROM messages WHERE json_valid(message) AND json_type(message) = 'OBJECT'
""")
with open(f"{folder}/task.json", encoding="utf-8") as file:
    for name, value in json.load(file).items():
        literal = value if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
        database.execute(f"SET VARIABLE {name} = {literal}")
with open(f"{folder}/starter.sql", encoding="utf-8") as file:
    select = file.read().rstrip().rstrip(";")
database.execute(f"COPY (\n{select}\n) TO '{folder}/answer.csv' (HEADER)")
