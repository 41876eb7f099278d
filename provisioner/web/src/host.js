// SPDX-License-Identifier: Apache-2.0
// One host: in big letters what it is doing or which part to pull, what a person does next, and
// below that everything that is known of it.
import { useEffect } from "preact/hooks";
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { bothClocks, bytes, duration, lookOf, shortDigest, stateTitle, STEPS, titleOf, turnOf } from "./words.js";
import { Age, Cell, Copy, Known, Moment, PollState, Progress, State } from "./parts.js";
import { RepairOrder } from "./order.js";
import { Facts, Machine, useFacts } from "./facts.js";
import { HostEvents } from "./timeline.js";
import { BurnIns } from "./burnin.js";
import { Console } from "./console.js";
import { Expected } from "./expected.js";
import { Evidence } from "./identity.js";
import { Actions } from "./actions.js";
import { PendingOrder } from "./pending.js";

// Discover, inspect, burn in, image, verify, ready: where it is, and how long each took.
function Steps({ host }) {
	const at = STEPS.includes(host.state) ? STEPS.indexOf(host.state) + 1 : host.state === "in-service" ? STEPS.length : null;
	const stages = host.stages || {};
	const last = STEPS.findLastIndex((s) => Number.isFinite(stages[s]));
	const kind = (state, i) => {
		if (host.state === "failed") return i < last ? "done" : i === last ? "stopped" : "";
		if (at === null) return "";
		return i + 1 < at || STEPS[at - 1] === "ready" ? "done" : i + 1 === at ? "now" : "";
	};
	return html`<ol class="steps" aria-label="Steps to ready">
		${STEPS.map(
			(s, i) => html`<li class=${kind(s, i)} aria-current=${kind(s, i) === "now" ? "step" : undefined}>
				<span class="mark" aria-hidden="true">${{ done: "✓", now: "▶", stopped: "✕" }[kind(s, i)] || "·"}</span>
				<span>${stateTitle(s)}</span>
				<span class="fine">${Number.isFinite(stages[s]) && s !== "ready" ? duration(stages[s]) : ""}</span>
			</li>`,
		)}
	</ol>`;
}

function Next({ host }) {
	const advice = host.advice || {};
	const action = (host.fault && host.fault.action) || advice.action;
	if (!action && !host.review) return null;
	return html`<p class="next"><strong>What to do next:</strong> ${host.review ? `${host.review}. ` : ""}${action}
		${advice.command ? html` <span class="mono block">${advice.command}</span>` : null}</p>`;
}

function Waived({ waiver }) {
	if (!waiver || typeof waiver !== "object") return null;
	return html`<p class="stale"><strong>Its burn-in was waived</strong> by ${waiver.who} on <${Moment} at=${waiver.at} withDate=${true} /> UTC: ${waiver.reason}</p>`;
}

function Banner({ host, now }) {
	const look = lookOf(host);
	const left = host.deadline ? (Date.parse(host.deadline) - now) / 1000 : NaN;
	return html`<section class=${`banner tone-${look.tone}`} aria-label="State">
		<p class="big"><span class="mark" aria-hidden="true">${look.mark}</span> ${titleOf(host)}</p>
		<p class="say">${host.silent && host.advice ? host.advice.why : host.state_detail || (host.advice || {}).why || ""}</p>
		<${Progress} host=${host} label="Progress" />
		<p>
			For <${Age} since=${host.state_since} now=${now} />. Whose turn: <strong>${turnOf(host.turn)}</strong>.
			${host.last_heard ? html` Last heard <${Age} since=${host.last_heard} now=${now} /> ago.` : null}
			${Number.isFinite(left)
				? html` <span title=${bothClocks(host.deadline)}>
						${left >= 0 ? `Must be over in ${duration(left)}.` : `Overdue by ${duration(-left)}.`}
					</span>`
				: null}
		</p>
		<${Next} host=${host} />
		<${Waived} waiver=${host.burn_in_waived} />
	</section>`;
}

function Identity({ host }) {
	return html`<${Known}
		rows=${[
			["Code on its screen", host.codes?.session && html`<span class="code large">${host.codes.session}</span>`],
			["Other machines that say they are this host", host.codes?.asking?.length ? html`<span class="code">${host.codes.asking.join(", ")}</span>` : ""],
			["Short code", html`<span class="code">${host.short_code}</span>`],
			["Serial", host.serial && html`<span class="mono">${host.serial}</span> <${Copy} text=${host.serial} />`],
			["UUID", host.uuid && html`<span class="mono">${host.uuid}</span>`],
			["MACs", Array.isArray(host.macs) && host.macs.length ? html`<span class="mono">${host.macs.join(", ")}</span>` : ""],
			["Boots by", [host.arch, host.firmware].filter(Boolean).join(", ")],
			["SKU", [host.sku, host.sku_status].filter(Boolean).join(": ")],
			["Delivery", host.delivery],
			["Place", [host.site, host.row, host.rack, host.unit ? `unit ${host.unit}` : ""].filter(Boolean).join(" · ")],
			["Switch", host.switch && [host.switch.name, host.switch.port].filter(Boolean).join(" port ")],
			["Reserved for", host.reserved_for],
			["Host id", html`<span class="mono fine">${host.id}</span>`],
		]}
	/>`;
}

