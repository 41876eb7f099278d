// SPDX-License-Identifier: Apache-2.0
// Text from hosts (serials, models, switch names, messages) as it may be shown: characters that
// steer a terminal, turn the reading direction or cannot be seen are replaced by ⟨U+XXXX⟩, and a
// text longer than a screen is cut. It does not escape markup: text nodes need none.

const MAX_SHOWN = 600;

// C0 but tab and newline, DEL, C1; soft hyphen; Arabic letter mark; zero width, direction marks,
// embeddings, overrides, isolates; line and paragraph separators; byte order mark; tags; lone
// surrogates.
const UNSAFE =
	/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Surrogate}]/gu;

export function safe(text) {
	let out = String(text);
	if (out.length > MAX_SHOWN) out = out.slice(0, MAX_SHOWN) + "…";
	return out.replace(UNSAFE, (c) => `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}
