#!/usr/bin/env bash
# Apache Kafka's own tools (4.3.1) against a broker: java.sh HOST:PORT. Each operation prints one line, its name and what came of it.
set -uo pipefail
broker=$1
cd "$(dirname "$0")/../../.."
servers="${CARGO_TARGET_DIR:-target}/servers"
tool() { timeout 60 java -Xmx256m -XX:TieredStopAtLevel=1 -cp "$servers/kafka-4.3.1/libs/*" "$@" 2>&1; }
topics() { tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$broker" "$@"; }
produce() { tool org.apache.kafka.tools.ConsoleProducer --bootstrap-server "$broker" "$@"; }
consume() { tool org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$broker" --timeout-ms 15000 "$@"; }
groups() { tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand --bootstrap-server "$broker" "$@"; }
fresh() { echo "matrix.$1.$RANDOM$RANDOM"; }
try() {
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then
    printf '%s\tok\n' "$name"
  else
    printf '%s\t%s: %s\n' "$name" "${refused:-FAILED}" "$(grep -m 1 -E 'Exception|rror' <<<"$said" | cut -c 1-150)"
  fi
}

t=$(fresh tools)
list() { topics --create --topic "$t" --partitions 2 && topics --list | grep -qx "$t"; }
record() {
  echo 'h:1|k|v' | produce --topic "$t" --reader-property parse.headers=true --reader-property parse.key=true \
    --reader-property 'headers.delimiter=|' --reader-property 'key.separator=|' &&
    consume --topic "$t" --from-beginning --max-messages 1 --formatter-property print.headers=true --formatter-property print.key=true | grep -q 'h:1.*k.*v'
}
codecs() {
  local topic codec
  topic=$(fresh codecs)
  for codec in none gzip snappy lz4 zstd; do
    seq 20 | produce --topic "$topic" --compression-codec "$codec" || return 1
  done
  [ "$(consume --topic "$topic" --from-beginning --max-messages 100 | grep -c '^[0-9]*$')" = 100 ]
}
grouped() {
  seq 9 | produce --topic "$t" &&
    consume --topic "$t" --group "$t" --from-beginning --max-messages 5 | grep -q . &&
    groups --describe --group "$t" | grep -q "$t" &&
    groups --reset-offsets --group "$t" --topic "$t" --to-earliest --execute | grep -q "$t" &&
    groups --delete --group "$t" | grep -q successful
}
administer() {
  tool kafka.admin.ConfigCommand --bootstrap-server "$broker" --alter --entity-type topics --entity-name "$t" --add-config cleanup.policy=[compact,delete] | grep -q Completed &&
    tool kafka.admin.ConfigCommand --bootstrap-server "$broker" --describe --entity-type brokers --entity-name 1 --all | grep -q advertised.listeners &&
    topics --alter --topic "$t" --partitions 4 && topics --describe --topic "$t" | grep -q 'PartitionCount: 4' &&
    tool org.apache.kafka.tools.GetOffsetShell --bootstrap-server "$broker" --topic "$t" --time max-timestamp | grep -q "$t:0" &&
    tool org.apache.kafka.tools.LogDirsCommand --bootstrap-server "$broker" --describe | grep -q "$t" &&
    topics --delete --topic "$t"
}
acls() {
  local said
  said=$(tool org.apache.kafka.tools.AclCommand --bootstrap-server "$broker" --list)
  echo "$said"
  ! grep -q Exception <<<"$said"
}

try "list topics" list
try "key, headers, null, time" record
try "five compressions" codecs
try "commit, resume, lag" grouped
try "administration" administer
refused=refused try "ACLs" acls
