#!/usr/bin/env bash
# The embedded broker beside Apache Kafka, with the same tools in the same run: tests/broker/bench.sh   (needs a release build of de-shop)
# One client, one partition, acks=all. Prints a table with ratios; figures depend on the machine, ratios less so.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
libs="$target/servers/kafka-4.3.1/libs/*"
program="${DE_SHOP:-$target/release/de-shop}"
records=${RECORDS:-200000}
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "${pids[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

port=$((20000 + RANDOM % 10000))
tests/servers/kafka.sh "$work/kafka" "$port" $((port + 1)) >"$work/kafka.log" 2>&1 &
pids+=($!)
kafka=127.0.0.1:$port
for _ in $(seq 120); do kcat -b "$kafka" -L >/dev/null 2>&1 && break; sleep 0.5; done
began=$(date +%s%N)
"$program" broker --listen 127.0.0.1:0 --data "$work/embedded" >"$work/ready" 2>"$work/log" &
pids+=($!)
until grep -q ready "$work/ready"; do sleep 0.002; done
ready=$(( ($(date +%s%N) - began) / 1000000 ))
embedded=$(sed -E 's/.*kafka=([^ ]+).*/\1/' "$work/ready")

java_tool() { java -Xmx256m -cp "$libs" "$@"; }
perf() {
  java_tool org.apache.kafka.tools.ProducerPerformance --topic bench --num-records "$records" --record-size 800 --throughput -1 \
    --producer-props bootstrap.servers="$1" acks=all linger.ms=5 | tail -n 1 | sed -nE 's/.* ([0-9.]+) records\/sec.*/\1/p'
}
consume() {
  local began=$(date +%s%N)
  kcat -q -b "$1" -C -t bench -o beginning -e -p 0 >/dev/null
  echo $(( records * 1000 / (($(date +%s%N) - began) / 1000000 + 1) ))
}
memory() { awk '/VmHWM/ { print int($2 / 1024) }' "/proc/$1/status"; }

for broker in "$kafka" "$embedded"; do
  java_tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$broker" --create --topic bench --partitions 1 >/dev/null 2>&1
done
printf '| one client, one partition, acks=all, %s records of 800 bytes | embedded | Apache Kafka | ratio |\n|---|---|---|---|\n' "$records"
row() { printf '| %s | %s | %s | %s |\n' "$1" "$2" "$3" "$(awk -v a="$2" -v b="$3" 'BEGIN { printf "%.2f", a / b }')"; }
perf "$kafka" >/dev/null   # warm
row "ProducerPerformance, records/s" "$(perf "$embedded")" "$(perf "$kafka")"
row "kcat, read from the beginning, records/s" "$(consume "$embedded")" "$(consume "$kafka")"
row "most memory, MiB" "$(memory "${pids[1]}")" "$(memory "${pids[0]}")"
printf '| ready after, ms | %s | | |\n' "$ready"
