// SPDX-License-Identifier: Apache-2.0
// The public API (/api/v1), and nothing else of the server: answers as JSON, problems (RFC 9457) as
// ApiError. People are signed in by a cookie that this page cannot read; it holds in every tab. A
// token may take its place: it lives in sessionStorage, is gone with the tab and never in an address,
// a cookie or a log.

const KEY = "slipway.token";
const HINT = "slipway.signed-in"; // this browser has a cookie, which no script can see
const TIMEOUT_MS = 20000;
let onSignedOut = () => {};
let signedIn = false;

export class ApiError extends Error {
	constructor(status, problem) {
		super(problem.detail || problem.title || `the server answered ${status}`);
		this.status = status;
		this.code = problem.code || "";
		this.hint = problem.hint || "";
		this.pointer = problem.pointer || "";
	}
}

export const token = {
	get: () => sessionStorage.getItem(KEY) || "",
	clear() {
		sessionStorage.removeItem(KEY);
		localStorage.removeItem(HINT);
		signedIn = false;
		onSignedOut();
	},
	whenCleared(call) {
		onSignedOut = call;
	},
};

// By token or by cookie. asked: GET /me, or what a sign-in answered.
export const isSignedIn = () => signedIn;
// Signed out in another tab: the cookie is gone here, too. Tests of pure functions have no tabs.
globalThis.addEventListener?.("storage", (event) => {
	if (event.key === HINT && !event.newValue && signedIn && !token.get()) token.clear();
});
async function asked(call) {
	const me = await call;
	signedIn = true;
	return me;
}
export const session = {
	mayResume: () => Boolean(token.get() || localStorage.getItem(HINT)),
	resume: () => asked(call("GET", "/me", { first: true })),
	async signIn(body) {
		const me = await asked(call("POST", "/sign-in", { body, first: true }));
		localStorage.setItem(HINT, "1");
		return me;
	},
	async withToken(text) {
		sessionStorage.setItem(KEY, text);
		try {
			return await session.resume();
		} catch (e) {
			sessionStorage.removeItem(KEY);
			throw e;
		}
	},
	// The server ends the cookie's sign-in in every tab; a token stays good elsewhere.
	async signOut() {
		if (!token.get()) await call("POST", "/sign-out", { first: true }).catch(() => {});
		token.clear();
	},
};

// What goes with every call: the token of this tab if it has one, and the header without which the
// server takes no change from a cookie (a page of another site cannot send it).
export const credentials = () => ({
	headers: { "X-Slipway-Page": "1", ...(token.get() ? { Authorization: `Bearer ${token.get()}` } : {}) },
	credentials: token.get() ? "omit" : "same-origin",
	cache: "no-store",
	redirect: "error",
});

async function problemOf(response) {
	const type = response.headers.get("content-type") || "";
	if (!type.includes("json")) return {};
	try {
		const problem = await response.json();
		return problem && typeof problem === "object" ? problem : {};
	} catch {
		return {};
	}
}

// tagged: {value, etag}, to change later what was read now (If-Match).
async function call(method, path, { body, signal, headers, as = "json", tagged = false, first = false } = {}) {
	const limit = AbortSignal.timeout(TIMEOUT_MS);
	const options = { ...credentials(), method, signal: signal ? AbortSignal.any([signal, limit]) : limit };
	Object.assign(options.headers, { Accept: "application/json" }, headers);
	if (body !== undefined) {
		options.headers["Content-Type"] = "application/json";
		options.body = JSON.stringify(body);
	}
	let response;
	try {
		response = await fetch(`/api/v1${path}`, options);
	} catch (e) {
		if (signal && signal.aborted) throw e;
		throw new ApiError(0, { detail: "the server does not answer", hint: "Is it up? Is the network?" });
	}
	if (response.status === 401) {
		const problem = await problemOf(response);
		if (!first) token.clear(); // whoever tries to sign in is not signed out
		throw new ApiError(401, problem);
	}
	if (!response.ok) throw new ApiError(response.status, await problemOf(response));
	if (response.status === 204) return null;
	try {
		const value = await response[as]();
		return tagged ? { value, etag: response.headers.get("etag") || "" } : value;
	} catch {
		throw new ApiError(response.status, { detail: "the server's answer is broken" });
	}
}

// Is the daemon well, and is all writing stopped? Public, and not under /api/v1.
export async function health(signal) {
	const response = await fetch("/healthz", { signal, credentials: "omit", cache: "no-store" });
	if (!response.ok) throw new ApiError(response.status, await problemOf(response));
	return response.json();
}

export const api = {
	get: (path, options) => call("GET", path, options),
	text: (path, options) => call("GET", path, { ...options, as: "text", headers: { Accept: "*/*" } }),
	blob: (path, options) => call("GET", path, { ...options, as: "blob", headers: { Accept: "*/*" } }),
	del: (path, body, options) => call("DELETE", path, { ...options, body }),
	// What holds a password, or is answered with a secret, is not kept by the server: it takes no key for that.
	postSecret: (path, body) => call("POST", path, { body }),
	// Every other write carries a key, so that a click that is sent twice is done once.
	post: (path, body, options) =>
		call("POST", path, { ...options, body, headers: { "Idempotency-Key": crypto.randomUUID(), ...(options && options.headers) } }),
};

// Query text from an object; what is empty is left out.
export function query(fields) {
	const out = new URLSearchParams();
	for (const [name, value] of Object.entries(fields))
		if (value !== undefined && value !== null && value !== "") out.set(name, value);
	const text = out.toString();
	return text ? `?${text}` : "";
}

// A collection's answer: its rows (in member items, or one that is named), where the next page
// starts, and how many there are in all where the server counted them.
export function rowsOf(doc, member = "items") {
	const rows = doc && Array.isArray(doc[member]) ? doc[member] : [];
	return { rows, next: (doc && doc.next) || null, total: doc && Number.isInteger(doc.total) ? doc.total : null };
}
