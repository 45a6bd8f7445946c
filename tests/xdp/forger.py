#!/usr/bin/env python3
"""A host on the scanned link that forges answers.

    forger.py INTERFACE ADDRESS SECONDS FRAMES

Waits for a SYN to ADDRESS, which tells it who scans and from which port, and then floods that port
with SYN-ACKs and RSTs of every port of ADDRESS but the one that the SYN asked. Half of them
acknowledge a number drawn by chance, half what belongs to the SYN that it saw: a true cookie, of
another port. It ends so many seconds after the SYN, or after so many frames, and prints what it sent as
JSON. Frames that the interface refused are counted apart.
"""

import errno
import ipaddress
import json
import random
import socket
import struct
import sys
import time

IPV4, IPV6, TCP, ALL = 0x0800, 0x86DD, 6, 0x0003
SYN, RST, ACK = 2, 4, 16
PREPARED = 2048  # frames, sent over and over
PATIENCE = 30  # seconds, until the SYN has to be there


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def seen_syn(link, address):
    """(MAC, address, port, sequence, port asked) of the first SYN to `address`."""
    deadline = time.monotonic() + PATIENCE
    offset, start = (12, 20) if address.version == 4 else (8, 40)
    size = len(address.packed)
    while time.monotonic() < deadline:
        frame = link.recv(2048)
        kind = struct.unpack_from("!H", frame, 12)[0]
        ip = frame[14:]
        if kind != (IPV4 if address.version == 4 else IPV6) or len(ip) < start + 20:
            continue
        if ip[9 if address.version == 4 else 6] != TCP or ip[start + 13] != SYN:
            continue
        if ip[offset + size:offset + 2 * size] != address.packed:
            continue
        source, asked, sequence = struct.unpack_from("!HHI", ip, start)
        return frame[6:12], ip[offset:offset + size], source, sequence, asked
    raise SystemExit("nobody scans")


def forged(own_mac, address, syn, port, acknowledgement, flags):
    mac, scanner, source_port, _, _ = syn
    addresses = address.packed + scanner
    tcp = struct.pack("!HHIIBBHHH", port, source_port, 1, acknowledgement, 5 << 4, flags, 64240, 0, 0)
    tcp = tcp[:16] + struct.pack("!H", checksum(addresses + struct.pack("!HH", TCP, 20) + tcp)) + tcp[18:]
    if address.version == 6:
        return mac + own_mac + struct.pack("!HIHBB", IPV6, 6 << 28, 20, TCP, 64) + addresses + tcp
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0x4000, 64, TCP, 0) + addresses
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return mac + own_mac + struct.pack("!H", IPV4) + ip + tcp


def main():
    interface, address = sys.argv[1], ipaddress.ip_address(sys.argv[2])
    seconds, most = float(sys.argv[3]), int(sys.argv[4])
    drawn = random.Random(1)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL)) as link:
        link.bind((interface, ALL))
        link.settimeout(PATIENCE)
        own_mac = link.getsockname()[4]
        print("ready", flush=True)
        syn = seen_syn(link, address)
    end = time.monotonic() + seconds
    # One of no protocol receives nothing.
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as link:
        link.bind((interface, 0))
        ports = drawn.sample([port for port in range(1, 65536) if port != syn[4]], PREPARED)
        frames = [forged(own_mac, address, syn, port,
                         syn[3] + 1 & 0xFFFFFFFF if i % 4 < 2 else drawn.getrandbits(32),
                         SYN | ACK if i % 2 else RST | ACK) for i, port in enumerate(ports)]
        sent = refused = 0
        start = time.monotonic()
        while sent + refused < most and time.monotonic() < end:
            for frame in frames[(sent + refused) % PREPARED:][:64]:
                try:
                    link.send(frame)
                    sent += 1
                except OSError as error:
                    if error.errno != errno.ENOBUFS:
                        raise
                    refused += 1
        took = time.monotonic() - start
    print(json.dumps({"sent": sent, "refused": refused, "seconds": took}))


if __name__ == "__main__":
    main()
