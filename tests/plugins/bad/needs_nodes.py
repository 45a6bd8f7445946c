#!/usr/bin/env python3
"""Cannot bear an empty list of nodes."""
import json
import sys

nodes = json.load(sys.stdin)["nodes"]
first = nodes[0]["name"]
for node in nodes:
    print(json.dumps({"covered": {"node": node["name"]}}))
