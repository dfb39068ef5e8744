#!/usr/bin/env bash
# The statistics of /insights/experiments, worked out once more by SciPy and statsmodels over the same samples: tests/insights/statistics.sh
# Fails at the first figure that differs by more than a millionth.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/insights/python.sh
python_environment
cargo run -q --locked -p insights --example statistics | "$PYTHON" tests/insights/statistics.py
