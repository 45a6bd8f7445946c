#!/usr/bin/env python3
"""Records what each daemon says, for people who write signatures.

    tests/services/record.py [DAEMON...] >recording.json

A list with an object for each port: `truth` (Truth in daemons.py) and `said`, which has for each of
a few harmless questions what came first, unasked, and what came then. Bytes are text of which each
character is a byte (latin-1). Recordings hold dates and numbers of the day: they are not committed.
"""

import json
import pathlib
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from daemons import DAEMONS, Daemons, hosts_needed  # noqa: E402
from lab import Lab  # noqa: E402

LISTEN_S = 3
ANSWER_S = 3


def tls_hello():
    """What a client of TLS 1.2 opens with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    sent = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="lab").do_handshake()
    except ssl.SSLWantReadError:
        return sent.read()


QUESTIONS = {
    "nothing": b"",
    "empty line": b"\r\n",
    "get": b"GET / HTTP/1.0\r\n\r\n",
    "tls client hello": tls_hello(),
}


def record(daemons):
    rows = [(name, port, truth) for name, truths in daemons.running.items()
            for port, truth in zip(DAEMONS[name].ports, truths)]
    result = [{"truth": truth._asdict(), "said": {}} for _, _, truth in rows]
    # One question at a time to every port: nobody has two conversations at once.
    for kind, ask in QUESTIONS.items():
        ask_all(daemons, result, kind, [(name, port._replace(tls=False, ask=ask))
                                        for name, port, _ in rows])
    ask_all(daemons, result, "its own question", [(name, port) for name, port, _ in rows])
    return result


def ask_all(daemons, result, kind, ports):
    said = daemons.ask([daemons.question(name, port, LISTEN_S, ANSWER_S) for name, port in ports])
    for entry, (_, port), answer in zip(result, ports, said):
        entry["said"][kind] = {"asked": port.ask.decode("latin-1")} | answer


def main(names):
    names = names or tuple(DAEMONS)
    with Lab(compute=hosts_needed(names), login=0) as lab, Daemons(lab, names) as daemons:
        json.dump(record(daemons), sys.stdout, indent=1)
        for name, why in daemons.failed.items():
            print(f"{name}: {why}", file=sys.stderr)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
