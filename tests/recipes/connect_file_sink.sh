#!/usr/bin/env bash
# Title: A topic into a file, with Kafka Connect
# Needs: Apache Kafka's Connect and its file connector (CONNECT_LIBS: their jars; an installed Kafka has bin/connect-standalone.sh)
# Prints: "event_type":"view"
folder=$(mktemp -d)
cat >"$folder/worker.properties" <<PROPERTIES
bootstrap.servers=$KAFKA
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.file.filename=$folder/offsets
listeners=http://127.0.0.1:0
PROPERTIES
cat >"$folder/views.properties" <<PROPERTIES
name=views
connector.class=FileStreamSink
topics=shop.view
file=$folder/views.json
PROPERTIES
# It runs for ever; here until the first views are in the file.
java -cp "$CONNECT_LIBS" org.apache.kafka.connect.cli.ConnectStandalone "$folder/worker.properties" "$folder/views.properties" >"$folder/log" 2>&1 &
worker=$!
for _ in $(seq 120); do [ -s "$folder/views.json" ] && break; sleep 0.5; done
kill "$worker"
wait "$worker"
head -n 3 "$folder/views.json"
rm -r "$folder"
