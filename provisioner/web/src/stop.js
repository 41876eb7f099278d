// SPDX-License-Identifier: Apache-2.0
// The emergency brake: every agent stops writing within ten seconds.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { api, health } from "./api.js";
import { usePoll } from "./hooks.js";
import { Dialog } from "./dialog.js";
import { useMe } from "./me.js";
import { Problem } from "./parts.js";

function Ask({ close }) {
	const [state, setState] = useState({ busy: false, error: null, done: false });
	const stop = async (event) => {
		event.preventDefault();
		const reason = new FormData(event.target).get("reason").trim();
		setState({ busy: true, error: null, done: false });
		try {
			await api.post("/stop-all", { reason });
			setState({ busy: false, error: null, done: true });
		} catch (error) {
			setState({ busy: false, error, done: false });
		}
	};
	return html`<${Dialog} title="Stop all writing" tone="bad" close=${close}>
		${state.done
			? html`<p role="status"><strong>Told every agent to stop.</strong> Writing ends within 10 seconds; hosts in the middle of
						imaging will show as failed and can be armed again.</p>
					<p class="buttons"><button autofocus onClick=${close}>Close</button></p>`
			: html`<form onSubmit=${stop}>
					<p>Every host that is being written stops within 10 seconds and must be imaged again. Nothing new starts.</p>
					<label for="stop-reason">Why? (goes to the log)</label>
					<input id="stop-reason" name="reason" required maxlength="200" autocomplete="off" autofocus />
					<${Problem} error=${state.error} />
					<p class="buttons">
						<button type="button" onClick=${close}>Cancel</button>
						<button class="danger" disabled=${state.busy}>Stop all writing now</button>
					</p>
				</form>`}
	<//>`;
}

// While writing is stopped, every view says so, and how to go on.
export function Stopped() {
	const poll = usePoll("health", health, 5000, 5000);
	const [error, setError] = useState(null);
	const { may } = useMe();
	if (!poll.value || !poll.value.stopped) return null;
	const resume = () => api.del("/stop-all").then(poll.again, setError);
	return html`<div class="stopped-all" role="alert">
		<span>■ All writing is stopped. No disk is written until somebody lets it go on.</span>
		${may("admin") ? html`<button onClick=${resume}>Let writing go on</button>` : null}
		${error ? html`<span>${error.message}</span>` : null}
	</div>`;
}

export function StopAll() {
	const [open, setOpen] = useState(false);
	return html`<button class="danger" onClick=${() => setOpen(true)}>Stop all</button>
		${open ? html`<${Ask} close=${() => setOpen(false)} />` : null}`;
}
