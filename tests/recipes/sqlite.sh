#!/usr/bin/env bash
# Title: The table, with sqlite3
# Needs: sqlite3
# Prints: products\.detail\|[0-9]+
sqlite3 "$DATA/activity.db" "select endpoint, count(*) from user_activity_log where activity_type = 'view' group by endpoint order by 2 desc"
