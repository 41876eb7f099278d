// SPDX-License-Identifier: Apache-2.0
// The page against a real slipwayd, its nginx and its store, in a network namespace of its own: the
// shapes that the fixture promises are the real ones, nginx serves the page under its policy, and a
// hostile host stays text on its whole way from an agent to the screen (H-12).
import { readFile } from "node:fs/promises";
import { SimulatedAgent, startAppliance } from "./appliance.mjs";
import { complaints, BUILD, launch, shot, signIn, signInAs } from "./chromium.mjs";
import { factsOf, HOSTILE, makeHost } from "./fixture.mjs";
import { equal, holds, plan, test } from "./tap.mjs";

let appliance;
await test("slipwayd and its nginx start from an almost empty configuration", async () => {
	appliance = await startAppliance(BUILD);
});
if (!appliance) {
	plan();
	process.exit(1);
}
const browser = await launch();
const agents = [];

async function tokenFor(name, scopes) {
	return (await appliance.admin("POST", "/tokens", { name, scopes })).token;
}

// A host that is seen, inspected, and waits for a person; or as far as its agent is led.
async function enrol(host) {
	const agent = new SimulatedAgent(appliance, {
		smbios_uuid: host.uuid, system_serial: host.serial, manufacturer: host.manufacturer, product: host.model, macs: host.macs,
		disks: host.drives.map((d) => ({ wwn: d.WWN, serial: d.SerialNumber })),
	});
	agents.push(agent);
	await agent.open();
	const step = await agent.next();
	equal(step.step.kind, "inspect", "the first step");
	await agent.events(step, [["facts", factsOf(host)], ["step_done", { seq: step.step.seq, result: "ok" }]]);
	return agent;
}

const plain = makeHost("discovered", { arch: "x86_64", firmware: "uefi" });
const clean = (text) => text.replace(/[\u0000-\u001f]/g, "?"); // the wire takes no control characters
const hostile = makeHost("discovered", {
	arch: "x86_64", firmware: "uefi", serial: HOSTILE.script, manufacturer: HOSTILE.img, model: `${HOSTILE.bidi}${HOSTILE.template}`,
	drives: [{ Name: "sda", SerialNumber: HOSTILE.img.slice(0, 60), WWN: "0x5000c500deadbeef", Model: clean(HOSTILE.ansi), CapacityBytes: 480103981056, BlockSizeBytes: 512, Protocol: "SATA", MediaType: "SSD", Removable: false, signatures: [HOSTILE.script.slice(0, 30)] }],
});

let token = "";
await test("a real appliance takes two hosts in, one of them hostile", async () => {
	await appliance.admin("POST", "/profiles", { name: "web-test", priority: 1, match: { serial: "*" }, enrol: true, auto_approve: false, burnin: { tier: "quick" } });
	token = await tokenFor("web", ["read", "approve", "arm"]);
	await enrol(plain);
	await enrol(hostile);
});

const context = await browser.newContext({ viewport: { width: 1360, height: 850 }, ignoreHTTPSErrors: true });
const page = await context.newPage();
page.setDefaultTimeout(20000);
const said = complaints(page);

