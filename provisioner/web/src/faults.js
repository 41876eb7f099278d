// SPDX-License-Identifier: Apache-2.0
// Every open repair order of the fleet, for a technician's round.
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { plural } from "./words.js";
import { PollState } from "./parts.js";
import { RepairOrder } from "./order.js";

const PAGE = 200;
const PAGES_MAX = 10;

async function everyOrder(signal) {
	let rows = [];
	let cursor = "";
	for (let i = 0; i < PAGES_MAX; i++) {
		const page = rowsOf(await api.get(`/faults${query({ state: "open", sort: "opened", limit: PAGE, cursor })}`, { signal }));
		rows = rows.concat(page.rows);
		cursor = page.next;
		if (!cursor) break;
	}
	return { rows, more: Boolean(cursor) };
}

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
	const poll = usePoll("faults", everyOrder, 5000);
	const rows = poll.value ? [...poll.value.rows].sort(byPlace) : [];
	const counted = plural(rows.length, "open order", "open orders") + (poll.value && poll.value.more ? " are shown, and there are more" : "");
	return html`
		<h1>Repair orders</h1>
		<${PollState} poll=${poll} now=${now} what="repair orders" />
		${poll.value ? html`<p class="note">${rows.length ? counted : "Nothing to repair."}</p>` : null}
		<div class="orders">
			${rows.map((f, i) => html`${i === 0 || placeOf(f) !== placeOf(rows[i - 1]) ? html`<h2 class="rack">${placeOf(f)}</h2>` : null}<${RepairOrder} key=${f.id} fault=${f} host=${{ short_code: f.host }} linked=${f.host_id} />`)}
		</div>
	`;
}
