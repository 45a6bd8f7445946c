"""Reads what GET /api/v1/snapshot answers, as docs/api.md describes it: for tests, and for bench/api."""

import json
import struct

HEAD = struct.Struct("<4sIqqqQI")
# Name and type of each column.
COLUMNS = (("worst", "B"), ("muted", "B"), ("sight", "B"), ("alerts", "H"), ("looked", "I"),
           ("classes", "H"), ("group", "H"), ("schedule", "H"), ("kinds", "B"))


class Snapshot:
    """All nodes at a glance, or what has changed of them."""

    def __init__(self, body):
        magic, count, self.event, self.made, self.version, self.epoch, flags = HEAD.unpack_from(body)
        assert magic == b"LKS2", magic
        self.is_delta = bool(flags & 1)
        self._body, self._at = body, HEAD.size
        self.places = self._column(count, "I") if self.is_delta else None
        self.columns = {name: self._column(count, kind) for name, kind in COLUMNS}
        self.words = json.loads(self._text())
        self.names = self._text().decode().splitlines()
        assert self._at == len(body), (self._at, len(body))

    def _column(self, count, kind):
        column = struct.Struct(f"<{count}{kind}")
        values = list(column.unpack_from(self._body, self._at))
        self._at += column.size
        return values

    def _text(self):
        size, = struct.unpack_from("<I", self._body, self._at)
        self._at += 4 + size
        return self._body[self._at - size:self._at]

    def apply(self, delta):
        """What has changed, put in its places."""
        assert delta.is_delta and delta.epoch == self.epoch
        for name, column in self.columns.items():
            for place, value in zip(delta.places, delta.columns[name]):
                column[place] = value
        self.event, self.version, self.words = delta.event, delta.version, delta.words

    def of(self, node):
        """The values of one node."""
        place = self.names.index(node)
        return {name: column[place] for name, column in self.columns.items()}
