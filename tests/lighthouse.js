// Prints what Lighthouse's reports in a folder say, as a table, and what keeps each score below 100.
"use strict";
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const row = (cells) => console.log(cells.map((cell, at) => (at ? String(cell).padStart(15) : String(cell).padEnd(9))).join(""));

row(["page", ...CATEGORIES, "LCP ms", "CLS", "KB moved"]);
const missed = [];
for (const page of ["home", "listing", "product", "cart"]) {
  const report = JSON.parse(readFileSync(join(process.argv[2], `${page}.json`), "utf8"));
  if (report.runtimeError) throw new Error(`${page}: ${report.runtimeError.message}`);
  const value = (audit) => report.audits[audit].numericValue;
  const scores = CATEGORIES.map((category) => Math.round(report.categories[category].score * 100));
  const moved = Math.round(value("total-byte-weight") / 102.4) / 10;
  row([page, ...scores, Math.round(value("largest-contentful-paint")), value("cumulative-layout-shift").toFixed(3), moved]);
  for (const category of CATEGORIES) {
    for (const { id, weight } of report.categories[category].auditRefs) {
      const { score, title, displayValue = "" } = report.audits[id];
      if (weight > 0 && score !== null && score < 0.995) missed.push(`${page}: ${category}: ${title} ${displayValue} (${Math.round(score * 100)})`);
    }
  }
}
if (missed.length) console.log(`\nbelow 100:\n${missed.join("\n")}`);
