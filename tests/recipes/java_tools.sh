#!/usr/bin/env bash
# Title: Kafka's own console tools
# Needs: Apache Kafka's tools (KAFKA_LIBS is the folder with its jars; an installed Kafka has them as bin/kafka-console-consumer.sh)
# Prints: "event_type":"view"
java -cp "$KAFKA_LIBS/*" org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$KAFKA" \
  --topic shop.view --from-beginning --max-messages 3 --timeout-ms 20000
