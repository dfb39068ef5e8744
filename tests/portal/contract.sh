#!/usr/bin/env bash
# Asks the Data Contract CLI about /data/contract.yaml: tests/portal/contract.sh
# `lint` compares it with the Open Data Contract Standard, `test` with the tables of a sink that has kept a visit in PostgreSQL; and a
# contract that says something else about a column must fail. The CLI (half a gigabyte with what it needs) goes into target/servers/datacontract.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
cli="$target/servers/datacontract"
program="${DE_SHOP:-$target/debug/de-shop}"
if [ ! -e "$cli/complete" ]; then
  [ -x "$cli/bin/pip" ] || python3 -m venv "$cli"
  timeout 900 "$cli/bin/pip" install -q 'datacontract-cli[postgres]==1.2.8'
  touch "$cli/complete"
fi
[ -x "$program" ] || cargo build --locked
tests/servers/install.sh postgres

work=$(mktemp -d)
chmod 755 "$work"
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "${pids[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# waits_for COMMAND...: until it succeeds, at most a minute.
waits_for() {
  for _ in $(seq 300); do "$@" 2>/dev/null && return; sleep 0.2; done
  echo "this never came: $*" >&2
  tail -n 20 "$work"/*.log >&2
  return 1
}

port=$((20000 + RANDOM % 12000))
tests/servers/postgres.sh "$work/postgres" "$port" >"$work/postgres.log" 2>&1 &
pids+=($!)
waits_for grep -q 'ready to accept connections' "$work/postgres.log"
database="postgres://postgres@127.0.0.1:$port/postgres"
"$program" --listen 127.0.0.1:0 --kafka-listen 127.0.0.1:0 --data "$work/data" --database "$database" >"$work/ready" 2>"$work/shop.log" &
pids+=($!)
waits_for grep -q '^ready' "$work/ready"
shop=$(sed -nE 's/^ready shop=([^ ]+) .*/\1/p' "$work/ready")
for path in / '/search?q=tea' /products/101 /products/102; do
  curl -sS -c "$work/jar" -b "$work/jar" -A 'Mozilla/5.0 (X11; Linux x86_64) Contract' -o /dev/null "$shop$path"
done
curl -sS -c "$work/jar" -b "$work/jar" -o /dev/null -d product_id=101 -d quantity=2 "$shop/cart/add"
rows() { [ "$(psql -qAt "$database" -c "SELECT COUNT(*) >= 5 AND (SELECT COUNT(*) FROM product) > 200 FROM user_activity_log")" = t ]; }
waits_for rows

curl -sSf "$shop/data/contract.yaml" -o "$work/contract.yaml"
"$cli/bin/datacontract" lint "$work/contract.yaml"
# Where the table is, only its operator knows.
cat >"$work/server.yaml" <<YAML
servers:
  - { server: sink, type: postgres, host: 127.0.0.1, port: $port, database: postgres, schema: public }
YAML
export DATACONTRACT_POSTGRES_USERNAME=postgres DATACONTRACT_POSTGRES_PASSWORD=none
cat "$work/contract.yaml" "$work/server.yaml" >"$work/served.yaml"
"$cli/bin/datacontract" test "$work/served.yaml"

# A contract that is not kept must not pass: a column that is not there, one of another type, one that is not always filled.
for planted in 's/physicalName: referrer$/physicalName: referer/; s/name: referrer$/name: referer/' \
  '/name: response_status$/,/description/s/smallint/text/' \
  '/^  - name: user_id$/,/description/s/required: false/required: true/'; do
  sed "$planted" "$work/served.yaml" >"$work/planted.yaml"
  cmp -s "$work/served.yaml" "$work/planted.yaml" && { echo "nothing was planted: $planted" >&2; exit 1; }
  if "$cli/bin/datacontract" test "$work/planted.yaml" >"$work/said" 2>&1; then
    echo "passes, and must not: $planted" >&2
    exit 1
  fi
  grep -qE 'failed|🔴' "$work/said" || { cat "$work/said" >&2; exit 1; }
done
echo "the contract is valid and kept, and 3 planted breaches are noticed"
