-- Tells the last message that was read of the partition, the one before next_offset, from any other that may stand there: a topic that was
-- deleted and made again has other messages at its offsets. Null until a batch is committed.
ALTER TABLE sink_position ADD COLUMN trace BIGINT;

-- When the retention last looked, in microseconds since 1970: a clock that leaps must not delete everything at once. One row.
CREATE TABLE sink_retention (
    id        BIGINT PRIMARY KEY,
    looked_at BIGINT NOT NULL
);
INSERT INTO sink_retention (id, looked_at) SELECT 1, newest FROM (SELECT MAX(last_seen) AS newest FROM sink_source) AS seen WHERE newest IS NOT NULL;
