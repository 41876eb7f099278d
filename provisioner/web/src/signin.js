// SPDX-License-Identifier: Apache-2.0
// Asking for a token. It is tried once against the API before it is believed.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { Problem } from "./parts.js";

export function SignIn({ why, tryToken }) {
	const [error, setError] = useState(null);
	const [busy, setBusy] = useState(false);
	const submit = async (event) => {
		event.preventDefault();
		const text = new FormData(event.target).get("token").trim();
		setBusy(true);
		setError(null);
		try {
			await tryToken(text);
		} catch (e) {
			setError(e);
			setBusy(false);
		}
	};
	return html`<main class="signin" id="content">
		<h1><img src="icon.svg" alt="" width="40" height="40" /> Slipway</h1>
		<form onSubmit=${submit}>
			${why && !error ? html`<p class="note" role="status">${why}</p>` : null}
			<label for="token">API token</label>
			<input id="token" name="token" type="password" required autocomplete="off" spellcheck=${false} autofocus />
			<button class="primary" disabled=${busy}>${busy ? "Trying…" : "Sign in"}</button>
			<${Problem} error=${error} />
			<p class="hint">
				Make one on the appliance: <code>slipway token create NAME read approve arm</code>. It stays in this tab and is
				forgotten when the tab closes.
			</p>
		</form>
	</main>`;
}
