// SPDX-License-Identifier: Apache-2.0
// API tokens, without their secrets: an administrator makes and withdraws them here. The text
// of a new one is shown once, and stays in this tab's memory until the dialog is closed.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { api, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { Dialog } from "./dialog.js";
import { useMe } from "./me.js";
import { Age, Cell, Copy, Moment, PollState, Problem } from "./parts.js";

const SCOPES = ["read", "approve", "arm", "erase", "image:import", "inventory", "admin", "audit"];
const DAYS = [1, 30, 90, 365];
const DAY_S = 86400;
const COLUMNS = ["Name", "Owner", "May", "Made by", "Last used", "Ends"];

// call: what the button does; then what it answered is shown, or the dialog closes.
function useSend(call) {
	const [state, setState] = useState({ busy: false, error: null, answer: null });
	const send = async (...words) => {
		setState({ busy: true, error: null, answer: null });
		try {
			setState({ busy: false, error: null, answer: (await call(...words)) || {} });
		} catch (error) {
			setState({ busy: false, error, answer: null });
		}
	};
	return [state, send];
}

function Make({ close, done }) {
	const [{ busy, error, answer }, send] = useSend(async (order) => {
		const made = await api.postSecret("/tokens", order);
		done();
		return made;
	});
	const submit = (event) => {
		event.preventDefault();
		const form = new FormData(event.target);
		send({ name: form.get("name").trim(), ttl_s: Number(form.get("days")) * DAY_S, scopes: form.getAll("scopes") });
	};
	if (answer)
		return html`<${Dialog} title=${`Token ${answer.name}`} close=${close}>
			<p><strong>It is shown this once.</strong> The store keeps its SHA-256 only.</p>
			<p class="mono block" id="token-text">${answer.token}</p>
			<p class="buttons"><${Copy} text=${answer.token} /> <button class="primary" onClick=${close}>Close</button></p>
		<//>`;
	return html`<${Dialog} title="Make a token" close=${close}>
		<form onSubmit=${submit}>
			<label for="token-name">Name (shown in events and in the audit log)</label>
			<input id="token-name" name="name" required maxlength="64" autocomplete="off" autofocus />
			<fieldset><legend>It may</legend>
				${SCOPES.map((s) => html`<label class="choice"><input type="checkbox" name="scopes" value=${s} defaultChecked=${s === "read"} /> ${s}</label>`)}
			</fieldset>
			<label for="token-days">It ends after</label>
			<select id="token-days" name="days">
				${DAYS.map((d) => html`<option value=${d} selected=${d === 90}>${d === 1 ? "1 day" : `${d} days`}</option>`)}
			</select>
			<${Problem} error=${error} />
			<p class="buttons">
				<button type="button" onClick=${close}>Cancel</button>
				<button class="primary" disabled=${busy}>Make it</button>
			</p>
		</form>
	<//>`;
}

function Withdraw({ row, close, done }) {
	const [{ busy, error }, send] = useSend(async () => {
		await api.del(`/tokens/${row.id}`);
		done();
		close();
	});
	return html`<${Dialog} title=${`Withdraw the token ${row.name}`} close=${close} tone="bad">
		<p>Whoever uses it is refused from now on. What it did stays in the audit log. It cannot be given back.</p>
		<${Problem} error=${error} />
		<p class="buttons">
			<button onClick=${close}>Cancel</button>
			<button class="danger" disabled=${busy} onClick=${() => send()}>Withdraw it</button>
		</p>
	<//>`;
}

function End({ row, now }) {
	if (row.revoked) return html`<strong class="bad">withdrawn</strong> <${Moment} at=${row.revoked} withDate=${true} />`;
	if (!row.expires) return "never";
	return html`${Date.parse(row.expires) <= now ? html`<strong class="bad">expired</strong> ` : null}<${Moment} at=${row.expires} withDate=${true} />`;
}

function Row({ row, now, open }) {
	const over = row.revoked || (row.expires && Date.parse(row.expires) <= now);
	return html`<tr>
		<th scope="row" data-label=${COLUMNS[0]}>${row.name}</th>
		<${Cell} label=${COLUMNS[1]}>${row.owner || ""}<//>
		<${Cell} label=${COLUMNS[2]}>${(Array.isArray(row.scopes) ? row.scopes : []).join(", ")}<//>
		<${Cell} label=${COLUMNS[3]}>${row.created_by || ""}<//>
		<${Cell} label=${COLUMNS[4]} kind="num">${row.last_used ? html`<${Age} since=${row.last_used} now=${now} /> ago` : "never"}<//>
		<${Cell} label=${COLUMNS[5]}><${End} row=${row} now=${now} /><//>
		<${Cell} label="Do" kind="noprint">${over ? null : html`<button aria-label=${`Withdraw ${row.name}`} onClick=${() => open(row.id)}>Withdraw…</button>`}<//>
	</tr>`;
}

export function Tokens() {
	const now = useNow(5000);
	const { may } = useMe();
	const poll = usePoll("tokens", (signal) => api.get("/tokens", { signal }), 10000);
	const [open, setOpen] = useState(null);
	const rows = poll.value ? rowsOf(poll.value).rows : [];
	const row = rows.find((r) => r.id === open);
	return html`
		<h1>Tokens</h1>
		<${PollState} poll=${poll} now=${now} what="tokens" />
		${may("admin") && poll.value ? html`<p><button class="primary" onClick=${() => setOpen("new")}>Make a token…</button></p>` : null}
		${poll.value && !rows.length ? html`<p class="note">There is no token. People sign in by accounts; programs need one.</p>` : null}
		${rows.length
			? html`<div class="scroll"><table>
					<caption class="hidden">Tokens</caption>
					<thead><tr>${COLUMNS.map((c) => html`<th scope="col">${c}</th>`)}<td class="noprint"></td></tr></thead>
					<tbody>${rows.map((r) => html`<${Row} key=${r.id} row=${r} now=${now} open=${setOpen} />`)}</tbody>
				</table></div>`
			: null}
		${open === "new" ? html`<${Make} close=${() => setOpen(null)} done=${poll.again} />` : null}
		${row ? html`<${Withdraw} row=${row} close=${() => setOpen(null)} done=${poll.again} />` : null}
	`;
}
