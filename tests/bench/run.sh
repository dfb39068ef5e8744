#!/usr/bin/env bash
# Measures everything that README's figures are about, on one machine: tests/bench/run.sh [--large] [seconds per run, default 5]
# About five minutes after the build. The table goes to standard output, with the aim and how far it is reached; progress to standard error.
# What is compared runs in turn within the same minute: quote ratios. --large also audits ten million events (20 GB of disk, ten minutes).
# Needs wrk and kcat (tests/servers/install.sh load clients); Apache Kafka, PostgreSQL and Flask are measured where they are installed (kafka
# postgres flask).
set -euo pipefail
export SHOP_CLIENT_EVENTS_PER_MINUTE=0 # all load comes from one address
cd "$(dirname "$0")/../.."
large=
[ "${1:-}" = --large ] && large=yes && shift
seconds=${1:-5}
count=400000
work=$(mktemp -d)
chmod 755 "$work"
started=()
trap 'stop; rm -rf "$work"' EXIT
source tests/bench/parts.sh

# Always the workspace with an example, so that nothing but the shop is built twice: what is selected decides on features.
build() { cargo build --release --quiet --workspace "$@"; }
build --bin shop --example fill --features shop/silent
cp target/release/shop "$work/shop-silent"
build --bins --examples
programs=target/release

pages() {
  say "pages"
  shop loud $programs/shop 127.0.0.1:9
  local loud=$address loud_pid=$pid
  shop silent "$work/shop-silent" 127.0.0.1:9
  local silent=$address silent_pid=$pid round
  warm "$loud" && warm "$silent"
  # Each run pushes `figure cost`: requests a second, and microseconds of the shop's CPU for a request.
  : >"$work/loud.runs" >"$work/silent.runs"
  for round in 1 2 3 4 5; do
    wrk_run "$loud_pid" "http://$loud/products/101" >>"$work/loud.runs"
    wrk_run "$silent_pid" "http://$silent/products/101" >>"$work/silent.runs"
  done
  local with without with_cost without_cost with_gzip gzip='accept-encoding: gzip'
  read -r with with_cost _ < <(median "$work/loud.runs")
  read -r without without_cost _ < <(median "$work/silent.runs")
  row "product page, logging" "$with" 20000 "requests/s, median of 5"
  row "product page, logging compiled to nothing" "$without" - "requests/s, median of 5"
  row "  the two as a ratio" "$(ratio "$with" "$without")" 0.95 ""
  row "  shop's CPU for a page and its 4 events" "$with_cost" - "us"
  row "  of it logging, for one event" "$(calc "($with_cost - $without_cost) / 4")" - "us"
  # Browsers ask for it compressed.
  read -r with_gzip cost _ < <(wrk_run "$loud_pid" -H "$gzip" "http://$loud/products/101")
  read -r figure _ < <(wrk_run "$silent_pid" -H "$gzip" "http://$silent/products/101")
  row "product page as browsers ask for it (gzip), logging" "$with_gzip" - "requests/s, $cost us CPU"
  row "  and with logging compiled to nothing, as a ratio" "$(ratio "$with_gzip" "$figure")" 0.95 ""
  local half
  half=$($programs/examples/measure load "$loud" --rate "$((with / 2))" --seconds "$seconds")
  most "product page at half of that load, p99" "$(word p99 "$half")" 5 "ms at ${half%% *}"
  read -r figure cost p99 < <(wrk_run "$loud_pid" -s "$work/click.lua" "http://$loud/api/log/click-event")
  row "/api/log/click-event, one each" "$figure" 30000 "requests/s, p99 $p99, $cost us CPU"
  bytes "journal" "$(du -cb "$work"/loud.journal/*.journal | tail -1 | cut -f1)" "$(metric "$loud" shop_journal_entries_total)"
  stop
}

relay() {
  say "relay"
  shop relayed $programs/shop 127.0.0.1:9
  seconds=2 wrk_run "$pid" "http://$address/products/101" >/dev/null
  local entries=$(metric "$address" shop_journal_entries_total)
  stop
  broker embedded relay
  local broker_before=$(cpu "$broker_pid") began=$(now)
  shop relayed $programs/shop "$kafka"
  local before=$(cpu "$pid")
  until [ "$(metric "$address" shop_relay_lag_entries)" = 0 ]; do sleep 0.05; done
  row "relay, journal to embedded broker" "$(rate "$entries" "$began")" - "events/s, start included"
  row "  relay's CPU for an event" "$(per "$(($(cpu "$pid") - before))" "$entries")" - "us"
  row "  broker's CPU to take it" "$(per "$(($(cpu "$broker_pid") - broker_before))" "$entries")" - "us"
  stop
}

