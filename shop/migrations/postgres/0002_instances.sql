-- The shops of this database: when each was last seen to run, and which one sends its facts instead of it when its journal is gone.
CREATE TABLE shop_instance (
    name TEXT PRIMARY KEY,
    last_seen BIGINT NOT NULL,          -- microseconds since 1970, UTC; 0 when it was never seen
    adopted_by TEXT
);
