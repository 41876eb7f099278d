// SPDX-License-Identifier: Apache-2.0
// Words, numbers and times for people. Pure functions and tables: the same input gives the same
// text, so that tests need no browser.

// mark: a shape that tells states apart without colour. tone: the colour group in style.css.
// next: what a person does now, unless the host's fault or the server says it more exactly.
export const STATES = {
	expected: {
		word: "Expected", mark: "○", tone: "idle", step: 0,
		next: "Rack it, cable power and network, power it on.",
	},
	discovered: {
		word: "Discovered", mark: "◆", tone: "ask", step: 1,
		next: "Compare the code on its screen with the code here, then approve it.",
	},
	inspecting: { word: "Inspecting", mark: "◐", tone: "busy", step: 2, next: "Wait. Slipway is reading what is in it." },
	testing: { word: "Testing", mark: "◐", tone: "busy", step: 3, next: "Wait. Do not power it off." },
	imaging: { word: "Imaging", mark: "◐", tone: "busy", step: 4, next: "Wait. Do not power it off." },
	verifying: { word: "Verifying", mark: "◐", tone: "busy", step: 5, next: "Wait for its first boot from its own disk." },
	ready: { word: "Ready", mark: "✓", tone: "good", step: 6, next: "Nothing. It may be taken into service." },
	"in-service": { word: "In service", mark: "✓", tone: "good", step: 6, next: "Nothing. It is in use." },
	erasing: { word: "Erasing", mark: "◐", tone: "busy", step: null, next: "Wait. Do not power it off." },
	retired: { word: "Retired", mark: "–", tone: "idle", step: null, next: "Take it out of the rack." },
	quarantined: {
		word: "Quarantined", mark: "▲", tone: "ask", step: null,
		next: "Another host has the same identity. Compare serials and MACs, then decide which is which.",
	},
	failed: { word: "Failed", mark: "✕", tone: "bad", step: null, next: "Do what its repair order says." },
	maintenance: { word: "Maintenance", mark: "■", tone: "ask", step: null, next: "Finish the work, then release it." },
};

export const STEPS = ["discovered", "inspecting", "testing", "imaging", "verifying", "ready"];

export function stateOf(name) {
	return STATES[name] || { word: name || "Unknown", mark: "?", tone: "idle", step: null, next: "" };
}

const TURNS = { server: "Slipway", technician: "Technician", operator: "Operator", vendor: "Vendor" };
export function turnOf(name) {
	return TURNS[name] || name || "–";
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
export function bytes(n) {
	if (!Number.isFinite(n) || n < 0) return "–";
	let at = 0;
	while (n >= 1024 && at < UNITS.length - 1) {
		n /= 1024;
		at++;
	}
	return `${at === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${UNITS[at]}`;
}

// Drives are sold by powers of ten, and that is what their labels say.
export function driveSize(n) {
	if (!Number.isFinite(n) || n < 0) return "–";
	const units = ["B", "kB", "MB", "GB", "TB", "PB"];
	let at = 0;
	while (n >= 1000 && at < units.length - 1) {
		n /= 1000;
		at++;
	}
	return `${at === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[at]}`;
}

export function mebibytes(n) {
	return Number.isFinite(n) ? bytes(n * 1024 * 1024) : "–";
}

// "8 s", "3 min 20 s", "2 h 5 min", "4 d 3 h": two units at most.
export function duration(seconds) {
	if (!Number.isFinite(seconds) || seconds < 0) return "–";
	const s = Math.round(seconds);
	if (s < 60) return `${s} s`;
	if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 ? ` ${s % 60} s` : ""}`;
	if (s < 86400) {
		const m = Math.floor((s % 3600) / 60);
		return `${Math.floor(s / 3600)} h${m ? ` ${m} min` : ""}`;
	}
	const hours = Math.floor((s % 86400) / 3600);
	return `${Math.floor(s / 86400)} d${hours ? ` ${hours} h` : ""}`;
}

export function ageSeconds(since, nowMs) {
	const at = Date.parse(since);
	return Number.isNaN(at) ? NaN : Math.max(0, (nowMs - at) / 1000);
}

const pad = (n) => String(n).padStart(2, "0");
export function clockUtc(text) {
	const d = new Date(text);
	if (Number.isNaN(d.getTime())) return "–";
	return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}`;
}
export function dateUtc(text) {
	const d = new Date(text);
	if (Number.isNaN(d.getTime())) return "–";
	return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
}
// For tooltips: both clocks, so that nobody has to reckon.
export function bothClocks(text) {
	const d = new Date(text);
	if (Number.isNaN(d.getTime())) return "";
	return `${dateUtc(text)} ${clockUtc(text)} UTC, ${d.toLocaleString()} here`;
}

// A host's progress: how far (0 to 1, or null where nobody knows), and in words.
export function progressOf(progress) {
	if (!progress || typeof progress !== "object") return null;
	const { done, total, unit, eta_s, stage } = progress;
	const known = Number.isFinite(done) && Number.isFinite(total) && total > 0;
	const part = known ? Math.min(1, Math.max(0, done / total)) : null;
	const words = [];
	if (known) words.push(`${Math.floor(part * 100)} %`);
	if (known && unit === "bytes") words.push(`${bytes(done)} of ${bytes(total)}`);
	else if (known && unit) words.push(`${done} of ${total} ${unit}`);
	if (Number.isFinite(eta_s)) words.push(`about ${duration(eta_s)} left`);
	return { part, words: words.join(", "), short: known ? `${Math.floor(part * 100)} %` : "", stage: stage || "" };
}

// What a disk holds, for somebody who is about to overwrite it.
export function dataOn(drive) {
	const found = drive && Array.isArray(drive.signatures) ? drive.signatures.filter(Boolean) : [];
	return found.length ? `holds data: ${found.join(", ")}` : "no known data on it";
}

export function plural(n, one, many) {
	return `${n} ${n === 1 ? one : many}`;
}

export function shortDigest(digest) {
	return typeof digest === "string" && digest.length > 16 ? digest.slice(0, 12) : digest || "–";
}
