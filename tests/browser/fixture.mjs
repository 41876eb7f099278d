// SPDX-License-Identifier: Apache-2.0
// A small stand-in for the appliance: it serves the built page with the headers that nginx sends,
// and the part of /api/v1 that the page uses, over a fleet in memory that a test may change. It
// checks what it is sent as strictly as the real server does where the page depends on it. What it
// cannot prove (that the real API answers like this) is test_appliance.mjs's work.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

export const TOKEN = "fixture-token";
export const PLAN_HASH = "5eed".repeat(16);
export const PASSWORD = "correct horse battery";
export const CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const id = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

function drives(n, signatures) {
	return [
		{
			Name: "nvme0n1", WWN: `eui.00253800${String(n).padStart(8, "0")}`, SerialNumber: `S64GNX0T${n}00A`,
			Manufacturer: "Samsung", Model: "PM9A3", CapacityBytes: 1920383410176, Protocol: "NVMe", MediaType: "SSD",
			Slot: "Bay 0", signatures,
		},
		{
			Name: "sda", WWN: `0x5000c500${n}`, SerialNumber: `ZL2B${n}77`, Manufacturer: "Seagate", Model: "Exos X18",
			CapacityBytes: 18000207937536, Protocol: "SATA", MediaType: "HDD", Slot: "Bay 4", signatures: [],
		},
	];
}

export function factsOf(host) {
	return {
		system: { Manufacturer: host.manufacturer, Model: host.model, SerialNumber: host.serial, UUID: host.uuid, BiosVersion: "2.1a", BiosDate: "2026-03-02" },
		board: { Manufacturer: "Supermicro", Model: "H13SSL-N" },
		boot: { firmware: host.firmware, secure_boot: false, arch: host.arch },
		processors: [{ Socket: "CPU1", Manufacturer: "AMD", Model: "EPYC 9354P 32-Core Processor", TotalCores: 32, TotalThreads: 64, MaxSpeedMHz: 3800 }],
		memory: {
			TotalMiB: 131072,
			modules: [
				{ DeviceLocator: "DIMMA1", BankLocator: "P0_Node0", CapacityMiB: 65536, Manufacturer: "Micron", PartNumber: "MTC40F2046S1RC48BA1", SerialNumber: "3A1F0C21", MemoryDeviceType: "DDR5", OperatingSpeedMhz: 4800 },
				{ DeviceLocator: "DIMMB1", BankLocator: "P0_Node0", CapacityMiB: 0 },
				{ DeviceLocator: "DIMMD1", BankLocator: "P0_Node0", CapacityMiB: 0, Manufacturer: "Micron", PartNumber: "MTC40F2046S1RC48BA1", SerialNumber: "3A1F0C23" },
				{ DeviceLocator: "DIMMC1", BankLocator: "P0_Node0", CapacityMiB: 65536, Manufacturer: "Micron", PartNumber: "MTC40F2046S1RC48BA1", SerialNumber: "3A1F0C22", MemoryDeviceType: "DDR5", OperatingSpeedMhz: 4800 },
			],
		},
		drives: host.drives,
		nics: [
			{ Name: "enp1s0f0", MACAddress: host.macs[0], Driver: "mlx5_core", SpeedMbps: 25000, LinkUp: true, PciAddress: "0000:01:00.0", Firmware: "26.39.1002", lldp: { SysName: "tor-r7-a", PortId: "Ethernet14" } },
			{ Name: "enp1s0f1", MACAddress: host.macs[1], Driver: "mlx5_core", LinkUp: false, PciAddress: "0000:01:00.1" },
		],
		tpm: { present: true, version: "2.0" },
	};
}

let made = 0;
export function makeHost(state, more) {
	const n = ++made;
	const arm = n % 3 === 0;
	const code = `K${String(n).padStart(2, "2")}Q7MXW`.slice(0, 8);
	return {
		id: id(n), name: `r7-u${String(n).padStart(2, "0")}`, short_code: code, codes: { session: `S${code.slice(1, 4)}-${code.slice(4)}`, asking: [] }, view: `view-${n}`, state, state_since: ago(40 * n),
		state_detail: "", turn: "server", deadline: null, arch: arm ? "aarch64" : "x86_64", firmware: n % 4 ? "uefi" : "bios",
		manufacturer: arm ? "Ampere" : "Supermicro", model: arm ? "Mt. Collins" : "AS-1115CS-TNR", serial: `S49912${1000 + n}`,
		uuid: `8f3b1c00-0000-11ee-8000-${String(n).padStart(12, "0")}`, macs: [`3c:ec:ef:00:00:${String(n).padStart(2, "0")}`, `3c:ec:ef:00:01:${String(n).padStart(2, "0")}`],
		progress: null, drives: drives(n, []), image: null, stages: {}, fault: null, revision: 1,
		site: "ams1", rack: "R7", unit: n, switch: { name: "tor-r7-a", port: `Ethernet${n}` }, faults: more && more.fault ? 1 : 0, ...more,
	};
}

