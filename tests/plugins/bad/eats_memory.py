#!/usr/bin/env python3
"""Takes ever more memory."""
hoard = []
while True:
    hoard.append(bytearray(b"x") * (1 << 22))
