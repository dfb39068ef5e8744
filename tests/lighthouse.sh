#!/usr/bin/env bash
# Lighthouse (mobile) on home, listing, product and cart of a shop of its own, as a table: tests/lighthouse.sh [FOLDER OF THE PROGRAMS]   (default: target/debug)
# A report, not a gate: scores for speed depend on the machine. What keeps a score below 100 is named; whole reports are in target/lighthouse.
# It fails when the shop or Lighthouse can't run.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-target}"
programs="${1:-$target/debug}"
lighthouse="$target/servers/lighthouse/node_modules/.bin/lighthouse"
reports="$target/lighthouse"
[ -x "$lighthouse" ] || { echo "lighthouse.sh: tests/servers/install.sh lighthouse browser installs it" >&2; exit 2; }

folder=$(mktemp -d)
mkdir -p "$reports"
rm -f "$reports"/*.json
"$programs/de-shop" --listen 127.0.0.1:0 --kafka-listen 127.0.0.1:0 --data "$folder/data" >"$folder/ready" 2>"$folder/said" &
shop=$!
trap 'kill "$shop" 2>/dev/null || true; wait "$shop" 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 600); do
  grep -qs '^ready' "$folder/ready" && break
  kill -0 "$shop" 2>/dev/null || { cat "$folder/said" >&2; exit 1; }
  sleep 0.1
done
address=$(sed -nE 's/^ready shop=([^ ]+).*/\1/p' "$folder/ready")

# Somebody who has looked around, so that the shelves are there, and has something in the cart.
jar="$folder/cookies"
visits() { curl --silent --show-error --fail --output /dev/null --cookie "$jar" --cookie-jar "$jar" "$@"; }
for product in 101 305 501 609; do visits "$address/products/$product"; done
for product in 101 305; do visits --data "product_id=$product&quantity=1" "$address/cart/add"; done
cookies=$(awk '$6 != "" { sub(/^#HttpOnly_/, ""); printf "%s%s=%s", separator, $6, $7; separator = "; " }' "$jar")
printf '{"Cookie": "%s", "Accept-Language": "en"}' "$cookies" >"$folder/headers.json"

# Chromium's trace fails now and then (NO_NAVSTART); Lighthouse itself says: run again.
audits() {
  local try
  for try in 1 2 3; do
    CHROME_PATH=/usr/bin/chromium timeout 180 "$lighthouse" "$address$2" --quiet --output=json --output-path="$reports/$1.json" \
      --extra-headers="$folder/headers.json" --only-categories=performance,accessibility,best-practices,seo \
      --chrome-flags="--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage" 2>"$folder/lighthouse" && return
  done
  cat "$folder/lighthouse" >&2
  exit 1
}
audits home /
audits listing /products/
audits product /products/101
audits cart /cart
node tests/lighthouse.js "$reports"
