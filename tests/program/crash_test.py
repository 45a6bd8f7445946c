#!/usr/bin/env python3
"""Sweeps that are killed at random moments: what was acknowledged stays, and half a look proves nothing.

    tests/program/crash_test.py PROGRAM        (ctest label `program`)

LOCKSTEP_KILLS (5) is how often. Needs no right and no network but loopback: daemons listen on four
addresses of it, and are asked by completed connections.
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

PROGRAM = None
KILLS = int(os.environ.get("LOCKSTEP_KILLS", "5"))
SEED = int(os.environ.get("LOCKSTEP_SEED", "1"))

EXPECTED = 2201     # a daemon of every node
INTRUDER = 2477     # a listener of node2
SWEEP_S = 2.0       # about what a sweep takes at RATE
RATE = 1000
CONFIG = """
    [cluster]
    name = "crash"
    [store]
    url = "sqlite://{folder}/store.db"
    [scan]
    resume_within_s = 0
    allow = ["127.78.0.0/24"]
    engine = "connect"
    ports = "2001-2500"
    rate = {rate}
    group_rate = "unlimited"
    node_rate = "unlimited"
    [analysis]
    missing_after_s = 0
    reask_interval_s = 0
    [[nodes]]
    nodes = "node[1-4]"
    class = "compute"
    addresses = ["127.78.0.1-127.78.0.4"]
"""


def listen(node, port):
    return socket.create_server((f"127.78.0.{node}", port), backlog=64)


class OnLoopback(unittest.TestCase):
    """Four nodes on loopback, with a store of their own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-crash-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.config = self.folder / "lockstep.toml"
        self.config.write_text(textwrap.dedent(CONFIG).format(folder=self.folder, rate=RATE))
        self.sockets = contextlib.ExitStack()
        self.addCleanup(self.sockets.close)
        self.random = random.Random(SEED)

    def command(self, *arguments):
        return [PROGRAM, "--config", str(self.config), *arguments]

    def run_program(self, *arguments, status=0):
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)
        self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def alerts(self):
        """What stands, resolved ones too: (kind, nodes, port, status), ascending."""
        done = subprocess.run(self.command("alerts", "--all", "--json"), capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        rows = json.loads(done.stdout)["alerts"]
        return sorted((row["kind"], row["nodes"], row["port"], row["status"]) for row in rows)

    def learn(self):
        self.daemons(intruder=False)
        self.run_program("profile", "learn", "--class", "compute", "--from", "node1",
                         "--rate", "unlimited")
        self.run_program("profile", "approve", "--class", "compute")

    def query(self, statement):
        with contextlib.closing(sqlite3.connect(self.folder / "store.db")) as database:
            return database.execute(statement).fetchall()

    def daemons(self, without=(), intruder=True):
        """The listeners of all nodes, in place of those there are."""
        self.sockets.close()
        for node in range(1, 5):
            if node not in without:
                self.sockets.enter_context(listen(node, EXPECTED))
        if intruder:
            self.sockets.enter_context(listen(2, INTRUDER))



class Killed(OnLoopback):
    def latest(self):
        """(id, state) of the latest sweep that had begun."""
        return self.query("SELECT id, state FROM sweeps ORDER BY id DESC LIMIT 1")[0]

    def kill_a_sweep(self, after_s):
        """Returns whether it was killed before it had reached its end. One that had not begun
        counts, too, but not among `self.begun`."""
        before = self.latest()
        sweep = subprocess.Popen(self.command("sweep"), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        time.sleep(after_s)
        sweep.send_signal(signal.SIGKILL)
        ended = sweep.wait(timeout=30) != -signal.SIGKILL
        number, state = self.latest()
        if number == before[0]:
            return not ended
        self.begun += state == "running"
        return state == "running"

    def test_loses_nothing_and_proves_nothing(self):
        self.begun = 0
        self.learn()
        self.daemons()
        self.run_program("sweep", "--rate", "unlimited", status=1)
        self.assertEqual(self.alerts(), [("unexpected-port", "node2", INTRUDER, "open")])
        self.run_program("alert", "ack", "A-1", "--note", "before the crash")
        standing = [("unexpected-port", "node2", INTRUDER, "acknowledged")]
        examined = self.query("SELECT node, examined FROM looks ORDER BY node")

        killed = kept = 0
        for number in range(KILLS):
            with self.subTest(kill=number):
                # What half a look could be wrong about: a daemon away, the intruder gone.
                self.daemons(without={3} if self.random.random() < 0.5 else (),
                             intruder=self.random.random() < 0.5)
                if not self.kill_a_sweep(self.random.uniform(0, SWEEP_S)):
                    self.daemons()  # it had reached its end: all may be as it says
                    self.run_program("sweep", "--rate", "unlimited", status=1)
                    self.run_program("alert", "ack", "A-1", "--note", "again")
                    examined = self.query("SELECT node, examined FROM looks ORDER BY node")
                    continue
                killed += 1
                self.assertEqual([row for row in self.alerts() if row[3] != "resolved"], standing)
                self.assertEqual(self.query("SELECT node, examined FROM looks ORDER BY node"),
                                 examined, "half a look is no proof")
                kept += self.query("SELECT COUNT(*) FROM looks WHERE asked > 0 AND sweep = "
                                   "(SELECT MAX(id) FROM sweeps)")[0][0] > 0
        self.assertGreater(self.begun, 0)

        # A look that lasts is kept for as far as it got.
        self.daemons()
        self.assertTrue(self.kill_a_sweep(1.7))
        partial = self.query("SELECT asked, wanted FROM looks WHERE sweep = "
                             "(SELECT MAX(id) FROM sweeps)")
        self.assertEqual(len(partial), 4)
        self.assertTrue(all(0 < asked < wanted for asked, wanted in partial), partial)

        # The next one is not held up, finds the same, and doubles nothing.
        self.run_program("sweep", "--rate", "unlimited", status=1)
        self.assertEqual([row for row in self.alerts() if row[3] != "resolved"], standing)
        states = dict(self.query("SELECT state, COUNT(*) FROM sweeps GROUP BY state"))
        self.assertNotIn("running", states)
        self.assertEqual(states.get("lost", 0), self.begun)
        # And proof is proof.
        self.daemons(intruder=False)
        self.run_program("sweep", "--rate", "unlimited", status=0)
        self.assertEqual([row for row in self.alerts() if row[1] == "node2"],
                         [("unexpected-port", "node2", INTRUDER, "resolved")])
        print(f"killed {killed} times before the end, {self.begun} of them in the middle; "
              f"{kept} times a part was kept")


class TwoAtOnce(OnLoopback):
    def test_one_of_them_runs_and_the_other_says_so(self):
        self.learn()
        both = [subprocess.Popen(self.command("sweep"), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True) for _ in range(2)]
        results = sorted((process.communicate(timeout=60) + (process.returncode,)
                          for process in both), key=lambda result: result[2])
        self.assertEqual([status for _, _, status in results], [0, 3], results)
        self.assertIn("sweep", results[1][1])
        self.assertIn("node", results[1][1])


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
