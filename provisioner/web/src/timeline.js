// SPDX-License-Identifier: Apache-2.0
// What happened, newest first, live: of one host, or of the fleet. New events are asked for by the
// last id that is known, so that nothing is shown twice and nothing is missed.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { routeTo } from "./route.js";
import { dateUtc } from "./words.js";
import { Moment, PollState } from "./parts.js";

const KEPT = 500;
const PAGE = 200;

// Events that a person scans for get a word of their own besides their colour.
function toneOf(kind) {
	if (/fail|fault|refus|conflict|error/.test(kind)) return "bad";
	if (/ready|passed|receipt|approved/.test(kind)) return "good";
	return "";
}

function Event({ event, withHost }) {
	return html`<li class=${`tone-${toneOf(event.kind || "")}`}>
		<${Moment} at=${event.at} />
		<span class="kind">${event.kind}</span>
		<span class="what">
			${withHost && event.host_id
				? html`<a href=${routeTo("hosts", event.host_id)}>${event.host || "host"}</a>: `
				: null}
			${event.summary}
			${event.actor && event.actor !== "server" ? html` <span class="fine">by ${event.actor}</span>` : null}
		</span>
	</li>`;
}

function Days({ events, withHost }) {
	const days = [];
	for (const e of events) {
		const day = dateUtc(e.at);
		if (!days.length || days[days.length - 1].day !== day) days.push({ day, events: [] });
		days[days.length - 1].events.push(e);
	}
	return days.map(
		(d) => html`<${withHost ? "h2" : "h3"}>${d.day} <span class="fine">UTC</span><//>
			<ol class="timeline">${d.events.map((e) => html`<${Event} key=${e.id} event=${e} withHost=${withHost} />`)}</ol>`,
	);
}

// A packet is written down when its host is known: it was seen before that.
function withOwnTime(event) {
	const us = Number(event.detail && event.detail.at_us);
	return us > 0 ? { ...event, at: new Date(us / 1000).toISOString() } : event;
}
const newestFirst = (a, b) => new Date(b.at) - new Date(a.at) || b.id - a.id;

// At first the newest page, turned round; then all that came after the last known id, oldest first.
async function newEvents(path, only, since, signal) {
	if (since === undefined)
		return rowsOf(await api.get(`${path}${query({ ...only, sort: "-id", limit: PAGE })}`, { signal })).rows.reverse();
	let rows = [];
	for (let i = 0; i < 20; i++) {
		const last = rows.length ? rows[rows.length - 1].id : since;
		const page = rowsOf(await api.get(`${path}${query({ ...only, "id>": last + 1, limit: PAGE })}`, { signal })).rows;
		rows = rows.concat(page);
		if (page.length < PAGE) break;
	}
	return rows;
}

const EVERY_KIND = {};
function Events({ path, only = EVERY_KIND, withHost, what }) {
	const now = useNow(5000);
	const known = useRef({ path: "", events: [] });
	const [filter, setFilter] = useState("");
	const poll = usePoll(
		path,
		async (signal) => {
			if (known.current.path !== path) known.current = { path, events: [] };
			const old = known.current.events;
			const fresh = await newEvents(path, only, old.length ? old[old.length - 1].id : undefined, signal);
			if (fresh.length) known.current = { path, events: old.concat(fresh).slice(-KEPT) };
			return known.current.events;
		},
		2000,
	);
	useEffect(() => setFilter(""), [path]);
	const all = poll.value || [];
	const wanted = filter.toLowerCase();
	const shown = all
		.filter((e) => !wanted || `${e.kind} ${e.summary} ${e.actor}`.toLowerCase().includes(wanted))
		.map(withOwnTime)
		.sort(newestFirst);
	return html`
		<${PollState} poll=${poll} now=${now} what=${what} />
		${all.length
			? html`<label class="inline">Only with
						<input type="search" value=${filter} onInput=${(e) => setFilter(e.target.value)} placeholder="word" />
					</label>
					<${Days} events=${shown} withHost=${withHost} />`
			: poll.value
				? html`<p class="fine">Nothing has happened yet.</p>`
				: null}
	`;
}

// What the agent and the kernel say has a place of its own: console.js.
const NO_LOG = { "kind!": "agent.log" };
export function HostEvents({ id }) {
	return html`<${Events} only=${NO_LOG} path=${`/hosts/${encodeURIComponent(id)}/events`} what="events" />`;
}

export function FleetEvents() {
	return html`<h1>Events</h1><${Events} path="/events" withHost=${true} what="events" />`;
}
