"""What all solutions share: reading the stream and the task, writing the answer. Python's standard library only."""

import csv
import json
import sys
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000


def folder():
    return sys.argv[1] if len(sys.argv) > 1 else "."


def task():
    with open(f"{folder()}/task.json", encoding="utf-8") as file:
        return json.load(file)


def messages():
    """The messages as bytes, in the order in which they come."""
    with open(f"{folder()}/stream.jsonl", "rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


def events():
    """The messages as dictionaries, each with its time in microseconds since 1970 as `at`."""
    for message in messages():
        event = json.loads(message)
        event["at"] = micros(event["timestamp"])
        yield event


def micros(text):
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // MICROSECOND


def moment(at):
    return (EPOCH + at * MICROSECOND).isoformat()


def in_time(events):
    return sorted(events, key=lambda event: (event["at"], event["event_id"]))


def answer(columns, rows):
    with open(f"{folder()}/answer.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
