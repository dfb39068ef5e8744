#!/usr/bin/env bash
# kcat against a broker: kcat.sh HOST:PORT. Each operation prints one line, its name and what came of it.
set -uo pipefail
broker=$1
fresh() { echo "matrix.$1.$RANDOM$RANDOM"; }
try() {
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then printf '%s\tok\n' "$name"; else printf '%s\tFAILED: %s\n' "$name" "$(tail -n 1 <<<"$said" | cut -c 1-150)"; fi
}
consume() { timeout 30 kcat -q -b "$broker" -C -e -t "$@"; }

first_use() {
  local topic
  topic=$(fresh first-use)
  echo 1 | kcat -b "$broker" -P -t "$topic"
  [ "$(kcat -b "$broker" -L -t "$topic" | grep -c '    partition ')" = 3 ]
}
list() { kcat -b "$broker" -L | grep -q "topics:"; }
codecs() {
  local topic codec
  topic=$(fresh codecs)
  for codec in none gzip snappy lz4 zstd; do seq 100 | kcat -b "$broker" -P -t "$topic" -p 0 -z "$codec"; done
  [ "$(consume "$topic" -p 0 -o beginning | wc -l)" = 500 ]
}
record() {
  local topic
  topic=$(fresh record)
  echo 'k:' | kcat -b "$broker" -P -t "$topic" -p 0 -K : -Z -H h=1
  [ "$(consume "$topic" -p 0 -o beginning -f '%k %S %h\n')" = "k -1 h=1" ]
}
end() {
  local topic
  topic=$(fresh end)
  seq 10 | kcat -b "$broker" -P -t "$topic" -p 0
  [ "$(consume "$topic" -p 0 -o -3 | paste -sd,)" = 8,9,10 ]
}
dated() {
  local topic before
  topic=$(fresh time)
  echo old | kcat -b "$broker" -P -t "$topic" -p 0
  sleep 0.1
  before=$(date +%s%3N)
  echo new | kcat -b "$broker" -P -t "$topic" -p 0
  [ "$(consume "$topic" -p 0 -o "s@$before")" = new ]
}
group() {
  local topic group
  topic=$(fresh group) group=$(fresh group)
  seq 10 | kcat -b "$broker" -P -t "$topic"
  [ "$(timeout 30 kcat -q -b "$broker" -e -o beginning -G "$group" "$topic" | wc -l)" = 10 ]
}

try "list topics" list
try "topic made on first use" first_use
try "five compressions" codecs
try "key, headers, null, time" record
try "from the end" end
try "from a time" dated
try "group: range" group
