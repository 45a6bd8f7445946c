#!/usr/bin/env python3
"""The pages of a real daemon among real hosts, in Debian's Chromium.

    tests/web/web_test.py PROGRAM [PICTURES]     (ctest label `lab`)

Each test is a scenario beside this file; PICTURES is where pages are pictured on which one fails.
"""

import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from cluster import INSTANCES, OWN_INSTANCE, SERVICES, WebDaemon, why_not  # noqa: E402
from lab import SKIPPED, Lab, run_lab_tests  # noqa: E402

PROGRAM = None
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'\u202egnp.exe\u2066\x1b[31m" + "W" * 300
# Says what it is, and goes on for a megabyte.
TALKER = f"""\
import socket, sys
server = socket.create_server(("0.0.0.0", int(sys.argv[1])), backlog=64)
print("ready", flush=True)
while True:
    peer, _ = server.accept()
    try:
        with peer:
            peer.sendall({HOSTILE!r}.encode() + b"M" * (1 << 20))
    except OSError:
        pass
"""
HOSTILE_VALUES = {"load": 1.5, "os": HOSTILE, "long": "L" * 1000}
PICTURES = pathlib.Path("build/web")


class WithLab(unittest.TestCase):
    hosts = {"compute": 4, "login": 1}

    def setUp(self):
        self.lab = Lab(**self.hosts).__enter__()
        self.addCleanup(self.lab.__exit__)

    def daemon(self, learn=True, **options):
        daemon = WebDaemon(self.lab, PROGRAM, PICTURES, **options)
        self.addCleanup(daemon.__exit__)
        if learn:
            daemon.learn(classes=("compute", "login"), ports="default,4444,31337")
        daemon.start()
        return daemon


class Trouble(WithLab):
    def test_old_is_never_shown_as_new(self):
        daemon = self.daemon()
        daemon.play("trouble", user=daemon.join("kim", "operator"))


class Tour(WithLab):
    def test_by_pointer(self):
        self.daemon(learn=False).play("pointer")

    def test_by_keyboard(self):
        self.daemon(learn=False).play("keyboard")


class Views(WithLab):
    def test_axe_finds_nothing_serious_in_any_view_and_theme(self):
        daemon = self.daemon(instances=INSTANCES + OWN_INSTANCE)
        daemon.do_listen("node2", 4444)
        daemon.wait(lambda: daemon.do_alerts(), "an alert")
        daemon.play("views", user=daemon.join("kim", "admin"))


class Surface(WithLab):
    hosts = {"compute": 28, "login": 2}  # there is something to zoom into

    def test_what_hands_and_machines_do(self):
        daemon = self.daemon()
        daemon.play("surface", user=daemon.join("kim", "admin"))


class Hostile(WithLab):
    def test_hostile_texts_are_text(self):
        daemon = self.daemon(instances=INSTANCES + SERVICES + OWN_INSTANCE)
        daemon.plugin(HOSTILE_VALUES)
        talker = self.lab.popen("node2", "python3", "-c", TALKER, "4444", stdout=subprocess.PIPE)
        self.addCleanup(talker.stdout.close)
        self.addCleanup(talker.kill)
        talker.stdout.readline()
        daemon.wait(lambda: daemon.do_alerts(), "an alert")
        done = daemon.run("alert", "ack", "A-1", "--note", HOSTILE)
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon.wait(lambda: "img src" in daemon.run("nodes", "node2", "--json").stdout, "its banner")
        daemon.play("hostile", user=daemon.join("kim", "admin"), node="node2")


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-") and "." not in sys.argv[1]:
        PICTURES = pathlib.Path(sys.argv.pop(1))
    PICTURES = PICTURES.resolve()
    run_lab_tests(as_root=True)