await test("a person signs in with a password, and a new tab needs none", async () => {
	await appliance.admin("POST", "/users", { name: "anna", role: "technician", password: "correct horse battery" });
	const own = await browser.newContext({ ignoreHTTPSErrors: true });
	const first = await own.newPage();
	await first.goto(appliance.url);
	await signInAs(first, "Anna", "correct horse battery");
	await first.locator("header .who", { hasText: "anna · technician" }).waitFor();
	const [cookie] = await own.cookies();
	equal([cookie.name, cookie.secure, cookie.httpOnly, cookie.sameSite], ["__Host-slipway", true, true, "Strict"], "the cookie");
	const second = await own.newPage();
	await second.goto(`${appliance.url}/#/faults`);
	await second.getByRole("heading", { name: "Repair orders" }).waitFor();
	equal(await second.getByRole("button", { name: "Stop all" }).count(), 0, "what a technician may not");
	await first.getByRole("button", { name: "Password…" }).click();
	await first.getByLabel("Password as it is").fill("correct horse battery");
	for (const label of [/^Next password, /, "Next password again"]) await first.getByLabel(label).fill("staple battery horse");
	await first.getByRole("button", { name: "Store" }).click();
	await first.getByText("Stored. You are signed out in every other browser.").waitFor();
	await first.getByRole("button", { name: "Close" }).click();
	await first.getByRole("button", { name: "Sign out" }).click();
	await second.getByText("Signed out.").waitFor();
	await signInAs(first, "anna", "staple battery horse");
	await first.locator("header .who", { hasText: "anna · technician" }).waitFor();
	await first.getByRole("button", { name: "Sign out" }).click();
	const { url } = await appliance.admin("POST", "/users/anna/links");
	await first.goto(url);
	await first.locator("header .who", { hasText: "anna · technician" }).waitFor();
	await own.close();
});

const codeOf = (n) => agents[n].session.short_code;
const screenCodeOf = async (n) => (await appliance.admin("GET", `/hosts/${codeOf(n)}`)).codes.session;

await test("nginx serves the page under its policy, and the token opens it", async () => {
	const response = await page.goto(`${appliance.url}/`);
	holds(/default-src 'self'/.test(response.headers()["content-security-policy"]), "a policy is sent");
	equal(response.headers()["x-content-type-options"], "nosniff");
	await signIn(page, appliance.url, token);
	await page.locator("table.fleet").waitFor();
	equal(said, [], "complaints");
});

await test("both hosts stand in the fleet, with counts, and search and filters reach the API", async () => {
	await page.waitForFunction(() => document.querySelectorAll("table.fleet tbody tr").length === 2);
	await page.getByRole("link", { name: /Discovered 2/ }).click();
	await page.getByLabel("Search").fill(plain.serial);
	await page.waitForFunction(() => document.querySelectorAll("table.fleet tbody tr").length === 1);
	await page.getByLabel("Search").fill(plain.macs[1]);
	await page.getByRole("cell", { name: plain.serial }).waitFor();
	await page.getByLabel("Search").fill("no such host");
	await page.getByText("No host fits this filter.").waitFor();
	for (const order of ["name", "state_since", "-state_since", "rack,unit", "serial"]) {
		await page.evaluate((sort) => (location.hash = `#/hosts?turn=operator&sort=${sort}`), order);
		await page.waitForFunction(() => document.querySelectorAll("table.fleet tbody tr").length === 2);
		equal(await page.getByRole("alert").count(), 0, `problems when sorted by ${order}`);
	}
	const list = page.waitForResponse((r) => /\/api\/v1\/hosts\?/.test(r.url()));
	await page.evaluate(() => (location.hash = "#/hosts"));
	equal((await list).headers()["content-encoding"], "gzip", "lists are compressed");
	await page.waitForTimeout(500);
	await shot(page, "appliance-fleet");
	equal(said, [], "complaints");
});

await test("a host's page shows what its agent told: parts by slot, drives, links, its first events", async () => {
	await page.getByRole("link", { name: codeOf(0) }).click();
	for (const text of ["DIMMB1", "MTC40F2046S1RC48BA1", "S64GNX0T", "tor-r7-a port Ethernet14", "an agent opened a session"])
		await page.getByText(text).first().waitFor();
	await shot(page, "appliance-host");
	equal(await page.getByRole("alert").count(), 0, "problems");
	equal(said, [], "complaints");
});

