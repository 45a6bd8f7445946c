#!/usr/bin/env python3
"""UDP payloads against real daemons and closed ports, in the lab.

    tests/udp/udp_test.py UDP_ASK        (ctest label `lab`)
"""

import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from daemons import DAEMONS, Daemons  # noqa: E402
from lab import Lab, run_lab_tests  # noqa: E402

ASK = None
WITH_DAEMONS, WITHOUT, LIMITED = "198.18.1.1", "198.18.1.2", "198.18.1.3"
WAIT_MS = 2000
MOST_ANSWER_BYTES = 512
SETTLED_S = 20  # some answer only a while after they listen
CLOSED_PORTS = range(20001, 20031)
ICMP_BURST = 6  # XRLIM_BURST_FACTOR of the kernel's net/ipv4/route.c; then one every icmp_ratelimit


class UdpDaemons(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(compute=3, login=0).__enter__()
        cls.daemons = Daemons(cls.lab, "node1", WITH_DAEMONS).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.daemons.__exit__()
        cls.lab.__exit__()

    def ask(self, address, ports, wait_ms):
        """{(port, protocol): verdict}; and that nobody is made to shout."""
        done = self.lab.exec("monitor", ASK, "--wait", str(wait_ms), address, *map(str, ports))
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        for row in rows:
            self.assertLessEqual(int(row[3]), MOST_ANSWER_BYTES, row)
        return {(int(row[0]), row[1]): row[2] for row in rows}

    def counters(self, host):
        """Icmp and Udp of the host's /proc/net/snmp, by name."""
        lines = self.lab.exec(host, "cat", "/proc/net/snmp").stdout.splitlines()
        result = {}
        for names, values in zip(lines[::2], lines[1::2]):
            group, *names = names.replace(":", "").split()
            result |= {group + name: int(value) for name, value in zip(names, values.split()[1:])}
        return result

    def test_the_daemons_that_are_installed_run(self):
        self.assertEqual(self.daemons.failed, {})
        self.assertEqual(set(self.daemons.running) | set(self.daemons.absent), set(DAEMONS))
        if self.daemons.absent:
            self.skipTest(f"not installed: {sorted(set(self.daemons.absent.values()))}")

    def test_each_answers_the_payload_of_its_port(self):
        for name, expected in self.daemons.running.items():
            with self.subTest(daemon=name):
                ports = sorted({port for port, _ in expected})
                deadline = time.monotonic() + SETTLED_S
                while True:
                    answers = self.ask(WITH_DAEMONS, ports, WAIT_MS)
                    told = {key: answers[key] for key in expected}
                    if told == expected or time.monotonic() >= deadline:
                        break
                self.assertEqual(told, expected, self.daemons.last_words(name))

    def test_closed_ports_say_so(self):
        # Each of one payload, and no more than a node's bucket of ICMP holds.
        ports = (53, 123, 137, 514, 11211)
        self.assertEqual(set(self.ask(WITHOUT, ports, WAIT_MS).values()), {"closed"})

    def test_of_many_closed_ports_few_say_so_and_the_node_counts_the_others(self):
        before = self.counters("node3")
        self.assertEqual(before["UdpNoPorts"], 0)
        started = time.monotonic()
        told = list(self.ask(LIMITED, CLOSED_PORTS, WAIT_MS).values())
        after = self.counters("node3")
        closed = told.count("closed")
        self.assertIn(closed, (ICMP_BURST, ICMP_BURST + 1))  # a second may have begun meanwhile
        self.assertEqual(told.count("silent"), len(CLOSED_PORTS) - closed)
        self.assertEqual(after["UdpNoPorts"], len(CLOSED_PORTS))
        self.assertEqual(after["IcmpOutDestUnreachs"] - before["IcmpOutDestUnreachs"], closed)
        if "IcmpOutRateLimitHost" in after:  # since Linux 5.17
            self.assertEqual(after["IcmpOutRateLimitHost"] - before["IcmpOutRateLimitHost"],
                             len(CLOSED_PORTS) - closed)
        # The bucket has filled by one a second meanwhile.
        more = list(self.ask(LIMITED, CLOSED_PORTS, WAIT_MS).values()).count("closed")
        passed = time.monotonic() - started - WAIT_MS / 1000
        self.assertGreaterEqual(more, WAIT_MS // 1000)
        self.assertLessEqual(more, int(passed) + 1)


if __name__ == "__main__":
    ASK = str(pathlib.Path(sys.argv.pop(1)).resolve())
    run_lab_tests(as_root=True)
