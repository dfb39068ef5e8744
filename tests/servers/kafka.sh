#!/usr/bin/env bash
# Runs Apache Kafka (KRaft, one node) in the foreground: tests/servers/kafka.sh DIR PORT CONTROLLER_PORT
# DIR keeps its data over restarts. The process that this becomes is the broker itself, so its id stops it.
set -euo pipefail
dir=$1 port=$2 controller=$3
cd "$(dirname "$0")/../.."
libs="$PWD/${CARGO_TARGET_DIR:-target}/servers/kafka-4.3.1/libs/*"
[ -n "${CARGO_TARGET_DIR:-}" ] && [ "${CARGO_TARGET_DIR#/}" != "$CARGO_TARGET_DIR" ] && libs="$CARGO_TARGET_DIR/servers/kafka-4.3.1/libs/*"

mkdir -p "$dir"
settings="$dir/server.properties"
cat >"$settings" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$dir/data
auto.create.topics.enable=${DE_SHOP_KAFKA_AUTO_CREATE:-false}
num.partitions=3
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
PROPERTIES
if [ ! -e "$dir/data/meta.properties" ]; then
  id=$(java -cp "$libs" kafka.tools.StorageTool random-uuid)
  java -cp "$libs" kafka.tools.StorageTool format -t "$id" -c "$settings" >/dev/null
fi
exec java -Xms256m -Xmx512m -XX:+UseSerialGC -cp "$libs" kafka.Kafka "$settings"
