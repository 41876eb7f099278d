// SPDX-License-Identifier: Apache-2.0
// Arming: one image, one disk, one host, once, for at most an hour. First the choice; then a dry
// run, in which the server goes through all its guards and then undoes it; only then the order itself,
// in plain words. A disk that holds data needs its serial typed, a host in service its name.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { api, rowsOf } from "./api.js";
import { usePoll } from "./hooks.js";
import { Dialog } from "./dialog.js";
import { dataOn, driveSize, shortDigest } from "./words.js";
import { Problem } from "./parts.js";
import { viewOf } from "./approve.js";
import { whyInWords } from "./pending.js";

const holdsData = (drive) => Array.isArray(drive.signatures) && drive.signatures.length > 0;
const imageName = (i) => `${i.line} ${i.version}`;

function Choose({ host, drives, images, choice, setChoice, next, close }) {
	const fitting = images.filter((i) => !i.arch || !host.arch || i.arch === host.arch);
	const asking = host.codes?.asking?.length > 0;
	const set = (name) => (event) => setChoice({ ...choice, [name]: event.target.value });
	const submit = (event) => {
		event.preventDefault();
		next();
	};
	return html`<form onSubmit=${submit}>
		<label for="arm-image">Image for ${host.arch || "this host"}</label>
		<select id="arm-image" required value=${choice.image} onChange=${set("image")}>
			<option value="">choose…</option>
			${fitting.map((i) => html`<option value=${i.digest}>${imageName(i)} (${shortDigest(i.digest)})</option>`)}
		</select>
		<fieldset>
			<legend>Disk to overwrite</legend>
			${drives.map(
				(d) => html`<label class="choice">
					<input type="radio" name="disk" required value=${d.SerialNumber} checked=${choice.serial === d.SerialNumber} onChange=${set("serial")} />
					<span><strong class="mono">${d.SerialNumber}</strong> · ${driveSize(d.CapacityBytes)} ${d.MediaType || ""} ${d.Model || ""}
						<span class=${holdsData(d) ? "bad" : "fine"}> · ${dataOn(d)}</span></span>
				</label>`,
			)}
			${drives.length ? null : html`<p class="fine">No disk with a serial is known. The host must be inspected first.</p>`}
		</fieldset>
		<label for="arm-reason">Reason (goes to the log)</label>
		<input id="arm-reason" required maxlength="200" autocomplete="off" value=${choice.reason} onInput=${set("reason")} />
		<label for="arm-skip">Without a passed burn-in, because (leave empty: it is tested first)</label>
		<input id="arm-skip" maxlength="200" autocomplete="off" value=${choice.skip} onInput=${set("skip")} />
		<label for="arm-code">Code on its screen${asking ? "" : " (leave empty while it is switched off)"}</label>
		<input id="arm-code" class="code" maxlength="20" autocomplete="off" required=${asking} value=${choice.code} onInput=${set("code")} />
		${asking ? html`<p class="fine">Several machines say that they are this host: the code names the one that is meant.</p>` : null}
		<label for="arm-ttl">The permission ends after</label>
		<select id="arm-ttl" value=${choice.ttl_s} onChange=${set("ttl_s")}>
			<option value="600">10 minutes</option><option value="1800">30 minutes</option><option value="3600">1 hour</option>
		</select>
		<p class="buttons">
			<button type="button" onClick=${close}>Cancel</button>
			<button class="primary">What would happen?</button>
		</p>
	</form>`;
}

