// SPDX-License-Identifier: Apache-2.0
// The fleet: one dense row a host. Filters, order and search stand in the address and are done by
// the server, so that the page is as quick with 100,000 hosts as with three.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { parseRoute, routeTo } from "./route.js";
import { lookOf, plural, STEPS, stateNames, stateTitle, turnOf } from "./words.js";
import { Age, Cell, PollState, Problem, Progress, State } from "./parts.js";
import { ApproveMany } from "./approve.js";
import { SeenNote } from "./seen.js";
import { useMe } from "./me.js";
import { canScan, Scan } from "./scan.js";
import { filters, firstPages, openOnlyHit, PAGE, searchedFor } from "./search.js";

const ORDERS = [
	["", "First seen"],
	["name", "Name"],
	["state_since", "Longest in state"],
	["-state_since", "Newest in state"],
	["rack,unit", "Rack"],
	["serial", "Serial"],
];

// Changes what the address says now: the params of the last drawing may be older, when a person is
// quicker than the page.
function go(change) {
	location.hash = routeTo("hosts", "", { ...parseRoute(location.hash).params, ...change });
}

function Chips({ params, counts }) {
	const states = [...new Set([...stateNames(), ...Object.keys(counts.states)])];
	const all = Object.values(counts.states).reduce((a, b) => a + b, 0);
	const chip = (change, is, mark, tone, text, n) => html`<a
		class=${`chip tone-${tone}`}
		href=${routeTo("hosts", "", { ...params, state: "", needs_person: "", ...change })}
		aria-current=${is ? "true" : undefined}
	>
		<span class="mark" aria-hidden="true">${mark}</span> ${text} <b>${n}</b>
	</a>`;
	return html`<nav class="chips" aria-label="By state">
		${chip({}, !params.state && !params.needs_person, "≡", "", "All", all)}
		${chip({ needs_person: "true" }, params.needs_person, "!", "bad", "Needs a person", counts.needsPerson)}
		${states
			.filter((s) => counts.states[s] || params.state === s)
			.map((s) => {
				const look = lookOf({ state: s, turn: STEPS.includes(s) && s !== "discovered" ? "server" : "operator" });
				return chip({ state: s }, params.state === s, look.mark, look.tone, stateTitle(s), counts.states[s] || 0);
			})}
	</nav>`;
}

function Tools({ params }) {
	const timer = useRef(0);
	const box = useRef(null);
	// What is being typed is the box's own: the list behind it is drawn again at any moment.
	const [text, setText] = useState(params.q || "");
	const [scans, setScans] = useState(false);
	useEffect(() => {
		if (!timer.current && text.trim() !== (params.q || "")) setText(params.q || "");
	}, [params.q]);
	useEffect(() => {
		const key = (event) => {
			if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
			event.preventDefault();
			box.current.focus();
		};
		addEventListener("keydown", key);
		return () => {
			removeEventListener("keydown", key);
			clearTimeout(timer.current);
		};
	}, []);
	const search = (event) => {
		const q = event.target.value;
		setText(q);
		clearTimeout(timer.current);
		timer.current = setTimeout(() => {
			timer.current = 0;
			go({ q: q.trim() });
		}, 250);
	};
	const submit = (event) => {
		event.preventDefault();
		clearTimeout(timer.current);
		timer.current = 0;
		find(box.current.value.trim());
	};
	const find = (q) => q && openOnlyHit(params, q).then((opened) => opened || go({ q }), () => go({ q }));
	const scanned = (q) => (setScans(false), setText(q), find(q));
	return html`<form class="tools" role="search" onSubmit=${submit}>
		<label>Search <kbd>/</kbd>
			<input ref=${box} type="search" value=${text} onInput=${search} placeholder=${searchedFor} />
		</label>
		${canScan() ? html`<button type="button" onClick=${() => setScans(true)}>Scan…</button>` : null}
		${scans ? html`<${Scan} close=${() => setScans(false)} found=${scanned} />` : null}
		<label>Whose turn
			<select value=${params.turn || ""} onChange=${(e) => go({ turn: e.target.value })}>
				<option value="">anybody's</option>
				${["technician", "operator", "server"].map((t) => html`<option value=${t}>${turnOf(t)}</option>`)}
			</select>
		</label>
		<label>Order
			<select value=${params.sort || ""} onChange=${(e) => go({ sort: e.target.value })}>
				${ORDERS.map(([value, text]) => html`<option value=${value}>${text}</option>`)}
			</select>
		</label>
	</form>`;
}

