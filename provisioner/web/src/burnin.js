// SPDX-License-Identifier: Apache-2.0
// The burn-ins of a host, newest first, and the verdicts of one of them step by step.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { usePoll } from "./hooks.js";
import { gatherRun, verdictOf } from "./ocp.js";
import { clockUtc, dateUtc, duration, plural } from "./words.js";
import { Cell, Moment, Problem } from "./parts.js";

const MARKS = {
	passed: ["✓", "good"], failed: ["✕", "bad"], error: ["✕", "bad"], running: ["◐", "busy"],
	skipped: ["–", "idle"], "no verdict": ["?", "idle"],
};
const RESULTS = { PASS: "passed", FAIL: "failed", CANCELLED: "cancelled" };

function Verdict({ word }) {
	const [mark, tone] = MARKS[word] || ["?", "idle"];
	return html`<span class=${`state tone-${tone}`}><span class="mark" aria-hidden="true">${mark}</span> ${word}</span>`;
}

function limitOf(m) {
	const list = Array.isArray(m.validators) ? m.validators : [];
	return list.map((v) => `${String(v.type).toLowerCase().replaceAll("_", " ")} ${v.value}`).join(", ");
}

function Measurements({ list }) {
	if (!list.length) return null;
	return html`<details>
		<summary>${plural(list.length, "reading", "readings")}</summary>
		<ul class="plain">${list.slice(0, 200).map(
			(m) => html`<li>${m.name}: <strong>${m.value} ${m.unit || ""}</strong>${" "}
				<span class="fine">${[m.part, limitOf(m)].filter(Boolean).join(" · ")}</span></li>`,
		)}</ul>
	</details>`;
}

function Step({ step }) {
	const took = (Date.parse(step.to) - Date.parse(step.from)) / 1000;
	const found = step.diagnoses.filter((d) => d.type !== "PASS");
	return html`<tr>
		<th scope="row" data-label="Test">${step.name}</th>
		<${Cell} label="Verdict"><${Verdict} word=${verdictOf(step)} /><//>
		<${Cell} label="Took" kind="num">${Number.isFinite(took) ? duration(took) : ""}<//>
		<${Cell} label="Found">
			${found.map((d) => html`<p class="tight"><strong>${d.part || d.verdict}</strong> ${d.message || d.verdict}</p>`)}
			${step.errors.map((e) => html`<p class="tight">${e.symptom}: ${e.message || ""}</p>`)}
			<${Measurements} list=${step.measurements} />
		<//>
	</tr>`;
}

function Matrix({ run }) {
	const path = `/runs/${encodeURIComponent(run.id)}/ocp.jsonl${query({ limit: 5000 })}`;
	const poll = usePoll(`ocp ${run.id} ${run.records} ${run.state}`, (signal) => api.text(path, { signal }), 15000);
	if (poll.value === null) return html`<${Problem} error=${poll.error} />`;
	const { steps } = gatherRun(poll.value);
	if (!steps.length) return html`<p class="fine">No record yet.</p>`;
	return html`<div class="scroll"><table>
		<caption class="hidden">Tests of this burn-in</caption>
		<thead><tr>${["Test", "Verdict", "Took", "Found"].map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
		<tbody>${steps.map((s) => html`<${Step} key=${s.id} step=${s} />`)}</tbody>
	</table></div>`;
}

function wordOf(run) {
	return run.state === "running" || !run.result ? "running" : RESULTS[run.result] || run.result;
}

export function BurnIns({ host }) {
	const path = `/hosts/${encodeURIComponent(host.id)}/runs${query({ sort: "-started", limit: 20 })}`;
	const poll = usePoll(`runs ${host.id} ${host.state}`, (signal) => api.get(path, { signal }), 4000);
	const [chosen, choose] = useState("");
	const rows = poll.value ? rowsOf(poll.value).rows : [];
	if (!rows.length) return poll.error && poll.error.status !== 404 ? html`<${Problem} error=${poll.error} />` : null;
	const run = rows.find((r) => r.id === chosen) || rows[0];
	return html`<section>
		<h2>Burn-in</h2>
		${rows.length > 1
			? html`<label class="inline">Run
					<select value=${run.id} onChange=${(e) => choose(e.target.value)}>
						${rows.map((r) => html`<option value=${r.id}>${r.tier}, ${dateUtc(r.started)} ${clockUtc(r.started)}: ${wordOf(r)}</option>`)}
					</select>
				</label>`
			: null}
		<p>
			<${Verdict} word=${wordOf(run)} /> ${run.tier} · started <${Moment} at=${run.started} withDate=${true} /> UTC
			${run.ended ? html` · took ${duration((Date.parse(run.ended) - Date.parse(run.started)) / 1000)}` : null}
			${run.detail ? html` · ${run.detail}` : null}
		</p>
		<${Matrix} key=${run.id} run=${run} />
	</section>`;
}
