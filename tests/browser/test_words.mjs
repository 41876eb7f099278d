// SPDX-License-Identifier: Apache-2.0
// The page's pure functions, without a browser: words and numbers, addresses, and the filter that
// host text passes. Tables of good and bad rows.
import { safe } from "../../provisioner/web/src/safe.js";
import { parseRoute, routeTo } from "../../provisioner/web/src/route.js";
import * as words from "../../provisioner/web/src/words.js";
import * as profile from "../../provisioner/web/src/profile_doc.js";
import { query, rowsOf } from "../../provisioner/web/src/api.js";
import { gatherRun, verdictOf } from "../../provisioner/web/src/ocp.js";
import { ocpRecords } from "./fixture.mjs";
import { equal, holds, plan, test } from "./tap.mjs";

const SAFE = [
	["plain", "SN-1234", "SN-1234"],
	["markup is left to text nodes", "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"],
	["terminal escape", "\u001b[2J", "⟨U+001B⟩[2J"],
	["C1", "\u009b2J", "⟨U+009B⟩2J"],
	["NUL", "a\u0000b", "a⟨U+0000⟩b"],
	["newline and tab are kept", "a\n\tb", "a\n\tb"],
	["carriage return", "a\rb", "a⟨U+000D⟩b"],
	["right-to-left override", "gpj\u202eexe", "gpj⟨U+202E⟩exe"],
	["isolates", "\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"],
	["zero width", "SN\u200b1", "SN⟨U+200B⟩1"],
	["byte order mark", "\ufeffx", "⟨U+FEFF⟩x"],
	["tags", "a\u{e0041}", "a⟨U+E0041⟩"],
	["lone surrogate", "a\ud800b", "a⟨U+D800⟩b"],
	["letters of the world", "Größe 東京 עברית 🚢", "Größe 東京 עברית 🚢"],
	["a number", 7, "7"],
];

await test("a profile's fields change its document and nothing else", () => {
	const doc = { name: "a", match: { serial: "S" }, host: { network: { links: [] } } };
	const rows = [
		["set", "/priority", 5, { ...doc, priority: 5 }],
		["a new group", "/image/line", "debian12", { ...doc, image: { line: "debian12" } }],
		["beside what the form does not show", "/host/hostname", "h", { ...doc, host: { network: { links: [] }, hostname: "h" } }],
		["taken out", "/host/network", undefined, { name: "a", match: { serial: "S" } }],
		["an empty match stays", "/match/serial", undefined, { ...doc, match: {} }],
		["a group of another type", "/name/x", "y", { ...doc, name: { x: "y" } }],
	];
	for (const [name, at, value, wanted] of rows) equal(profile.withValue(doc, at, value), wanted, name);
	equal(doc, { name: "a", match: { serial: "S" }, host: { network: { links: [] } } }, "the document before");
});

await test("what is typed into a profile's field is what stands in its document", () => {
	const rows = [
		["number", "12", 12, "12"], ["number", "-3", -3, "-3"], ["number", "1e3", "1e3", "1e3"], ["number", "", undefined, ""], ["number", "99999999999999999999", "99999999999999999999", "99999999999999999999"],
		["text", "", undefined, ""], ["text", "x ", "x ", "x "], ["lines", "a\nb", ["a", "b"], "a\nb"], ["lines", " ", undefined, ""],
	];
	for (const [kind, text, value, back] of rows) {
		equal(profile.typed(kind, text), value, `${kind} ${text}`);
		equal(profile.shown(kind, value), back, `${kind} ${text}, shown`);
	}
	equal(profile.shown("text", { a: 1 }), '{"a":1}', "an object in a text field");
	equal(profile.shown("flag", "true"), false, "a flag that is a text");
});

await test("a profile that this page would change by reading it is refused", () => {
	for (const text of ["", "[]", "null", "{", '{"disk":{"max_bytes":9223372036854775807}}']) holds(profile.readText(text).error, text);
	equal(profile.readText('{"name":"a"}'), { doc: { name: "a" } }, "a good one");
});

