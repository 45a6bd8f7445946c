#!/usr/bin/env python3
"""Tests of the lab itself: that what it says is there is there, and that nothing of it stays."""

import itertools
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

from lab import SCRIPT, Lab, LabError, run_lab_tests

CONNECT_SCAN = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
for port in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
    with socket.socket(family) as s:
        s.settimeout(2)
        if s.connect_ex((sys.argv[1], port)) == 0:
            print(port)
"""

CONNECT_ONCE = """
import errno, socket, sys
with socket.socket() as s:
    s.settimeout(0.5)
    try:
        s.connect((sys.argv[1], int(sys.argv[2])))
        print("open")
    except TimeoutError:
        print("silent")
    except OSError as error:
        print(errno.errorcode[error.errno])
"""


# Closed UDP ports are no measure (their ICMP is rate limited), so: TCP, without retransmission.
COUNT_ANSWERS = """
import select, socket, sys
sockets = select.poll()
waiting = {}
for _ in range(int(sys.argv[2])):
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
    s.setblocking(False)
    s.connect_ex((sys.argv[1], 1))
    waiting[s.fileno()] = s
    sockets.register(s, select.POLLOUT)
answered = 0
while ready := sockets.poll(300):
    for fd, _ in ready:
        answered += 1
        sockets.unregister(fd)
