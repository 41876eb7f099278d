// SPDX-License-Identifier: Apache-2.0
// The signed images that this appliance may write. They come by `slipway image import`; nothing is
// uploaded here, because keys and archives do not belong in a browser.
import { html } from "./html.js";
import { api, rowsOf } from "./api.js";
import { useNow, usePoll } from "./hooks.js";
import { bytes, driveSize, shortDigest } from "./words.js";
import { Cell, Copy, Moment, PollState } from "./parts.js";

function packed(image) {
	return Array.isArray(image.payloads) ? image.payloads.reduce((n, p) => n + (p.packed || 0), 0) : NaN;
}

export function Images() {
	const now = useNow();
	const poll = usePoll("images", (signal) => api.get("/images", { signal }), 10000);
	const rows = poll.value ? rowsOf(poll.value, "images").rows : [];
	return html`
		<h1>Images</h1>
		<${PollState} poll=${poll} now=${now} what="images" />
		${poll.value && !rows.length
			? html`<p class="note">No image yet. On the appliance: <code>slipway image import FILE.slip</code></p>`
			: null}
		${rows.length
			? html`<div class="scroll"><table>
					<caption class="hidden">Images</caption>
					<thead><tr>
						${["Line", "Version", "For", "Download", "Needs a disk of", "Manifest digest", "Made"].map((c) => html`<th scope="col">${c}</th>`)}
					</tr></thead>
					<tbody>${rows.map(
						(i) => html`<tr key=${i.digest}>
							<th scope="row" data-label="Line">${i.line}</th>
							<${Cell} label="Version">${i.version}<//>
							<${Cell} label="For">${[i.arch, ...(Array.isArray(i.firmware) ? i.firmware : [])].join(" ")}<//>
							<${Cell} label="Download" kind="num">${bytes(packed(i))}<//>
							<${Cell} label="Needs" kind="num">${driveSize(i.min_disk)}<//>
							<${Cell} label="Digest"><span class="mono" title=${i.digest}>${shortDigest(i.digest)}…</span> <${Copy} text=${i.digest} /><//>
							<${Cell} label="Made">${i.created ? html`<${Moment} at=${new Date(i.created * 1000).toISOString()} withDate=${true} />` : "–"}<//>
						</tr>`,
					)}</tbody>
				</table></div>`
			: null}
	`;
}
