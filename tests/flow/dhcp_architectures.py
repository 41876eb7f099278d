#!/usr/bin/env python3
"""Firmware of one architecture after the other asks where to boot from. Prints architecture, address and boot file of
each offer. usage: dhcp_architectures.py IFACE ARCHITECTURE...  ("ipxe:N": iPXE built for N; "card:N": from here on another card)"""
import socket
import struct
import sys

import one_lease_a_mac
from one_lease_a_mac import exchange, options_of, wire_on


def ask(wire, word):
    arch = int(word.removeprefix('ipxe:'))
    kind = 'HTTPClient' if arch in HTTP else 'PXEClient'
    options = [(93, struct.pack('!H', arch)), (60, f'{kind}:Arch:{arch:05}:UNDI:003016'.encode())]
    options += [(77, b'iPXE')] if word.startswith('ipxe:') else []
    answer = exchange(wire, 1, options)
    file = options_of(answer).get(67) or answer[108:236]
    return socket.inet_ntoa(answer[16:20]), file.rstrip(b'\0').decode()


HTTP = {15, 16, 17, 18, 19, 20, 23, 24, 26, 28, 30, 38, 40}
card = wire_on(sys.argv[1])
for word in sys.argv[2:]:
    if word.startswith('card:'):
        one_lease_a_mac.MAC = bytes([2, 0, 0, 12, 12, int(word[5:])])
        continue
    print(word, *ask(card, word), sep='\t')
