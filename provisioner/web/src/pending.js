// SPDX-License-Identifier: Apache-2.0
// Orders that reach far wait here until a second person agrees. Who ordered cannot approve: the
// server says so, by the owner of the token. Approving carries the order out, so it is asked once more.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { Dialog } from "./dialog.js";
import { useMe } from "./me.js";
import { Moment, PollState, Problem } from "./parts.js";
import { plural } from "./words.js";

const WHY = { hosts: "many hosts at once", "hosts-within-an-hour": "many hosts within an hour", "asked-for": "asked for", "in-service": "a host in service", "shared-storage": "storage that others use too" };
const ACTS = {
	approve: { title: "Approve the order", button: "Approve: do it now", kind: "danger", say: "It is done at once, if nothing has changed since it was rehearsed." },
	refuse: { title: "Refuse the order", button: "Refuse", kind: "primary", say: "It will not be done. Whoever still wants it orders it again." },
};

export function whyInWords(rules) {
	const names = Array.isArray(rules) ? rules : String(rules || "").split(",");
	return names.filter(Boolean).map((r) => WHY[r] || r).join(", ");
}

const WORKS = { image: "Image", erase: "Erase", release: "Release", retire: "Retire", split: "Split", merge: "Merge" };
const deedOf = (order) =>
	order.work === "profile"
		? `Write a profile that arms ${plural(order.host_count || 0, "host", "hosts")} now`
		: `${WORKS[order.work] || order.work} ${plural(order.host_count || 1, "host", "hosts")}`;

// What exactly is agreed to: the image, and the disk of each host.
function Asked({ order }) {
	const asked = order.asked && typeof order.asked === "object" ? order.asked : {};
	const disks = Array.isArray(asked.hosts) ? asked.hosts.map((h) => h && h.disk && (h.disk.serial || h.disk.wwn)) : [];
	const hosts = Array.isArray(order.hosts) ? order.hosts : [];
	const image = asked.image && typeof asked.image === "object" ? `${asked.image.line}@${asked.image.version || "latest"}` : asked.image;
	const match = asked.match && typeof asked.match === "object" ? Object.entries(asked.match) : [];
	return html`${image ? html`<p>Image <span class="mono">${image}</span></p>` : null}
		${asked.into ? html`<p>Into <span class="mono">${asked.into}</span></p>` : null}
		${Array.isArray(asked.values) ? html`<p>Values <span class="mono">${asked.values.join(", ")}</span></p>` : null}
		${match.length ? html`<p>Hosts whose ${match.map(([k, v]) => html`${k} is <span class="mono">${String(v)}</span> `)}</p>` : null}
		${hosts.length
			? html`<ul class="plain">${hosts.map((h, i) => html`<li><span class="code">${h}</span>${disks[i] ? html` disk <span class="mono">${disks[i]}</span>` : null}</li>`)}</ul>`
			: null}`;
}

function Decide({ order, verb, close, done }) {
	const act = ACTS[verb];
	const [state, setState] = useState({ busy: false, error: null });
	const submit = async (event) => {
		event.preventDefault();
		const note = new FormData(event.target).get("note").trim();
		setState({ busy: true, error: null });
		try {
			await api.post(`/orders/${encodeURIComponent(order.id)}/${verb}`, { note });
			done();
			close();
		} catch (error) {
			setState({ busy: false, error });
		}
	};
	return html`<${Dialog} title=${act.title} tone=${verb === "approve" ? "bad" : undefined} close=${close}>
		<form onSubmit=${submit}>
			<p class="big-say">${deedOf(order)}.</p>
			<p>Ordered by <strong>${order.owner}</strong>${order.reason ? html`: ${order.reason}` : null}</p>
			<${Asked} order=${order} />
			<p class="fine">${act.say}</p>
			<label for="order-note">Note (goes to the log)</label>
			<input id="order-note" name="note" maxlength="200" autocomplete="off" autofocus />
			<${Problem} error=${state.error} />
			<p class="buttons">
				<button type="button" onClick=${close}>Cancel</button>
				<button class=${act.kind} disabled=${state.busy}>${act.button}</button>
			</p>
		</form>
	<//>`;
}

export function PendingOrder({ order, done }) {
	const [open, setOpen] = useState("");
	const { me, may } = useMe();
	const mine = me && me.owner && me.owner === order.owner;
	return html`<section class="pending" aria-label=${`Order by ${order.owner}`}>
		<p><strong>${deedOf(order)}: waits for a second person</strong> (${whyInWords(order.second_person)}).</p>
		<p>Ordered by <strong>${order.owner}</strong>${order.reason ? html`: ${order.reason}` : null}.
			Until <${Moment} at=${order.expires} withDate=${true} /> UTC.</p>
		<${Asked} order=${order} />
		${may("approve")
			? html`<p class="buttons noprint">
					<button onClick=${() => setOpen("refuse")}>Refuse…</button>
					${mine ? null : html`<button class="primary" onClick=${() => setOpen("approve")}>Approve…</button>`}
				</p>`
			: null}
		${open ? html`<${Decide} order=${order} verb=${open} close=${() => setOpen("")} done=${done} />` : null}
	</section>`;
}

export function Orders() {
	const now = useNow();
	const poll = usePoll("orders", (signal) => api.get(`/orders${query({ state: "pending", limit: 200 })}`, { signal }), 5000);
	const rows = poll.value ? rowsOf(poll.value).rows : [];
	return html`
		<h1>Orders</h1>
		<${PollState} poll=${poll} now=${now} what="orders" />
		${poll.value ? html`<p class="note">${rows.length ? `${plural(rows.length, "order waits", "orders wait")} for a second person` : "No order waits for a second person."}</p>` : null}
		${rows.map((o) => html`<${PendingOrder} key=${o.id} order=${o} done=${poll.again} />`)}
	`;
}