function placeOf(host) {
	const rack = [host.site, host.row, host.rack, host.unit ? `U${host.unit}` : ""].filter(Boolean).join(" · ");
	const port = host.switch && [host.switch.name, host.switch.port].filter(Boolean).join(" ");
	return rack || port || "";
}

// What a person should know before opening the host: its fault's order, or the state's own words.
function sayings(host) {
	if (host.found) return html`<span class="detail">${host.found.map((p) => html`${p.type} ${p.slot || ""} <span class="mono">${p.SerialNumber || p.fru_id}</span> `)}</span>`;
	if (host.fault && typeof host.fault === "object")
		return html`<span class="order">${host.fault.action || host.fault.code || "see its page"}</span>`;
	if (host.faults > 0 || host.state === "failed")
		return html`<span class="order">${host.state_detail || "see its repair order"}</span>`;
	if (host.review) return html`<span class="order">${host.review}</span>`;
	return html`<span class="detail">${host.state_detail || ""}</span>`;
}

const LabKeys = ({ host }) => (host.image && host.image.trust === "lab" ? html` <span class="bad" title="imaged with lab keys: not for production">lab keys</span>` : null);

function Row({ host, now, picked, pick }) {
	const name = host.name || host.short_code;
	return html`<tr class=${`tone-${lookOf(host).tone}`}>
		<td class="pick">
			${host.state === "discovered"
				? html`<input type="checkbox" checked=${picked} onChange=${pick} aria-label=${`Select ${name}`} />`
				: null}
		</td>
		<th scope="row" data-label="Host">
			<a href=${routeTo("hosts", host.id)}>${name}</a>
			${host.name ? html`<span class="code">${host.short_code}</span>` : null}
		</th>
		<${Cell} label="State"><${State} host=${host} /><//>
		<${Cell} label="Progress"><${Progress} host=${host} label=${`Progress of ${name}`} /><//>
		<${Cell} label="For" kind="num"><${Age} since=${host.state_since} now=${now} /><//>
		<${Cell} label="Heard" kind="num"><${Age} since=${host.last_heard} now=${now} /><//>
		<${Cell} label="Turn" kind="turn">${turnOf(host.turn)}<//>
		<${Cell} label="What" kind="say">${sayings(host)}<${LabKeys} host=${host} /><//>
		<${Cell} label="Machine" kind="machine">
			${[host.manufacturer, host.model].filter(Boolean).join(" ")}${" "}
			<span class="fine nowrap">${host.arch} ${host.firmware}</span>${" "}
			<span class="mono block">${host.serial || ""}</span>
		<//>
		<${Cell} label="Place" kind="place">${placeOf(host)}<//>
	</tr>`;
}

// A delivery is approved at once, not box by box. The codes are compared in the dialog that follows.
function SelectWaiting({ waiting, picked, select }) {
	const { may } = useMe();
	if (!may("approve") || waiting.length < 2 || waiting.every((h) => picked.has(h.id))) return null;
	return html`<p class="bulk noprint">
		<button onClick=${() => select(new Set(waiting.map((h) => h.id)))}>Select the ${waiting.length} that wait for approval</button>
	</p>`;
}

// Arrow keys and j, k walk the rows; Enter follows the link that has the focus.
function walk(event) {
	const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
	if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
	const links = [...event.currentTarget.querySelectorAll("th a")];
	const at = links.indexOf(document.activeElement);
	const next = links[Math.min(links.length - 1, Math.max(0, at + step))];
	if (!next) return;
	event.preventDefault();
	next.focus();
}

