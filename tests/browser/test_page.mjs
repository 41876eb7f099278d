// SPDX-License-Identifier: Apache-2.0
// The page in Chromium against the fixture: what a technician and an operator do, with the keyboard,
// on a phone, with a hostile host in the fleet, and while the server is away. Screenshots go to
// build/browser/.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { complaints, BUILD, axeSource, launch, shot, signIn, signInAs, useToken } from "./chromium.mjs";
import { addAudit, addOrder, HOSTILE, makeHost, makeSeen, PASSWORD, PLAN_HASH, startFixture, TOKEN } from "./fixture.mjs";
import { equal, holds, plan, test } from "./tap.mjs";

const browser = await launch();

// One case: a fresh fleet, a fresh tab, signed in. It fails on any complaint of the page.
function withPage(name, run, { size = { width: 1360, height: 850 }, hash = "", scheme = "light", ...options } = {}) {
	return test(name, async () => {
		const fixture = await startFixture(`${BUILD}/web`);
		const context = await browser.newContext({ viewport: size, colorScheme: scheme, ...options });
		const page = await context.newPage();
		page.setDefaultTimeout(20000);
		const said = complaints(page);
		try {
			if (hash !== null) await signIn(page, fixture.url, TOKEN, hash);
			await run({ page, fixture, fleet: fixture.fleet, context });
			equal(said, [], "complaints");
		} finally {
			await context.close();
			fixture.close();
		}
	});
}

const rowNames = (page) => page.locator("table.fleet tbody th a").allTextContents();
const hostOf = (fleet, state, n = 0) => fleet.hosts.filter((h) => h.state === state)[n];
const openHost = async (page, host) => {
	await page.evaluate((id) => (location.hash = `#/hosts/${id}`), host.id);
	await page.getByRole("heading", { level: 1 }).filter({ hasText: host.short_code }).waitFor();
};

// ---- who may come in

await withPage("a wrong token is refused and not kept", async ({ page, fixture }) => {
	await page.goto(fixture.url);
	await shot(page, "signin");
	await useToken(page, "wrong");
	await page.getByText("the token is not known").waitFor();
	equal(await page.evaluate(() => sessionStorage.length), 0, "stored items");
}, { hash: null });

await withPage("the token stays in the tab, and a withdrawn one leads back to the sign-in", async ({ page, fleet }) => {
	equal(await page.evaluate(() => [localStorage.length, document.cookie]), [0, ""], "other storage");
	await page.reload();
	await page.locator("table.fleet").waitFor();
	holds(!page.url().includes(TOKEN), "the token is not in the address");
	fleet.token = "another";
	await page.getByText("Signed out.").waitFor();
	equal(await page.evaluate(() => sessionStorage.length), 0, "stored items");
});

await withPage("a person signs in by name and password, in every tab and after a reload, and out of all of them", async ({ page, fixture, context }) => {
	await page.goto(fixture.url);
	await signInAs(page, "anna", "wrong horse battery");
	await page.getByText("the name or the password is wrong").waitFor();
	await signInAs(page, "anna", PASSWORD);
	await page.locator("table.fleet").waitFor();
	await page.locator("header .who", { hasText: "anna · operator" }).waitFor();
	equal(await page.evaluate((p) => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]).includes(p), PASSWORD), false, "a kept password");
	equal(await page.evaluate(() => document.cookie), "", "a cookie that scripts see");
	const other = await context.newPage();
	await other.goto(`${fixture.url}/#/faults`);
	await other.getByRole("heading", { name: "Repair orders" }).waitFor();
	await page.reload();
	await page.locator("table.fleet").waitFor();
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.getByLabel("Password").waitFor();
	await other.getByText("Signed out.").waitFor();
	await other.close();
}, { hash: null });

await withPage("a link signs in once, and does not stay in the address", async ({ page, fixture, context }) => {
	await page.goto(`${fixture.url}/#/link/sll_fixture`);
	await page.locator("table.fleet").waitFor();
	holds(!page.url().includes("sll_"), `the address: ${page.url()}`);
	await page.getByRole("button", { name: "Sign out" }).click();
	const other = await context.newPage();
	await other.goto(`${fixture.url}/#/link/sll_fixture`);
	await other.getByText("the link was used").waitFor();
	await other.getByLabel("Password").waitFor();
}, { hash: null, size: { width: 360, height: 740 } });

// ---- the fleet

await withPage("the fleet shows every host with its state in words", async ({ page, fleet }) => {
	await page.locator("table.fleet tbody tr").nth(fleet.hosts.length - 1).waitFor();
	equal((await rowNames(page)).length, fleet.hosts.length, "rows");
	const failed = page.locator("tr", { hasText: hostOf(fleet, "failed").name });
	holds((await failed.innerText()).includes("bad memory module"), "the row says why");
	const writing = page.locator("tr", { hasText: hostOf(fleet, "imaging").name });
	holds((await writing.innerText()).includes("41 %"), "the row says how far it is");
	for (const state of await page.locator(".state").all()) holds(/[A-Za-z]{4}/.test(await state.innerText()), "no state by colour or shape alone");
	await shot(page, "fleet");
});

await withPage("filters, order and search stand in the address and come back with it", async ({ page, fleet }) => {
	await page.getByRole("navigation", { name: "By state" }).getByRole("link", { name: /Failed/ }).click();
	await page.getByLabel("Search").fill(hostOf(fleet, "failed").serial);
	await page.waitForFunction(() => location.hash.includes("q="));
	await page.waitForFunction(() => document.querySelectorAll("table.fleet tbody tr").length === 1);
	equal(await rowNames(page), [hostOf(fleet, "failed").name]);
	const asked = fleet.requests.at(-1) + fleet.requests.at(-2);
	holds(/state=failed/.test(asked) && /q=S4991/.test(asked), "the server does the filtering");
	const hash = new URL(page.url()).hash;
	await page.goto("about:blank");
	await page.goBack();
	await page.locator("table.fleet").waitFor();
	equal(new URL(page.url()).hash, hash, "the address");
	equal(await page.getByLabel("Search").inputValue(), hostOf(fleet, "failed").serial, "the search box");
	await page.getByLabel("Whose turn").selectOption("server");
	await page.getByText("No host fits this filter.").waitFor();
	await page.getByRole("link", { name: "Show all hosts" }).click();
	await page.getByLabel("Order").selectOption("-state_since");
	await page.waitForFunction((name) => document.querySelector("table.fleet tbody th a")?.textContent === name, fleet.hosts[0].name);
});

await withPage("who is quicker than the page is drawn loses no choice", async ({ page }) => {
	await page.locator("table.fleet").waitFor();
	const hash = await page.evaluate(() => {
		location.hash = "#/hosts?state=failed";
		const order = [...document.querySelectorAll(".tools select")].at(-1);
		order.value = "name";
		order.dispatchEvent(new Event("change", { bubbles: true }));
		return location.hash;
	});
	equal(hash, "#/hosts?state=failed&sort=name", "the address");
});

await withPage("a MAC in the search finds its host, in either spelling", async ({ page, fleet }) => {
	for (const mac of [fleet.hosts[2].macs[1], fleet.hosts[4].macs[0].toUpperCase().replaceAll(":", "-")]) {
		await page.getByLabel("Search").fill(mac);
		const host = fleet.hosts.find((h) => h.macs.includes(mac.toLowerCase().replaceAll("-", ":")));
		await page.waitForFunction((name) => document.querySelector("table.fleet tbody")?.rows.length === 1 && document.querySelector("table.fleet tbody th a").textContent === name, host.name);
	}
	await page.getByLabel("Search").fill("00:00:00:00:00:99");
	await page.getByText("No host fits this filter.").waitFor();
});

await withPage("an empty fleet says what to do", async ({ page, fleet }) => {
	fleet.hosts.length = 0;
	await page.getByText("No host has been seen yet.").waitFor();
});

