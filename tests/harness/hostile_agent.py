#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A machine on the provisioning network with a certificate of its own. It speaks to a real slipwayd behind nginx and TLS,
well or badly. The flow tests tests/flow/hostile_*.sh run it, each from a network namespace with its own address.

usage: hostile_agent.py honest DIR ADDRESS SERIAL SECONDS   a host from power-on to ready; "STATE SLOWEST_MS" of its heartbeats
       hostile_agent.py again DIR ADDRESS SERIAL SECONDS    a host that opens its session anew each second: "N FAILED SLOWEST_MS"
       hostile_agent.py boot ADDRESS SECONDS                boot scripts, 20 a second: "P50 P99 MAX FAILED", in ms
       hostile_agent.py text DIR ADDRESS                    field-F1 and its kind: a line "ok|not ok NAME" for each text
       hostile_agent.py flood NAME DIR ADDRESS SECONDS      one of FLOODS; what was answered: {"STATUS": COUNT}

Everything at random: hostile_random.py.
"""
import base64, collections, hashlib, http.client, itertools, json, os, random, resource, socket, ssl, subprocess, sys, threading, time, uuid

# The addresses of this machine, taken in turn: the server limits each by itself.
SOURCES = itertools.cycle([(a, 0) for a in os.environ.get("SOURCES", "").split()] or [None])
RECEIPT = "application/vnd.slipway.receipt.v1+json"


def run(*argv, data=None):
    return subprocess.run(argv, input=data, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def make_certificate(folder, name):
    """The paths of a key and a certificate that nobody signed but itself."""
    key, cert = os.path.join(folder, name + ".key"), os.path.join(folder, name + ".crt")
    if not os.path.exists(cert):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
            "-days", "10", "-keyout", key, "-out", cert)
    return key, cert


def tls_context(key=None, cert=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if cert:
        context.load_cert_chain(cert, key)
    return context


class Agent:
    """One boot of one machine: a key, a nonce, evidence, and a session once open() has answered 201."""

    def __init__(self, folder, address, serial, mac=None, key_name=None, disk=None):
        self.address, self.serial, self.source = address, serial, next(SOURCES)
        number = int(hashlib.sha256(serial.encode()).hexdigest()[:8], 16)
        self.mac = mac or "52:54:00:%02x:%02x:%02x" % (number >> 16 & 255, number >> 8 & 255, number & 255)
        self.uuid = str(uuid.uuid5(uuid.NAMESPACE_DNS, serial))
        self.disk = disk or "D-" + serial
        self.key, self.cert = make_certificate(folder, key_name or "agent-" + serial)
        self.context = tls_context(self.key, self.cert)
        self.nonce = os.urandom(32).hex()
        self.session, self.host, self.code, self.epoch, self.seq, self.after = None, None, None, 1, 0, 0
        self.plan, self.reply, self.slowest_ms, self.link = {}, {}, 0, None

    def call(self, method, path, body=None, headers=None, wait_s=20):
        """(status, document); a broken connection is status 0. body: bytes as they are, or a document."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        for _ in range(2):
            try:
                fresh = self.link is None
                if fresh:
                    self.link = http.client.HTTPSConnection(self.address, 443, timeout=wait_s, context=self.context,
                                                            source_address=self.source)
                self.link.request(method, path, data, headers or {})
                answer = self.link.getresponse()
                text = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self.close()
                if fresh:
                    return 0, {}
        else:
            return 0, {}
        try:
            self.reply = json.loads(text) if text else {}
        except ValueError:
            self.reply = {"text": text.decode("utf-8", "replace")}
        return answer.status, self.reply

    def close(self):
        if self.link:
            self.link.close()
        self.link = None

    def evidence(self):
        return {"smbios_uuid": self.uuid, "system_serial": self.serial, "board_serial": "", "chassis_serial": "",
                "manufacturer": "Slipway", "product": "Fake", "macs": [self.mac], "disks": [{"wwn": "", "serial": self.disk}]}

    def open(self, **more):
        body = {"protocol": 1, "nonce": self.nonce, "boot_id": "", "evidence": dict(self.evidence(), **more),
                "agent": {"version": "0", "arch": "x86_64", "firmware": "uefi", "kernel": "6.1"}}
        status, reply = self.call("POST", "/agent/v1/sessions", body)
        if status == 201:
            self.session, self.host, self.epoch = reply["session_id"], reply["host_id"], reply["epoch"]
            self.code = reply["short_code"]
        return status

    def verb(self, method, verb, body=None, session=None, wait_s=20):
        return self.call(method, "/agent/v1/sessions/%s/%s" % (session or self.session, verb), body, wait_s=wait_s)

    def event(self, kind, data, **more):
        self.seq += 1
        one = {"seq": self.seq, "ts": "2026-01-01T00:00:00Z", "kind": kind, "plan_id": self.plan.get("plan_id", ""), "data": data}
        return self.verb("POST", "events", dict({"epoch": self.epoch, "events": [one]}, **more))[0]

    def facts(self):
        return self.event("facts", {
            "system": {"Manufacturer": "Slipway", "Model": "Fake", "SerialNumber": self.serial, "UUID": self.uuid},
            "boot": {"firmware": "uefi", "arch": "x86_64"},
            "processors": [{"Socket": "CPU0", "Model": "Fake CPU", "TotalCores": 4, "TotalThreads": 8}],
            "memory": {"TotalMiB": 1024, "modules": [{"DeviceLocator": "DIMM0", "CapacityMiB": 1024, "SerialNumber": "M1"}]},
            "drives": [{"Name": "vda", "SerialNumber": self.disk, "CapacityBytes": 8 << 30, "Protocol": "virtio",
                        "MediaType": "SSD", "Removable": False, "signatures": []}],
            "nics": [{"Name": "eth0", "MACAddress": self.mac, "LinkUp": True}]})

    def records(self):
        """A burn-in of one test that passes."""
        step = lambda **what: {"testStepArtifact": dict({"testStepId": "smart"}, **what)}
        run = [{"schemaVersion": {"major": 2, "minor": 0}},
               {"testRunArtifact": {"testRunStart": {"name": "n", "dutInfo": {"dutInfoId": "d", "hardwareInfos": []}}}},
               step(testStepStart={"name": "s"}), step(diagnosis={"verdict": "smart-pass", "type": "PASS"}),
               step(testStepEnd={"status": "COMPLETE"}),
               {"testRunArtifact": {"testRunEnd": {"status": "COMPLETE", "result": "PASS"}}}]
        status = 200
        for i, record in enumerate(run):
            if status == 200:
                status = self.event("burnin", dict(record, sequenceNumber=i, timestamp="2026-01-01T00:00:00Z"))
        return status

    def next(self, wait_s=1):
        """The status; self.plan is the payload of what was handed out."""
        status, reply = self.verb("GET", "next?wait=%d&after=%d" % (wait_s, self.after))
        if status == 200:
            self.plan = json.loads(base64.b64decode(reply["payload"]))
            if self.step()["kind"] == "wait":
                self.after = self.step()["seq"]
        return status

    def step(self):
        return self.plan.get("step", {})

    def done(self, result="ok"):
        status = self.event("step_done", {"seq": self.step().get("seq", 1), "result": result})
        self.after = self.step().get("seq", self.after)
        return status

    def failed(self, detail, code="guard.disk", action=""):
        return self.event("step_failed", {"seq": self.step().get("seq", 1), "code": code, "detail": detail, "fault": {
            "part": "disk", "slot": "bay 1", "serial": "S", "action": action}})

    def heartbeat(self):
        begun = time.monotonic()
        status = self.verb("POST", "heartbeat", {"epoch": self.epoch, "stage": "write", "done": 1, "total": 2, "unit": "bytes",
                                                 "eta_s": None, "message": ""})[0]
        if status == 200:
            self.slowest_ms = max(self.slowest_ms, int((time.monotonic() - begun) * 1000))
        return status

    def permit(self, **more):
        disk = self.step().get("disk", {"wwn": "", "serial": self.disk, "size_bytes": 8 << 30})
        return self.verb("POST", "permits", dict({"epoch": self.epoch, "plan_id": self.plan.get("plan_id", ""), "data_found": [],
                                                  "arm_id": self.step().get("arm_id", ""), "disk": disk}, **more))[0]

    def receipt(self, **more):
        """Signed by this boot's key, for the present plan."""
        payload = json.dumps(dict({
            "type": "slipway-receipt/v1", "host_id": self.host, "session_id": self.session, "work": "image",
            "plan_id": self.plan.get("plan_id", "p"), "arm_id": self.step().get("arm_id", "a"),
            "disk": {"wwn": "", "serial": self.disk, "size_bytes": 8 << 30},
            "report": {"manifest_sha256": self.step().get("image_digest", ""), "line": self.step().get("line", "")}}, **more),
            sort_keys=True, separators=(",", ":")).encode()
        pae = b"DSSEv1 %d %s %d %s" % (len(RECEIPT), RECEIPT.encode(), len(payload), payload)
        sig = run("openssl", "dgst", "-sha256", "-sign", self.key, data=pae)
        public = run("openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER")
        return self.event("receipt", {
            "payload_type": RECEIPT, "payload": base64.b64encode(payload).decode(), "public_key": base64.b64encode(public).decode(),
            "signatures": [{"keyid": hashlib.sha256(public).hexdigest(), "sig": base64.b64encode(sig).decode()}]})

    def first_boot(self, token, digest):
        return self.call("POST", "/agent/v1/first-boot", {
            "token": token, "boot_id": "b", "machine_id": "0123456789abcdef0123456789abcdef", "kernel": "6.1", "hostname": "h",
            "image_digest": digest, "root_disk_serial": self.disk})[0]

    # ---- an honest life ----------------------------------------------------------------------------

    def work(self, beats):
        """One step, done honestly. beats: heartbeats before the end of each long one. False: nothing came of it."""
        kind = self.step().get("kind")
        if kind == "inspect":
            return self.facts() == 200 and self.done() == 200
        if kind == "burn_in":
            return self.beat(beats) and self.records() == 200 and self.done("PASS") == 200
        if kind == "image":
            image = self.step()
            if self.permit() != 200 or not self.beat(beats) or self.receipt() != 200 or self.done() != 200:
                return False
            self.booted = image
        return True

    def beat(self, n):
        for _ in range(n):
            self.heartbeat()
            time.sleep(0.5)
        return True

    def live(self, seconds, beats=8):
        """From power-on to ready, as an agent would: it tries again until the time is over. Returns the last state."""
        end, state = time.monotonic() + seconds, "none"
        while time.monotonic() < end:
            if self.session is None and self.open() != 201:
                time.sleep(0.5)
                continue
            status = self.next()
            if status in (401, 403, 404, 409, 410):
                self.session, self.seq, self.after, self.nonce = None, 0, 0, os.urandom(32).hex()
                continue
            if status == 204:
                self.heartbeat()
            if status != 200:
                time.sleep(0.2)
                continue
            state = self.step()["kind"]
            if state == "reboot":
                first = self.booted["first_boot"]
                if self.first_boot(first["token"], self.booted["image_digest"]) == 200:
                    return self.reply["state"]
            elif not self.work(beats):
                time.sleep(0.2)
        return state


