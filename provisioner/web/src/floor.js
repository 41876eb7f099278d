// SPDX-License-Identifier: Apache-2.0
// The floor: each rack with its units from the top down, as it stands in the hall, and before it what
// needs hands, in the order of a walk. A rack is drawn when it comes near the window, so that 5,000
// hosts scroll as 50 do.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { routeTo } from "./route.js";
import { Age, PollState } from "./parts.js";
import { lookOf, plural, titleOf } from "./words.js";

const PAGE = 500;
const PAGES_MAX = 20;
const HANDS_MAX = 30;
const UNIT_PX = 22;
const FIELDS = "id,name,short_code,state,state_since,state_detail,turn,needs_person,site,row,rack,unit,faults,serial";

async function everyHost(signal) {
	let rows = [];
	let cursor = "";
	for (let i = 0; i < PAGES_MAX; i++) {
		const page = rowsOf(await api.get(`/hosts${query({ fields: FIELDS, sort: "rack,unit", limit: PAGE, cursor })}`, { signal }));
		rows = rows.concat(page.rows);
		cursor = page.next;
		if (!cursor) break;
	}
	return { rows, more: Boolean(cursor) };
}

const text = (value) => (typeof value === "string" ? value : "");
const unitOf = (h) => (Number.isInteger(h.unit) && h.unit > 0 && h.unit <= 100 ? h.unit : 0);
const walk = (a, b) => text(a.site).localeCompare(text(b.site)) || text(a.row).localeCompare(text(b.row), undefined, { numeric: true })
	|| text(a.rack).localeCompare(text(b.rack), undefined, { numeric: true }) || unitOf(a) - unitOf(b);

// [{site, row, rack, hosts}], in the order of a walk; hosts without a rack come last.
export function racksOf(hosts) {
	const racks = new Map();
	for (const h of [...hosts].sort(walk)) {
		const key = JSON.stringify([text(h.site), text(h.row), text(h.rack)]);
		if (!racks.has(key)) racks.set(key, { key, site: text(h.site), row: text(h.row), rack: text(h.rack), hosts: [] });
		racks.get(key).hosts.push(h);
	}
	return [...racks.values()].sort((a, b) => (a.rack ? 0 : 1) - (b.rack ? 0 : 1));
}

// The units of a rack from the top down: what stands in each; two in one unit share it.
export function unitsOf(rack) {
	const height = Math.max(42, ...rack.hosts.map(unitOf));
	const units = Array.from({ length: height }, (_, i) => ({ unit: height - i, hosts: [] }));
	const apart = [];
	for (const h of rack.hosts) (unitOf(h) ? units[height - unitOf(h)].hosts : apart).push(h);
	return { units, apart };
}

function Box({ host }) {
	const look = lookOf(host);
	const name = host.name || host.short_code;
	return html`<a class=${`unit tone-${look.tone}`} href=${routeTo("hosts", host.id)} title=${`${name}: ${titleOf(host)}${host.state_detail ? `, ${host.state_detail}` : ""}`}>
		<span class="mark" aria-hidden="true">${look.mark}</span> ${name} <span class="fine">${titleOf(host)}</span>
	</a>`;
}

// Empty units in a row are one line: a rack that is nearly empty stays short.
function runsOf(units) {
	const runs = [];
	for (const u of units) {
		const last = runs.at(-1);
		if (!u.hosts.length && last && last.free) last.low = u.unit;
		else runs.push(u.hosts.length ? u : { free: true, high: u.unit, low: u.unit });
	}
	return runs;
}

function Units({ rack }) {
	const { units, apart } = unitsOf(rack);
	return html`<ol class="units">
		${runsOf(units).map((u) =>
			u.free
				? html`<li class="free"><span class="label">${u.high === u.low ? u.high : `${u.high}–${u.low}`}</span> free</li>`
				: html`<li><span class="label">${u.unit}</span>${u.hosts.map((h) => html`<${Box} key=${h.id} host=${h} />`)}</li>`,
		)}
		${apart.map((h) => html`<li><span class="label">?</span><${Box} key=${h.id} host=${h} /></li>`)}
	</ol>`;
}

function Rack({ rack, all }) {
	const box = useRef(null);
	const [near, setNear] = useState(all);
	useEffect(() => {
		const watch = new IntersectionObserver((seen) => setNear(seen.some((s) => s.isIntersecting)), { rootMargin: "600px" });
		watch.observe(box.current);
		return () => watch.disconnect();
	}, []);
	const hands = rack.hosts.filter((h) => h.needs_person).length;
	const place = [rack.site, rack.row, rack.rack].filter(Boolean).join(" · ") || "No rack known";
	const lines = runsOf(unitsOf(rack).units).length + unitsOf(rack).apart.length;
	return html`<section class="rack" ref=${box} aria-label=${place}>
		<h2>${place} <span class="fine">${plural(rack.hosts.length, "host", "hosts")}${hands ? html`, <b class="bad">${hands} need a person</b>` : null}</span></h2>
		${near ? html`<${Units} rack=${rack} />` : html`<div class="rack-later" ref=${(e) => e && (e.style.height = `${lines * UNIT_PX}px`)}></div>`}
	</section>`;
}

function Hands({ hosts, now }) {
	const rows = hosts.filter((h) => h.turn === "technician" && h.needs_person).sort(walk);
	if (!rows.length) return html`<p class="note">Nothing needs hands.</p>`;
	return html`<section class="hands" aria-label="Needs hands">
		<h2>Needs hands: ${rows.length}</h2>
		<ol>${rows.slice(0, HANDS_MAX).map(
			(h) => html`<li key=${h.id}><b>${[h.site, h.row, h.rack, unitOf(h) ? `U${h.unit}` : ""].filter(Boolean).join(" · ") || "place not known"}</b>
				${" "}<a href=${routeTo("hosts", h.id)}>${h.name || h.short_code}</a> ${h.state_detail || titleOf(h)}
				${" "}<span class="fine">for <${Age} since=${h.state_since} now=${now} /></span></li>`,
		)}</ol>
		${rows.length > HANDS_MAX ? html`<p class="fine">${rows.length - HANDS_MAX} more: <a href=${routeTo("hosts", "", { needs_person: "true", turn: "technician" })}>as a list</a></p>` : null}
	</section>`;
}

export function Floor({ params }) {
	const now = useNow(10000);
	const poll = usePoll("floor", everyHost, 15000);
	const hosts = poll.value ? poll.value.rows : [];
	const racks = racksOf(hosts.filter((h) => h.state !== "retired"));
	const sites = [...new Set(racks.map((r) => r.site).filter(Boolean))];
	const shown = racks.filter((r) => !params.site || r.site === params.site);
	return html`
		<h1>Floor</h1>
		<${PollState} poll=${poll} now=${now} what="hosts" />
		${sites.length > 1
			? html`<nav class="chips" aria-label="By site">
					<a class="chip" href=${routeTo("floor")} aria-current=${params.site ? undefined : "true"}>All sites</a>
					${sites.map((s) => html`<a class="chip" href=${routeTo("floor", "", { site: s })} aria-current=${params.site === s ? "true" : undefined}>${s}</a>`)}
				</nav>`
			: null}
		${poll.value ? html`<${Hands} hosts=${hosts.filter((h) => !params.site || h.site === params.site)} now=${now} />` : null}
		<div class="floor">${shown.map((r, i) => html`<${Rack} key=${r.key} rack=${r} all=${i < 4} />`)}</div>
		${poll.value && poll.value.more ? html`<p class="note">More than ${PAGE * PAGES_MAX} hosts: the rest is in <a href="#/hosts">the list</a>.</p>` : null}
	`;
}
