#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cards, fleets and wires for hostile_network.sh, each run in a network namespace of its own.

usage: hostile_network.py lease IFACE MAC                 a lease for that card: its address
       hostile_network.py take IFACE N                    as N cards that nobody knows: how many got an address
       hostile_network.py fleet ADDRESS N FIRST           N hosts at 10.99.0.FIRST and up ask at once what to boot: "GOOD SLOWEST_MS"
       hostile_network.py life DIR ADDRESS                an honest host from power-on to its last state
       hostile_network.py sums IFACE                      its frames are whole, as those of a real card
       hostile_network.py wire IFACE ADDRESS FILE         a card bad0 with ADDRESS, behind a wire that loses, doubles and delays
                                                          frames (seeded); FILE gets "LOST DOUBLED LATE"
"""
import array, fcntl, heapq, http.client, os, random, select, socket, struct, subprocess, sys, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../harness")]
import hostile_agent
import one_lease_a_mac as dhcp


def ask(wire, kind, options, wait_s):
    """The answer to one DHCP message; None when none comes."""
    xid = random.getrandbits(32)
    wire.settimeout(wait_s)
    wire.sendto(dhcp.packet(kind, xid, options), ("255.255.255.255", 67))
    try:
        while True:
            answer = wire.recv(2048)
            if struct.unpack("!I", answer[4:8])[0] == xid:
                return answer
    except socket.timeout:
        return None


def lease(wire, mac, wait_s, tries):
    dhcp.MAC = mac
    for _ in range(tries):
        offer = ask(wire, 1, [], wait_s)
        if not offer:
            continue
        server = dhcp.options_of(offer)[54]
        ack = ask(wire, 3, [(50, offer[16:20]), (54, server)], wait_s)
        if ack and dhcp.options_of(ack)[53] == b"\5":
            return socket.inet_ntoa(ack[16:20])
    return None


def take(wire, n):
    return sum(1 for i in range(n) if lease(wire, bytes([2, 0, 0, 9, 9, i]), 0.25, 2))


def fleet(address, n, first):
    took, start = [], threading.Barrier(n)

    def host(i):
        start.wait()
        begun = time.monotonic()
        try:
            link = http.client.HTTPConnection(address, 80, timeout=20, source_address=("10.99.0.%d" % (first + i), 0))
            link.request("GET", "/boot/v1/script?mac=52:54:00:bb:00:%02x&arch=x86_64&platform=efi&cpu=lm" % i)
            answer = link.getresponse()
            if answer.status == 200 and answer.read().startswith(b"#!ipxe"):
                took.append((time.monotonic() - begun) * 1000)
            link.close()
        except (OSError, http.client.HTTPException) as e:
            print(e, file=sys.stderr)

    hosts = [threading.Thread(target=host, args=(i,)) for i in range(n)]
    for h in hosts:
        h.start()
    for h in hosts:
        h.join()
    print(len(took), int(max(took, default=99999)))


def tap(name, address):
    """A card whose frames are ours to carry."""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x0002 | 0x1000))  # TUNSETIFF, IFF_TAP | IFF_NO_PI
    for words in (["address", "add", address + "/24", "dev", name], ["link", "set", name, "up"]):
        subprocess.run(["ip"] + words, check=True)
    return fd


def sum_frames(interface):
    """Frames that leave by it have their checksums, which a card would fill in: they are carried, not sent."""
    value = struct.pack("II", 0x17, 0)  # ETHTOOL_STXCSUM: off
    buffer = array.array("B", value)
    request = struct.pack("16sP8x", interface.encode(), buffer.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8946, request)  # SIOCETHTOOL


def wire(interface, address, path):
    subprocess.run(["ip", "link", "set", interface, "arp", "off", "promisc", "on"], check=True)
    outside = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    outside.bind((interface, 0))
    card, chance, held, count = tap("bad0", address), random.Random(1), [], [0, 0, 0]
    number = 0
    while True:
        wait_s = max(0, held[0][0] - time.monotonic()) if held else None
        ready, _, _ = select.select([outside, card], [], [], wait_s)
        for source in ready:
            if source is outside:
                frame, origin = outside.recvfrom(65535)
                if origin[2] == socket.PACKET_OUTGOING:
                    continue
            else:
                frame = os.read(card, 65535)
            fate = chance.random()
            copies = 0 if fate < 0.05 else 2 if fate < 0.1 else 1
            late_s = 0.05 + chance.random() * 0.1 if fate > 0.9 else 0.002
            count[0] += copies == 0
            count[1] += copies == 2
            count[2] += late_s > 0.05
            for _ in range(copies):
                number += 1
                heapq.heappush(held, (time.monotonic() + late_s, number, source is card, frame))
        while held and held[0][0] <= time.monotonic():
            _, _, outwards, frame = heapq.heappop(held)
            try:
                outside.send(frame) if outwards else os.write(card, frame)
            except OSError:
                pass  # larger than the card takes
        with open(path + ".new", "w") as f:
            print(*count, file=f)
        os.replace(path + ".new", path)  # who reads it meanwhile gets the one before


if __name__ == "__main__":
    command, rest = sys.argv[1], sys.argv[2:]
    if command == "lease":
        got = lease(dhcp.wire_on(rest[0]), bytes.fromhex(rest[1].replace(":", "")), 2, 5)
        print(got or sys.exit("no address"))
    elif command == "take":
        print(take(dhcp.wire_on(rest[0]), int(rest[1])))
    elif command == "fleet":
        fleet(rest[0], int(rest[1]), int(rest[2]))
    elif command == "life":
        print(hostile_agent.Agent(rest[0], rest[1], "H-LOSSY").live(50, 1))
    elif command == "sums":
        sum_frames(*rest)
    else:
        wire(*rest)
