"""Ask each route that the API describes, with things that exist and with things that do not.

usage: walk_routes.py ADMIN-SOCKET [METHOD...]; prints how many were asked, and how many there are
"""
import http.client, json, re, socket, sys
class Admin(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(sys.argv[1])
def ask(method, path, body=None):
    c = Admin("x")
    c.request(method, path, body, {"Content-Type": "application/json"} if body is not None else {})
    r = c.getresponse()
    return r.status, r.read(1 << 20) if "follow" not in path else b""
paths = json.loads(ask("GET", "/api/v1/openapi.json")[1])["paths"]
known = {}
for path in [p for p in paths if "{" not in p and "get" in paths[p]]:
    try:
        items = json.loads(ask("GET", path)[1]).get("items") or [{}]
        known[path] = str(items[0].get("id") or items[0].get("digest") or items[0].get("name") or "none")
    except (ValueError, AttributeError, OSError):
        pass
def fill(path, real):
    collection = path.split("/{")[0]
    first = known.get(collection, "none") if real else "none"
    return re.sub(r"\{[^}]*\}", "none", re.sub(r"\{[^}]*\}", first, path, count=1))
asked = 0
METHODS = ("get", "post", "put", "patch", "delete")
for method in sys.argv[2:] or METHODS:
    for path in sorted(paths):
        if method not in paths[path]:
            continue
        for real in (False, True):
            try:
                ask(method.upper(), fill(path, real), "{}" if method in ("post", "put", "patch") else None)
            except (OSError, http.client.HTTPException):
                pass
        asked += 1
print(asked, sum(len([m for m in p if m in (sys.argv[2:] or METHODS)]) for p in paths.values()))
