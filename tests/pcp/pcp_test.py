#!/usr/bin/env python3
"""The collector `pcp`: what a real pmcd says is what is reported, and bad peers harm themselves alone.

    tests/pcp/pcp_test.py PCP_RUN WORKER [unittest arguments]
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from pcpnet import PORT, PcpNet, enter, wait_for  # noqa: E402

PCP_RUN = WORKER = None
REFUSES, DROPS, NOBODY, BAD = "198.18.2.", "198.18.3.", "198.18.5.", "198.18.4."
# The worst of a node and its own: what is asked and what is not asked for longer.
TIMEOUT_MS = 1500  # a lost SYN is sent again after 1 s, and the backlog of a pmcd is 5


def start(*words):
    return subprocess.Popen([PCP_RUN, WORKER, "--timeout", str(TIMEOUT_MS), *words],
                            stdout=subprocess.PIPE, text=True)


class Run:
    """What pcp_run said: rounds, and by node values and coverage of each round."""

    def __init__(self, process, watch=lambda said: None):
        """`watch` sees each line as it comes."""
        self.rounds, self.values, self.coverage = [], [{}], [{}]
        with process.stdout as lines:
            for line in lines:
                self.take(json.loads(line))
                watch(json.loads(line))
        self.status = process.wait()

    def take(self, said):
        if "round" in said:
            self.rounds.append(said)
            self.values.append({})
            self.coverage.append({})
        elif "gap" in said:
            self.coverage[-1][said["node"]] = said
        else:
            self.values[-1].setdefault(said["node"], {})[said["name"]] = said["value"]

    def gap(self, node, number=0):
        return self.coverage[number][node]["gap"]

    def note(self, node, number=0):
        return self.coverage[number][node]["note"]


def collect(*words):
    return Run(start(*words))


def children_of(pid):
    return [int(name) for name in os.listdir("/proc") if name.isdigit()
            and parent_of(name) == pid]


def parent_of(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def worker_of(process):
    wait_for(lambda: children_of(process.pid), "a worker")
    return children_of(process.pid)[0]


def told_by_pminfo(net, address, *metrics):
    """{name: value} as `pminfo -f` prints it, with the names that values have here."""
    found, metric = {}, None
    for line in net.near("pminfo", "-h", address, "-f", *metrics).splitlines():
        if line and not line.startswith(" "):
            metric = line.strip()
        elif match := re.match(r'\s+inst \[\S+ or "(.*)"\] value (\S+)', line):
            instance = re.sub(r"[^A-Za-z0-9._/:-]", "_", match.group(1))
            found[f"{metric}[{instance}]"] = float(match.group(2))
        elif match := re.match(r"\s+value (\S+)", line):
            found[metric] = float(match.group(1))
    return found


class RealPmcd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = PcpNet(answering=8).__enter__()
        cls.addClassCleanup(cls.net.__exit__)
        cls.one = cls.net.addresses[0]

    def test_values_are_those_of_pminfo_and_proc(self):
        steady = ("hinv.ncpu", "mem.physmem", "hinv.ninterface", "network.interface.mtu")
        moving = ("kernel.all.load", "kernel.all.nprocs", "kernel.all.uptime")
        ran = collect("--metrics", ",".join(steady + moving), self.one)
        values = ran.values[0][self.one]
        told = told_by_pminfo(self.net, self.one, *steady, *moving)
        self.assertEqual(values.keys(), told.keys())
        for name, value in told.items():
            with self.subTest(name):
                if name.startswith(steady):
                    self.assertEqual(values[name], value)
                else:
                    self.assertAlmostEqual(values[name], value, delta=max(2, value / 2))
        self.assertEqual(values["hinv.ncpu"], os.cpu_count())
        memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
        self.assertEqual(values["mem.physmem"], int(memory.group(1)))
        uptime = float(pathlib.Path("/proc/uptime").read_text().split()[0])
        self.assertAlmostEqual(values["kernel.all.uptime"], uptime, delta=10)
        load = pathlib.Path("/proc/loadavg").read_text().split()
        self.assertAlmostEqual(values["kernel.all.load[15_minute]"], float(load[2]), delta=2)
        self.assertEqual({name for name in values if name.startswith("network.interface.mtu")},
                         {"network.interface.mtu[lo]", "network.interface.mtu[far]"})

    def test_counters_are_rates_by_the_second_round(self):
        counter = "network.interface.in.bytes"
        process = start("--rounds", "2", "--interval", "2000", "--metrics", counter, self.one)
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        self.assertIn("gap", lines[0])
        self.assertEqual(lines[1]["values"], 0)
        begun = time.monotonic()
        before = self.received()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(1000):
                sender.sendto(bytes(1000), (self.one, 9))
        ran = Run(process)
        sent = self.received() - before
        rate = ran.values[0][self.one]["network.interface.in.bytes[far]"]
        self.assertGreater(sent, 1_000_000)
        # Between the fetches there are 2 s, but for how long a round takes.
        self.assertAlmostEqual(rate, sent / 2, delta=sent / 2 * 0.1)
        self.assertLess(time.monotonic() - begun, 10)

    def received(self):
        line = next(line for line in self.net.far("cat", "/proc/net/dev").splitlines()
                    if "far:" in line)
        return int(line.partition(":")[2].split()[0])

    def test_what_a_node_does_not_have_is_left_out(self):
        ran = collect("--metrics", "no.such.metric,hinv.ncpu,pmcd.version,kernel", self.one)
        self.assertEqual(ran.values[0][self.one].keys(), {"hinv.ncpu", "pmcd.version"})
        self.assertEqual(ran.values[0][self.one]["pmcd.version"], "6.0.3")
        self.assertEqual(ran.gap(self.one), "none")
        probed = self.net.near("pmprobe", "-h", self.one, "no.such.metric", "hinv.ncpu")
        self.assertRegex(probed, r"no\.such\.metric -\d+ .*\nhinv\.ncpu 1\n")
        only = collect("--metrics", "no.such.metric", self.one)
        self.assertEqual((only.gap(self.one), only.values[0]), ("none", {}))

    def test_who_refuses_or_is_silent_has_a_gap_within_the_timeout(self):
        ran = collect(self.one, REFUSES + "1", DROPS + "1", NOBODY + "1")
        self.assertEqual(ran.gap(self.one), "none")
        for node in (REFUSES + "1", DROPS + "1", NOBODY + "1"):
            self.assertEqual(ran.gap(node), "unreachable")
        self.assertIn("no pmcd", ran.note(REFUSES + "1"))
        self.assertLess(ran.rounds[0]["took_ms"], TIMEOUT_MS + 300)

    def test_a_pmcd_that_was_started_anew_is_asked_again_at_once(self):
        process = start("--rounds", "2", "--interval", "4000", *self.net.addresses)
        first = [process.stdout.readline()]
        while "round" not in first[-1]:
            first.append(process.stdout.readline())
        self.net.stop_pmcd()
        self.net.start_pmcd()
        ran = Run(process)
        self.assertEqual({ran.gap(node) for node in self.net.addresses}, {"none"})

    def test_a_stop_and_a_node_to_leave_are_obeyed_at_once(self):
        stopped = collect("--timeout", "8000", "--stop", "500", self.one, DROPS + "1")
        self.assertEqual(stopped.gap(self.one), "none")
        self.assertEqual(stopped.gap(DROPS + "1"), "interrupted")
        self.assertLess(stopped.rounds[0]["took_ms"], 800)
        self.assertTrue(stopped.rounds[0]["interrupted"])
        process = start("--timeout", "3000", "--leave", self.one, "500", self.one, DROPS + "1")
        connected = lambda: self.one in self.net.near("ss", "-tnH", "state", "established")  # noqa: E731
        wait_for(connected, "a connection")
        wait_for(lambda: not connected(), "its end")
        self.assertIsNone(process.poll())
        self.assertEqual(Run(process).gap(DROPS + "1"), "unreachable")
        left = collect("--timeout", "3000", "--leave", DROPS + "2", "300", DROPS + "2")
        self.assertEqual(left.gap(DROPS + "2"), "left")
        self.assertLess(left.rounds[0]["took_ms"], 800)


class Workers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = PcpNet(answering=8).__enter__()
        cls.addClassCleanup(cls.net.__exit__)

    def rounds(self, count, *words):
        process = start("--rounds", str(count), "--interval", "2000", *self.net.addresses, *words)
        worker = worker_of(process)
        return process, worker

    def test_a_worker_has_no_rights(self):
        process, worker = self.rounds(2)
        wait_for(lambda: len(os.listdir(f"/proc/{worker}/task")) > 64, "its threads")
        wait_for(lambda: "Seccomp:\t2" in status(worker, worker), "its filter")
        for task in os.listdir(f"/proc/{worker}/task"):
            told = status(worker, task)
            self.assertIn("Seccomp:\t2", told)
            self.assertIn("NoNewPrivs:\t1", told)
            self.assertIn("CapPrm:\t0000000000000000", told)
            self.assertIn("CapEff:\t0000000000000000", told)
        ran = Run(process)
        self.assertEqual({ran.gap(node, 1) for node in self.net.addresses}, {"none"})

    def test_one_that_dies_between_rounds_is_replaced(self):
        process, worker = self.rounds(2)
        first = process.stdout.readline()
        while "round" not in first:
            first = process.stdout.readline()
        os.kill(worker, signal.SIGKILL)
        ran = Run(process)
        self.assertEqual({ran.gap(node) for node in self.net.addresses}, {"none"})
        self.assertLess(ran.rounds[0]["took_ms"], TIMEOUT_MS)

    def test_each_has_so_many_nodes_at_most(self):
        process = start("--rounds", "2", "--interval", "2500", "--a-worker", "3", *self.net.addresses)
        workers = set()
        ran = Run(process, lambda _: workers.update(children_of(process.pid)))
        self.assertEqual({ran.gap(node, 1) for node in self.net.addresses}, {"none"})
        self.assertEqual(len(workers), 3)

    def test_of_several_that_one_died_on_each_is_asked_alone(self):
        with bad_peers(self.net, "stops-later", "stops-later", "good") as (*bad, good):
            process, worker = self.rounds(1, *bad, good)
            waiting = {*self.net.addresses, good}

            def end_it(said):
                if "gap" in said and said["node"] in waiting:
                    waiting.remove(said["node"])
                    if not waiting:
                        os.kill(worker, signal.SIGKILL)

            ran = Run(process, end_it)
            self.assertEqual({ran.gap(node) for node in (*self.net.addresses, good)}, {"none"})
            for node in bad:
                self.assertEqual(ran.gap(node), "unanswered")
                self.assertIn("in time", ran.note(node))
            # One after the other.
            self.assertGreater(ran.rounds[0]["took_ms"], 2 * TIMEOUT_MS)
            self.assertLess(ran.rounds[0]["took_ms"], 4 * TIMEOUT_MS)

    def test_one_that_dies_or_hangs_on_a_node_costs_that_node_alone(self):
        for number, description in ((signal.SIGSEGV, "dies"), (signal.SIGSTOP, "hangs")):
            with self.subTest(description), bad_peers(self.net, "stops-later") as (bad,):
                # All but one have answered long before.
                process, worker = self.rounds(1, bad)
                waiting = set(self.net.addresses)

                def end_it(said):
                    if "gap" not in said or said["node"] not in waiting:
                        return
                    waiting.remove(said["node"])
                    if not waiting:
                        os.kill(worker, number)  # pylint: disable=cell-var-from-loop

                run = Run(process, end_it)
                self.assertEqual(run.status, 0)
                self.assertEqual({run.gap(node) for node in self.net.addresses}, {"none"})
                self.assertEqual(run.gap(bad), "unanswered")
                self.assertIn("was lost on this one", run.note(bad))
                self.assertIn({"dies": "killed by signal 11", "hangs": "it hung"}[description],
                              run.note(bad))
                self.assertLess(run.rounds[0]["took_ms"], 10_000)


def memory_of(pid):
    """The most kB that it has had in memory; 0 where it has ended."""
    try:
        told = re.search(r"VmHWM:\s+(\d+)", status(pid, pid))
    except OSError:
        return 0
    return int(told.group(1)) if told else 0


def status(pid, task):
    return pathlib.Path(f"/proc/{pid}/task/{task}/status").read_text()


class bad_peers:  # pylint: disable=invalid-name
    """Servers of the kinds that are named; their addresses."""

    def __init__(self, net, *kinds):
        self.net = net
        self.kinds = kinds

    def __enter__(self):
        addresses = [f"{BAD}{i}" for i in range(1, len(self.kinds) + 1)]
        words = [word for pair in zip(addresses, self.kinds) for word in pair]
        self.process = self.net.bad_popen(sys.executable, HERE / "peers.py", *words,
                                          stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        return addresses

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class BadPeers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = PcpNet(answering=8).__enter__()
        cls.addClassCleanup(cls.net.__exit__)

    # What a person is told.
    KINDS = {
        "wrong-counts": "fetch", "wrong-pointers": "", "wrong-names": "look up instances",
        "other-metrics": "other metrics", "drips-later": "in time", "stops-later": "in time",
        "garbage": "of a length", "http": "of a length", "endless": "of a length",
        "silent": "in time", "closes": "begin", "drips": "in time", "no-length": "of a length",
        "negative-length": "of a length", "other-pdu": "begin",
    }

    def test_each_costs_itself_alone(self):
        with bad_peers(self.net, *self.KINDS, "good", "large-domain", "odd-names", "endless-small") as addresses:
            bad = dict(zip(addresses, self.KINDS))
            good, large, odd, endless = addresses[len(bad):]
            process = start("--rounds", "3", "--interval", "4000", "--metrics",
                            "kernel.all.load,hinv.ncpu", *self.net.addresses, *addresses)
            worker = worker_of(process)
            workers = set()
            ran = Run(process, lambda _: workers.update(children_of(process.pid)))
            self.assertEqual(ran.status, 0)
            for number in range(3):
                for node in self.net.addresses:
                    self.assertEqual(ran.gap(node, number), "none", ran.note(node, number))
                    self.assertEqual(ran.values[number][node]["hinv.ncpu"], os.cpu_count())
                self.assertLess(ran.rounds[number]["late_ms"], 100)
                self.assertLess(ran.rounds[number]["took_ms"], 2 * TIMEOUT_MS + 500)
            for node, kind in bad.items():
                with self.subTest(kind):
                    self.assertEqual(ran.gap(node), "unanswered", ran.note(node))
                    self.assertIn(self.KINDS[kind], ran.note(node))
                    self.assertNotIn("lost", ran.note(node))
                    self.assertNotIn(node, ran.values[0])
            self.assertEqual(ran.values[0][good], {"kernel.all.load[i0]": 1, "kernel.all.load[i1]": 2,
                                                   "kernel.all.load[i2]": 3})
            self.assertEqual(len(ran.values[0][large]), 64)
            self.assertEqual(ran.values[0][odd], {"kernel.all.load[__2J_____]": 1})
            # What it says means that it has none of the metrics.
            self.assertNotIn(endless, ran.values[0])
            self.assertEqual(workers, {worker}, "one was lost")

    def test_what_a_worker_holds_has_a_bound(self):
        with bad_peers(self.net, *["endless"] * 20, *["large-domain"] * 20) as addresses:
            process = start("--rounds", "2", "--interval", "2500", *self.net.addresses, *addresses)
            worker = worker_of(process)
            most = []
            ran = Run(process, lambda said: most.append(memory_of(worker)) if "gap" in said else None)
            self.assertEqual({ran.gap(node) for node in self.net.addresses}, {"none"})
            self.assertGreater(max(most), 1000)
            self.assertLess(max(most), 400_000, "kB")

    def test_many_that_hang_do_not_hold_up_those_that_answer(self):
        with bad_peers(self.net, *["stops-later"] * 100) as addresses:
            ran = collect("--rounds", "2", "--interval", "6000", *self.net.addresses, *addresses)
            self.assertEqual({ran.gap(node, 1) for node in self.net.addresses}, {"none"})
            self.assertEqual({ran.gap(node, 1) for node in addresses}, {"unanswered"})
            self.assertLess(ran.rounds[1]["late_ms"], 100)


if __name__ == "__main__":
    enter()
    PCP_RUN, WORKER = sys.argv[1:3]
    del sys.argv[1:3]
    assert PORT == 44321
    unittest.main()