await withPage("a large fleet comes page by page", async ({ page, fleet }) => {
	const model = fleet.hosts[0];
	for (let i = 0; i < 150; i++) fleet.hosts.push({ ...model, id: `${model.id.slice(0, -4)}${1000 + i}`, name: `x${1000 + i}` });
	await page.getByRole("button", { name: "Show 100 more" }).click();
	await page.waitForFunction((n) => document.querySelectorAll("table.fleet tbody tr").length === n, fleet.hosts.length);
});

await withPage("the fleet can be walked with the keyboard alone", async ({ page, fleet }) => {
	await page.locator("table.fleet").waitFor();
	await page.keyboard.press("/");
	equal(await page.evaluate(() => document.activeElement.type), "search", "the focus after /");
	await page.keyboard.type("r7-u0");
	await page.waitForFunction(() => location.hash.includes("q=r7-u0"));
	await page.locator("table.fleet tbody th a").first().focus();
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("j");
	await page.keyboard.press("k");
	equal(await page.evaluate(() => document.activeElement.textContent), "r7-u02", "the focus after down, j, k");
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { level: 1 }).filter({ hasText: fleet.hosts[1].short_code }).waitFor();
});

// ---- one host

await withPage("a fault shows part, slot, serial and what to do in big letters", async ({ page, fleet }) => {
	const host = hostOf(fleet, "failed");
	await openHost(page, host);
	const order = page.getByRole("region", { name: "Repair order" });
	const text = await order.innerText();
	for (const word of ["Memory module in slot DIMMC1", "3A1F0C22", "replace the module", "12 uncorrected errors", host.serial])
		holds(text.includes(word), `the order says '${word}'`);
	const size = await order.locator("h2").evaluate((e) => parseFloat(getComputedStyle(e).fontSize));
	holds(size >= 28, `big letters (${size} px)`);
	await page.getByText("What to do next:").waitFor();
	await page.getByRole("region", { name: "State" }).waitFor();
	await shot(page, "host-failed");
	await page.emulateMedia({ media: "print" });
	await shot(page, "host-failed-print");
});

await withPage("a host's parts stand by slot, the empty ones too", async ({ page, fleet }) => {
	await openHost(page, hostOf(fleet, "ready"));
	const memory = page.locator("section", { has: page.getByRole("heading", { name: "Memory by slot" }) });
	await memory.waitFor();
	const empty = memory.locator("tr", { hasText: "DIMMB1" });
	holds((await empty.innerText()).includes("empty"), "an empty slot is called empty");
	const off = await memory.locator("tr", { hasText: "DIMMD1" }).innerText();
	holds(off.includes("not known") && !off.includes("empty"), "a module without a size is not an empty slot");
	await page.getByText("tor-r7-a port Ethernet14").waitFor();
	await page.getByRole("cell", { name: "no link" }).waitFor();
	await page.getByText("2 · root · /").waitFor();
	await page.getByText("Manifest digest, as read back from disk").waitFor();
	await shot(page, "host-ready");
});

await withPage("events come live, each once, newest first", async ({ page, fixture, fleet }) => {
	const host = hostOf(fleet, "testing");
	await openHost(page, host);
	const lines = page.locator(".timeline li");
	await lines.first().waitFor();
	const before = await lines.count();
	for (let i = 1; i <= 3; i++) fixture.addEvent({ host_id: host.id, kind: "burnin.progress", summary: `test ${i} of 3 passed`, actor: "agent" });
	fixture.addEvent({ host_id: fleet.hosts[0].id, kind: "other.host", summary: "not here", actor: "agent" });
	await page.getByText("test 3 of 3 passed").waitFor();
	await page.waitForTimeout(2500);
	equal(await lines.count(), before + 3, "lines");
	holds((await lines.first().innerText()).includes("test 3 of 3"), "the newest is first");
	const asked = fleet.requests.filter((r) => r.includes("/events"));
	holds(/id%3E=\d+/.test(asked.at(-1)), "only new events are asked for");
	fixture.addEvent({ host_id: host.id, kind: "dhcp.message", summary: "DHCPDISCOVER", actor: "dnsmasq", detail: { at_us: Date.UTC(2026, 0, 2, 3, 4, 5) * 1000 } });
	await page.getByText("DHCPDISCOVER").waitFor();
	const first = await lines.last().innerText();
	holds(first.includes("03:04:05") && first.includes("DHCPDISCOVER"), `the first packet begins the timeline, with its own time: ${first}`);
	await page.getByLabel("Only with").fill("test 2");
	equal(await lines.count(), 1, "lines with the word");
});

await withPage("a burn-in's verdicts stand test by test, with the part that failed", async ({ page, fleet }) => {
	await openHost(page, hostOf(fleet, "failed"));
	const row = (name) => page.locator("tr", { has: page.getByRole("rowheader", { name, exact: true }) });
	await row("memory.pattern").waitFor();
	const text = (await row("memory.pattern").innerText()).replace(/\s+/g, " ");
	for (const word of ["failed", "2 min 19 s", "DIMMC1 · 3A1F0C22", "12 uncorrected errors"]) holds(text.includes(word), `it says '${word}': ${text}`);
	holds((await row("cpu.verify").innerText()).includes("passed"), "what passed has passed");
	holds((await row("network.loss").innerText()).includes("running"), "what has no end has not passed");
	await row("cpu.verify").getByText("1 reading").click();
	await page.getByText("less than or equal 95").waitFor();
	await page.getByLabel("Run").selectOption({ index: 1 });
	await page.locator(".state", { hasText: "cancelled" }).waitFor();
});

await withPage("a quarantined host shows its evidence, and what another host showed, too", async ({ page, fleet }) => {
	await openHost(page, hostOf(fleet, "quarantined"));
	const row = page.locator("tr", { hasText: "System serial" });
	await row.getByText("another host showed it, too").waitFor();
	await shot(page, "host-quarantined");
});

await withPage("capacity: counts, sums by group, and the inventory as a file", async ({ page, fleet }) => {
	await page.getByRole("link", { name: "Capacity" }).click();
	await page.getByText("Healthy", { exact: true }).waitFor();
	const all = page.locator(".total tr");
	holds(/10\s+320\s+1\.3 TiB\s+199 TB/.test((await all.innerText()).replaceAll("\t", " ")), `the total: ${await all.innerText()}`);
	await page.getByRole("link", { name: "Failed" }).first().waitFor();
	await shot(page, "capacity");
	await page.getByLabel("Group by").selectOption("rack");
	await page.getByRole("rowheader", { name: "R7" }).waitFor();
	holds(page.url().includes("by=rack"), "the group is in the address");
	const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV", exact: true }).click()]);
	equal(file.suggestedFilename(), "slipway-hosts-export.csv");
	holds(fleet.requests.includes("GET /export.csv"), "the API made it");
});

await withPage("progress and state move without a reload", async ({ page, fleet }) => {
	const host = hostOf(fleet, "imaging");
	await openHost(page, host);
	await page.getByText("41 %, 858 MiB of 2.0 GiB, about 21 s left").waitFor();
	await shot(page, "host-imaging", false);
	Object.assign(host, { state: "ready", progress: null, revision: 2 });
	await page.locator(".banner.tone-good").waitFor();
	await page.waitForFunction(() => document.title.startsWith("Ready: ")); // the tab's title says so, too
});

