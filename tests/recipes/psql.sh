#!/usr/bin/env bash
# Title: The table in PostgreSQL, with psql: views by hour
# Needs: psql, and a shop that runs with --database postgres://...
# Prints: products.detail +\| +[0-9]+
psql "$DATABASE" -c "select date_trunc('hour', event_time) as hour, endpoint, count(*) from user_activity_log
  where activity_type = 'view' group by 1, 2 order by 1, 3 desc"
