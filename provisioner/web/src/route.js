// SPDX-License-Identifier: Apache-2.0
// Addresses of the page: #/hosts?state=failed&q=rack7. Everything that a person chose (filter,
// order, search) is in the address, so that it can be sent to a colleague. Ids are one segment.

export function parseRoute(hash) {
	const text = hash.startsWith("#") ? hash.slice(1) : hash;
	const [path, search] = text.split("?", 2);
	const names = path.split("/").filter(Boolean).map(decode);
	const params = Object.fromEntries(new URLSearchParams(search || ""));
	const [view = "hosts", id = ""] = names;
	return { view, id, params };
}

function decode(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

export function routeTo(view, id, params) {
	const search = new URLSearchParams();
	for (const [name, value] of Object.entries(params || {})) if (value) search.set(name, value);
	const tail = search.toString();
	return `#/${encodeURIComponent(view)}${id ? `/${encodeURIComponent(id)}` : ""}${tail ? `?${tail}` : ""}`;
}
