// SPDX-License-Identifier: Apache-2.0
// For capacity teams: how many, where, what is in them, how many of them count; and the whole
// inventory as a file. All sums are the server's.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { routeTo } from "./route.js";
import { bytes, driveSize, mebibytes, stateTitle } from "./words.js";
import { Cell, PollState, Problem } from "./parts.js";

const GROUPS = [
	["state", "State"], ["sku", "SKU"], ["sku_status", "As its SKU says"], ["site", "Site"], ["rack", "Rack"], ["delivery", "Delivery"],
	["model", "Model"], ["cpu", "Processor"], ["MemoryMiB", "Memory"], ["arch", "Architecture"], ["image.version", "Image version"], ["BiosVersion", "Firmware"],
];
const COUNTS = [
	["delivered", "Delivered", "in the fleet, not retired"],
	["healthy", "Healthy", "of the delivered: ready or in service, no open fault, no doubt about identity"],
	["reserved", "Reserved", "of the delivered: kept for somebody"],
	["active", "Active", "of the delivered: in service"],
];
const EXPORTS = [["export.csv", "CSV"], ["export.ndjson", "NDJSON"], ["export-netbox.csv", "CSV for NetBox"]];

function Counts({ capacity }) {
	if (!capacity || typeof capacity !== "object") return null;
	return html`<dl class="counts">${COUNTS.map(
		([name, title, about]) => html`<div><dt>${title}</dt><dd>${capacity[name]}</dd><dd class="about">${about}</dd></div>`,
	)}</dl>`;
}

// A download needs the token, which a plain link cannot carry.
function Exports() {
	const [state, setState] = useState({ busy: "", error: null });
	const save = async (name) => {
		setState({ busy: name, error: null });
		try {
			const address = URL.createObjectURL(await api.blob(`/${name}`));
			const link = Object.assign(document.createElement("a"), { href: address, download: `slipway-hosts-${name}` });
			link.click();
			setTimeout(() => URL.revokeObjectURL(address), 60000);
			setState({ busy: "", error: null });
		} catch (error) {
			setState({ busy: "", error });
		}
	};
	return html`<p class="buttons" role="group" aria-label="All hosts as a file">
			All hosts as a file: ${EXPORTS.map(([name, title]) => html`<button disabled=${state.busy === name} onClick=${() => save(name)}>${title}</button>`)}
		</p>
		<${Problem} error=${state.error} />`;
}

function nameOf(by, value) {
	if (value === null || value === undefined || value === "") return "unknown";
	if (by === "state") return stateTitle(value);
	return by === "MemoryMiB" ? mebibytes(value) : String(value);
}

function Row({ name, link, count, sum }) {
	return html`<tr>
		<th scope="row" data-label="Group">${link ? html`<a href=${link}>${name}</a>` : name}</th>
		<${Cell} label="Hosts" kind="num">${count}<//>
		<${Cell} label="Cores" kind="num">${sum.cores}<//>
		<${Cell} label="Memory" kind="num">${bytes(sum.MemoryMiB * 1024 * 1024)}<//>
		<${Cell} label="Storage" kind="num">${driveSize(sum.StorageBytes)}<//>
	</tr>`;
}

export function Capacity({ params }) {
	const now = useNow(5000);
	const by = GROUPS.some(([g]) => g === params.by) ? params.by : "state";
	const path = `/summary${query({ group_by: by, sum: "cores,MemoryMiB,StorageBytes" })}`;
	const poll = usePoll(`capacity ${by}`, (signal) => api.get(path, { signal }), 10000);
	const whole = usePoll("capacity", (signal) => api.get("/summary", { signal }), 10000);
	const rows = poll.value ? rowsOf(poll.value).rows : [];
	const total = poll.value && poll.value.total;
	const link = (value) => (by === "state" && value ? routeTo("hosts", "", { state: value }) : "");
	return html`
		<h1>Capacity</h1>
		${whole.value ? html`<${Counts} capacity=${whole.value.capacity} />` : null}
		<label class="inline">Group by
			<select value=${by} onChange=${(e) => (location.hash = routeTo("capacity", "", { by: e.target.value }))}>
				${GROUPS.map(([value, text]) => html`<option value=${value}>${text}</option>`)}
			</select>
		</label>
		<${PollState} poll=${poll} now=${now} what="sums" />
		${rows.length
			? html`<div class="scroll gap"><table>
					<caption class="hidden">Sums by group</caption>
					<thead><tr>${["Group", "Hosts", "Cores", "Memory", "Storage"].map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
					<tbody>${rows.map((g) => html`<${Row} name=${nameOf(by, g[by])} link=${link(g[by])} count=${g.count} sum=${g.sum || {}} />`)}</tbody>
					${total ? html`<tbody class="total"><${Row} name="All" count=${total.count} sum=${total.sum || {}} /></tbody>` : null}
				</table></div>`
			: null}
		<${Exports} />
	`;
}
