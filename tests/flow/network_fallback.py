#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The provisioning server's end of the first-boot report: takes one POST by TLS and writes its body.

usage: network_fallback.py FOLDER ADDRESS PORT
FOLDER has tls.pem and tls.key, and gets one file report-N for each report.
"""
import http.server, os, ssl, sys

folder, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
count = 0


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global count
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(os.path.join(folder, "report.new"), "wb") as f:
            f.write(body)
        count += 1
        os.rename(os.path.join(folder, "report.new"), os.path.join(folder, "report-%d" % count))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *words):
        pass


server = http.server.HTTPServer((address, port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(folder, "tls.pem"), os.path.join(folder, "tls.key"))
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
