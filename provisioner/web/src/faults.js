// SPDX-License-Identifier: Apache-2.0
// Every open repair order of the fleet, for a technician's round.
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { plural } from "./words.js";
import { PollState } from "./parts.js";
import { RepairOrder } from "./order.js";

export function Faults() {
	const now = useNow();
	const poll = usePoll("faults", (signal) => api.get(`/faults${query({ state: "open", sort: "opened", limit: 200 })}`, { signal }), 5000);
	const rows = poll.value ? rowsOf(poll.value).rows : [];
	return html`
		<h1>Repair orders</h1>
		<${PollState} poll=${poll} now=${now} what="repair orders" />
		${poll.value ? html`<p class="note">${rows.length ? plural(rows.length, "open order", "open orders") : "Nothing to repair."}</p>` : null}
		<div class="orders">
			${rows.map((f) => html`<${RepairOrder} key=${f.id} fault=${f} host=${{ short_code: f.host }} linked=${f.host_id} />`)}
		</div>
	`;
}
