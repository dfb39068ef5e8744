#!/usr/bin/env bash
# Runs the strictest common validators over all schemas and example messages: Ajv in strict mode with ajv-formats (Node), and Python's
# jsonschema where it is installed. Ajv is fetched once, into target/servers/validators.
set -euo pipefail
cd "$(dirname "$0")"
folder="${CARGO_TARGET_DIR:-../target}/servers/validators"
if [ ! -e "$folder/complete" ]; then
  mkdir -p "$folder"
  timeout 300 npm install --silent --no-audit --no-fund --ignore-scripts --no-save --prefix "$folder" ajv@8.17.1 ajv-formats@3.0.1
  touch "$folder/complete"
fi
NODE_PATH="$(realpath "$folder")/node_modules" node --input-type=commonjs - <<'JS'
const fs = require("fs");
const Ajv = require("ajv/dist/2020");
const formats = require("ajv-formats");
let messages = 0;
for (const file of fs.readdirSync("generated")) {
  const ajv = formats(new Ajv({ strict: true, allErrors: true }));
  const validate = ajv.compile(JSON.parse(fs.readFileSync(`generated/${file}`)));
  const examples = `examples/${file.replace(".json", "")}`;
  for (const example of fs.readdirSync(examples)) {
    messages += 1;
    if (!validate(JSON.parse(fs.readFileSync(`${examples}/${example}`)))) throw new Error(`${examples}/${example}: ${ajv.errorsText(validate.errors)}`);
  }
}
console.log(`Ajv, strict: ${fs.readdirSync("generated").length} schemas, ${messages} messages`);
JS
if python3 -c 'import jsonschema' 2>/dev/null; then
  python3 - <<'PY'
import json, pathlib, jsonschema
messages = 0
schemas = sorted(pathlib.Path("generated").glob("*.json"))
for path in schemas:
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for example in (pathlib.Path("examples") / path.stem).glob("*.json"):
        messages += 1
        validator.validate(json.loads(example.read_text()))
print(f"Python's jsonschema: {len(schemas)} schemas, {messages} messages")
PY
else
  echo "Python's jsonschema is not installed: not asked"
fi
