// SPDX-License-Identifier: Apache-2.0
// A delivery of 40 hosts from the list of what is announced to the last one that is ready: a technician
// on a phone and two operators at a desk at the page of a real slipwayd, simulated agents in the racks.
// One host fails its burn-in, its module is swapped, and it is ready with the others. Each step leaves a
// screenshot; what each person had to do and to read is counted.
import { createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import { SimulatedAgent, startAppliance } from "./appliance.mjs";
import { complaints, BUILD, launch, shot } from "./chromium.mjs";
import { factsOf, makeHost } from "./fixture.mjs";
import { equal, holds, plan, test } from "./tap.mjs";

const HOSTS = 40;
const PER_RACK = 20;
const SPARE = "5C3NEW77";
const BAD = 7; // the host with the module that fails
const IMAGE = "20261101";
const RECEIPT = "application/vnd.slipway.receipt.v1+json";
const began = Date.now();

// ---- hosts

class Host extends SimulatedAgent {
	constructor(appliance, host, address) {
		super(appliance, {
			smbios_uuid: host.uuid, system_serial: host.serial, manufacturer: host.manufacturer, product: host.model, macs: host.macs,
			disks: host.drives.map((d) => ({ wwn: d.WWN, serial: d.SerialNumber })),
		}, address);
		this.host = host;
		this.module = `4B2${host.serial.slice(-5)}`;
		this.done = 0; // of its steps, the last
		this.records = 0; // of its burn-in
	}

	// The step that the server wants next; it must be of that kind.
	async step(kind) {
		let last = "nothing";
		for (let i = 0; i < 4; i++) {
			const step = await this.next(5, this.done);
			if (step && step.step.kind === kind) return step;
			if (step && step.step.kind !== "wait") throw new Error(`${this.host.serial}: ${step.step.kind}, not ${kind}`);
			if (step) last = step.step.message;
			if (step) this.done = step.step.seq;
		}
		throw new Error(`${this.host.serial}: no step '${kind}', but: ${last}`);
	}

	async finish(step, result, before = []) {
		this.done = step.step.seq;
		await this.events(step, [...before, ["step_done", { seq: step.step.seq, result }]]);
	}

	async inspect() {
		await this.finish(await this.step("inspect"), "ok", [["facts", this.facts()]]);
	}

	// Each host has its own modules, and the one in DIMMC1 may be swapped.
	facts() {
		const facts = factsOf(this.host);
		for (const m of facts.memory.modules.filter((x) => x.SerialNumber)) m.SerialNumber = m.DeviceLocator === "DIMMC1" ? this.module : `${m.SerialNumber}-${this.host.unit}-${this.host.rack}`;
		return facts;
	}

	async burnIn(fails) {
		const step = await this.step("burn_in");
		let n = step.step.next_sequence || 0;
		const record = (content) => ["burnin", { ...content, sequenceNumber: n++, timestamp: new Date().toISOString() }];
		const inStep = (content) => record({ testStepArtifact: { testStepId: "1", ...content } });
		const part = { hardwareInfoId: "m", name: "DIMMC1", location: "DIMMC1", serialNumber: this.module, partNumber: "MTC40F2046S1RC48BA1" };
		const said = () => fails
			? [
					inStep({ diagnosis: { verdict: "memory.ecc.uncorrected", type: "FAIL", message: "12 uncorrected errors", hardwareInfoId: "m" } }),
					inStep({ extension: { name: "repair-order", content: { part: "dimm", slot: "DIMMC1", serial: this.module, action: "Replace the module in slot DIMMC1." } } }),
				]
			: [inStep({ diagnosis: { verdict: "memory-pass", type: "PASS", hardwareInfoId: "m" } })];
		await this.finish(step, fails ? "FAIL" : "PASS", [
			record({ schemaVersion: { major: 2, minor: 0 } }),
			record({ testRunArtifact: { testRunStart: { name: "quick", version: "1", commandLine: "", parameters: {}, dutInfo: { dutInfoId: "h", hardwareInfos: [part] } } } }),
			inStep({ testStepStart: { name: "memory.pattern" } }),
			...said(),
			inStep({ testStepEnd: { status: "COMPLETE" } }),
			record({ testRunArtifact: { testRunEnd: { status: "COMPLETE", result: fails ? "FAIL" : "PASS" } } }),
		]);
	}

	receipt(step) {
		const image = step.step;
		const payload = JSON.stringify({
			type: "slipway-receipt/v1", host_id: this.session.host_id, session_id: this.session.session_id, plan_id: step.plan_id, arm_id: image.arm_id,
			disk: { wwn: image.disk.wwn || "", serial: image.disk.serial || "", size_bytes: image.disk.size_bytes }, work: "image",
			report: { manifest_sha256: image.image_digest, line: image.line },
		});
		const pae = `DSSEv1 ${RECEIPT.length} ${RECEIPT} ${Buffer.byteLength(payload)} ${payload}`;
		const sig = createSign("SHA256").update(pae).sign(readFileSync(this.keyPath), "base64");
		return { payload_type: RECEIPT, payload: Buffer.from(payload).toString("base64"), public_key: this.spki.toString("base64"), signatures: [{ keyid: this.key, sig }] };
	}

	// From the first byte of the image to the report of the system that booted from it.
	async image() {
		const step = await this.step("image");
		const image = step.step;
		await this.call("POST", `/sessions/${this.session.session_id}/permits`, { epoch: this.session.epoch, plan_id: step.plan_id, arm_id: image.arm_id, disk: image.disk, data_found: [] }, [200]);
		await this.finish(step, "ok", [["receipt", this.receipt(step)]]);
		await this.finish(await this.step("reboot"), "ok");
		await this.call("POST", "/first-boot", {
			token: image.first_boot.token, boot_id: "b", machine_id: "0123456789abcdef0123456789abcdef", kernel: "6.1", hostname: this.host.name,
			image_digest: image.image_digest, root_disk_serial: image.disk.serial || "",
		}, [200]);
	}

}

// ---- people

// What a person does and has to read at the page: each click and each filled field is a step; words are
// those of the view in which it happens, once each.
class Person {
	constructor(name, page) {
		Object.assign(this, { name, page, steps: 0, read: new Set(), words: 0 });
	}

	async look() {
		const dialog = this.page.getByRole("dialog");
		const text = await ((await dialog.count()) ? dialog : this.page.locator("main")).innerText();
		for (const line of text.split("\n").map((l) => l.trim()).filter(Boolean)) {
			if (this.read.has(line)) continue;
			this.read.add(line);
			this.words += line.split(/\s+/).length;
		}
	}

	async click(target) {
		await target.click();
		this.steps++;
	}

	async fill(target, text) {
		await target.fill(text);
		this.steps++;
	}

	async go(title) {
		await this.click(this.page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: title, exact: true }));
	}
}

