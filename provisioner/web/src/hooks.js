// SPDX-License-Identifier: Apache-2.0
// State that lives on: the address, a clock that ticks, and answers that are asked for again and
// again. Polling stops while the tab is hidden, slows down while the server fails, and keeps what
// it had: old rows with a warning are worth more than an empty table.
import { useEffect, useRef, useState } from "preact/hooks";
import { feedIsLive, onChange } from "./feed.js";
import { parseRoute } from "./route.js";

export function useRoute() {
	const [route, setRoute] = useState(() => parseRoute(location.hash));
	useEffect(() => {
		const changed = () => setRoute(parseRoute(location.hash));
		addEventListener("hashchange", changed);
		changed(); // it may have changed between the first drawing and now
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
const FED_MS = 10000;
const TOGETHER_MS = 1000; // changes come in bursts

// ask(signal) is called at once, when the change feed says that something changed, when the tab is
// shown again, and on again(); by the clock every everyMs, or fedMs while there is a feed: progress
// and the time that a host was heard make no event. key names what is asked for: when it changes,
// the old answer is dropped.
export function usePoll(key, ask, everyMs = 2000, fedMs = Math.max(everyMs, FED_MS)) {
	const [state, setState] = useState({ key, value: null, error: null, at: 0 });
	const latest = useRef(ask);
	const again = useRef(() => {});
	latest.current = ask;
	useEffect(() => {
		const stop = new AbortController();
		let timer = 0;
		let running = false;
		let soon = 0;
		let missed = false;
		let begun = 0;
		const rest = () => (feedIsLive() ? fedMs : everyMs);
		let wait = rest();
		const round = async () => {
			clearTimeout(timer);
			if (running || document.hidden) return;
			running = true;
			begun = Date.now();
			try {
				const value = await latest.current(stop.signal);
				wait = rest();
				if (!stop.signal.aborted) setState({ key, value, error: null, at: Date.now() });
			} catch (error) {
				wait = Math.min(wait * 2, SLOWEST_MS);
				if (!stop.signal.aborted)
					setState((old) => ({ ...(old.key === key ? old : { value: null, at: 0 }), key, error }));
			}
			running = false;
			if (stop.signal.aborted) return;
			timer = setTimeout(round, wait);
			if (missed) changed();
			missed = false;
		};
		// a fleet in which something changes all the time is not asked more often than by the clock
		const changed = () => {
			missed = running;
			if (soon || running) return;
			soon = setTimeout(() => ((soon = 0), round()), Math.max(TOGETHER_MS, begun + everyMs - Date.now()));
		};
		const unfollow = onChange(changed);
		again.current = round;
		document.addEventListener("visibilitychange", round);
		round();
		return () => {
			stop.abort();
			clearTimeout(timer);
			clearTimeout(soon);
			unfollow();
			document.removeEventListener("visibilitychange", round);
		};
	}, [key, everyMs, fedMs]);
	const current = state.key === key ? state : { value: null, error: null, at: 0 };
	return { ...current, again: () => again.current() };
}
