// SPDX-License-Identifier: Apache-2.0
// Deliveries: how much of what was announced has come, how far it is, what is missing and where it
// belongs, and a worksheet by rack for paper. Counts and the forecast are the server's.
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { routeTo } from "./route.js";
import { racksOf } from "./floor.js";
import { Cell, Moment, PollState } from "./parts.js";
import { lookOf, plural, titleOf } from "./words.js";

const PAGE = 500;
const ROWS_MAX = 5000;
// What a person asks of a delivery, and the states that answer it.
const COUNTS = [
	["missing", "Missing", ["expected"]],
	["seen", "Seen", ["discovered", "inspecting", "quarantined"]],
	["testing", "Testing", ["testing"]],
	["imaging", "Imaging", ["imaging", "verifying"]],
	["failed", "Failed", ["failed", "maintenance"]],
	["ready", "Ready", ["ready", "in-service"]],
];

// {missing: 3, ...} of [{state, count}].
export function countsOf(groups) {
	const of = (states) => groups.filter((g) => states.includes(g.state)).reduce((n, g) => n + (g.count || 0), 0);
	return Object.fromEntries(COUNTS.map(([name, , states]) => [name, of(states)]));
}

const groupsOf = async (delivery, signal) => rowsOf(await api.get(`/summary${query({ group_by: "state", delivery })}`, { signal })).rows;

async function everyDelivery(signal) {
	const { rows, next } = rowsOf(await api.get("/deliveries?limit=50", { signal }));
	const counts = await Promise.all(rows.map((d) => groupsOf(d.name, signal)));
	return { rows: rows.map((d, i) => ({ ...d, counts: countsOf(counts[i]) })), more: Boolean(next) };
}

async function oneDelivery(name, signal) {
	const at = `/deliveries/${encodeURIComponent(name)}`;
	const [delivery, pipeline, groups] = await Promise.all([api.get(at, { signal }), api.get(`${at}/pipeline`, { signal }).catch(() => null), groupsOf(name, signal)]);
	let hosts = [];
	let cursor = "";
	do {
		const page = rowsOf(await api.get(`/hosts${query({ delivery: name, limit: PAGE, cursor, fields: "id,name,short_code,serial,asset_tag,state,state_detail,turn,site,row,rack,unit,switch.name,switch.port" })}`, { signal }));
		hosts = hosts.concat(page.rows);
		cursor = page.next;
	} while (cursor && hosts.length < ROWS_MAX);
	return { delivery, pipeline, counts: countsOf(groups), hosts, more: Boolean(cursor) };
}

function Counts({ announced, counts }) {
	return html`<dl class="counts">
		<div><dt>Announced</dt><dd>${announced ?? "–"}</dd></div>
		${COUNTS.map(([name, title]) => html`<div class=${name === "failed" && counts[name] ? "tone-bad" : ""}><dt>${title}</dt><dd>${counts[name]}</dd></div>`)}
	</dl>`;
}

function Forecast({ pipeline }) {
	const f = pipeline && pipeline.forecast;
	if (!f || typeof f !== "object") return null;
	if (!f.ready_at) return html`<p class="note">No forecast${f.why ? `: ${f.why}` : ""}.</p>`;
	return html`<p class="note">The rest is ready about <${Moment} at=${f.ready_at} withDate=${true} /> UTC, as hosts before it took.</p>`;
}

const port = (h) => (h.switch ? [h.switch.name, h.switch.port].filter(Boolean).join(" ") : "");

