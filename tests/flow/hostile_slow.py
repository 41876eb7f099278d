# SPDX-License-Identifier: Apache-2.0
"""Those who say little and hold much, for hostile_slow.sh. Each prints one line when its connections stand.

usage: hostile_slow.py events DIR ADDRESS    large batches of events that never end, four of each of SOURCES, until killed
       hostile_slow.py refused ADDRESS N     N bodies without a token that never end: how many are open after 5 s
       hostile_slow.py waiters DIR ADDRESS   one session of a host of its own, asked for its next step by 48 at once:
                                             how many answers came within 3 s
       hostile_slow.py honest DIR ADDRESS    the statuses of a new host's session, facts and heartbeat
"""
import os, socket, ssl, sys, threading, time

sys.path.insert(0, "tests/harness")
from hostile_agent import Agent, SOURCES, make_certificate, tls_context


def connect(context, address, source):
    return context.wrap_socket(socket.create_connection((address, 443), 20, source))


def events(folder, address):
    context = tls_context(*make_certificate(folder, "slow"))
    head = b"POST /agent/v1/sessions/00000000-0000-4000-8000-000000000000/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5242879\r\n\r\n{"
    held = []
    for _ in os.environ["SOURCES"].split():
        source = next(SOURCES)
        for _ in range(4):
            held.append(connect(context, address, source))
            held[-1].sendall(head)
    print(len(held), flush=True)
    while True:
        time.sleep(3)
        for s in held:
            try:
                s.sendall(b" ")
            except OSError:
                pass


def is_open(s):
    """Neither answered nor closed."""
    s.setblocking(False)
    try:
        s.recv(100)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        pass
    return False


def refused(address, n):
    context = tls_context()
    held = []
    for _ in range(n):
        held.append(connect(context, address, next(SOURCES)))
        held[-1].sendall(b"POST /api/v1/locations HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{")
    end = time.monotonic() + 5
    while time.monotonic() < end:
        time.sleep(0.5)
        for s in held:
            try:
                s.sendall(b" ")
            except OSError:
                pass
    print(sum(is_open(s) for s in held), flush=True)


def waiters(folder, address):
    agent = Agent(folder, address, "W-1")
    status = agent.open()
    for _ in range(20):  # until there is nothing more to do
        if agent.next(0) != 200:
            break
        agent.work(0)
    context, answered = tls_context(agent.key, agent.cert), []

    def one(source):
        s = connect(context, address, source)
        s.sendall(b"GET /agent/v1/sessions/%s/next?wait=30&after=%d HTTP/1.1\r\nHost: x\r\n\r\n" % (agent.session.encode(), agent.after))
        s.settimeout(3)
        try:
            answered.append(s.recv(100).split(b" ")[1].decode())
        except OSError:
            pass
    all_of_them = [threading.Thread(target=one, args=(next(SOURCES),)) for _ in range(48)]
    for t in all_of_them:
        t.start()
    for t in all_of_them:
        t.join()
    print(status, len(answered), *sorted(set(answered)), flush=True)


def honest(folder, address):
    agent = Agent(folder, address, "H-1")
    print(agent.open(), agent.next(0), agent.facts(), agent.heartbeat(), flush=True)


work, *rest = sys.argv[1:]
{"events": events, "refused": lambda address, n: refused(address, int(n)), "waiters": waiters, "honest": honest}[work](*rest)
