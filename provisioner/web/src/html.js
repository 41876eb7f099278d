// SPDX-License-Identifier: Apache-2.0
// How every element of the page is made: htm templates over Preact, with one filter in between.
// Whatever text reaches an element, whoever wrote it, becomes a text node (never markup), and its
// control, bidirectional and invisible characters are shown by their code points. A link that does
// not stay on this page loses its target. There is no other way to make elements here: no
// innerHTML, no dangerouslySetInnerHTML, and index.html demands Trusted Types.
import { h } from "preact";
import htm from "htm";
import { safe } from "./safe.js";

function child(c) {
	if (typeof c === "string") return safe(c);
	return Array.isArray(c) ? c.map(child) : c;
}

const SHOWN = ["title", "aria-label", "alt", "placeholder", "label"];

function attributes(props) {
	if (!props) return props;
	const out = { ...props };
	delete out.dangerouslySetInnerHTML;
	for (const name of SHOWN) if (typeof out[name] === "string") out[name] = safe(out[name]);
	if ("href" in out && !/^(#|\/(?!\/))/.test(String(out.href))) delete out.href;
	return out;
}

export function element(type, props, ...children) {
	return h(type, typeof type === "string" ? attributes(props) : props, ...children.map(child));
}

export const html = htm.bind(element);
