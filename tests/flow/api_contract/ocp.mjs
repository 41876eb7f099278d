// SPDX-License-Identifier: Apache-2.0
// Validates burn-in records, one JSON object a line, against the schemas of OCP Test & Validation 2.0
// (ocp/, from opencomputeproject/ocp-diag-core, MIT licence). Prints what does not fit.
// usage: node ocp.mjs FOLDER-WITH-node_modules FILE.jsonl...
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [npm, ...files] = process.argv.slice(2);
const require = createRequire(join(resolve(npm), "node_modules/"));
const Ajv = require("ajv/dist/2020").default;
const folder = join(dirname(fileURLToPath(import.meta.url)), "ocp");
const ajv = new Ajv({ strict: false, allErrors: true });
require("ajv-formats").default(ajv);

for (const name of readdirSync(folder).filter((name) => name.endsWith(".json")))
	ajv.addSchema(JSON.parse(readFileSync(join(folder, name), "utf8")));
const validate = ajv.getSchema("https://github.com/opencomputeproject/ocp-diag-core/output");

let lines = 0;
let wrong = 0;
for (const file of files)
	for (const line of readFileSync(file, "utf8").split("\n").filter((text) => text !== "")) {
		lines++;
		if (validate(JSON.parse(line))) continue;
		wrong++;
		console.log(`${file}: ${line}\n${ajv.errorsText(validate.errors)}`);
	}
console.log(`${lines} records, ${wrong} wrong`);
process.exit(lines === 0 || wrong > 0 ? 1 : 0);
