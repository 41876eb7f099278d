// SPDX-License-Identifier: Apache-2.0
// State that lives on: the address, a clock that ticks, and answers that are asked for again and
// again. Polling stops while the tab is hidden, slows down while the server fails, and keeps what
// it had: old rows with a warning are worth more than an empty table.
import { useEffect, useRef, useState } from "preact/hooks";
import { parseRoute } from "./route.js";

export function useRoute() {
	const [route, setRoute] = useState(() => parseRoute(location.hash));
	useEffect(() => {
		const changed = () => setRoute(parseRoute(location.hash));
		addEventListener("hashchange", changed);
		return () => removeEventListener("hashchange", changed);
	}, []);
	return route;
}

export function useNow(everyMs = 1000) {
	const [now, setNow] = useState(Date.now());
	useEffect(() => {
		const timer = setInterval(() => document.hidden || setNow(Date.now()), everyMs);
		return () => clearInterval(timer);
	}, [everyMs]);
	return now;
}

const SLOWEST_MS = 30000;

// ask(signal) is called at once, every everyMs, when the tab is shown again, and on again().
// key names what is asked for: when it changes, the old answer is dropped.
export function usePoll(key, ask, everyMs = 2000) {
	const [state, setState] = useState({ key, value: null, error: null, at: 0 });
	const latest = useRef(ask);
	const again = useRef(() => {});
	latest.current = ask;
	useEffect(() => {
		const stop = new AbortController();
		let timer = 0;
		let running = false;
		let wait = everyMs;
		const round = async () => {
			clearTimeout(timer);
			if (running || document.hidden) return;
			running = true;
			try {
				const value = await latest.current(stop.signal);
				wait = everyMs;
				if (!stop.signal.aborted) setState({ key, value, error: null, at: Date.now() });
			} catch (error) {
				wait = Math.min(wait * 2, SLOWEST_MS);
				if (!stop.signal.aborted)
					setState((old) => ({ ...(old.key === key ? old : { value: null, at: 0 }), key, error }));
			}
			running = false;
			if (!stop.signal.aborted) timer = setTimeout(round, wait);
		};
		again.current = round;
		document.addEventListener("visibilitychange", round);
		round();
		return () => {
			stop.abort();
			clearTimeout(timer);
			document.removeEventListener("visibilitychange", round);
		};
	}, [key, everyMs]);
	const current = state.key === key ? state : { value: null, error: null, at: 0 };
	return { ...current, again: () => again.current() };
}
