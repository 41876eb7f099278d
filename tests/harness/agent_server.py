#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server for one agent, with no memory beyond the run: it hands out the steps of a file, signs them
as slipwayd does, and writes down every request. For tests of the agent alone; it judges nothing.

usage: agent_server.py DIR STEPS.json [--address A] [--port N] [--objects DIR] [--down-after N]

nginx stands before it, as before slipwayd, because only it hands on a certificate that nobody signed.

DIR gets: plan-key.pem (for the agent), pin (its --pin value), port, log.ndjson (one line a request).
STEPS.json: a list of steps without "seq"; @PORT@, @PLAIN_PORT@ and @PIN@ are filled in. --down-after N: after N requests, answer 503 ten times.
"""
import base64, hashlib, http.server, json, os, signal, socket, subprocess, sys, threading, time, urllib.parse, uuid

TYPE = "application/vnd.slipway.plan.v1+json"


def run(*argv, data=None):
    return subprocess.run(argv, input=data, check=True, stdout=subprocess.PIPE).stdout


def key_of(cert):
    public = run("openssl", "x509", "-noout", "-pubkey", data=cert.encode())
    return hashlib.sha256(run("openssl", "pkey", "-pubin", "-outform", "DER", data=public)).hexdigest()


class Server:
    def __init__(self, folder, down_after):
        self.folder, self.steps, self.down_after = folder, [], down_after
        self.lock = threading.Lock()
        self.log = open(os.path.join(folder, "log.ndjson"), "a", buffering=1)
        self.requests, self.refused = 0, 0
        self.session, self.acked, self.done = None, 0, 0
        self.permitted = False
        self.make_keys()

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_keys(self):
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", self.path("plan.key"))
        public = run("openssl", "pkey", "-in", self.path("plan.key"), "-pubout")
        with open(self.path("plan-key.pem"), "wb") as f:
            f.write(public)
        der = run("openssl", "pkey", "-in", self.path("plan.key"), "-pubout", "-outform", "DER")
        self.key_id = hashlib.sha256(der).hexdigest()
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=test", "-days", "1", "-keyout", self.path("tls.key"), "-out", self.path("tls.pem"))
        der = run("openssl", "x509", "-in", self.path("tls.pem"), "-noout", "-pubkey")
        der = run("openssl", "pkey", "-pubin", "-outform", "DER", data=der)
        with open(self.path("pin"), "w") as f:
            f.write("sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode())

    def envelope(self, seq):
        now = int(time.time())
        plan = {"type": "slipway-plan/v1", "plan_id": str(uuid.uuid4()), "host_id": "host-1",
                "session_id": self.session["id"], "epoch": 1, "agent_key": self.session["key"],
                "nonce": self.session["nonce"], "issued": now, "expires": now + 600,
                "step": dict(self.steps[seq - 1], seq=seq)}
        payload = json.dumps(plan, sort_keys=True, separators=(",", ":")).encode()
        pae = b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(payload), payload)
        with open(self.path("pae"), "wb") as f:
            f.write(pae)
        sig = run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.path("plan.key"), "-in", self.path("pae"))
        return {"payload_type": TYPE, "payload": base64.b64encode(payload).decode(),
                "signatures": [{"keyid": self.key_id, "sig": base64.b64encode(sig).decode()}]}

    def answer(self, path, body, cert):
        self.requests += 1
        if self.down_after and self.requests > self.down_after and self.refused < 10:
            self.refused += 1
            return 503, {"type": "about:blank", "title": "down", "status": 503, "code": "server.busy", "detail": "down"}
        if path == "/agent/v1/sessions":
            self.session = {"id": str(uuid.uuid4()), "nonce": body["nonce"], "key": key_of(cert)}
            self.acked = self.done = 0
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            return 201, {"session_id": self.session["id"], "host_id": "host-1", "short_code": "ABCD2345", "epoch": 1,
                         "state": "discovered", "heartbeat_s": 1, "lease_s": 30, "server_time": stamp}
        if path.endswith("/heartbeat"):
            return 200, {"epoch": 1, "may_write": self.permitted, "stop": os.path.exists(self.path("stop")), "lease_s": 30}
        if path.endswith("/permits"):
            self.permitted = True
            return 200, {"permit_id": "permit-1"}
        if path.endswith("/events"):
            return self.take_events(body)
        if path.endswith("/partners") and os.path.exists(self.path("partners.json")):
            with open(self.path("partners.json"), encoding="utf-8") as f:
                return 200, json.load(f)
        if "/next?" in path:
            return self.next_step(int(path.split("after=")[1]))
        if path == "/agent/v1/first-boot":
            return 200, {"state": "ready"}
        return 404, {"type": "about:blank", "title": "no", "status": 404, "code": "http.not_found", "detail": path}

    def take_events(self, body):
        for e in body["events"]:
            if e["seq"] <= self.acked:
                continue
            if e["seq"] != self.acked + 1:
                break
            self.acked = e["seq"]
            if e["kind"] in ("step_done", "step_failed"):
                self.done = e["data"]["seq"]
                self.permitted = False
        return 200, {"acked": self.acked}

    def next_step(self, after):
        self.done = max(self.done, after)
        if self.done < len(self.steps):
            return 200, self.envelope(self.done + 1)
        time.sleep(1)
        return 204, None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_one(self):
        n = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(n)) if n else None
        with self.server.state.lock:
            status, reply = self.server.state.answer(self.path, body, urllib.parse.unquote(self.headers.get("X-Cert") or ""))
            self.server.state.log.write(json.dumps({"t": time.time(), "path": self.path, "status": status, "body": body}) + "\n")
        data = b"" if reply is None else json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = handle_one


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def option(name, fallback):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else fallback


NGINX = """
daemon off; master_process off; error_log stderr warn; pid %(d)s/nginx.pid;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path %(d)s/tmp; proxy_temp_path %(d)s/tmp; fastcgi_temp_path %(d)s/tmp;
  uwsgi_temp_path %(d)s/tmp; scgi_temp_path %(d)s/tmp; client_max_body_size 8m;
  server {
    listen %(a)s:%(p)d ssl; ssl_certificate %(d)s/tls.pem; ssl_certificate_key %(d)s/tls.key;
    ssl_verify_client optional_no_ca;
    location / { proxy_pass http://127.0.0.1:%(b)d; proxy_set_header X-Cert $ssl_client_escaped_cert; }
  }
  server { listen %(a)s:%(q)d; location /objects/ { alias %(o)s/; } }
}
"""


def main():
    folder = os.path.abspath(sys.argv[1])
    state = Server(folder, int(option("--down-after", "0")))
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.state = state
    os.makedirs(state.path("tmp"), exist_ok=True)
    port, plain_port = int(option("--port", "0")) or free_port(), free_port()
    with open(sys.argv[2], encoding="utf-8") as f:
        text = f.read().replace("@PORT@", str(port)).replace("@PLAIN_PORT@", str(plain_port))
    with open(state.path("pin"), encoding="ascii") as f:
        state.steps = json.loads(text.replace("@PIN@", f.read()))
    with open(state.path("nginx.conf"), "w", encoding="ascii") as f:
        f.write(NGINX % {"d": folder, "a": option("--address", "127.0.0.1"), "p": port, "q": plain_port,
                         "b": httpd.server_address[1], "o": os.path.abspath(option("--objects", folder))})
    nginx = subprocess.Popen(["nginx", "-e", "stderr", "-c", state.path("nginx.conf")])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(state.path("port.new"), "w", encoding="ascii") as f:
        f.write(str(port))
    os.rename(state.path("port.new"), state.path("port"))
    try:
        httpd.serve_forever()
    finally:
        nginx.terminate()


main()