await test("a problem is shown at its field, and else in the list", () => {
	const problems = [{ pointer: "/name" }, { pointer: "/host/ssh_authorized_keys/1" }, { pointer: "/host" }, { pointer: "/names" }, { pointer: "" }];
	equal(profile.problemsAt(problems, "/host/ssh_authorized_keys").length, 1, "an item of a list");
	equal(profile.problemsElsewhere(problems).map((p) => p.pointer), ["/host", "/names", ""], "the rest");
});

await test("host text is shown with its tricks visible", () => {
	for (const [name, text, wanted] of SAFE) equal(safe(text), wanted, name);
	equal(safe("x".repeat(5000)).length, 601, "length of a long text");
});

const DURATIONS = [
	[0, "0 s"], [59.4, "59 s"], [60, "1 min"], [200, "3 min 20 s"], [3600, "1 h"], [7500, "2 h 5 min"],
	[86400, "1 d"], [90000, "1 d 1 h"], [-1, "–"], [NaN, "–"], [undefined, "–"], ["7", "–"],
];
const SIZES = [
	[0, "0 B"], [1023, "1023 B"], [1024, "1.0 KiB"], [1.5 * 2 ** 30, "1.5 GiB"], [512 * 2 ** 30, "512 GiB"],
	[-1, "–"], [null, "–"], [2 ** 70, "1048576 PiB"],
];
const DRIVES = [[480103981056, "480 GB"], [1920383410176, "1.9 TB"], [21474836480, "21.5 GB"], [undefined, "–"]];

await test("durations and sizes read well", () => {
	for (const [n, wanted] of DURATIONS) equal(words.duration(n), wanted, `duration ${n}`);
	for (const [n, wanted] of SIZES) equal(words.bytes(n), wanted, `bytes ${n}`);
	for (const [n, wanted] of DRIVES) equal(words.driveSize(n), wanted, `drive ${n}`);
});

const PROGRESS = [
	["half", { done: 1073741824, total: 2147483648, unit: "bytes", eta_s: 75 }, 0.5, "50 %, 1.0 GiB of 2.0 GiB, about 1 min 15 s left"],
	["tests", { done: 3, total: 8, unit: "tests", eta_s: null }, 0.375, "37 %, 3 of 8 tests"],
	["over the end", { done: 9, total: 8, unit: "tests" }, 1, "100 %, 9 of 8 tests"],
	["below zero", { done: -5, total: 8, unit: "" }, 0, "0 %"],
	["nobody knows", { done: 0, total: 0, stage: "inspect" }, null, ""],
	["wrong types", { done: "1", total: [], unit: {} }, null, ""],
];

await test("progress never claims more than is known", () => {
	for (const [name, p, part, text] of PROGRESS) {
		equal(words.progressOf(p).part, part, name);
		equal(words.progressOf(p).words, text, name);
	}
	equal(words.progressOf(null), null, "none");
	equal(words.progressOf("x"), null, "text");
});

await test("states are called what the server calls them, by whose turn it is", () => {
	equal(words.stateTitle("in-service"), "In service", "before the server has answered");
	words.useWords([{ state: "imaging", title: "Imaging", titles: { server: "Imaging", operator: "Waits for an arm" } }, null, { state: 7 }]);
	equal(words.titleOf({ state: "imaging", turn: "server" }), "Imaging");
	equal(words.titleOf({ state: "imaging", turn: "operator" }), "Waits for an arm");
	equal(words.titleOf({ state: "imaging", turn: "operator", advice: { title: "Writing is stopped" } }), "Writing is stopped");
	equal(words.stateTitle("<b>"), "<b>", "an unknown state is shown as it is");
	equal(words.stateTitle(undefined), "Unknown", "no state");
});

await test("what waits for a person does not look busy", () => {
	const rows = [["imaging", "server", "busy"], ["imaging", "operator", "ask"], ["testing", "technician", "ask"], ["failed", "technician", "bad"], ["ready", "operator", "good"], ["retired", "technician", "idle"]];
	for (const [state, turn, tone] of rows) equal(words.lookOf({ state, turn }).tone, tone, `${state}, ${turn}`);
});

