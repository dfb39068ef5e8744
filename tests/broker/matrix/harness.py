"""What the matrix's Python programs share: each operation prints one line, its name and what came of it."""

import sys
import uuid

BROKER = sys.argv[1]
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
TIME = 1_700_000_000_000


class Refused(Exception):
    """The broker said no, in words that the client passed on."""


def fresh(word):
    """A name that nobody else uses."""
    return f"matrix.{word}.{uuid.uuid4().hex[:8]}"


def same(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} instead of {expected!r}")


def run(operations):
    for name, operation in operations.items():
        try:
            operation()
            result = "ok"
        except Refused as refused:
            result = f"refused: {refused}"
        except Exception as error:  # whatever it is, it belongs into the table
            result = f"FAILED: {type(error).__name__}: {error}"
        print(name, " ".join(result.split())[:160], sep="\t", flush=True)