export const HOSTILE = {
	img: `<img src=x onerror="window.pwned='img'">`,
	script: `"><script>window.pwned='script'</script>`,
	link: `javascript:window.pwned='link'`,
	template: "${window.pwned='template'}{{7*7}}",
	ansi: "\u001b[31m\u001b[2Jweb01",
	bidi: "web\u202e10-bd",
	long: "A".repeat(20000),
};

// As GET /lifecycle answers, in part.
const LIFECYCLE = [
	["expected", "Expected"], ["discovered", "Discovered", "Waits for approval"], ["inspecting", "Inspecting"], ["testing", "Testing"],
	["imaging", "Imaging", "Waits for an arm"], ["verifying", "Verifying"], ["ready", "Ready"], ["in-service", "In service"], ["erasing", "Erasing"],
	["retired", "Retired"], ["quarantined", "Quarantined"], ["failed", "Failed"], ["maintenance", "Maintenance"],
].map(([state, title, waits]) => ({ state, title, meaning: title, titles: { server: title, operator: waits || title, technician: state === "testing" ? "No contact" : title } }));
const AT_REST = ["expected", "ready", "in-service", "retired"];
const needsPerson = (h) => ["technician", "operator"].includes(h.turn) && !AT_REST.includes(h.state);

export function makeFleet() {
	made = 0;
	const digest = "5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592";
	return [
		makeHost("ready", { stages: { discovered: 3, inspecting: 21, testing: 184, imaging: 47, verifying: 62 }, image: { digest, line: "debian12", version: "20261101" },
			state_detail: "inspected, tested, imaged and proven to boot", turn: "operator" }),
		makeHost("imaging", { progress: { stage: "write", done: 900000000, total: 2147483648, unit: "bytes", eta_s: 21 }, state_detail: "writing debian12 20261101 to S64GNX0T200A",
			stages: { discovered: 4, inspecting: 20, testing: 190 }, deadline: new Date(Date.now() + 3000e3).toISOString() }),
		makeHost("testing", { progress: { stage: "memory", done: 3, total: 8, unit: "tests", eta_s: 412 }, state_detail: "burn-in quick: memory", stages: { discovered: 2, inspecting: 18 } }),
		makeHost("failed", { turn: "technician", state_detail: "burn-in found a bad memory module", stages: { discovered: 2, inspecting: 19, testing: 350 },
			fault: { id: "f1", code: "memory.ecc.uncorrected", part_type: "dimm", slot: "DIMMC1", serial: "3A1F0C22", turn: "technician", part_number: "MTC40F2046S1RC48BA1",
				action: "Power the host off, replace the module in slot DIMMC1, power it on.", detail: "12 uncorrected errors in 350 s, all on this module" } }),
		makeHost("discovered", { turn: "operator", state_detail: "seen; waits for approval", drives: drives(5, ["ext4", "LVM2_member"]) }),
		makeHost("discovered", { turn: "operator", state_detail: "seen; waits for approval" }),
		makeHost("quarantined", { turn: "operator", state_detail: "its identity is in conflict with another host's", review: "the serial S499121003 is also r7-u03's" }),
		makeHost("verifying", { state_detail: "boots its own disk" }),
		makeHost("in-service", { turn: "operator", image: { digest, line: "debian12", version: "20261002", trust: "lab" }, drives: drives(9, ["ext4"]) }),
		makeHost("failed", { name: HOSTILE.img, stages: { testing: 9 }, serial: HOSTILE.script, manufacturer: HOSTILE.template, model: HOSTILE.bidi, state_detail: HOSTILE.ansi, turn: HOSTILE.link,
			rack: HOSTILE.img, unit: HOSTILE.script, switch: { name: HOSTILE.img, port: HOSTILE.bidi }, image: { digest: HOSTILE.script, line: HOSTILE.img, version: HOSTILE.bidi },
			macs: [HOSTILE.img, HOSTILE.script],
			drives: [{ Name: HOSTILE.img, SerialNumber: HOSTILE.img, WWN: HOSTILE.bidi, Model: HOSTILE.long, CapacityBytes: "1", signatures: [HOSTILE.script] }],
			fault: { id: HOSTILE.img, code: HOSTILE.img, part_type: HOSTILE.script, slot: HOSTILE.bidi, serial: HOSTILE.ansi, action: HOSTILE.img, detail: HOSTILE.long } }),
	];
}

// As GET /seen: what a machine said about itself, and why no profile lets it in.
export const makeSeen = (mac, more) => ({
	mac, uuid: "", serial: "S7", manufacturer: "Dell Inc.", model: "PowerEdge R660", arch: "x86_64", firmware: "uefi", address: "10.20.0.61",
	first_seen: ago(900), last_seen: ago(30), times: 3, nearest_profile: "rack-a",
	why: "profile 'rack-a' fits nearly: its manufacturer is 'Supermicro*', this machine's is 'Dell Inc.'", ...more,
});
const seenRow = (fleet) => (m) =>
	fleet.profiles.some((p) => p.match.mac === m.mac)
		? { ...m, why: "a profile lets it in now; let it boot from the network again" }
		: { ...m, profile_to_let_it_in: { name: `one-${m.mac.replaceAll(":", "")}`, match: { mac: m.mac }, enrol: true, auto_approve: false } };

