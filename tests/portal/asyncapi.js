// Says what AsyncAPI's own parser has to say about a document: node asyncapi.js FOLDER_OF_THE_PARSER < asyncapi.yaml
// One line of JSON for each remark (errors are 0, warnings 1, hints 2 and 3); nothing when there is none.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const { Parser } = createRequire(`${process.argv[2]}/`)("@asyncapi/parser");

new Parser().parse(readFileSync(0, "utf8")).then(({ document, diagnostics }) => {
  for (const { severity, code, message, path } of diagnostics) console.log(JSON.stringify({ severity, code, message, path: path.join(".") }));
  if (!document) process.exitCode = 1;
});