print(answered)
"""


def connect_scan(lab, address, first=1, last=65535):
    """The ports to which a full TCP connection can be made from the monitor."""
    done = lab.exec("monitor", sys.executable, "-c", CONNECT_SCAN, address, first, last)
    return {int(port) for port in done.stdout.split()}


def connect_once(lab, address, port):
    return lab.exec("monitor", sys.executable, "-c", CONNECT_ONCE, address, port).stdout.strip()


# An ordinary user's lab lacks rpcbind.
COMPUTE = {22, 111, 9100} if os.geteuid() == 0 else {22, 9100}
LOGIN = {22, 80}


class WhatListens(unittest.TestCase):
    def test_default_cluster_has_two_classes_whose_daemons_differ(self):
        with Lab() as lab:
            ports = {host.name: (host.node_class, lab.listening(host.name)) for host in lab.hosts()}
        self.assertEqual(10, len(ports))
        self.assertEqual({("compute", frozenset(COMPUTE)), ("login", frozenset(LOGIN))},
                         {(node_class, frozenset(p)) for node_class, p in ports.values()})

    def test_full_connect_scan_agrees_with_the_hosts_kernel(self):
        with Lab(compute=2, login=1) as lab:
            lab.run("listen", "node2", 4444)
            lab.run("kill", "node2", "sshd")
            for host in lab.hosts():
                with self.subTest(host=host.name, family=4):
                    self.assertEqual(lab.listening(host.name, 4), connect_scan(lab, host.ipv4))
            with self.subTest(host="node1", family=6):
                self.assertEqual(lab.listening("node1", 6), connect_scan(lab, lab.hosts()[0].ipv6))
            self.assertEqual(COMPUTE - {22} | {4444}, lab.listening("node2"))

    def test_daemons_stop_and_start(self):
        with Lab(compute=1, login=1) as lab:
            for host, daemon, port in (("node1", "sshd", 22), ("node1", "rpcbind", 111),
                                       ("node1", "node_exporter", 9100), ("login1", "httpd", 80)):
                if port not in COMPUTE | LOGIN:
                    continue
                with self.subTest(daemon=daemon):
                    lab.run("kill", host, daemon)
                    self.assertNotIn(port, lab.listening(host))
                    lab.run("start", host, daemon)
                    self.assertIn(port, lab.listening(host))
            lab.run("listen", "login1", 31337)
            lab.run("kill", "login1", 31337)
            self.assertEqual(LOGIN, lab.listening("login1"))

    def test_a_host_sees_itself_only(self):
        with Lab(compute=2, login=0) as lab:
            self.assertEqual("eth0 lo", " ".join(lab.exec("node1", "ls", "/sys/class/net").stdout.split()))
            self.assertIn("_supervise", lab.exec("node1", "cat", "/proc/1/cmdline").stdout)
            self.assertEqual("node1\n", lab.exec("node1", "hostname").stdout)

    def test_a_host_has_no_way_out(self):
        with Lab(compute=1, login=0) as lab:
            for place in ("monitor", "node1"):
                with self.subTest(place=place):
                    self.assertNotIn("default", lab.exec(place, "ip", "route").stdout)
                    self.assertNotEqual(0, lab.exec(place, "ip", "route", "get", "192.0.2.1").returncode)

    def test_a_user_namespace_lab_is_the_same_without_rpcbind(self):
        with Lab(compute=1, login=1, user_namespace=True) as lab:
            self.assertEqual({22, 9100}, lab.listening("node1"))
            self.assertEqual({22, 9100}, connect_scan(lab, lab.hosts()[0].ipv4, 1, 10000))
            self.assertEqual({22, 80}, lab.listening("login1"))


class WideHost(unittest.TestCase):
    def test_sockets_are_spread_and_reproducible(self):
        with Lab(compute=0, login=0, wide=64) as lab:
            first = lab.wide_listening()
        with Lab(compute=0, login=0, wide=64) as lab:
            self.assertEqual(first, lab.wide_listening())
        with Lab(compute=0, login=0, wide=64, seed=2) as lab:
            self.assertNotEqual(first, lab.wide_listening())
        self.assertEqual(64 * 15, len(first))
        self.assertEqual(64, len({address for address, _ in first}))
        self.assertLessEqual({("198.19.128.1", 1), ("198.19.128.1", 65535)}, first)

    def test_each_address_answers_for_itself(self):
        for direct in ({}, {"direct": True}):
            with self.subTest(**direct), Lab(compute=0, login=0, wide=300, ports=4, **direct) as lab:
                pairs = lab.wide_listening()
                for address in ("198.19.128.1", "198.19.129.44"):
                    expected = {port for a, port in pairs if a == address}
                    self.assertEqual(4, len(expected))
                    self.assertEqual(expected, connect_scan(lab, address))
                neighbours = lab.exec("monitor", "ip", "neigh").stdout
                self.assertIn("198.19.128.1 ", neighbours)
                self.assertIn("198.19.129.44 ", neighbours)


class Faults(unittest.TestCase):
    def test_a_fault_shows_on_its_host_only_and_heals(self):
        cases = [  # fault, what a connection to node1's port 22 then sees, and to its port 9100
            (("drop", "node1", 22), "silent", "open"),
            (("reject", "node1", 22), "EHOSTUNREACH", "open"),
            (("lose", "node1", 100), "silent", "silent"),
            (("silence", "node1"), "silent", "silent"),
        ]
        with Lab(compute=2, login=0) as lab:
            node1, node2 = lab.hosts()
            for fault, ssh, exporter in cases:
                with self.subTest(fault=fault):
                    lab.run(*fault)
                    self.assertEqual(ssh, connect_once(lab, node1.ipv4, 22))
                    self.assertEqual(exporter, connect_once(lab, node1.ipv4, 9100))
                    self.assertEqual("open", connect_once(lab, node2.ipv4, 22))
                    lab.run("heal", "node1")
                    self.assertEqual("open", connect_once(lab, node1.ipv4, 22))
            self.assertEqual({22}, connect_scan(lab, node1.ipv6, 22, 22))


    def test_a_share_of_packets_is_lost(self):
        with Lab(compute=1, login=0) as lab:
            lab.run("lose", "node1", 50)
            counts = lab.exec("monitor", sys.executable, "-c", COUNT_ANSWERS, "198.18.1.1", 500).stdout
        # Of a binomial distribution of 500 and 1/2, ten standard deviations to either side.
        self.assertTrue(138 < int(counts) < 362, counts)


class Commands(unittest.TestCase):
    def test_exec_passes_input_output_status_and_options_through(self):
        with Lab(compute=1, login=0) as lab:
            done = lab.exec("node1", "sh", "-c", 'cat; hostname; exit "$1"', "--", "7", input="in\n")
            self.assertEqual(("in\nnode1\n", 7), (done.stdout, done.returncode))

    def test_a_signal_reaches_the_command(self):
        with Lab(compute=1, login=0) as lab:
            process = lab.popen("monitor", "sh", "-c",
                                'trap "echo stopped; exit 5" TERM; echo go; while :; do read x; done',
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.assertEqual("go\n", process.stdout.readline())
            lab.signal(process, signal.SIGTERM)
            process.stdin.write("\n")
            process.stdin.flush()
            self.assertEqual("stopped\n", process.stdout.readline())
            self.assertEqual(5, process.wait(timeout=10))
            process.stdin.close()
            process.stdout.close()

    def test_wrong_usage_is_told(self):
        cases = [  # arguments, status, words of the message
            (["nonsense"], 2, "no command 'nonsense'"),
            (["up", "--compute", "many"], 2, "from 0 to 250"),
            (["up", "--compute", "251"], 2, "from 0 to 250"),
            (["up", "--hosts", "3"], 2, "unknown option '--hosts'"),
            (["up", "--state"], 2, "lacks its value"),
            (["listen", "node1", "70000"], 2, "from 1 to 65535"),
            (["drop", "node1"], 2, "'drop' needs: host port"),
            (["start", "node1", "telnetd"], 2, "no daemon 'telnetd'"),
            (["hosts"], 1, "no lab is up"),
            (["down"], 1, "no lab is up"),
        ]
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"LAB_STATE": folder + "/none"}
            for arguments, status, words in cases:
                with self.subTest(arguments=arguments):
                    done = subprocess.run([SCRIPT, *arguments], env=environment, text=True,
                                          stdin=subprocess.DEVNULL, capture_output=True)
                    self.assertEqual(status, done.returncode)
                    self.assertIn(words, done.stderr)

    def test_a_command_for_an_unknown_host_is_refused(self):
        with Lab(compute=1, login=0) as lab:
            with self.assertRaisesRegex(LabError, "no host 'node2'"):
                lab.run("listen", "node2", 4444)

    def test_a_foreign_folder_is_not_taken_for_a_state_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            precious = pathlib.Path(folder, "precious")
            precious.write_text("data")
            done = subprocess.run([SCRIPT, "up", "--state", folder], text=True, capture_output=True)
            self.assertEqual(1, done.returncode)
            self.assertIn("neither empty nor a lab's", done.stderr)
            self.assertEqual([precious], list(pathlib.Path(folder).iterdir()))

    def test_a_daemon_that_does_not_come_up_fails_the_lab_with_its_last_words(self):
        with tempfile.TemporaryDirectory() as folder:
            broken = pathlib.Path(folder, "prometheus-node-exporter")
            broken.write_text("#!/bin/sh\necho broken on purpose\nexit 1\n")
            broken.chmod(0o755)
            done = subprocess.run(
                [SCRIPT, "up", "--state", folder + "/state"], text=True, capture_output=True,
                env=os.environ | {"PATH": folder + ":" + os.environ["PATH"]})
            self.assertEqual(1, done.returncode)
            self.assertIn("node_exporter does not listen on node", done.stderr)
            self.assertIn("broken on purpose", done.stderr)
            self.assertFalse(pathlib.Path(folder, "state").exists())

    def test_without_namespaces_the_status_is_3(self):
        deprived = ("echo 0 >/proc/sys/user/max_user_namespaces && "
                    'exec setpriv --bounding-set=-all --inh-caps=-all "$@"')
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["unshare", "--user", "--map-root-user", "sh", "-c", deprived, "sh",
                 SCRIPT, "up", "--state", folder + "/state"], text=True, capture_output=True)
        self.assertEqual(3, done.returncode)
        self.assertIn("may not create namespaces here", done.stderr)


class SideBySide(unittest.TestCase):
    def test_two_labs_do_not_see_each_other(self):
        with Lab(compute=1, login=0) as one:
            with Lab(compute=1, login=0) as two:
                one.run("kill", "node1", "sshd")
                self.assertEqual(COMPUTE - {22}, one.listening("node1"))
                self.assertEqual(COMPUTE, two.listening("node1"))
                self.assertEqual("ECONNREFUSED", connect_once(one, "198.18.1.1", 22))
                self.assertEqual("open", connect_once(two, "198.18.1.1", 22))
            self.assertEqual(COMPUTE - {22}, one.listening("node1"))

    def test_a_state_folder_holds_one_lab(self):
        with Lab(compute=1, login=0) as lab:
            second = subprocess.run([SCRIPT, "up", "--state", lab.state], text=True, capture_output=True)
            self.assertEqual(1, second.returncode)
            self.assertIn("is up in", second.stderr)
            self.assertEqual(COMPUTE, lab.listening("node1"))


class NothingStays(unittest.TestCase):
    """Every process of a lab inherits a token in its environment, so what is left can be found
    among whatever else runs on the machine. A namespace lives as long as a process, a mount or a
    descriptor refers to it, and an interface as long as its namespace."""

    RANDOM = random.Random(20051)
    LONGEST_CREATION_S = 0.6

    def setUp(self):
        self.token = uuid.uuid4().hex
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name, "state")
        self.addCleanup(subprocess.run, [SCRIPT, "down", "--state", self.state], stderr=subprocess.DEVNULL)
        self.interfaces = interfaces()

    def start(self, *options):
        return subprocess.Popen([SCRIPT, "up", "--state", self.state, *options],
                                env=os.environ | {"LAB_TEST_TOKEN": self.token}, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def processes(self):
        mark = f"LAB_TEST_TOKEN={self.token}".encode()
        return {pid for pid in pids() if mark in contents(f"/proc/{pid}/environ")}

    def assert_nothing_stays(self):
        deadline = time.monotonic() + 10
        while (left := self.processes()) and time.monotonic() < deadline:
            os.sched_yield()
        self.assertEqual(set(), left)
        self.assertNotIn(str(self.state), contents("/proc/self/mountinfo").decode())
        self.assertEqual(self.interfaces, interfaces())

    def finish(self, process):
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()

    def test_down(self):
        with self.start() as process:
            self.assertEqual(("", None), process.communicate(timeout=60))
        self.assertEqual(0, process.returncode)
        self.assertGreater(len(self.processes()), 20)
        subprocess.run([SCRIPT, "down", "--state", self.state], check=True)
        self.assertEqual(set(), self.processes())
        self.assert_nothing_stays()
        self.assertFalse(self.state.exists())

    def test_end_of_input_and_signals_end_a_foreground_lab(self):
        for how in ("end of input", signal.SIGTERM, signal.SIGINT):
            with self.subTest(how=how):
                process = self.start("--foreground", "--compute", "2")
                self.assertEqual("ready\n", process.stdout.readline())
                if how != "end of input":
                    process.send_signal(how)
                    process.wait(timeout=10)
                self.finish(process)
                self.assertEqual(set(), self.processes())
                self.assert_nothing_stays()
                self.assertFalse(self.state.exists())

    def test_kill_9_of_any_link_when_up(self):
        for link in ("launcher", "unshare", "supervisor"):
            with self.subTest(link=link):
                process = self.start("--foreground", "--compute", "2")
                self.assertEqual("ready\n", process.stdout.readline())
                supervisor = int(pathlib.Path(self.state, "pid/monitor").read_text())
                os.kill({"launcher": process.pid, "unshare": parent_of(supervisor),
                         "supervisor": supervisor}[link], signal.SIGKILL)
                self.finish(process)
                self.assert_nothing_stays()

    def test_kill_9_at_random_moments_of_creation(self):
        for attempt, link in zip(range(16), itertools.cycle(("launcher", "supervisor"))):
            with self.subTest(attempt=attempt, link=link):
                process = self.start("--foreground")
                wait_at_most(process, self.RANDOM.uniform(0, self.LONGEST_CREATION_S))
                victim = process.pid
                if link == "supervisor":
                    victim = int(contents(self.state / "pid/monitor").strip() or victim)
                os.kill(victim, signal.SIGKILL)
                self.finish(process)
                self.assert_nothing_stays()
        with Lab(self.state, compute=1, login=0) as lab:  # the state folder is usable again
            self.assertEqual(COMPUTE, lab.listening("node1"))

    def test_a_lab_that_nobody_awaits_any_more_ends(self):
        for attempt in range(8):
            with self.subTest(attempt=attempt):
                process = self.start()
                if wait_at_most(process, self.RANDOM.uniform(0, 0.25)):
                    subprocess.run([SCRIPT, "down", "--state", self.state], check=True)
                else:
                    process.kill()
                self.finish(process)
                self.assert_nothing_stays()

    def test_the_lab_ends_with_the_test_process_that_holds_it(self):
        program = ("import lab, pathlib, sys\n"
                   "with lab.Lab(pathlib.Path(sys.argv[1]), compute=2, login=0):\n"
                   "    print('up', flush=True)\n"
                   "    sys.stdin.read()\n")
        holder = subprocess.Popen([sys.executable, "-c", program, self.state], cwd=SCRIPT.parent,
                                  env=os.environ | {"LAB_TEST_TOKEN": self.token},
                                  text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual("up\n", holder.stdout.readline())
        holder.kill()
        self.finish(holder)
        self.assert_nothing_stays()

    def test_a_command_inside_ends_with_the_lab(self):
        process = self.start("--foreground", "--compute", "1")
        self.assertEqual("ready\n", process.stdout.readline())
        inside = subprocess.Popen([SCRIPT, "exec", "--state", self.state, "node1", "--", "sh", "-c",
                                   "echo in; exec sleep infinity"], text=True, stdout=subprocess.PIPE,
                                  env=os.environ | {"LAB_TEST_TOKEN": self.token})
        self.assertEqual("in\n", inside.stdout.readline())
        process.kill()
        self.finish(process)
        self.assertNotEqual(0, inside.wait(timeout=10))
        inside.stdout.close()
        self.assert_nothing_stays()


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def contents(path):
    """A file's bytes; none if it is gone, or is not ours to read."""
    try:
        return pathlib.Path(path).read_bytes()
    except OSError:
        return b""


def parent_of(pid):
    return int(contents(f"/proc/{pid}/stat").rpartition(b")")[2].split()[1])


def interfaces():
    return set(os.listdir("/sys/class/net"))


def wait_at_most(process, seconds):
    """Whether the process ended within this time."""
    try:
        process.wait(timeout=seconds)
        return True
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    run_lab_tests()
