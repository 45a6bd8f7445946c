#!/usr/bin/env python3
"""A plug-in for Lockstep: the first line that a TCP service says by itself (SSH, SMTP, FTP, ...).

Parameters: port (22), timeout_s (3). It measures of each node "banner", a text, and
"connect_seconds", a number. docs/plugins.md is the contract.
"""

import concurrent.futures
import json
import socket
import sys
import time


def ask(node, port, timeout):
    """The lines about one node."""
    name = node["name"]
    if not node["addresses"]:
        return [{"error": {"node": name, "message": "it has no address"}}]
    address = node["addresses"][0]["address"]
    start = time.monotonic()
    try:
        with socket.create_connection((address, port), timeout) as connection:
            took = time.monotonic() - start
            connection.settimeout(timeout)
            line = connection.recv(256).split(b"\n")[0].strip().decode("utf-8", "replace")
    except OSError as error:
        return [{"error": {"node": name, "message": f"{address} port {port}: {error}"}}]
    return [
        {"value": {"node": name, "name": "banner", "value": line}},
        {"value": {"node": name, "name": "connect_seconds", "value": took, "unit": "s"}},
        {"covered": {"node": name}},
    ]


def main():
    request = json.load(sys.stdin)
    parameters = request["parameters"]
    port = int(parameters.get("port", "22"))
    timeout = float(parameters.get("timeout_s", "3"))
    with concurrent.futures.ThreadPoolExecutor(max_workers=32) as pool:
        for lines in pool.map(lambda node: ask(node, port, timeout), request["nodes"]):
            for line in lines:
                print(json.dumps(line), flush=True)


main()
