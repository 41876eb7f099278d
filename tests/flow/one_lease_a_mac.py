#!/usr/bin/env python3
"""A card that asks for an address as firmware, iPXE, the agent and the installed system do, each with
another client identifier (RFC 2132, option 61). Prints the address of each. usage: one_lease_a_mac.py IFACE"""
import os
import random
import socket
import struct
import sys

MAC = bytes([2, 0, 0, 0, 0x10, 200])
COOKIE = 0x63825363
STAGES = [
    ('firmware without a client id', None, True),
    ('firmware with its UUID', b'\0' + bytes(range(16)), True),
    ('iPXE and the agent with the MAC', b'\1' + MAC, True),
    ('the system with a DUID', b'\xff\1\2\3\4\0\2\0\0\xab\x11' + b'Z' * 8, False),
    ('the system after another installation', b'\xff\1\2\3\4\0\2\0\0\xab\x11' + b'Y' * 8, False),
]


def packet(kind, xid, options):
    head = struct.pack('!BBBBIHH4s4s4s4s16s64s128sI', 1, 1, 6, 0, xid, 0, 0x8000, bytes(4), bytes(4), bytes(4), bytes(4),
                       MAC.ljust(16, b'\0'), b'', b'', COOKIE)
    return head + b''.join(bytes([c, len(v)]) + v for c, v in [(53, bytes([kind]))] + options) + b'\xff'


def options_of(answer):
    found, i = {}, 240
    while i + 1 < len(answer) and answer[i] != 255:
        if answer[i] == 0:
            i += 1
            continue
        found[answer[i]] = answer[i + 2:i + 2 + answer[i + 1]]
        i += 2 + answer[i + 1]
    return found


def exchange(wire, kind, options):
    for _ in range(5):
        xid = random.getrandbits(32)
        wire.sendto(packet(kind, xid, options), ('255.255.255.255', 67))
        try:
            while True:
                answer = wire.recv(2048)
                if struct.unpack('!I', answer[4:8])[0] == xid:
                    return answer
        except socket.timeout:
            continue
    raise SystemExit('no answer')


def lease(wire, client_id, boots):
    options = [(93, b'\0\7'), (60, b'PXEClient:Arch:00007:UNDI:003016')] if boots else []
    options += [(61, client_id)] if client_id else []
    offer = exchange(wire, 1, options)
    asked = [(50, offer[16:20]), (54, options_of(offer)[54])]
    return socket.inet_ntoa(exchange(wire, 3, options + asked)[16:20])


def wire_on(interface):
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, os.fsencode(interface))
    wire.bind(('', 68))
    wire.settimeout(2)
    return wire


if __name__ == '__main__':
    card = wire_on(sys.argv[1])
    for name, client_id, boots in STAGES:
        print(lease(card, client_id, boots), name, sep='\t')
