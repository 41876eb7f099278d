// SPDX-License-Identifier: Apache-2.0
// The change feed of the server, one stream a tab: it says that something changed, and the views ask
// again. EventSource cannot carry a token, so the stream is read by fetch. While there is none, or it
// broke, the views ask by the clock as before.
import { credentials, isSignedIn } from "./api.js";

const listeners = new Set();
const AGAIN_MS = [1000, 2000, 5000, 15000];
let live = false;
let stop = null;
let tries = 0;

// Is there a stream now? Then a view asks by the clock only for progress, which makes no event.
export const feedIsLive = () => live;

async function read(body, changed) {
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	for (;;) {
		const { value, done } = await reader.read();
		if (done) return;
		rest = (rest + value).slice(-100000); // a line that never ends is not kept
		const lines = rest.split("\n");
		rest = lines.pop();
		if (lines.some((line) => line.startsWith("data:"))) changed();
	}
}

async function follow(signal) {
	const options = credentials();
	options.headers.Accept = "text/event-stream";
	const response = await fetch("/api/v1/changes", { ...options, signal });
	if (!response.ok || !(response.headers.get("content-type") || "").includes("event-stream")) throw new Error("no feed");
	live = true;
	tries = 0;
	await read(response.body, () => listeners.forEach((call) => call()));
}

async function run(signal) {
	while (!signal.aborted && listeners.size) {
		try {
			await follow(signal);
		} catch {
			// by the clock until the next try
		}
		live = false;
		const wait = AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)];
		await new Promise((done) => setTimeout(done, wait));
	}
}

function start() {
	stop = new AbortController();
	run(stop.signal);
}

function end() {
	if (stop) stop.abort();
	stop = null;
	live = false;
}

// A hidden tab holds no connection; shown again it reads from now on, and its views ask anyway.
document.addEventListener("visibilitychange", () => {
	if (document.hidden) end();
	else if (!stop && listeners.size && isSignedIn()) start();
});

// call() whenever something changed. Returns what ends it.
export function onChange(call) {
	listeners.add(call);
	if (!stop && !document.hidden && isSignedIn()) start();
	return () => {
		listeners.delete(call);
		if (!listeners.size) end();
	};
}
