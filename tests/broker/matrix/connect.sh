#!/usr/bin/env bash
# Kafka Connect in distributed mode, with the file connectors, against a broker: connect.sh HOST:PORT. Each operation prints one line, its name
# and what came of it.
set -uo pipefail
broker=$1
cd "$(dirname "$0")/../../.."
servers="${CARGO_TARGET_DIR:-target}/servers"
libs="$servers/frameworks/kafka/libs/*:$servers/kafka-4.3.1/libs/*"
work=$(mktemp -d)
name=matrix.connect.$RANDOM$RANDOM
rest=http://127.0.0.1:$((20000 + RANDOM % 10000))
worker=
finish() {
  [ -z "$worker" ] || kill -9 "$worker" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

cat >"$work/worker.properties" <<PROPERTIES
bootstrap.servers=$broker
group.id=$name
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
config.storage.topic=$name-configs
offset.storage.topic=$name-offsets
status.storage.topic=$name-status
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
offset.flush.interval.ms=1000
session.timeout.ms=6000
heartbeat.interval.ms=2000
listeners=$rest
PROPERTIES

begins() {
  java -Xmx512m -cp "$libs" org.apache.kafka.connect.cli.ConnectDistributed "$work/worker.properties" >"$work/worker.log" 2>&1 &
  worker=$!
}
killed() {
  kill -9 "$worker"
  wait "$worker" 2>/dev/null
}
# until_true WHAT COMMAND...: for a minute.
until_true() {
  local what=$1 end=$((SECONDS + 60))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || { echo "not within a minute: $what" && return 1; }
    sleep 0.5
  done
}
connector() { curl -sf -X PUT -H 'Content-Type: application/json' "$rest/connectors/$1/config" -d "$2" >/dev/null; }
state() { curl -sf "$rest/connectors/$1/status" | jq -r '.connector.state, .tasks[].state' | sort -u | tr '\n' ' '; }
runs() { [ "$(state "$1")" = "RUNNING " ]; }
answers() { curl -sf "$rest/connectors" >/dev/null; }
lines() { [ "$(sort -u "$work/$1" 2>/dev/null | grep -c "$2")" -ge "$3" ]; }
numbers() { seq "$1" "$2" | kcat -b "$broker" -P -t "$name"; }
policy() { java -Xmx256m -cp "$libs" org.apache.kafka.tools.TopicCommand --bootstrap-server "$broker" --describe --topic "$name-$1" 2>&1 | grep -o 'cleanup.policy=[a-z]*'; }
try() {
  local operation=$1 said
  shift
  # Not in a subshell: a worker that an operation starts is known to the next one.
  if "$@" >"$work/said" 2>&1; then
    printf '%s\tok\n' "$operation"
  else
    said=$(tail -n 1 "$work/said" | cut -c 1-100)
    printf '%s\tFAILED: %s; %s\n' "$operation" "$said" "$(grep -m 1 -E 'Exception|ERROR' "$work/worker.log" | cut -c 1-100)"
  fi
}

sinks() {
  numbers 1 100
  begins
  until_true "the worker answers" answers &&
    until_true "the connector is made" connector sink '{"connector.class":"FileStreamSink","tasks.max":"2","topics":"'"$name"'","file":"'"$work/sunk"'"}' &&
    until_true "it runs" runs sink && until_true "all lines" lines sunk '^[0-9]*$' 100
}
internal_topics() {
  local part
  for part in configs offsets status; do [ "$(policy $part)" = cleanup.policy=compact ] || { echo "$part is not compacted" && return 1; }; done
}
# What is known of it after kill -9 is what the compacted topics kept.
kill_sink() {
  numbers 101 150
  killed
  numbers 151 200
  begins
  until_true "the worker answers" answers && until_true "it runs again" runs sink && until_true "all lines" lines sunk '^[0-9]*$' 200
}
sources() {
  seq 1 50 >"$work/read"
  until_true "the connector is made" connector source '{"connector.class":"FileStreamSource","topic":"'"$name.read"'","file":"'"$work/read"'"}' &&
    until_true "it runs" runs source && until_true "all lines" reads 50
}
reads() { [ "$(kcat -q -b "$broker" -C -t "$name.read" -o beginning -e 2>/dev/null | sort -u | wc -l)" = "$1" ]; }
# It goes on where the offsets topic says; a line may come twice, none is left out, and the first are not read again.
kill_source() {
  sleep 2
  killed
  seq 51 80 >>"$work/read"
  begins
  until_true "the worker answers" answers && until_true "all lines" reads 80 &&
    [ "$(kcat -q -b "$broker" -C -t "$name.read" -o beginning -e | grep -cx 1)" = 1 ]
}
paused_and_removed() {
  curl -sf -X PUT "$rest/connectors/sink/pause" >/dev/null && until_true "it pauses" paused &&
    curl -sf -X PUT "$rest/connectors/sink/resume" >/dev/null && until_true "it runs" runs sink &&
    curl -sf -X DELETE "$rest/connectors/sink" >/dev/null && until_true "it is gone" gone
}
paused() { [ "$(state sink)" = "PAUSED " ]; }
gone() { ! curl -sf "$rest/connectors/sink" >/dev/null; }

try "file sink with two tasks" sinks
try "three compacted internal topics" internal_topics
try "sink: worker killed, goes on" kill_sink
try "file source" sources
try "source: worker killed, goes on" kill_source
try "connector paused, resumed, removed" paused_and_removed
