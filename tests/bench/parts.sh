# What tests/bench/run.sh is made of; sourced, never run. Everything lives in $work and is stopped by the ids in $started.

cat >"$work/click.lua" <<'LUA'
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local now = os.date("!%Y-%m-%dT%H:%M:%S.000Z")
wrk.body = '{"page":"/","element":"a.tile","text":"Tea","x_percent":12.5,"y_percent":44.4,"page_x_percent":12.5,' ..
  '"page_y_percent":18.0,"cart_action":null,"product_id":101,"href":"/products/101","tab":{"id":"benchtab","sequence":1},' ..
  '"at":"' .. now .. '","sent_at":"' .. now .. '"}'
LUA

# ---- the table -------------------------------------------------------------------------------------------------------------------
say() { echo "... $*" >&2; }
calc() { awk "BEGIN { printf \"%.2f\", $* }"; }
ratio() { calc "$1 / $2"; }
now() { date +%s%N; }
rate() { echo "$(($1 * 1000000000 / ($(now) - $2)))"; }
# per MICROSECONDS COUNT
per() { calc "$1 / $2"; }
line() { printf '| %s | %s | %s | %s | %s |\n' "$@" | tee -a "$work/table" >&2; }
# row WHAT FIGURE AIM UNIT: more is better; most: less is better.
row() { line "$1" "$2" "$4" "$3" "$([[ "$3" =~ ^[0-9.]+$ ]] && ratio "$2" "$3" || true)"; }
most() { line "$1" "$2" "$4" "at most $3" "$(ratio "$3" "$2")"; }
# bytes WHAT BYTES COUNT
bytes() { row "bytes on disk for an event: $1" "$(($2 / $3))" - ""; }
table() {
  printf '| what | figure | unit | aim | reached (1 is the aim) |\n|---|---|---|---|---|\n'
  cat "$work/table"
}

