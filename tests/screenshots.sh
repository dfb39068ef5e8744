#!/usr/bin/env bash
# Takes a picture of every page, at four widths, light and dark, in both languages, into target/screenshots: tests/screenshots.sh
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --workspace --test promises -- --ignored --exact pages::screenshots
