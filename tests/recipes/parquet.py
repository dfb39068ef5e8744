# Title: Parquet out of the log files, one folder a day
# Needs: pip install pyarrow
# Prints: [0-9]+ rows in Parquet
import glob
import json
import os
import tempfile

import pyarrow as pa
import pyarrow.dataset as ds

columns = pa.schema([(name, pa.string()) for name in ["event_id", "session_id", "event_type", "endpoint", "path", "details", "day"]])


def rows():
    for file in sorted(glob.glob(os.environ["DATA"] + "/logs/user_activity-*.log")):
        with open(file, encoding="utf-8") as lines:
            for event in map(json.loads, lines):
                # What differs from kind to kind stays JSON; any engine that reads Parquet can take it apart.
                event["details"] = json.dumps(event.get("details"))
                event["day"] = event["timestamp"][:10]
                yield {name: event.get(name) for name in columns.names}


out = os.environ.get("OUT") or tempfile.mkdtemp()
table = pa.Table.from_pylist(list(rows()), schema=columns)
ds.write_dataset(table, out, format="parquet", partitioning=["day"], partitioning_flavor="hive", existing_data_behavior="overwrite_or_ignore")
print(ds.dataset(out, partitioning="hive").count_rows(), "rows in Parquet, below", out)
