// SPDX-License-Identifier: Apache-2.0
// Words, numbers and times for people. Pure functions and tables: the same input gives the same
// text, so that tests need no browser.

// What states are called is the server's (GET /lifecycle): by the state, and by whose turn it is.
let states = {};
export function useWords(items) {
	states = Object.fromEntries((Array.isArray(items) ? items : []).filter((s) => s && typeof s.state === "string").map((s) => [s.state, s]));
}
export function stateNames() {
	return Object.keys(states);
}

// Before the server has answered, and for a state that it does not list: its name, as a word.
export function stateTitle(name) {
	const word = String(name || "unknown").replaceAll("-", " ");
	return states[name]?.title || word.charAt(0).toUpperCase() + word.slice(1);
}

// In a list only the turn says what a host waits for; its own page says it exactly.
export function titleOf(host) {
	return host.advice?.title || states[host.state]?.titles?.[host.turn] || stateTitle(host.state);
}

// A shape that tells apart without colour, and the colour group in style.css: what moves, what
// waits for a person, what is well and what is not.
const MARKS = { good: "✓", busy: "◐", ask: "◆", bad: "✕", idle: "○" };
const AT_REST = { ready: "good", "in-service": "good", expected: "idle", retired: "idle", failed: "bad" };
export function lookOf(host) {
	const tone = AT_REST[host.state] || (host.turn === "server" ? "busy" : "ask");
	return { tone, mark: MARKS[tone] };
}

export const STEPS = ["discovered", "inspecting", "testing", "imaging", "verifying", "ready"];

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
// For tooltips: both clocks, so that nobody has to convert.
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