# sinks BROKER: files; then, on a broker of its own, files with rows in each database.
sinks() {
  local kind=$1 name
  say "sinks on the $kind broker"
  broker "$kind" "$kind-requests" && fill --requests
  catch_up "$kind-files" "sqlite:$work/$kind-files.db" app 120000
  kcat_to_file shop.request
  stop
  broker "$kind" "$kind-views" && fill
  [ "$kind" = embedded ] && bytes "topic" "$(du -sb "$work/broker-$kind-views" | cut -f1)" "$count"
  catch_up "$kind-files-sqlite" "sqlite:$work/$kind-rows.db" user_activity -
  [ "$kind" = embedded ] && bytes "daily file" "$(cat "$work/$kind-files-sqlite"/user_activity-*.log | wc -c)" "$count" &&
    bytes "row in SQLite, with its index" "$(cat "$work/$kind-rows.db"* | wc -c)" "$count"
  ledger "audit, topics, files and SQLite" "$count" --kafka "$kafka" --group "$kind-files-sqlite" \
    --logs "$work/$kind-files-sqlite" --database "sqlite:$work/$kind-rows.db"
  if [ -x /usr/lib/postgresql/15/bin/initdb ]; then
    postgres "$kind"
    catch_up "$kind-files-postgres" "postgres://postgres@127.0.0.1:$postgres_port/postgres" user_activity 70000
    ledger "audit, topics, files and PostgreSQL" "$count" --kafka "$kafka" --group "$kind-files-postgres" \
      --logs "$work/$kind-files-postgres" --database "postgres://postgres@127.0.0.1:$postgres_port/postgres"
    [ "$kind" = embedded ] && bytes "row in PostgreSQL, with its index" "$(table_bytes)" "$count"
  fi
  stop
}

# flask FIGURE: the design that this project began from, on both cores.
flask() {
  local port page
  port=$(free_port)
  mkdir "$work/flask"
  PYTHONDONTWRITEBYTECODE=1 FLASK_SHOP_FOLDER=$work/flask /usr/bin/gunicorn --chdir tests/bench/flask --workers 2 --preload \
    --bind "127.0.0.1:$port" app:app 2>"$work/flask.err" &
  pid=$!
  started+=("$pid")
  page=http://127.0.0.1:$port/products/101
  until curl -sf -o "$work/page" "$page"; do sleep 0.1; done
  read -r figure cost p99 < <(wrk_run "$pid" "$page")
  row "the same page of the Flask design" "$figure" - "requests/s, p99 $p99, $cost us CPU"
  row "  de-shop run beside it" "$(ratio "$1" "$figure")" 30 "times"
  stop_last
}

whole() {
  say "de-shop run"
  start whole $programs/de-shop run --listen 127.0.0.1:0 --kafka-listen 127.0.0.1:0 --data "$work/whole"
  local address=$(field whole shop) lag
  lag=$($programs/examples/measure lag "$address" --database "sqlite:$work/whole/activity.db?mode=ro" --events 100)
  most "from the answer to the row, light load, p95" "$(word p95 "$lag")" 1000 "ms, median $(word p50 "$lag")"
  local figure cost p99
  read -r figure cost p99 < <(wrk_run "$pid" "http://$address/products/101")
  row "de-shop run, product page (shop, broker and sink in one)" "$figure" - "requests/s, p99 $p99, $cost us CPU"
  local half
  half=$($programs/examples/measure load "$address" --rate "$((figure / 2))" --seconds "$seconds")
  most "  at half of that load, p99" "$(word p99 "$half")" 5 "ms at ${half%% *}"
  # Not before everything has arrived: an event that is behind costs the ledger nothing.
  until { ledger_says "$work/whole" || true; } | awk '$1 == "\"behind\":" { sum += $2 } END { exit sum > 0 }'; do sleep 1; done
  stop
  [ ! -x /usr/bin/gunicorn ] || flask "$figure"
  local events=$(ledger_says "$work/whole" | awk '$1 == "\"events\":" { sum += $2 } END { print sum }')
  ledger "audit of that folder: $events events, a third with rows" "$events" --data "$work/whole"
}

journal() {
  say "journal"
  local line
  # Criterion's own part is filtered away: what is left are the percentiles and the throughput.
  cargo bench --quiet --workspace --bench journal -- no-such-name 2>/dev/null | grep appends >"$work/journal.runs"
  while read -r line; do
    row "journal append: ${line%%,*}" "${line#*: }" "5 / 50" "us"
  done < <(grep median "$work/journal.runs" | sed 's/, p99\.9.*//')
  row "journal, 8 tasks" "$(sed -n 's/^8 tasks: //p' "$work/journal.runs")" - ""
}

# Ten million events: the ledger's memory must not grow with them.
ten_millions() {
  say "ten million events"
  count=10000000
  broker embedded large && fill --requests
  catch_up large-files "sqlite:$work/large.db" app -
  ledger "audit of 10 million, topics and files" "$count" --kafka "$kafka" --group large-files --logs "$work/large-files" \
    --database "sqlite:$work/large.db"
  stop
}

pages
relay
for kind in embedded apache; do
  if [ "$kind" = embedded ] || [ -d target/servers/kafka-4.3.1 ]; then sinks "$kind"; fi
done
whole
journal
[ -z "$large" ] || ten_millions
table
