# SPDX-License-Identifier: Apache-2.0
"""Beside Ironic's API: requests per second of a filtered, sorted list of 100, one keep-alive connection.

fill CONF SQLITE N     make N nodes in Ironic's store (its own code makes the first, copies of the row the rest)
load SECONDS TARGET    TARGET: host:port/path or unix:/socket:/path; prints answered requests per second and
                       the number of items of the last answer
"""
import http.client
import json
import socket
import sqlite3
import sys
import time


def fill(conf, path, count):
    from ironic.common import service
    service.prepare_service("fill", ["fill", "--config-file", conf])
    from ironic.db import api
    from ironic.objects.node import Node
    from oslo_utils import uuidutils
    api.get_instance().create_node({
        "version": Node.VERSION, "uuid": uuidutils.generate_uuid(), "driver": "fake-hardware", "name": "n0",
        "provision_state": "available", "resource_class": "sku-0",
        "properties": {"cpus": 64, "memory_mb": 1048576, "local_gb": 30000, "cpu_arch": "x86_64"}})
    db = sqlite3.connect(path)
    columns = [row[1] for row in db.execute("PRAGMA table_info(nodes)")]
    first = db.execute("SELECT * FROM nodes").fetchone()
    states = ["available", "active", "deploy failed", "available"]
    for i in range(1, count):
        row = dict(zip(columns, first))
        row.update(id=i + 1, uuid=uuidutils.generate_uuid(), name="n%d" % i,
                   provision_state=states[i % 4], resource_class="sku-%d" % (i % 7))
        db.execute("INSERT INTO nodes VALUES (%s)" % ",".join("?" * len(columns)),
                   [row[c] for c in columns])
    db.commit()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("x")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def load(seconds, target):
    if target.startswith("unix:"):
        _, path, url = target.split(":", 2)
        connection = UnixConnection(path)
    else:
        host, url = target.split("/", 1)
        url = "/" + url
        connection = http.client.HTTPConnection(host)
    headers = {"X-OpenStack-Ironic-API-Version": "1.50"}
    answered, begin, items = 0, time.monotonic(), 0
    while time.monotonic() - begin < seconds:
        connection.request("GET", url, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit("status %d: %s" % (answer.status, body[:200]))
        answered += 1
    took = time.monotonic() - begin
    doc = json.loads(body)
    items = len(doc.get("items", doc.get("nodes", [])))
    print("%.2f %d" % (answered / took, items))


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        load(float(sys.argv[2]), sys.argv[3])
