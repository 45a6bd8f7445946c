#!/usr/bin/env python3
"""Engines in a process of their own: what its rights are while it sends, and who ends with whom.

    tests/sender/sender_test.py ENGINE_RUN [unittest arguments]

Against the simulated cluster, which logs when each packet arrives.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/simnet")]
from simnet import SKIPPED, Simnet, SimnetNotAllowed  # noqa: E402

ENGINES = ("packet", "xdp")
NODES = 16
LOG = ["--log", 1 << 20]
# Of a process that was killed, the kernel needs a moment to take its sockets and programs away.
LAST_PACKET_NS = 20_000_000
# CAP_NET_ADMIN, CAP_NET_RAW, CAP_PERFMON, CAP_BPF.
SENDER_CAPABILITIES = 1 << 12 | 1 << 13 | 1 << 38 | 1 << 39


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def capabilities_of(pid, which="CapEff"):
    return int(status_of(pid)[which], 16)


def threads_of(pid):
    return [int(name) for name in os.listdir(f"/proc/{pid}/task")]


def children_of(pid):
    return [int(word) for word in
            pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid, within_s=2):
    """Whether a process is, or becomes, no more than a number."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if status_of(pid)["State"].startswith("Z"):
                return True
        except OSError:
            return True
        time.sleep(0.002)
    return False


class Sending:
    """A run that sends, at a rate that takes it long: its three processes."""

    def __init__(self, net, engine):
        self.net = net
        self.core = net.popen(ENGINE_RUN, "--remote", "--engine", engine, "--count", str(NODES),
                              "--rate", "20000", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        own, self.launcher = map(int, self.core.stdout.readline().split())
        assert own == self.core.pid
        deadline = time.monotonic() + 20
        while net.counters()["syns"] == 0:
            if time.monotonic() > deadline or self.core.poll() is not None:
                raise AssertionError(f"nothing is sent: {self.core.communicate()}")
            time.sleep(0.01)
        self.sender, = children_of(self.launcher)

    def end(self):
        if self.core.poll() is None:
            self.core.kill()
        return self.core.communicate(timeout=10)


@contextlib.contextmanager
def sending(engine):
    with Simnet(nodes=NODES, options=LOG) as net:
        # A scanner by packet sockets gets no answers from XDP_TX without it.
        with net.passing() if engine == "packet" else contextlib.nullcontext():
            run = Sending(net, engine)
            try:
                yield run
            finally:
                run.end()


class Rights(unittest.TestCase):
    def test_while_it_sends_only_the_launcher_has_any(self):
        for engine in ENGINES:
            with self.subTest(engine=engine), sending(engine) as run:
                self.assertEqual(capabilities_of(run.launcher), SENDER_CAPABILITIES)
                for name in ("core", "sender"):
                    process = run.core.pid if name == "core" else run.sender
                    for thread in threads_of(process):
                        for which in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                            self.assertEqual(capabilities_of(thread, which), 0, (name, which))
                # What programs could get that neither may start, or that get no privileges.
                self.assertEqual(capabilities_of(run.core.pid, "CapBnd"), 0)
                self.assertEqual(capabilities_of(run.sender, "CapBnd") & ~SENDER_CAPABILITIES, 0)
                for process in (run.core.pid, run.launcher, run.sender):
                    self.assertEqual(status_of(process)["NoNewPrivs"], "1")
                for thread in threads_of(run.sender):
                    self.assertEqual(status_of(thread)["Seccomp"], "2")


class Ends(unittest.TestCase):
    def assert_nothing_after(self, run, killed_ns):
        time.sleep(0.3)
        times, _ = run.net.arrivals()
        self.assertGreater(len(times), 0)
        self.assertLessEqual(max(times) - killed_ns, LAST_PACKET_NS)

    def test_a_sender_that_is_killed_is_told(self):
        for engine in ENGINES:
            with self.subTest(engine=engine), sending(engine) as run:
                os.kill(run.sender, signal.SIGKILL)
                killed_ns = time.monotonic_ns()
                _, said = run.core.communicate(timeout=10)
                self.assertEqual(run.core.returncode, 1)
                self.assertIn("unavailable: the process that sends packets", said)
                self.assertIn("ended in the middle of its work", said)
                self.assert_nothing_after(run, killed_ns)

    def test_with_a_core_that_is_killed_both_others_end_and_nothing_is_sent(self):
        for engine in ENGINES:
            with self.subTest(engine=engine), sending(engine) as run:
                run.core.kill()
                killed_ns = time.monotonic_ns()
                run.core.wait()
                self.assertTrue(gone(run.sender), "the sender")
                self.assertTrue(gone(run.launcher), "the launcher")
                self.assert_nothing_after(run, killed_ns)

    def test_with_a_launcher_that_is_killed_its_sender_ends(self):
        with sending("packet") as run:
            os.kill(run.launcher, signal.SIGKILL)
            killed_ns = time.monotonic_ns()
            run.core.communicate(timeout=10)
            self.assertTrue(gone(run.sender))
            self.assert_nothing_after(run, killed_ns)

    def test_what_a_terminal_sends_to_all_goes_past_them(self):
        with sending("packet") as run:
            for process in (run.launcher, run.sender):
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    os.kill(process, number)
            before = run.net.counters()["syns"]
            time.sleep(0.2)
            self.assertGreater(run.net.counters()["syns"], before)


class Flags(unittest.TestCase):
    """What the core says while it runs, in the memory that both have."""

    def run_engine(self, *words):
        with Simnet(nodes=NODES, options=LOG) as net:
            with net.passing() if "packet" in words else contextlib.nullcontext():
                done = net.run(ENGINE_RUN, "--count", NODES, "--rate", "20000", *words, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout.splitlines()[-1]), *net.arrivals()

    def test_stop(self):
        for engine in ENGINES:
            with self.subTest(engine=engine):
                said, times, _ = self.run_engine("--remote", "--engine", engine,
                                                 "--stop-after", "0.5")
                self.assertLess(said["answered"], NODES * 65535)
                self.assertLessEqual(max(times) - said["stopped_ns"], 10_000_000)

    def test_an_address_that_is_to_be_left_gets_nothing_from_then_on(self):
        for engine in ENGINES:
            for remote in ((), ("--remote",)):
                with self.subTest(engine=engine, remote=bool(remote)):
                    said, times, nodes = self.run_engine(
                        *remote, "--engine", engine, "--leave-after", "0.5", "--ports", "4000")
                    last = {node: max(at for at, of in zip(times, nodes) if of == node)
                            for node in set(nodes)}
                    self.assertLessEqual(last[0] - said["left_ns"], 20_000_000)
                    self.assertGreater(last[1] - said["left_ns"], 500_000_000, "others go on")
                    self.assertLess(said["answered"], NODES * 4000)
                    self.assertGreaterEqual(said["asked"], (NODES - 1) * 4000)
                    self.assertLess(said["asked"], NODES * 4000)


if __name__ == "__main__":
    ENGINE_RUN = str(pathlib.Path(sys.argv.pop(1)).resolve())
    try:
        with Simnet(nodes=1) as probe:
            tried = probe.run(ENGINE_RUN, "--count", 1, "--ports", 1)
        if tried.returncode != 0:
            raise SimnetNotAllowed(tried.stderr.strip())
    except SimnetNotAllowed as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main()
