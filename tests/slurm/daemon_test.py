#!/usr/bin/env python3
"""The daemon beside a real Slurm, each node a host of its own, with a capture in each.

    tests/slurm/daemon_test.py PROGRAM     (ctest label `lab`)

Slurm is asked twice a minute at most, so what happens there is seen late. Hence the one long test: the
things that it shows go on side by side.
"""

import pathlib
import re
import sqlite3
import subprocess
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "lab"), str(TESTS / "daemon")]
from cluster import SLURMD_PORT, SpreadSlurm, missing  # noqa: E402
from daemon import Daemon  # noqa: E402
from lab import MONITOR_IPV4, SKIPPED, Lab, run_lab_tests  # noqa: E402

PROGRAM = None
POLL_S = 30  # between two questions to Slurm
JUPYTER = 8888
USUAL = f"22,111,9100,{JUPYTER}"
BLOCK = 1024
FIRST = 10000  # of three blocks that are asked slowly
LONG = f"{FIRST}-{FIRST + 3 * BLOCK - 1}"

SCHEDULER = '[scheduler]\ntype = "slurm"\n'
INSTANCES = f"""\
[instance.fast-ports]
collector = "ports"
ports = "{USUAL}"
interval = "10s"
overdue = "1h"
[instance.versions]
collector = "services"
interval = "10s"
[instance.slow]
collector = "ports"
ports = "{LONG}"
interval = "3m"
overdue = "1d"
node_rate = 250
"""

# As a notebook's server. It notes each connection that it gets to see.
SERVER = """\
import socket, sys
server = socket.create_server(("", int(sys.argv[1])))
while True:
    server.accept()[0].close()
    with open(sys.argv[2], "a") as seen:
        seen.write("x")
"""


class SlurmDaemon(Daemon):
    """One whose commands find this Slurm, and to which its prolog speaks."""

    def __init__(self, slurm, **options):
        super().__init__(slurm.lab, PROGRAM, more=SCHEDULER, wrap=slurm.words(), **options)
        slurm.tell(PROGRAM, self.config)

    def command(self, *arguments):
        return (*self.wrap, *super().command(*arguments))

    def node(self, name):
        return self.json("nodes", name)["nodes"][0]

    def passed_over(self, instance):
        """(for a job, since they are off): how many nodes, in its latest run."""
        for status in self.status()["statuses"]:
            if status["instance"] == instance:
                return status["passed_over_busy"], status["passed_over_withdrawn"]
        return None

    def age_looks(self, minutes):
        """All that was looked at was looked at so much earlier."""
        with sqlite3.connect(pathlib.Path(self.folder, "lockstep.db")) as store:
            for column in ("looked", "examined"):
                store.execute(f"UPDATE looks SET {column} = strftime('%Y-%m-%dT%H:%M:%SZ', {column}, "
                              f"'-{minutes} minutes')")
        store.close()


class Capture:
    """What the monitor sends to a host, as that host sees it."""

    LINE = re.compile(r"^(\d+\.\d+) IP \S+ > \S+\.(\d+): Flags \[(\S+)\]")

    def __init__(self, lab, host, folder):
        self.file = pathlib.Path(folder, f"capture-{host}")
        with open(self.file, "w", encoding="utf-8") as out:
            self.process = lab.popen(host, "tcpdump", "-Z", "root", "-i", "eth0", "-n", "-tt", "-l",
                                     "--immediate-mode", f"src host {MONITOR_IPV4} and tcp and not "
                                     f"port {SLURMD_PORT}", stdout=out, stderr=out)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def ready(self):
        return "listening on" in self.file.read_text()

    def packets(self, flags, since=0.0, until=float("inf")):
        """[(when, to which port)]"""
        found = (self.LINE.match(line) for line in self.file.read_text().splitlines())
        return [(float(match[1]), int(match[2])) for match in found
                if match and match[3] == flags and since <= float(match[1]) < until]

    def probes(self, since=0.0, until=float("inf")):
        return self.packets("S", since, until)

    def dialogues(self, since=0.0):
        return self.packets("P.", since) + self.packets(".", since)


class WithSlurm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(compute=5, login=0).__enter__()
        cls.addClassCleanup(cls.lab.__exit__)
        cls.slurm = SpreadSlurm(cls.lab).__enter__()
        cls.addClassCleanup(cls.slurm.__exit__)

    def daemon(self, **options):
        daemon = SlurmDaemon(self.slurm, **options)
        self.addCleanup(daemon.__exit__)
        return daemon

    def slurm_does(self, *words):
        done = self.slurm.run(*words)
        self.assertEqual(done.returncode, 0, done.stderr)

    def capture(self, host, folder):
        capture = Capture(self.lab, host, folder)
        self.addCleanup(capture.stop)
        self.slurm.wait(capture.ready, "the capture")
        return capture

    def in_step(self, daemon):
        """What is wrong, but for what is told of silent nodes."""
        rows = daemon.json("alerts")["alerts"]
        return [row for row in rows if row["severity"] != "informational"]