function Review({ host, drive, image, plan, typed, setTyped, busy, back, arm, error }) {
	const needSerial = holdsData(drive);
	const needName = inUse(host);
	const ready =
		(!needSerial || typed.serial.trim() === drive.SerialNumber) && (!needName || typed.name.trim() === (host.name || host.short_code));
	const submit = (event) => {
		event.preventDefault();
		if (ready) arm();
	};
	return html`<form onSubmit=${submit}>
		<p class="big-say">Disk <span class="mono">${drive.SerialNumber}</span> will be overwritten.</p>
		<dl class="known">
			<div><dt>Host</dt><dd>${host.name || ""} <span class="code">${host.short_code}</span></dd></div>
			<div><dt>Disk</dt><dd>${driveSize(drive.CapacityBytes)} ${drive.Model || ""}, serial <span class="mono">${drive.SerialNumber}</span>${
				drive.WWN ? html`, WWN <span class="mono">${drive.WWN}</span>` : null}</dd></div>
			<div><dt>On it now</dt><dd class=${needSerial ? "bad" : ""}>${dataOn(drive)}</dd></div>
			<div><dt>Image</dt><dd>${imageName(image)} <span class="mono fine">${shortDigest(image.digest)}</span></dd></div>
		</dl>
		${plan && Array.isArray(plan.warnings) && plan.warnings.length
			? html`<ul class="warnings">${plan.warnings.map((w) => html`<li>${typeof w === "string" ? w : w.detail || w.message}</li>`)}</ul>`
			: null}
		${plan && Array.isArray(plan.second_person) && plan.second_person.length
			? html`<p class="big-say">A second person must approve it: ${whyInWords(plan.second_person)}.</p>`
			: null}
		<p class="fine">The server checked this order without carrying it out. Its other disks are not touched.</p>
		${needSerial
			? html`<label for="arm-serial">It holds data. Type the disk's serial to consent</label>
					<input id="arm-serial" class="mono" autocomplete="off" value=${typed.serial} onInput=${(e) => setTyped({ ...typed, serial: e.target.value })} />`
			: null}
		${needName
			? html`<label for="arm-name">It is in service. Type the host's name</label>
					<input id="arm-name" autocomplete="off" value=${typed.name} onInput=${(e) => setTyped({ ...typed, name: e.target.value })} />`
			: null}
		<${Problem} error=${error} />
		<p class="buttons">
			<button type="button" onClick=${back}>Back</button>
			<button class="danger" disabled=${!ready || busy}>Overwrite ${drive.SerialNumber}</button>
		</p>
	</form>`;
}

// Somebody uses it: in service, or taken out of service for work.
export const inUse = (host) => host.state === "in-service" || host.in_use === true;

export function Arm({ host, known, close, done }) {
	const [choice, setChoice] = useState({ image: "", serial: "", reason: "", skip: "", code: "", ttl_s: "1800" });
	const [typed, setTyped] = useState({ serial: "", name: "" });
	const [state, setState] = useState({ plan: null, error: null, busy: false });
	const [shown] = useState(viewOf(host));
	const images = usePoll("arm images", (signal) => api.get("/images", { signal }), 60000);
	const drives = (Array.isArray(known) ? known : []).filter((d) => d && d.SerialNumber);
	const drive = drives.find((d) => d.SerialNumber === choice.serial);
	const image = images.value ? rowsOf(images.value, "images").rows.find((i) => i.digest === choice.image) : null;
	const path = `/hosts/${encodeURIComponent(host.id)}/arm`;
	const order = () => ({
		image: choice.image,
		disk: { serial: choice.serial },
		reason: choice.reason,
		ttl_s: Number(choice.ttl_s),
		wipe_consent: drive && holdsData(drive) ? drive.SerialNumber : "",
		...(choice.code.trim() ? { code: choice.code.trim() } : {}),
		...(choice.skip.trim() ? { skip_burnin: choice.skip.trim() } : {}),
		...(inUse(host) ? { reimage_in_service: host.name || host.short_code } : {}),
		...shown,
	});
	// What was reviewed is what is done: the server refuses it when the plan is another one by now.
	const reviewed = () => ({ ...order(), ...(state.plan?.plan_hash ? { plan_hash: state.plan.plan_hash } : {}) });
	const send = async (dry) => {
		setState({ ...state, busy: true, error: null });
		try {
			// In the body, where a server that does not know the word refuses the whole order.
			const plan = await api.post(path, dry ? { ...order(), dry_run: true } : reviewed());
			if (dry) return setState({ plan: plan || {}, error: null, busy: false });
			done();
			close();
		} catch (error) {
			setState({ ...state, error, busy: false });
		}
	};
	return html`<${Dialog} title=${`Image ${host.name || host.short_code}`} tone="bad" close=${close}>
		${images.error && !images.value ? html`<${Problem} error=${images.error} />` : null}
		${state.plan && drive && image
			? html`<${Review} host=${host} drive=${drive} image=${image} plan=${state.plan} typed=${typed} setTyped=${setTyped}
					busy=${state.busy} error=${state.error} arm=${() => send(false)}
					back=${() => setState({ plan: null, error: null, busy: false })} />`
			: html`<${Choose} host=${host} drives=${drives} images=${images.value ? rowsOf(images.value, "images").rows : []}
						choice=${choice} setChoice=${setChoice} next=${() => send(true)} close=${close} />
					<${Problem} error=${state.error} />`}
	<//>`;
}
