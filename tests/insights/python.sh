# What the scripts beside it need of Python, in an environment of its own below target/; to be sourced from the repository's root.
# Does nothing twice.
python_environment() {
  local folder="${CARGO_TARGET_DIR:-target}/servers/insights-python"
  if [ ! -e "$folder/complete" ]; then
    rm -rf "$folder"
    python3 -m venv "$folder"
    timeout 600 "$folder/bin/pip" install -q --disable-pip-version-check duckdb==2.0.1 scipy==1.17.1 statsmodels==0.15.0
    touch "$folder/complete"
  fi
  PYTHON=$(realpath "$folder")/bin/python
}
