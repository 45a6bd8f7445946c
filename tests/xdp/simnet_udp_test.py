#!/usr/bin/env python3
"""What the simulated cluster says to datagrams: to a client over the kernel's own sockets, which checks
every checksum, and to our engines. What it says to SYNs is in xdp_test.py.

    tests/xdp/simnet_udp_test.py LOCKSTEP [unittest arguments]
"""

import json
import pathlib
import sys
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/simnet"))
from simnet import SKIPPED, Simnet, SimnetNotAllowed  # noqa: E402

CLOSED = [1, 9, 4444]  # of all nodes, unless the seed drew them
FAMILIES = {4: lambda node: node.address, 6: lambda node: node.address6}

# Sends a datagram to each (address, port) of the input, a few times where it is repeated, and prints
# what came of each: "answer", "other answer", the name of an error by ICMP, or "silence".
CLIENT = textwrap.dedent("""
    import errno, json, selectors, socket, sys
    asked = json.load(sys.stdin)
    told = ["silence"] * len(asked)
    waiting = selectors.DefaultSelector()
    for number, (address, port) in enumerate(asked):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        client = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        client.connect((address, port))
        client.send(b"datagram %d" % number)
        waiting.register(client, selectors.EVENT_READ, number)
    while waiting.get_map() and (ready := waiting.select(0.4)):
        for key, _ in ready:
            try:
                same = key.fileobj.recv(100) == b"datagram %d" % key.data
                told[key.data] = "answer" if same else "other answer"
            except OSError as error:
                told[key.data] = errno.errorcode[error.errno]
            waiting.unregister(key.fileobj)
            key.fileobj.close()
    print(json.dumps(told))
""")