// In groups, as hosts of a rack boot: the server is asked by a few at a time.
async function all(list, run) {
	for (let i = 0; i < list.length; i += 8) await Promise.all(list.slice(i, i + 8).map(run));
}

// ---- the flow

let appliance;
let hosts = [];
const people = {};
const said = [];
const browser = await launch();
let broken = false;

// One case of the flow; what stands on a case that failed is not tried.
const step = (name, run) =>
	test(name, async () => {
		if (broken) throw new Error("a case before it failed");
		broken = true;
		await run();
		broken = false;
	});

async function signIn(name, role, size) {
	await appliance.admin("POST", "/users", { name, role });
	const context = await browser.newContext({ viewport: size, ignoreHTTPSErrors: true });
	const page = await context.newPage();
	page.setDefaultTimeout(20000);
	said.push(complaints(page));
	await page.goto((await appliance.admin("POST", `/users/${name}/links`)).url);
	await page.locator("header .who").waitFor();
	people[name] = new Person(name, page);
}

const counts = (person, wanted) =>
	person.page.waitForFunction((text) => new RegExp(text).test((document.querySelector(".counts")?.innerText || "").replace(/\s+/g, " ")), wanted);
async function openDelivery(person) {
	await person.go("Deliveries");
	await person.click(person.page.getByRole("link", { name: "acme-7" }));
	await person.page.getByRole("heading", { name: "Delivery acme-7" }).waitFor();
}