await withPage("a host that waits for its arm does not look busy, and counts as one that needs a person", async ({ page, fleet }) => {
	const host = hostOf(fleet, "imaging");
	Object.assign(host, { turn: "operator", advice: { title: "Waits for an arm", turn: "operator", why: "It waits for an arm.", action: "Arm it.", command: "slipway host arm K02" } });
	await page.getByRole("link", { name: /Needs a person/ }).click();
	const row = page.locator("tr", { hasText: host.name });
	await row.getByText("Waits for an arm").waitFor();
	equal(await row.locator("progress").count(), 0, "moving bars");
	const shown = fleet.hosts.filter((h) => ["technician", "operator"].includes(h.turn) && !["ready", "in-service"].includes(h.state)).length;
	await page.getByRole("link", { name: new RegExp(`Needs a person\\s*${shown}$`) }).waitFor();
	await openHost(page, host);
	await page.locator(".banner.tone-ask").waitFor();
	const text = await page.getByRole("region", { name: "State" }).innerText();
	for (const word of ["Waits for an arm", "Operator", "Arm it.", "slipway host arm K02"]) holds(text.includes(word), `it says '${word}'`);
	holds(!/%|left/.test(text), "no time left is shown");
});

await withPage("a silent host says since when, and foretells nothing", async ({ page, fleet }) => {
	const host = hostOf(fleet, "testing");
	Object.assign(host, { turn: "technician", silent: true, last_heard: new Date(Date.now() - 3600e3).toISOString(), progress: { done: 13, total: 100, unit: "tests", eta_s: 600 } });
	await openHost(page, host);
	await page.getByText(/Last heard\s+1 h ago/).waitFor();
	holds(!(await page.getByRole("region", { name: "State" }).innerText()).includes("left"), "no rest is shown");
});

await withPage("an unknown host and an unknown view say so", async ({ page }) => {
	await page.evaluate(() => (location.hash = "#/hosts/nobody"));
	await page.getByText("there is no such thing").waitFor();
	await page.evaluate(() => (location.hash = "#/nowhere"));
	await page.getByText("Nothing here").waitFor();
});

// ---- actions

await withPage("approving needs the code on the host's screen", async ({ page, fleet }) => {
	const host = hostOf(fleet, "discovered");
	await openHost(page, host);
	await page.getByRole("button", { name: "Approve…" }).click();
	const dialog = page.getByRole("dialog");
	const button = dialog.getByRole("button", { name: "Approve" });
	await dialog.getByLabel("Type the code").fill(host.short_code);
	holds(await button.isDisabled(), "another code does not do");
	await dialog.getByText("not this host's code").waitFor();
	await dialog.getByLabel("Type the code").fill(` ${host.codes.session.toLowerCase().replace("-", " ")} `);
	await button.click();
	await page.locator(".banner.tone-busy").waitFor();
	equal(fleet.posts.map((p) => [p.host, p.verb]), [[host.id, "approve"]], "posts");
	equal(fleet.posts[0].body.code.toUpperCase().replace(" ", "-"), host.codes.session, "the code is sent");
	equal(fleet.posts[0].body.view, host.view, "what was seen is sent");
});

