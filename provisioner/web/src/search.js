// SPDX-License-Identifier: Apache-2.0
// What the search box of the fleet finds: hosts by what they are called; then, while nothing was
// found, by MAC in any notation, UUID, the switch port they hang on, a part's serial; and deliveries.
import { api, query, rowsOf } from "./api.js";
import { routeTo } from "./route.js";

export const PAGE = 100;
const PARTS_MAX = 20;
const DELIVERIES_MAX = 5;
const NOTHING = { rows: [], more: false };
export const searchedFor = "name, serial, MAC, asset tag, rack, switch port, part, delivery";

export function filters(params) {
	return { state: params.state, needs_person: params.needs_person, turn: params.turn, q: params.q, sort: params.sort };
}

// The search looks into names, codes, serials, asset tags and racks, then into parts; a whole MAC
// names one host, as an id does.
// 52:54:00:12:34:56, 52-54-00-12-34-56, 5254.0012.3456 and 525400123456 are the same.
export function macOf(text) {
	const digits = text.trim().toLowerCase();
	if (!/^([0-9a-f]{2}([:-][0-9a-f]{2}){5}|[0-9a-f]{4}(\.[0-9a-f]{4}){2}|[0-9a-f]{12})$/.test(digits)) return "";
	return digits.replace(/[:.-]/g, "").match(/../g).join(":");
}

async function hostByMac(mac, signal) {
	try {
		return { rows: [await api.get(`/hosts/${encodeURIComponent(mac)}`, { signal })], more: false };
	} catch (error) {
		if (error.status === 404) return { rows: [], more: false };
		throw error;
	}
}

// A part is called so, by its serial or number, and names the host that it is in.
async function hostsByPart(params, signal) {
	const parts = rowsOf(await api.get(`/parts${query({ q: params.q, limit: PARTS_MAX })}`, { signal })).rows;
	const ids = [...new Set(parts.map((p) => p.host_id).filter(Boolean))];
	if (!ids.length) return NOTHING;
	const { rows } = rowsOf(await api.get(`/hosts${query({ ...filters(params), q: "", id: ids.join(","), limit: PAGE })}`, { signal }));
	return { rows: rows.map((h) => ({ ...h, found: parts.filter((p) => p.host_id === h.id) })), more: parts.length === PARTS_MAX };
}

// "tor-r7-a Ethernet14", "tor-r7-a:Ethernet14", or the switch alone.
export function portOf(text) {
	const [, name, port] = /^(\S+?)(?:(?:\s+(?:port\s+)?|:)(\S+))?$/.exec(text.trim()) || [];
	return name ? { "switch.name": name, "switch.port": port } : null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
function exactly(params, fields, signal) {
	return listPages({ ...params, q: "" }, 1, signal, fields);
}
async function hostsByPort(params, signal) {
	const port = portOf(params.q);
	return port ? exactly(params, port, signal) : NOTHING;
}
const hostsByUuid = async (params, signal) => (UUID.test(params.q.trim()) ? exactly(params, { uuid: params.q.trim().toLowerCase() }, signal) : NOTHING);

const deliveriesOf = async (q, signal) => rowsOf(await api.get(`/deliveries${query({ q, limit: DELIVERIES_MAX })}`, { signal })).rows;

export async function firstPages(params, pages, signal) {
	const mac = params.q && macOf(params.q);
	if (mac) {
		const found = await hostByMac(mac, signal);
		if (found.rows.length) return found;
	}
	const listed = await listPages(params, pages, signal);
	if (listed.rows.length || !params.q) return listed;
	for (const look of [hostsByUuid, hostsByPort, hostsByPart]) {
		const found = await look(params, signal);
		if (found.rows.length) return found;
	}
	return { ...NOTHING, deliveries: await deliveriesOf(params.q, signal) };
}

async function listPages(params, pages, signal, more = {}) {
	let rows = [];
	let cursor = "";
	for (let i = 0; i < pages; i++) {
		const page = rowsOf(await api.get(`/hosts${query({ ...filters(params), ...more, limit: PAGE, cursor })}`, { signal }));
		rows = rows.concat(page.rows);
		cursor = page.next;
		if (!cursor) break;
	}
	return { rows, more: Boolean(cursor) };
}

// Enter opens the only hit: a scanner sends it after what it read. The list may be older than the
// box, so it is asked for that very text.
export async function openOnlyHit(params, q) {
	const { rows, more, deliveries = [] } = await firstPages({ ...params, q }, 1);
	if (rows.length === 1 && !more) location.hash = routeTo("hosts", rows[0].id);
	else if (deliveries.length === 1) location.hash = routeTo("deliveries", deliveries[0].name);
	else return false;
	return true;
}