await step("an appliance with a delivery of 40 announced, and three people at its page", async () => {
	appliance = await startAppliance(BUILD);
	const rows = Array.from({ length: HOSTS }, (_, i) => makeHost("expected", { arch: "x86_64", firmware: "uefi", rack: `F${1 + Math.floor(i / PER_RACK)}`, unit: (i % PER_RACK) + 1 }));
	rows.forEach((h, i) => {
		h.name = `f-${i}`;
		h.drives = h.drives.slice(0, 1).map((d) => ({ ...d, SerialNumber: `S64GNX${1000 + i}`, WWN: `0x5000c5000000${(4096 + i).toString(16)}`, signatures: [] }));
	});
	await appliance.admin("POST", "/deliveries", { name: "acme-7", vendor: "Acme", hosts: rows.map((h) => ({ serial: h.serial, name: h.name, rack: h.rack, unit: h.unit })) });
	await appliance.importImage(IMAGE);
	await appliance.admin("POST", "/profiles", { name: "acme", priority: 1, match: { serial: "*" }, enrol: true, auto_approve: false, burnin: { tier: "quick" }, image: { line: "debian12", version: IMAGE }, disk: { media: "SSD" }, wipe: "refuse" });
	hosts = rows.map((h, i) => new Host(appliance, h, `192.0.2.${101 + i}`));
	await signIn("tina", "technician", { width: 360, height: 740 });
	await signIn("olga", "operator", { width: 1280, height: 800 });
	await signIn("oskar", "operator", { width: 1280, height: 800 });
});

await step("the technician sees on a phone what is to be racked, and which hosts have come", async () => {
	const { tina } = people;
	await openDelivery(tina);
	await counts(tina, "Announced 40 Missing 40");
	await tina.look();
	await shot(tina.page, "delivery-1-announced-360");
	await all(hosts, async (h) => (await h.open(), await h.inspect()));
	await tina.page.reload();
	await counts(tina, "Missing 0 Seen 40");
	await shot(tina.page, "delivery-2-seen-360", false);
});

await step("the operator approves all 40 at once, by the codes on their screens", async () => {
	const { olga } = people;
	await olga.go("Fleet");
	await olga.page.locator("table.fleet tbody tr").nth(HOSTS - 1).waitFor();
	await olga.look();
	await olga.click(olga.page.getByRole("button", { name: `Select the ${HOSTS} that wait for approval` }));
	await olga.page.getByText(`${HOSTS} hosts selected`).waitFor();
	await olga.click(olga.page.getByRole("button", { name: "Approve…" }));
	const approve = olga.page.getByRole("button", { name: `Approve these ${HOSTS}` });
	await approve.waitFor();
	await olga.look();
	await olga.click(approve);
	await olga.page.getByRole("button", { name: "Close" }).waitFor();
	equal(await olga.page.getByText("✓ approved").count(), HOSTS, "approved");
	await shot(olga.page, "delivery-3-approved-1280", false);
	await olga.click(olga.page.getByRole("button", { name: "Close" }));
});

await step("one of 40 fails its burn-in: the technician gets one order, with rack, unit, slot and serial", async () => {
	const { tina } = people;
	await all(hosts, (h) => h.burnIn(h === hosts[BAD]));
	await tina.go("Repair orders");
	await tina.page.getByText("1 open order").waitFor();
	const text = await tina.page.locator("main").innerText();
	for (const word of ["F1", `unit ${BAD + 1}`, "Memory module in slot DIMMC1", hosts[BAD].module, hosts[BAD].host.serial, "Replace the module in slot DIMMC1."])
		holds(text.includes(word), `the order says '${word}': ${text}`);
	await tina.look();
	await shot(tina.page, "delivery-4-order-360");
});

