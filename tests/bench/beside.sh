#!/usr/bin/env bash
# Puts two programs beside each other, in turn: tests/bench/beside.sh pages|whole|sinks OLD NEW [pairs, default 9] [seconds per run, default 3]
# OLD and NEW are release builds: of `shop` for pages (the product's page, the same in gzip, a click without cookies, and the clicks of a
# browser with its cookies and headers, each another one), of `de-shop` for the whole in one process (the product's page), of `sink` for
# sinks (200,000 views from the embedded broker into files and SQLite). Medians; ratios above 1: NEW is faster. The machine's other work
# weighs on requests a second, hardly on CPU. Needs wrk (tests/servers/install.sh load), sinks also kcat (clients) and the release builds of
# de-shop and its example `fill`.
set -euo pipefail
export SHOP_CLIENT_EVENTS_PER_MINUTE=0 # all load comes from one address
what=$1
old=$(realpath "$2")
new=$(realpath "$3")
pairs=${4:-9}
seconds=${5:-3}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
started=()
trap 'stop; rm -rf "$work"' EXIT
source tests/bench/parts.sh

# middle WHAT WHICH COLUMN
middle() { cut -d' ' -f"$3" "$work/$1-$2.runs" >"$work/column" && median "$work/column"; }
# beside WHAT UNIT COMMAND...: COMMAND gets `old` or `new` and the number of the pair, and prints units a second and CPU for one.
beside() {
  local what=$1 unit=$2 pair which
  shift 2
  for pair in $(seq "$pairs"); do
    for which in old new; do "$@" $which "$pair" >>"$work/$what-$which.runs"; done
  done
  echo "$what: $unit/s $(middle "$what" old 1), $(middle "$what" new 1): $(ratio "$(middle "$what" new 1)" "$(middle "$what" old 1)");" \
    "us of CPU $(middle "$what" old 2), $(middle "$what" new 2): $(ratio "$(middle "$what" old 2)" "$(middle "$what" new 2)")"
}
program() { [ "$1" = old ] && echo "$old" || echo "$new"; }

# ---- pages -----------------------------------------------------------------------------------------------------------------------
agent='Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'
declare -A addresses ids cookies
# open_shop WHICH: a shop whose visitor has cookies.
open_shop() {
  shop "$1" "$(program "$1")" 127.0.0.1:9
  local jar=$work/jar-$1 page
  for page in / /products/101; do curl -s -o "$work/page" -A "$agent" -b "$jar" -c "$jar" "http://$address$page"; done
  addresses[$1]=http://$address ids[$1]=$pid
  cookies[$1]=$(sed 's/^#HttpOnly_//' "$jar" | awk '!/^#/ && NF >= 7 { printf "%s%s=%s", between, $6, $7; between = "; " }')
}
page() { wrk_run "${ids[$1]}" "${addresses[$1]}/products/101"; }
compressed() { wrk_run "${ids[$1]}" -H 'accept-encoding: gzip' "${addresses[$1]}/products/101"; }
click() { wrk_run "${ids[$1]}" -s "$work/click.lua" "${addresses[$1]}/api/log/click-event"; }
browser() {
  local shop=${addresses[$1]}
  BASE=$2 wrk_run "${ids[$1]}" -s "$work/clicks.lua" -H "user-agent: $agent" -H "cookie: ${cookies[$1]}" -H "referer: $shop/" \
    -H "origin: $shop" -H 'sec-fetch-site: same-origin' -H 'accept-language: ko,en;q=0.8' "$shop/api/log/click-event"
}
pages() {
  # The click that parts.sh sends, each with a number of its own: what is told again is not recorded again.
  sed '/^local now/a local number = tonumber(os.getenv("BASE")) * 10000000' "$work/click.lua" >"$work/clicks.lua"
  cat >>"$work/clicks.lua" <<'LUA'
local before, behind = wrk.body:match('^(.*"sequence":)1(.*)$')
request = function()
  number = number + 1
  return wrk.format(nil, nil, nil, before .. number .. behind)
end
LUA
  open_shop old && open_shop new
  local kind
  for kind in page compressed click browser; do
    seconds=1 $kind old 0 >"$work/warm" && seconds=1 $kind new 0 >"$work/warm"
    beside $kind requests $kind
  done
}

# ---- the whole, and sinks: a new process for each run ----------------------------------------------------------------------------------
one_whole() {
  rm -rf "$work/whole"
  start whole "$(program "$1")" run --listen 127.0.0.1:0 --kafka-listen 127.0.0.1:0 --data "$work/whole"
  address=$(field whole shop)
  seconds=1 wrk_run "$pid" "http://$address/products/101" >"$work/warm"
  wrk_run "$pid" "http://$address/products/101"
  stop_last
}
one_sink() {
  local name=$1-$2 began
  began=$(now)
  start "$name" "$(program "$1")" --listen 127.0.0.1:0 --kafka "$kafka" --database "sqlite:$work/$name.db" --logs "$work/$name" \
    --group "$name" --diagnostics "$work/diagnostics-$name"
  await_lines "$work/$name/user_activity"
  echo "$(rate "$count" "$began") $(per "$(cpu "$pid")" "$count")"
  stop_last
  rm -rf "${work:?}/$name" "$work/$name.db"*
}

case $what in
  pages) pages ;;
  whole) beside whole requests one_whole ;;
  sinks)
    count=200000
    programs=target/release
    broker embedded beside && fill
    beside sinks messages one_sink
    ;;
  *) echo "beside.sh: pages, whole or sinks, not '$what'" >&2; exit 2 ;;
esac
