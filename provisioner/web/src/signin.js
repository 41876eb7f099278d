// SPDX-License-Identifier: Apache-2.0
// Signing in: by name and password, by a link that `slipway user link` made, or by a token, which is
// tried once against the API before it is believed.
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";
import { session } from "./api.js";
import { Problem } from "./parts.js";

// How a form tries what was typed: its state and its submit.
function useTry(attempt) {
	const [error, setError] = useState(null);
	const [busy, setBusy] = useState(false);
	const run = async (...what) => {
		setBusy(true);
		setError(null);
		try {
			await attempt(...what);
		} catch (e) {
			setError(e);
			setBusy(false);
		}
	};
	const submit = (event) => {
		event.preventDefault();
		return run(new FormData(event.target));
	};
	return { error, busy, run, submit };
}

function ByPassword({ done }) {
	const { error, busy, submit } = useTry(async (form) =>
		done(await session.signIn({ name: form.get("name").trim(), password: form.get("password") })),
	);
	return html`<form onSubmit=${submit}>
		<label for="name">Name</label>
		<input id="name" name="name" required autocomplete="username" autocapitalize="none" spellcheck=${false} autofocus />
		<label for="password">Password</label>
		<input id="password" name="password" type="password" required autocomplete="current-password" />
		<button class="primary" disabled=${busy}>${busy ? "Signing in…" : "Sign in"}</button>
		<${Problem} error=${error} />
	</form>`;
}

function ByToken({ done }) {
	const { error, busy, submit } = useTry(async (form) => done(await session.withToken(form.get("token").trim())));
	return html`<details>
		<summary>Use an API token instead</summary>
		<form onSubmit=${submit}>
			<label for="token">API token</label>
			<input id="token" name="token" type="password" required autocomplete="off" spellcheck=${false} />
			<button disabled=${busy}>${busy ? "Trying…" : "Use the token"}</button>
			<${Problem} error=${error} />
			<p class="hint">
				Make one on the appliance: <code>slipway token create NAME read approve arm</code>. It stays in this tab and is
				forgotten when the tab closes.
			</p>
		</form>
	</details>`;
}

// The code stood in the address behind '#': it is used once, and leaves the history with the view.
function ByLink({ code, done }) {
	const { error, run } = useTry(async () => done(await session.signIn({ link: code })));
	useEffect(() => void run(), [code]);
	return error ? html`<${Problem} error=${error} />` : html`<p role="status">Signing in by the link…</p>`;
}

export function SignIn({ why, link, done }) {
	return html`<main class="signin" id="content">
		<h1><img src="icon.svg" alt="" width="40" height="40" /> Slipway</h1>
		${link ? html`<${ByLink} code=${link} done=${done} />` : why ? html`<p class="note" role="status">${why}</p>` : null}
		<${ByPassword} done=${done} />
		<${ByToken} done=${done} />
		<p class="hint">
			Accounts are made on the appliance, as root: <code>slipway user create NAME ROLE</code>; a link for a phone:
			${" "}<code>slipway user link NAME</code>.
		</p>
	</main>`;
}
