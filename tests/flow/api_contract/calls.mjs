// SPDX-License-Identifier: Apache-2.0
// One call of every documented operation, for the TypeScript compiler: the client's types come from
// the description alone. An answer of unknown type, or of type any, does not compile.
// usage: calls.mjs OPENAPI.json CALLS.ts
import { readFileSync, writeFileSync } from "node:fs";

const [, , from, to] = process.argv;
const document = JSON.parse(readFileSync(from, "utf8"));
const lines = [
	'import createClient from "openapi-fetch";',
	'import type { paths } from "./types";',
	"const client = createClient<paths>();",
	"type IsAny<T> = 0 extends 1 & T ? true : false;",
	"type Typed<T> = IsAny<T> extends true ? false : unknown extends T ? false : true;",
];

function options(operation) {
	const names = (operation.parameters ?? []).filter((p) => p.in === "path").map((p) => p.name);
	const path = names.map((name) => `${JSON.stringify(name)}: "x"`).join(", ");
	return [names.length ? `params: { path: { ${path} } }` : "", operation.requestBody ? "body: null as never" : ""]
		.filter(Boolean)
		.join(", ");
}

let n = 0;
for (const [path, methods] of Object.entries(document.paths))
	for (const [method, operation] of Object.entries(methods)) {
		const id = operation.operationId;
		lines.push(`export async function ${id}() {`);
		lines.push(`\tconst r = await client.${method.toUpperCase()}(${JSON.stringify(path)}, { ${options(operation)} });`);
		if (operation.responses["2XX"])
			lines.push("\tconst typed: Typed<typeof r.data> = true;", "\tvoid typed;");
		lines.push("\tconst code: string | undefined = r.error?.code;", "\treturn code;", "}");
		n++;
	}
writeFileSync(to, lines.join("\n") + "\n");
console.log(n);
