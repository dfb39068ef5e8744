# Title: A data frame out of the log files (Polars)
# Needs: pip install polars
# Prints: products\.detail
import glob
import os

import polars as pl

# Name the columns that you want. Left to guess, Polars takes its types from the first lines only and fails at a kind of event
# that comes later; what it isn't told of here it leaves out.
columns = {"event_id": pl.String, "timestamp": pl.String, "session_id": pl.String, "event_type": pl.String, "endpoint": pl.String}
files = sorted(glob.glob(os.environ["DATA"] + "/logs/user_activity-*.log"))
events = pl.concat(pl.read_ndjson(file, schema=columns) for file in files)
events = events.with_columns(pl.col("timestamp").str.to_datetime(time_zone="UTC"))
views = events.filter(pl.col("event_type") == "view")
print(views.group_by("endpoint").agg(views=pl.len(), sessions=pl.col("session_id").n_unique()).sort("views", descending=True))
