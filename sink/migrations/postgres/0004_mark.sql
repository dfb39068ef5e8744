-- What is kept, by where it comes from: for each stretch of 256 sequences of a shop, 32 bits of each event's id, little-endian, 0 where
-- none is kept; zeros at the end are left out. It belongs to the files and the table, so to no consumer group.
CREATE TABLE sink_mark (
    instance  TEXT   NOT NULL,
    stretch   BIGINT NOT NULL,
    marks     BYTEA  NOT NULL,
    -- Microseconds since 1970, by the sink's clock.
    last_seen BIGINT NOT NULL,
    PRIMARY KEY (instance, stretch)
) WITH (fillfactor = 50);
-- Random bits: trying to compress them is work for nothing.
ALTER TABLE sink_mark ALTER COLUMN marks SET STORAGE EXTERNAL;

-- Up to here events were kept before there were marks: files and table have to be asked for them.
ALTER TABLE sink_source ADD COLUMN unmarked_to BIGINT NOT NULL DEFAULT 0;
UPDATE sink_source SET unmarked_to = last_sequence;
