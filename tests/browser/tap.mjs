// SPDX-License-Identifier: Apache-2.0
// TAP for the browser tests: test() runs a case and prints its line; plan() closes. A case that
// throws has failed; its stack follows as a comment.
// ONLY=WORDS in the environment: the cases alone whose names have them.
let count = 0;
let failed = 0;
const only = process.env.ONLY || "";

export async function test(name, run) {
	if (!name.includes(only)) return;
	const started = Date.now();
	count++;
	try {
		await run();
		console.log(`ok ${count} - ${name}`);
		if (Date.now() - started > 5000) console.log(`# took ${Math.round((Date.now() - started) / 1000)} s`);
	} catch (error) {
		failed++;
		console.log(`not ok ${count} - ${name}`);
		for (const line of String(error.stack || error).split("\n").slice(0, 12)) console.log(`# ${line}`);
	}
}

export function skip(name, why) {
	console.log(`ok ${++count} - ${name} # SKIP ${why}`);
}

export function plan() {
	console.log(`1..${count}`);
	process.exitCode = failed ? 1 : 0;
}

export function equal(got, wanted, what = "value") {
	const a = JSON.stringify(got);
	const b = JSON.stringify(wanted);
	if (a !== b) throw new Error(`${what} is ${a}, not ${b}`);
}

export function holds(condition, what) {
	if (!condition) throw new Error(`not so: ${what}`);
}
