// SPDX-License-Identifier: Apache-2.0
// A profile as text, as a document, and as the fields of a form: pure, tested without a browser. The
// text is what is edited and stored; the form is another way to write it. What a form cannot hold
// (network, layout, user data, limits) is written as JSON.

// at: a JSON pointer, as the server's problems name it. kinds: text, number, flag, choice, lines.
export const FIELDS = [
	{ group: "Profile", at: "/name", label: "Name", kind: "text" },
	{ group: "Profile", at: "/priority", label: "Priority", kind: "number", help: "The highest that fits a host counts." },
	{ group: "Fits hosts whose", at: "/match/serial", label: "Serial", kind: "text", help: "Patterns with * and ?. All that is filled in must fit." },
	{ group: "Fits hosts whose", at: "/match/manufacturer", label: "Manufacturer", kind: "text" },
	{ group: "Fits hosts whose", at: "/match/product", label: "Product", kind: "text" },
	{ group: "Fits hosts whose", at: "/match/arch", label: "Architecture", kind: "text" },
	{ group: "Fits hosts whose", at: "/match/mac", label: "MAC", kind: "text" },
	{ group: "What may happen", at: "/enrol", label: "Unknown hosts that fit may come in", kind: "flag" },
	{ group: "What may happen", at: "/auto_approve", label: "Approve by itself: its disk is written without asking a person", kind: "flag" },
	{ group: "What may happen", at: "/burnin/tier", label: "Burn-in", kind: "choice", choices: ["quick", "standard", "acceptance"] },
	{ group: "What may happen", at: "/wipe", label: "Data on the disk", kind: "choice", choices: ["refuse", "consent"] },
	{ group: "Image and disk", at: "/image/line", label: "Image line", kind: "text" },
	{ group: "Image and disk", at: "/image/version", label: "Version", kind: "text", help: "Empty: the latest." },
	{ group: "Image and disk", at: "/disk/serial", label: "Disk serial", kind: "text", help: "Exactly one disk of a host must fit." },
	{ group: "Image and disk", at: "/disk/wwn", label: "Disk WWN", kind: "text" },
	{ group: "Image and disk", at: "/disk/min_bytes", label: "At least, bytes", kind: "number" },
	{ group: "Image and disk", at: "/disk/max_bytes", label: "At most, bytes", kind: "number" },
	{ group: "Image and disk", at: "/disk/media", label: "Medium", kind: "choice", choices: ["SSD", "HDD"] },
	{ group: "Installed system", at: "/host/hostname", label: "Host name", kind: "text", help: "May hold {short_code}, {serial}, {arch}." },
	{ group: "Installed system", at: "/host/domain", label: "Domain", kind: "text", help: "Follows the host name: lab.example.net" },
	{ group: "Installed system", at: "/host/console", label: "Serial console", kind: "text", help: "As the kernel writes it: ttyS1,115200n8" },
	{ group: "Installed system", at: "/host/boot_order", label: "UEFI starts first from", kind: "choice", choices: ["network", "disk"], help: "Empty: the network." },
	{ group: "Installed system", at: "/host/ssh_authorized_keys", label: "SSH keys, one a line", kind: "lines" },
];
// Written as JSON alone.
export const AS_JSON = ["/burnin/limits", "/host/network", "/host/user_data", "/layout"];
// Others stay when they are empty: without a match a profile is refused with a better reason.
const KEPT = ["match"];

export const NEW_TEXT = textOf({ name: "", priority: 10, match: { serial: "" }, enrol: true, auto_approve: false, burnin: { tier: "standard" } });

export function textOf(doc) {
	return `${JSON.stringify(doc, null, 2)}\n`;
}

const isObject = (x) => Boolean(x) && typeof x === "object" && !Array.isArray(x);
const isTooLarge = (x) => (typeof x === "number" ? Math.abs(x) > Number.MAX_SAFE_INTEGER : Boolean(x) && typeof x === "object" && Object.values(x).some(isTooLarge));

// {doc} or {error}. Numbers that this page would store as others are refused.
export function readText(text) {
	let doc;
	try {
		doc = JSON.parse(text);
	} catch (e) {
		return { error: `Not JSON: ${e.message}` };
	}
	if (!isObject(doc)) return { error: "A profile is a JSON object." };
	return isTooLarge(doc) ? { error: "A number is too large for this page; use slipway profile add." } : { doc };
}

const stepsOf = (at) => at.slice(1).split("/");

export function valueAt(doc, at) {
	return stepsOf(at).reduce((x, name) => (isObject(x) && Object.hasOwn(x, name) ? x[name] : undefined), doc);
}

// A copy with another value; undefined takes it out, and what became empty by that.
export function withValue(doc, at, value) {
	return put(doc, stepsOf(at), value);
}

function put(doc, [name, ...rest], value) {
	const out = isObject(doc) ? { ...doc } : {};
	const next = rest.length ? put(out[name], rest, value) : value;
	if (next === undefined || (rest.length && !KEPT.includes(name) && !Object.keys(next).length)) delete out[name];
	else out[name] = next;
	return out;
}

// What a person typed into a field of that kind, as it stands in the document. Other text in a
// number stays text: the server says what is wrong with it.
export function typed(kind, text) {
	if (kind === "flag") return text;
	if (kind === "lines") return text.trim() ? text.split("\n") : undefined;
	if (kind === "number" && /^-?\d{1,15}$/.test(text.trim())) return Number(text);
	return text === "" ? undefined : text;
}

// The other way round. Something that the field cannot hold is shown as JSON.
export function shown(kind, value) {
	if (kind === "flag") return value === true;
	if (value === undefined) return "";
	if (kind === "lines" && Array.isArray(value) && value.every((x) => typeof x === "string")) return value.join("\n");
	return typeof value === "object" || typeof value === "boolean" ? JSON.stringify(value) : String(value);
}

// The problems of one field: a list's problem names its item, a missing group's names the group.
export function problemsAt(problems, at) {
	return problems.filter((p) => p.pointer === at || p.pointer.startsWith(`${at}/`));
}
export function problemsElsewhere(problems) {
	return problems.filter((p) => !FIELDS.some((f) => problemsAt([p], f.at).length));
}

// In words, for lists: what it fits.
export function fitsInWords(doc) {
	const match = isObject(doc) && isObject(doc.match) ? Object.entries(doc.match) : [];
	return match.map(([name, pattern]) => `${name} ${shown("text", pattern)}`).join(", ");
}
