#!/usr/bin/env bash
# Runs every recipe against a shop that is open, and checks what it prints: tests/recipes/run.sh [--frameworks] [RECIPE...]
# Those for Kafka Connect, Flink and Spark need a gigabyte of programs: they run with --frameworks, or when they are named.
# A recipe is one file. Its first lines say its title, what it needs, and what a line of its output must match; $KAFKA is the broker's
# address, $DATA the data folder, $DATABASE PostgreSQL's URL (where DE_SHOP_TEST_POSTGRES names a server; else that recipe is left out).
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
servers="$target/servers"
tests/servers/install.sh kafka-clients >&2
program="${DE_SHOP:-$target/debug/de-shop}"
[ -x "$program" ] || cargo build --locked >&2
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "${pids[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# opens NAME OPTION...: a shop that people have visited; sets KAFKA and DATA.
opens() {
  local name=$1 shop path
  shift
  "$program" --listen 127.0.0.1:0 --kafka-listen 127.0.0.1:0 --data "$work/$name" "$@" >"$work/$name.ready" 2>"$work/$name.log" &
  pids+=($!)
  for _ in $(seq 300); do grep -q '^ready' "$work/$name.ready" && break; sleep 0.1; done
  shop=$(sed -nE 's/^ready shop=([^ ]+) .*/\1/p' "$work/$name.ready")
  KAFKA=$(sed -nE 's/^ready .* kafka=([^ ]+) .*/\1/p' "$work/$name.ready")
  DATA=$work/$name
  export KAFKA DATA
  local browser=(curl -sS -c "$work/jar" -b "$work/jar" -A 'Mozilla/5.0 (X11; Linux x86_64) Recipes')
  for path in / '/search?q=tea' $("${browser[@]}" "$shop/products/" | grep -oE '/products/[0-9]+' | sort -u | head -n 3); do
    "${browser[@]}" -o /dev/null "$shop$path"
  done
  # Once the last view is in the table, it is everywhere.
  for _ in $(seq 300); do
    [ "$(curl -sS "$shop/readyz" -o /dev/null -w '%{http_code}')" = 200 ] && grep -qs 'products.detail' "$work/$name"/logs/user_activity-*.log && break
    sleep 0.1
  done
  sleep 1
}

KAFKA_LIBS=$servers/kafka-4.3.1/libs
python="$servers/clients/python/bin/python"
folder=$PWD/$servers/frameworks
FLINK_LIBS="$(echo "$folder"/python/lib/python3.*/site-packages/pyflink/lib)/*:$folder/flink/libs/*"
SPARK_KAFKA_LIBS=$folder/spark/libs
CONNECT_LIBS="$folder/kafka/libs/*:$KAFKA_LIBS/*"
NODE_PATH=$servers/clients/node/node_modules
KAFKAJS_NO_PARTITIONER_WARNING=1
export KAFKA_LIBS FLINK_LIBS SPARK_KAFKA_LIBS CONNECT_LIBS NODE_PATH KAFKAJS_NO_PARTITIONER_WARNING

how_to_run() {
  case "$1" in
    *.sh) echo "bash $1" ;;
    */spark.py) echo "$folder/python/bin/python $1" ;;
    *.py) echo "$python $1" ;;
    *.java) sed -nE 's,^// Run: java (.*)-cp .*,java \1,p' "$1" | tr -d '\n' && echo "-cp $FLINK_LIBS $1" ;;
    *.js) echo "node $1" ;;
    *.go)
      mkdir -p "$work/go"
      cp tests/broker/matrix/go/go.mod tests/broker/matrix/go/go.sum "$work/go/"
      cp "$1" "$work/go/main.go"
      echo "go run -C $work/go -mod=mod ."
      ;;
  esac
}

good=0 bad=0 patience=120
try() {
  local recipe=$1 expected said
  expected=$(sed -nE 's,^(#|//) Prints: ,,p' "$recipe" | head -n 1)
  # What was visited last may still be on its way on a busy machine.
  for _ in 1 2 3; do
    # shellcheck disable=SC2046  # a command and its arguments
    if said=$(set -f && timeout "$patience" $(how_to_run "$recipe") 2>&1) && grep -qE -e "$expected" <<<"$said"; then
      good=$((good + 1))
      printf 'ok      %s\n' "$recipe"
      return
    fi
    sleep 3
  done
  bad=$((bad + 1))
  printf 'FAILED  %s, no line like %s:\n%s\n' "$recipe" "$expected" "$(tail -n 15 <<<"$said")"
}

frameworks=(tests/recipes/FlinkSql.java tests/recipes/connect_file_sink.sh tests/recipes/spark.py)
if [ "${1:-}" = --frameworks ]; then recipes=("${frameworks[@]}"); else recipes=("$@"); fi
if [ ${#recipes[@]} -eq 0 ]; then
  mapfile -t recipes < <(find tests/recipes -type f ! -name run.sh ! -name README.md | grep -vxFf <(printf '%s\n' "${frameworks[@]}") | sort)
elif grep -qxFf <(printf '%s\n' "${frameworks[@]}") <(printf '%s\n' "${recipes[@]}"); then
  tests/servers/install.sh frameworks >&2
  patience=400
fi
# Debian's Go may be older than the clients for Go ask for, and their modules come from Go's own proxy.
has_go=
(cd tests/broker/matrix/go && go build -o "$work/go-builds" .) >&2 && has_go=yes
opens sqlite
for recipe in "${recipes[@]}"; do
  case "$recipe" in
    */psql.sh) ;;
    *.go) if [ -n "$has_go" ]; then try "$recipe"; else echo "SKIPPED $recipe: it needs the Go that go.mod names, and Go's module proxy"; fi ;;
    *) try "$recipe" ;;
  esac
done
if [ -n "${DE_SHOP_TEST_POSTGRES:-}" ]; then
  DATABASE=${DE_SHOP_TEST_POSTGRES%/*}/recipes
  export DATABASE
  psql "$DE_SHOP_TEST_POSTGRES" -qc 'drop database if exists recipes' -c 'create database recipes' 2>/dev/null
  opens postgres --database "$DATABASE"
  for recipe in "${recipes[@]}"; do
    [ "$(basename "$recipe")" != psql.sh ] || try "$recipe"
  done
fi
printf '%s passed, %s failed\n' "$good" "$bad"
[ "$bad" = 0 ]
