# SPDX-License-Identifier: Apache-2.0
"""What hosts, switches and firmware say, in everything that people and programs read; for hostile_text.sh.

usage: hostile_words.py say DIR ADDRESS    hosts whose every text is hostile; how many there are
       hostile_words.py cells FILE...      cells of CSV that a spreadsheet would run: none, and how many were looked at
       hostile_words.py bytes FILE...      control and format characters that a terminal would act on
"""
import csv, sys, unicodedata, urllib.request

sys.path.insert(0, "tests/harness")
from hostile_agent import Agent

WORDS = ["a;=1+1", "=1+1", "+1+1", "-1+1", "@SUM(1)", "=HYPERLINK(\"http://x/\"&A1)", "=cmd|' /C calc'!A0", ";=1+1", ",=1+1", "\uff1d1+1",
         "</script><script>alert(1)</script>", "\" onmouseover=\"alert(1)", "${net0/mac} || shell", "\u202egnp.exe", "\u200b\u2066x\u2069",
         "\u009b2J", "x\u2028DHCPACK", "%0d%0a#!ipxe", "{{7*7}}", "../../etc/passwd", "'; DROP TABLE host; --"]


def say(folder, address):
    taken = 0
    for i, word in enumerate(WORDS):
        urllib.request.urlopen("http://%s/boot/v1/script?mac=52:54:00:bb:00:%02x&%s" % (address, i, "&".join(
            "%s=%s" % (name, urllib.request.quote(word)) for name in ("serial", "product", "manufacturer", "platform", "cpu")))).read()
    for i in range(0, len(WORDS), 5):  # each word in each place of one host or another
        word = lambda n: WORDS[(i + n) % len(WORDS)]
        agent = Agent(folder, address, "W%d" % i, key_name="words")
        agent.disk = word(0) + "-%d" % i
        if agent.open(system_serial=word(1) + "-%d" % i) != 201 or agent.next() != 200:
            continue
        agent.event("facts", {
            "system": {"Manufacturer": word(2), "Model": word(3), "SerialNumber": word(1) + "-%d" % i, "UUID": agent.uuid},
            "boot": {"firmware": "uefi", "arch": "x86_64"},
            "processors": [{"Socket": word(n), "Model": word(n + 1), "TotalCores": 4, "TotalThreads": 8} for n in range(5)],
            "memory": {"TotalMiB": 1024, "modules": [{"DeviceLocator": word(n), "CapacityMiB": 1024, "SerialNumber": word(n) + "M%d" % i,
                                                     "Manufacturer": word(n + 1), "PartNumber": word(n + 2)} for n in range(5)]},
            "drives": [{"Name": "vda", "SerialNumber": agent.disk, "Model": word(4), "CapacityBytes": 8 << 30, "Protocol": "virtio",
                        "MediaType": "SSD", "Removable": False, "signatures": []}],
            "nics": [{"Name": "eth%d" % n, "MACAddress": "52:54:00:cc:%02x:%02x" % (i, n), "LinkUp": True, "Firmware": word(n), "lldp": {
                "ChassisId": word(n), "PortId": word(n + 1), "SysName": word(n + 2), "PortDescription": word(n + 3), "VlanId": 1}}
                for n in range(5)]})
        taken += agent.next() == 200
        agent.event("log", {"level": "error", "text": word(0)})
        agent.failed(word(1), "guard.disk", word(2))
    print(taken)


def cells(*files):
    n = 0
    for name in files:
        with open(name, newline="", encoding="utf-8") as f:
            lines = f.readlines()
        for separator in ",;\t":  # as spreadsheets of one country or another read it
            for row in csv.reader(lines, delimiter=separator):
                for cell in row:
                    n += 1
                    if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"):
                        try:
                            float(cell)
                        except ValueError:
                            print(name, repr(cell))
    print("of", "many" if n > 500 else n, "cells")


def bytes_of(*files):
    for name in files:
        with open(name, encoding="utf-8") as f:
            text = f.read()
        print(name.rsplit("/", 1)[-1], "holds" if len(text) > 100 else "is empty",
              *sorted({"U+%04X" % ord(c) for c in text if c not in "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Co")}))


{"say": say, "cells": cells, "bytes": bytes_of}[sys.argv[1]](*sys.argv[2:])