function makeEvents(hosts) {
	const events = [];
	const add = (host, kind, summary, actor, seconds) =>
		events.push({ id: events.length + 1, at: ago(seconds), host_id: host.id, host: host.short_code, kind, summary, actor });
	for (const h of hosts) {
		add(h, "dhcp.discover", `DHCP request from ${h.macs[0]}`, "server", 90000);
		add(h, "host.state", `${h.state}: ${h.state_detail}`, "server", 400);
		if (h.fault) add(h, "fault.opened", h.fault.action, "server", 300);
	}
	const hostile = hosts[hosts.length - 1];
	for (const text of Object.values(HOSTILE)) add(hostile, text.slice(0, 60), text, text, 200);
	return events;
}

function problem(status, code, detail, more) {
	return { status, body: { type: "about:blank", title: detail, status, code, detail, ...more } };
}

// Lists leave out what only one host's own page says.
function brief(host) {
	const { fault, stages, ...rest } = host;
	return { ...rest, needs_person: needsPerson(host) };
}

const SORTS = { "rack,unit": (h) => `${h.rack} ${String(h.unit).padStart(4, "0")}`, id: (h) => h.id, name: (h) => h.name, state_since: (h) => h.state_since, serial: (h) => h.serial };

function partsOf(fleet, q) {
	const parts = fleet.hosts.flatMap((h) => h.drives.map((d) => ({ id: `${h.id}-${d.Name}`, type: "drive", SerialNumber: d.SerialNumber, host_id: h.id, host: h.short_code, slot: d.Slot })));
	return parts.filter((p) => q && String(p.SerialNumber).toLowerCase().includes(q.toLowerCase())).slice(0, 20);
}

function listHosts(fleet, params) {
	const wanted = (name) => (params.get(name) ? params.get(name).split(",") : null);
	const states = wanted("state");
	const ids = wanted("id");
	const q = (params.get("q") || "").toLowerCase();
	const sort = params.get("sort") || "id";
	const by = SORTS[sort.replace(/^-/, "")];
	if (!by) return problem(400, "input.invalid", `cannot sort by '${sort}'`, { pointer: "/sort" });
	const rows = fleet.hosts
		.filter((h) => !states || states.includes(h.state))
		.filter((h) => !ids || ids.includes(h.id))
		.filter((h) => !params.get("delivery") || h.delivery === params.get("delivery"))
		.filter((h) => !params.get("needs_person") || String(needsPerson(h)) === params.get("needs_person"))
		.filter((h) => !params.get("switch.name") || h.switch?.name === params.get("switch.name"))
		.filter((h) => !params.get("switch.port") || h.switch?.port === params.get("switch.port"))
		.filter((h) => !params.get("uuid") || h.uuid === params.get("uuid"))
		.filter((h) => !params.get("turn") || h.turn === params.get("turn"))
		.filter((h) => !q || [h.name, h.short_code, h.serial, h.manufacturer, h.model, h.rack].some((t) => String(t).toLowerCase().includes(q)))
		.sort((a, b) => (by(a) < by(b) ? -1 : 1) * (sort.startsWith("-") ? -1 : 1));
	const at = Number(params.get("cursor") || 0);
	const limit = Number(params.get("limit") || 50);
	const next = at + limit < rows.length ? String(at + limit) : null;
	return { status: 200, body: { items: rows.slice(at, at + limit).map(brief), next } };
}

function summary(fleet, params) {
	const by = params.get("group_by");
	const sums = (rows) => ({ cores: 32 * rows.length, MemoryMiB: 131072 * rows.length, StorageBytes: 19920591347712 * rows.length });
	const total = { count: fleet.hosts.length, sum: params.get("sum") ? sums(fleet.hosts) : {} };
	if (!by) return { status: 200, body: { items: [], total, capacity: { delivered: 10, healthy: 2, reserved: 1, active: 1 } } };
	const groups = new Map();
	const value = (h) => (by === "needs_person" ? needsPerson(h) : (h[by] ?? null));
	for (const h of fleet.hosts.filter((h) => !params.get("delivery") || h.delivery === params.get("delivery"))) groups.set(value(h), [...(groups.get(value(h)) || []), h]);
	return { status: 200, body: { items: [...groups].map(([value, rows]) => ({ [by]: value, count: rows.length, sum: params.get("sum") ? sums(rows) : undefined })), total } };
}

