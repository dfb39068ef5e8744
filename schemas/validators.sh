#!/usr/bin/env bash
# Runs the strictest common validators over all schemas and example messages: Ajv in strict mode with ajv-formats (Node), Python's
# jsonschema, and the models that pydantic's generator makes. They are fetched once, into target/servers/validators.
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
python="$folder/python"
if [ ! -e "$python/complete" ]; then
  python3 -m venv "$python"
  timeout 600 "$python/bin/pip" install -q jsonschema==4.26.0 datamodel-code-generator==0.89.0 pydantic==2.14.4
  touch "$python/complete"
fi
"$python/bin/python" - <<'PY'
import importlib.util, json, pathlib, sys, tempfile, warnings
import jsonschema
from datamodel_code_generator import DataModelType, Formatter, InputFileType, generate

warnings.simplefilter("ignore")
messages = 0
schemas = sorted(pathlib.Path("generated").glob("*.json"))
with tempfile.TemporaryDirectory() as folder:
    for path in schemas:
        schema = json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        # The model that pydantic's generator makes of the schema, as a reader in Python would use it.
        module = pathlib.Path(folder) / f"{path.stem}.py"
        generate(
            path.read_text(),
            input_file_type=InputFileType.JsonSchema,
            output=module,
            output_model_type=DataModelType.PydanticV2BaseModel,
            class_name="Message",
            formatters=[Formatter.BUILTIN],
        )
        spec = importlib.util.spec_from_file_location(f"message_{path.stem}", module)
        models = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = models
        spec.loader.exec_module(models)
        for example in (pathlib.Path("examples") / path.stem).glob("*.json"):
            messages += 1
            message = json.loads(example.read_text())
            validator.validate(message)
            model = models.Message.model_validate_json(example.read_text())
            assert str(model.event_id) == message["event_id"], example
            try:
                models.Message.model_validate({**message, "event_id": "no id"})
            except ValueError:
                continue
            raise SystemExit(f"{path}: the model takes what is no message")
print(f"Python's jsonschema, and pydantic by its generator: {len(schemas)} schemas, {messages} messages")
PY
