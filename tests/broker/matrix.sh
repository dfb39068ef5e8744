#!/usr/bin/env bash
# The client matrix: every client, operation by operation, against the embedded broker and Apache Kafka.
#   tests/broker/matrix.sh [embedded] [kafka]     (default: both; the programs are taken from target/, built if need be)
#   --frameworks: also Kafka Streams, Kafka Connect, Spark and Flink, which take 1 GB to install and ten minutes a broker to run
#   --only NAME: one client, for a quick look
# Prints the table; with --keep what was run replaces what matrix/results.tsv has of these clients, and matrix.md is made of all that is
# there. Exit 1 when an operation fails, or is
# refused where that isn't documented.
set -euo pipefail
cd "$(dirname "$0")/../.."
keep='' frameworks='' only=''
brokers=()
while [ $# -gt 0 ]; do
  case "$1" in
    --keep) keep=yes ;;
    --frameworks) frameworks=yes ;;
    --only)
      only=$2
      case "$2" in Spark | Flink | "Kafka Streams" | "Kafka Connect") frameworks=yes ;; esac
      shift
      ;;
    *) brokers+=("$1") ;;
  esac
  shift
done
[ ${#brokers[@]} -gt 0 ] || brokers=(embedded kafka)
target="${CARGO_TARGET_DIR:-target}"
servers="$target/servers"
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "${pids[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

tests/servers/install.sh kafka-clients >&2
program="${DE_SHOP:-$target/debug/de-shop}"
[ -x "$program" ] || cargo build --locked >&2
# wanted NAME...: whether one of these clients is to be run.
wanted() { [ -z "$only" ] || printf '%s\n' "$@" | grep -qxF -e "$only"; }
[ -x "$target/debug/examples/matrix_rdkafka" ] || ! wanted rdkafka || cargo build --locked --example matrix_rdkafka >&2
# Debian's Go may be older than these clients ask for, and their modules come from Go's own proxy.
if wanted franz-go sarama kafka-go && ! (cd tests/broker/matrix/go && go build -o "$work/go" .) >&2; then
  echo "SKIPPED: franz-go, sarama and kafka-go, which need the Go that go.mod names and Go's module proxy" >&2
fi

embedded() {
  "$program" broker --listen 127.0.0.1:0 --data "$work/embedded" >"$work/embedded.ready" 2>"$work/embedded.log" &
  pids+=($!)
  for _ in $(seq 100); do grep -q ready "$work/embedded.ready" && break; sleep 0.1; done
  address=$(sed -E 's/.*kafka=([^ ]+).*/\1/' "$work/embedded.ready")
}

kafka() {
  local port=$((20000 + RANDOM % 10000))
  DE_SHOP_KAFKA_AUTO_CREATE=true tests/servers/kafka.sh "$work/kafka" "$port" $((port + 1)) >"$work/kafka.log" 2>&1 &
  pids+=($!)
  address=127.0.0.1:$port
  for _ in $(seq 120); do kcat -b "$address" -L >/dev/null 2>&1 && break; sleep 0.5; done
}

patience=240
# client NAME COMMAND...: runs one client against every broker.
client() {
  local name=$1 broker
  shift
  wanted "$name" || return 0
  for broker in "${brokers[@]}"; do
    timeout "$patience" "$@" "${addresses[$broker]}" 2>"$work/$name.$broker.stderr" | sed "s|^|$name\t$broker\t|" >>"$work/results" ||
      printf '%s\t%s\t%s\t%s\n' "$name" "$broker" "all of it" "FAILED: $(tail -n 1 "$work/$name.$broker.stderr" | cut -c 1-120)" >>"$work/results"
  done
}

declare -A addresses
for broker in "${brokers[@]}"; do
  "$broker"
  addresses[$broker]=$address
done
python="$servers/clients/python/bin/python"
client kcat tests/broker/matrix/kcat.sh
client confluent-kafka "$python" tests/broker/matrix/confluent.py
client kafka-python "$python" tests/broker/matrix/kafka_python.py
client aiokafka "$python" tests/broker/matrix/aio.py
client kafkajs env NODE_PATH="$servers/clients/node/node_modules" KAFKAJS_NO_PARTITIONER_WARNING=1 node tests/broker/matrix/kafkajs.js
if [ -x "$work/go" ]; then
  client franz-go "$work/go" franz-go
  client sarama "$work/go" sarama
  client kafka-go "$work/go" segmentio
fi
client rdkafka "$target/debug/examples/matrix_rdkafka"
libs="$servers/kafka-4.3.1/libs"
sources=tests/broker/matrix/java
javac -d "$work/java" -cp "$libs/*" "$sources/Harness.java" "$sources/JavaClient.java"
client "Java client" java -Xmx256m -cp "$work/java:$libs/*" JavaClient
client "Kafka's tools" tests/broker/matrix/java.sh

# The frameworks wait long for what is late, and the machine may be busy.
run_frameworks() {
  tests/servers/install.sh frameworks >&2
  local folder="$servers/frameworks" streams flink
  patience=900
  streams="$folder/kafka/libs/*:$libs/*"
  javac -d "$work/java" -cp "$streams" "$sources/Harness.java" "$sources/Streams.java"
  client "Kafka Streams" java -Xmx512m -cp "$work/java:$streams" Streams
  client "Kafka Connect" tests/broker/matrix/connect.sh
  export SPARK_KAFKA_LIBS=$folder/spark/libs
  client "Spark" "$folder/python/bin/python" tests/broker/matrix/spark.py
  flink="$(echo "$folder"/python/lib/python3.*/site-packages/pyflink/lib)/*:$folder/flink/libs/*:$(echo "$libs"/kafka-clients-*.jar)"
  javac -d "$work/java" -cp "$flink" "$sources/Harness.java" "$sources/Flink.java"
  client "Flink" java -Xmx1g -Dlog4j2.level=OFF --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED \
    -cp "$work/java:$flink" Flink
}
[ -z "$frameworks" ] || run_frameworks
[ -e "$work/results" ] || { echo "matrix.sh: no client is called '$only'" >&2 && exit 2; }

kept=tests/broker/matrix/results.tsv
if [ -n "$keep" ]; then
  awk -F'\t' 'NR == FNR { ran[$1, $2] = 1; next } !(($1, $2) in ran)' "$work/results" "$kept" >"$work/others"
  cat "$work/others" "$work/results" >"$kept"
  python3 tests/broker/matrix/table.py "$kept" embedded kafka >tests/broker/matrix.md || true
fi
python3 tests/broker/matrix/table.py "$work/results" "${brokers[@]}"