// Two burn-ins of a host that failed one, as OCP records.
export function ocpRecords() {
	const at = (s) => new Date(Date.parse("2026-11-23T07:00:00Z") + 1000 * s).toISOString();
	const step = (id, s, content) => ({ testStepArtifact: { testStepId: id, ...content }, sequenceNumber: 1, timestamp: at(s) });
	const infos = [
		{ hardwareInfoId: "1", name: "DIMMC1", location: "DIMMC1", serialNumber: "3A1F0C22", partType: "memory" },
		{ hardwareInfoId: "2", name: "nvme0n1", location: "Bay 0", serialNumber: "S64GNX0T400A" },
		{ hardwareInfoId: "3", name: HOSTILE.img, serialNumber: HOSTILE.script },
	];
	const rows = [
		{ schemaVersion: { major: 2, minor: 0 } },
		{ testRunArtifact: { testRunStart: { name: "quick", version: "1", dutInfo: { dutInfoId: "h", hardwareInfos: infos } } }, timestamp: at(0) },
		step("cpu", 1, { testStepStart: { name: "cpu.verify" } }),
		step("cpu", 60, { measurement: { name: "temperature", value: 71, unit: "celsius", validators: [{ type: "LESS_THAN_OR_EQUAL", value: 95 }] } }),
		step("cpu", 61, { diagnosis: { verdict: "cpu-ok", type: "PASS" } }),
		step("cpu", 61, { testStepEnd: { status: "COMPLETE" } }),
		step("memory", 62, { testStepStart: { name: "memory.pattern" } }),
		step("memory", 200, { diagnosis: { verdict: "memory-ecc", type: "FAIL", message: "12 uncorrected errors", hardwareInfoId: "1" } }),
		step("memory", 201, { testStepEnd: { status: "COMPLETE" } }),
		step("disk", 202, { testStepStart: { name: HOSTILE.img } }),
		step("disk", 230, { error: { symptom: "tool", message: HOSTILE.script } }),
		step("disk", 230, { testStepEnd: { status: "ERROR" } }),
		step("net", 231, { testStepStart: { name: "network.loss" } }),
	];
	return rows.map((r) => JSON.stringify(r)).join("\n") + '\n{"testStepArt';
}

function runsOf(host) {
	const run = (id, result, seconds) => ({ id, host_id: host.id, host: host.short_code, tier: "quick", seed: 7, state: "done", result, started: ago(seconds), ended: ago(seconds - 350), records: 13, detail: "" });
	return host.stages.testing ? [run("run-2", host.fault ? "FAIL" : "PASS", 700), run("run-1", "CANCELLED", 90000)] : [];
}

const EVIDENCE = {
	items: [
		{ kind: "mac", value: "3c:ec:ef:00:00:07", first: ago(90000), last: ago(60), shared: false },
		{ kind: "serial", value: "S499121003", first: ago(90000), last: ago(60), shared: true },
	],
	pending: null,
};

export function addOrder(fleet, hosts, reason) {
	const order = {
		id: `order-${fleet.orders.length + 1}`, state: "pending", work: "image", host_count: hosts.length, hosts: hosts.map((h) => h.short_code),
		second_person: hosts.length > 5 ? "hosts" : "in-service", owner: "ann", who: "token:ann", reason, expires: ago(-3600),
		asked: { work: "image", image: "debian12@latest", hosts: hosts.map((h) => ({ id: h.id, disk: { serial: h.drives[0] ? h.drives[0].SerialNumber : HOSTILE.img } })) },
	};
	fleet.orders.push(order);
	for (const h of hosts) h.orders = [...(h.orders || []), order];
	return order;
}

function decide(fleet, id, verb, body) {
	const order = fleet.orders.find((o) => o.id === id);
	if (!order || order.state !== "pending") return problem(409, "order.over", "the order is no longer pending");
	fleet.posts.push({ order: id, verb, body });
	if (verb === "approve" && fleet.owner === order.owner) return problem(403, "guard.second_person", "it was ordered by the person who would approve it");
	order.state = verb === "approve" ? "approved" : "refused";
	for (const h of fleet.hosts) h.orders = (h.orders || []).filter((o) => o.state === "pending");
	return { status: 200, body: { order } };
}

