#!/usr/bin/env python3
"""Appends the body of each POST, a line each, to FOLDER/PATH.jsonl.

    tests/notify/web_sink.py PORT FOLDER
"""

import http.server
import pathlib
import sys


class Sink(http.server.BaseHTTPRequestHandler):
    folder = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name = self.path.strip("/").replace("/", "-") or "root"
        with open(self.folder / f"{name}.jsonl", "ab") as file:
            file.write(body + b"\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Sink.folder = pathlib.Path(sys.argv[2])
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Sink).serve_forever()