# ---- processes -------------------------------------------------------------------------------------------------------------------
# start NAME COMMAND...: waits for the ready line, which it leaves in $work/NAME.out; its id is in $pid.
start() {
  local name=$1
  shift
  "$@" >"$work/$name.out" 2>"$work/$name.err" &
  pid=$!
  started+=("$pid")
  for _ in $(seq 400); do grep -q '^ready' "$work/$name.out" && return; sleep 0.05; done
  cat "$work/$name.err" >&2
  exit 1
}
stop() {
  [ ${#started[@]} = 0 ] && return
  kill "${started[@]}" 2>/dev/null || true
  wait "${started[@]}" 2>/dev/null || true
  started=()
}
stop_last() {
  kill "${started[-1]}" && wait "${started[-1]}" 2>/dev/null || true
  unset 'started[-1]'
}
field() { sed -n "s/.*$2=\(http:\/\/\)\{0,1\}\([^ ]*\).*/\2/p" "$work/$1.out"; }
free_port() { echo $((20000 + RANDOM % 12000)); }
metric() { curl -s "http://$1/metrics" | awk -v name="$2" '$1 == name { printf "%d", $2 }'; }
# cpu PID: microseconds of CPU that a process and its children have used so far, in the kernel and outside.
cpu() {
  local stat
  for stat in /proc/"$1"/stat $(grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | sed 's/status$/stat/'); do
    sed 's/.*) //' "$stat" 2>/dev/null || true
  done | awk -v tick="$(getconf CLK_TCK)" '{ used += $12 + $13 } END { printf "%d", used * 1000000 / tick }'
}

# ---- pages -----------------------------------------------------------------------------------------------------------------------
# shop NAME PROGRAM KAFKA: its address is in $address.
shop() {
  start "$1" "$2" --listen 127.0.0.1:0 --kafka "$3" --database "sqlite:$work/$1.db" --journal "$work/$1.journal" \
    --diagnostics "$work/$1.diagnostics" --journal-max-size 20GiB
  address=$(field "$1" shop)
}
warm() { wrk -t1 -c32 -d1s "http://$1/products/101" >/dev/null; }
# wrk_run PID WRK'S ARGUMENTS...: prints requests a second, microseconds of that process's CPU for a request, p99.
wrk_run() {
  local of=$1 before out used
  shift
  before=$(cpu "$of")
  out=$(wrk -t1 -c32 -d"${seconds}s" --latency "$@")
  used=$(($(cpu "$of") - before))
  if grep -q 'Non-2xx' <<<"$out"; then echo "$out" >&2; exit 1; fi
  awk -v used="$used" '/requests in/ { requests = $1 } /Requests\/sec/ { rate = $2 } $1 == "99%" { p99 = $2 }
    END { printf "%d %.1f %s\n", rate, used / requests, p99 }' <<<"$out"
}
median() { sort -n "$1" | sed -n "$((($(wc -l <"$1") + 1) / 2))p"; }
# word NAME TEXT: what follows NAME in TEXT.
word() { sed -n "s/.*\b$1 \([0-9.]*\).*/\1/p" <<<"$2"; }

# ---- brokers and sinks -----------------------------------------------------------------------------------------------------------
# broker KIND NAME: its address is in $kafka, its id in $broker_pid; it has the topics that a sink creates.
broker() {
  if [ "$1" = embedded ]; then
    start "broker-$2" $programs/de-shop broker --listen 127.0.0.1:0 --data "$work/broker-$2"
    kafka=$(field "broker-$2" kafka)
  else
    local port
    port=$(free_port)
    kafka=127.0.0.1:$port
    tests/servers/kafka.sh "$work/broker-$2" "$port" "$((port + 1))" >"$work/broker-$2.out" 2>&1 &
    pid=$!
    started+=("$pid")
  fi
  broker_pid=$pid
  start "creator-$2" $programs/sink --listen 127.0.0.1:0 --kafka "$kafka" --database "sqlite:$work/creator-$2.db" \
    --logs "$work/creator-$2" --diagnostics "$work/diagnostics-creator-$2"
  until kcat -b "$kafka" -L 2>/dev/null | grep -q shop.view; do sleep 0.1; done
  stop_last
}
fill() { $programs/examples/fill --kafka "$kafka" --count "$count" "$@" >"$work/fill.out" 2>&1; }
# await_lines FILES: until all messages are lines. Their size is asked first: counting lines would take the CPU that is measured.
await_lines() {
  until [ "$(cat "$1"-*.log 2>/dev/null | wc -c)" -ge $((count * 400)) ]; do sleep 0.05; done
  until [ "$(cat "$1"-*.log | wc -l)" -ge "$count" ]; do sleep 0.05; done
}
# catch_up NAME DATABASE FILES AIM: a new sink reads all that is on the topics; start and joining the group included.
catch_up() {
  local name=$1 began before database_before=0 database=
  case $2 in postgres:*) database=$postgres_pid ;; esac
  before=$(cpu "$broker_pid")
  [ -z "$database" ] || database_before=$(cpu "$database")
  began=$(now)
  start "$name" $programs/sink --listen 127.0.0.1:0 --kafka "$kafka" --database "$2" --logs "$work/$name" --group "$name" \
    --diagnostics "$work/diagnostics-$name"
  await_lines "$work/$name/$3"
  row "sink, $name" "$(rate "$count" "$began")" "$4" "messages/s"
  row "  sink's CPU for a message" "$(per "$(cpu "$pid")" "$count")" - "us"
  row "  broker's CPU to give it out" "$(per "$(($(cpu "$broker_pid") - before))" "$count")" - "us"
  [ -z "$database" ] || row "  PostgreSQL's CPU for a row" "$(per "$(($(cpu "$database") - database_before))" "$count")" - "us"
  stop_last
}
kcat_to_file() {
  local began partition
  began=$(now)
  for partition in 0 1 2; do kcat -b "$kafka" -C -t "$1" -p "$partition" -o beginning -e -q >>"$work/kcat.log"; done
  row "  kcat > file, the same messages" "$(rate "$count" "$began")" - "messages/s"
  rm "$work/kcat.log"
}
postgres() {
  postgres_port=$(free_port)
  tests/servers/postgres.sh "$work/postgres-$1" "$postgres_port" >"$work/postgres-$1.log" 2>&1 &
  postgres_pid=$!
  started+=("$postgres_pid")
  until grep -q 'ready to accept' "$work/postgres-$1.log"; do sleep 0.1; done
}
table_bytes() {
  psql -qtA -h 127.0.0.1 -p "$postgres_port" -U postgres \
    -c "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'user_activity_log'::regclass"
}
# ledger WHAT COUNT OPTIONS...: the audit's speed, and the most memory that it took.
ledger() {
  local what=$1 events=$2 began memory=0 seen
  shift 2
  began=$(now)
  $programs/de-shop audit "$@" >"$work/audit.out" 2>"$work/audit.err" &
  local auditing=$!
  while seen=$(awk '/VmHWM/ { print $2 }' "/proc/$auditing/status" 2>/dev/null) && [ -n "$seen" ]; do
    memory=$seen
    sleep 0.02
  done
  wait "$auditing" || { cat "$work/audit.out" "$work/audit.err" >&2; exit 1; }
  row "$what" "$(rate "$events" "$began")" 300000 "events/s, at most $((memory / 1024)) MB"
}
ledger_says() { $programs/de-shop audit --data "$1" --json; }
