// SPDX-License-Identifier: Apache-2.0
// The page: who is signed in, which view the address names, and the frame around it.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";
import { api, session, token } from "./api.js";
import { useNow, useRoute } from "./hooks.js";
import { routeTo } from "./route.js";
import { clockUtc, useWords } from "./words.js";
import { Account } from "./account.js";
import { SignIn } from "./signin.js";
import { Fleet } from "./fleet.js";
import { HostPage } from "./host.js";
import { Faults } from "./faults.js";
import { Floor } from "./floor.js";
import { Deliveries } from "./deliveries.js";
import { setMe, useMe } from "./me.js";
import { Capacity } from "./capacity.js";
import { Profiles } from "./profiles.js";
import { Images } from "./images.js";
import { FleetEvents } from "./timeline.js";
import { Orders } from "./pending.js";
import { Seen } from "./seen.js";
import { Tokens } from "./tokens.js";
import { Audit } from "./audit.js";
import { StopAll, Stopped } from "./stop.js";

const VIEWS = [
	{ view: "hosts", title: "Fleet", part: ({ params }) => html`<${Fleet} params=${params} />` },
	{ view: "floor", title: "Floor", part: ({ params }) => html`<${Floor} params=${params} />` },
	{ view: "deliveries", title: "Deliveries", part: ({ id, params }) => html`<${Deliveries} id=${id} params=${params} />` },
	{ view: "faults", title: "Repair orders", part: () => html`<${Faults} />` },
	{ view: "seen", title: "Not let in", part: () => html`<${Seen} />` },
	{ view: "orders", title: "Orders", part: () => html`<${Orders} />` },
	{ view: "capacity", title: "Capacity", part: ({ params }) => html`<${Capacity} params=${params} />` },
	{ view: "events", title: "Events", part: () => html`<${FleetEvents} />` },
	{ view: "profiles", title: "Profiles", part: ({ id, params }) => html`<${Profiles} id=${id} params=${params} />` },
	{ view: "images", title: "Images", part: () => html`<${Images} />` },
	{ view: "tokens", title: "Tokens", right: "admin", part: () => html`<${Tokens} />` },
	{ view: "audit", title: "Audit", right: "audit", part: () => html`<${Audit} />` },
];

function Clocks() {
	const now = useNow();
	return html`<span class="clock" title=${new Date(now).toLocaleString()}>
		${clockUtc(now)} UTC
	</span>`;
}

function Frame({ route, children }) {
	const { may } = useMe();
	return html`
		<header>
			<a class="skip" href="#/hosts" onClick=${skip}>Skip to content</a>
			<a class="brand" href="#/hosts"><img src="icon.svg" alt="" width="26" height="26" /> Slipway</a>
			<nav aria-label="Views">
				${VIEWS.filter((v) => !v.right || may(v.right)).map(
					(v) => html`<a href=${routeTo(v.view)} aria-current=${route.view === v.view ? "page" : undefined}>
						${v.title}
					</a>`,
				)}
			</nav>
			<div class="right">
				<${Clocks} />
				${may("arm") ? html`<${StopAll} />` : null}
				<${Account} />
				<button class="quiet" onClick=${() => session.signOut()}>Sign out</button>
			</div>
		</header>
		<${Stopped} />
		<main id="content" tabindex="-1">${children}</main>
	`;
}

function skip(event) {
	event.preventDefault();
	document.getElementById("content").focus();
}

function titleOf(route) {
	const view = VIEWS.find((v) => v.view === route.view);
	document.title = route.view === "hosts" && route.id ? `Host · Slipway` : `${view ? view.title : "Nothing here"} · Slipway`;
}

const AGAIN_MS = 3000;

// null while the server is asked whether this browser is signed in.
function useSession(route) {
	const link = route.view === "link" ? route.id : "";
	const [signedIn, setSignedIn] = useState(link || !session.mayResume() ? false : null);
	const [why, setWhy] = useState("");
	const done = (me) => {
		setMe(me);
		setWhy("");
		if (link) history.replaceState(null, "", "#/hosts"), dispatchEvent(new Event("hashchange"));
		setSignedIn(true);
	};
	useEffect(() => {
		token.whenCleared(() => {
			setSignedIn(false);
			setMe(null);
			setWhy("Signed out. The sign-in may have ended, or the token may have expired or been withdrawn.");
		});
		if (signedIn === false) return;
		let timer = 0;
		const ask = () =>
			session.resume().then(done, (e) => {
				if (e.status === 401) return token.clear(), setWhy("");
				setWhy(e.message);
				timer = setTimeout(ask, AGAIN_MS);
			});
		ask();
		return () => clearTimeout(timer);
	}, []);
	return { signedIn, why, link, done };
}

function App() {
	const route = useRoute();
	const { signedIn, why, link, done } = useSession(route);
	useEffect(() => titleOf(route), [route]);
	const [, setWords] = useState(0);
	useEffect(() => {
		if (signedIn) api.get("/lifecycle").then((doc) => (useWords(doc.items), setWords((n) => n + 1)), () => {});
	}, [signedIn]);
	if (signedIn === null) return html`<main id="content" class="signin"><p role="status">${why ? `${why}. Trying again…` : "Asking the server…"}</p></main>`;
	if (!signedIn) return html`<${SignIn} why=${why} link=${link} done=${done} />`;
	const view = VIEWS.find((v) => v.view === route.view);
	return html`<${Frame} route=${route}>
		${route.view === "hosts" && route.id
			? html`<${HostPage} key=${route.id} id=${route.id} />`
			: view
				? view.part(route)
				: html`<h1>Nothing here</h1><p><a href="#/hosts">To the fleet</a></p>`}
	<//>`;
}

render(html`<${App} />`, document.getElementById("app"));
