#!/usr/bin/env bash
# Measures what an event costs: tests/bench/run.sh [seconds per run, default 10]
# The shop runs with its journal and no Kafka in reach (relay waiting); the sink runs against the embedded broker.
# Every two things that are compared run in the same minute; quote their ratio. Needs wrk and kcat (tests/servers/install.sh load clients); PostgreSQL is measured where it is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-10}
work=$(mktemp -d)
started=()
trap 'for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"' EXIT

# The same packages each time, so that nothing but our own crates is built twice.
build() { cargo build --release --quiet --workspace --bins --examples "$@"; }
build --features shop/silent
cp target/release/shop "$work/shop-silent"
build

cat >"$work/click.lua" <<'LUA'
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local now = os.date("!%Y-%m-%dT%H:%M:%S.000Z")
wrk.body = '{"page":"/","element":"a.tile","text":"Tea","x_percent":12.5,"y_percent":44.4,"page_x_percent":12.5,' ..
  '"page_y_percent":18.0,"cart_action":null,"product_id":101,"href":"/products/101","tab":{"id":"benchtab","sequence":1},' ..
  '"at":"' .. now .. '","sent_at":"' .. now .. '"}'
LUA

# start NAME COMMAND...: waits for the ready line, which it leaves in $work/NAME.out
start() {
  local name=$1
  shift
  "$@" >"$work/$name.out" 2>"$work/$name.err" &
  started+=($!)
  for _ in $(seq 200); do grep -q '^ready' "$work/$name.out" && return; sleep 0.05; done
  cat "$work/$name.err" >&2
  exit 1
}
field() { sed -n "s/.*$2=\(http:\/\/\)\{0,1\}\([^ ]*\).*/\2/p" "$work/$1.out"; }
load() { wrk -t1 -c32 -d"${seconds}s" --latency "$@" | awk '/Requests\/sec|99%|Non-2xx/ { printf "%s  ", $0 } END { print "" }'; }

export SHOP_CLIENT_EVENTS_PER_MINUTE=0 # wrk is one address
start loud target/release/shop --listen 127.0.0.1:0 --kafka 127.0.0.1:9 --database "sqlite:$work/loud.db" --journal "$work/loud" \
  --diagnostics "$work/diagnostics" --journal-max-size 20GiB
start silent "$work/shop-silent" --listen 127.0.0.1:0 --kafka 127.0.0.1:9 --database "sqlite:$work/silent.db" --journal "$work/silent" \
  --diagnostics "$work/diagnostics-silent"
loud=$(field loud shop) silent=$(field silent shop)
for round in 1 2 3; do
  echo "product page, logging:  $(load "http://$loud/products/101")"
  echo "product page, silent:   $(load "http://$silent/products/101")"
done
echo "click event, one each:  $(load -s "$work/click.lua" "http://$loud/api/log/click-event")"
echo "journal on disk:        $(du -sh "$work/loud" | cut -f1)"
for pid in "${started[@]}"; do kill "$pid"; done
wait "${started[@]}" 2>/dev/null || true
started=()

# A broker of its own for each kind of message, with the topics that a sink creates.
broker() {
  start "broker-$1" target/release/de-shop broker --listen 127.0.0.1:0 --data "$work/kafka-$1"
  kafka=$(field "broker-$1" kafka)
  start "creator-$1" target/release/sink --listen 127.0.0.1:0 --kafka "$kafka" --database "sqlite:$work/creator-$1.db" --logs "$work/creator-$1" \
    --diagnostics "$work/diagnostics-creator"
  until kcat -b "$kafka" -L 2>/dev/null | grep -q shop.view; do sleep 0.1; done
  kill "${started[-1]}" && wait "${started[-1]}" 2>/dev/null || true
}
fill() { target/release/examples/fill --kafka "$kafka" --count "$@" >/dev/null 2>&1; }
# catch_up NAME DATABASE COUNT FILES: a new sink reads all that is on the topics; start and joining the group included.
catch_up() {
  local name=$1 database=$2 count=$3 files=$4 began
  began=$(date +%s%N)
  start "$name" target/release/sink --listen 127.0.0.1:0 --kafka "$kafka" --database "$database" --logs "$work/$name" --group "$name" \
    --diagnostics "$work/diagnostics-$name"
  until [ "$(cat "$work/$name"/$files-*.log 2>/dev/null | wc -l)" -ge "$count" ]; do sleep 0.1; done
  echo "sink, $name: $((count * 1000000000 / ($(date +%s%N) - began))) messages/s"
  kill "${started[-1]}" && wait "${started[-1]}" 2>/dev/null || true
}
count=400000
broker requests
fill "$count" --requests
catch_up files "sqlite:$work/files.db" "$count" app
began=$(date +%s%N)
for partition in 0 1 2; do kcat -b "$kafka" -C -t shop.request -p "$partition" -o beginning -e -q >>"$work/kcat.log"; done
echo "kcat > file:      $((count * 1000000000 / ($(date +%s%N) - began))) messages/s"
broker views
fill "$count"
catch_up files-and-sqlite "sqlite:$work/rows.db" "$count" user_activity
if [ -x /usr/lib/postgresql/15/bin/initdb ]; then
  chmod 755 "$work"
  port=$((20000 + RANDOM % 12000))
  tests/servers/postgres.sh "$work/postgres" "$port" >"$work/postgres.log" 2>&1 &
  started+=($!)
  until grep -q 'ready to accept' "$work/postgres.log"; do sleep 0.1; done
  catch_up files-and-postgres "postgres://postgres@127.0.0.1:$port/postgres" "$count" user_activity
fi
