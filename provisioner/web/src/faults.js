// SPDX-License-Identifier: Apache-2.0
// Every open repair order of the fleet, for a technician's round.
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { plural } from "./words.js";
import { PollState } from "./parts.js";
import { RepairOrder } from "./order.js";

const racked = (f) => [f.site || "", f.row || "", f.rack || ""];

// In the order of a walk: site, row, rack, from the top unit down.
function byPlace(a, b) {
	const x = racked(a), y = racked(b);
	for (let i = 0; i < x.length; i++)
		if (x[i] !== y[i]) return x[i].localeCompare(y[i], undefined, { numeric: true });
	return (b.unit ?? -1) - (a.unit ?? -1);
}

const placeOf = (f) => racked(f).filter(Boolean).join(", ") || "Place not known";

export function Faults() {
	const now = useNow();
	const poll = usePoll("faults", (signal) => api.get(`/faults${query({ state: "open", sort: "opened", limit: 200 })}`, { signal }), 5000);
	const rows = poll.value ? [...rowsOf(poll.value).rows].sort(byPlace) : [];
	return html`
		<h1>Repair orders</h1>
		<${PollState} poll=${poll} now=${now} what="repair orders" />
		${poll.value ? html`<p class="note">${rows.length ? plural(rows.length, "open order", "open orders") : "Nothing to repair."}</p>` : null}
		<div class="orders">
			${rows.map((f, i) => html`${i === 0 || placeOf(f) !== placeOf(rows[i - 1]) ? html`<h2 class="rack">${placeOf(f)}</h2>` : null}<${RepairOrder} key=${f.id} fault=${f} host=${{ short_code: f.host }} linked=${f.host_id} />`)}
		</div>
	`;
}
