// SPDX-License-Identifier: Apache-2.0
// Who is signed in and what they may do: buttons that the server would refuse are not shown. With a
// server that does not say it, all are; the server decides in any case.
import { useEffect, useState } from "preact/hooks";

let me = null;
const waiting = new Set();

export function setMe(answer) {
	me = answer;
	waiting.forEach((call) => call());
}

export const may = (scope) => !me || !Array.isArray(me.scopes) || me.scopes.includes(scope);

// Drawn again when the answer comes.
export function useMe() {
	const [, again] = useState(0);
	useEffect(() => {
		const call = () => again((n) => n + 1);
		waiting.add(call);
		return () => waiting.delete(call);
	}, []);
	return { me, may };
}
