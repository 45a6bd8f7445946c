#!/usr/bin/env python3
"""Has other values each time."""
import json
import os
import sys

for node in json.load(sys.stdin)["nodes"]:
    name = f"pid.{os.getpid()}"
    print(json.dumps({"value": {"node": node["name"], "name": name, "value": 1}}))
    print(json.dumps({"covered": {"node": node["name"]}}))