// Anybody who has the lab's keys can make such an image.
const LAB_KEYS = "Imaged with lab keys: not for production";

const PARTITION = ["Partition", "Size", "Read back (SHA-256)"];

function Receipt({ host }) {
	const image = host.image && host.image.digest ? host.image : null;
	const path = `/receipts${query({ host_id: host.id, sort: "-id", limit: 1 })}`;
	const poll = usePoll(`receipt ${host.id} ${image ? image.digest : ""}`, (signal) => api.get(path, { signal }), 30000);
	const row = poll.value ? rowsOf(poll.value).rows[0] : null;
	const receipt = row && row.receipt && typeof row.receipt === "object" ? row.receipt : null;
	if (!image && !row) return html`<p class="fine">Nothing has been written to this host by Slipway.</p>`;
	const parts = receipt && Array.isArray(receipt.partitions) ? receipt.partitions.filter((p) => p && p.number) : [];
	const stages = receipt && receipt.stages && typeof receipt.stages === "object" ? Object.entries(receipt.stages) : [];
	return html`
		<${Known}
			rows=${[
				["Image", image && [image.line, image.version].filter(Boolean).join(" ")],
				["Trust", image && image.trust === "lab" ? html`<strong class="bad">${LAB_KEYS}</strong>` : image && image.trust],
				[
					"Manifest digest, as read back from disk",
					image && image.digest && html`<span class="mono" title=${image.digest}>${shortDigest(image.digest)}…</span> <${Copy} text=${image.digest} />`,
				],
				["Disk", row && row.disk_serial && html`<span class="mono">${row.disk_serial}</span>`],
				["Written", row && html`<${Moment} at=${row.at} withDate=${true} /> UTC`],
				["Bytes", receipt && Number.isFinite(receipt.written_bytes) ? `${bytes(receipt.written_bytes)} written` : ""],
				["It took", stages.filter(([, s]) => s > 0).map(([name, s]) => `${name.replaceAll("_", " ")} ${duration(s)}`).join(", ")],
			]}
		/>
		${parts.length
			? html`<table><caption class="hidden">Partitions</caption>
					<thead><tr>${PARTITION.map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
					<tbody>${parts.map(
						(p) => html`<tr>
							<${Cell} label=${PARTITION[0]}>${[p.number, p.role, p.mount].filter(Boolean).join(" · ")}<//>
							<${Cell} label=${PARTITION[1]}>${[p.fs, bytes(p.size_bytes)].filter(Boolean).join(" ")}<//>
							<${Cell} label=${PARTITION[2]}><span class="mono" title=${p.read_back_sha256}>${shortDigest(p.read_back_sha256)}</span><//>
						</tr>`,
					)}</tbody></table>`
			: null}
	`;
}

export function HostPage({ id }) {
	const now = useNow();
	const path = `/hosts/${encodeURIComponent(id)}`;
	const poll = usePoll(`host ${id}`, (signal) => api.get(path, { signal }), 2000, 2000);
	const host = poll.value;
	const name = host ? host.name || host.short_code : "Host";
	useEffect(() => {
		if (host) document.title = `${titleOf(host)}: ${name} · Slipway`;
	}, [host && titleOf(host), name]);
	const facts = useFacts(host);
	if (!host)
		return html`<p><a href="#/hosts">‹ Fleet</a></p><h1>Host</h1><${PollState} poll=${poll} now=${now} what="the host" />`;
	return html`
		<p class="back"><a href="#/hosts">‹ Fleet</a></p>
		<div class="title">
			<h1>${name} ${host.name ? html`<span class="code">${host.short_code}</span>` : null}</h1>
			<${State} host=${host} />
		</div>
		<${PollState} poll=${poll} now=${now} what="the host" />
		${host.fault && typeof host.fault === "object" ? html`<${RepairOrder} fault=${host.fault} host=${host} />` : null}
		${(Array.isArray(host.orders) ? host.orders : []).map((o) => html`<${PendingOrder} key=${o.id} order=${o} done=${poll.again} />`)}
		<${Banner} host=${host} now=${now} />
		<${Steps} host=${host} />
		<${Actions} host=${host} drives=${facts.value.drives} done=${poll.again} />
		${host.state === "quarantined" || host.review ? html`<${Evidence} host=${host} />` : null}
		<${BurnIns} host=${host} />
		<${Expected} host=${host} />
		<div class="columns">
			<section><h2>Who it is</h2><${Identity} host=${host} /></section>
			<section><h2>Machine</h2><${Machine} facts=${facts.value} /></section>
			<section><h2>What is on its disk</h2><${Receipt} host=${host} /></section>
		</div>
		<${Facts} facts=${facts.value} error=${facts.error} />
		<${Console} id=${host.id} />
		<section><h2>Timeline</h2><${HostEvents} id=${host.id} /></section>
	`;
}
