// SPDX-License-Identifier: Apache-2.0
// Whose token this is and what it may do: buttons that the server would refuse are not shown. Before
// the answer, and with a server that does not say it, all are; the server decides in any case.
import { useEffect, useState } from "preact/hooks";
import { api } from "./api.js";

let me = null;
const waiting = new Set();

export async function loadMe() {
	try {
		me = await api.get("/me");
	} catch {
		me = null;
	}
	waiting.forEach((call) => call());
}
export function forgetMe() {
	me = null;
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
