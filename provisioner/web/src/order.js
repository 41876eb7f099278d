// SPDX-License-Identifier: Apache-2.0
// A repair order: which part, in which slot, with which serial, and what to do, in letters that can
// be read from the other side of a rack aisle. It prints on a sheet of its own.
import { PARTS } from "slipway-part-words"; // made from include/burnin/component_kinds.def
import { html } from "./html.js";
import { routeTo } from "./route.js";
import { Moment } from "./parts.js";

function headline(fault) {
	const what = PARTS[fault.part_type] || fault.part_type || "";
	if (what && fault.slot) return `${what} in slot ${fault.slot}`;
	return what || fault.slot || fault.code || "Fault";
}

function Fields({ fault, host }) {
	const rows = [
		["Slot", fault.slot],
		["Part serial", fault.SerialNumber || fault.serial],
		["Part number", fault.PartNumber || fault.part_number],
		["Host", [host.name, host.short_code].filter(Boolean).join(" · ")],
		["Host serial", host.serial || fault.host_serial],
		["Place", [host.site || fault.site, host.row || fault.row, host.rack || fault.rack, (host.unit ?? fault.unit) != null ? `unit ${host.unit ?? fault.unit}` : null].filter(Boolean).join(", ")],
		["How sure", fault.certainty],
		["RMA", fault.rma],
		["Note", fault.note],
	];
	return html`<dl class="fields">
		${rows.filter(([, v]) => v).map(([k, v]) => html`<div><dt>${k}</dt><dd class="mono">${v}</dd></div>`)}
	</dl>`;
}

export function RepairOrder({ fault, host, linked }) {
	const tag = linked ? "article" : "section"; // one is a landmark of its page, a list of them is not
	return html`<${tag} class="repair" aria-label=${linked ? `Repair order for ${host.short_code}` : "Repair order"}>
		<p class="kind">Repair order</p>
		<h2>${headline(fault)}</h2>
		<p class="do">${fault.action || "No advice was given: open the timeline and ask an operator."}</p>
		<${Fields} fault=${fault} host=${host} />
		${fault.repeat ? html`<p class="why">This ${fault.repeat} has had three faults or more in 90 days.</p>` : null}
		${fault.detail ? html`<p class="why">Why: ${fault.detail}</p>` : null}
		<p class="fine">
			${fault.code} ${fault.opened ? html` · since <${Moment} at=${fault.opened} withDate=${true} /> UTC` : null}
		</p>
		<p class="noprint">
			${linked ? html`<a href=${routeTo("hosts", linked)}>Open the host</a> ` : null}
			<button type="button" onClick=${() => window.print()}>Print</button>
		</p>
	<//>`;
}
