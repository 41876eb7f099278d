// SPDX-License-Identifier: Apache-2.0
// What the agent and the kernel of a host say, oldest first as on a console, and live: the newest
// lines of its events of kind agent.log. Lines of the kernel come several in one event.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { usePoll } from "./hooks.js";
import { clockUtc } from "./words.js";
import { PollState } from "./parts.js";

const KEPT = 200;
const KERNEL = "kernel: ";
const BETWEEN = " | ";

export function linesOf(event) {
	const text = String(event.summary || "");
	const kernel = text.startsWith(KERNEL);
	const words = kernel ? text.slice(KERNEL.length).split(BETWEEN) : [text];
	return words.map((line) => ({ at: event.at, kernel, warning: /^(warning|error)$/.test((event.detail || {}).level), line }));
}

export function Console({ id }) {
	const [only, setOnly] = useState("");
	const box = useRef(null);
	const stays = useRef(true); // at the end, as long as nobody has scrolled up
	const path = `/hosts/${encodeURIComponent(id)}/events${query({ kind: "agent.log", sort: "-id", limit: KEPT })}`;
	const poll = usePoll(`console ${id}`, (signal) => api.get(path, { signal }), 2000, 4000);
	const all = poll.value ? rowsOf(poll.value).rows.slice().reverse().flatMap(linesOf) : [];
	const lines = all.filter((l) => !only || l.kernel === (only === "kernel"));
	useEffect(() => {
		if (box.current && stays.current) box.current.scrollTop = box.current.scrollHeight;
	});
	const scrolled = (event) => (stays.current = event.target.scrollHeight - event.target.scrollTop - event.target.clientHeight < 24);
	return html`<section class="noprint">
		<h2>Console and kernel log</h2>
		${poll.error ? html`<${PollState} poll=${poll} now=${Date.now()} what="its console" />` : null}
		${all.length
			? html`<label class="inline">Lines of
						<select value=${only} onChange=${(e) => setOnly(e.target.value)}>
							<option value="">both</option><option value="kernel">the kernel</option><option value="agent">the agent</option>
						</select>
					</label>
					<div ref=${box} class="console" role="log" aria-label="Console" tabindex="0" onScroll=${scrolled}>
						${lines.map((l) => html`<div class=${l.warning ? "bad" : ""}><span class="fine">${clockUtc(l.at)}</span> ${l.line}</div>`)}
					</div>`
			: poll.value
				? html`<p class="fine">It has said nothing yet.</p>`
				: null}
	</section>`;
}
