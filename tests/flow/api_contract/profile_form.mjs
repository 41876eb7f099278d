// SPDX-License-Identifier: Apache-2.0
// The page's form of a profile against the server's description: each member of a profile is a field
// of the form or is written as JSON, and a choice has the server's words.
// usage: profile_form.mjs OPENAPI.json
import { readFileSync } from "node:fs";
import { AS_JSON, FIELDS } from "../../../provisioner/web/src/profile_doc.js";

const doc = JSON.parse(readFileSync(process.argv[2], "utf8"));
const resolve = (schema) => (schema.$ref ? schema.$ref.slice(2).split("/").reduce((x, name) => x[name], doc) : schema);
const found = new Map();
function walk(schema, at) {
	const { properties, ...rest } = resolve(schema);
	if (!properties || AS_JSON.includes(at)) return found.set(at, rest);
	for (const [name, member] of Object.entries(properties)) walk(member, `${at}/${name}`);
}
walk(doc.paths["/api/v1/profiles"].post.requestBody.content["application/json"].schema, "");

const wrong = [];
for (const at of found.keys()) if (![...AS_JSON, ...FIELDS.map((f) => f.at)].includes(at)) wrong.push(`the form lacks ${at}`);
for (const at of [...AS_JSON, ...FIELDS.map((f) => f.at)]) if (!found.has(at)) wrong.push(`the server does not know ${at}`);
for (const f of FIELDS) {
	const words = (found.get(f.at) || {}).enum?.filter(Boolean); // an empty one is as none
	if (JSON.stringify(f.choices) !== JSON.stringify(words)) wrong.push(`${f.at} is one of ${words}, not of ${f.choices}`);
}
if (found.size < 10) wrong.push("the description of a profile was not found");
for (const line of wrong) console.log(line);
process.exitCode = wrong.length ? 1 : 0;
