#!/usr/bin/env python3
"""An hour of a rotating instance, compressed: what arrives at the nodes keeps the promise that the
program prints, and the caps.

    tests/daemon/rotation_test.py PROGRAM        (ctest label `lab`)
"""

import collections
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from daemon import Daemon  # noqa: E402
from lab import Lab, run_lab_tests  # noqa: E402

PROGRAM = None
NODES = 8
PORTS = 4096
INTRUDER = 4090

TURN_S = 3
NODE_RATE = 100
RATE = NODE_RATE * NODES
# 100 packets a second, of which 70 % go into asking, are 210 ports a turn of 3 s: 4,096 take 20
# turns, and 8 nodes ask a port every third turn.
ON_SOME_S = 9
ON_EACH_S = 60
ASKING_S = PORTS / 20 / NODE_RATE
# The lab shares its machine: what it comes too late for counts as such within this.
SLACK_S = 2

INSTANCE = f"""\
[instance.hour]
collector = "ports"
mode = "rotate"
ports = "1-{PORTS}"
interval = "{ON_EACH_S}s"
turn = "{TURN_S}s"
rate = {RATE}
node_rate = {NODE_RATE}
"""

# Bytes before the IP header, by link type: Ethernet, and those of `-i any`.
LINK_BYTES = {1: 14, 113: 16, 276: 20}
SYN = 0x02


def probes(pcap):
    """(time, port) of each SYN, as tcpdump saw them."""
    link = struct.unpack("<I", pcap[20:24])[0]
    place = 24
    while place + 16 <= len(pcap):
        seconds, fraction, length, _ = struct.unpack("<IIII", pcap[place:place + 16])
        packet = pcap[place + 16 + LINK_BYTES[link]:place + 16 + length]
        place += 16 + length
        tcp = packet[(packet[0] & 15) * 4:]
        if tcp[13] == SYN:
            yield seconds + fraction / 1e6, struct.unpack(">H", tcp[2:4])[0]


def most_in(times, window):
    """The most of `times` in any stretch of `window` seconds."""
    most, first = 0, 0
    times = sorted(times)
    for last, at in enumerate(times):
        while at - times[first] >= window:
            first += 1
        most = max(most, last - first + 1)
    return most


def longest_gap(times, begin, end):
    stops = [begin, *sorted(times), end]
    return max(b - a for a, b in zip(stops, stops[1:]))


@unittest.skipUnless(shutil.which("tcpdump"), "tcpdump is not installed")
class Rotating(unittest.TestCase):
    def setUp(self):
        self.lab = Lab(compute=NODES, login=0).__enter__()
        self.addCleanup(self.lab.__exit__)
        self.daemon = Daemon(self.lab, PROGRAM, instances=INSTANCE)
        self.addCleanup(self.daemon.__exit__)
        self.daemon.learn(ports=f"1-{PORTS}")

    def capture(self):
        captures = {}
        for host in self.lab.hosts():
            with open(f"{self.daemon.folder}/{host.name}.pcap", "wb") as pcap:
                process = self.lab.popen(
                    host.name, "tcpdump", "-ni", "any", "-s", "96", "-B", "8192", "-U", "-w", "-",
                    f"src host 198.18.0.1 and dst host {host.ipv4} and tcp",
                    stdout=pcap, stderr=subprocess.PIPE)
            self.addCleanup(process.stderr.close)
            while b"listening on" not in process.stderr.readline():
                self.assertIsNone(process.poll())
            captures[host.name] = process
        return captures

    def end(self, captures):
        seen = {}
        for name, process in captures.items():
            self.lab.signal(process, signal.SIGINT)
            process.wait(timeout=30)
            pcap = pathlib.Path(self.daemon.folder, f"{name}.pcap").read_bytes()
            seen[name] = list(probes(pcap))
        return seen

    def test_a_compressed_hour(self):
        daemon = self.daemon
        told = daemon.run("instance", "list").stdout
        self.assertIn("within 9s on some node of each class, within 1m on each node", told)
        captures = self.capture()
        daemon.start()
        self.assertIn("within 9s on some node", daemon.run("status").stdout)
        daemon.wait(lambda: any(run["state"] == "running" and run["steps_done"] >= 2
                                for run in daemon.runs("hour")[:-1]),
                    "a round and two turns", patience=2 * ON_EACH_S)
        seen = self.end(captures)
        if any(row["kind"] == "sweep-late" for row in daemon.json("alerts", "--all")["alerts"]):
            self.skipTest(f"this machine is too busy for turns of {TURN_S} s, as an alert told")
        self.keeps_caps(seen)
        self.keeps_promise(seen)
        self.assertEqual(daemon.alerts(), set())
        self.finds_who_is_there_for_seconds()

    def keeps_caps(self, seen):
        everything = [at for packets in seen.values() for at, _ in packets]
        for name, packets in seen.items():
            self.assertLessEqual(most_in([at for at, _ in packets], 1), NODE_RATE * 1.05, name)
        self.assertLessEqual(most_in(everything, 1), RATE * 1.05)

    def keeps_promise(self, seen):
        begin = min(at for packets in seen.values() for at, _ in packets)
        end = max(at for packets in seen.values() for at, _ in packets)
        self.assertGreater(end - begin, ON_EACH_S)
        on_some = collections.defaultdict(list)
        for name, packets in seen.items():
            asked = {port for at, port in packets if at - begin <= ON_EACH_S + SLACK_S}
            self.assertEqual(len(asked & set(range(1, PORTS + 1))), PORTS,
                             f"{name} was asked everything")
            for at, port in packets:
                on_some[port].append(at)
        gaps = {port: longest_gap(times, begin, end) for port, times in on_some.items()}
        worst = max(gaps, key=gaps.get)
        self.assertLessEqual(gaps[worst], ON_SOME_S + ASKING_S + SLACK_S,
                             f"port {worst} waited for its next node")
        print(f"each port within {gaps[worst]:.1f} s on some node, and all of them on each node "
              f"within {ON_EACH_S + SLACK_S} s", file=sys.stderr)

    def finds_who_is_there_for_seconds(self):
        daemon = self.daemon
        told = daemon.run("instance", "set", "hour", "turn=2s", "node_rate=400", "rate=4000")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("within 2s on some node of each class, within 16s on each node", told.stdout)
        self.assertRegex(told.stdout, re.compile("with a chance of 100% on one node"))
        daemon.wait(lambda: len(daemon.runs("hour")) >= 2, "the new turns")
        for host in self.lab.hosts():
            self.lab.run("listen", host.name, str(INTRUDER))
        time.sleep(4)  # a turn, what asking takes of one, and some
        for host in self.lab.hosts():
            self.lab.run("kill", host.name, str(INTRUDER))

        def found():
            rows = daemon.json("alerts", "--all")["alerts"]
            return any(row["port"] == INTRUDER for row in rows)
        daemon.wait(found, "the intruder", patience=10)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    run_lab_tests()
