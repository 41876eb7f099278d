// SPDX-License-Identifier: Apache-2.0
// A profile's form and its JSON side by side: two ways to write one text. Each field shows what the
// server finds wrong with it.
import { html } from "./html.js";
import { FIELDS, problemsAt, readText, shown, textOf, typed, valueAt, withValue } from "./profile_doc.js";

const idOf = (field) => `profile${field.at.replaceAll("/", "-")}`;

function Input({ field, value, bad, set, locked }) {
	const id = idOf(field);
	const common = { id, "aria-invalid": bad ? "true" : undefined, "aria-describedby": bad || field.help ? `${id}-about` : undefined, disabled: locked };
	if (field.kind === "flag") return html`<input type="checkbox" ...${common} checked=${shown("flag", value)} onChange=${(e) => set(e.target.checked)} />`;
	const text = shown(field.kind, value);
	const changed = (e) => set(typed(field.kind, e.target.value));
	if (field.kind === "lines") return html`<textarea class="mono" rows="3" spellcheck=${false} ...${common} value=${text} onInput=${changed}></textarea>`;
	if (field.kind !== "choice") return html`<input type="text" spellcheck=${false} autocomplete="off" inputmode=${field.kind === "number" ? "numeric" : undefined} ...${common} value=${text} onInput=${changed} />`;
	const choices = text && !field.choices.includes(text) ? [...field.choices, text] : field.choices;
	return html`<select ...${common} value=${text} onChange=${changed}>
		<option value="">–</option>
		${choices.map((c) => html`<option value=${c}>${c}</option>`)}
	</select>`;
}

function Field({ field, doc, problems, change, locked }) {
	const found = problemsAt(problems, field.at);
	const id = idOf(field);
	return html`<div class=${`field field-${field.kind}`}>
		<label for=${id}>${field.label}</label>
		<${Input} field=${field} value=${valueAt(doc, field.at)} bad=${found.length > 0} locked=${locked} set=${(value) => change(textOf(withValue(doc, field.at, value)))} />
		${found.length || field.help
			? html`<div id=${`${id}-about`} class=${found.length ? "wrong" : "fine"}>${found.length ? found.map((p) => html`<p>${p.detail}</p>`) : field.help}</div>`
			: null}
	</div>`;
}

// name: of a profile that is stored, which keeps it. change(text): what the person wrote.
export function ProfileForm({ text, name, problems, change }) {
	const { doc, error } = readText(text);
	const groups = [...new Set(FIELDS.map((f) => f.group))];
	return html`<div class="sides">
		<section aria-label="Form">
			${doc
				? groups.map(
						(g) => html`<fieldset key=${g}>
							<legend>${g}</legend>
							${FIELDS.filter((f) => f.group === g).map((f) => html`<${Field} key=${f.at} field=${f} doc=${doc} problems=${problems} change=${change} locked=${Boolean(name) && f.at === "/name"} />`)}
						</fieldset>`,
					)
				: html`<p class="note">The form is shown when the JSON can be read.</p>`}
		</section>
		<section aria-label="JSON">
			<label for="profile-json">JSON <span class="fine">(network, user data and limits are written here)</span></label>
			<textarea id="profile-json" class="mono" rows="26" spellcheck=${false} value=${text} aria-invalid=${error ? "true" : undefined} aria-describedby=${error ? "profile-json-about" : undefined} onInput=${(e) => change(e.target.value)}></textarea>
			${error ? html`<p id="profile-json-about" class="wrong">${error}</p>` : null}
		</section>
	</div>`;
}
