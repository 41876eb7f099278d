// SPDX-License-Identifier: Apache-2.0
// What a person may do to a host, by its state. The server decides again; its refusal is shown as
// it says it. Verbs that write a disk have dialogs of their own.
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";
import { api, query } from "./api.js";
import { Dialog } from "./dialog.js";
import { useMe } from "./me.js";
import { Problem } from "./parts.js";
import { Approve, viewOf } from "./approve.js";
import { whyInWords } from "./pending.js";
import { Arm, inUse } from "./arm.js";

// from: the states in which the lifecycle knows the verb.
const VERBS = [
	{ verb: "retry", title: "Start over", from: "discovered inspecting testing imaging verifying failed maintenance",
		say: "It is inspected and tested again from the start." },
	{ verb: "serve", title: "Take into service", from: "ready", say: "Somebody uses it from now on; it can no longer be imaged by a slip." },
	{ verb: "maintain", title: "Maintenance", from: "discovered inspecting testing imaging verifying ready in-service failed",
		say: "It is taken out for work. Release it when the work is done." },
	{ verb: "release", title: "Release", from: "ready in-service failed maintenance retired", say: "Back to the start of its life: it is approved and tested anew." },
	{ verb: "retire", title: "Retire", from: "expected discovered inspecting testing imaging verifying ready in-service failed maintenance quarantined",
		say: "It leaves the fleet. Its history stays." },
];
const APPROVABLE = ["discovered", "inspecting", "quarantined"];
const ARMABLE = ["discovered", "testing", "imaging", "ready", "in-service", "failed", "maintenance"];

// What the server would say now: asked when the dialog opens, so that it costs no step. Nothing is changed.
function useRehearsal(path, order) {
	const [said, setSaid] = useState(null);
	useEffect(() => {
		api.post(`${path}${query({ dry_run: "true" })}`, order).then(
			(answer) => setSaid(Array.isArray(answer?.second_person) && answer.second_person.length ? { second: whyInWords(answer.second_person) } : {}),
			(error) => setSaid({ error }),
		);
	}, []);
	return said;
}

function Rehearsal({ said }) {
	if (!said) return null;
	if (said.error) return html`<div class="rehearsal"><p class="fine">The server would refuse it now:</p><${Problem} error=${said.error} /></div>`;
	if (said.second) return html`<p class="big-say">A second person must approve it: ${said.second}.</p>`;
	return html`<p class="fine">Checked: the server would do it.</p>`;
}

function Verb({ host, row, close, done }) {
	const path = `/hosts/${encodeURIComponent(host.id)}/${row.verb}`;
	const named = inUse(host) && !["maintain", "serve"].includes(row.verb);
	const [state, setState] = useState({ busy: false, error: null });
	const [shown] = useState(viewOf(host));
	const said = useRehearsal(path, { reason: "rehearsal", ...shown, ...(named ? { in_service: host.name || host.short_code } : {}) });
	const submit = async (event) => {
		event.preventDefault();
		const fields = new FormData(event.target);
		const order = { reason: fields.get("reason").trim(), ...shown };
		if (named) order.in_service = fields.get("in_service").trim();
		setState({ busy: true, error: null });
		try {
			await api.post(path, order);
			done();
			close();
		} catch (error) {
			setState({ busy: false, error });
		}
	};
	return html`<${Dialog} title=${`${row.title}: ${host.name || host.short_code}`} close=${close}>
		<form onSubmit=${submit}>
			<p>${row.say}</p>
			<${Rehearsal} said=${said} />
			<label for="verb-reason">Reason (goes to the log)</label>
			<input id="verb-reason" name="reason" required maxlength="200" autocomplete="off" autofocus />
			${named
				? html`<label for="verb-name">It is in service. Type the host's name or code</label>
						<input id="verb-name" name="in_service" required maxlength="128" autocomplete="off" />`
				: null}
			<${Problem} error=${state.error} />
			<p class="buttons">
				<button type="button" onClick=${close}>Cancel</button>
				<button class="primary" disabled=${state.busy}>${row.title}</button>
			</p>
		</form>
	<//>`;
}

// drives: of the facts document, which alone says what is on them.
export function Actions({ host, drives, done }) {
	const [open, setOpen] = useState(null);
	const close = () => setOpen(null);
	const { may } = useMe();
	const verbs = may("approve") ? VERBS.filter((v) => v.from.split(" ").includes(host.state)) : [];
	return html`<div class="actions noprint" role="group" aria-label="Actions">
		${may("approve") && APPROVABLE.includes(host.state)
			? html`<button class="primary" onClick=${() => setOpen("approve")}>Approve…</button>`
			: null}
		${may("arm") && ARMABLE.includes(host.state)
			? html`<button class="danger" onClick=${() => setOpen("arm")}>Write an image…</button>`
			: null}
		${verbs.map((v) => html`<button onClick=${() => setOpen(v.verb)}>${v.title}…</button>`)}
		${open === "approve" ? html`<${Approve} host=${host} close=${close} done=${done} />` : null}
		${open === "arm" ? html`<${Arm} host=${host} known=${drives} close=${close} done=${done} />` : null}
		${verbs.filter((v) => v.verb === open).map((v) => html`<${Verb} host=${host} row=${v} close=${close} done=${done} />`)}
	</div>`;
}
