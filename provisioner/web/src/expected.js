// SPDX-License-Identifier: Apache-2.0
// What a host should hold by its SKU and its delivery, beside what was found in it.
import { html } from "./html.js";
import { api } from "./api.js";
import { usePoll } from "./hooks.js";
import { Cell, Problem } from "./parts.js";
import { driveSize, plural } from "./words.js";

const COLUMNS = ["What", "Where", "Expected", "Found"];

function valueOf(field, value) {
	if (value === undefined || value === null || value === "") return "";
	if (typeof value !== "object") return field === "CapacityBytes" ? driveSize(value) : String(value);
	if (Array.isArray(value)) return value.map((v) => valueOf("", v)).join(", ");
	return Object.entries(value)
		.filter(([name]) => !["type", "slot"].includes(name))
		.map(([name, v]) => (name === "CapacityMiB" ? `${v} MiB` : name === "CapacityBytes" ? driveSize(v) : name === "rack" ? v : name === "unit" ? `U${v}` : valueOf(name, v)))
		.filter(Boolean)
		.join(" ");
}

export function Expected({ host }) {
	const path = `/hosts/${encodeURIComponent(host.id)}/compare`;
	const poll = usePoll(`compare ${host.id} ${host.revision}`, (signal) => api.get(path, { signal }), 30000);
	if (!host.sku && !host.delivery) return null;
	if (!poll.value) return poll.error && poll.error.status !== 404 ? html`<section><h2>Expected and found</h2><${Problem} error=${poll.error} /></section>` : null;
	const rows = Array.isArray(poll.value.differences) ? poll.value.differences : [];
	const say = { match: "It holds what it should.", differs: `${plural(rows.length, "difference", "differences")}.` }[poll.value.status];
	return html`<section>
		<h2>Expected and found</h2>
		<p>${poll.value.sku ? html`SKU <strong>${poll.value.sku}</strong>. ` : null}${say || "Not known: its SKU has no contents yet (slipway sku learn)."}</p>
		${rows.length
			? html`<div class="scroll"><table>
					<caption class="hidden">Expected beside found</caption>
					<thead><tr>${COLUMNS.map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
					<tbody>${rows.map(
						(d) => html`<tr>
							<th scope="row" data-label=${COLUMNS[0]}>${[d.what, d.type, d.field].filter(Boolean).join(" ")}</th>
							<${Cell} label=${COLUMNS[1]}>${d.slot || ""}<//>
							<${Cell} label=${COLUMNS[2]}>${valueOf(d.field, d.expected) || "nothing"}<//>
							<${Cell} label=${COLUMNS[3]}>${valueOf(d.field, d.found) || "nothing"}<//>
						</tr>`,
					)}</tbody>
				</table></div>`
			: null}
	</section>`;
}
