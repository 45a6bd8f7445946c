"""A simulated cluster for tests and benchmarks: two network namespaces joined by a veth pair.

    with Simnet(program, nodes=512, seed=1, options=["--rogue", "0.01"]) as net:
        net.run("lockstep", "scan", ...)        # in the scanner's namespace
        net.truth()                             # what there is to find
        net.counters()                          # what reached the nodes

The scanner's end is "near", with a queue a core; the nodes answer at the far one (simnet.cpp). There
is no uplink. Nothing outlives the process that made it: the namespaces are held by children that the
kernel ends with it, and everything in them goes with them.

On one link with the scanner, every node has a layer 2 address of its own. With routed=True they are
behind a router, which costs one neighbour request instead of one a node. With answers=False there
is no node but the far end itself, a real kernel. The addresses of the link
itself, 198.19.255.248/29 and fd00:19::/64, are no nodes'.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
from typing import NamedTuple

SKIPPED = 77
ROOT = pathlib.Path(__file__).resolve().parents[2]
NEAR, FAR = "198.19.255.249", "198.19.255.250"
NEAR6, FAR6 = "fd00:19::1", "fd00:19::2"
FIRST = "198.18.0.0"
PREFIX6 = "fd00:18::"


class SimnetNotAllowed(Exception):
    """This machine or user cannot have one; the reason is for a person."""


class Node(NamedTuple):
    address: str
    address6: str
    node_class: int
    tcp: frozenset
    udp: frozenset
    silent: bool
    absent: bool
    filters: bool
    rejects: bool
    loses: bool
    rst_per_s: int


def default_program():
    return pathlib.Path(os.environ.get("SIMNET", ROOT / "build/release/bench/simnet/simnet"))


class Namespace:
    """A network namespace that lives as long as this process."""

    def __init__(self, seconds):
        self.holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--", "sleep", str(seconds)],
            stdin=subprocess.DEVNULL, start_new_session=True)
        own = os.readlink("/proc/self/ns/net")
        deadline = time.monotonic() + 5
        while os.readlink(f"/proc/{self.holder.pid}/ns/net") == own:
            if self.holder.poll() is not None or time.monotonic() > deadline:
                raise SimnetNotAllowed("network namespaces are not allowed here")
            time.sleep(0.005)

    def command(self, *words):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--", *map(str, words)]

    def run(self, *words, **options):
        return subprocess.run(self.command(*words), **options)

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Simnet:
    def __init__(self, program=None, nodes=64, seed=1, seconds=900, routed=False, near_passes=False,
                 answers=True, queues=None, options=()):
        self.program = pathlib.Path(program or default_program())
        self.nodes, self.seed, self.seconds, self.routed = nodes, seed, seconds, routed
        self.near_passes, self.answers, self.options = near_passes, answers, list(options)
        self.queues = queues or os.cpu_count()
        self.folder, self.near, self.far = None, None, None
        self.children = []

    def __enter__(self):
        if os.geteuid() != 0:
            raise SimnetNotAllowed("XDP needs root")
        if not os.access(self.program, os.X_OK):
            raise SimnetNotAllowed(f"no program {self.program}; build the target simnet")
        for tool in ("setpriv", "unshare", "nsenter", "ip"):
            if not shutil.which(tool):
                raise SimnetNotAllowed(f"no {tool}")
        try:
            self.folder = tempfile.TemporaryDirectory(prefix="simnet-")
            self.near, self.far = Namespace(self.seconds), Namespace(self.seconds)
            self._link()
            if self.answers:
                self.answering = self._start(self.far, "far", "--truth", self.truth_file, "--nodes",
                                             self.nodes, "--seed", self.seed, *self.options)
            if self.near_passes:
                self._start(self.near, "near", "--pass")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in self.children:
            self._end(child)
        for namespace in (self.near, self.far):
            if namespace:
                namespace.close()
        if self.folder:
            self.folder.cleanup()

    @property
    def truth_file(self):
        return pathlib.Path(self.folder.name) / "truth.jsonl"

    def _link(self):
        def near(*words):
            self.near.run("ip", *words, check=True)

        def far(*words):
            self.far.run("ip", *words, check=True)

        for namespace in (self.near, self.far):
            namespace.run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0",
                          "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_ra=0",
                          "net.ipv6.conf.default.router_solicitations=0", check=True)
            namespace.run("ip", "link", "set", "lo", "up", check=True)
        many = ["numrxqueues", self.queues, "numtxqueues", self.queues]
        near("link", "add", "near", *many, "type", "veth", "peer", "name", "far", *many,
             "netns", str(self.far.holder.pid))
        near("addr", "add", f"{NEAR}/29", "dev", "near")
        far("addr", "add", f"{FAR}/29", "dev", "far")
        near("-6", "addr", "add", f"{NEAR6}/64", "dev", "near", "nodad")
        far("-6", "addr", "add", f"{FAR6}/64", "dev", "far", "nodad")
        far("link", "set", "far", "up")
        near("link", "set", "near", "up")
        via = ["via", FAR] if self.routed else []
        via6 = ["via", FAR6] if self.routed else []
        near("route", "add", "198.18.0.0/15", *via, "dev", "near", "src", NEAR)
        near("-6", "route", "add", "fd00:18::/64", *via6, "dev", "near", "src", NEAR6)

    def _start(self, namespace, interface, *words):
        child = subprocess.Popen(
            namespace.command("setpriv", "--pdeathsig", "KILL", self.program, "--interface",
                              interface, "--seconds", self.seconds, *words),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True)
        self.children.append(child)
        if child.stdout.readline() != "ready\n":
            child.wait(10)
            raise SimnetNotAllowed(child.stderr.read().strip())
        return child

    @contextlib.contextmanager
    def passing(self):
        """Puts a program that passes everything on the scanner's end meanwhile: without one, a
        scanner by packet sockets gets no answers (XDP_TX on a veth reaches only its like)."""
        child = self._start(self.near, "near", "--pass")
        try:
            yield
        finally:
            self.children.remove(child)
            self._end(child)

    @staticmethod
    def _end(child):
        child.stdin.close()
        child.wait(10)
        child.stdout.close()
        child.stderr.close()

    def _ask(self, line):
        self.answering.stdin.write(line + "\n")
        self.answering.stdin.flush()
        return json.loads(self.answering.stdout.readline())

    def run(self, *words, **options):
        """A command in the scanner's namespace; as subprocess.run, text by default."""
        return self.near.run(*words, **{"capture_output": True, "text": True, "check": False,
                                        **options})

    def popen(self, *words, **options):
        return subprocess.Popen(self.near.command(*words), **options)

    def truth(self):
        return [Node(o["address"], o["address6"], o["class"], frozenset(o["tcp"]),
                     frozenset(o["udp"]), o["silent"], o["absent"], o["filters"], o["rejects"],
                     o["loses"], o["rst_per_s"])
                for o in map(json.loads, self.truth_file.read_text().splitlines())]

    def counters(self):
        return self._ask("counters")

    def arrivals(self):
        """(seconds, node) of each SYN and datagram since the last call, as far as --log keeps them:
        two arrays, of nanoseconds and of node numbers."""
        import array
        path = pathlib.Path(self.folder.name) / "arrivals"
        self._ask(f"log {path}")
        raw = array.array("Q", path.read_bytes())
        return raw[0::2], array.array("Q", (word & 0xffffffff for word in raw[1::2]))
