#!/usr/bin/env python3
"""A relay hands on what firmware of its network asks, with option 82. Prints address, router, boot file, and whether
option 82 came back. usage: dhcp_relayed.py RELAY SERVER"""
import random
import socket
import struct
import sys

from one_lease_a_mac import options_of, packet

RELAY, SERVER = sys.argv[1:]
AGENT = b'\1\4Et17' + b'\2\6\0\x1c\x73\xaa\xbb\0'  # the port, and the switch
ASKED = [(93, b'\0\7'), (60, b'PXEClient:Arch:00007:UNDI:003016'), (55, bytes([1, 3, 66, 67])), (82, AGENT)]

wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.bind((RELAY, 67))
wire.settimeout(2)
for _ in range(5):
    xid = random.getrandbits(32)
    ask = bytearray(packet(1, xid, ASKED))
    ask[3] = 1
    ask[24:28] = socket.inet_aton(RELAY)
    wire.sendto(ask, (SERVER, 67))
    try:
        answer = wire.recv(2048)
    except socket.timeout:
        continue
    if struct.unpack('!I', answer[4:8])[0] != xid:
        continue
    told = options_of(answer)
    file = told.get(67) or answer[108:236]
    print(socket.inet_ntoa(answer[16:20]), socket.inet_ntoa(told.get(3, bytes(4))), file.rstrip(b'\0').decode(),
          'told' if told.get(82) == AGENT else 'lost')
    raise SystemExit
raise SystemExit('no answer')