await step("after the swap the host tests again by itself, and its order is closed", async () => {
	const { tina } = people;
	const bad = hosts[BAD];
	bad.module = SPARE;
	bad.done = bad.seq = 0; // it boots again
	await bad.open();
	await bad.inspect();
	await bad.burnIn(false);
	await tina.page.getByText("Nothing to repair.").waitFor();
	await tina.look();
	await shot(tina.page, "delivery-5-repaired-360", false);
});

await step("one operator orders the image for 40, and a second one approves it", async () => {
	const { olga, oskar } = people;
	const list = (await appliance.admin("GET", "/hosts?limit=100")).items;
	const idOf = (h) => list.find((x) => x.serial === h.host.serial).short_code;
	const token = (await appliance.admin("POST", "/tokens", { name: "olga-cli", owner: "olga", scopes: ["read", "arm"] })).token;
	const order = { image: `debian12@${IMAGE}`, reason: "delivery acme-7", confirm_count: HOSTS, hosts: hosts.map((h) => ({ id: idOf(h), disk: { serial: h.host.drives[0].SerialNumber } })) };
	// What `slipway order rehearse` and `order place` send; the page has no form for an order of many.
	const send = (body) =>
		olga.page.evaluate(async ([text, bearer]) => {
			const r = await fetch("/api/v1/hosts/arm", { method: "POST", credentials: "omit", headers: { "Content-Type": "application/json", Authorization: `Bearer ${bearer}` }, body: text });
			return { status: r.status, body: await r.json() };
		}, [JSON.stringify(body), token]);
	const rehearsed = await send({ ...order, dry_run: true });
	equal(rehearsed.status, 200, JSON.stringify(rehearsed.body).slice(0, 600));
	equal(rehearsed.body.second_person.length > 0, true, "it needs a second person");
	const placed = await send({ ...order, plan_hash: rehearsed.body.plan_hash });
	equal(placed.status, 202, JSON.stringify(placed.body).slice(0, 600));
	await oskar.go("Orders");
	await oskar.page.getByText("1 order waits for a second person").waitFor();
	await oskar.look();
	await shot(oskar.page, "delivery-6-order-1280");
	await oskar.click(oskar.page.getByRole("button", { name: "Approve…" }));
	await oskar.look();
	await oskar.click(oskar.page.getByRole("dialog").getByRole("button", { name: /^Approve/ }));
	await oskar.page.getByText("No order waits for a second person.").waitFor();
});

await step("all 40 are written, boot, and the delivery is done", async () => {
	const { tina, olga } = people;
	await all(hosts, (h) => h.image());
	await openDelivery(olga);
	await counts(olga, "Announced 40 Missing 0 Seen 0 Testing 0 Imaging 0 Failed 0 Ready 40");
	await olga.look();
	await shot(olga.page, "delivery-7-done-1280");
	await openDelivery(tina);
	await counts(tina, "Ready 40");
	await shot(tina.page, "delivery-7-done-360", false);
	// the technician proves it: the swapped module is in the host that had the order
	await tina.go("Fleet");
	await tina.fill(tina.page.getByLabel("Search"), SPARE);
	await tina.page.getByLabel("Search").press("Enter");
	await tina.page.getByRole("heading", { level: 1 }).filter({ hasText: hosts[BAD].host.name }).waitFor();
	await tina.page.locator(".banner .big", { hasText: "Ready" }).waitFor();
	await tina.look();
	await shot(tina.page, "delivery-8-proof-360");
	equal(said.flat(), [], "complaints of the page");
});

for (const p of Object.values(people)) console.log(`# ${p.name}: ${p.steps} steps, ${p.words} words read`);
console.log(`# the whole flow: ${Math.round((Date.now() - began) / 1000)} s`);
await test("no person needs more steps or words than before", async () => {
	const { tina, olga, oskar } = people;
	const budget = { tina: [8, 800], olga: [8, 650], oskar: [4, 250] };
	for (const p of [tina, olga, oskar]) holds(p.steps <= budget[p.name][0] && p.words <= budget[p.name][1], `${p.name}: ${p.steps} steps, ${p.words} words`);
});

for (const h of hosts) h.close();
await browser.close();
await appliance.stop();
plan();
