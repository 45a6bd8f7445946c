#!/usr/bin/env python3
"""A UDP scan of a host of the lab with two dozen real daemons, compared with what listens there.

    tests/udp/scan_test.py LOCKSTEP        (ctest label `lab`)
"""

import json
import os
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from daemons import Daemons  # noqa: E402
from lab import Lab, run_lab_tests  # noqa: E402

LOCKSTEP = None
TARGET = "198.18.1.1"
SOURCES = [f"198.18.0.{last}" for last in range(101, 121)]
# LOCKSTEP_UDP_PORTS=1000 is what docs/benchmarks.md tells of.
ASKED = range(1, 1 + int(os.environ.get("LOCKSTEP_UDP_PORTS", 400)))
ICMP_BURST = 6  # of the kernel, for each address that asks; then one a second
ANSWERS = ("answer", "unknown")


class UdpScan(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(compute=1, login=0).__enter__()
        cls.daemons = Daemons(cls.lab, "node1", TARGET).__enter__()
        cls.folder = tempfile.TemporaryDirectory(prefix="lockstep-udp-")
        route = cls.lab.exec("monitor", "ip", "-o", "route", "get", TARGET).stdout.split()
        cls.interface = route[route.index("dev") + 1]
        for source in SOURCES:
            done = cls.lab.exec("monitor", "ip", "address", "add", f"{source}/15", "dev",
                                cls.interface)
            assert done.returncode == 0, done.stderr

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        cls.daemons.__exit__()
        cls.lab.__exit__()

    def config(self, sources):
        path = pathlib.Path(self.folder.name, "lockstep.toml")
        path.write_text(f"""
[store]
url = "sqlite://{self.folder.name}/lockstep.db"
[scan]
allow = ["198.18.0.0/15"]
node_rate = 500
source_addresses = {json.dumps(sources)}
[[nodes]]
nodes = "node1"
addresses = ["{TARGET}"]
class = "compute"
""")
        return path

    def scan(self, sources, ports, *options):
        done = self.lab.exec("monitor", LOCKSTEP, "--config", self.config(sources), "scan", "--json",
                             "--udp-ports", ",".join(map(str, sorted(ports))), *options, "node1")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def listening(self):
        """The UDP ports that are bound there at an address that others can reach."""
        rows = self.lab.exec("node1", "ss", "-Hlun").stdout.splitlines()
        places = [row.split()[3].rsplit(":", 1) for row in rows]
        return {int(port) for address, port in places
                if not address.startswith("127.") and address != "[::1]"}

    def test_finds_each_daemon_in_its_state_at_the_pace_that_the_kernel_allows(self):
        self.assertGreaterEqual(len(self.daemons.running), 12, self.daemons.absent)
        verdicts = {}
        for expected in self.daemons.running.values():
            for (port, _), verdict in expected.items():
                verdicts.setdefault(port, set()).add(verdict)
        ports = set(ASKED) | set(verdicts)
        before = self.listening()
        started = time.monotonic()
        document = self.scan(SOURCES, ports)
        took = time.monotonic() - started
        listening = (before & self.listening()) & ports
        states = {row["port"]: row["state"] for row in document["ports"]}
        self.assertTrue(all(row["protocol"] == "udp" for row in document["ports"]))

        for port in sorted(ports):
            told = verdicts.get(port, set())
            with self.subTest(port=port, daemon=told):
                state = states.get(port, "closed")
                if told & set(ANSWERS):
                    self.assertEqual(state, "open")
                elif port in listening:
                    self.assertIn(state, ("open", "open|filtered"))
                elif port not in before:
                    self.assertEqual(state, "closed")
        silent = [port for port, told in verdicts.items() if told == {"silent"}]
        self.assertTrue(silent)
        self.assertEqual({states.get(port) for port in silent}, {"open|filtered"})

        closed = len(ports) - len(states)
        self.assertEqual(document["coverage"][0]["answered"] + document["coverage"][0]["unanswered"],
                         len(ports))
        allowed = len(ports) / len(SOURCES) - ICMP_BURST
        print(f"{len(ports)} ports, {closed} of them closed, from {len(SOURCES)} addresses: {took:.1f} s; "
              f"the kernel allows {allowed:.1f} s")
        self.assertGreater(took, allowed)

    def test_by_sockets_finds_the_same_of_a_few(self):
        ports = {port for expected in self.daemons.running.values()
                 for (port, _), verdict in expected.items() if verdict == "answer"}
        document = self.scan([], ports | {10}, "--engine", "connect")
        states = {row["port"]: row["state"] for row in document["ports"]}
        self.assertEqual({port for port, state in states.items() if state == "open"}, ports)
        self.assertNotIn(10, states)


if __name__ == "__main__":
    LOCKSTEP = str(pathlib.Path(sys.argv.pop(1)).resolve())
    run_lab_tests(as_root=True)
