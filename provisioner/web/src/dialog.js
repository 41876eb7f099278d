// SPDX-License-Identifier: Apache-2.0
// A modal question. The browser's own <dialog> keeps the focus inside and closes on Escape.
import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.js";

export function Dialog({ title, close, tone, children }) {
	const box = useRef(null);
	useEffect(() => {
		const before = document.activeElement;
		box.current.showModal();
		return () => before && before.isConnected && before.focus();
	}, []);
	return html`<dialog ref=${box} class=${`tone-${tone || ""}`} aria-labelledby="dialog-title" onClose=${close} onCancel=${close}>
		<h2 id="dialog-title">${title}</h2>
		${children}
	</dialog>`;
}
