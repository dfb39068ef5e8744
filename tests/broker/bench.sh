#!/usr/bin/env bash
# The embedded broker beside Apache Kafka, with the same tools in the same run: tests/broker/bench.sh   (needs a release build of de-shop)
# One client, one partition, acks=all, in turns and RUNS times (3); the middle one of each counts. Figures depend on the machine, ratios less so.
# Both ways of acknowledging, by the same setting of the topic on both brokers: `flush.messages=1` (each batch is on the disk first, the
# embedded broker's default) and 9223372036854775807 (none waits for the disk, Apache Kafka's).
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
libs="$target/servers/kafka-4.3.1/libs/*"
program="${DE_SHOP:-$target/release/de-shop}"
records=${RECORDS:-200000} runs=${RUNS:-3}
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "${pids[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

now() { echo $(($(date +%s%N) / 1000000)); }
middle() { sort -n | sed -n "$(((runs + 1) / 2))p"; }

# begin FOLDER: the embedded broker; sets `embedded`, `pid`, and `ready`: the milliseconds until it said so.
begin() {
  local began
  rm -f "$work/ready"
  mkfifo "$work/ready"
  began=$(now)
  "$program" broker --listen 127.0.0.1:0 --data "$1" >"$work/ready" 2>>"$work/log" &
  pid=$!
  read -r said <"$work/ready"
  ready=$(($(now) - began))
  embedded=$(sed -E 's/.*kafka=([^ ]+).*/\1/' <<<"$said")
}
end() { kill "$1" && wait "$1" || true; }

port=$((20000 + RANDOM % 10000))
tests/servers/kafka.sh "$work/kafka" "$port" $((port + 1)) >"$work/kafka.log" 2>&1 &
pids+=($!)
kafka=127.0.0.1:$port
for _ in $(seq 240); do kcat -b "$kafka" -L >/dev/null 2>&1 && break; sleep 0.5; done

java_tool() { java -Xmx256m -cp "$libs" "$@"; }
creates() { # BROKER TOPIC PARTITIONS FLUSH_MESSAGES
  java_tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$1" --create --topic "$2" --partitions "$3" --config flush.messages="$4" >/dev/null 2>&1
}
performance() { # BROKER TOPIC: records a second
  java_tool org.apache.kafka.tools.ProducerPerformance --topic "$2" --num-records "$records" --record-size 800 --throughput -1 \
    --producer-props bootstrap.servers="$1" acks=all linger.ms=5 | tail -n 1 | sed -nE 's/.* ([0-9]+)\.?[0-9]* records\/sec.*/\1/p'
}
took() { # COMMAND...: records a second
  local began
  began=$(now)
  "$@" >/dev/null
  echo $((records * 1000 / ($(now) - began + 1)))
}
writes() { kcat -q -b "$1" -P -t "$2" -p 0 -X acks=all -X linger.ms=5 -l "$work/lines"; }
# As many as the runs wrote, or more.
reads() { kcat -q -b "$1" -C -t "$2" -p 0 -o beginning -c "$records"; }
memory() { awk '/VmHWM/ { print int($2 / 1024) }' "/proc/$1/status"; }
row() { printf '| %s | %s | %s | %s |\n' "$1" "$2" "$3" "$(awk -v a="$2" -v b="$3" 'BEGIN { printf "%.2f", a / b }')"; }
# measured NAME COMMAND TOPIC: both brokers in turns, the middle run of each.
measured() {
  local name=$1 run
  shift
  : >"$work/ours"
  : >"$work/theirs"
  for run in $(seq "$runs"); do
    "$1" "$embedded" "$2" >>"$work/ours"
    "$1" "$kafka" "$2" >>"$work/theirs"
  done
  row "$name" "$(middle <"$work/ours")" "$(middle <"$work/theirs")"
}
librdkafka_writes() { took writes "$1" "$2"; }
librdkafka_reads() { took reads "$1" "$2"; }

head -c $((records * 400)) /dev/urandom | od -An -v -tx1 -w400 | tr -d ' ' >"$work/lines"
begin "$work/embedded"
pids+=("$pid")
for broker in "$kafka" "$embedded"; do
  creates "$broker" warm 1 1
  creates "$broker" on.disk 1 1
  creates "$broker" unhurried 1 9223372036854775807
  performance "$broker" warm >/dev/null
done
printf '| one client, one partition, acks=all, %s records of 800 bytes | embedded | Apache Kafka | ratio |\n|---|---|---|---|\n' "$records"
measured "ProducerPerformance, each batch on the disk first, records/s" performance on.disk
measured "ProducerPerformance, none waits for the disk, records/s" performance unhurried
measured "librdkafka (kcat) writes, each batch on the disk first, records/s" librdkafka_writes on.disk
measured "librdkafka (kcat) writes, none waits for the disk, records/s" librdkafka_writes unhurried
measured "librdkafka (kcat) reads, records/s" librdkafka_reads unhurried
row "most memory, MiB" "$(memory "$pid")" "$(memory "${pids[0]}")"
end "${pids[0]}"

ready_times() { # FOLDER PREFIX: the middle of the runs
  local run
  for run in $(seq "$runs"); do
    begin "$1"
    end "$pid"
    echo "$ready"
    [ "$2" = again ] || rm -rf "$1"
  done | middle
}
end "$pid"
printf '| ready after, a new folder, ms | %s | | |\n' "$(ready_times "$work/new" new)"
printf '| ready after, the same folder, ms | %s | | |\n' "$(ready_times "$work/again" again)"
begin "$work/wide"
began=$(now)
for topic in 1 2 3 4; do creates "$embedded" "wide.$topic" 250 1; done
made=$(($(now) - began))
for topic in 1 2 3 4; do
  for partition in $(seq 0 249); do echo "$partition"; done | kcat -q -b "$embedded" -P -t "wide.$topic" -X partitioner=random
done
end "$pid"
printf '| 1,000 partitions made by four runs of Kafka'"'"'s tool, ms | %s | | |\n' "$made"
printf '| ready after with 1,000 partitions, ms | %s | | |\n' "$(ready_times "$work/wide" again)"
