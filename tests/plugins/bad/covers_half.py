#!/usr/bin/env python3
"""Forgets every second node."""
import json
import sys

for node in json.load(sys.stdin)["nodes"][::2]:
    print(json.dumps({"covered": {"node": node["name"]}}))
