#!/usr/bin/env python3
"""Leaves daemons behind: each of a session of its own, without a parent, without descriptors."""
import json
import os
import sys
import time

request = json.load(sys.stdin)
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 1024)
            time.sleep(3600)
        os._exit(0)
for node in request["nodes"]:
    print(json.dumps({"covered": {"node": node["name"]}}))
