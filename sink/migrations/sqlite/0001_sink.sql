-- Where the sink stands in each partition. Whoever changes next_offset must still hold epoch.
CREATE TABLE sink_position (
    consumer_group    TEXT    NOT NULL,
    topic             TEXT    NOT NULL,
    partition         INTEGER NOT NULL,
    epoch             INTEGER NOT NULL,
    next_offset       INTEGER NOT NULL,
    -- Messages in a row that could not be read.
    bad_run           INTEGER NOT NULL,
    -- Set while dead letters may be on their way: from where in the dead-letter topic to look for them after a crash.
    dead_letters_from INTEGER,
    owner             TEXT    NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
) STRICT, WITHOUT ROWID;

-- The last sequence of each source in each partition: what is not above it is a duplicate.
CREATE TABLE sink_source (
    consumer_group TEXT    NOT NULL,
    topic          TEXT    NOT NULL,
    partition      INTEGER NOT NULL,
    instance       TEXT    NOT NULL,
    last_sequence  INTEGER NOT NULL,
    -- Microseconds since 1970, by the sink's clock.
    last_seen      INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition, instance)
) STRICT, WITHOUT ROWID;

-- How many bytes of each log file are committed; what lies behind them is cut.
CREATE TABLE sink_file (
    instance TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    length   INTEGER NOT NULL,
    PRIMARY KEY (instance, name)
) STRICT, WITHOUT ROWID;

-- What people did: one row for each message of the activity topics. JSON in args, form and details.
CREATE TABLE user_activity_log (
    id              INTEGER PRIMARY KEY,
    event_time      TEXT    NOT NULL,
    event_id        TEXT    NOT NULL,
    session_id      TEXT    NOT NULL,
    user_id         INTEGER,
    activity_type   TEXT    NOT NULL,
    entity_type     TEXT,
    entity_id       INTEGER,
    endpoint        TEXT    NOT NULL,
    method          TEXT    NOT NULL,
    path            TEXT    NOT NULL,
    args            TEXT    NOT NULL,
    form            TEXT    NOT NULL,
    response_status INTEGER,
    ip_address      TEXT,
    user_agent      TEXT,
    referrer        TEXT,
    request_id      TEXT,
    details         TEXT    NOT NULL,
    source_instance TEXT    NOT NULL,
    source_sequence INTEGER NOT NULL,
    kafka_topic     TEXT    NOT NULL,
    kafka_partition INTEGER NOT NULL,
    kafka_offset    INTEGER NOT NULL
) STRICT;

CREATE INDEX user_activity_log_event_time ON user_activity_log (event_time);
