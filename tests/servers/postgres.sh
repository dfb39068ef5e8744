#!/usr/bin/env bash
# Runs PostgreSQL 15 in the foreground: tests/servers/postgres.sh DIR PORT
# DIR keeps its data over restarts. The process that this becomes is the server itself, so its id stops it.
set -euo pipefail
dir=$1 port=$2
bin=/usr/lib/postgresql/15/bin
as_postgres=()
mkdir -p "$dir"
if [ "$(id -u)" = 0 ]; then
  # The server refuses to run as root.
  chown postgres "$dir"
  as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
cd "$dir"
[ -e "$dir/data/PG_VERSION" ] || "${as_postgres[@]}" "$bin/initdb" -D "$dir/data" -A trust -U postgres --no-sync >/dev/null
exec "${as_postgres[@]}" "$bin/postgres" -D "$dir/data" -p "$port" -k "$dir" -c listen_addresses=127.0.0.1 -c max_connections=100
