// SPDX-License-Identifier: Apache-2.0
// Machines that asked what to boot and were not let in: who they are, which profile nearly fits, and
// a button that writes the profile that is missing, for that machine alone. The server proposes it.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { api, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { routeTo } from "./route.js";
import { Dialog } from "./dialog.js";
import { useMe } from "./me.js";
import { Age, Cell, PollState, Problem } from "./parts.js";
import { plural } from "./words.js";

const useSeen = (everyMs) => usePoll("seen", (signal) => api.get("/seen", { signal }), everyMs);
const machineOf = (m) => [m.manufacturer, m.model].filter(Boolean).join(" ");

function LetIn({ machine, close, done }) {
	const [state, setState] = useState({ busy: false, error: null });
	const submit = async (event) => {
		event.preventDefault();
		setState({ busy: true, error: null });
		try {
			await api.post("/profiles", machine.profile_to_let_it_in);
			done();
			close();
		} catch (error) {
			setState({ busy: false, error });
		}
	};
	return html`<${Dialog} title="Let this machine in" close=${close}>
		<form onSubmit=${submit}>
			<p class="big-say">${machineOf(machine)} <span class="mono">${machine.mac}</span></p>
			<p>This profile is written. It lets in this machine and no other. After it has booted from the network again, it waits
				until a person approves it; then it is tested.</p>
			<pre class="mono" tabindex="0">${JSON.stringify(machine.profile_to_let_it_in, null, 1)}</pre>
			<p class="fine">For many machines of a kind, one profile that fits them all is better: <code>slipway profile add FILE</code></p>
			<${Problem} error=${state.error} />
			<p class="buttons">
				<button type="button" onClick=${close}>Cancel</button>
				<button class="primary" disabled=${state.busy}>Write the profile</button>
			</p>
		</form>
	<//>`;
}

function Row({ machine, now, open }) {
	const { may } = useMe();
	return html`<tr>
		<th scope="row" data-label="MAC"><span class="mono">${machine.mac}</span></th>
		<${Cell} label="Machine" kind="machine">
			${machineOf(machine)} <span class="fine nowrap">${[machine.arch, machine.firmware].filter(Boolean).join(" ")}</span>
			<span class="mono block">${machine.serial || ""}</span>
		<//>
		<${Cell} label="Last seen" kind="num"><${Age} since=${machine.last_seen} now=${now} /><//>
		<${Cell} label="Times" kind="num">${machine.times}<//>
		<${Cell} label="Why not let in" kind="say">${machine.why}<//>
		<${Cell} label="Do" kind="noprint">
			${may("approve") && machine.profile_to_let_it_in ? html`<button onClick=${() => open(machine.mac)}>Let it in…</button>` : null}
		<//>
	</tr>`;
}

// On the fleet's view: that there are any.
export function SeenNote() {
	const poll = useSeen(10000);
	const n = poll.value ? rowsOf(poll.value).rows.length : 0;
	return n ? html`<p class="note"><a href=${routeTo("seen")}>${plural(n, "machine", "machines")} asked to boot and ${n === 1 ? "was" : "were"} not let in</a></p>` : null;
}

export function Seen() {
	const now = useNow();
	const poll = useSeen(5000);
	const [open, setOpen] = useState("");
	const rows = poll.value ? rowsOf(poll.value).rows : [];
	const machine = rows.find((m) => m.mac === open);
	return html`
		<h1>Seen, not let in</h1>
		<${PollState} poll=${poll} now=${now} what="machines" />
		${poll.value && !rows.length ? html`<p class="note">No machine was refused. One that boots from the network and that no profile lets in is listed here.</p>` : null}
		${rows.length
			? html`<p class="note">They started their own disk, or nothing at all. The list keeps at most ${poll.value.max}; switch and port are known once the agent runs.</p>
				<div class="scroll"><table>
					<caption class="hidden">Machines that were not let in</caption>
					<thead><tr>${["MAC", "Machine and serial", "Last seen", "Times", "Why not let in"].map((c) => html`<th scope="col">${c}</th>`)}<td class="noprint"></td></tr></thead>
					<tbody>${rows.map((m) => html`<${Row} key=${m.mac} machine=${m} now=${now} open=${setOpen} />`)}</tbody>
				</table></div>`
			: null}
		${machine && machine.profile_to_let_it_in ? html`<${LetIn} machine=${machine} close=${() => setOpen("")} done=${poll.again} />` : null}
	`;
}
