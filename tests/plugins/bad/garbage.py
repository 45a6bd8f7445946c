#!/usr/bin/env python3
"""Writes what is no JSON, no UTF-8, no number, and a terminal's escapes."""
import sys
sys.stdout.buffer.write(b"\x1b[2J\xff\xfe\x00 haha\n" + b"[" * 5000 + b"\n"
                        b'{"value": {"node": "node001", "name": "a", "value": NaN}}\n'
                        b'{"value": {"node": "node001", "name": "a", "value": 1e999}}\n'
                        b'{"value": {"node": "node001", "name": "\x1b[1m", "value": 1}}\n')
