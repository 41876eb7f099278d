// SPDX-License-Identifier: Apache-2.0
// Reading a label with the camera, where the browser can (BarcodeDetector). A hand-held reader needs
// nothing of this: it types into the search box and sends Enter. No picture leaves the page.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { Dialog } from "./dialog.js";

const LOOK_MS = 200;
const TEXT_MAX = 128;

export const canScan = () => "BarcodeDetector" in globalThis && Boolean(navigator.mediaDevices?.getUserMedia);

// What a label says, in one line: the search box takes no more.
const wordsOf = (code) => String(code.rawValue || "").replace(/\s+/g, " ").trim().slice(0, TEXT_MAX);

async function look(detector, video, isOver, found) {
	while (!isOver()) {
		const codes = video.readyState >= 2 ? await detector.detect(video) : [];
		const text = codes.map(wordsOf).find(Boolean);
		if (text && !isOver()) return found(text);
		await new Promise((done) => setTimeout(done, LOOK_MS));
	}
}

// found(text): called once, with what the first label says.
export function Scan({ close, found }) {
	const video = useRef(null);
	const [why, setWhy] = useState("");
	useEffect(() => {
		let over = false;
		let stream = null;
		const end = () => stream && stream.getTracks().forEach((t) => t.stop());
		const run = async () => {
			const detector = new BarcodeDetector();
			stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
			if (over) return end();
			video.current.srcObject = stream;
			await video.current.play();
			await look(detector, video.current, () => over, found);
		};
		run().catch((error) => over || setWhy(error.name === "NotAllowedError" ? "The camera may not be used here: allow it for this page." : `The camera cannot be used: ${error.message}`));
		return () => ((over = true), end());
	}, []);
	return html`<${Dialog} title="Scan a label" close=${close}>
		<p>Hold the serial, the MAC or the asset tag in front of the camera.</p>
		<video ref=${video} class="scan" muted playsinline aria-label="What the camera sees"></video>
		${why ? html`<p class="problem" role="alert">${why}</p>` : null}
		<p class="buttons"><button onClick=${close}>Cancel</button></p>
	<//>`;
}