const COLUMNS = ["Host", "State", "Progress", "For", "Heard", "Turn", "What", "Machine and serial", "Place"];

async function countHosts(signal) {
	const count = async (by) => Object.fromEntries(rowsOf(await api.get(`/summary?group_by=${by}`, { signal })).rows.map((g) => [g[by], g.count]));
	const [states, needs] = await Promise.all([count("state"), count("needs_person")]);
	return { states, needsPerson: needs.true || 0 };
}

export function Fleet({ params }) {
	const now = useNow();
	const key = JSON.stringify(filters(params));
	const [pages, setPages] = useState(1);
	const [picked, setPicked] = useState(new Set());
	useEffect(() => {
		setPages(1);
		setPicked(new Set());
	}, [key]);
	const hosts = usePoll(key, (signal) => firstPages(params, pages, signal), 2000);
	const counts = usePoll("counts", countHosts, 5000);
	useEffect(() => {
		if (pages > 1) hosts.again();
	}, [pages]);
	const rows = hosts.value ? hosts.value.rows : [];
	const deliveries = (hosts.value && hosts.value.deliveries) || [];
	// From what is picked when it happens: clicks may come faster than the page is drawn.
	const pick = (id) =>
		setPicked((old) => {
			const next = new Set(old);
			if (!next.delete(id)) next.add(id);
			return next;
		});
	const waiting = rows.filter((h) => h.state === "discovered");
	return html`
		<h1>Fleet</h1>
		${counts.value ? html`<${Chips} params=${params} counts=${counts.value} />` : null}
		<${SeenNote} />
		<${Tools} params=${params} />
		<${SelectWaiting} waiting=${waiting} picked=${picked} select=${setPicked} />
		<${ApproveMany}
			hosts=${waiting.filter((h) => picked.has(h.id))}
			done=${() => (setPicked(new Set()), hosts.again())}
		/>
		<${PollState} poll=${hosts} now=${now} what="hosts" />
		${deliveries.length
			? html`<p class="note">${plural(deliveries.length, "delivery", "deliveries")}:
					${deliveries.map((d) => html` <a href=${routeTo("deliveries", d.name)}>${d.name}</a>${d.vendor ? ` of ${d.vendor}` : ""}`)}
				</p>`
			: null}
		${hosts.value && !rows.length && !deliveries.length ? html`<${Nothing} params=${params} />` : null}
		${rows.length
			? html`<div class="scroll"><table class="fleet" onKeyDown=${walk}>
						<caption class="hidden">Hosts, ${plural(rows.length, "row", "rows")}. Arrow keys walk through them.</caption>
						<thead><tr>
							<td class="pick"></td>
							${COLUMNS.map((c) => html`<th scope="col">${c}</th>`)}
						</tr></thead>
						<tbody>
							${rows.map(
								(h) => html`<${Row} key=${h.id} host=${h} now=${now} picked=${picked.has(h.id)} pick=${() => pick(h.id)} />`,
							)}
						</tbody>
					</table></div>
					<p class="fine">
						${plural(rows.length, "host", "hosts")} shown.
						${hosts.value.more
							? html` <button onClick=${() => setPages(pages + 1)}>Show ${PAGE} more</button>`
							: null}
					</p>`
			: null}
		${counts.error && !hosts.error ? html`<${Problem} error=${counts.error} />` : null}
	`;
}

function Nothing({ params }) {
	const filtered = params.state || params.needs_person || params.turn || params.q;
	return html`<div class="empty">
		${filtered
			? html`<p>No host fits this filter.</p><p><a href="#/hosts">Show all hosts</a></p>`
			: html`<p>No host has been seen yet.</p>
					<p>Cable one to the provisioning network and power it on: it appears here when a profile lets it in, and else under
						<a href=${routeTo("seen")}>Not let in</a>.</p>`}
	</div>`;
}
