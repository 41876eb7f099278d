#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Honest hosts, and a stranger that does everything at random beside them. tests/flow/hostile_random.sh runs both, each from a
network namespace with its own address.

usage: hostile_random.py honest DIR ADDRESS NAME SECONDS   lives one after another: a JSON line for each in DIR/lives.NAME
       hostile_random.py attack DIR ADDRESS SEED SECONDS   with a key of its own; what it got: {"STATUS": COUNT}

The stranger sees more than a stranger could: sessions, plans and arms of the honest hosts, as they write them into DIR/known.
It has no key of theirs and no token. Whatever is answered to it is searched for their secrets (DIR/secrets).
"""
import base64, collections, http.client, json, os, random, socket, sys, time
from urllib.parse import quote
from hostile_agent import Agent, make_certificate, tls_context

BEATS = 2  # heartbeats in each long step: a life takes about three seconds


class Honest(Agent):
    """A host that leaves its names lying about, and its secrets where the test looks for them."""

    def work(self, beats):
        step = self.step()
        known = {"serial": self.serial, "mac": self.mac, "uuid": self.uuid, "disk": self.disk, "host": self.host, "session": self.session,
                 "plan": self.plan.get("plan_id", ""), "arm": step.get("arm_id", ""), "epoch": self.epoch,
                 "digest": step.get("image_digest", "")}
        with open(os.path.join(self.folder, "known", self.serial + ".new"), "w") as f:
            json.dump(known, f)
        os.replace(f.name, f.name[:-4])
        if step.get("kind") == "image":
            with open(os.path.join(self.folder, "secrets"), "a") as f:
                f.write(step["first_boot"]["token"] + "\n")
        return super().work(beats)


def honest(folder, address, name, seconds):
    end, n = time.monotonic() + seconds, 0
    with open(os.path.join(folder, "lives." + name), "w") as lives:
        while time.monotonic() < end:
            n += 1
            agent = Honest(folder, address, "H-%s-%d" % (name, n), key_name="honest-" + name)
            agent.folder = folder
            begun = time.monotonic()
            state = agent.live(60, BEATS)
            took = time.monotonic() - begun
            agent.close()
            print(json.dumps({"serial": agent.serial, "state": state, "took": round(took, 2), "slowest_ms": agent.slowest_ms}),
                  file=lives, flush=True)
            time.sleep(1)


# ---- the stranger ----------------------------------------------------------------------------------

TEXTS = ["", "x", "é" * 300, "\u202e\u0000", "🙂" * 64, "'; DROP TABLE host;--", "../../etc/passwd", "{{7*7}}", "<script>", "%00%0a", "*", "\n\r"]


class Stranger:
    def __init__(self, folder, address, seed):
        self.folder, self.address, self.r = folder, address, random.Random(seed)
        self.agent = Agent(folder, address, "STRANGER", key_name="stranger")
        self.others = tls_context(*make_certificate(folder, "stranger-two")), tls_context()
        self.count, self.sent, self.leaks = collections.Counter(), [], []
        self.paths = json.load(open(os.path.join(folder, "openapi.json")))["paths"]
        self.known, self.secrets, self.read_at = [], [], 0

    def look(self):
        """What lies about by now."""
        if time.monotonic() < self.read_at:
            return
        self.read_at = time.monotonic() + 0.5
        where = os.path.join(self.folder, "known")
        self.known = [json.load(open(os.path.join(where, f))) for f in os.listdir(where) if not f.endswith(".new")]
        self.known.sort(key=lambda k: k["serial"])
        self.secrets = [line.strip().encode() for line in open(os.path.join(self.folder, "secrets"))]

    def victim(self, key):
        return self.r.choice(self.known)[key] if self.known else ""

    # ---- values

    def text(self):
        if self.r.random() < 0.3:
            return "".join(chr(self.r.choice([self.r.randrange(32, 0xd800), self.r.randrange(0xe000, 0x110000)])) for _ in range(self.r.randrange(40)))
        return self.r.choice(TEXTS)

    def value(self, depth=0):
        kind = self.r.randrange(9 if depth < 3 else 6)
        return [self.text, lambda: self.r.randrange(-2**63, 2**64), lambda: None, lambda: self.r.random() < 0.5,
                lambda: self.victim(self.r.choice(["serial", "mac", "uuid", "host", "session", "plan", "arm", "digest"])),
                lambda: self.r.random() * 1e300,
                lambda: [self.value(depth + 1) for _ in range(self.r.randrange(4))],
                lambda: {self.text(): self.value(depth + 1) for _ in range(self.r.randrange(4))},
                lambda: {}][kind]()

    def mangle(self, document):
        """The same with one thing wrong, now and then."""
        document = json.loads(json.dumps(document))
        if isinstance(document, dict) and document and self.r.random() < 0.4:
            key = self.r.choice(sorted(document))
            if self.r.random() < 0.2:
                del document[key]
            else:
                document[key] = self.mangle(document[key]) if self.r.random() < 0.5 else self.value()
        return document

    # ---- requests

    def take(self, status, body):
        self.count[str(status)] += 1
        forms = body + base64.b64decode(json.loads(body)["payload"]) if body.startswith(b'{"payload"') else body
        for secret in self.secrets:
            if secret in forms:
                self.leaks.append(status)
        return status, body

    def ask(self, method, path, body=None, headers=None, port=443, context=None):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
        link = (http.client.HTTPSConnection(self.address, port, timeout=15, context=context or self.agent.context) if port == 443
                else http.client.HTTPConnection(self.address, port, timeout=15))
        try:
            link.request(method, path, data, headers or {})
            answer = link.getresponse()
            return self.take(answer.status, answer.read())
        except (OSError, http.client.HTTPException, ValueError, UnicodeError):
            self.count["0"] += 1
            return 0, b""
        finally:
            link.close()

    def remember(self, *request):
        self.sent.append(request)
        del self.sent[:-200]
        return self.ask(*request)

    def session(self):
        return self.victim("session") if self.r.random() < 0.7 else self.agent.session or self.text()

    def verb(self, method, verb, body=None):
        path = "/agent/v1/sessions/%s/%s" % (quote(str(self.session()), safe=""), verb)
        return self.remember(method, path, body)

    # ---- what it does

    def open(self):
        v = self.r.choice(self.known) if self.known else None
        evidence = self.agent.evidence()
        if v and self.r.random() < 0.9:
            evidence.update(smbios_uuid=v["uuid"], system_serial=v["serial"], macs=[v["mac"]], disks=[{"wwn": "", "serial": v["disk"]}])
            for key in self.r.sample(sorted(evidence), self.r.randrange(3)):
                evidence[key] = self.agent.evidence()[key]
        status, body = self.remember("POST", "/agent/v1/sessions", self.mangle({
            "protocol": 1, "nonce": os.urandom(32).hex(), "boot_id": "", "evidence": evidence,
            "agent": {"version": "0", "arch": "x86_64", "firmware": "uefi", "kernel": "6.1"}}))
        if status == 201:
            reply = json.loads(body)
            self.agent.session, self.agent.epoch = reply["session_id"], reply["epoch"]
            with open(os.path.join(self.folder, "opened"), "a") as f:
                print(json.dumps(evidence), file=f)

    def events(self):
        kinds = {"step_done": {"seq": self.r.randrange(6), "result": self.r.choice(["ok", "PASS", self.text()])},
                 "step_failed": {"seq": self.r.randrange(6), "code": "guard.disk", "detail": self.text(), "fault": {
                     "part": "disk", "slot": self.text(), "serial": self.text(), "action": self.text()}},
                 "log": {"level": "error", "message": self.text()}, "facts": self.value(), "burnin": self.value(), "receipt": self.value(),
                 self.text(): self.value()}
        kind = self.r.choice(sorted(kinds))
        self.verb("POST", "events", self.mangle({"epoch": self.r.randrange(3), "events": [{
            "seq": self.r.randrange(20), "ts": "2026-01-01T00:00:00Z", "kind": kind, "plan_id": self.victim("plan"), "data": kinds[kind]}]}))

    def permit(self):
        self.verb("POST", "permits", self.mangle({"epoch": self.r.randrange(1, 3), "plan_id": self.victim("plan"), "data_found": [],
                                                  "arm_id": self.victim("arm"), "disk": {"wwn": "", "serial": self.victim("disk"), "size_bytes": 8 << 30}}))

    def heartbeat(self):
        self.verb("POST", "heartbeat", self.mangle({"epoch": self.r.randrange(1, 3), "stage": "write", "done": 1, "total": 2, "unit": "bytes",
                                                    "eta_s": None, "message": self.text()}))

    def next(self):
        self.verb("GET", "next?wait=0&after=%d" % self.r.randrange(-1, 5))

    def first_boot(self):
        self.remember("POST", "/agent/v1/first-boot", self.mangle({
            "token": os.urandom(32).hex(), "boot_id": "b", "machine_id": "0" * 32, "kernel": "6.1", "hostname": self.text(),
            "image_digest": self.victim("digest"), "root_disk_serial": self.victim("disk")}))

    def api(self):
        path = self.r.choice(sorted(self.paths))
        method = self.r.choice(sorted(self.paths[path])).upper()
        while "{" in path:
            head, _, tail = path.partition("{")
            path = head + (self.victim("host") or "x") + tail.partition("}")[2]
        headers = self.r.choice([{}, {"Authorization": "Bearer slw_" + os.urandom(20).hex()}, {"X-Slipway-Listener": "admin"},
                                 {"X-Slipway-Client-Cert": "x", "X-Slipway-Listener": "tls"}])
        body = None if method == "GET" else self.r.choice([{"reason": "r"}, {"code": ""}, self.value(), b"\xff\xfe{", {
            "image": "debian12@1", "disk": {"serial": self.victim("disk")}, "reason": "r"}])
        headers = dict(headers, **{"Content-Type": "application/json"})
        status, _ = self.remember(method, path, body, headers, 443, self.r.choice([None, *self.others]))
        public = path == "/api/v1/openapi.json" or path.startswith("/api/v1/errors")
        if path.startswith("/api/v1/") and not public and 200 <= status < 300:
            self.leaks.append("%s %s answered %d" % (method, path, status))

    def boot(self):
        query = self.r.choice(["mac=" + self.victim("mac"), "mac=52:54:00:99:%02x:%02x" % (self.r.randrange(256), self.r.randrange(256)), "mac=%ff%00", "uuid=" + self.victim("uuid"),
                               "x" * self.r.randrange(9000)])
        self.remember("GET", "/boot/v1/script?" + query, None, None, 80)

    def raw(self):
        try:
            with socket.create_connection((self.address, self.r.choice([80, 443])), 3) as s:
                s.sendall(self.r.randbytes(self.r.randrange(1, 2000)))
        except OSError:
            self.count["0"] += 1

    def replay(self):
        if self.sent:
            self.ask(*self.r.choice(self.sent))

    def run(self, seconds):
        acts = [self.open, self.events, self.permit, self.heartbeat, self.next, self.first_boot, self.api, self.api, self.boot, self.raw, self.replay]
        end = time.monotonic() + seconds
        while time.monotonic() < end or self.too_few(seconds, time.monotonic() - end):
            self.look()
            self.r.choice(acts)()

    def too_few(self, seconds, over):
        """This program gets only the time that nobody wants: on a busy machine it needs longer for its share."""
        return over < 50 and sum(n for status, n in self.count.items() if status != "0") <= seconds * 3


def attack(folder, address, seed, seconds):
    stranger = Stranger(folder, address, seed)
    stranger.run(seconds)
    print(json.dumps({"answers": dict(stranger.count), "leaks": stranger.leaks[:20]}))


if __name__ == "__main__":
    command, rest = sys.argv[1], sys.argv[2:]
    if command == "honest":
        honest(rest[0], rest[1], rest[2], float(rest[3]))
    elif command == "attack":
        attack(rest[0], rest[1], int(rest[2]), float(rest[3]))
    else:
        sys.exit(__doc__)