await test("approving by the code on the screen starts the burn-in, and its progress is live", async () => {
	await page.getByRole("button", { name: "Approve…" }).click();
	await page.getByLabel("Type the code").fill(await screenCodeOf(0));
	await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
	await page.locator(".banner .big", { hasText: "Testing" }).waitFor();
	const step = await agents[0].next(10, 1);
	equal(step.step.kind, "burn_in", "the agent's next step");
	await agents[0].heartbeat({ stage: "memory", done: 3, total: 8, unit: "tests", eta_s: 90 });
	await page.getByText("37 %, 3 of 8 tests, about 1 min 30 s left").waitFor();
	const ts = new Date().toISOString();
	let sequenceNumber = 0;
	const record = (content) => ["burnin", { ...content, sequenceNumber: sequenceNumber++, timestamp: ts }];
	const inStep = (content) => record({ testStepArtifact: { testStepId: "1", ...content } });
	await agents[0].events(step, [
		record({ schemaVersion: { major: 2, minor: 0 } }),
		record({ testRunArtifact: { testRunStart: { name: "quick", version: "1", commandLine: "", parameters: {},
			dutInfo: { dutInfoId: "h", hardwareInfos: [{ hardwareInfoId: "m", name: "DIMMC1", location: "DIMMC1", serialNumber: "3A1F0C22" }] } } } }),
		inStep({ testStepStart: { name: "memory.pattern" } }),
		inStep({ diagnosis: { verdict: "memory.ecc.uncorrected", type: "FAIL", message: "12 uncorrected errors", hardwareInfoId: "m" } }),
		inStep({ extension: { name: "repair-order", content: { part: "dimm", slot: "DIMMC1", serial: "3A1F0C22", action: "Replace the module in slot DIMMC1." } } }),
		inStep({ testStepEnd: { status: "COMPLETE" } }),
		record({ testRunArtifact: { testRunEnd: { status: "COMPLETE", result: "FAIL" } } }),
		["step_done", { seq: step.step.seq, result: "FAIL" }],
	]);
});

await test("a failed burn-in opens a repair order, and its verdicts stand test by test", async () => {
	await page.locator(".banner .big", { hasText: "Failed" }).waitFor();
	const order = page.getByRole("region", { name: "Repair order" });
	await order.getByText("12 uncorrected errors").waitFor();
	const text = await order.innerText();
	for (const word of ["Memory module in slot DIMMC1", "Replace the module in slot DIMMC1.", "3A1F0C22", plain.serial])
		holds(text.includes(word), `the order says '${word}': ${text}`);
	const row = page.locator("tr", { has: page.getByRole("rowheader", { name: "memory.pattern" }) });
	await row.getByText("DIMMC1 · 3A1F0C22").waitFor();
	await shot(page, "appliance-failed");
	await page.evaluate(() => (location.hash = "#/faults"));
	await page.getByText("1 open order").waitFor();
	await page.getByText("12 uncorrected errors").waitFor();
	equal(await page.getByRole("alert").count(), 0, "problems");
	equal(said, [], "complaints");
});

await test("capacity sums are the store's, in every group, and the inventory comes as files", async () => {
	await page.evaluate(() => (location.hash = "#/capacity"));
	await page.getByText("Healthy", { exact: true }).waitFor();
	const groups = await page.getByLabel("Group by").locator("option").evaluateAll((list) => list.map((o) => o.value));
	for (const group of groups) {
		await page.getByLabel("Group by").selectOption(group);
		await page.locator(".total th").waitFor();
		equal(await page.getByRole("alert").count(), 0, `problems when grouped by ${group}`);
		holds(/^All\s+2\s/.test(await page.locator(".total tr").innerText()), `two hosts by ${group}`);
	}
	await shot(page, "appliance-capacity");
	for (const name of ["CSV", "NDJSON", "CSV for NetBox"]) {
		const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
		holds((await readFile(await file.path(), "utf8")).includes(plain.serial), `${name} names a host`);
	}
	equal(said, [], "complaints");
});

await test("H-12: on a real appliance, too, a hostile host is text in every view", async () => {
	const { items } = await appliance.admin("GET", "/hosts");
	const id = items.find((h) => h.short_code === codeOf(1)).id;
	for (const hash of ["#/hosts", `#/hosts/${id}`, "#/events", "#/faults"]) {
		await page.evaluate((h) => (location.hash = h), hash);
		await page.waitForTimeout(1200);
		const found = await page.evaluate(() => ({
			pwned: window.pwned, images: document.querySelectorAll("main img").length, scripts: document.querySelectorAll("main script").length,
			steering: /[\u001b\u202e\u009b]/.test(document.body.innerText + document.title),
		}));
		equal(found, { images: 0, scripts: 0, steering: false }, hash);
		if (hash.includes(id)) await shot(page, "appliance-hostile");
	}
	await page.evaluate((h) => (location.hash = h), `#/hosts/${id}`);
	await page.getByText("<img src=x").first().waitFor();
	equal(said, [], "complaints");
});

