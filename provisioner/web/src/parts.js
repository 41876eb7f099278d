// SPDX-License-Identifier: Apache-2.0
// Small pieces that several views share: a state in shape and words, a time that says both clocks,
// a progress bar, an error, a warning that what is shown is old.
import { html } from "./html.js";
import { ageSeconds, bothClocks, clockUtc, dateUtc, duration, lookOf, progressOf, titleOf } from "./words.js";

export function State({ host }) {
	const look = lookOf(host);
	return html`<span class=${`state tone-${look.tone}`}><span class="mark" aria-hidden="true">${look.mark}</span> ${titleOf(host)}</span>`;
}

export function Age({ since, now }) {
	const s = ageSeconds(since, now);
	if (Number.isNaN(s)) return html`<span>–</span>`;
	return html`<time datetime=${since} title=${bothClocks(since)}>${duration(s)}</time>`;
}

export function Moment({ at, withDate }) {
	return html`<time datetime=${at} title=${bothClocks(at)}>
		${withDate ? `${dateUtc(at)} ` : ""}${clockUtc(at)}
	</time>`;
}

// Nothing moves for a host that waits for a person.
export function Progress({ host, label }) {
	const p = host.turn === "server" && !host.silent ? progressOf(host.progress) : null;
	if (!p) return null;
	return html`<span class="progress">
		${p.part === null
			? html`<progress aria-label=${label}></progress>`
			: html`<progress aria-label=${label} max="1" value=${p.part}></progress>`}
		<span>${p.words || p.stage}</span>
	</span>`;
}

export function Problem({ error }) {
	if (!error) return null;
	return html`<div class="problem" role="alert">
		<p><strong>${error.message}</strong></p>
		${error.hint ? html`<p>${error.hint}</p>` : null}
		${error.code || error.pointer
			? html`<p class="fine">${[error.code, error.pointer].filter(Boolean).join(" · ")}</p>`
			: null}
	</div>`;
}

// A table cell that says its column on phones, where rows become cards; nothing when it is empty.
export function Cell({ label, kind, children }) {
	return html`<td data-label=${label} class=${kind || ""}><div>${children}</div></td>`;
}

// What a poll has to say for itself: nothing while all is well.
export function PollState({ poll, now, what }) {
	if (!poll.error) return poll.value === null ? html`<p class="note" role="status">Loading ${what}…</p>` : null;
	if (poll.value === null) return html`<${Problem} error=${poll.error} />`;
	return html`<p class="stale" role="status">
		<strong>Old: as of ${duration((now - poll.at) / 1000)} ago.</strong> ${poll.error.message}. Trying again.
	</p>`;
}

export function Copy({ text }) {
	const copy = async (event) => {
		const button = event.currentTarget;
		try {
			await navigator.clipboard.writeText(text);
			button.textContent = "copied";
		} catch {
			button.textContent = "no clipboard";
		}
		setTimeout(() => (button.textContent = "copy"), 1500);
	};
	return html`<button class="copy" type="button" aria-label=${`Copy ${text}`} onClick=${copy}>copy</button>`;
}

// A definition list of what is known; unknown is left out.
export function Known({ rows }) {
	const shown = rows.filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== "–");
	if (!shown.length) return html`<p class="fine">Nothing known yet.</p>`;
	return html`<dl class="known">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
