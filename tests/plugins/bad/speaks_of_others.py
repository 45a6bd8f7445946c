#!/usr/bin/env python3
"""Says things about nodes that it was not asked about."""
import json
import sys

request = json.load(sys.stdin)
for node in request["nodes"] + [{"name": "somebody-else"}]:
    print(json.dumps({"value": {"node": node["name"], "name": "a", "value": 1}}))
    print(json.dumps({"covered": {"node": node["name"]}}))
