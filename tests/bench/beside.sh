#!/usr/bin/env bash
# Puts two shops beside each other, in turn: tests/bench/beside.sh OLD NEW [pairs, default 9] [seconds per run, default 3]
# OLD and NEW are programs (release builds). A line for each: the product's page, a click without cookies, and the clicks of a browser with
# its cookies and headers, each another one. Ratios above 1: NEW is faster. The machine's other work weighs on requests, hardly on CPU.
# Needs wrk (tests/servers/install.sh load).
set -euo pipefail
export SHOP_CLIENT_EVENTS_PER_MINUTE=0 # all load comes from one address
programs=("$(realpath "$1")" "$(realpath "$2")")
pairs=${3:-9}
seconds=${4:-3}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
started=()
trap 'stop; rm -rf "$work"' EXIT
source tests/bench/parts.sh

# The click that parts.sh sends, each with a number of its own: what is told again is not recorded again.
sed '/^local now/a local number = tonumber(os.getenv("BASE")) * 10000000' "$work/click.lua" >"$work/clicks.lua"
cat >>"$work/clicks.lua" <<'LUA'
local before, behind = wrk.body:match('^(.*"sequence":)1(.*)$')
request = function()
  number = number + 1
  return wrk.format(nil, nil, nil, before .. number .. behind)
end
LUA
agent='Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'

addresses=() ids=() cookies=()
for program in "${programs[@]}"; do
  shop "beside-${#ids[@]}" "$program" 127.0.0.1:9
  jar=$work/jar-${#ids[@]}
  for page in / /products/101; do curl -s -o "$work/page" -A "$agent" -b "$jar" -c "$jar" "http://$address$page"; done
  addresses+=("$address") ids+=("$pid")
  cookies+=("$(sed 's/^#HttpOnly_//' "$jar" | awk '!/^#/ && NF >= 7 { printf "%s%s=%s", between, $6, $7; between = "; " }')")
done

# run WHICH WHAT BASE
run() {
  local id=${ids[$1]} shop=http://${addresses[$1]}
  case $2 in
    page) wrk_run "$id" "$shop/products/101" ;;
    click) wrk_run "$id" -s "$work/click.lua" "$shop/api/log/click-event" ;;
    browser)
      BASE=$3 wrk_run "$id" -s "$work/clicks.lua" -H "user-agent: $agent" -H "cookie: ${cookies[$1]}" -H "referer: $shop/" -H "origin: $shop" \
        -H 'sec-fetch-site: same-origin' -H 'accept-language: ko,en;q=0.8' "$shop/api/log/click-event"
      ;;
  esac
}
# middle WHAT WHICH COLUMN
middle() { cut -d' ' -f"$3" "$work/$1-$2.runs" >"$work/column" && median "$work/column"; }

for what in page click browser; do
  seconds=1 run 0 $what 0 >"$work/warm" && seconds=1 run 1 $what 0 >"$work/warm"
  for pair in $(seq "$pairs"); do
    for which in 0 1; do run $which $what "$pair" >>"$work/$what-$which.runs"; done
  done
  echo "$what: requests/s $(middle $what 0 1), $(middle $what 1 1): $(ratio "$(middle $what 1 1)" "$(middle $what 0 1)");" \
    "us of CPU $(middle $what 0 2), $(middle $what 1 2): $(ratio "$(middle $what 0 2)" "$(middle $what 1 2)")"
done
