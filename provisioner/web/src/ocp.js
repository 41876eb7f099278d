// SPDX-License-Identifier: Apache-2.0
// A burn-in's records (OCP Test & Validation 2.0, one JSON object a line) gathered into steps with
// their verdicts. Pure: text in, table out. A line that is not a record is left out; a run that is cut
// has steps without an end.

function records(text) {
	const out = [];
	for (const line of text.split("\n")) {
		try {
			const record = line && JSON.parse(line);
			if (record && typeof record === "object") out.push(record);
		} catch {
			// A torn last line while the run goes on.
		}
	}
	return out;
}

const object = (value) => (value && typeof value === "object" ? value : {});

function partWords(info) {
	return [info.location || info.name, info.serialNumber].filter((t) => typeof t === "string" && t).join(" · ");
}

function noteRun(run, content) {
	const start = object(content.testRunStart);
	if (content.testRunStart) {
		run.name = start.name || "";
		const infos = object(start.dutInfo).hardwareInfos;
		for (const info of Array.isArray(infos) ? infos : []) run.parts.set(object(info).hardwareInfoId, partWords(object(info)));
	}
	if (content.testRunEnd) Object.assign(run, { status: object(content.testRunEnd).status, result: object(content.testRunEnd).result });
}

function stepOf(run, id) {
	let step = run.steps.find((s) => s.id === id);
	if (!step) run.steps.push((step = { id, name: id, status: "", diagnoses: [], measurements: [], errors: [], from: "", to: "" }));
	return step;
}

function noteStep(run, content, at) {
	const step = stepOf(run, String(content.testStepId));
	const part = (what) => run.parts.get(what.hardwareInfoId) || "";
	if (content.testStepStart) Object.assign(step, { name: object(content.testStepStart).name || step.id, from: at });
	if (content.testStepEnd) Object.assign(step, { status: object(content.testStepEnd).status || "", to: at });
	if (content.diagnosis) step.diagnoses.push({ ...object(content.diagnosis), part: part(object(content.diagnosis)) });
	if (content.measurement) step.measurements.push({ ...object(content.measurement), part: part(object(content.measurement)) });
	if (content.error) step.errors.push(object(content.error));
}

export function gatherRun(text) {
	const run = { name: "", status: "", result: "", parts: new Map(), steps: [] };
	for (const record of records(text)) {
		if (record.testRunArtifact) noteRun(run, object(record.testRunArtifact));
		else if (record.testStepArtifact) noteStep(run, object(record.testStepArtifact), record.timestamp || "");
	}
	return run;
}

// One word for a step: what failed counts most, and what has not ended has not passed.
export function verdictOf(step) {
	if (step.diagnoses.some((d) => d.type === "FAIL")) return "failed";
	if (step.errors.length || step.status === "ERROR") return "error";
	if (step.status === "SKIP") return "skipped";
	if (!step.status) return "running";
	return step.diagnoses.some((d) => d.type === "PASS") ? "passed" : "no verdict";
}