await test("times are told in both clocks, and nonsense is not a time", () => {
	equal(words.clockUtc("2026-11-01T12:00:05Z"), "12:00:05");
	equal(words.dateUtc("2026-11-01T23:59:59-01:00"), "2026-11-02");
	equal(words.clockUtc("soon"), "–");
	equal(words.bothClocks("soon"), "");
	holds(words.bothClocks("2026-11-01T12:00:05Z").startsWith("2026-11-01 12:00:05 UTC, "), "both clocks");
	equal(words.ageSeconds("2026-11-01T12:00:00Z", Date.parse("2026-11-01T12:01:00Z")), 60);
	equal(words.ageSeconds("2026-11-01T12:00:00Z", Date.parse("2026-11-01T11:00:00Z")), 0, "a clock that is behind");
});

const ROUTES = [
	["", { view: "hosts", id: "", params: {} }],
	["#/hosts?state=failed,quarantined&q=rack%207", { view: "hosts", id: "", params: { state: "failed,quarantined", q: "rack 7" } }],
	["#/hosts/a%2Fb", { view: "hosts", id: "a/b", params: {} }],
	["#/hosts/%ZZ", { view: "hosts", id: "%ZZ", params: {} }],
	["#/__proto__", { view: "__proto__", id: "", params: {} }],
];

await test("addresses are read and written alike", () => {
	for (const [hash, wanted] of ROUTES) equal(parseRoute(hash), wanted, hash);
	equal(routeTo("hosts", "a/b?c#d", { q: "x&y", state: "" }), "#/hosts/a%2Fb%3Fc%23d?q=x%26y");
	const back = parseRoute(routeTo("hosts", "../../x", { q: "ä=&" }));
	equal(back, { view: "hosts", id: "../../x", params: { q: "ä=&" } }, "there and back");
});

await test("queries and collections", () => {
	equal(query({ state: "failed", q: "", turn: undefined, limit: 100 }), "?state=failed&limit=100");
	equal(query({}), "");
	equal(rowsOf({ items: [1], next: "c", total: 9 }), { rows: [1], next: "c", total: 9 });
	equal(rowsOf({ images: [1], items: [2] }, "images").rows, [1], "another member");
	equal(rowsOf({ items: "x" }), { rows: [], next: null, total: null }, "not a list");
	equal(rowsOf(null), { rows: [], next: null, total: null }, "nothing");
});

await test("a disk says what would be lost", () => {
	equal(words.dataOn({ signatures: ["ext4", "LVM2_member"] }), "holds data: ext4, LVM2_member");
	equal(words.dataOn({ signatures: [] }), "no known data on it");
	equal(words.dataOn({ signatures: "ext4" }), "no known data on it", "a wrong type");
});

await test("burn-in records become steps with verdicts", () => {
	const run = gatherRun(ocpRecords());
	equal(run.steps.map((s) => [s.id, verdictOf(s)]), [["cpu", "passed"], ["memory", "failed"], ["disk", "error"], ["net", "running"]]);
	equal(run.steps[1].diagnoses[0].part, "DIMMC1 · 3A1F0C22", "the part that failed");
	equal(run.steps[0].measurements.length, 1, "readings");
	equal(verdictOf({ diagnoses: [{ type: "PASS" }, { type: "FAIL" }], errors: [], status: "COMPLETE" }), "failed", "one failure counts");
	equal(verdictOf({ diagnoses: [{ type: "PASS" }], errors: [], status: "" }), "running", "no end, no pass");
	equal(verdictOf({ diagnoses: [], errors: [], status: "COMPLETE" }), "no verdict", "nobody judged");
	equal(verdictOf({ diagnoses: [], errors: [], status: "SKIP" }), "skipped");
	for (const text of ["", "\n\n", "null\n7\n[]\n\"x\"", '{"testStepArtifact":null}', '{"testStepArtifact":{"diagnosis":7}}', '{"testRunArtifact":{"testRunStart":{"dutInfo":{"hardwareInfos":[null,7]}}}}'])
		holds(Array.isArray(gatherRun(text).steps), `no harm from ${text}`);
});

plan();