await test("arming goes from an imported image over a dry run, which changes nothing, to a consumed consent", async () => {
	const made = await appliance.importImage("20261101");
	const { items } = await appliance.admin("GET", "/hosts");
	const { id, revision } = items.find((h) => h.short_code === codeOf(1));
	const serial = hostile.drives[0].SerialNumber;
	await page.evaluate(() => (location.hash = "#/images"));
	await page.getByText(made.digest.slice(0, 12)).first().waitFor();
	await page.evaluate((h) => (location.hash = h), `#/hosts/${id}`);
	await page.getByRole("button", { name: "Write an image…" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel("Image for").locator("option").nth(1).waitFor({ state: "attached" });
	await dialog.getByLabel("Image for").selectOption({ index: 1 });
	await dialog.getByRole("radio").check();
	await dialog.getByLabel("Reason").fill("test");
	await dialog.getByRole("button", { name: "What would happen?" }).click();
	await dialog.getByText("will be overwritten.").waitFor(); // after its burn-in
	await dialog.getByRole("button", { name: "Back" }).click();
	await dialog.getByLabel("Without a passed burn-in, because").fill("the page's own test");
	await dialog.getByRole("button", { name: "What would happen?" }).click();
	await dialog.getByText("will be overwritten.").or(dialog.getByRole("alert")).waitFor();
	equal(await dialog.getByRole("alert").allInnerTexts(), [], "refusals of the dry run");
	const rehearsed = await appliance.admin("GET", `/hosts/${id}`);
	equal([rehearsed.state, rehearsed.revision], ["discovered", revision], "the host after the dry run");
	await shot(page, "appliance-arm");
	await dialog.getByLabel("Type the disk's serial").fill(serial);
	await dialog.getByRole("button", { name: /^Overwrite/ }).click();
	await page.locator(".banner .big", { hasText: "Imaging" }).waitFor();
	const events = (await appliance.admin("GET", `/hosts/${id}/events`)).items;
	equal(events.filter((e) => e.kind === "host.state" && /imaging/.test(e.summary)).length, 1, "changes to imaging: the dry run left none");
	equal(said, [], "complaints");
});

await test("the emergency brake works, is seen on every view, and is let go only with the right", async () => {
	await page.evaluate(() => (location.hash = "#/hosts"));
	await page.getByRole("button", { name: "Stop all" }).click();
	await page.getByLabel("Why?").fill("test");
	await page.getByRole("button", { name: "Stop all writing now" }).click();
	await page.getByText("Told every agent to stop.").waitFor();
	await page.getByRole("button", { name: "Close" }).click();
	await page.getByText("All writing is stopped.").waitFor();
	equal(await page.getByRole("button", { name: "Let writing go on" }).count(), 0, "a button that this token may not use");
	await appliance.admin("DELETE", "/stop-all");
	await page.getByText("All writing is stopped.").waitFor({ state: "detached" });
});

await test("two technicians approve one host at once: one does it, the other is told", async () => {
	await appliance.admin("POST", "/users", { name: "ben", role: "technician" });
	const host = makeHost("discovered", { arch: "x86_64", firmware: "uefi" });
	const code = (await enrol(host)).session.short_code;
	const screen = (await appliance.admin("GET", `/hosts/${code}`)).codes.session;
	const people = [];
	for (const [name, size] of [["anna", { width: 1280, height: 800 }], ["ben", { width: 360, height: 740 }]]) {
		const own = await browser.newContext({ viewport: size, ignoreHTTPSErrors: true });
		const tab = await own.newPage();
		tab.setDefaultTimeout(20000);
		await tab.goto((await appliance.admin("POST", `/users/${name}/links`)).url);
		await tab.locator("table.fleet").waitFor();
		await tab.evaluate((id) => (location.hash = `#/hosts/${id}`), code);
		await tab.getByRole("button", { name: "Approve…" }).click();
		await tab.getByLabel("Type the code").fill(screen);
		people.push(tab);
	}
	const press = (tab) => tab.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
	await press(people[0]);
	await people[0].locator(".banner .big", { hasText: "Testing" }).waitFor();
	await press(people[1]);
	const told = people[1].getByRole("dialog").getByRole("alert");
	await told.waitFor();
	await shot(people[1], "two-technicians-told");
	holds(/Somebody else approved this host/.test(await told.innerText()), `what the second is told: ${await told.innerText()}`);
	const moves = (await appliance.admin("GET", `/hosts/${code}/events`)).items.filter((e) => e.kind === "host.state" && /testing/.test(e.summary));
	equal(moves.map((e) => e.actor), ["user:anna"], "who let it in");
	await Promise.all(people.map((tab) => tab.context().close()));
});

await test("who administers makes and withdraws a token, and reads it in the audit log; a step says what it would do", async () => {
	await appliance.admin("POST", "/users", { name: "ada", role: "admin" });
	const own = await browser.newContext({ viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true });
	const tab = await own.newPage();
	tab.setDefaultTimeout(20000);
	const complained = complaints(tab);
	await tab.goto((await appliance.admin("POST", "/users/ada/links")).url);
	await tab.getByRole("link", { name: "Tokens" }).click();
	await tab.getByRole("button", { name: "Make a token…" }).click();
	await tab.getByLabel("Name (shown").fill("nightly");
	await tab.getByRole("button", { name: "Make it" }).click();
	await tab.getByText("It is shown this once.").waitFor();
	await tab.getByRole("dialog").getByRole("button", { name: "Close" }).click();
	await tab.getByRole("button", { name: "Withdraw nightly" }).click();
	await tab.getByRole("button", { name: "Withdraw it" }).click();
	await tab.locator("tr", { hasText: "nightly" }).getByText("withdrawn").waitFor();
	await tab.getByRole("link", { name: "Audit" }).click();
	const first = tab.locator("main tbody tr");
	await first.nth(1).waitFor();
	const rows = (await first.allInnerTexts()).slice(0, 2).map((r) => r.replace(/\s+/g, " "));
	holds(/user:ada .*DELETE \/api\/v1\/tokens\/\d+ 204/.test(rows[0]) && /user:ada .*POST \/api\/v1\/tokens 201/.test(rows[1]), rows.join("; "));
	await tab.getByRole("button", { name: "Check the chain" }).click();
	await tab.getByText(/^Whole: \d+ rows/).waitFor();
	await shot(tab, "appliance-audit");
	const host = (await appliance.admin("GET", "/hosts?state=testing&limit=1")).items[0];
	await tab.evaluate((id) => (location.hash = `#/hosts/${id}`), host.id);
	await tab.getByRole("button", { name: "Maintenance…" }).click();
	await tab.getByText("Checked: the server would do it.").waitFor();
	equal((await appliance.admin("GET", `/hosts/${host.id}`)).state, "testing", "the state after the rehearsal");
	await tab.keyboard.press("Escape");
	await tab.getByRole("heading", { name: "Console and kernel log" }).waitFor();
	equal(complained, [], "complaints");
	await own.close();
});

await test("a withdrawn token leads back to the sign-in", async () => {
	const tokens = await appliance.admin("GET", "/tokens");
	const row = (tokens.items || tokens.tokens || tokens).find((t) => t.name === "web");
	await appliance.admin("DELETE", `/tokens/${row.id}`);
	await page.getByText("Signed out.").waitFor();
	equal(await page.evaluate(() => sessionStorage.length), 0, "stored items");
});

for (const agent of agents) agent.close();
await browser.close();
await appliance.stop();
plan();
