// SPDX-License-Identifier: Apache-2.0
// Letting hosts in. One host: the code that its screen shows is typed and sent, and the server binds
// the host to the machine with this code. Several: the server binds each to the one machine that asks
// as this host, and refuses where two do; each answer is shown by itself.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { api } from "./api.js";
import { Dialog } from "./dialog.js";
import { plural } from "./words.js";
import { Problem } from "./parts.js";

const pathOf = (host) => `/hosts/${encodeURIComponent(host.id)}/approve`;
const bare = (code) => code.toUpperCase().replace(/[\s-]/g, "");
const CODE_LETTERS = 8;
// Codes of the machines that ask as this host; none where the server has not told them.
const codesOf = (host) => (host.codes ? [host.codes.session, ...(host.codes.asking || [])].filter(Boolean).map(bare) : null);

export function Approve({ host, close, done }) {
	const [typed, setTyped] = useState("");
	const [state, setState] = useState({ busy: false, error: null });
	const approve = async (event) => {
		event.preventDefault();
		setState({ busy: true, error: null });
		try {
			await api.post(pathOf(host), { code: typed.trim() });
			done();
			close();
		} catch (error) {
			setState({ busy: false, error });
		}
	};
	const codes = codesOf(host);
	const right = codes ? codes.includes(bare(typed)) : bare(typed).length === CODE_LETTERS;
	return html`<${Dialog} title=${`Approve ${host.name || host.short_code}`} close=${close}>
		<form onSubmit=${approve}>
			<p>Approving lets its profile test it and, where the profile says so, overwrite its disk.</p>
			<label for="approve-code">Type the code that its screen shows</label>
			<input id="approve-code" class="code" value=${typed} onInput=${(e) => setTyped(e.target.value)} autocomplete="off" autofocus
				aria-describedby="approve-say" />
			<p id="approve-say" class="fine" role="status">
				${!typed ? `${CODE_LETTERS} characters` : right ? (codes ? "✓ the same code" : "") : codes ? "✕ not this host's code" : `${CODE_LETTERS} characters`}
			</p>
			<${Problem} error=${state.error} />
			<p class="buttons">
				<button type="button" onClick=${close}>Cancel</button>
				<button class="primary" disabled=${!right || state.busy}>Approve</button>
			</p>
		</form>
	<//>`;
}

function Result({ host, result }) {
	return html`<li>
		<strong>${host.name || host.short_code}</strong> ${host.name ? html`<span class="code">${host.short_code}</span>` : null}
		<span class="mono fine">${host.serial}</span>
		${result ? html` <span class=${result === "ok" ? "good" : "bad"}>${result === "ok" ? "✓ approved" : `✕ ${result}`}</span>` : null}
	</li>`;
}

function AskMany({ hosts, close, done }) {
	const [kept] = useState(hosts);
	const [results, setResults] = useState({});
	const [busy, setBusy] = useState(false);
	const finished = kept.every((h) => results[h.id]);
	const run = async () => {
		setBusy(true);
		for (const host of kept) {
			let result = "ok";
			try {
				await api.post(pathOf(host), {});
			} catch (error) {
				result = error.message;
			}
			setResults((old) => ({ ...old, [host.id]: result }));
			if (result !== "ok" && /auth|scope/.test(result)) break;
		}
		setBusy(false);
	};
	const end = () => {
		close();
		if (Object.keys(results).length) done();
	};
	return html`<${Dialog} title=${`Approve ${plural(kept.length, "host", "hosts")}`} close=${end}>
		<p>Their profiles may test them and overwrite their disks. Where two machines say that they are one host, approve it on its own page, with the code of its screen.</p>
		<ul class="plain">${kept.map((h) => html`<${Result} host=${h} result=${results[h.id]} />`)}</ul>
		<p class="buttons">
			<button type="button" onClick=${end}>${finished ? "Close" : "Cancel"}</button>
			${finished ? null : html`<button class="primary" disabled=${busy} onClick=${run}>Approve these ${kept.length}</button>`}
		</p>
	<//>`;
}

export function ApproveMany({ hosts, done }) {
	const [open, setOpen] = useState(false);
	if (!hosts.length && !open) return null;
	return html`<p class="bulk">
		${plural(hosts.length, "host", "hosts")} selected <button class="primary" onClick=${() => setOpen(true)}>Approve…</button>
		${open ? html`<${AskMany} hosts=${hosts} close=${() => setOpen(false)} done=${done} />` : null}
	</p>`;
}
