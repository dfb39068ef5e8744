#!/usr/bin/env bash
# The figures of /insights against DuckDB over the log files: tests/insights/figures.sh [DAYS [VISITS_A_DAY]]
#
# `de-shop simulate` makes a shop's life; it goes through a broker, some messages late, some twice and some broken, to sinks on +09:00. One
# is killed with -9 in the middle and started again; what was refused is mended and sent again. Then DuckDB works out every figure from the
# files that the sinks wrote, and all must be equal. On SQLite, and where DE_SHOP_TEST_POSTGRES is the URL of a server, on PostgreSQL with
# two sinks. PROGRAMS is a folder with programs that are built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
days=${1:-7} visits=${2:-400}
source tests/insights/python.sh
python_environment
[ -n "${PROGRAMS:-}" ] || cargo build -q --locked --workspace --bins
programs="${PROGRAMS:-${CARGO_TARGET_DIR:-target}/debug}"

folder=$(mktemp -d)
pids=()
database=
finish() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  [ -z "$database" ] || psql -q "$DE_SHOP_TEST_POSTGRES" -c "DROP DATABASE IF EXISTS $database WITH (FORCE)"
  rm -rf "$folder"
}
trap finish EXIT

# started NAME COMMAND...: runs it, and waits until it is ready; its process is the last of $pids.
started() {
  local name=$1
  shift
  "$@" >"$folder/$name.out" 2>"$folder/$name.err" &
  pids+=($!)
  for _ in $(seq 600); do
    if grep -q '^ready' "$folder/$name.out"; then return; fi
    kill -0 $! 2>/dev/null || { cat "$folder/$name.err" >&2; exit 1; }
    sleep 0.1
  done
  echo "$name is never ready" >&2
  exit 1
}
of() { sed -n "s/^ready.*$2=\([^ ]*\).*/\1/p" "$folder/$1.out" | tail -1; }
lines() { cat "$@" 2>/dev/null | wc -l || true; }

# sink NAME DATABASE
sink() {
  started "$1" "$programs/sink" --listen 127.0.0.1:0 --kafka "$kafka" --database "$2" --logs "$folder/$1-logs" \
    --diagnostics "$folder/$1-diagnostics" --utc-offset +09:00 --retention-days 60
}

from=$(date -u -d "-$((days + 2)) days" +%F)
"$programs/de-shop" simulate --seed 16 --from "$from" --days "$days" --visits-per-day "$visits" --out "$folder/simulated" >/dev/null
# One view in some dozen names an account that is no number: the sinks refuse it.
sed -i '0~13 s/"user_id":null,\(.*\)"event_type":"view"/"user_id":"nobody",\1"event_type":"view"/; 0~13 s/"event_type":"view",\(.*\)"user_id":null/"event_type":"view",\1"user_id":"nobody"/' \
  "$folder"/simulated/user_activity-*.log
broken=$(cat "$folder"/simulated/user_activity-*.log | grep -c '"user_id":"nobody"')
wanted=$(lines "$folder"/simulated/app-*.log "$folder"/simulated/user_activity-*.log)
# Whole days in the sinks' zone, with visits that began before and go on after.
first=$(date -u -d "$from +1 day" +%F) last=$(date -u -d "$from +$((days - 2)) days" +%F)

# arrived NAME LINES SINK...: waits until the sinks' files have so many lines, and no more.
arrived() {
  local name=$1 lines=$2 have=0
  shift 2
  for _ in $(seq 1800); do
    have=$(lines $(printf "$folder/%s-logs/app-*.log $folder/%s-logs/user_activity-*.log " $(for one in "$@"; do echo "$one" "$one"; done)))
    [ "$have" -lt "$lines" ] || break
    sleep 0.1
  done
  [ "$have" -eq "$lines" ] || { echo "$name: $have lines of $lines" >&2; exit 1; }
}

# compared NAME SINK...: plays the life into a broker of its own while the sinks read, and compares.
compared() {
  local name=$1 url=$2 have=0
  shift 2
  started "$name-broker" "$programs/de-shop" broker --listen 127.0.0.1:0 --data "$folder/$name-kafka"
  kafka=$(of "$name-broker" kafka)
  for one in "$@"; do sink "$one" "$url"; done
  local victim=${pids[-1]} again=${*: -1}
  # Ten minutes late at most, and one in a hundred twice.
  "$programs/de-shop" replay "$folder/simulated" --kafka "$kafka" --speed max --late 0.05 --repeat 0.01 >/dev/null 2>"$folder/replay.err" &
  local replay=$!
  for _ in $(seq 600); do
    have=$(lines $(printf "$folder/%s-logs/*.log " "$@"))
    [ "$have" -lt $((wanted / 3)) ] || break
    sleep 0.05
  done
  kill -9 "$victim"
  echo "$name: killed a sink after $have of $wanted lines"
  wait "$replay" || { cat "$folder/replay.err" >&2; exit 1; }
  sink "$again" "$url"
  arrived "$name" $((wanted - broken)) "$@"
  "$programs/sink" dead-letters --kafka "$kafka" --database "$url" redrive --all --edit 'sed "s/\"user_id\":\"nobody\"/\"user_id\":null/"' \
    >"$folder/redrive.out" 2>&1 || { cat "$folder/redrive.out" >&2; exit 1; }
  arrived "$name" "$wanted" "$@"
  echo "$name: $broken messages were refused, mended and sent again"
  # What is in the files is committed a moment later.
  sleep 2
  for one in "$@"; do
    "$PYTHON" tests/insights/figures.py "$one" "$(of "$one" sink)" 9 "$first" "$last" $(printf "$folder/%s-logs " "$@")
  done
}

compared sqlite "sqlite:$folder/activity.db" sqlite-sink
if [ -n "${DE_SHOP_TEST_POSTGRES:-}" ]; then
  database="insights_figures_$$"
  psql -q "$DE_SHOP_TEST_POSTGRES" -c "CREATE DATABASE $database"
  compared postgres "${DE_SHOP_TEST_POSTGRES%/*}/$database" postgres-sink-1 postgres-sink-2
else
  echo "postgres: SKIPPED, DE_SHOP_TEST_POSTGRES is not set"
fi