function arm(fleet, host, body) {
	const dry = body.dry_run === true;
	if (dry && fleet.oldServer) return problem(400, "input.field.unknown", "field '/dry_run' is unknown", { pointer: "/dry_run" });
	const drive = host.drives.find((d) => d.SerialNumber === (body.disk || {}).serial);
	if (!fleet.images.some((i) => i.digest === body.image)) return problem(404, "image.unknown", "there is no such image", { pointer: "/image" });
	if (!drive) return problem(409, "guard.disk.none", "no disk of this host has that serial", { pointer: "/disk/serial" });
	if (!body.reason) return problem(400, "input.field.missing", "a reason is needed", { pointer: "/reason" });
	if (drive.signatures.length && body.wipe_consent !== drive.SerialNumber)
		return problem(403, "guard.disk.data", "the disk holds data and the consent does not name it", { pointer: "/wipe_consent" });
	const unknown = Object.keys(body).find((k) => !["image", "disk", "reason", "ttl_s", "wipe_consent", "reimage_in_service", "code", "skip_burnin", "dry_run", "view", "plan_hash"].includes(k));
	if (unknown) return problem(400, "input.field.unknown", `field '/${unknown}' is unknown`, { pointer: `/${unknown}` });
	if (host.state === "in-service" && body.reimage_in_service !== host.name) return problem(403, "guard.in_service", "the host is in service");
	const second_person = host.state === "in-service" ? ["in-service"] : [];
	if (dry) return { status: 200, body: { dry_run: true, warnings: [], second_person, plan_hash: PLAN_HASH } };
	if (body.plan_hash !== PLAN_HASH) return problem(409, "guard.plan", "what would be done now is not what was rehearsed", { pointer: "/plan_hash" });
	if (second_person.length) return { status: 202, body: { order: addOrder(fleet, [host], body.reason) } };
	host.state = "imaging";
	host.state_detail = "armed; waits for the agent";
	return { status: 201, body: { arm_id: "a1" } };
}

function rehearse(fleet, host, body) {
	if (fleet.refuseVerb) return problem(409, "state.conflict", fleet.refuseVerb);
	const inUse = host.state === "in-service";
	if (inUse && body.in_service !== host.name) return problem(403, "guard.in_service", "the host is in service");
	return { status: 200, body: { dry_run: true, second_person: inUse ? ["in-service"] : [] } };
}

function verb(fleet, host, name, body, dry) {
	if (dry && !["arm", "approve"].includes(name)) return rehearse(fleet, host, body);
	fleet.posts.push({ host: host.id, verb: name, body });
	if (name === "arm") return arm(fleet, host, body);
	if (name === "approve") {
		if (fleet.refuseApprove === host.id) return problem(409, "lifecycle.refused", "its profile is gone");
		Object.assign(host, { state: "testing", turn: "server" });
		return { status: 200, body: host };
	}
	const to = { retry: "inspecting", serve: "in-service", maintain: "maintenance", release: "discovered", retire: "retired" }[name];
	if (!to) return problem(404, "route.unknown", "no such route");
	if (!body.reason) return problem(400, "input.field.missing", "a reason is needed", { pointer: "/reason" });
	Object.assign(host, { state: to, turn: to === "inspecting" ? "server" : "operator" });
	return { status: 200, body: host };
}

function faultRow(h) {
	const { serial, part_number, ...rest } = h.fault;
	return { ...rest, SerialNumber: serial, PartNumber: part_number, state: "open", opened: ago(600), host_id: h.id, host: h.short_code };
}

function receiptRow(h) {
	const partition = (number, role, fs, mount, size_bytes) => ({ number, role, fs, mount, size_bytes, start_bytes: number * 2 ** 20, read_back_sha256: h.image.digest });
	return {
		id: 1, at: ago(300), host_id: h.id, host: h.short_code, image: h.image, disk_serial: h.drives[0].SerialNumber,
		receipt: {
			manifest_sha256: h.image.digest, written_bytes: 1400 * 2 ** 20, stages: { fetch: 0, write: 31.2, read_back: 14.9 },
			partitions: [{ number: 0, size_bytes: 2 ** 20 }, partition(1, "esp", "vfat", "/boot/efi", 512 * 2 ** 20), partition(2, "root", "ext4", "/", 1919 * 10 ** 9)],
		},
	};
}

// ---- profiles, as POST /profiles/check, POST and DELETE answer

const profileNamed = (fleet, name) => fleet.profiles.find((p) => p.name === name);
const etagOf = (profile) => `"r${createHash("sha256").update(JSON.stringify(profile)).digest("hex").slice(0, 8)}"`;
function readProfile(fleet, name) {
	const profile = profileNamed(fleet, name);
	return profile ? { status: 200, body: profile, etag: etagOf(profile) } : problem(404, "system.not_found", `there is no profile '${name}'`);
}

