#!/usr/bin/env bash
# Takes a picture of every page, light and dark, into target/screenshots: tests/screenshots.sh [pages|insights|drawer]
# The shop's pages at four widths and in both languages; the analysts' at a phone's and a desktop's; the README's picture.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --workspace --test promises -- --ignored --exact "${1:-pages}::screenshots"
