#!/usr/bin/env python3
"""Servers that are no good pmcd: one an address, each bad in a way of its own.

    peers.py ADDRESS KIND [ADDRESS KIND...]

They answer until they are killed, and say "ready" once they listen. PDUs by libpcp's pdu(3) headers:
length, type, sender, each 32 bits.
"""

import ctypes
import os
import selectors
import signal
import socket
import struct
import sys
import time

PORT = 44321
ERROR, RESULT, DESC, INSTANCE, PMNS_IDS = 0x7000, 0x7001, 0x7005, 0x7007, 0x700d
FETCH, DESC_REQUEST, INSTANCE_REQUEST, PMNS_NAMES = 0x7003, 0x7004, 0x7006, 0x700e
METRIC = 60 << 22 | 1
DOMAIN = 60 << 22 | 9
LARGE_DOMAIN = 20_000


def pdu(kind, body):
    return struct.pack(">III", 12 + len(body), kind, 0) + body


# No error, version 2, and nothing that came later than that.
HELLO = pdu(ERROR, struct.pack(">iI", 0, 0x02010000))


def receive(connection):
    """(type, body) of a request; raises at the end."""
    head = connection.recv(12, socket.MSG_WAITALL)
    if len(head) < 12:
        raise ConnectionError
    length, kind, _ = struct.unpack(">III", head)
    return kind, connection.recv(length - 12, socket.MSG_WAITALL)


def drip(connection, data, pause_s):
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(pause_s)


def instances(count):
    body = struct.pack(">II", DOMAIN, count)
    for number in range(count):
        name = f"i{number}".encode()
        name += b"\0" * (-len(name) % 4)
        body += struct.pack(">II", number, len(f"i{number}")) + name
    return pdu(INSTANCE, body)


class Speaker:
    """Speaks PCP well enough for one metric with one domain; a kind of peer changes some of it."""

    def __init__(self, connection):
        self.connection = connection

    def answer_names(self, body):
        count = struct.unpack(">I", body[8:12])[0]
        return pdu(PMNS_IDS, struct.pack(">iI", count, count) + struct.pack(">I", METRIC) * count)

    def answer_desc(self, _body):
        return pdu(DESC, struct.pack(">IiIiI", METRIC, 0, DOMAIN, 3, 0))

    def answer_instances(self, _body):
        return instances(3)

    def answer_fetch(self, body):
        count = (len(body) - 16) // 4
        now = time.time()
        values = b"".join(self.value_set() for _ in range(count))
        return pdu(RESULT, struct.pack(">III", int(now), int(now % 1 * 1e6), count) + values)

    def value_set(self):
        numbers = self.values()
        return (struct.pack(">III", METRIC, len(numbers), 0) +
                b"".join(struct.pack(">ii", number, value) for number, value in numbers))

    def values(self):
        return [(0, 1), (1, 2), (2, 3)]

    def serve(self):
        self.connection.sendall(HELLO)
        answers = {PMNS_NAMES: self.answer_names, DESC_REQUEST: self.answer_desc,
                   INSTANCE_REQUEST: self.answer_instances, FETCH: self.answer_fetch}
        while True:
            kind, body = receive(self.connection)
            if kind in answers:
                self.connection.sendall(answers[kind](body))


class LargeDomain(Speaker):
    INSTANCES = instances(LARGE_DOMAIN)
    SET = (struct.pack(">III", METRIC, LARGE_DOMAIN, 0) +
           b"".join(struct.pack(">ii", number, number) for number in range(LARGE_DOMAIN)))

    def answer_instances(self, _body):
        return self.INSTANCES

    def value_set(self):
        return self.SET


class WrongCounts(Speaker):
    """More values than there are bytes."""

    def value_set(self):
        return struct.pack(">III", METRIC, 0x0fffffff, 0) + struct.pack(">ii", 0, 1)


class WrongPointers(Speaker):
    """Values that stand far behind the end of the answer."""

    def value_set(self):
        return struct.pack(">III", METRIC, 1, 1) + struct.pack(">iI", 0, 0x00ffffff)


class WrongNames(Speaker):
    def answer_instances(self, _body):
        return pdu(INSTANCE, struct.pack(">II", DOMAIN, 1) + struct.pack(">II", 0, 0x7fffffff) + b"x" * 8)


class OddNames(Speaker):
    def answer_instances(self, _body):
        name = b"\x1b[2J]\n\"\xff "
        name += b"\0" * (-len(name) % 4)
        return pdu(INSTANCE, struct.pack(">II", DOMAIN, 1) + struct.pack(">II", 0, len(name)) + name)

    def values(self):
        return [(0, 1)]


class OtherMetrics(Speaker):
    def answer_fetch(self, _body):
        return pdu(RESULT, struct.pack(">III", int(time.time()), 0, 0))


class DripsLater(Speaker):
    def answer_fetch(self, body):
        drip(self.connection, super().answer_fetch(body), 0.3)
        return b""


class StopsLater(Speaker):
    def answer_fetch(self, _body):
        time.sleep(3600)
        return b""


def garbage(connection):
    connection.sendall(os.urandom(4096))
    time.sleep(60)


def endless(connection):
    connection.sendall(struct.pack(">III", 0x7ffffff0, ERROR, 0))
    while True:
        connection.sendall(bytes(65536))


def endless_small(connection):
    while True:
        connection.sendall(HELLO)


def raw(data):
    def send(connection):
        connection.sendall(data)
        time.sleep(60)
    return send


KINDS = {
    "good": lambda c: Speaker(c).serve(),
    "large-domain": lambda c: LargeDomain(c).serve(),
    "wrong-counts": lambda c: WrongCounts(c).serve(),
    "wrong-pointers": lambda c: WrongPointers(c).serve(),
    "wrong-names": lambda c: WrongNames(c).serve(),
    "odd-names": lambda c: OddNames(c).serve(),
    "other-metrics": lambda c: OtherMetrics(c).serve(),
    "drips-later": lambda c: DripsLater(c).serve(),
    "stops-later": lambda c: StopsLater(c).serve(),
    "garbage": garbage,
    "http": raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    "endless": endless,
    "endless-small": endless_small,
    "silent": lambda c: time.sleep(3600),
    "closes": lambda c: None,
    "drips": lambda c: drip(c, HELLO, 0.3),
    "no-length": raw(struct.pack(">III", 0, ERROR, 0)),
    "negative-length": raw(struct.pack(">III", 0xffffffff, ERROR, 0)),
    "other-pdu": raw(pdu(RESULT, bytes(64))),
}


def serve(kind, connection):
    try:
        with connection:
            KINDS[kind](connection)
    except OSError:
        pass


def main():
    selector = selectors.DefaultSelector()
    for address, kind in zip(sys.argv[1::2], sys.argv[2::2]):
        listener = socket.create_server((address, PORT), backlog=16)
        selector.register(listener, selectors.EVENT_READ, kind)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            connection, _ = key.fileobj.accept()
            # A process each, so that the busy ones do not slow down the others.
            if os.fork() == 0:
                ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
                serve(key.data, connection)
                os._exit(0)
            connection.close()


if __name__ == "__main__":
    main()
