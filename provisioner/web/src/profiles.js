// SPDX-License-Identifier: Apache-2.0
// Profiles: what may happen to which hosts. The list, and one that is read, written and removed. It
// is checked by the server as it is written, against the whole fleet; storing it is refused when
// somebody else changed it in between.
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";
import { api, query, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { routeTo } from "./route.js";
import { Dialog } from "./dialog.js";
import { useMe } from "./me.js";
import { Cell, PollState, Problem } from "./parts.js";
import { whyInWords } from "./pending.js";
import { ProfileForm } from "./profile_form.js";
import { fitsInWords, NEW_TEXT, problemsElsewhere, readText, shown, textOf, valueAt } from "./profile_doc.js";
import { plural } from "./words.js";

const CHECK_AFTER_MS = 400;
const pathOf = (name) => `/profiles/${encodeURIComponent(name)}`;
// Stored only if it is what this page has read, or is new.
const conditionOf = (etag) => (etag ? { "If-Match": etag } : { "If-None-Match": "*" });

// ---- what the server says while it is written

// The answer to the text that stands there: null until it comes.
function useCheck(text, etag, mayWrite) {
	const [state, setState] = useState({ text: null });
	useEffect(() => {
		const { doc } = readText(text);
		if (!doc) return;
		const stop = new AbortController();
		const ask = async () => {
			const next = { text, found: null, plan: null, error: null };
			try {
				next.found = await api.post("/profiles/check", doc, { signal: stop.signal });
				if (mayWrite && !next.found.problems.length)
					next.plan = await api.post(`/profiles${query({ dry_run: "true" })}`, doc, { signal: stop.signal, headers: conditionOf(etag) });
			} catch (error) {
				next.error = error;
			}
			if (!stop.signal.aborted) setState(next);
		};
		const timer = setTimeout(ask, CHECK_AFTER_MS);
		return () => (clearTimeout(timer), stop.abort());
	}, [text, etag, mayWrite]);
	return state.text === text ? state : null;
}

function Fitting({ found }) {
	const rows = Array.isArray(found.fitting) ? found.fitting : [];
	return html`<p class="fits">It fits ${found.fits} of ${plural(found.hosts, "host", "hosts")}.</p>
		${found.warnings.map((w) => html`<p class="stale">${w}</p>`)}
		${rows.length
			? html`<details>
					<summary>${rows.length < found.fits ? `The first ${rows.length} of them` : "Which"}</summary>
					<ul class="plain">${rows.map((h) => html`<li key=${h.host}><a class="code" href=${routeTo("hosts", "", { q: h.host })}>${h.host}</a> <span class="mono">${h.serial}</span> ${[h.manufacturer, h.model].filter(Boolean).join(" ")}</li>`)}</ul>
				</details>`
			: null}`;
}

function Verdict({ check, wrong }) {
	if (wrong) return null;
	if (!check) return html`<p class="note">Checking…</p>`;
	if (!check.found) return html`<${Problem} error=${check.error} />`;
	const { problems } = check.found;
	const rest = problemsElsewhere(problems);
	const second = check.plan && Array.isArray(check.plan.second_person) ? check.plan.second_person : [];
	return html`
		${problems.length ? html`<p class="wrong">${plural(problems.length, "problem", "problems")}: it cannot be stored like this.</p>` : html`<${Fitting} found=${check.found} />`}
		${rest.length ? html`<ul class="wrong">${rest.map((p) => html`<li><span class="mono">${p.pointer || "/"}</span>: ${p.detail}</li>`)}</ul>` : null}
		${second.length
			? html`<p class="stale"><strong>A second person must approve it</strong> (${whyInWords(second)}): it arms ${plural(check.plan.host_count, "host", "hosts")} as soon as it is stored.</p>`
			: null}
		<${Problem} error=${check.error} />
	`;
}

// ---- one profile

async function load(name, signal) {
	const { value, etag } = await api.get(pathOf(name), { signal, tagged: true });
	return { name, etag, text: textOf(value) };
}

function Remove({ name, etag, close }) {
	const [state, setState] = useState({ busy: false, error: null });
	const submit = async (event) => {
		event.preventDefault();
		setState({ busy: true, error: null });
		try {
			await api.del(pathOf(name), undefined, { headers: conditionOf(etag) });
			close();
			location.hash = routeTo("profiles");
		} catch (error) {
			setState({ busy: false, error });
		}
	};
	return html`<${Dialog} title="Remove the profile" tone="bad" close=${close}>
		<form onSubmit=${submit}>
			<p class="big-say">${name}</p>
			<p>Hosts that it fits get the next profile that fits them, or none. What they run now does not change.</p>
			<${Problem} error=${state.error} />
			<p class="buttons">
				<button type="button" onClick=${close}>Cancel</button>
				<button class="danger" disabled=${state.busy}>Remove</button>
			</p>
		</form>
	<//>`;
}

function Outcome({ said, again }) {
	if (!said) return null;
	if (said.error)
		return html`<${Problem} error=${said.error} />
			${said.error.status === 412 ? html`<p class="buttons"><button onClick=${again}>Show what is stored now</button></p>` : null}`;
	if (said.order)
		return html`<section class="pending" role="status">
			<p><strong>It is not stored yet: it waits for a second person</strong> (${whyInWords(said.order.second_person)}).</p>
			<p>Somebody else approves it under <a href=${routeTo("orders")}>Orders</a>.</p>
		</section>`;
	return html`<p class="note" role="status"><strong>Stored.</strong> It holds from now on.</p>`;
}

// stored: {name, etag, text}; of a new one: {name: "", etag: "", text}.
function Editor({ stored }) {
	const { may } = useMe();
	const [base, setBase] = useState(stored);
	const [text, setText] = useState(stored.text);
	const [busy, setBusy] = useState(false);
	const [said, setSaid] = useState(null);
	const [removing, setRemoving] = useState(false);
	const mayWrite = may("approve");
	const check = useCheck(text, base.etag, mayWrite);
	const { doc, error: wrong } = readText(text);
	const problems = check && check.found ? check.found.problems : [];
	const ready = Boolean(doc && check && check.found && !check.error && !problems.length);
	const changed = text !== base.text && !(said && said.order); // what waits is not ordered again
	const change = (next) => (setText(next), setSaid(null));
	const save = async () => {
		setBusy(true);
		try {
			const { value, etag } = await api.post("/profiles", doc, { headers: conditionOf(base.etag), tagged: true });
			if (!value.order) {
				setBase({ name: doc.name, etag, text: textOf(value) });
				setText(textOf(value));
				history.replaceState(null, "", routeTo("profiles", doc.name));
			}
			setSaid(value.order ? { order: value.order } : {});
		} catch (error) {
			setSaid({ error });
		}
		setBusy(false);
	};
	const reload = async () => {
		try {
			const next = await load(base.name);
			setBase(next);
			change(next.text);
		} catch (error) {
			setSaid({ error });
		}
	};
	const conflict = check && check.error && check.error.status === 412 && base.etag && !(said && said.error);
	return html`
		<h1>${base.name || "New profile"}</h1>
		<div aria-live="polite"><${Verdict} check=${check} wrong=${wrong} /></div>
		${conflict ? html`<p class="buttons"><button onClick=${reload}>Show what is stored now</button></p>` : null}
		<${Outcome} said=${said} again=${reload} />
		${mayWrite
			? html`<p class="buttons noprint">
					<button class="primary" disabled=${busy || !ready || !changed} onClick=${save}>Store</button>
					${base.etag ? html`<button onClick=${() => setRemoving(true)}>Remove…</button>` : null}
				</p>`
			: html`<p class="note">Reading alone: storing a profile needs the right to approve.</p>`}
		<${ProfileForm} text=${text} name=${base.name} problems=${problems} change=${change} />
		${removing ? html`<${Remove} name=${base.name} etag=${base.etag} close=${() => setRemoving(false)} />` : null}
	`;
}

function OneProfile({ name }) {
	const [state, setState] = useState({});
	useEffect(() => {
		const stop = new AbortController();
		load(name, stop.signal).then(
			(stored) => setState({ stored }),
			(error) => stop.signal.aborted || setState({ error }),
		);
		return () => stop.abort();
	}, [name]);
	if (state.error) return html`<h1>${name}</h1><${Problem} error=${state.error} />`;
	return state.stored ? html`<${Editor} stored=${state.stored} />` : html`<p class="note" role="status">Loading the profile…</p>`;
}

// ---- all

function Row({ profile }) {
	const say = (at) => shown("text", valueAt(profile, at));
	const image = [say("/image/line"), say("/image/version")].filter(Boolean).join("@");
	return html`<tr>
		<th scope="row" data-label="Name"><a href=${routeTo("profiles", profile.name)}>${profile.name}</a></th>
		<${Cell} label="Priority" kind="num">${say("/priority") || "0"}<//>
		<${Cell} label="Fits">${fitsInWords(profile)}<//>
		<${Cell} label="Unknown hosts">${profile.enrol ? "come in" : "stay out"}<//>
		<${Cell} label="Approves">${profile.auto_approve ? "by itself" : "a person"}<//>
		<${Cell} label="Burn-in">${say("/burnin/tier") || "none"}<//>
		<${Cell} label="Image">${image || "none"}<//>
	</tr>`;
}

function AllProfiles() {
	const now = useNow();
	const { may } = useMe();
	const poll = usePoll("profiles", (signal) => api.get("/profiles", { signal }), 10000);
	const rows = poll.value ? rowsOf(poll.value, "profiles").rows : [];
	return html`
		<h1>Profiles</h1>
		<${PollState} poll=${poll} now=${now} what="profiles" />
		${may("approve") ? html`<p class="buttons noprint gap"><a href=${routeTo("profiles", "", { new: "1" })}>New profile…</a></p>` : null}
		${poll.value && !rows.length ? html`<p class="note">No profile yet: no unknown host comes in.</p>` : null}
		${rows.length
			? html`<div class="scroll"><table>
					<caption class="hidden">Profiles, highest priority first</caption>
					<thead><tr>${["Name", "Priority", "Fits hosts whose", "Unknown hosts", "Approves", "Burn-in", "Image"].map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
					<tbody>${rows.map((p) => html`<${Row} key=${p.name} profile=${p} />`)}</tbody>
				</table></div>`
			: null}
	`;
}

export function Profiles({ id, params }) {
	if (!id && !params.new) return html`<${AllProfiles} />`;
	return html`<p class="back noprint"><a href=${routeTo("profiles")}>All profiles</a></p>
		${id ? html`<${OneProfile} key=${id} name=${id} />` : html`<${Editor} key="new" stored=${{ name: "", etag: "", text: NEW_TEXT }} />`}`;
}