function fittingOf(fleet, match) {
	const fits = (pattern, text) => !pattern || new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".")}$`).test(text);
	return fleet.hosts.filter((h) => fits(match.serial, h.serial) && fits(match.manufacturer, h.manufacturer) && fits(match.arch, h.arch));
}

function checkProfile(fleet, doc) {
	const problems = [];
	const add = (pointer, detail) => problems.push({ pointer, code: "input.invalid", detail, hint: "" });
	if (!doc.name) add("/name", "a name is missing");
	if (!doc.match || !Object.values(doc.match).some(Boolean)) add("/match", 'an empty match selects nothing; write "serial": "*" for all');
	if (doc.burnin && !["quick", "standard", "acceptance"].includes(doc.burnin.tier)) add("/burnin/tier", `'${doc.burnin.tier}' is not one of quick, standard, acceptance`);
	if (doc.priority !== undefined && !Number.isInteger(doc.priority)) add("/priority", "expected an integer");
	for (const [i, key] of (doc.host?.ssh_authorized_keys || []).entries()) if (!key.startsWith("ssh-")) add(`/host/ssh_authorized_keys/${i}`, "this is not a public SSH key");
	const unknown = Object.keys(doc).find((k) => !["name", "priority", "match", "enrol", "auto_approve", "burnin", "image", "disk", "wipe", "host"].includes(k));
	if (unknown) add(`/${unknown}`, "this field is not known");
	if (problems.length) return { problems, warnings: [] };
	const rows = fittingOf(fleet, doc.match);
	return {
		problems, warnings: rows.length ? [] : [`it fits 0 of ${fleet.hosts.length} hosts`], fits: rows.length, hosts: fleet.hosts.length,
		fitting: rows.slice(0, 100).map((h) => ({ host: h.short_code, serial: h.serial, manufacturer: h.manufacturer, model: h.model })),
	};
}

function changeProfile(fleet, method, path, params, headers, body) {
	if (path === "/profiles/check") return { status: 200, body: checkProfile(fleet, body) };
	const name = method === "DELETE" ? decodeURIComponent(path.split("/")[2]) : body.name;
	const old = profileNamed(fleet, name);
	if (headers["if-none-match"] && old) return problem(412, "state.revision", `there is a profile '${name}' already`);
	if (headers["if-match"] && (!old || etagOf(old) !== headers["if-match"])) return problem(412, "state.revision", `the profile '${name}' was changed since it was read`);
	const rows = method === "DELETE" ? [] : fittingOf(fleet, body.match);
	if (body.auto_approve && !fleet.me.scopes.includes("arm")) return problem(403, "auth.scope", "'token:bob' lacks the scope 'arm'");
	const second_person = body.auto_approve && rows.length > 5 ? ["hosts"] : [];
	if (params.get("dry_run")) return { status: 200, body: { dry_run: true, plan_hash: PLAN_HASH, host_count: rows.length, second_person } };
	fleet.posts.push({ verb: method === "DELETE" ? "remove-profile" : "profile", body });
	if (second_person.length) return { status: 202, body: { order: { ...addOrder(fleet, rows, `profile '${name}'`), work: "profile", second_person } } };
	fleet.profiles = fleet.profiles.filter((p) => p !== old);
	if (method === "DELETE") return { status: 204, body: null };
	fleet.profiles.push(body);
	return { status: 201, body, etag: etagOf(body) };
}

function answerGet(fleet, path, params) {
	const part = path.split("/").filter(Boolean);
	if (path === "/hosts") return listHosts(fleet, params);
	if (path === "/summary") return summary(fleet, params);
	if (path === "/seen") return { status: 200, body: { items: fleet.seen.map(seenRow(fleet)), max: 256 } };
	if (path === "/lifecycle") return { status: 200, body: { items: LIFECYCLE } };
	if (/^\/export/.test(path)) return { status: 200, text: "id,serial\n1,2\n", type: "text/csv" };
	if (part[0] === "runs") return { status: 200, text: ocpRecords(), type: "application/x-ndjson" };
	if (path === "/profiles") return { status: 200, body: { profiles: fleet.profiles } };
	if (part[0] === "profiles") return readProfile(fleet, decodeURIComponent(part[1]));
	if (path === "/images") return { status: 200, body: { images: fleet.images } };
	if (path === "/me") return { status: 200, body: fleet.me };
	if (path === "/parts") return { status: 200, body: { items: partsOf(fleet, params.get("q") || ""), next: null } };
	if (path === "/deliveries") return { status: 200, body: { items: fleet.deliveries.filter((d) => d.name.toLowerCase().includes((params.get("q") || "").toLowerCase())), next: null } };
	if (part[0] === "deliveries" && part[2] === "pipeline") return { status: 200, body: { forecast: { known: true, ready_at: ago(-7200) } } };
	if (part[0] === "deliveries") return { status: 200, body: fleet.deliveries.find((d) => d.name === decodeURIComponent(part[1])) || null };
	if (path === "/tokens") return { status: 200, body: { items: fleet.tokens } };
	if (path === "/audit/check") return { status: 200, body: { whole: true, rows: fleet.audit.length, finding: "", checkpoints: 2, signed_rows: 100 } };
	if (path === "/audit") return auditPage(fleet, params);
	if (path === "/orders") return { status: 200, body: { items: fleet.orders.filter((o) => o.state === params.get("state")), next: null } };
	if (path === "/faults") {
		const all = fleet.hosts.filter((h) => h.fault).map(faultRow);
		const from = Number(params.get("cursor") || 0);
		const to = from + Number(params.get("limit") || 50);
		return { status: 200, body: { items: all.slice(from, to), next: to < all.length ? String(to) : null } };
	}
	if (path === "/receipts") return { status: 200, body: { items: fleet.hosts.filter((h) => h.image && h.id === params.get("host_id")).map(receiptRow), next: null } };
	if (path === "/events" || (part[0] === "hosts" && part[2] === "events")) {
		const from = Number(params.get("id>") || 0);
		const rows = fleet.events.filter((e) => e.id >= from && (path === "/events" || e.host_id === part[1]) && (!params.get("kind") || e.kind === params.get("kind")) && e.kind !== params.get("kind!"));
		if (params.get("sort") === "-id") rows.reverse();
		return { status: 200, body: { items: rows.slice(0, Number(params.get("limit") || 100)), next: null } };
	}
	const named = decodeURIComponent(part[1] || "");
	const host = part[0] === "hosts" && fleet.hosts.find((h) => h.id === named || h.macs.includes(named));
	if (host && part.length === 2) return { status: 200, body: { ...host, drives: host.drives.map(({ signatures, ...rest }) => rest) } };
	if (host && part[2] === "runs") return { status: 200, body: { items: runsOf(host), next: null } };
	if (host && part[2] === "evidence") return { status: 200, body: EVIDENCE };
	if (host && part[2] === "compare") return { status: 200, body: host.compare || { sku: null, status: "unknown", differences: [] } };
	if (host && part[2] === "facts") return { status: 200, body: factsOf(host) };
	return problem(404, "system.not_found", "there is no such thing");
}

// Newest first, as with before=.
function auditPage(fleet, params) {
	const before = Number(params.get("before")) || Infinity;
	const rows = fleet.audit.filter((r) => r.id < before).reverse().slice(0, Number(params.get("limit")));
	return { status: 200, body: { items: rows, next: rows.at(-1)?.id ?? 0 } };
}
export function addAudit(fleet, n, more) {
	for (let i = 0; i < n; i++)
		fleet.audit.push({ id: 2 * fleet.audit.length + 1, at: ago(60), who: "token:bob", peer: "10.20.0.9", method: "POST", path: "/api/v1/hosts/h/approve", status: 200, reason: "", previous: "", hash: "", ...more });
}

function changeToken(fleet, method, id, body) {
	if (method === "DELETE") return Object.assign(fleet.tokens.find((t) => t.id === Number(id)), { revoked: ago(0) }), { status: 204, body: null };
	const token = { id: fleet.tokens.length + 1, name: body.name, owner: "bob", scopes: body.scopes, created_by: "token:bob", created: ago(0), expires: ago(-body.ttl_s), last_used: null, revoked: null };
	fleet.tokens.push(token);
	return { status: 201, body: { ...token, scopes: body.scopes.join(" "), token: `slw_${"0123456789abcdef".repeat(4)}` } };
}

async function readBody(request) {
	let text = "";
	for await (const chunk of request) text += chunk;
	return text ? JSON.parse(text) : {};
}

// The cookie has another name here: browsers take __Host- over TLS alone.
function isSignedIn(fleet, request) {
	if (request.headers.authorization) return request.headers.authorization === `Bearer ${fleet.token}`;
	return Boolean(fleet.session) && (request.headers.cookie || "").includes(`slipway=${fleet.session}`);
}
function answerSignIn(fleet, body) {
	const right = body.link ? body.link === fleet.link : body.name === "anna" && body.password === fleet.password;
	if (!right) return problem(401, "auth.password", body.link ? "the link was used, has expired or is not known" : "the name or the password is wrong");
	fleet.session = "sls_fixture";
	if (body.link) fleet.link = "";
	fleet.me = { name: "user:anna", owner: "anna", role: "operator", scopes: ["read", "approve", "arm"] };
	return { status: 201, body: fleet.me, cookie: `slipway=${fleet.session}; Path=/; HttpOnly; SameSite=Strict` };
}

function changePassword(fleet, body) {
	if (body.current !== fleet.password) return problem(400, "input.invalid", "the current password is wrong", { pointer: "/current" });
	if (body.password.length < 12) return problem(400, "input.invalid", "a password has 12 to 256 bytes", { pointer: "/password" });
	Object.assign(fleet, { password: body.password, session: "sls_fixture2" });
	return { status: 200, body: fleet.me, cookie: `slipway=${fleet.session}; Path=/; HttpOnly; SameSite=Strict` };
}

async function answerApi(fleet, request, url) {
	const path = url.pathname.slice("/api/v1".length);
	fleet.requests.push(`${request.method} ${path}${url.search}`);
	if (fleet.down) return { status: 503, body: { title: "busy" } };
	if (path === "/sign-in") return answerSignIn(fleet, await readBody(request));
	if (!isSignedIn(fleet, request)) return problem(401, "auth.token", request.headers.authorization ? "the token is not known" : "the sign-in has ended");
	if (request.method !== "GET" && !request.headers["x-slipway-page"]) return problem(403, "auth.origin", "a change without the page's header");
	if (path === "/sign-out") return (fleet.session = ""), { status: 204, body: null, cookie: "slipway=; Path=/; Max-Age=0" };
	if (request.method === "GET") return answerGet(fleet, path, url.searchParams);
	if (request.method === "DELETE" && path === "/stop-all") return (fleet.stopped = false), { status: 200, body: { stopped: false } };
	if (request.method === "DELETE" && path.startsWith("/profiles/")) return changeProfile(fleet, "DELETE", path, url.searchParams, request.headers, {});
	if (request.method === "DELETE" && path.startsWith("/tokens/")) return changeToken(fleet, "DELETE", path.split("/")[2]);
	const secret = ["/tokens", "/me/password"].includes(path);
	if (secret && request.headers["idempotency-key"]) return problem(400, "input.invalid", "no Idempotency-Key here");
	if (!secret && !request.headers["idempotency-key"]) return problem(400, "input.invalid", "no idempotency key");
	const body = await readBody(request);
	if (path === "/tokens") return changeToken(fleet, "POST", "", body);
	if (path === "/me/password") return changePassword(fleet, body);
	const part = path.split("/").filter(Boolean);
	if (path === "/stop-all") {
		fleet.posts.push({ verb: "stop-all", body });
		fleet.stopped = true;
		return { status: 200, body: { stopped: true } };
	}
	if (part[0] === "profiles") return changeProfile(fleet, request.method, path, url.searchParams, request.headers, body);
	if (part[0] === "orders") return decide(fleet, part[1], part[2], body);
	const host = part[0] === "hosts" && fleet.hosts.find((h) => h.id === part[1]);
	return host ? verb(fleet, host, part[2], body, url.searchParams.get("dry_run") === "true") : problem(404, "system.not_found", "there is no such host");
}

async function answerFile(webDir, url, response) {
	const name = url.pathname === "/" ? "/index.html" : normalize(url.pathname);
	const headers = { "Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer" };
	try {
		const bytes = await readFile(join(webDir, name));
		response.writeHead(200, { ...headers, "Content-Type": TYPES[extname(name)] || "application/octet-stream" });
		response.end(bytes);
	} catch {
		response.writeHead(404, headers);
		response.end();
	}
}

// The change feed. A fleet that is not quiet changes every second.
function feed(fleet, response) {
	response.writeHead(200, { "Content-Type": "text/event-stream" });
	response.write("retry: 2000\nid: 1\n\n");
	const tell = () => response.write("id: 2\nevent: host.state\ndata: {}\n\n");
	const timer = setInterval(() => fleet.quiet || tell(), 1000);
	fleet.feeds.add(tell);
	response.on("close", () => (clearInterval(timer), fleet.feeds.delete(tell)));
}

export async function startFixture(webDir) {
	const hosts = makeFleet();
	const fleet = {
		token: TOKEN, session: "", link: "sll_fixture", password: PASSWORD, owner: "bob", orders: [], seen: [], profiles: [], deliveries: [], audit: [], refuseVerb: "",
		tokens: [{ id: 1, name: "ci", owner: "carol", scopes: ["read", "image:import"], created_by: "admin", created: ago(9000), expires: ago(-86400), last_used: ago(60), revoked: null }], me: { name: "token:bob", owner: "bob", scopes: ["read", "approve", "arm", "admin", "audit"] }, feeds: new Set(), quiet: false, hosts, events: makeEvents(hosts), requests: [], posts: [], down: false, refuseApprove: "", stopped: false, oldServer: false,
		images: ["x86_64", "aarch64"].map((arch, i) => ({
			digest: `${i}d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592`, line: "debian12", version: "20261101", arch, seq: 1, created: 1793500000, min_disk: 2 * 10 ** 9, firmware: arch === "aarch64" ? ["uefi"] : ["bios", "uefi"], payloads: [{ name: "root", packed: 212 * 2 ** 20, size: 700 * 2 ** 20 }],
		})),
	};
	const server = createServer(async (request, response) => {
		const url = new URL(request.url, "http://fixture");
		if (url.pathname === "/healthz") {
			response.writeHead(200, { "Content-Type": "application/json" });
			return response.end(JSON.stringify({ status: "ok", version: "fixture", stopped: fleet.stopped }));
		}
		if (!url.pathname.startsWith("/api/")) return answerFile(webDir, url, response);
		if (url.pathname === "/api/v1/changes" && isSignedIn(fleet, request)) return feed(fleet, response);
		let answer;
		try {
			answer = await answerApi(fleet, request, url);
		} catch (error) {
			answer = problem(400, "input.json", String(error));
		}
		if (answer.text) {
			response.writeHead(200, { "Content-Type": answer.type });
			return response.end(answer.text);
		}
		if (answer.etag) response.setHeader("ETag", answer.etag);
		if (answer.cookie) response.setHeader("Set-Cookie", answer.cookie);
		response.writeHead(answer.status, { "Content-Type": answer.status < 400 ? "application/json" : "application/problem+json" });
		response.end(JSON.stringify(answer.body));
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	return {
		fleet,
		url: `http://127.0.0.1:${server.address().port}`,
		addEvent: (event) => fleet.events.push({ id: fleet.events.length + 1, at: new Date().toISOString(), ...event }),
		close: () => (server.closeAllConnections(), server.close()),
	};
}
