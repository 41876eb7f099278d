// SPDX-License-Identifier: Apache-2.0
// Who is signed in, in the page's head, and another password for oneself. An account of links has
// none; a token is not an account. The server decides, and what it refuses is shown at its field.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { api } from "./api.js";
import { Dialog } from "./dialog.js";
import { setMe, useMe } from "./me.js";
import { Problem } from "./parts.js";

const FIELDS = [
	{ name: "current", label: "Password as it is", autocomplete: "current-password" },
	{ name: "password", label: "Next password, of 12 bytes or more", autocomplete: "new-password" },
	{ name: "again", label: "Next password again", autocomplete: "new-password" },
];

function Field({ field, error }) {
	const wrong = error && error.pointer === `/${field.name}`;
	const id = `own-${field.name}`;
	return html`<label for=${id}>${field.label}</label>
		<input id=${id} name=${field.name} type="password" required autocomplete=${field.autocomplete}
			aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? `${id}-about` : undefined} />
		${wrong ? html`<p class="problem" id=${`${id}-about`} role="alert">${error.message}</p>` : null}`;
}

function Password({ close }) {
	const [state, setState] = useState({ busy: false, error: null, stored: false });
	const submit = async (event) => {
		event.preventDefault();
		const form = new FormData(event.target);
		const [current, password, again] = FIELDS.map((f) => form.get(f.name));
		if (password !== again) return setState({ busy: false, error: { pointer: "/again", message: "it is not the same as above" } });
		setState({ busy: true, error: null });
		try {
			setMe(await api.postSecret("/me/password", { current, password }));
			setState({ busy: false, error: null, stored: true });
		} catch (error) {
			setState({ busy: false, error });
		}
	};
	if (state.stored)
		return html`<${Dialog} title="Another password" close=${close}>
			<p role="status">Stored. You are signed out in every other browser.</p>
			<p class="buttons"><button class="primary" onClick=${close}>Close</button></p>
		<//>`;
	const atField = state.error && FIELDS.some((f) => state.error.pointer === `/${f.name}`);
	return html`<${Dialog} title="Another password" close=${close}>
		<form onSubmit=${submit}>
			${FIELDS.map((f) => html`<${Field} field=${f} error=${state.error} />`)}
			${atField ? null : html`<${Problem} error=${state.error} />`}
			<p class="buttons">
				<button type="button" onClick=${close}>Cancel</button>
				<button class="primary" disabled=${state.busy}>${state.busy ? "Storing…" : "Store"}</button>
			</p>
		</form>
	<//>`;
}

export function Account() {
	const { me } = useMe();
	const [open, setOpen] = useState(false);
	if (!me || !(me.owner || me.name)) return null;
	const text = `${me.owner || me.name}${me.role ? ` · ${me.role}` : ""}`;
	return html`
		<span class="who" title=${me.scopes.join(", ")}>${text}</span>
		${me.role ? html`<button class="quiet" onClick=${() => setOpen(true)}>Password…</button>` : null}
		${open ? html`<${Password} close=${() => setOpen(false)} />` : null}`;
}
