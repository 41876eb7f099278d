# SPDX-License-Identifier: Apache-2.0
"""Make nodes in Ironic's store: its own code makes the first, copies of the row the rest.

usage: inventory_peer.py CONF SQLITE N
"""
import sqlite3
import sys


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


if __name__ == "__main__":
    fill(sys.argv[1], sys.argv[2], int(sys.argv[3]))
