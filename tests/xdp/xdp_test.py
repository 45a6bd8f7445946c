#!/usr/bin/env python3
"""The engine xdp: against real kernels, against the simulated cluster, and beside other traffic.

    tests/xdp/xdp_test.py LOCKSTEP ENGINE_RUN [unittest arguments]
"""

import contextlib
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lab"), str(ROOT / "bench/simnet")]
from lab import SKIPPED, Lab, LabNotAllowed  # noqa: E402
from simnet import FAR, FAR6, Simnet, SimnetNotAllowed  # noqa: E402

ALL_PORTS = 65535
FORGER = pathlib.Path(__file__).with_name("forger.py")
FULL_SPEED = ["--rate", "unlimited", "--node-rate", "unlimited"]


def engine_run(net, *words, check=True, **options):
    """What engine_run says, or the finished process where check is false."""
    done = net.run(ENGINE_RUN, *words, timeout=120, **options)
    if not check:
        return done
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


@contextlib.contextmanager
def child(namespace, *words):
    """A program that says "ready" first, and ends when its standard input does."""
    started = subprocess.Popen(namespace.command(*words), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        if started.stdout.readline() != "ready\n":
            raise AssertionError(f"{words[1]} did not start")
        yield started
    finally:
        if started.stdin and not started.stdin.closed:
            started.stdin.close()
        try:
            started.wait(timeout=120)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        started.stdout.close()


@contextlib.contextmanager
def transfer(net):
    """Sends the far end some bytes through the scanned interface, for two seconds; what it hands out
    waits for the end and says how they arrived."""
    receive = textwrap.dedent("""
        import hashlib, socket
        server = socket.create_server(("::", 7000), family=socket.AF_INET6, dualstack_ipv6=True)
        print("ready", flush=True)
        peer, _ = server.accept()
        seen = hashlib.sha256()
        while data := peer.recv(65536):
            seen.update(data)
        peer.sendall(seen.hexdigest().encode())
    """)
    send = textwrap.dedent(f"""
        import hashlib, os, socket, time
        peer = socket.create_connection(("{FAR}", 7000))
        print("ready", flush=True)
        sent = hashlib.sha256()
        end = time.monotonic() + 2
        while time.monotonic() < end:
            block = os.urandom(65536)
            peer.sendall(block)
            sent.update(block)
        peer.shutdown(socket.SHUT_WR)
        said = peer.recv(64, socket.MSG_WAITALL).decode()
        print("whole" if said == sent.hexdigest() else "damaged")
    """)
    with child(net.far, sys.executable, "-c", receive), \
         child(net.near, sys.executable, "-c", send) as client:
        yield lambda: client.communicate(timeout=120)[0]


def xdp_of(namespace, interface):
    """Whether an XDP program is on an interface, says the kernel."""
    shown = namespace.run("ip", "-json", "link", "show", interface, capture_output=True, text=True)
    return "xdp" in json.loads(shown.stdout)[0]


def refused_by_link(net, ends=("near",)):
    """Frames that XDP programs at these ends sent and a full queue of the virtual link threw away,
    says the kernel: on a busy machine the other end is not emptied in time."""
    refused = 0
    for end in ends:
        told = getattr(net, end).run("ethtool", "-S", end, capture_output=True, text=True, check=True)
        counters = re.findall(r"^ *\w+_(?:xdp_xmit|xdp_tx)_errors: (\d+)$", told.stdout, re.MULTILINE)
        assert counters, told.stdout
        refused += sum(map(int, counters))
    return refused


class SimulatedCluster(unittest.TestCase):
    def assert_exact(self, net, result, address_of):
        for node in net.truth():
            expected = set() if node.silent or node.absent else set(node.tcp)
            self.assertEqual(set(result["open"].get(address_of(node), ())), expected, node)

    def test_finds_exactly_what_there_is_whatever_nodes_do(self):
        behaviour = ["--verify", "--rogue", "0.3", "--silent", "0.05", "--absent", "0.05",
                     "--filtering", "0.1", "--rejecting", "0.1", "--icmp-rate", "100",
                     "--lossy", "0.3", "--loss-in", "0.02", "--loss-out", "0.02", "--bursty", "0.2"]
        with Simnet(nodes=40, seed=5, options=behaviour) as net:
            for first, address_of in (("198.18.0.0", lambda node: node.address),
                                      ("fd00:18::", lambda node: node.address6)):
                with self.subTest(first=first):
                    result = engine_run(net, "--first", first, "--count", 40)
                    self.assert_exact(net, result, address_of)
                    self.assertGreater(result["unreachable"], 0, "ICMP errors are answers")
            counters = net.counters()
        self.assertEqual((counters["bad_checksum"], counters["wrong_mac"]), (0, 0))
        self.assertGreater(counters["lost_in"] + counters["lost_out"], 1000, "loss was tried")

    def test_both_families_in_one_plan(self):
        with Simnet(nodes=16, options=["--verify"]) as net:
            result = engine_run(net, "--count", 16, "--second", "fd00:18::")
            self.assert_exact(net, result, lambda node: node.address)
            self.assert_exact(net, result, lambda node: node.address6)
            self.assertEqual(result["answered"], 32 * ALL_PORTS)
            counters = net.counters()
        self.assertEqual((counters["bad_checksum"], counters["wrong_mac"]), (0, 0))

    def test_every_syn_ack_is_reset_and_nothing_is_stray(self):
        with Simnet(nodes=32) as net:
            result = engine_run(net, "--count", 32)
            counters = net.counters()
            refused = refused_by_link(net, ("near", "far"))
        self.assertEqual(result["answered"], 32 * ALL_PORTS)
        self.assertEqual(result["stray"], 0)
        self.assertGreater(counters["syn_acks"], 0)
        self.assertLessEqual(counters["resets"], counters["syn_acks"])
        self.assertGreaterEqual(counters["resets"] + refused, counters["syn_acks"])

    def test_a_node_never_gets_more_than_its_rate(self):
        rate = 2000
        with Simnet(nodes=50, routed=True, options=["--log", 1 << 20]) as net:
            engine_run(net, "--count", 50, "--ports", 5000, "--node-rate", rate)
            times, nodes = net.arrivals()
        self.assertEqual(len(times), 50 * 5000)
        by_node = {}
        for at, node in sorted(zip(times, nodes)):
            by_node.setdefault(node, []).append(at)
        window = 10_000_000
        most = max(sum(1 for later in own[i:i + 100] if later < at + window)
                   for own in by_node.values() for i, at in enumerate(own))
        self.assertLessEqual(most, rate * window // 10**9 + 2)

    def test_the_stop_flag_ends_the_sending_within_10_ms(self):
        with Simnet(nodes=64, routed=True, options=["--log", 1 << 22]) as net:
            result = engine_run(net, "--count", 64, "--stop-after", "0.6", "--rate", "1000000")
            times, _ = net.arrivals()
            refused = refused_by_link(net)
        self.assertLess(result["asked"], 64 * ALL_PORTS)
        self.assertEqual(result["asked"], len(times) + refused, "what was asked is told exactly")
        self.assertLessEqual(max(times) - result["stopped_ns"], 10_000_000)


class Neighbours(unittest.TestCase):
    """What else lives on the interface."""

    def test_other_traffic_passes_meanwhile(self):
        with Simnet(nodes=64, routed=True) as net, transfer(net) as said:
            result = engine_run(net, "--count", 64, "--rate", 1_000_000)
            self.assertEqual(said(), "whole\n")
        self.assertEqual(result["answered"], 64 * ALL_PORTS)

    def test_forged_answers_are_counted_and_nothing_else(self):
        listen = textwrap.dedent("""
            import socket, sys
            servers = [socket.create_server(("::", port), family=socket.AF_INET6,
                                            dualstack_ipv6=True) for port in (22, 7777, 40000)]
            print("ready", flush=True)
            sys.stdin.read()
        """)
        # The sweep takes 6.5 seconds at least, and the flood ends 4 after its first probe.
        for address in (FAR, FAR6):
            with self.subTest(address=address), Simnet(answers=False) as net:
                net.far.run("ethtool", "-K", "far", "gro", "on", capture_output=True, check=True)
                with child(net.far, sys.executable, "-c", listen), transfer(net) as said, \
                     child(net.far, sys.executable, FORGER, "far", address, 4, 200_000) as forger:
                    result = engine_run(net, "--first", address, "--count", 1, "--rate", 10_000)
                    flood = json.loads(forger.communicate(timeout=120)[0])
                    self.assertEqual(said(), "whole\n")
                print(f"{address}: {flood['sent'] / flood['seconds']:,.0f} forged frames a second, "
                      f"{result['stray']:,} of {flood['sent']:,} counted", file=sys.stderr)
                self.assertEqual(result["open"], {address: [22, 7000, 7777, 40000]})
                self.assertEqual(result["answered"], ALL_PORTS)
                self.assertGreater(flood["sent"], 1000, "50,000 a second and more, but on a busy machine")
                self.assertGreaterEqual(result["stray"], flood["sent"] // 2)
                self.assertLessEqual(result["stray"], flood["sent"])

    def test_a_kill_leaves_no_program_behind(self):
        with Simnet(nodes=64, routed=True) as net:
            scan = net.popen(ENGINE_RUN, "--count", 64, "--rate", 100_000,
                             stdout=subprocess.DEVNULL)
            deadline = time.monotonic() + 10
            while net.counters()["syns"] == 0 and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertTrue(xdp_of(net.near, "near"))
            scan.send_signal(signal.SIGKILL)
            scan.wait()
            deadline = time.monotonic() + 2
            while xdp_of(net.near, "near") and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertFalse(xdp_of(net.near, "near"))
            before = net.counters()["syns"]
            time.sleep(0.2)
            self.assertEqual(net.counters()["syns"], before, "nothing is sent any more")

    def test_another_program_is_left_alone(self):
        with Simnet(nodes=4, near_passes=True) as net:
            done = engine_run(net, "--count", 4, check=False)
            self.assertTrue(xdp_of(net.near, "near"))
            self.assertEqual(net.counters()["syns"], 0)
        self.assertEqual(done.returncode, 1)
        self.assertIn('unavailable: interface "near" carries another XDP program', done.stderr)

    def test_the_canary_dies_where_redirected_frames_are_dropped(self):
        with Simnet(answers=False) as net:
            net.far.run("ethtool", "-K", "far", "gro", "off", capture_output=True, check=True)
            done = engine_run(net, "--first", FAR, "--count", 1, "--ports", 1000, check=False)
            self.assertIn("unsupported", done.stderr)
            self.assertIn("drops redirected frames", done.stderr)
            with tempfile.TemporaryDirectory() as folder:
                config = pathlib.Path(folder) / "lockstep.toml"
                config.write_text('[scan]\nallow = ["198.18.0.0/15"]\nrate = "unlimited"\n'
                                  'node_rate = "unlimited"\nxdp_interfaces = ["near"]\n')
                scan = [PROGRAM, "--config", config, "scan", FAR, "--ports", "1-1000", "--json",
                        "--node-rate", "unlimited", "--rate"]
                self.assertEqual(json.loads(net.run(*scan, "unlimited").stdout)["engine"], "packet")
                net.far.run("ethtool", "-K", "far", "gro", "on", capture_output=True, check=True)
                for rate, engine in (("unlimited", "xdp"), ("1000", "packet")):
                    said = net.run(*scan, rate)
                    self.assertEqual(json.loads(said.stdout)["engine"], engine, said.stderr)

    def test_a_listening_server_is_not_woken(self):
        watch = textwrap.dedent("""
            import select, socket, sys
            server = socket.create_server(("::", 7777), family=socket.AF_INET6, dualstack_ipv6=True)
            print("ready", flush=True)
            both, _, _ = select.select([server, sys.stdin], [], [])
            print("woken" if server in both else "undisturbed", flush=True)
        """)
        with Simnet(answers=False) as net:
            net.far.run("ethtool", "-K", "far", "gro", "on", capture_output=True, check=True)
            watcher = subprocess.Popen(net.far.command(sys.executable, "-c", watch), text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.assertEqual(watcher.stdout.readline(), "ready\n")
            for address in (FAR, FAR6):
                with self.subTest(address=address):
                    result = engine_run(net, "--first", address, "--count", 1)
                    self.assertEqual(result["open"], {address: [7777]})
                    self.assertEqual(result["answered"], ALL_PORTS)
            half_open = net.far.run("ss", "-Htan", "state", "syn-recv", capture_output=True,
                                    text=True).stdout
            said, _ = watcher.communicate("\n", timeout=30)
        self.assertEqual(said, "undisturbed\n")
        self.assertEqual(half_open, "", "a half-open connection was left behind")


class RealHosts(unittest.TestCase):
    def test_sees_exactly_what_listens_behind_a_bridge(self):
        # From a host: the monitor of the lab is the bridge itself, which takes no XDP program.
        with Lab(compute=3, login=1) as lab:
            hosts = [host for host in lab.hosts() if host.node_class == "compute"]
            for family in (4, 6):
                addresses = [host.ipv4 if family == 4 else host.ipv6 for host in hosts]
                with self.subTest(family=family):
                    done = lab.exec("login1", PROGRAM, "scan", *addresses, "--ports", "all",
                                    "--engine", "xdp", "--json", *FULL_SPEED)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    result = json.loads(done.stdout)
                    self.assertEqual(result["engine"], "xdp")
                    for host, address in zip(hosts, addresses):
                        found = {row["port"] for row in result["ports"]
                                 if row["address"] == address and row["state"] == "open"}
                        self.assertEqual(found, lab.listening(host.name, family), host.name)
                    for row in result["coverage"]:
                        self.assertEqual((row["asked"], row["answered"]), (ALL_PORTS, ALL_PORTS))

    def test_refuses_an_interface_without_xdp(self):
        with Lab(compute=1, login=0) as lab:
            done = lab.exec("monitor", PROGRAM, "scan", lab.hosts()[0].ipv4, "--engine", "xdp")
        self.assertEqual(done.returncode, 3)
        self.assertIn('interface "switch" takes no XDP program: it is a bridge', done.stderr)


if __name__ == "__main__":
    PROGRAM, ENGINE_RUN = (str(pathlib.Path(sys.argv.pop(1)).resolve()) for _ in range(2))
    try:
        with Simnet(nodes=1) as probe:
            tried = probe.run(ENGINE_RUN, "--count", 1, "--ports", 1)
        with Lab(compute=1, login=0):
            pass
        if tried.returncode != 0:
            raise SimnetNotAllowed(tried.stderr.strip())
    except (SimnetNotAllowed, LabNotAllowed) as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main()
