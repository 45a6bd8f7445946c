#!/usr/bin/env python3
"""The daemon, with what can go wrong around it: the rest goes on, and each shows as an alert.

    tests/daemon/robust_test.py PROGRAM SHIFTED_CLOCK [CLASS...]        (ctest label `lab`)

All classes at once, each in a lab of its own: they wait most of the time.
"""

import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lab"))
from daemon import STOP_WITHIN_S, Daemon  # noqa: E402
from lab import Lab, run_lab_tests  # noqa: E402

PROGRAM = None
SHIFTED_CLOCK = None
HOUR_S = 3600
NODES = ("node1", "node2", "node3")
PATIENCE_S = 60  # some intervals, on a machine that does other things too
SEED = 20261130

FAST = """\
[instance.fast-ports]
collector = "ports"
ports = "default,4444-4446"
interval = "10s"
overdue = "10s"
"""


class InLab(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(compute=len(NODES), login=0).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.lab.__exit__()

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-robust-"))
        self.folder.chmod(0o711)  # plug-ins are another user's
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def daemon(self, kind=Daemon, **options):
        daemon = kind(self.lab, PROGRAM, **options)
        self.addCleanup(daemon.__exit__)
        daemon.learn()
        return daemon

    def kinds(self, daemon):
        return {kind for kind, _, _ in daemon.alerts()}

    def finished(self, daemon, instance):
        return sum(run["state"] == "finished" for run in daemon.runs(instance))

    def goes_on(self, daemon, instance="fast-ports", runs=1):
        before = self.finished(daemon, instance)
        daemon.wait(lambda: self.finished(daemon, instance) >= before + runs,
                    f"{runs} more of {instance}", PATIENCE_S)

    def intruder_is_found(self, daemon, node):
        port = 4443 + int(node[-1])  # nodes of one port are one row
        self.lab.run("listen", node, str(port))
        daemon.wait(lambda: ("unexpected-port", node, port) in daemon.alerts(),
                    f"the intruder on {node}", PATIENCE_S)

    def program(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path


class ClockSteps(InLab):
    """What shifts the clock, and why it is real enough, says shifted_clock.cpp."""

    def set_clock(self, seconds):
        with open(self.folder / "clock", "r+b") as clock:
            clock.write(struct.pack("<q", seconds))

    def test_an_hour_each_way(self):
        (self.folder / "clock").write_bytes(bytes(8))
        hourly = '[instance.hourly]\ncollector = "ports"\nports = "22"\ninterval = "1h"\n'
        daemon = self.daemon(
            instances=FAST + hourly,
            wrap=("env", f"LD_PRELOAD={SHIFTED_CLOCK}",
                  f"LOCKSTEP_TEST_CLOCK={self.folder / 'clock'}"))
        daemon.start()
        daemon.wait(lambda: self.finished(daemon, "hourly") == 1 and
                    self.finished(daemon, "fast-ports"), "the first runs")
        begun, before = time.monotonic(), self.finished(daemon, "fast-ports")
        for number, (shift, word) in enumerate(((HOUR_S, "forward"), (0, "back")), 1):
            with self.subTest(word):
                self.set_clock(shift)
                daemon.wait(lambda word=word: any(
                    row["kind"] == "clock-stepped" and f"set {word} by 3600 s" in row["detail"]
                    for row in daemon.json("alerts")["alerts"]), "the alert about the clock")
                self.goes_on(daemon)
                self.intruder_is_found(daemon, f"node{number}")
                # An hour later all is due, once; an hour earlier nothing is known of the future.
                self.assertLessEqual(self.finished(daemon, "hourly"), 1 + number)
        # One each interval, and one more where the clock was set.
        intervals = (time.monotonic() - begun) / 10
        self.assertLessEqual(self.finished(daemon, "fast-ports") - before, intervals + 3)
        self.assertEqual(self.kinds(daemon), {"clock-stepped", "unexpected-port"})


class SchedulerFails(InLab):
    """sinfo is a script of ours here; what a real Slurm says is tried in tests/slurm."""

    STATES = {
        "idle": "#!/bin/sh\nPATH=/usr/bin:/bin\nfor n in 1 2 3; do echo \"node$n|idle|batch|(null)|Unknown|none\"; done\n",
        "hangs": "#!/bin/sh\necho $$ > {folder}/hangs\n/bin/sleep 300\n",
        "lies": "#!/bin/sh\n/usr/bin/head -c 3000 /dev/urandom\necho node1\n",
        "fails": "#!/bin/sh\necho 'Unable to contact slurm controller' >&2\nexit 1\n",
    }

    def slurm(self, state):
        if state == "gone":
            (self.folder / "sinfo").unlink()
        else:
            self.program("sinfo", self.STATES[state].replace("{folder}", str(self.folder)))

    def asked(self, daemon):
        """Asks anew without waiting for the interval: one that is changed asks at once."""
        self.interval += 1
        daemon.more = f'[scheduler]\ntype = "slurm"\ninterval_s = {self.interval}\n'
        daemon.write()
        done = daemon.run("reload")
        self.assertEqual(done.returncode, 0, done.stderr)

    def served(self):
        self.interval = 30
        self.program("squeue", "#!/bin/sh\nexit 0\n")
        daemon = self.daemon(instances=FAST, more='[scheduler]\ntype = "slurm"\n',
                             wrap=("env", f"PATH={self.folder}"))
        return daemon

    def test_each_failure_is_an_alert_and_overdue_nodes_are_asked(self):
        self.slurm("idle")
        daemon = self.served()
        daemon.start()
        daemon.wait(lambda: self.finished(daemon, "fast-ports"), "a first run")
        self.assertEqual(daemon.alerts(), set())
        for state, word in (("lies", "the answer of"), ("fails", "Unable to contact"),
                            ("gone", "cannot run")):
            with self.subTest(state):
                self.fails(daemon, state, word)
        self.slurm("idle")
        self.asked(daemon)
        daemon.wait(lambda: daemon.alerts() == set(), "the end of the alert", PATIENCE_S)
        self.fails(daemon, "hangs", "did not end within")
        self.intruder_is_found(daemon, "node2")
        # An alert ends too where the daemon that raised it has ended.
        daemon.stop()
        self.slurm("idle")
        daemon.start()
        daemon.wait(lambda: self.kinds(daemon) == {"unexpected-port"}, "the end of the alert",
                    PATIENCE_S)

    def fails(self, daemon, state, word):
        self.slurm(state)
        self.asked(daemon)
        daemon.wait(lambda: any(
            row["kind"] == "scheduler-unavailable" and word in row["detail"]
            for row in daemon.json("alerts")["alerts"]), f"the alert: {word}", PATIENCE_S)

    def test_one_that_hangs_does_not_hold_up_the_end(self):
        self.slurm("hangs")
        daemon = self.served()
        daemon.start()
        daemon.wait((self.folder / "hangs").exists, "it to be asked")
        status, seconds = daemon.stop()
        self.assertEqual(status, 0, daemon.log.read_text())
        self.assertLess(seconds, STOP_WITHIN_S)


class PluginsFail(InLab):
    BAD = ("hangs", "ignores_term", "floods", "crashes", "garbage")
    GOOD = ("#!/bin/sh\ncat > /dev/null\nfor n in 1 2 3; do\n"
            "echo '{\"value\": {\"node\": \"node'$n'\", \"name\": \"x\", \"value\": 1}}'\n"
            "echo '{\"covered\": {\"node\": \"node'$n'\"}}'\ndone\n")

    def instance(self, name, path):
        return (f'[instance.{name}]\ncollector = "exec"\ninterval = "10s"\ntimeout = "3s"\n'
                f'command = "{path}"\n')

    def failing(self, daemon):
        rows = [row for row in daemon.json("alerts")["alerts"] if row["kind"] == "collector-failed"]
        return {name for name in self.BAD for row in rows if row["detail"].startswith(f"{name}: ")}

    def test_each_is_an_alert_and_the_others_keep_their_pace(self):
        instances = FAST + self.instance("good", self.program("good", self.GOOD))
        for source in (HERE.parent / "plugins/bad").iterdir():
            if source.stem in self.BAD:
                instances += self.instance(source.stem, self.program(source.stem, source.read_text()))
        daemon = self.daemon(instances=instances)
        daemon.start()
        daemon.wait(lambda: self.failing(daemon) == set(self.BAD), "an alert of each", PATIENCE_S)
        measured = set()
        def see():
            measured.update(row["measured"] for row in daemon.json("values")["values"]
                            if row["instance"] == "good")
            return len(measured) > 2
        begun = time.monotonic()
        daemon.wait(see, "three rounds of the good one", PATIENCE_S)
        # Two intervals; the alternative would be to wait for each bad one.
        self.assertLess(time.monotonic() - begun, 25)
        self.goes_on(daemon)
        self.assertEqual(self.kinds(daemon), {"collector-failed"})
        for name in self.BAD:
            self.program(name, self.GOOD)
        daemon.wait(lambda: daemon.alerts() == set(), "the end of the alerts", PATIENCE_S)
        self.program("hangs", "#!/bin/sh\nsetsid sleep 300 &\nsleep 300\n")
        daemon.run("instance", "run", "hangs")
        daemon.wait(lambda: self.running("hangs"), "one that hangs")
        status, seconds = daemon.stop()
        self.assertEqual(status, 0, daemon.log.read_text())
        self.assertLess(seconds, STOP_WITHIN_S)
        self.assertEqual(self.running("hangs"), "")
        self.assertEqual(self.running("sleep 300"), "")

    def running(self, words):
        return self.lab.exec("monitor", "sh", "-c",
                             f"ps -eo args | grep -- '{words}' | grep -v -e grep -e 'ps -eo'").stdout


class DiskFull(InLab):
    class OnSmallDisk(Daemon):
        """Its store, its socket and its places are on a disk of 3 MiB."""

        def write(self):
            self.small = pathlib.Path(self.folder, "small")
            if not self.small.exists():
                self.small.mkdir()
                self.lab.exec("monitor", "mount", "-t", "tmpfs", "-o", "size=3m", "none",
                              str(self.small), check=True)
            super().write()
            text = self.config.read_text()
            self.config.write_text(text.replace(f"{self.folder}/lockstep.db",
                                                f"{self.small}/lockstep.db"))

        def __exit__(self, *arguments):
            if self.process is not None:
                self.stop()
            self.lab.exec("monitor", "umount", str(self.small))
            super().__exit__(*arguments)

    def test_is_told_survived_and_over_when_it_is_over(self):
        daemon = self.daemon(kind=self.OnSmallDisk, instances=FAST)
        daemon.start()
        daemon.wait(lambda: self.finished(daemon, "fast-ports"), "a first run")
        self.lab.exec("monitor", "dd", "if=/dev/zero", f"of={daemon.small}/fill", "bs=4k")
        self.lab.run("listen", "node1", "4444")
        daemon.wait(lambda: "full" in daemon.log.read_text() + daemon.run("status").stdout,
                    "a word about the disk", PATIENCE_S)
        self.lab.exec("monitor", "rm", f"{daemon.small}/fill", check=True)
        daemon.wait(lambda: daemon.alerts() == {("unexpected-port", "node1", 4444)},
                    "the intruder, and nothing about the disk", 2 * PATIENCE_S)
        self.goes_on(daemon)


class Ends(InLab):
    SLOW = '[instance.slow]\ncollector = "ports"\nports = "all"\ninterval = "10s"\n'
    SLOWER = SLOW + "node_rate = 100\n"

    def senders(self):
        return self.lab.exec("monitor", "sh", "-c",
                             "ps -eo args | grep '[e]xe sender$'").stdout.splitlines()

    def test_the_order_to_stop_holds_in_the_middle_of_a_step(self):
        daemon = self.daemon(instances=self.SLOWER)
        daemon.start()
        daemon.wait(self.senders, "a sender")
        stopped = daemon.run("stop", "--note", "maintenance")
        self.assertEqual(stopped.returncode, 0, stopped.stderr)
        begun = time.monotonic()
        daemon.wait(lambda: not self.senders(), "the end of sending", 5)
        self.assertLess(time.monotonic() - begun, 2)
        daemon.wait(lambda: "maintenance" in daemon.run("status").stdout, "a word about it")
        self.assertEqual(self.senders(), [])
        lifted = daemon.run("stop", "--lift")
        self.assertEqual(lifted.returncode, 0, lifted.stderr)
        daemon.wait(self.senders, "sending to go on", PATIENCE_S)

    def test_sigterm_at_random_moments(self):
        plugin = self.program("mine", "#!/bin/sh\ncat > /dev/null\nsleep 1\n")
        daemon = self.daemon(instances=self.SLOW + FAST + (
            '[instance.versions]\ncollector = "services"\ninterval = "10s"\n'
            '[instance.mine]\ncollector = "exec"\ninterval = "10s"\n'
            f'command = "{plugin}"\n[instance.load]\ncollector = "pcp"\ninterval = "10s"\n'))
        moments = random.Random(SEED)
        for number in range(10):
            moment = moments.uniform(0, 2.5)
            with self.subTest(number=number, moment=moment):
                daemon.start()
                time.sleep(moment)
                status, seconds = daemon.stop()
                self.assertEqual(status, 0, daemon.log.read_text())
                self.assertLess(seconds, STOP_WITHIN_S)
                left = self.lab.exec("monitor", "sh", "-c", "ps -eo args | grep -e '[l]ockstep' "
                                     "-e '[e]xe sender' -e '[e]xe dialogue' -e '[l]ockstep-pcp' | "
                                     "grep -v supervise").stdout
                self.assertEqual(left, "")


def run_side_by_side(classes):
    """Each in a process of its own. Ends this one with the worst of their results."""
    children = [(name, subprocess.Popen([sys.executable, __file__, PROGRAM, SHIFTED_CLOCK, name],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
                for name in classes]
    worst = 0
    for name, child in children:
        said, _ = child.communicate()
        print(f"--- {name}\n{said}", flush=True)
        worst = max(worst, abs(child.returncode))
    sys.exit(worst)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    SHIFTED_CLOCK = sys.argv.pop(1)
    if len(sys.argv) == 1:
        run_side_by_side(("ClockSteps", "SchedulerFails", "PluginsFail", "DiskFull", "Ends"))
    run_lab_tests()
