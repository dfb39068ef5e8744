#!/usr/bin/env bash
# Hundreds of seeded faults on real processes under constant shopping, then the ledger and a table (half an hour):
#   [FAULTS=200] [DE_SHOP_FAULT_SEED=N] tests/soak.sh [one] [many]     (default: both, one after the other)
# one: embedded broker and SQLite; many: Apache Kafka and PostgreSQL, two shops, two sinks (tests/servers/install.sh kafka postgres).
set -euo pipefail
cd "$(dirname "$0")/.."
export FAULTS="${FAULTS:-200}" DE_SHOP_TEST_REQUIRE=1

for kind in "${@:-one many}"; do
  for one in $kind; do
    case "$one" in
      one) broker=embedded database=sqlite ;;
      many) broker=kafka database=postgres ;;
      *) echo "soak.sh: no kind is called '$one'" >&2; exit 2 ;;
    esac
    printf '\n== %s faults on %s and %s\n' "$FAULTS" "$broker" "$database"
    DE_SHOP_TEST_BROKER=$broker DE_SHOP_TEST_DATABASE=$database \
      cargo test --workspace --locked --test promises -- --ignored --nocapture hundreds_of_faults
  done
done