await withPage("a host without a machine that asks can be approved by the code of the next one", async ({ page, fleet }) => {
	const host = hostOf(fleet, "discovered");
	host.codes = { session: null, asking: [] };
	await openHost(page, host);
	await page.getByRole("button", { name: "Approve…" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByText("No machine asks for this host now").waitFor();
	await dialog.getByLabel("Type the code").fill("ABCD-2345");
	await dialog.getByRole("button", { name: "Approve" }).click();
	await page.locator(".banner.tone-busy").waitFor();
	equal(fleet.posts.map((p) => p.body.code), ["ABCD-2345"], "the code is sent");
});

await withPage("a host that was imaged with lab keys says so, in the list and on its page", async ({ page, fleet }) => {
	const host = hostOf(fleet, "in-service");
	await page.locator("tr", { hasText: host.name }).getByText("lab keys").waitFor();
	equal(await page.locator("tr", { hasText: hostOf(fleet, "ready").name }).getByText("lab keys").count(), 0, "the other one has hardened keys");
	await openHost(page, host);
	await page.getByText("Imaged with lab keys: not for production").waitFor();
});

await withPage("a host that two machines claim is armed by a code", async ({ page, fleet }) => {
	const host = hostOf(fleet, "ready");
	const drive = host.drives[0];
	host.codes = { session: "SAAA-2222", asking: ["SBBB-3333"] };
	await openHost(page, host);
	const dialog = await chooseArm(page, drive, host.arch);
	await dialog.getByText("Several machines say that they are this host").waitFor();
	await dialog.getByLabel("Code on its screen").fill("SBBB-3333");
	await dialog.getByRole("button", { name: "What would happen?" }).click();
	await dialog.getByText("will be overwritten").waitFor();
	equal(fleet.posts.at(-1).body.code, "SBBB-3333", "the code is sent");
});

await withPage("several hosts are approved, and each answer is told apart", async ({ page, fleet }) => {
	const [first, second] = [hostOf(fleet, "discovered"), hostOf(fleet, "discovered", 1)];
	fleet.refuseApprove = second.id;
	await page.getByLabel(`Select ${first.name}`).check();
	await page.getByLabel(`Select ${second.name}`).check();
	await page.getByText("2 hosts selected").getByRole("button").click();
	const dialog = page.getByRole("dialog");
	holds((await dialog.innerText()).includes(first.short_code), "the codes are listed");
	await dialog.getByRole("button", { name: "Approve these 2" }).click();
	await dialog.getByText("✓ approved").waitFor();
	await dialog.getByText("✕ its profile is gone").waitFor();
	await shot(page, "approve-many", false);
	await dialog.getByRole("button", { name: "Close" }).click();
	equal(fleet.posts.map((p) => p.body.code), [first.codes.session, second.codes.session], "each with the code that was shown");
});

async function chooseArm(page, drive, arch) {
	await page.getByRole("button", { name: "Write an image…" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel("Image for").locator("option").nth(1).waitFor({ state: "attached" });
	const images = await dialog.getByLabel("Image for").locator("option").allTextContents();
	equal(images.length, 2, `images for ${arch}`);
	await dialog.getByLabel("Image for").selectOption({ index: 1 });
	await dialog.getByRole("radio", { name: drive.SerialNumber }).check();
	await dialog.getByLabel("Reason").fill("new rack");
	return dialog;
}

await withPage("arming asks the server for a dry run and names host, disk and image before the order", async ({ page, fleet }) => {
	const host = hostOf(fleet, "discovered");
	const drive = host.drives[0];
	await openHost(page, host);
	const dialog = await chooseArm(page, drive, host.arch);
	await shot(page, "arm-choose", false);
	await dialog.getByRole("button", { name: "What would happen?" }).click();
	await dialog.getByText(`Disk ${drive.SerialNumber} will be overwritten.`).waitFor();
	equal(fleet.posts.map((p) => p.body.dry_run), [true], "only the dry run was sent");
	equal(host.state, "discovered", "nothing has happened");
	const text = await dialog.innerText();
	for (const word of [host.name, host.short_code, drive.WWN, "1.9 TB", "holds data: ext4, LVM2_member", "debian12 20261101"])
		holds(text.includes(word), `it names '${word}'`);
	const act = dialog.getByRole("button", { name: `Overwrite ${drive.SerialNumber}` });
	holds(await act.isDisabled(), "data needs consent");
	await dialog.getByLabel("Type the disk's serial").fill(host.drives[1].SerialNumber);
	holds(await act.isDisabled(), "another disk's serial does not do");
	await dialog.getByLabel("Type the disk's serial").fill(drive.SerialNumber);
	await shot(page, "arm-review", false);
	await act.click();
	await page.getByText("armed; waits for the agent").waitFor();
	equal(fleet.posts.at(-1).body, {
		image: fleet.images[host.arch === "aarch64" ? 1 : 0].digest, disk: { serial: drive.SerialNumber }, reason: "new rack",
		ttl_s: 1800, wipe_consent: drive.SerialNumber, view: host.view, plan_hash: PLAN_HASH,
	}, "the order");
});

await withPage("a host in service is imaged only with its typed name", async ({ page, fleet }) => {
	const host = hostOf(fleet, "in-service");
	await openHost(page, host);
	const dialog = await chooseArm(page, host.drives[1], host.arch);
	await dialog.getByRole("button", { name: "What would happen?" }).click();
	const act = dialog.getByRole("button", { name: /^Overwrite/ });
	await act.waitFor();
	holds(await act.isDisabled(), "the name is needed");
	await dialog.getByLabel("Type the host's name").fill(host.name);
	await dialog.getByText("A second person must approve it: a host in service.").waitFor();
	await act.click();
	await page.getByText("waits for a second person").waitFor();
	equal(host.state, "in-service", "nothing was done");
});

await withPage("a second person approves an order, who ordered it does not, and one that is refused is gone", async ({ page, fleet }) => {
	addOrder(fleet, fleet.hosts.slice(0, 6), "new kernel");
	addOrder(fleet, [hostOf(fleet, "in-service")], HOSTILE.img);
	await page.getByRole("link", { name: "Orders", exact: true }).click();
	await page.getByText("2 orders wait for a second person").waitFor();
	await shot(page, "orders");
	const first = page.locator(".pending").filter({ hasText: "6 hosts" });
	const decide = async (place, verb, button, note) => {
		await place.getByRole("button", { name: `${verb}…` }).click();
		await page.getByLabel("Note").fill(note);
		await page.getByRole("dialog").getByRole("button", { name: button }).click();
	};
	fleet.owner = "ann";
	await decide(first, "Approve", "Approve: do it now", "myself");
	await page.getByText("it was ordered by the person who would approve it").waitFor();
	await page.keyboard.press("Escape");
	fleet.owner = "bob";
	await decide(first, "Approve", "Approve: do it now", "seen");
	await page.getByText("1 order waits for a second person").waitFor();
	equal(fleet.posts.at(-1), { order: "order-1", verb: "approve", body: { note: "seen" } }, "the approval");
	await decide(page.locator(".pending"), "Refuse", "Refuse", "no");
	await page.getByText("No order waits for a second person.").waitFor();
	equal(fleet.orders.map((o) => o.state), ["approved", "refused"], "the orders");
});

await withPage("a refused dry run is shown as the server says it, and nothing is sent", async ({ page, fleet }) => {
	const host = hostOf(fleet, "discovered");
	await openHost(page, host);
	const dialog = await chooseArm(page, host.drives[0], host.arch);
	host.drives = host.drives.slice(1); // the disk was pulled meanwhile
	await dialog.getByRole("button", { name: "What would happen?" }).click();
	await page.getByText("no disk of this host has that serial").waitFor();
	await page.getByText("guard.disk.none · /disk/serial").waitFor();
	equal(fleet.posts.filter((p) => !p.body.dry_run).length, 0, "orders");
});

await withPage("a server that knows no dry run refuses it, and nothing is overwritten", async ({ page, fleet }) => {
	const host = hostOf(fleet, "discovered");
	fleet.oldServer = true;
	await openHost(page, host);
	const dialog = await chooseArm(page, host.drives[0], host.arch);
	await dialog.getByRole("button", { name: "What would happen?" }).click();
	await page.getByText("field '/dry_run' is unknown").waitFor();
	equal([host.state, fleet.posts.length], ["discovered", 1], "the host, and what was sent");
});

await withPage("other verbs ask for a reason; Escape leaves without a trace and gives the focus back", async ({ page, fleet }) => {
	const host = hostOf(fleet, "failed");
	await openHost(page, host);
	await page.getByRole("button", { name: "Start over…" }).click();
	await page.getByRole("dialog").waitFor();
	await page.keyboard.press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
	equal(await page.evaluate(() => document.activeElement.textContent), "Start over…", "the focus");
	equal(fleet.posts, [], "posts");
	await page.getByRole("button", { name: "Start over…" }).click();
	await page.getByLabel("Reason").fill("module replaced");
	await page.getByRole("dialog").getByRole("button", { name: "Start over" }).click();
	await page.locator(".banner.tone-busy").waitFor();
	equal(fleet.posts.at(-1).body, { reason: "module replaced", view: host.view }, "the order");
});

await withPage("the emergency brake is two clicks and a reason away on every view", async ({ page, fleet }) => {
	await page.getByRole("button", { name: "Stop all" }).click();
	await page.getByLabel("Why?").fill("wrong image");
	await page.getByRole("button", { name: "Stop all writing now" }).click();
	await page.getByText("Told every agent to stop.").waitFor();
	equal(fleet.posts.at(-1), { verb: "stop-all", body: { reason: "wrong image" } }, "the order");
	await page.getByRole("button", { name: "Close" }).click();
	await page.getByText("All writing is stopped.").waitFor();
	await shot(page, "stopped", false);
	await page.getByRole("button", { name: "Let writing go on" }).click();
	await page.getByText("All writing is stopped.").waitFor({ state: "detached" });
});

// ---- profiles

const openProfile = async (page, hash) => {
	await page.evaluate((h) => (location.hash = h), hash);
	await page.getByLabel("Name", { exact: true }).waitFor();
};
const posted = (fleet) => fleet.posts.filter((p) => p.verb === "profile").map((p) => p.body);
const checkProfiles = async ({ page, fleet }, size) => {
	fleet.profiles.push({ name: "racks", priority: 5, match: { manufacturer: "Super*" }, enrol: true, auto_approve: false, burnin: { tier: "quick" } });
	await page.evaluate(() => (location.hash = "#/profiles"));
	await page.getByRole("link", { name: "racks" }).waitFor();
	await shot(page, `profiles-${size}`);
	await page.getByRole("link", { name: "New profile…" }).click();
	await page.getByText("a name is missing").waitFor();
	equal(await page.getByRole("button", { name: "Store" }).isDisabled(), true, "what is wrong cannot be stored");

	// each field says what is wrong with it; what no field holds stands in a list
	const json = page.getByLabel("JSON", { exact: false }).last();
	await json.fill(JSON.stringify({ name: "acme", priority: "high", match: { serial: "none-*" }, colour: 1, burnin: { tier: "hard" }, host: { ssh_authorized_keys: ["k"] } }, null, 2));
	await page.getByText("4 problems").waitFor();
	for (const label of ["Priority", "Burn-in", "SSH keys, one a line"]) {
		const field = page.getByLabel(label, { exact: true });
		equal(await field.getAttribute("aria-invalid"), "true", label);
		equal(await page.locator(`#${await field.getAttribute("aria-describedby")}`).count(), 1, `${label} says why`);
	}
	await page.locator("li", { hasText: "/colour: this field is not known" }).waitFor();
	await shot(page, `profile-wrong-${size}`);

	// form and JSON are one text
	await page.getByLabel("Priority", { exact: true }).fill("12");
	await page.getByLabel("Burn-in", { exact: true }).selectOption("standard");
	await page.getByLabel("SSH keys, one a line").fill("ssh-ed25519 AAAA me");
	await json.fill((await json.inputValue()).replace('"colour": 1,', ""));
	await page.getByText(`It fits 0 of ${fleet.hosts.length} hosts.`).waitFor();
	await json.fill((await json.inputValue()).replace('"none-*"', '"S4991*'));
	await page.getByText("Not JSON:").waitFor();
	equal(await page.getByRole("button", { name: "Store" }).isDisabled(), true, "broken JSON cannot be stored");
	await json.fill((await json.inputValue()).replace('"S4991*', '"S4991*"'));
	const fits = fleet.hosts.filter((h) => h.serial.startsWith("S4991")).length;
	await page.getByText(`It fits ${fits} of ${fleet.hosts.length} hosts.`).waitFor();
	await page.getByText("Which", { exact: true }).click();
	equal(await page.locator("details li").count(), fits, "hosts that it fits");
	await checkAxe(page, "a profile");
	await shot(page, `profile-${size}`);
	holds((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "nothing is wider than the screen");
	await page.getByRole("button", { name: "Store" }).click();
	await page.getByText("Stored.").waitFor();
	equal(posted(fleet), [{ name: "acme", priority: 12, match: { serial: "S4991*" }, burnin: { tier: "standard" }, host: { ssh_authorized_keys: ["ssh-ed25519 AAAA me"] } }], "what was stored");
	equal(new URL(page.url()).hash, "#/profiles/acme", "the address");

	// a colleague's edit is not overwritten
	fleet.profiles.find((p) => p.name === "acme").priority = 99;
	await page.getByLabel("Priority", { exact: true }).fill("13");
	await page.getByText("was changed since it was read").waitFor();
	await page.getByRole("button", { name: "Show what is stored now" }).click();
	await page.waitForFunction(() => document.getElementById("profile-priority").value === "99");

	// one that arms many hosts waits for a second person
	await page.getByLabel(/^Approve by itself/).check();
	await page.getByText("A second person must approve it").waitFor();
	await page.getByRole("button", { name: "Store" }).click();
	await page.getByText("it waits for a second person").waitFor();
	equal(await page.getByRole("button", { name: "Store" }).isDisabled(), true, "it is not ordered twice");
	await shot(page, `profile-second-person-${size}`);
	equal(fleet.profiles.find((p) => p.name === "acme").auto_approve, undefined, "it is not stored");

	await openProfile(page, "#/profiles/racks");
	await page.getByRole("button", { name: "Remove…" }).click();
	await page.getByRole("button", { name: "Remove", exact: true }).click();
	await page.getByRole("link", { name: "acme" }).waitFor();
	equal(fleet.profiles.map((p) => p.name), ["acme"], "what is left");
};
await withPage("profiles at 1280 px: a form and its JSON, checked while they are written", (all) => checkProfiles(all, 1280), { size: { width: 1280, height: 800 } });
await withPage("profiles at 360 px: a form and its JSON, checked while they are written", (all) => checkProfiles(all, 360), { size: { width: 360, height: 740 } });

await withPage("profiles by right: who may not write sees no button, who may not arm is told", async ({ page, fleet }) => {
	fleet.profiles.push({ name: "racks", priority: 5, match: { serial: "*" }, enrol: true, auto_approve: true });
	fleet.me = { name: "token:viewer", owner: "", scopes: ["read"] };
	await page.reload();
	await page.locator("table.fleet").waitFor();
	await openProfile(page, "#/profiles/racks");
	await page.getByText(/^It fits/).waitFor();
	equal(await page.getByRole("button", { name: /Store|Remove/ }).count(), 0, "buttons");
	await page.evaluate(() => (location.hash = "#/profiles"));
	await page.getByRole("link", { name: "racks" }).waitFor();
	equal(await page.getByRole("link", { name: "New profile…" }).count(), 0, "new");
	fleet.me = { name: "token:al", owner: "al", scopes: ["read", "approve"] };
	await page.reload();
	await openProfile(page, "#/profiles/racks");
	await page.getByText("lacks the scope 'arm'").waitFor();
	await page.getByLabel("Priority", { exact: true }).fill("6");
	await page.waitForTimeout(900);
	equal(await page.getByRole("button", { name: "Store" }).isDisabled(), true, "it would be refused");
});

// ---- faults

await withPage("every open repair order is shown and counted, over several pages of the server", async ({ page, fleet, fixture }) => {
	const one = fleet.hosts.find((h) => h.fault);
	const before = fleet.hosts.filter((h) => h.fault).length;
	for (let i = 0; i < 450; i++) fleet.hosts.push({ ...one, id: `more-${i}`, short_code: `MORE${i}` });
	await page.goto(`${fixture.url}/#/faults`);
	await page.getByText(`${before + 450} open orders`).waitFor();
	equal(await page.getByRole("article").count(), before + 450, "orders");
});

await withPage("while the server is away the old rows stay, with a warning", async ({ page, fleet }) => {
	await page.locator("table.fleet").waitFor();
	fleet.down = true;
	await page.getByText("Old: as of").waitFor();
	equal((await rowNames(page)).length, fleet.hosts.length, "rows");
	await shot(page, "server-away", false);
	fleet.down = false;
	await page.getByText("Old: as of").waitFor({ state: "detached", timeout: 15000 });
});

await withPage("a machine that no profile lets in is listed with the reason, and a button writes what is missing", async ({ page, fleet }) => {
	fleet.seen.push(makeSeen("52:54:00:00:00:77"), makeSeen("52:54:00:00:00:78", { manufacturer: HOSTILE.img, model: HOSTILE.bidi }));
	await page.reload();
	await page.getByRole("link", { name: "2 machines asked to boot and were not let in" }).click();
	const row = page.locator("tr", { hasText: "52:54:00:00:00:77" });
	holds((await row.innerText()).includes("its manufacturer is 'Supermicro*', this machine's is 'Dell Inc.'"), "the profile that nearly fits, and why not");
	await shot(page, "seen");
	await row.getByRole("button", { name: "Let it in…" }).click();
	await shot(page, "let-in");
	await page.getByRole("button", { name: "Write the profile" }).click();
	await row.getByText("lets it in now").waitFor();
	equal(fleet.posts.map((p) => p.body.match), [{ mac: "52:54:00:00:00:77" }], "what was written");
	equal(await row.getByRole("button").count(), 0, "buttons");
});

await withPage("Enter opens the only hit of a MAC, a UUID, a switch port, a part or a delivery", async ({ page, fleet }) => {
	const host = fleet.hosts[4];
	fleet.deliveries.push({ name: "PO-7781", vendor: "Acme", hosts: 40 });
	const mac = host.macs[0];
	const search = page.getByLabel("Search");
	for (const text of [mac.toUpperCase(), mac.replaceAll(":", "-"), mac.replaceAll(":", "").replace(/(....)(....)/, "$1.$2."), host.uuid, `${host.switch.name} ${host.switch.port}`,
		`${host.switch.name}:${host.switch.port}`, `${host.switch.name} port ${host.switch.port}`, host.drives[0].SerialNumber]) {
		await page.evaluate(() => (location.hash = "#/hosts"));
		await search.fill(text);
		await search.press("Enter");
		await page.getByRole("heading", { level: 1 }).filter({ hasText: host.short_code }).waitFor();
	}
	await page.evaluate(() => (location.hash = "#/hosts"));
	await search.fill("po-77");
	await page.getByRole("link", { name: "PO-7781" }).waitFor();
	await search.press("Enter");
	await page.waitForFunction(() => location.hash === "#/deliveries/PO-7781");
});

// ---- the floor and deliveries

const rack = (fleet, n, each, more) => {
	for (let i = 0; i < n; i++)
		fleet.hosts.push(makeHost("ready", { id: `floor-${i}`, name: `f-${i}`, rack: `F${String(Math.floor(i / each)).padStart(3, "0")}`, row: "R", unit: (i % each) + 1, turn: "operator", drives: [], macs: [], ...more(i) }));
};

await withPage("the floor shows racks by unit, what needs hands first, and draws 5,000 hosts as one scrolls", async ({ page, fleet }) => {
	rack(fleet, 5000, 40, (i) => (i === 4321 ? { state: "failed", turn: "technician", state_detail: "bad module in DIMM_A1" } : {}));
	await page.evaluate(() => (location.hash = "#/floor"));
	await page.getByRole("region", { name: "Needs hands" }).getByRole("link", { name: "f-4321" }).waitFor();
	holds((await page.getByRole("region", { name: "Needs hands" }).innerText()).includes("ams1 · R · F108 · U2"), "the place of what needs hands");
	equal(await page.locator(".floor .rack").count() > 120, true, "racks");
	const drawn = await page.locator(".floor .unit").count();
	holds(drawn > 40 && drawn < 1500, `${drawn} hosts are drawn`);
	await shot(page, "floor", false);
	const last = page.getByRole("region", { name: "ams1 · R · F124" });
	await last.scrollIntoViewIfNeeded();
	await last.getByRole("link", { name: /f-4999/ }).waitFor();
	holds((await page.locator(".floor .unit").count()) < 1500, "what is out of sight is drawn no more");
});

await withPage("a delivery says what is missing and failed, and prints a worksheet by rack", async ({ page, fleet }) => {
	fleet.deliveries.push({ name: "acme-7", vendor: "Acme", hosts: 40, due: new Date(Date.now() + 86400000).toISOString() });
	rack(fleet, 40, 20, (i) => ({ delivery: "acme-7", state: i < 30 ? "ready" : i < 33 ? "failed" : "expected", turn: i < 33 ? "operator" : "technician" }));
	await page.evaluate(() => (location.hash = "#/deliveries"));
	await page.getByRole("link", { name: "acme-7" }).click();
	await page.getByRole("heading", { name: "Delivery acme-7" }).waitFor();
	await page.locator(".counts").waitFor();
	holds(/Missing\s*7[\s\S]*Failed\s*3[\s\S]*Ready\s*30/.test(await page.locator(".counts").innerText()), "the counts");
	equal(await page.locator(".sheet").count(), 2, "a sheet a rack");
	await page.getByRole("link", { name: /Missing/ }).click();
	await page.waitForFunction(() => document.querySelectorAll(".sheet tbody tr").length === 7);
	await shot(page, "delivery");
	await page.emulateMedia({ media: "print" });
	equal(await page.locator("header").isVisible(), false, "nothing but the sheet on paper");
	await shot(page, "delivery-print");
});

await withPage("a search finds a part by its serial and a MAC in a switch's notation; Enter opens the only hit", async ({ page, fleet }) => {
	const host = fleet.hosts[3];
	await page.getByLabel("Search").fill(host.drives[0].SerialNumber);
	await page.waitForFunction((name) => document.querySelector("table.fleet tbody")?.rows.length === 1 && document.querySelector("table.fleet tbody th a").textContent === name, host.name);
	holds((await page.locator("table.fleet tbody").innerText()).includes(host.drives[0].SerialNumber), "the part that was found");
	for (const text of [host.macs[0].replaceAll(":", "").replace(/(....)(....)(....)/, "$1.$2.$3"), host.serial]) {
		await page.evaluate(() => (location.hash = "#/hosts"));
		await page.getByLabel("Search").fill(text);
		await page.getByLabel("Search").press("Enter");
		await page.getByRole("heading", { level: 1 }).filter({ hasText: host.short_code }).waitFor();
	}
});

await withPage("buttons that a token may not use are not shown", async ({ page, fleet }) => {
	fleet.me = { name: "token:viewer", owner: "", scopes: ["read"] };
	addOrder(fleet, fleet.hosts.slice(0, 6), "new kernel");
	fleet.seen.push(makeSeen("52:54:00:00:00:77"));
	await page.reload();
	await page.locator("table.fleet").waitFor();
	equal(await page.getByRole("button", { name: "Stop all" }).count(), 0, "stop all");
	for (const hash of [`#/hosts/${hostOf(fleet, "failed").id}`, "#/orders", "#/seen", "#/profiles"]) {
		await page.evaluate((h) => (location.hash = h), hash);
		await page.waitForTimeout(700);
		equal(await page.getByRole("button", { name: /Approve|Write an image|Start over|Retire|Refuse|Let it in/ }).count(), 0, hash);
	}
});

await withPage("a change is shown by the feed, and a quiet fleet is hardly asked", async ({ page, fleet }) => {
	fleet.quiet = true;
	await page.reload();
	await page.locator("table.fleet").waitFor();
	await page.waitForTimeout(1500);
	const before = fleet.requests.length;
	await page.waitForTimeout(3000);
	holds(fleet.requests.length - before <= 2, `${fleet.requests.length - before} requests in 3 quiet seconds: ${fleet.requests.slice(before)}`);
	fleet.hosts[0].name = "renamed-by-a-colleague";
	const at = Date.now();
	for (const tell of fleet.feeds) tell();
	await page.getByRole("link", { name: "renamed-by-a-colleague" }).waitFor();
	holds(Date.now() - at < 4000, `${Date.now() - at} ms until it was shown`);
});

// H-12: each hostile text, in each view that shows it, is text.
const VIEWS = ["#/hosts", "#/seen", "#/tokens", "#/audit", "#/floor", "#/faults", "#/orders", "#/events", "#/capacity?by=rack", "#/capacity?by=model", "host"];
await withPage("H-12: what a host calls itself is shown as text and runs nowhere", async ({ page, fleet }) => {
	const host = fleet.hosts.at(-1);
	addOrder(fleet, [host], HOSTILE.img);
	addAudit(fleet, 1, { who: HOSTILE.img, peer: HOSTILE.bidi, path: HOSTILE.script, reason: HOSTILE.long });
	Object.assign(fleet.tokens[0], { name: HOSTILE.img, owner: HOSTILE.script, created_by: HOSTILE.bidi });
	Object.assign(host, { sku: HOSTILE.img, compare: { sku: HOSTILE.img, status: "differs", differences: [{ what: "wrong", type: HOSTILE.script, slot: HOSTILE.bidi, expected: HOSTILE.img, found: { Model: HOSTILE.long } }] } });
	fleet.events.push({ id: fleet.events.length + 1, at: new Date().toISOString(), host_id: host.id, host: host.short_code, kind: "agent.log", actor: "agent", summary: `kernel: ${HOSTILE.img} | ${HOSTILE.ansi}` });
	fleet.seen.push(makeSeen("52:54:00:00:00:78", { manufacturer: HOSTILE.img, model: HOSTILE.bidi, serial: HOSTILE.long, why: HOSTILE.script }));
	for (const view of VIEWS) {
		await page.evaluate((hash) => (location.hash = hash), view === "host" ? `#/hosts/${host.id}` : view);
		await page.getByText(view.endsWith("model") ? "⟨U+202E⟩" : HOSTILE.img.slice(0, 12)).first().waitFor();
		await page.waitForTimeout(300);
		const found = await page.evaluate(() => ({
			pwned: window.pwned, images: document.querySelectorAll("main img").length, scripts: document.querySelectorAll("main script").length,
			links: [...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")).filter((h) => !h.startsWith("#")),
			steering: /[\u001b\u202e\u009b]/.test(document.body.innerText + document.title),
		}));
		equal(found, { images: 0, scripts: 0, links: [], steering: false }, view);
		await shot(page, `hostile-${view.replace(/\W+/g, "")}`);
	}
	holds((await page.locator("body").innerText()).includes("⟨U+202E⟩"), "a direction override is made visible");
	const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
	holds(!wide, "a text of 20,000 characters does not widen the page");
});

await withPage("H-12: hostile text in the address and in a problem answer is text, too", async ({ page, fleet }) => {
	await page.evaluate((q) => (location.hash = `#/hosts?q=${encodeURIComponent(q)}&state=${encodeURIComponent(q)}`), HOSTILE.script);
	await page.getByText("No host fits this filter.").waitFor();
	fleet.refuseApprove = "";
	await page.evaluate((id) => (location.hash = `#/hosts/${encodeURIComponent(id)}`), `${HOSTILE.img}?`);
	await page.getByText("there is no such thing").waitFor();
	equal(await page.evaluate(() => window.pwned ?? null), null, "pwned");
});

await test("the page's own policy refuses inline script, markup from text, and other servers", async () => {
	const fixture = await startFixture(`${BUILD}/web`);
	const page = await browser.newPage();
	await page.goto(fixture.url);
	const result = await page.evaluate(async () => {
		const out = {};
		try {
			document.body.innerHTML = "<b>x</b>";
			out.markup = "taken";
		} catch (e) {
			out.markup = e.name;
		}
		const script = document.createElement("script");
		try {
			script.text = "window.pwned = 1";
		} catch (e) {
			out.script = e.name;
		}
		document.head.append(script);
		out.ran = window.pwned ?? null;
		out.fetch = await fetch("http://127.0.0.2:9/").then(() => "sent", (e) => e.name);
		return out;
	});
	equal(result, { markup: "TypeError", script: "TypeError", ran: null, fetch: "TypeError" });
	await page.close();
	fixture.close();
});

// ---- tokens, the audit log, labels, what a host says and should hold

const SIZES = [{ width: 1280, height: 800 }, { width: 360, height: 740 }];
// One case at both widths, in which nothing is wider than the screen.
async function atBothWidths(name, run) {
	for (const size of SIZES)
		await withPage(`${name}, at ${size.width} px`, async (all) => {
			await run(all);
			await shot(all.page, `${name.split(":")[0]}-${size.width}`);
			const wide = await all.page.evaluate(() => [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth && document.documentElement.scrollWidth > innerWidth).map((e) => e.outerHTML.slice(0, 80)));
			equal(wide, [], "what is wider than the screen");
		}, { size });
}
const openView = (page, hash) => page.evaluate((h) => (location.hash = h), hash);

await atBothWidths("tokens: one is made, shown once and withdrawn", async ({ page, fleet }) => {
	await openView(page, "#/tokens");
	await page.getByRole("button", { name: "Make a token…" }).click();
	await page.getByLabel("Name (shown").fill("nightly");
	await page.getByLabel("audit", { exact: true }).check();
	await page.getByLabel("It ends after").selectOption("30");
	await page.getByRole("button", { name: "Make it" }).click();
	await page.getByText("It is shown this once.").waitFor();
	const text = await page.locator("#token-text").innerText();
	holds(/^slw_[0-9a-f]{64}$/.test(text), `the token: ${text}`);
	await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
	equal(fleet.tokens[1].scopes, ["read", "audit"], "scopes");
	holds(Math.abs(Date.parse(fleet.tokens[1].expires) - Date.now() - 30 * 86400e3) < 60e3, "it lives 30 days");
	await page.getByRole("button", { name: "Withdraw nightly" }).click();
	await page.getByRole("button", { name: "Withdraw it" }).click();
	await page.locator("tr", { hasText: "nightly" }).getByText("withdrawn").waitFor();
	equal([Boolean(fleet.tokens[1].revoked), fleet.tokens[0].revoked], [true, null], "that one alone");
	holds(!(await page.content()).includes(text), "its text is gone");
});

await atBothWidths("audit: newest first, refusals named, the chain checked", async ({ page, fleet }) => {
	addAudit(fleet, 130);
	addAudit(fleet, 1, { who: "user:anna", status: 403, reason: "auth.scope: lacks the scope 'arm'", path: "/api/v1/hosts/h/arm" });
	await openView(page, "#/audit");
	const rows = page.locator("main tbody tr");
	await rows.nth(99).waitFor();
	holds(/user:anna[\s\S]*\/hosts\/h\/arm[\s\S]*refused 403/.test(await rows.first().innerText()), await rows.first().innerText());
	await page.getByRole("button", { name: "Show 100 more" }).click();
	await rows.nth(130).waitFor();
	equal(await page.getByRole("button", { name: "Show 100 more" }).count(), 0, "more");
	await page.getByRole("button", { name: "Check the chain" }).click();
	await page.getByText("Whole: 131 rows, none changed, removed or put in; 100 of them signed by 2 checkpoints.").waitFor();
	await page.getByLabel("Only with").fill("anna");
	await page.waitForFunction(() => document.querySelectorAll("main tbody tr").length === 1);
});

await atBothWidths("images: what may be written, with its size and digest", async ({ page, fleet }) => {
	await openView(page, "#/images");
	const row = page.locator("main tbody tr", { hasText: "aarch64" });
	const text = await row.innerText();
	for (const word of ["debian12", "20261101", "212 MiB", "2.0 GB", fleet.images[1].digest.slice(0, 8)]) holds(text.includes(word), `'${word}' in ${text}`);
});

await atBothWidths("host: its console and kernel log are live, and what it should hold stands beside what was found", async ({ page, fixture, fleet }) => {
	const host = hostOf(fleet, "ready");
	const say = (summary, level = "info") => fixture.addEvent({ host_id: host.id, host: host.short_code, kind: "agent.log", summary, actor: "agent", detail: { level } });
	Object.assign(host, { sku: "web", compare: { sku: "web", status: "differs", differences: [
		{ what: "missing", type: "memory", slot: "DIMM_A4", expected: { Manufacturer: "Micron", PartNumber: "MTA36", CapacityMiB: 32768 } },
		{ what: "wrong", type: "drive", slot: "Bay 1", field: "Model", expected: "MZQL2", found: "MZXL5" },
	] } });
	say("the burn-in begins");
	say("kernel: [5.140] nvme nvme0: 8/0/0 | [5.200] EDAC MC0: 1 CE", "warning");
	await openHost(page, host);
	const log = page.getByRole("log", { name: "Console" });
	await log.getByText("[5.200] EDAC MC0: 1 CE").waitFor();
	equal((await log.innerText()).split("\n").map((l) => l.replace(/^\S+ /, "")), ["the burn-in begins", "[5.140] nvme nvme0: 8/0/0", "[5.200] EDAC MC0: 1 CE"], "lines, oldest first");
	say("kernel: [9.000] <b>late</b>");
	await log.getByText("[9.000] <b>late</b>").waitFor();
	equal(await page.locator(".timeline", { hasText: "EDAC" }).count(), 0, "lines of the log in the timeline");
	await page.getByLabel("Lines of").selectOption("agent");
	await page.waitForFunction(() => document.querySelectorAll(".console > div").length === 1);
	const found = page.locator("section", { has: page.getByRole("heading", { name: "Expected and found" }) });
	const rows = (await found.locator("tbody tr").allInnerTexts()).map((t) => t.replace(/\s+/g, " "));
	holds(/missing memory.*DIMM_A4.*Micron MTA36 32768 MiB.*nothing/.test(rows[0]) && /wrong drive Model.*Bay 1.*MZQL2.*MZXL5/.test(rows[1]), rows.join("; "));
});

await withPage("each action says before it is done what the server would say", async ({ page, fleet }) => {
	await openHost(page, hostOf(fleet, "failed"));
	for (const verb of ["Start over", "Maintenance", "Release", "Retire"]) {
		await page.getByRole("button", { name: `${verb}…` }).click();
		await page.getByText("Checked: the server would do it.").waitFor();
		await page.keyboard.press("Escape");
	}
	fleet.refuseVerb = "its repair order is open";
	await page.getByRole("button", { name: "Release…" }).click();
	await page.getByText("The server would refuse it now:").waitFor();
	await page.getByRole("alert").filter({ hasText: fleet.refuseVerb }).waitFor();
	await page.keyboard.press("Escape");
	fleet.refuseVerb = "";
	await openHost(page, hostOf(fleet, "in-service"));
	await page.getByRole("button", { name: "Retire…" }).click();
	await page.getByRole("dialog").getByText("A second person must approve it").waitFor();
	equal(fleet.posts, [], "what was sent besides");
});

// A camera and a detector of the test's own: this Chromium has neither.
const camera = (context, text) => context.addInitScript((rawValue) => {
	window.stopped = 0;
	window.BarcodeDetector = class { async detect() { return rawValue ? [{ rawValue }] : []; } };
	const stream = () => {
		const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
		const pen = canvas.getContext("2d");
		setInterval(() => ((pen.fillStyle = `rgb(${Date.now() % 255} 0 0)`), pen.fillRect(0, 0, 64, 48)), 40);
		const made = canvas.captureStream(25);
		for (const track of made.getTracks()) {
			const stop = track.stop.bind(track);
			track.stop = () => (window.stopped++, stop());
		}
		return made;
	};
	Object.defineProperty(navigator, "mediaDevices", { configurable: true, value: { getUserMedia: async () => { if (rawValue === "forbidden") throw new DOMException("no", "NotAllowedError"); return stream(); } } });
}, text);
await atBothWidths("scan: the camera reads a label and opens its host", async ({ page, fleet, context }) => {
	const host = fleet.hosts[3];
	equal(await page.getByRole("button", { name: "Scan…" }).count(), 0, "no button where the browser cannot");
	await camera(context, ` ${host.serial}\n`);
	await page.reload();
	await page.getByRole("button", { name: "Scan…" }).click();
	await page.getByRole("heading", { level: 1 }).filter({ hasText: host.short_code }).waitFor();
	equal(await page.evaluate(() => window.stopped), 1, "the camera is off");
	await camera(context, "forbidden");
	await page.evaluate(() => (location.hash = "#/hosts"));
	await page.reload();
	await page.getByRole("button", { name: "Scan…" }).click();
	await page.getByText("The camera may not be used here").waitFor();
});

// ---- shapes

const PHONE = { size: { width: 360, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
await withPage("on a phone nothing is wider than the screen, and the fleet reads as cards", async ({ page, fleet }) => {
	addOrder(fleet, fleet.hosts.slice(0, 6), "new kernel");
	fleet.seen.push(makeSeen("52:54:00:00:00:77"));
	fleet.deliveries.push({ name: "acme-7", vendor: "Acme", hosts: 3, due: null });
	fleet.hosts.slice(0, 3).forEach((h) => (h.delivery = "acme-7"));
	for (const hash of ["#/hosts", `#/hosts/${hostOf(fleet, "failed").id}`, "#/floor", "#/deliveries/acme-7", "#/faults", "#/seen", "#/orders", "#/images", "#/profiles", "#/capacity", "#/tokens", "#/audit"]) {
		await page.evaluate((h) => (location.hash = h), hash);
		await page.waitForTimeout(500);
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		holds(wide <= 0, `${hash} is ${wide} px too wide`);
		await shot(page, `phone-${hash.split("/")[1]}${hash.split("/")[2] ? "-one" : ""}`);
	}
}, PHONE);

const ownPassword = async ({ page, fixture, fleet }, size) => {
	const next = "staple battery horse";
	await page.goto(fixture.url);
	await signInAs(page, "anna", PASSWORD);
	await page.locator("table.fleet").waitFor();
	holds((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "the head is not wider than the screen");
	await page.getByRole("button", { name: "Password…" }).click();
	const fill = async (current, password, again) => {
		await page.getByLabel("Password as it is").fill(current);
		await page.getByLabel(/^Next password, /).fill(password);
		await page.getByLabel("Next password again").fill(again);
		await page.getByRole("button", { name: "Store" }).click();
	};
	const wrong = [
		[[PASSWORD, next, "staple"], "again", "it is not the same as above"],
		[["wrong", next, next], "current", "the current password is wrong"],
		[[PASSWORD, "short", "short"], "password", "a password has 12 to 256 bytes"],
	];
	for (const [words, field, message] of wrong) {
		await fill(...words);
		await page.getByRole("alert").filter({ hasText: message }).waitFor();
		equal(await page.locator(`#own-${field}`).getAttribute("aria-invalid"), "true", field);
	}
	await shot(page, `own-password-${size}`, false);
	await fill(PASSWORD, next, next);
	await page.getByText("Stored. You are signed out in every other browser.").waitFor();
	await page.getByRole("button", { name: "Close" }).click();
	await page.reload();
	await page.locator("table.fleet").waitFor();
	await shot(page, `signed-in-${size}`, false);
	equal([fleet.password, await page.getByRole("dialog").count()], [next, 0], "what is stored");
};
await withPage("a person changes the own password, and stays signed in", (all) => ownPassword(all, 1280), { hash: null, size: { width: 1280, height: 800 } });
await withPage("a person changes the own password on a phone", (all) => ownPassword(all, 360), { hash: null, size: { width: 360, height: 740 } });

await test("the page is at most 150 KB compressed", () => {
	const bytes = ["index.html", "app.js", "style.css", "icon.svg"].map((name) => gzipSync(readFileSync(`${BUILD}/web/${name}`)).length);
	const total = bytes.reduce((a, b) => a + b, 0);
	console.log(`# ${total} bytes compressed`);
	holds(total <= 150 * 1024, `${total} bytes`);
});

// The main thread's own time is measured, not the clock on the wall: other work of this machine does not
// count. The CPU is slowed to a quarter, as on a phone.
await withPage("the first rows of 500 hosts take a phone less than a second", async ({ page, fleet, context }) => {
	const model = fleet.hosts[0];
	while (fleet.hosts.length < 500) fleet.hosts.push({ ...model, id: `${model.id.slice(0, -4)}${1000 + fleet.hosts.length}`, name: `x${1000 + fleet.hosts.length}` });
	const cdp = await context.newCDPSession(page);
	await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
	await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
	const busyMs = async () => 1000 * (await cdp.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value;
	let best = { ms: Infinity };
	for (let i = 0; i < 5 && best.ms >= 1000; i++) {
		await page.goto("about:blank");
		const before = await busyMs();
		const at = Date.now();
		await page.goBack();
		await page.locator("table.fleet tbody tr").first().waitFor();
		const wallMs = Date.now() - at;
		const ms = (await busyMs()) - before;
		if (ms < best.ms) best = { ms, wallMs };
	}
	const { ms, wallMs } = best;
	await cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
	console.log(`# ${Math.round(ms)} ms of work at a quarter of the speed, ${wallMs} ms on the clock`);
	equal(await page.locator("table.fleet tbody tr").count(), 100, "rows of the first page");
	holds(ms > 0 && ms < 1000, `${Math.round(ms)} ms`);
}, PHONE);

for (const scheme of ["light", "dark"])
	await withPage(`axe-core finds nothing, ${scheme}`, async ({ page, fleet }) => {
		addOrder(fleet, fleet.hosts.slice(0, 6), "new kernel");
		fleet.seen.push(makeSeen("52:54:00:00:00:77"));
		fleet.deliveries.push({ name: "acme-7", vendor: "Acme", hosts: 3, due: null });
		fleet.hosts.slice(0, 3).forEach((h) => (h.delivery = "acme-7"));
		addAudit(fleet, 3, { status: 403, reason: "auth.scope" });
		const views = ["#/hosts", `#/hosts/${hostOf(fleet, "failed").id}`, `#/hosts/${hostOf(fleet, "ready").id}`, "#/floor", "#/deliveries", "#/deliveries/acme-7", "#/faults", "#/seen", "#/orders", "#/events", "#/images", "#/profiles", "#/capacity", "#/tokens", "#/audit", `#/hosts/${hostOf(fleet, "quarantined").id}`];
		for (const hash of views) {
			await page.evaluate((h) => (location.hash = h), hash);
			await page.waitForTimeout(600);
			await checkAxe(page, hash);
		}
		await page.evaluate((h) => (location.hash = h), `#/hosts/${hostOf(fleet, "discovered").id}`);
		await page.getByRole("button", { name: "Write an image…" }).click();
		await checkAxe(page, "the arm dialog");
		if (scheme === "dark") {
			await page.keyboard.press("Escape");
			await shot(page, "dark");
		}
	}, { scheme });

async function checkAxe(page, where) {
	await page.evaluate(axeSource());
	const found = await page.evaluate(async () => {
		const result = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] });
		return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")}`);
	});
	equal(found, [], where);
}

await browser.close();
plan();