class Classes(WithSlurm):
    def test_a_feature_is_a_class_when_the_inventory_is_read_again(self):
        nodes = '[[inventory]]\ntype = "slurm"\nfeatures = ["*"]\npartitions = ["lab=all"]\n'
        daemon = self.daemon(nodes=nodes, instances="")
        daemon.start()
        self.assertEqual(daemon.node("node3")["classes"], ["all", "compute"])
        self.slurm_does("scontrol", "update", "nodename=node3", "availablefeatures=compute,gpu",
                        "activefeatures=compute,gpu")
        reloaded = daemon.run("reload")
        self.assertEqual(reloaded.returncode, 0, reloaded.stderr)
        self.assertEqual(daemon.node("node3")["classes"], ["all", "compute", "gpu"])
        self.assertEqual(daemon.status()["nodes"], 5)


class ByHand(WithSlurm):
    def test_a_sweep_by_hand_and_a_round_of_a_plug_in_leave_nodes_too(self):
        daemon = self.daemon(instances="")
        pathlib.Path(daemon.folder).chmod(0o755)
        script = pathlib.Path(daemon.folder, "waits")
        script.write_text("#!/bin/sh\nwhile [ ! -e %s/go ]; do sleep 0.1; done\n" % daemon.folder)
        script.chmod(0o755)
        daemon.instances = (f'[instance.own]\ncollector = "exec"\ncommand = "{script}"\n'
                            'interval = "1h"\ntimeout = "5m"\n')
        daemon.write()
        daemon.learn(ports=USUAL)
        daemon.start()
        daemon.wait(lambda: any(status["step"] for status in daemon.status()["statuses"]), "a round")
        told = daemon.run("leave", "node[3,9]", "--job", "7")
        self.assertEqual(told.stdout, "1 of 2 nodes were being asked, and are left\n", told.stderr)

        captures = {host: self.capture(host, daemon.folder) for host in ("node1", "node2")}
        words = daemon.command("sweep", "--ports", LONG, "--node-rate", "250")
        sweep = daemon.lab.popen(daemon.place, *words, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
        daemon.wait(lambda: all(len(each.probes()) > 200 for each in captures.values()), "the sweep")
        before = len(self.slurm.prolog_calls())
        self.slurm.start("short", "srun", "-N1", "-w", "node1", "sleep", "1")
        self.slurm.wait(lambda: len(self.slurm.prolog_calls()) > before, "the prolog")
        when = self.slurm.prolog_calls()[-1][0]
        said, _ = sweep.communicate(timeout=120)
        self.assertEqual(captures["node1"].probes(since=when + 1), [], said)
        self.assertNotEqual(captures["node2"].probes(since=when + 2), [], said)
        self.assertIn("left", {look["gap"] for look in daemon.node("node1")["looks"]}, said)
        pathlib.Path(daemon.folder, "go").touch()


class Jobs(WithSlurm):
    """node1 gets a job while it is asked, a short one; node2 one with a notebook, that is left
    behind; node3 none; node4 is in maintenance and silent; node5 is powered down and silent."""

    def setUp(self):
        daemon = self.daemon(instances=INSTANCES)
        every = f"{USUAL},{LONG}"
        daemon.learn(ports=every)
        swept = daemon.run("sweep", "--ports", every)
        self.assertEqual(swept.returncode, 0, swept.stdout + swept.stderr)
        daemon.age_looks(10)
        self.slurm_does("scontrol", "create", "reservation", "ReservationName=work", "StartTime=now",
                        "Duration=60", "Users=root", "Flags=MAINT,IGNORE_JOBS", "Nodes=node4")
        self.slurm_does("scontrol", "update", "nodename=node5", "state=power_down")
        for host in ("node4", "node5"):
            self.lab.run("silence", host)
        self.slurm.wait_until("node4", {"maint"})
        self.captures = {host: self.capture(host, daemon.folder)
                         for host in ("node1", "node2", "node3")}
        self.server_seen = pathlib.Path(daemon.folder, "seen")
        self.server_file = pathlib.Path(daemon.folder, "server.py")
        self.server_file.write_text(SERVER)
        self.server_pid = pathlib.Path(daemon.folder, "pid")
        self.running = daemon

    def start_jobs(self):
        """Returns {host: when the prolog was called for it}."""
        server = (f"(setsid python3 {self.server_file} {JUPYTER} {self.server_seen} >/dev/null 2>&1 & "
                  f"echo $! >{self.server_pid}); exec sleep 300")
        before = len(self.slurm.prolog_calls())
        self.slurm.start("short", "srun", "-N1", "-w", "node1", "sleep", "1")
        self.slurm.start("notebook", "srun", "-N1", "-w", "node2", "sh", "-c", server)
        self.slurm.wait(lambda: len(self.slurm.prolog_calls()) >= before + 2, "the prologs")
        return {words.split()[1]: when for when, words in self.slurm.prolog_calls()[before:]}

    def test_nodes_are_left_to_jobs_and_taken_up_after_them(self):
        daemon, captures = self.running, self.captures
        daemon.start()
        began, asked = time.monotonic(), self.slurm.queries()

        # Jobs begin while the second block is asked.
        second = range(FIRST + BLOCK, FIRST + 2 * BLOCK)
        daemon.wait(lambda: any(port in second for _, port in captures["node1"].probes()),
                    "the second block")
        told = self.start_jobs()
        self.slurm.wait(lambda: JUPYTER in self.lab.listening("node2"), "the notebook's server")
        self.check_left(daemon, told)

        # Others are asked, and these are not.
        runs = len(daemon.runs("fast-ports"))
        daemon.wait(lambda: len(daemon.runs("fast-ports")) >= runs + 1, "another run")
        self.assertGreaterEqual(daemon.passed_over("fast-ports")[0], 1)
        self.assertEqual(captures["node2"].probes(since=told["node2"] + 1), [])
        self.check_states(daemon)

        # An overdue one is asked, half-open.
        self.set(daemon, "fast-ports", "overdue=30s")
        daemon.wait(lambda: JUPYTER in {port for _, port in captures["node2"].probes(told["node2"])},
                    "the overdue node to be asked")
        daemon.wait(lambda: ("node-unreachable", "node4", None) in daemon.alerts(), "the silent one")

        # What node1 lacked, and no more, is asked when Slurm calls it idle; of node2 when told to.
        self.check_completed("node1", told)
        self.set(daemon, "slow", "busy=scan")
        self.check_completed("node2", told)
        self.assertEqual(self.in_step(daemon), [], "a job's listener, and nodes that are off")
        self.assertFalse(self.server_seen.exists(), "no connection was ever complete")
        self.assertEqual([packet for packet in captures["node2"].dialogues(told["node2"] + 1)
                          if packet[1] in (22, JUPYTER)], [], "no service was asked")
        self.assertNotEqual(captures["node3"].dialogues(), [], "as it was elsewhere")

        # The notebook's server is left behind.
        self.slurm_does("scancel", self.job_on("node2"))  # with --user it asks about all jobs
        orphan = {("orphan-listener", "node2", JUPYTER)}
        daemon.wait(lambda: orphan <= daemon.alerts(), "the orphan", 4 * POLL_S)
        self.check_queries(asked, time.monotonic() - began)
        self.lab.exec("node2", "kill", "-9", self.server_pid.read_text().strip())
        daemon.wait(lambda: self.in_step(daemon) == [], "its end")

    def job_on(self, node):
        return next(words.split()[-1] for _, words in self.slurm.prolog_calls()
                    if words.startswith(f"leave {node} "))

    def check_left(self, daemon, told):
        daemon.wait(lambda: self.captures["node3"].probes(since=max(told.values()) + 2),
                    "the others to be asked on")
        for node, when in told.items():
            with self.subTest(node=node):
                late = self.captures[node].probes(since=when + 1)
                self.assertEqual(late, [], "nothing a second after the prolog")
                self.assertNotEqual(self.captures[node].probes(since=when - 5, until=when), [])
        daemon.wait(lambda: "left" in {look["gap"] for look in daemon.node("node1")["looks"]},
                    "the end of the step")
        self.assertEqual(self.in_step(daemon), [])

    def set(self, daemon, instance, *settings):
        done = daemon.run("instance", "set", instance, *settings)
        self.assertEqual(done.returncode, 0, done.stderr)

    def check_completed(self, host, told):
        def ports():
            probes = self.captures[host].probes(told[host] + 1)
            return {port for _, port in probes if port >= FIRST}
        self.running.wait(lambda: len(ports()) >= 2 * BLOCK, f"what {host} lacked", 2 * POLL_S)
        self.assertEqual(ports(), set(range(FIRST + BLOCK, FIRST + 3 * BLOCK)))

    def check_states(self, daemon):
        self.assertEqual(daemon.node("node2")["scheduler"]["state"], "allocated")
        self.assertEqual(daemon.node("node4")["scheduler"]["state"], "maintenance")
        self.assertIn(daemon.node("node5")["scheduler"]["state"], ("powering", "powered_down"))
        self.assertIn("job scheduler: maintenance", daemon.run("nodes", "node4").stdout)
        self.assertGreaterEqual(daemon.passed_over("fast-ports")[1], 1)
        self.assertIn("maintenance (node4)", daemon.run("status").stdout)

    def check_queries(self, before, seconds):
        now = self.slurm.queries()
        asked = {kind: now[kind] - before.get(kind, 0) for kind in now}
        most = seconds // POLL_S + 1
        nodes, jobs = asked["REQUEST_NODE_INFO"], asked["REQUEST_JOB_INFO"]
        self.assertTrue(nodes > 0 and jobs > 0, asked)
        # A command each 30 s, sinfo or squeue; the first time both.
        self.assertLessEqual(nodes + jobs, most + 1, asked)
        # Each asks what partitions there are, whatever it is to show.
        self.assertLessEqual(asked["REQUEST_PARTITION_INFO"], most + 1, asked)
        print(f"Slurm was asked in {seconds:.0f} s: {asked}", file=sys.stderr)
        self.assertEqual([kind for kind in asked if kind.endswith("_SINGLE") and asked[kind]], [])


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    if absent := missing():
        print(f"skipped: not installed: {', '.join(absent)}")
        sys.exit(SKIPPED)
    run_lab_tests(as_root=True)