# ---- boot answers ----------------------------------------------------------------------------------


def boot(address, seconds):
    took, failed, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            link = http.client.HTTPConnection(address, 80, timeout=10)
            link.request("GET", "/boot/v1/script?mac=52:54:00:aa:00:01&arch=x86_64&platform=efi")
            if link.getresponse().status != 200:
                failed += 1
            link.close()
        except (OSError, http.client.HTTPException):
            failed += 1
        took.append((time.monotonic() - begun) * 1000)
        time.sleep(max(0, 0.05 - (time.monotonic() - begun)))
    took.sort()
    print("%d %d %d %d" % (took[len(took) // 2], took[int(len(took) * 0.99) - 1], took[-1], failed))


# ---- field-F1: text --------------------------------------------------------------------------------

TEXTS = {
    "256 times an e with acute": "\u00e9" * 256,
    "255 and one byte": "x" + "\u00e9" * 255,
    "euro signs": "\u20ac" * 170,
    "four bytes each": "\U0001f4a9" * 128,
    "lines": "\u00e9\n" * 170,
    "quotes": "\"\\'" * 150,
    "formats": "%s%n%99999d" * 40,
    "markup": "<img src=x onerror=alert(1)>" * 15,
    "the last character of each length": "\x7e\u07ff\uffff\U0010ffff" * 40,
}
# Bodies that are refused as a whole; each stands in the place of a text.
RAW = {
    "a byte that begins no character": b'"\xff"',
    "half a character": b'"\xc3"',
    "a surrogate, encoded": b'"\xed\xa0\x80"',
    "a lone surrogate, escaped": b'"\\ud800"',
    "the wrong half, escaped": b'"\\udc00\\ud800"',
    "overlong": b'"\xc0\xaf"',
    "above all characters": b'"\xf4\x90\x80\x80"',
    "a NUL, escaped": b'"\\u0000"',
    "a NUL": b'"a\x00b"',
    "an escape sequence": b'"\\u001b[2J"',
}


def text(folder, address):
    for i, (name, value) in enumerate(TEXTS.items()):
        for code in ("guard.disk", value[:20].encode()[:64].decode("utf-8", "ignore")):
            agent = Agent(folder, address, "T%d%d" % (i, len(code)), key_name="text")
            good = agent.open() == 201 and agent.next() == 200
            agent.failed(value[:512].encode()[:512].decode("utf-8", "ignore"), code, value.encode()[:512].decode("utf-8", "ignore"))
            good = good and agent.next() == 200 and agent.step()["kind"] in ("wait", "inspect")
            agent.event("log", {"level": "error", "text": value})
            good = good and agent.next(0) in (200, 204) and agent.heartbeat() == 200
            print("ok" if good else "not ok", name, "as detail with code", "of ours" if code == "guard.disk" else "of its own")
    for i, (name, raw) in enumerate(RAW.items()):
        agent = Agent(folder, address, "TRAW%d" % i, key_name="text")
        agent.open()
        head = b'{"epoch":%d,"events":[{"seq":%d,"ts":"2026-01-01T00:00:00Z","kind":"log","plan_id":"","data":{"level":"error","text":'
        status = agent.verb("POST", "events", head % (agent.epoch, agent.seq + 1) + raw + b"}}]}")[0]
        agent.seq = max(agent.seq, agent.reply.get("acked", 0))
        refused = agent.verb("GET", "next?wait=0&after=0")[0] in (200, 204)
        print("ok" if status in (200, 400) and refused else "not ok", name, "in an event: %d" % status)
        body = json.dumps({"protocol": 1, "nonce": agent.nonce, "boot_id": "", "evidence": dict(agent.evidence(), system_serial="@@"),
                           "agent": {"version": "0", "arch": "x86_64", "firmware": "uefi", "kernel": "6.1"}}).encode()
        status = agent.call("POST", "/agent/v1/sessions", body.replace(b'"@@"', raw))[0]
        print("ok" if status == 400 else "not ok", name, "as a serial: %d" % status)


# ---- floods ----------------------------------------------------------------------------------------


class Count:
    def __init__(self):
        self.lock, self.n = threading.Lock(), collections.Counter()

    def add(self, what):
        with self.lock:
            self.n[str(what)] += 1


def unread_downloads(folder, address, end, count):
    """Connections that ask for a large file and never read it."""
    held = []
    while time.monotonic() < end and len(held) < 8400:
        try:
            s = socket.create_connection((address, 80), 2)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall(b"GET /boot/files/x86_64/vmlinuz HTTP/1.1\r\nHost: x\r\n\r\n")
            held.append(s)
            count.add("opened")
        except OSError:
            count.add("refused")
            time.sleep(0.01)
    time.sleep(max(0, end - time.monotonic()))


def bodies_without_a_certificate(folder, address, end, count):
    bodies(address, end, count, tls_context(), "/agent/v1/sessions")


def bodies_with_a_certificate(folder, address, end, count):
    path = "/agent/v1/sessions/%s/events" % uuid.uuid4()
    bodies(address, end, count, tls_context(*make_certificate(folder, "flood")), path)


def bodies(address, end, count, context, path):
    """A hundred connections, each sending a body as long as is let in, slowly enough to stay."""

    def one():
        while time.monotonic() < end:
            try:
                s = context.wrap_socket(socket.create_connection((address, 443), 5))
                s.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 5242879\r\n\r\n" % path.encode())
                s.settimeout(0.01)
                for _ in range(80):
                    s.sendall(b"x" * 65536)
                    time.sleep(0.02)
                while time.monotonic() < end:
                    time.sleep(0.5)
            except OSError:
                count.add("closed")
                time.sleep(0.05)
    threads(100, one)


def threads(n, work):
    all_of_them = [threading.Thread(target=work, daemon=True) for _ in range(n)]
    for t in all_of_them:
        t.start()
    for t in all_of_them:
        t.join()


def large_events(folder, address, end, count):
    """One session that fills the store: batches of logs and facts, as large as is let in."""
    agent = Agent(folder, address, "FLOOD", key_name="flood")
    while time.monotonic() < end and agent.open() != 201:
        count.add(agent.reply.get("code", "none"))
        time.sleep(0.2)
    while time.monotonic() < end:
        first = agent.seq + 1
        events = [{"seq": first + i, "ts": "2026-01-01T00:00:00Z", "kind": "step_failed", "plan_id": "",
                   "data": {"seq": 999, "code": "guard.disk", "detail": os.urandom(250).hex()}} for i in range(256)]
        status, reply = agent.verb("POST", "events", {"epoch": agent.epoch, "events": events})
        count.add(status if status == 200 else reply.get("code", status))
        agent.seq = reply.get("acked", agent.seq)
        if status != 200:
            time.sleep(0.1)


def enrolments(folder, address, end, count):
    """Three hundred machines that nobody knows, all at once and again and again."""
    key, cert = make_certificate(folder, "flood")

    def one():
        while time.monotonic() < end:
            agent = Agent(folder, address, "E" + os.urandom(6).hex(), key_name="flood")
            status = agent.open()
            agent.close()
            count.add(status if status in (0, 201) else agent.reply.get("code", status))
    threads(60, one)


def enrolments_of_many(folder, address, end, count):
    """The same from every address that it has, no address too often: SOURCES."""
    make_certificate(folder, "flood")

    def one():
        while time.monotonic() < end:
            begun = time.monotonic()
            agent = Agent(folder, address, "M" + os.urandom(6).hex(), key_name="flood")
            status = agent.open()
            agent.close()
            count.add(status if status in (0, 201) else agent.reply.get("code", status))
            time.sleep(max(0, 1.05 - (time.monotonic() - begun)))
    threads(max(1, len(os.environ.get("SOURCES", "").split())), one)


def requests(folder, address, end, count):
    """Small requests, as many as one address gets through."""
    def one():
        agent = Agent(folder, address, "REQ", key_name="flood")
        while time.monotonic() < end:
            status = agent.call("POST", "/agent/v1/first-boot", {"token": "0" * 64}, wait_s=5)[0]
            count.add(status)
    threads(40, one)


FLOODS = {"unread_downloads": unread_downloads, "bodies_without_a_certificate": bodies_without_a_certificate,
          "bodies_with_a_certificate": bodies_with_a_certificate,
          "large_events": large_events, "enrolments": enrolments, "enrolments_of_many": enrolments_of_many,
          "requests": requests}


def flood(name, folder, address, seconds):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))
    count = Count()
    make_certificate(folder, "flood")
    FLOODS[name](folder, address, time.monotonic() + seconds, count)
    print(json.dumps(dict(count.n)))


def honest(folder, address, serial, seconds):
    agent = Agent(folder, address, serial)
    print(agent.live(seconds), agent.slowest_ms)


def again(folder, address, serial, seconds):
    """A known host whose agent opens its session again and again: how many, how many failed, the slowest in ms."""
    agent, end, took, failed = Agent(folder, address, serial), time.monotonic() + seconds, [], 0
    while time.monotonic() < end:
        agent.nonce, begun = os.urandom(32).hex(), time.monotonic()
        failed += agent.open() != 201
        took.append((time.monotonic() - begun) * 1000)
        agent.close()
        time.sleep(1)
    print(len(took), failed, int(max(took)))


def main():
    command, rest = sys.argv[1], sys.argv[2:]
    if command == "honest":
        honest(rest[0], rest[1], rest[2], float(rest[3]))
    elif command == "again":
        again(rest[0], rest[1], rest[2], float(rest[3]))
    elif command == "boot":
        boot(rest[0], float(rest[1]))
    elif command == "text":
        text(*rest)
    elif command == "flood":
        flood(rest[0], rest[1], rest[2], float(rest[3]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
