-- Exercise 7 in Flink SQL: sql-client.sh -f starter.flink.sql (Apache Flink 1.20 or later). It is not right yet.
-- Mark it with: cat answer.flink/* > answer.jsonl; de-shop grade 7 answer.jsonl
SET 'execution.runtime-mode' = 'batch';
SET 'table.local-time-zone' = 'UTC';
SET 'table.dml-sync' = 'true';
SET 'parallelism.default' = '1';

-- From Kafka instead, with Flink's Kafka connector: WITH ('connector' = 'kafka', 'topic' = 'exercise-7.shop.view',
-- 'properties.bootstrap.servers' = '127.0.0.1:9092', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
-- 'format' = 'json')
CREATE TEMPORARY TABLE events (
    event_type STRING,
    visitor_id STRING,
    `timestamp` STRING,
    details ROW<product_id BIGINT>,
    -- 2026-11-03T01:02:03.456789Z; Flink's windows know milliseconds.
    event_time AS TO_TIMESTAMP(REPLACE(SUBSTRING(`timestamp`, 1, 23), 'T', ' '), 'yyyy-MM-dd HH:mm:ss.SSS'),
    WATERMARK FOR event_time AS event_time - INTERVAL '5' MINUTE
) WITH ('connector' = 'filesystem', 'path' = 'file://{folder}/stream.jsonl', 'format' = 'json');

CREATE TEMPORARY TABLE answer (
    window_end TIMESTAMP(3),
    `rank` BIGINT,
    product_id BIGINT,
    `views` BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'file://{folder}/answer.flink', 'format' = 'json');

-- To do: crawlers have no visitor_id, and the windows slide: HOP(TABLE events, DESCRIPTOR(event_time), INTERVAL '{slide_minutes}' MINUTE,
-- INTERVAL '60' MINUTE). Here they tumble.
INSERT INTO answer
SELECT window_end, `rank`, product_id, `views`
FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY `views` DESC, product_id) AS `rank`
    FROM (
        SELECT window_start, window_end, details.product_id AS product_id, COUNT(*) AS `views`
        FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), INTERVAL '60' MINUTE))
        WHERE event_type = 'view' AND details.product_id IS NOT NULL
        GROUP BY window_start, window_end, details.product_id
    )
)
WHERE `rank` <= {k};
