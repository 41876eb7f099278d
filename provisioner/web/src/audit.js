// SPDX-License-Identifier: Apache-2.0
// The audit log, newest first: who changed what and what was refused; and whether its chain is whole,
// which is asked for only by the button: the server then reads every row.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { plural } from "./words.js";
import { Cell, Moment, PollState, Problem } from "./parts.js";

const PAGE = 100;
const COLUMNS = ["When (UTC)", "Who", "From", "What", "Answer"];

async function newest(pages, signal) {
	let rows = [];
	let before = 0;
	for (let i = 0; i < pages; i++) {
		const page = rowsOf(await api.get(`/audit${query({ before: String(before), limit: PAGE })}`, { signal }));
		rows = rows.concat(page.rows);
		if (page.rows.length < PAGE) return { rows, more: false };
		before = page.next;
	}
	return { rows, more: true };
}

function Check() {
	const [state, setState] = useState({ busy: false, error: null, found: null });
	const check = async () => {
		setState({ busy: true, error: null, found: null });
		try {
			setState({ busy: false, error: null, found: await api.get("/audit/check") });
		} catch (error) {
			setState({ busy: false, error, found: null });
		}
	};
	const { found } = state;
	return html`<p class="noprint"><button disabled=${state.busy} onClick=${check}>${state.busy ? "Checking…" : "Check the chain"}</button></p>
		<${Problem} error=${state.error} />
		${found
			? html`<p role="status" class=${found.whole ? "note" : "problem"}>
					${found.whole
						? `Whole: ${plural(found.rows, "row", "rows")}, none changed, removed or put in; ${found.signed_rows} of them signed by ${plural(found.checkpoints, "checkpoint", "checkpoints")}.`
						: `Broken: ${found.finding}`}</p>`
			: null}`;
}

function Row({ row }) {
	const refused = row.status >= 400;
	return html`<tr>
		<${Cell} label=${COLUMNS[0]}><${Moment} at=${row.at} withDate=${true} /><//>
		<th scope="row" data-label=${COLUMNS[1]}>${row.who}</th>
		<${Cell} label=${COLUMNS[2]}>${row.peer || ""}<//>
		<${Cell} label=${COLUMNS[3]}><span class="mono">${row.method} ${row.path}</span><//>
		<${Cell} label=${COLUMNS[4]} kind="say"><span class=${refused ? "bad" : ""}>${refused ? "refused " : ""}${row.status}</span> ${row.reason || ""}<//>
	</tr>`;
}

export function Audit() {
	const now = useNow(5000);
	const [pages, setPages] = useState(1);
	const [filter, setFilter] = useState("");
	const poll = usePoll(`audit ${pages}`, (signal) => newest(pages, signal), 5000);
	const { rows, more } = poll.value || { rows: [], more: false };
	const wanted = filter.trim().toLowerCase();
	const shown = rows.filter((r) => !wanted || `${r.who} ${r.peer} ${r.method} ${r.path} ${r.status} ${r.reason}`.toLowerCase().includes(wanted));
	return html`
		<h1>Audit log</h1>
		<${PollState} poll=${poll} now=${now} what="the audit log" />
		<${Check} />
		${rows.length
			? html`<label class="inline">Only with
						<input type="search" value=${filter} onInput=${(e) => setFilter(e.target.value)} placeholder="who, path, reason" />
					</label>
				<div class="scroll"><table>
					<caption class="hidden">Changes, newest first</caption>
					<thead><tr>${COLUMNS.map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
					<tbody>${shown.map((r) => html`<${Row} key=${r.id} row=${r} />`)}</tbody>
				</table></div>
				${more ? html`<p><button onClick=${() => setPages(pages + 1)}>Show ${PAGE} more</button></p>` : null}`
			: poll.value
				? html`<p class="note">Nothing has been changed yet.</p>`
				: null}
	`;
}
