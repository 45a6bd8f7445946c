#!/usr/bin/env python3
"""The daemons are what their rows say, to whoever connects, and Lockstep tells what they are.

    tests/services/daemons_test.py PROGRAM          all but the large (ctest label `lab`)
    tests/services/daemons_test.py PROGRAM --all    the large too, which takes longer
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lab"))
import identify  # noqa: E402
from daemons import DAEMONS, Daemons, hosts_needed  # noqa: E402
from lab import Lab, run_lab_tests  # noqa: E402
from tables import LARGE  # noqa: E402

PROGRAM = None
SILENCE_S = 1  # who says nothing for so long unasked is silent
GONE_S = 10
# Those that detach, change their user, or leave children behind.
NAMES = tuple(name for name in DAEMONS if name not in LARGE)
CLINGING = ("dovecot", "postfix", "squid", "nginx", "bindshell")


class Rows(unittest.TestCase):
    """What needs no lab."""

    def test_what_a_row_says_to_tell_stands_in_its_expressions(self):
        mark = {"version": b"{version}", "series": b"{series}"}
        for name, daemon in DAEMONS.items():
            for port in daemon.ports:
                with self.subTest(daemon=name, port=port.number):
                    said = port.first + port.answer
                    self.assertIn(port.tells, ("", "product", "series", "version"))
                    self.assertIn(mark.get(port.tells, b""), said)
                    if port.tells != "version":
                        self.assertNotIn(b"{version}", said)

    def test_daemons_that_share_a_port_are_on_different_hosts(self):
        self.assertLessEqual(hosts_needed(), 8)


class Services(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(compute=hosts_needed(NAMES), login=0).__enter__()
        cls.daemons = Daemons(cls.lab, NAMES).__enter__()
        cls.ports = [(name, port) for name in cls.daemons.running for port in DAEMONS[name].ports]

    @classmethod
    def tearDownClass(cls):
        cls.daemons.__exit__()
        cls.lab.__exit__()

    def test_the_daemons_that_are_installed_run(self):
        self.assertEqual(self.daemons.failed, {})
        self.assertEqual(set(self.daemons.running) | set(self.daemons.absent), set(NAMES))
        if self.daemons.absent:
            self.skipTest(f"not installed: {sorted(set(self.daemons.absent.values()))}")

    def test_each_says_first_and_answers_what_its_row_says(self):
        said = self.daemons.ask([
            self.daemons.question(name, port, port.slow_s + (3 if port.first else SILENCE_S))
            for name, port in self.ports])
        for (name, port), answer in zip(self.ports, said):
            with self.subTest(daemon=name, port=port.number):
                self.assertEqual(self.daemons.objection(name, port, answer), "",
                                 self.daemons.last_words(name))
                self.assertEqual(bool(answer["first"]), bool(port.first), answer["first"])
                self.assertEqual(bool(answer["tls"]), port.tls)
                if port.closes:
                    self.assertTrue(answer["closed"])

    def test_a_plain_connection_to_a_port_of_tls_hears_nothing(self):
        ports = [(name, port._replace(tls=False, ask=b"")) for name, port in self.ports if port.tls]
        said = self.daemons.ask([self.daemons.question(name, port, SILENCE_S)
                                 for name, port in ports])
        self.assertEqual([answer["first"] + answer["error"] for answer in said], [""] * len(ports))

    def test_lockstep_tells_what_they_are(self):
        truths = self.daemons.truths()
        services = identify.scan(self.lab, PROGRAM, truths)
        wrong = {(truth.daemon, truth.port): found for truth in truths
                 if (found := identify.judge(truth, services.get((truth.address, truth.port)) or {}))}
        said = {place: services.get((truth.address, truth.port)) for truth in truths
                if (place := (truth.daemon, truth.port)) in wrong}
        self.assertEqual({place for place, what in wrong.items() if "name" in what}, set(), said)
        for what in ("product", "version"):
            told = [truth for truth in truths if truth.tells == "version"
                    or what == "product" and truth.tells]
            self.assertLessEqual(10 * sum(what in each for each in wrong.values()), len(told), said)

    def test_every_version_is_known(self):
        for truth in self.daemons.truths():
            with self.subTest(daemon=truth.daemon):
                self.assertRegex(truth.version, r"^\d+" if truth.product else "^$")


class End(unittest.TestCase):
    def test_nothing_outlives_whoever_is_killed(self):
        leftovers = tempfile.TemporaryDirectory(prefix="lockstep-services-")
        self.addCleanup(leftovers.cleanup)
        os.chmod(leftovers.name, 0o755)
        holder = subprocess.Popen([sys.executable, HERE / "up.py", *CLINGING],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  env=os.environ | {"TMPDIR": leftovers.name})
        state = holder.stdout.readline().split()[1]
        inside = (pathlib.Path(state) / "pid" / "monitor").read_text().strip()
        namespace = pathlib.Path(f"/proc/{inside}/ns/pid_for_children")
        names = namespace.readlink()
        self.assertGreater(len(self.members(names)), len(CLINGING))
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
        deadline = time.monotonic() + GONE_S
        while self.members(names) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.members(names), [])

    @staticmethod
    def members(namespace):
        """The processes of a PID namespace."""
        result = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (process / "ns" / "pid").readlink() == namespace:
                    result.append(process.name)
            except OSError:  # has ended meanwhile
                pass
        return result


if __name__ == "__main__":
    PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
    if "--all" in sys.argv:
        sys.argv.remove("--all")
        NAMES = tuple(DAEMONS)
    run_lab_tests(as_root=True)
