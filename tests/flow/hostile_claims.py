# SPDX-License-Identifier: Apache-2.0
"""What strangers claim of hosts, and one person of what takes two; for hostile_claims.sh, run on a machine of the network.

usage: hostile_claims.py DIR ADDRESS    a line "ok|not ok NAME: what came" for each claim

DIR/run/admin.sock is there for the test's own questions, never for an attack.
"""
import http.client, json, os, socket, sys, uuid

sys.path.insert(0, "tests/harness")
from hostile_agent import Agent, tls_context

folder, address = sys.argv[1:]
MARKER = "MARKERclaims"  # in the profile's user data


class Admin(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(os.path.join(folder, "run/admin.sock"))


def ask(link, method, path, body, headers):
    link.request(method, path, None if body is None else json.dumps(body), dict(headers, **{"Content-Type": "application/json"}))
    answer = link.getresponse()
    text = answer.read()
    link.close()
    return answer.status, json.loads(text) if text else {}


def admin(method, path, body=None):
    return ask(Admin("x"), method, path, body, {})


def person(token, method, path, body=None):
    return ask(http.client.HTTPSConnection(address, 443, timeout=20, context=tls_context()), method, path, body,
               {"Authorization": "Bearer " + token})


def same(name, got, wanted):
    print("ok" if got == wanted else "not ok", name + ":", got if got == wanted else "%s, not %s" % (got, wanted), flush=True)


def state(serial):
    return [h["state"] for h in admin("GET", "/api/v1/hosts?serial=" + serial)[1]["items"]]


def number(kind):
    return len(admin("GET", "/api/v1/events?limit=1000&kind=" + kind)[1]["items"])


def hosts():
    return admin("GET", "/api/v1/hosts?limit=1000")[1]["items"]


def said(agent):
    """Nothing secret is in what it was answered."""
    text = json.dumps(agent.reply)
    return MARKER not in text and "first_boot" not in text and "token" not in text


def known_mac():
    """field-F2: who knows a host's names, before and after a person has approved it."""
    living, thief = Agent(folder, address, "W-0"), Agent(folder, address, "W-0", key_name="thief")
    same("field-F2 a host that nobody approved yet", (living.open(), living.next(), living.facts(), living.done()), (201, 200, 200, 200))
    same("field-F2 another key while it lives", (thief.open(), thief.reply.get("code"), said(thief)), (409, "session.other_key", True))
    victim, thief = Agent(folder, address, "W-1"), Agent(folder, address, "W-1", key_name="thief")
    same("field-F2 a host that a person approves", (victim.open(), victim.next(), victim.facts(), victim.done(),
                                                    admin("POST", "/api/v1/hosts/W-1/approve", {})[0]), (201, 200, 200, 200, 200))
    before = state("W-1")
    same("field-F2 after approval", (thief.open(), thief.reply.get("code"), said(thief)), (409, "session.other_key", True))
    thief.session, thief.plan, thief.epoch = victim.session, victim.plan, victim.epoch
    for name, got in (("permit", thief.permit(arm_id=str(uuid.uuid4()))), ("failure", thief.failed("no")), ("receipt", thief.receipt()),
                      ("step", thief.verb("GET", "next?wait=0&after=0")[0]), ("heartbeat", thief.heartbeat())):
        same("field-F2 its %s in the host's session" % name, (got, said(thief)), (403, True))
    same("field-F2 the host's state", state("W-1"), before)
    same("field-F2 and it goes on", victim.heartbeat(), 200)


def approve_without_arm(token):
    """field-F3: a profile that would arm, by who may only approve."""
    profiles = lambda: [[p["name"], p.get("auto_approve"), p.get("disk")] for p in admin("GET", "/api/v1/profiles")[1]["profiles"]]
    before = profiles()
    base = {"name": "mine", "priority": 99, "match": {"serial": "*"}, "enrol": True, "image": {"line": "debian12", "version": "1"},
            "host": {"hostname": "h", "ssh_authorized_keys": []}}
    for name, more in (("that arms", {"auto_approve": True}), ("that gives data away", {"disk": {"wipe_consent": True}}),
                       ("that does both", {"auto_approve": True, "disk": {"wipe_consent": True}})):
        same("field-F3 a profile " + name, person(token, "POST", "/api/v1/profiles", dict(base, **more))[0] in (400, 403), True)
    same("field-F3 the profiles", profiles(), before)


def one_person(token):
    """field-F4: what is in use, by one person with every right."""
    same("field-F4 it serves", (admin("POST", "/api/v1/hosts/H-1/serve", {})[0], state("H-1")), (200, ["in-service"]))
    permits, code = number("permit.granted"), admin("GET", "/api/v1/hosts/H-1")[1]["short_code"]
    for verb, wanted, more in (("release", 202, {}), ("retire", 202, {}), ("merge", 403, {"into": "W-1"}),
                               ("split", 202, {"values": [Agent(folder, address, "H-1").mac]})):
        body = dict({"in_service": code, "reason": "a test"}, **more)
        status = person(token, "POST", "/api/v1/hosts/H-1/" + verb, body)[0]
        same("field-F4 %s waits or is refused" % verb, (status, state("H-1")), (wanted, ["in-service"]))
    waits = [o for o in admin("GET", "/api/v1/orders")[1]["items"] if o["state"] == "pending"]
    for order in waits:
        same("field-F4 the same person is no second one", person(token, "POST", "/api/v1/orders/%s/approve" % order["id"], {})[0], 403)
    same("field-F4 orders wait", len(waits) > 0, True)
    same("field-F4 and no permit came of it", (state("H-1"), number("permit.granted")), (["in-service"], permits))


def papers():
    """field-F5: a stranger with the papers of a host in service, and that host after its card was changed."""
    host = Agent(folder, address, "H-1")
    number = admin("GET", "/api/v1/hosts/H-1")[1]["id"]
    evidence = lambda: json.dumps(admin("GET", "/api/v1/hosts/%s/evidence" % number)[1]["items"], sort_keys=True)
    its_state = lambda: admin("GET", "/api/v1/hosts/" + number)[1]["state"]
    before = evidence()
    stranger = Agent(folder, address, "X-9", key_name="thief")
    got = stranger.open(smbios_uuid=host.uuid, system_serial=host.serial)
    same("field-F5 its papers alone", (got in (403, 409), said(stranger)), (True, True))
    got = stranger.open(smbios_uuid=host.uuid, system_serial=host.serial, macs=[host.mac])
    same("field-F5 and its card", (got, stranger.reply.get("code")), (409, "host.local_boot"))
    same("field-F5 nothing was learnt, and it serves", (evidence() == before, its_state()), (True, "in-service"))
    same("field-F5 who shows them waits alone for a person", [h["state"] for h in hosts() if h["serial"] == "H-1" and h["id"] != number],
         ["quarantined"])
    many = len(hosts())
    swapped = Agent(folder, address, "H-1", mac="52:54:00:99:99:99")
    got = swapped.open()
    same("field-F5 with another card it boots its own disk", (got, swapped.reply.get("code"), its_state()),
         (409, "host.local_boot", "in-service"))
    same("field-F5 and is no new host", len(hosts()), many)


def main():
    with open(os.path.join(folder, "token.approve")) as f:
        approve = f.read().strip()
    with open(os.path.join(folder, "token.all")) as f:
        everything = f.read().strip()
    known_mac()
    approve_without_arm(approve)
    one_person(everything)
    papers()


main()
