// SPDX-License-Identifier: Apache-2.0
// What a host showed about who it is, for the person who must tell two hosts apart.
import { html } from "./html.js";
import { api } from "./api.js";
import { usePoll } from "./hooks.js";
import { Cell, Moment, Problem } from "./parts.js";

const NAMES = { uuid: "SMBIOS UUID", serial: "System serial", board: "Board serial", chassis: "Chassis serial", mac: "MAC", wwn: "Disk WWN", disk: "Disk serial", tpm_ek: "TPM key" };

function pendingOf(doc) {
	const list = Array.isArray(doc.pending) ? doc.pending : [];
	return list.map((p) => (Array.isArray(p) ? { kind: p[0], value: p[1] } : p)).filter((p) => p && typeof p === "object");
}

export function Evidence({ host }) {
	const path = `/hosts/${encodeURIComponent(host.id)}/evidence`;
	const poll = usePoll(`evidence ${host.id} ${host.revision}`, (signal) => api.get(path, { signal }), 30000);
	if (poll.value === null) return html`<${Problem} error=${poll.error} />`;
	const items = Array.isArray(poll.value.items) ? poll.value.items : [];
	const pending = pendingOf(poll.value);
	return html`<section>
		<h2>Evidence</h2>
		<p>${host.review || host.state_detail}</p>
		<div class="scroll"><table>
			<caption class="hidden">Evidence</caption>
			<thead><tr>${["Kind", "Value", "First seen", "Last seen", "Elsewhere"].map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
			<tbody>${items.map(
				(e) => html`<tr>
					<${Cell} label="Kind">${NAMES[e.kind] || e.kind}<//>
					<${Cell} label="Value"><span class="mono">${e.value}</span><//>
					<${Cell} label="First seen"><${Moment} at=${e.first} withDate=${true} /><//>
					<${Cell} label="Last seen"><${Moment} at=${e.last} withDate=${true} /><//>
					<${Cell} label="Elsewhere">${e.shared ? html`<span class="bad">▲ another host showed it, too</span>` : ""}<//>
				</tr>`,
			)}</tbody>
		</table></div>
		${pending.length
			? html`<p>At its last contact it showed, and this waits for a decision:</p>
				<ul class="plain">${pending.map((p) => html`<li>${NAMES[p.kind] || p.kind}: <span class="mono">${p.value}</span></li>`)}</ul>`
			: null}
	</section>`;
}
