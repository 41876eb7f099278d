// SPDX-License-Identifier: Apache-2.0
// A modal question. The browser's own <dialog> keeps the focus inside and closes on Escape.
import { useLayoutEffect, useRef } from "preact/hooks";
import { html } from "./html.js";

export function Dialog({ title, close, tone, children }) {
	const box = useRef(null);
	useLayoutEffect(() => {
		const dialog = box.current;
		const before = document.activeElement;
		dialog.showModal();
		return () => {
			dialog.close(); // as long as it is open, nothing outside of it can take the focus
			if (before && before.isConnected) before.focus();
		};
	}, []);
	// The browser tells of the end later: by then another dialog may stand here.
	const ended = () => box.current && close();
	return html`<dialog ref=${box} class=${`tone-${tone || ""}`} aria-labelledby="dialog-title" onClose=${ended} onCancel=${close}>
		<h2 id="dialog-title">${title}</h2>
		${children}
	</dialog>`;
}
