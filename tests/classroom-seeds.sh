#!/usr/bin/env bash
# The ten exercises over many students' data: tests/classroom-seeds.sh [students, default 200]
# Prints how many right answers passed, how many known mistakes were named, and how many wrongly (none may be); then runs the reference
# solutions in Python on each student's data. Long: the release build (CARGO_FLAGS=--release) is the one for 200.
set -euo pipefail
cd "$(dirname "$0")/.."
export DE_SHOP_CLASSROOM_SEEDS="${1:-200}"
cargo test -p classroom ${CARGO_FLAGS-} --lib -- --exact --nocapture \
  exercises::tests::right_answers_pass_wrong_ones_never_and_mistakes_are_named_as_what_they_are \
  exercises::solutions::each_reference_solution_has_full_points
