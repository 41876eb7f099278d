#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every route that reads, asked with every id that lists name, of a slipwayd behind its admin socket; none may show a secret.

usage: hostile_secrets.py SOCKET MARKER...   TAP lines without numbers: "ok NAME", or "not ok NAME"
"""
import base64, gzip, http.client, json, re, socket, sys

sock_path, markers = sys.argv[1], sys.argv[2:]
# What needs a parameter, or has nothing to show here: the rest must answer 200 at least once, where its list has a row.
PARAMETERS = {"/api/v1/diff": "?from=2020-01-01T00:00:00Z", "/api/v1/changes": "?since=0&wait=0", "/boot/v1/script": "?mac=52:54:00:00:00:01"}
EMPTY = {"/api/v1/channel", "/api/v1/uploads/{id}", "/api/v1/hosts/{id}/compare", "/api/v1/deliveries/{id}/pipeline"}


class Link(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(sock_path)


def get(path):
    link = Link("x")
    link.request("GET", path, headers={"Accept-Encoding": "identity"})
    answer = link.getresponse()
    body = answer.read()
    link.close()
    return answer.status, body


def forms(marker):
    """The marker as it is, and in base64 at each of its three places."""
    raw = marker.encode()
    yield raw
    for pad in range(3):
        inner = base64.b64encode(b"x" * pad + raw)
        yield inner[4:-4] if pad else inner[:-4]


NEEDLES = [n for m in markers for n in forms(m)]


def shown(body):
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    return any(n in body for n in NEEDLES)


def ids_of(collection):
    status, body = get(collection + "?limit=100")
    try:
        document = json.loads(body)
    except ValueError:
        return []
    rows = document.get("items") or document.get(collection.rsplit("/", 1)[1]) or []
    found = []
    for row in rows if isinstance(rows, list) else []:
        found += [str(row[k]) for k in ("id", "name", "digest") if row.get(k) not in (None, "")]
    return found[:40]


def urls(path):
    """Every URL that the route can be asked by."""
    base, _, rest = path.partition("/{")
    if not rest:
        more = PARAMETERS.get(path, "")
        yield path + more
        if "export" in path:
            for of in collections:
                yield path + "?of=" + of
        if not more and path.rsplit("/", 1)[1] in collections:
            yield path + "?history=true&limit=1000"
        return
    tail = re.sub(r"^[^}]*}", "", rest)
    for one in ids_of(base):
        yield base + "/" + one.replace("/", "%2F") + tail


description = json.loads(get("/api/v1/openapi.json")[1])
paths = [p for p, verbs in description["paths"].items() if "get" in verbs and not p.startswith("/agent/")]
collections = [p.rsplit("/", 1)[1] for p in paths if "{" not in p and p.startswith("/api/v1/")]
n_bad = 0
for path in sorted(paths):
    answered, asked, leaks = 0, 0, []
    for url in urls(path):
        asked += 1
        status, body = get(url)
        answered += status == 200
        if shown(body):
            leaks.append(url)
    if leaks or not (answered or not asked or path in EMPTY):
        n_bad += 1
        print("not ok %s %s" % (path, "shows a secret: " + " ".join(leaks) if leaks else "was not answered"))
    else:
        print("ok %s shows no secret, %d answers" % (path, answered))
sys.exit(n_bad > 0)