def ask(net, places):
    # The kernel leaves checksums to the interface, and a node repeats what it got.
    net.near.run("ethtool", "-K", "near", "tx", "off", capture_output=True, check=True)
    done = net.run(sys.executable, "-c", CLIENT, input=json.dumps(places), timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def expected(node, port, family):
    """What a node says to one datagram, where neither loss nor a limit is in the way."""
    if node.silent or node.absent:
        return "silence"
    if port in node.udp:
        return "answer"
    if node.filters:
        return "silence"
    # Prohibited: ICMP code 13 and ICMPv6 code 1, as the kernel hands them to programs.
    return ("EHOSTUNREACH" if family == 4 else "EACCES") if node.rejects else "ECONNREFUSED"


class Datagrams(unittest.TestCase):
    def test_each_is_answered_as_the_truth_has_it(self):
        behaviour = ["--icmp-rate", 1000, "--rogue", 0.3, "--silent", 0.1, "--absent", 0.1,
                     "--filtering", 0.15, "--rejecting", 0.15]
        with Simnet(nodes=40, seed=3, routed=True, near_passes=True, options=behaviour) as net:
            truth = net.truth()
            for kind in ("silent", "absent", "filters", "rejects"):
                self.assertTrue(any(getattr(node, kind) for node in truth), f"none {kind}: another seed")
            self.assertGreater(len({node.udp for node in truth}), 4, "classes, and ports of their own")
            for family, address_of in FAMILIES.items():
                before = net.counters()
                places = [(node, port) for node in truth for port in sorted({*node.udp, *CLOSED})]
                told = ask(net, [(address_of(node), port) for node, port in places])
                for (node, port), said in zip(places, told):
                    with self.subTest(address=address_of(node), port=port):
                        self.assertEqual(said, expected(node, port, family))
                counted = {key: value - before[key] for key, value in net.counters().items()}
                with self.subTest("counters", family=family):
                    present = [node for node, _ in places if not node.absent]
                    self.assertEqual(counted["datagrams"], len(present))
                    self.assertEqual(counted["udp_replies"], told.count("answer"))
                    self.assertEqual(counted["icmp_errors"],
                                     len(told) - told.count("answer") - told.count("silence"))
                    self.assertEqual(counted["unanswered"],
                                     len(present) - counted["udp_replies"] - counted["icmp_errors"])
                    self.assertEqual((counted["limited"], counted["syns"], counted["wrong_mac"]),
                                     (0, 0, 0))

    def test_errors_are_limited_by_node_and_answers_are_not(self):
        depth = 8  # of the bucket, simnet.bpf.c
        with Simnet(nodes=4, routed=True, near_passes=True, options=["--icmp-rate", 1]) as net:
            first, second = net.truth()[:2]
            openly = min(first.udp)
            # What a kernel may still send of its own is not in the way: a socket a datagram.
            told = ask(net, [(first.address, 9)] * 40 + [(first.address, openly)] * 40
                       + [(second.address, 9)] * 3)
            counted = net.counters()
        refused = told[:40].count("ECONNREFUSED")
        self.assertGreaterEqual(refused, depth - 1)
        self.assertLess(refused, depth + 5, "one a second was added meanwhile")
        self.assertEqual(told[40:80], ["answer"] * 40)
        self.assertEqual(told[80:], ["ECONNREFUSED"] * 3, "a bucket of its own")
        self.assertEqual(counted["limited"], 40 - refused)

    def test_no_errors_where_a_node_sends_none(self):
        with Simnet(nodes=2, routed=True, near_passes=True, options=["--icmp-rate", 0]) as net:
            node = net.truth()[0]
            told = ask(net, [(node.address, 9), (node.address6, 9), (node.address, min(node.udp))])
        self.assertEqual(told, ["silence", "silence", "answer"])

    def test_loss_is_counted_each_way(self):
        count, share = 2000, 0.2
        lossy = ["--lossy", 1, "--loss-in", share, "--loss-out", share]
        with Simnet(nodes=2, routed=True, near_passes=True, options=lossy) as net:
            node = net.truth()[0]
            told = sum((ask(net, [(node.address, min(node.udp))] * 500) for _ in range(count // 500)), [])
            counted = net.counters()
        self.assertEqual(counted["datagrams"], count)
        self.assertEqual(counted["lost_in"] + counted["lost_out"], told.count("silence"))
        # Five standard deviations of the binomial distribution.
        for way, of in (("lost_in", count), ("lost_out", count - counted["lost_in"])):
            allowed = 5 * (of * share * (1 - share)) ** 0.5
            self.assertAlmostEqual(counted[way], of * share, delta=allowed, msg=way)


class Engines(unittest.TestCase):
    """The same cluster, asked by Lockstep. simnet's nodes repeat a datagram, so that each of our
    payloads gets its cookie back."""

    PORTS = range(1, 401)

    def scan(self, net, *options):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "lockstep.toml"
            config.write_text('[scan]\nallow = ["198.18.0.0/15", "fd00::/8"]\nrate = "unlimited"\n'
                              'node_rate = "unlimited"\nicmp_rate = "unlimited"\n'
                              'xdp_interfaces = ["near"]\n')
            done = net.run(PROGRAM, "--config", config, "scan", "--json", "--udp-ports",
                           f"{self.PORTS[0]}-{self.PORTS[-1]}", *options, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def assert_open_udp(self, net, document, address_of):
        found = {}
        for row in document["ports"]:
            if row["protocol"] == "udp" and row["state"] == "open":
                found.setdefault(row["address"], set()).add(row["port"])
        for node in net.truth():
            self.assertEqual(found.get(address_of(node), set()), set(node.udp) & set(self.PORTS), node)

    def test_packet_finds_what_there_is(self):
        options = ["--open-udp", 200, "--icmp-rate", 1_000_000]
        with Simnet(nodes=16, seed=2, routed=True, near_passes=True, options=options) as net:
            self.assertTrue(any(set(node.udp) & set(self.PORTS) for node in net.truth()))
            for family, address_of in FAMILIES.items():
                with self.subTest(family=family):
                    nodes = net.truth()
                    document = self.scan(net, "--engine", "packet", *map(address_of, nodes))
                    self.assertEqual(document["engine"], "packet")
                    self.assert_open_udp(net, document, address_of)
                    for row in document["coverage"]:
                        self.assertEqual((row["asked"], row["answered"]),
                                         (len(self.PORTS), len(self.PORTS)))

    def test_one_look_by_xdp_and_packet(self):
        """UDP goes by packet where TCP goes by xdp, asked for or not, and all of it is one look."""
        with Simnet(nodes=8, seed=2, routed=True,
                    options=["--open-udp", 200, "--icmp-rate", 1_000_000]) as net:
            addresses = [node.address for node in net.truth()]
            for engine in ("xdp", "auto"):
                with self.subTest(engine=engine):
                    document = self.scan(net, "--engine", engine, "--ports", "1-20000", *addresses)
                    self.assertEqual(document["engine"], "packet+xdp")
                    by_protocol = {}
                    for row in document["coverage"]:
                        by_protocol.setdefault(row["protocol"], []).append(row["asked"])
                    self.assertEqual(by_protocol, {"tcp": [20000] * 8, "udp": [len(self.PORTS)] * 8})
                    tcp = {(row["address"], row["port"]) for row in document["ports"]
                           if row["protocol"] == "tcp" and row["state"] == "open"}
                    self.assertEqual(tcp, {(node.address, port) for node in net.truth()
                                           for port in node.tcp if port <= 20000})
                    self.assert_open_udp(net, document, FAMILIES[4])


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    try:
        with Simnet(nodes=1):
            pass
    except SimnetNotAllowed as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main()
