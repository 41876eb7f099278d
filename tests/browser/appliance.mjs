// SPDX-License-Identifier: Apache-2.0
// A real slipwayd with its nginx, in a folder of its own and in the network namespace that run.sh made,
// and simulated agents that speak the wire protocol to it: no host boots here, but every byte that
// the page shows has gone through the daemon, the store and the public API.
import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { join, resolve } from "node:path";

const ADDRESS = process.env.SLIPWAY_ADDRESS;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function send(make, options, body) {
	return new Promise((done, fail) => {
		const text = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
		const type = Buffer.isBuffer(body) ? "application/octet-stream" : "application/json";
		const headers = { ...options.headers, ...(text ? { "Content-Type": type, "Content-Length": Buffer.byteLength(text) } : {}) };
		const request = make({ ...options, headers, timeout: 40000 }, (response) => {
			let all = "";
			response.on("data", (chunk) => (all += chunk));
			response.on("end", () => done({ status: response.statusCode, body: all ? JSON.parse(all) : null }));
		});
		request.on("error", fail);
		request.on("timeout", () => request.destroy(new Error("no answer in time")));
		request.end(text);
	});
}

export async function startAppliance(build) {
	const dir = mkdtempSync("/tmp/slipway-web-");
	const config = [
		"[server]", `state_dir=${dir}/state`, `run_dir=${dir}/run`, `address=${ADDRESS}`, "user=root",
		"[boot]", `files_dir=${dir}/boot`, "[dhcp]", "mode=off", "[web]", `dir=${resolve(build, "web")}`,
	];
	mkdirSync(join(dir, "boot", "ipxe"), { recursive: true });
	execFileSync("chmod", ["755", dir]);
	writeFileSync(join(dir, "slipway.conf"), config.join("\n") + "\n");
	const log = [];
	const daemon = spawn(resolve(build, "bin", "slipwayd"), ["--config", join(dir, "slipway.conf")], { stdio: ["ignore", "ignore", "pipe"] });
	process.on("exit", () => daemon.kill("SIGKILL")); // whatever happens to the test
	process.on("SIGTERM", () => process.exit(1));
	const ended = new Promise((done) => daemon.on("exit", done));
	daemon.stderr.on("data", (chunk) => log.push(String(chunk)));
	const stop = async () => {
		daemon.kill("SIGTERM");
		await Promise.race([ended, sleep(10000).then(() => daemon.kill("SIGKILL"))]);
		rmSync(dir, { recursive: true, force: true });
	};
	for (let i = 0; i < 300 && !existsSync(join(dir, "run", "ready")); i++) {
		if (daemon.exitCode !== null) break;
		await sleep(100);
	}
	if (!existsSync(join(dir, "run", "ready"))) {
		await stop();
		throw new Error(`slipwayd did not become ready: ${log.join("").slice(-1500)}`);
	}
	const socketPath = join(dir, "run", "admin.sock");
	const admin = async (method, path, body) => {
		const reply = await send(plainRequest, { socketPath, method, path: `/api/v1${path}`, headers: { Host: "admin" } }, body);
		if (reply.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(reply.body)}`);
		return reply.body;
	};
	// A raw image of some random bytes, signed with the lab's key and imported.
	const importImage = async (version) => {
		const slipway = (...words) => execFileSync(resolve(build, "bin", "slipway"), words, { cwd: dir, stdio: ["ignore", "ignore", "inherit"] });
		writeFileSync(join(dir, "raw.img"), randomBytes(1 << 20));
		slipway("image", "build", "--raw", "--line", "debian12", "--version", version, "--arch", "x86_64", "--output", "test.slip", "raw.img");
		const keys = readdirSync(join(dir, "state", "trust", "keys")).filter((name) => /image/.test(name) && !/pub/.test(name));
		slipway("image", "sign", "--key", join("state", "trust", "keys", keys[0]), "test.slip");
		return admin("POST", "/images", readFileSync(join(dir, "test.slip")));
	};
	return { dir, url: `https://${ADDRESS}`, admin, importImage, stop };
}

// One host's agent: its key, its session, and the events that it sends.
export class SimulatedAgent {
	// address: of this machine, from which it calls; each address may bring only so many new hosts.
	constructor(appliance, evidence, address) {
		this.evidence = { smbios_uuid: "", system_serial: "", board_serial: "", chassis_serial: "", manufacturer: "", product: "", macs: [], disks: [], ...evidence };
		const base = join(appliance.dir, `agent-${randomBytes(4).toString("hex")}`);
		execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=agent",
			"-keyout", `${base}.key`, "-out", `${base}.crt`], { stdio: "ignore" });
		this.tls = new TlsAgent({ key: readFileSync(`${base}.key`), cert: readFileSync(`${base}.crt`), rejectUnauthorized: false, keepAlive: true, localAddress: address });
		this.keyPath = `${base}.key`;
		this.spki = new X509Certificate(readFileSync(`${base}.crt`)).publicKey.export({ type: "spki", format: "der" });
		this.key = createHash("sha256").update(this.spki).digest("hex");
		this.seq = 0;
	}

	async call(method, path, body, wanted) {
		const reply = await send(tlsRequest, { host: ADDRESS, agent: this.tls, method, path: `/agent/v1${path}` }, body);
		if (!wanted.includes(reply.status)) throw new Error(`agent ${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
		return reply;
	}

	async open() {
		const { body } = await this.call("POST", "/sessions", {
			protocol: 1, nonce: randomBytes(32).toString("hex"), boot_id: "", evidence: this.evidence,
			agent: { version: "0.1.0", arch: "x86_64", firmware: "uefi", kernel: "6.1.0" },
		}, [200, 201]);
		this.session = body;
		return body;
	}

	// The next step of the plan, or null.
	async next(wait = 5, after = 0) {
		const reply = await this.call("GET", `/sessions/${this.session.session_id}/next?wait=${wait}&after=${after}`, undefined, [200, 204]);
		return reply.status === 204 ? null : JSON.parse(Buffer.from(reply.body.payload, "base64"));
	}

	events(plan, list) {
		const events = list.map(([kind, data]) => ({ seq: ++this.seq, ts: new Date().toISOString().replace(/\.\d+Z/, "Z"), kind, plan_id: plan ? plan.plan_id : "", data }));
		return this.call("POST", `/sessions/${this.session.session_id}/events`, { epoch: this.session.epoch, events }, [200]);
	}

	heartbeat(progress) {
		return this.call("POST", `/sessions/${this.session.session_id}/heartbeat`, { epoch: this.session.epoch, message: "", ...progress }, [200]);
	}

	close() {
		this.tls.destroy();
	}
}
