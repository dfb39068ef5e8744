-- Where the sink stands in each partition. Whoever changes next_offset must still hold epoch.
CREATE TABLE sink_position (
    consumer_group    TEXT   NOT NULL,
    topic             TEXT   NOT NULL,
    partition         BIGINT NOT NULL,
    epoch             BIGINT NOT NULL,
    next_offset       BIGINT NOT NULL,
    -- Messages in a row that could not be read.
    bad_run           BIGINT NOT NULL,
    -- Set while dead letters may be on their way: from where in the dead-letter topic to look for them after a crash.
    dead_letters_from BIGINT,
    owner             TEXT   NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
);

-- The last sequence of each source in each partition: what is not above it is a duplicate.
CREATE TABLE sink_source (
    consumer_group TEXT   NOT NULL,
    topic          TEXT   NOT NULL,
    partition      BIGINT NOT NULL,
    instance       TEXT   NOT NULL,
    last_sequence  BIGINT NOT NULL,
    -- Microseconds since 1970, by the sink's clock.
    last_seen      BIGINT NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition, instance)
);

-- How many bytes of each log file are committed; what lies behind them is cut.
CREATE TABLE sink_file (
    instance TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    length   BIGINT NOT NULL,
    PRIMARY KEY (instance, name)
);

-- What people did: one row for each message of the activity topics. One partition a UTC day, user_activity_log_YYYYMMDD:
-- the sink creates them ahead and drops them after the retention.
CREATE TABLE user_activity_log (
    event_time      TIMESTAMPTZ NOT NULL,
    event_id        UUID        NOT NULL,
    session_id      TEXT        NOT NULL,
    user_id         BIGINT,
    activity_type   TEXT        NOT NULL,
    entity_type     TEXT,
    entity_id       BIGINT,
    endpoint        TEXT        NOT NULL,
    method          TEXT        NOT NULL,
    path            TEXT        NOT NULL,
    args            JSONB       NOT NULL,
    form            JSONB       NOT NULL,
    response_status SMALLINT,
    ip_address      TEXT,
    user_agent      TEXT,
    referrer        TEXT,
    request_id      UUID,
    details         JSONB       NOT NULL,
    source_instance TEXT        NOT NULL,
    source_sequence BIGINT      NOT NULL,
    kafka_topic     TEXT        NOT NULL,
    kafka_partition INTEGER     NOT NULL,
    kafka_offset    BIGINT      NOT NULL
) PARTITION BY RANGE (event_time);

CREATE INDEX user_activity_log_event_time ON user_activity_log USING brin (event_time);
