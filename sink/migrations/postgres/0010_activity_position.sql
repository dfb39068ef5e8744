-- Insights read what is new by its place in the topics, and look up single messages by it.
CREATE INDEX user_activity_log_position ON user_activity_log (kafka_topic, kafka_partition, kafka_offset);