// A table a rack, so that paper is cut where a walk ends.
function Worksheet({ hosts }) {
	return html`${racksOf(hosts).map(
		(r) => html`<section class="sheet"><h2>${[r.site, r.row, r.rack].filter(Boolean).join(" · ") || "No rack in the list"} <span class="fine">${plural(r.hosts.length, "host", "hosts")}</span></h2>
			<div class="scroll"><table>
				<caption class="hidden">Hosts of this rack</caption>
				<thead><tr>${["Unit", "Host", "Serial", "Asset tag", "Switch port", "State", "Done"].map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
				<tbody>${r.hosts.map(
					(h) => html`<tr key=${h.id} class=${`tone-${lookOf(h).tone}`}>
						<${Cell} label="Unit" kind="num">${h.unit || "–"}<//>
						<th scope="row" data-label="Host"><a href=${routeTo("hosts", h.id)}>${h.name || h.short_code}</a></th>
						<${Cell} label="Serial"><span class="mono">${h.serial || ""}</span><//>
						<${Cell} label="Asset tag">${h.asset_tag || ""}<//>
						<${Cell} label="Switch port">${port(h)}<//>
						<${Cell} label="State">${titleOf(h)}${h.state === "failed" && h.state_detail ? `: ${h.state_detail}` : ""}<//>
						<td data-label="Done" class="tick"><span aria-hidden="true">☐</span></td>
					</tr>`,
				)}</tbody>
			</table></div></section>`,
	)}`;
}

function Delivery({ name, params }) {
	const now = useNow(10000);
	const poll = usePoll(`delivery ${name}`, (signal) => oneDelivery(name, signal), 10000);
	const d = poll.value;
	const missing = d ? d.hosts.filter((h) => h.state === "expected") : [];
	const only = params.only === "missing";
	return html`
		<p class="noprint"><a href=${routeTo("deliveries")}>All deliveries</a></p>
		<h1>Delivery ${name}</h1>
		<${PollState} poll=${poll} now=${now} what="delivery" />
		${d
			? html`<${Counts} announced=${d.delivery.hosts} counts=${d.counts} />
				<${Forecast} pipeline=${d.pipeline} />
				<nav class="chips noprint" aria-label="Rows">
					<a class="chip" href=${routeTo("deliveries", name)} aria-current=${only ? undefined : "true"}>All <b>${d.hosts.length}</b></a>
					<a class="chip" href=${routeTo("deliveries", name, { only: "missing" })} aria-current=${only ? "true" : undefined}>Missing <b>${missing.length}</b></a>
					<button onClick=${() => print()}>Print the worksheet</button>
				</nav>
				<${Worksheet} hosts=${only ? missing : d.hosts} />
				${d.more ? html`<p class="note">The first ${ROWS_MAX} hosts are shown.</p>` : null}`
			: null}
	`;
}

export function Deliveries({ id, params }) {
	return id ? html`<${Delivery} key=${id} name=${id} params=${params} />` : html`<${All} />`;
}

function All() {
	const now = useNow(10000);
	const poll = usePoll("deliveries", everyDelivery, 15000);
	const rows = poll.value ? poll.value.rows : [];
	return html`
		<h1>Deliveries</h1>
		<${PollState} poll=${poll} now=${now} what="deliveries" />
		${poll.value && !rows.length ? html`<p class="note">No delivery is announced. <code>slipway delivery import FILE.csv NAME</code></p>` : null}
		${rows.length
			? html`<div class="scroll"><table>
					<caption class="hidden">Deliveries</caption>
					<thead><tr>${["Delivery", "Vendor", "Due", "Announced", ...COUNTS.map(([, title]) => title)].map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
					<tbody>${rows.map(
						(d) => html`<tr key=${d.name}>
							<th scope="row" data-label="Delivery"><a href=${routeTo("deliveries", d.name)}>${d.name}</a></th>
							<${Cell} label="Vendor">${d.vendor || ""}<//>
							<${Cell} label="Due">${d.due ? html`<${Moment} at=${d.due} withDate=${true} />` : "–"}<//>
							<${Cell} label="Announced" kind="num">${d.hosts}<//>
							${COUNTS.map(([name, title]) => html`<${Cell} label=${title} kind=${name === "failed" && d.counts[name] ? "num bad" : "num"}>${d.counts[name]}<//>`)}
						</tr>`,
					)}</tbody>
				</table></div>`
			: null}
		${poll.value && poll.value.more ? html`<p class="note">The first 50 are shown; <code>slipway delivery list</code> has the rest.</p>` : null}
	`;
}

