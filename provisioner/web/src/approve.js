// SPDX-License-Identifier: Apache-2.0
// Letting hosts in. One host: the code that its screen shows is typed and sent, and the server binds
// the host to the machine with this code. Several: the codes of their machines are shown, and those
// are sent, so that a machine that comes meanwhile is not the one that is let in. Where two machines
// say that they are one host, or none does, it is left to the page of that host. Each decision names what
// was shown of the host (its member view), and the server refuses it when any of that is different.
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";
import { api } from "./api.js";
import { Dialog } from "./dialog.js";
import { plural } from "./words.js";
import { Problem } from "./parts.js";

// What a person sees when the dialog opens; a server of before knows none.
export const viewOf = (host) => (host.view ? { view: host.view } : {});
// What the server says where somebody was quicker: it changes nothing, and is not an error.
const ALREADY = "approved already";
const SOMEBODY = "Somebody else approved this host just before you: see its timeline. Nothing more was done.";
const pathOf = (host) => `/hosts/${encodeURIComponent(host.id)}/approve`;
const bare = (code) => code.toUpperCase().replace(/[\s-]/g, "");
const CODE_LETTERS = 8;
// Codes of the machines that ask as this host; none where the server has not told them.
const codesOf = (host) => (host.codes ? [host.codes.session, ...(host.codes.asking || [])].filter(Boolean).map(bare) : null);

export function Approve({ host, close, done }) {
	const [typed, setTyped] = useState("");
	const [state, setState] = useState({ busy: false, error: null });
	const [shown] = useState(viewOf(host));
	const approve = async (event) => {
		event.preventDefault();
		setState({ busy: true, error: null });
		try {
			const answer = await api.post(pathOf(host), { code: typed.trim(), ...shown });
			done();
			if (answer && answer.state_detail === ALREADY) setState({ busy: false, error: new Error(SOMEBODY) });
			else close();
		} catch (error) {
			setState({ busy: false, error });
		}
	};
	const codes = codesOf(host);
	const whole = bare(typed).length === CODE_LETTERS;
	// A machine that came since this page was loaded is not in the list: then the server decides.
	const known = codes && codes.length > 0;
	const right = known ? codes.includes(bare(typed)) : whole;
	const lengthSay = `${CODE_LETTERS} characters`;
	const noneSay = "No machine asks for this host now. Boot it, and type the code that its screen shows.";
	const say = () => {
		if (codes && !known) return noneSay;
		if (!typed || !known) return lengthSay;
		return right ? "✓ the same code" : "✕ not this host's code";
	};
	return html`<${Dialog} title=${`Approve ${host.name || host.short_code}`} close=${close}>
		<form onSubmit=${approve}>
			<p>Approving lets its profile test it and, where the profile says so, overwrite its disk.</p>
			<label for="approve-code">Type the code that its screen shows</label>
			<input id="approve-code" class="code" value=${typed} onInput=${(e) => setTyped(e.target.value)} autocomplete="off" autofocus
				aria-describedby="approve-say" />
			<p id="approve-say" class="fine" role="status">
				${say()}
			</p>
			<${Problem} error=${state.error} />
			<p class="buttons">
				<button type="button" onClick=${close}>Cancel</button>
				<button class="primary" disabled=${!right || state.busy}>Approve</button>
			</p>
		</form>
	<//>`;
}

// Why a host of several is not let in from here; "" when its one machine has a code.
function leftOut(codes) {
	if (!codes) return "";
	if (codes.asking.length) return "several machines say that they are this host: approve it on its own page";
	return codes.session ? "" : "no machine asks for this host now: boot it first";
}

function Result({ host, codes, result }) {
	return html`<li>
		<strong>${host.name || host.short_code}</strong> ${host.name ? html`<span class="code">${host.short_code}</span> ` : null}
		${" "}<span class="mono fine">${host.serial}</span>
		${codes && codes.session ? html` screen <span class="code">${codes.session}</span>` : null}
		${result ? html` <span class=${result === "ok" ? "good" : "bad"}>${result === "ok" ? "✓ approved" : `✕ ${result}`}</span>` : null}
	</li>`;
}

function AskMany({ hosts, close, done }) {
	const [kept] = useState(hosts);
	const [results, setResults] = useState({});
	const [busy, setBusy] = useState(false);
	const [codes, setCodes] = useState({});
	const [loaded, setLoaded] = useState(false);
	const finished = kept.every((h) => results[h.id]);
	useEffect(() => {
		const load = async () => {
			for (const host of kept) {
				try {
					const one = await api.get(`/hosts/${encodeURIComponent(host.id)}`);
					const found = { session: null, asking: [], ...one.codes, shown: viewOf(one) };
					setCodes((old) => ({ ...old, [host.id]: found }));
					if (leftOut(found)) setResults((old) => ({ ...old, [host.id]: leftOut(found) }));
				} catch (error) {
					setResults((old) => ({ ...old, [host.id]: error.message }));
				}
			}
			setLoaded(true);
		};
		load();
	}, []);
	const run = async () => {
		setBusy(true);
		for (const host of kept) {
			if (results[host.id]) continue;
			let result = "ok";
			try {
				await api.post(pathOf(host), { code: codes[host.id].session, ...codes[host.id].shown });
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
		<p>Their profiles may test them and overwrite their disks. Compare each code with the screen of its host.</p>
		<ul class="plain">${kept.map((h) => html`<${Result} host=${h} codes=${codes[h.id]} result=${results[h.id]} />`)}</ul>
		<p class="buttons">
			<button type="button" onClick=${end}>${finished ? "Close" : "Cancel"}</button>
			${finished ? null : html`<button class="primary" disabled=${busy || !loaded} onClick=${run}>Approve these ${kept.length}</button>`}
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
