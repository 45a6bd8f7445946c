#!/usr/bin/env python3
"""The program against real hosts: what it says of them is compared with what their own kernels say.

    tests/cluster/cluster_test.py PROGRAM        (ctest label `lab`)

LOCKSTEP_EXACT_RUNS (2) is how often each engine must find exactly the known ports of 64 hosts in a
row, at full speed.
"""

import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from lab import Lab, run_lab_tests  # noqa: E402

PROGRAM = None
FULL_SPEED = ("--rate", "unlimited", "--node-rate", "unlimited")
ALL_PORTS = 65535
WIDE_HOSTS = 64


def wide_range(count):
    return f"198.19.128.1-198.19.128.{count}"


class ScanResult:
    """A JSON document of `scan`, and how the program ended."""

    def __init__(self, done):
        self.status = done.returncode
        self.errors = done.stderr
        self.document = json.loads(done.stdout) if done.stdout else None

    def ports(self, state="open"):
        return {(row["address"], row["port"]) for row in self.document["ports"]
                if row["state"] == state}

    def ports_of(self, address, state="open"):
        return {port for where, port in self.ports(state) if where == address}

    def coverage(self, address):
        return next(row for row in self.document["coverage"] if row["address"] == address)


class InLab(unittest.TestCase):
    """Tests that share one lab."""

    options = {"compute": 2, "login": 1}

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(**cls.options).__enter__()
        cls.folder = tempfile.TemporaryDirectory(prefix="lockstep-test-")

    @classmethod
    def tearDownClass(cls):
        cls.lab.__exit__()
        cls.folder.cleanup()

    def program(self, *arguments, place="monitor", **options):
        return self.lab.exec(place, PROGRAM, *arguments, **options)

    def scan(self, *arguments):
        return ScanResult(self.program("scan", *arguments, "--json", *FULL_SPEED))

    def assert_complete(self, result, address):
        row = result.coverage(address)
        self.assertEqual((row["asked"], row["answered"], row["unanswered"], row["gap"]),
                         (ALL_PORTS, ALL_PORTS, 0, "none"), row)


class SmallCluster(InLab):
    def test_every_engine_sees_exactly_what_listens(self):
        hosts = self.lab.hosts()
        for engine in ("packet", "connect"):
            for address_of in (lambda host: host.ipv4, lambda host: host.ipv6):
                addresses = [address_of(host) for host in hosts]
                with self.subTest(engine=engine, addresses=addresses[0]):
                    result = self.scan(*addresses, "--ports", "all", "--engine", engine)
                    self.assertEqual(result.status, 0, result.errors)
                    self.assertEqual(result.document["engine"], engine)
                    for host in hosts:
                        family = 6 if ":" in addresses[0] else 4
                        self.assertEqual(result.ports_of(address_of(host)),
                                         self.lab.listening(host.name, family), host.name)
                        self.assert_complete(result, address_of(host))

    def stacks_seen(self, engine, hosts, address_of):
        """By host, as `login1` sees them: the monitor's bridge takes no XDP program."""
        done = self.program("scan", *map(address_of, hosts), "--ports", "all", "--engine", engine,
                            "--json", *FULL_SPEED, place="login1")
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(document["engine"], engine)
        by_address = {row["address"]: row.get("stack") for row in document["coverage"]}
        return [by_address[address_of(host)] for host in hosts]

    def test_every_engine_that_sees_packets_sees_the_same_stacks(self):
        hosts = [host for host in self.lab.hosts() if host.node_class == "compute"]
        settings = {4: "/proc/sys/net/ipv4/ip_default_ttl",
                    6: "/proc/sys/net/ipv6/conf/eth0/hop_limit"}
        for family, setting in settings.items():
            def address_of(host):
                return host.ipv4 if family == 4 else host.ipv6
            self.lab.exec(hosts[1].name, "sh", "-c", f"echo 200 >{setting}", check=True)
            try:
                with self.subTest(engine="packet", family=family):
                    first, second = self.stacks_seen("packet", hosts, address_of)
                    self.assertRegex(first, r"^SYN-ACK: TTL 64, window \d+, MSS "
                                            + {4: "1460", 6: "1440"}[family]
                                            + "; RST: TTL 64, window 0$")
                    self.assertEqual(second, first.replace("TTL 64", "TTL 255"))
                with self.subTest(engine="xdp", family=family):
                    if os.geteuid() != 0:
                        self.skipTest("the engine xdp needs root")
                    self.assertEqual(self.stacks_seen("xdp", hosts, address_of), [first, second])
                with self.subTest(engine="connect", family=family):
                    self.assertEqual(self.stacks_seen("connect", hosts, address_of), [None, None])
            finally:
                self.lab.exec(hosts[1].name, "sh", "-c", f"echo 64 >{setting}", check=True)

    def test_a_half_open_scan_wakes_no_application(self):
        watcher = self.lab.popen(
            "node1", sys.executable, "-c",
            textwrap.dedent("""
                import select, socket, sys
                server = socket.create_server(("0.0.0.0", 7777))
                print("ready", flush=True)
                both, _, _ = select.select([server, sys.stdin], [], [])
                print("woken" if server in both else "undisturbed", flush=True)
            """), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(watcher.stdout.readline(), "ready\n")
        result = self.scan("198.18.1.1", "--ports", "7777", "--engine", "packet")
        self.assertEqual(result.ports(), {("198.18.1.1", 7777)})
        half_open = self.lab.exec("node1", "ss", "-Htan", "state", "syn-recv").stdout
        said, _ = watcher.communicate("\n", timeout=30)
        self.assertEqual(said, "undisturbed\n")
        self.assertEqual(half_open, "", "a half-open connection was left behind")

    def test_filters_are_told_from_closed_ports(self):
        self.lab.run("drop", "node1", "1234")
        self.lab.run("reject", "node1", "2345")
        try:
            for engine in ("packet", "connect"):
                with self.subTest(engine=engine):
                    result = self.scan("198.18.1.1", "--ports", "1-3000", "--engine", engine)
                    evidence = {row["port"]: row["evidence"] for row in result.document["ports"]
                                if row["state"] == "filtered"}
                    self.assertEqual(evidence, {1234: "no-reply", 2345: "icmp-unreachable"})
                    row = result.coverage("198.18.1.1")
                    self.assertEqual((row["asked"], row["unanswered"], row["gap"]),
                                     (3000, 1, "unanswered"))
                    self.assertEqual(result.status, 0, "all was examined: silence is a result")
        finally:
            self.lab.run("heal", "node1")

    def test_loss_does_not_make_ports_disappear(self):
        self.lab.run("lose", "node1", "20")
        try:
            result = self.scan("198.18.1.1", "--ports", "all", "--engine", "packet")
            self.assertEqual(result.ports_of("198.18.1.1"), self.lab.listening("node1", 4))
            self.assert_complete(result, "198.18.1.1")
        finally:
            self.lab.run("heal", "node1")

    def test_a_silent_host_is_unreachable_and_holds_nobody_up(self):
        self.lab.run("silence", "node2")
        try:
            result = self.scan("198.18.1.1-198.18.1.3", "--ports", "all", "--engine", "packet")
            for address in ("198.18.1.2", "198.18.1.3"):
                row = result.coverage(address)
                self.assertEqual((row["gap"], row["asked"]), ("unreachable", 0))
            self.assert_complete(result, "198.18.1.1")
            self.assertEqual(result.status, 3)
        finally:
            self.lab.run("heal", "node2")

    def test_nothing_reaches_an_excluded_address(self):
        config = self.write_config(extra='exclude = ["198.18.1.2", "login1"]')
        capture = self.lab.popen("node2", "tcpdump", "-ni", "any", "-U", "-w", "-", "host 198.18.0.1",
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while b"listening on" not in capture.stderr.readline():
            pass
        done = self.program("--config", config, "scan", "node[1-2]", "login1", "--ports", "1-2000",
                            "--json", *FULL_SPEED)
        result = ScanResult(done)
        self.lab.signal(capture, signal.SIGINT)
        packets, _ = capture.communicate(timeout=30)
        for address in ("198.18.1.2", "198.18.2.1"):
            self.assertEqual(result.coverage(address)["gap"], "outside-fence")
            self.assertEqual(result.coverage(address)["asked"], 0)
        self.assertEqual(result.coverage("198.18.1.1")["answered"], 2000)
        # A broadcast ARP request for another host may pass; nothing for node2 itself may.
        self.assertNotIn(bytes([198, 18, 1, 2]), packets)

    def test_rates_are_kept_on_the_wire(self):
        began = time.monotonic()
        done = self.program("scan", "198.18.1.1", "--ports", "1-400", "--json", "--engine", "packet",
                            "--node-rate", "200")
        self.assertEqual(ScanResult(done).coverage("198.18.1.1")["answered"], 400)
        self.assertGreater(time.monotonic() - began, 399 / 200)

    def test_a_stop_in_mid_scan_keeps_what_was_found(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number.name):
                scan = self.lab.popen("monitor", PROGRAM, "scan", "198.18.1.1", "--ports", "all",
                                      "--json", "--engine", "packet", "--node-rate", "500",
                                      stdout=subprocess.PIPE, text=True)
                time.sleep(1.5)
                self.lab.signal(scan, number)
                document = json.loads(scan.communicate(timeout=30)[0])
                row, = document["coverage"]
                self.assertEqual(scan.returncode, 3)
                self.assertFalse(document["complete"])
                self.assertEqual(row["gap"], "interrupted")
                self.assertGreater(row["asked"], 100)
                self.assertLess(row["asked"], ALL_PORTS)
                self.assertEqual(row["asked"], row["answered"] + row["unanswered"])

    def write_config(self, name="lockstep", node_rate='"unlimited"', extra=""):
        path = pathlib.Path(self.folder.name, f"{name}.toml")
        path.write_text(textwrap.dedent(f"""
            [store]
            url = "sqlite://{self.folder.name}/{name}.db"
            [scan]
            allow = ["198.18.0.0/16"]
            rate = "unlimited"
            group_rate = "unlimited"
            node_rate = {node_rate}
            {extra}
            [[nodes]]
            nodes = "node[1-2]"
            class = "compute"
            addresses = ["198.18.1.1-198.18.1.2"]
            [[nodes]]
            nodes = "login1"
            class = "login"
            addresses = ["198.18.2.1"]
        """))
        return path

    def test_a_killed_sweep_goes_on_where_it_was(self):
        config = self.write_config("killed", node_rate=20000)
        for node_class, node in (("compute", "node1"), ("login", "login1")):
            for command in (("learn", "--class", node_class, "--from", node),
                            ("approve", "--class", node_class)):
                done = self.program("--config", config, "profile", *command)
                self.assertEqual(done.returncode, 0, done.stderr)
        state = pathlib.Path(self.folder.name, "sweeps")
        for number, goes_on in ((signal.SIGKILL, True), (signal.SIGTERM, True),
                                (signal.SIGINT, False)):
            with self.subTest(signal=number.name):
                sweep = self.lab.popen("monitor", PROGRAM, "--config", config, "sweep",
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(2)
                self.lab.signal(sweep, number)
                sweep.wait(timeout=30)
                self.assertEqual(len(list(state.glob("*.scan"))), 1 if goes_on else 0)
                done = self.program("--config", config, "sweep", "--json")
                document = json.loads(done.stdout)
                self.assertEqual((done.returncode, document["findings"]), (0, []), done.stderr)
                resumed = document.get("resumed_answers", 0)
                if goes_on:
                    self.assertGreater(resumed, 1000)
                    self.assertLess(resumed, 3 * ALL_PORTS)
                else:
                    self.assertEqual(resumed, 0)
                self.assertLess(document["probes_sent"], 3 * ALL_PORTS * 1.02,
                                "those of both: nothing that was answered was asked again")
                self.assertEqual(list(state.glob("*.scan")), [], "nothing is left behind")

    def test_learn_then_sweep(self):
        config = self.write_config()
        for node_class, node in (("compute", "node1"), ("login", "login1")):
            learned = self.program("--config", config, "profile", "learn", "--class", node_class,
                                   "--from", node)
            self.assertEqual(learned.returncode, 0, learned.stderr)
            self.assertIn("approve", learned.stdout)
        waiting = self.program("--config", config, "sweep")
        self.assertEqual(waiting.returncode, 2, "what nobody approved is not in use")
        for node_class in ("compute", "login"):
            approved = self.program("--config", config, "profile", "approve", "--class", node_class)
            self.assertEqual(approved.returncode, 0, approved.stderr)
        shown = json.loads(self.program("--config", config, "profile", "show", "--json").stdout)
        expected = {(port, "tcp", "", node_class)
                    for node_class, node in (("compute", "node1"), ("login", "login1"))
                    for port in self.lab.listening(node, 4)}
        self.assertEqual({(row["port"], row["protocol"], row["service"], row["host_type"])
                          for row in shown["open_ports"]}, expected)

        clean = self.program("--config", config, "sweep")
        self.assertEqual(clean.returncode, 0, clean.stdout + clean.stderr)

        self.lab.run("listen", "node2", "4444")
        self.lab.run("kill", "login1", "httpd")
        self.lab.run("drop", "node2", "9999")
        try:
            swept = self.program("--config", config, "sweep", "--json")
            self.assertEqual(swept.returncode, 1, swept.stderr)
            findings = {(row["kind"], row["class"], row["nodes"], row["port"], row["state"])
                        for row in json.loads(swept.stdout)["findings"]}
            self.assertEqual(findings, {
                ("unexpected-port", "compute", "node2", 4444, "open"),
                ("unexpected-filtered", "compute", "node2", 9999, "filtered"),
                ("missing-port", "login", "login1", 80, "closed")})
        finally:
            self.lab.run("heal", "node2")
            self.lab.run("kill", "node2", "4444")
            self.lab.run("start", "login1", "httpd")
        over = self.program("--config", config, "sweep", "--json")
        self.assertEqual(over.returncode, 0, over.stdout)
        self.assertEqual({(row["kind"], row["port"]) for row in json.loads(over.stdout)["resolved"]},
                         {("unexpected-port", 4444), ("unexpected-filtered", 9999)},
                         "the missing port was seen once, which is no alert")
        table = subprocess.run(
            ["sqlite3", f"{self.folder.name}/lockstep.db",
             "select node || ' ' || class from node_classes order by 1"],
            capture_output=True, text=True, check=True).stdout.split("\n")
        self.assertEqual(table[:-1], ["login1 login", "node1 compute", "node2 compute"])


class Profiles(InLab):
    options = {"compute": 5, "login": 1}

    def setUp(self):
        self.config = pathlib.Path(self.folder.name, f"{self.id()}.toml")
        self.config.write_text(textwrap.dedent(f"""
            [store]
            url = "sqlite://{self.folder.name}/{self.id()}.db"
            [scan]
            allow = ["198.18.0.0/16"]
            rate = "unlimited"
            group_rate = "unlimited"
            node_rate = "unlimited"
            [analysis]
            reask_interval_s = 0
            [[nodes]]
            nodes = "node[1-5]"
            class = "compute"
            addresses = ["198.18.1.1-198.18.1.5"]
            [[nodes]]
            nodes = "login1"
            class = "login"
            addresses = ["198.18.2.1"]
        """))

    def run_program(self, *arguments, status=0):
        done = self.program("--config", self.config, *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def test_a_consensus_leaves_the_intruder_out(self):
        self.lab.run("listen", "node4", "31337")
        try:
            learned = self.run_program("profile", "learn", "--class", "compute", "--consensus")
            self.assertIn("31337/tcp is open on 1 of 5 nodes: on node4", learned)
            self.run_program("profile", "approve", "--class", "compute")
            swept = json.loads(self.run_program("sweep", "node[1-5]", "--json", status=1))
            self.assertEqual([(row["kind"], row["nodes"], row["port"], row["alert"])
                              for row in swept["findings"]],
                             [("unexpected-port", "node4", 31337, "A-1")])
        finally:
            self.lab.run("kill", "node4", "31337")
        small = self.program("--config", self.config, "profile", "learn", "--class", "login",
                             "--consensus")
        self.assertEqual(small.returncode, 2)
        self.assertIn("--from NODE", small.stderr)

    def set_ttl(self, node, ttl):
        self.lab.exec(node, "sh", "-c", f"echo {ttl} >/proc/sys/net/ipv4/ip_default_ttl", check=True)

    def test_a_tcp_stack_that_differs_from_its_clones_shows(self):
        self.run_program("profile", "learn", "--class", "compute", "--consensus")
        self.run_program("profile", "approve", "--class", "compute")
        clean = json.loads(self.run_program("sweep", "node[1-5]", "--json"))
        self.assertEqual(clean["findings"], [])
        self.assertEqual(len({row["stack"] for row in clean["coverage"]}), 1, clean["coverage"])
        self.set_ttl("node3", 128)
        try:
            swept = json.loads(self.run_program("sweep", "node[1-5]", "--json", status=1))
        finally:
            self.set_ttl("node3", 64)
        finding, = swept["findings"]
        self.assertEqual((finding["kind"], finding["severity"], finding["nodes"], finding["port"],
                          finding["alert"]),
                         ("stack-mismatch", "informational", "node3", None, "A-1"))
        usual = clean["coverage"][0]["stack"]
        self.assertRegex(usual, r"^SYN-ACK: TTL 64, window \d+, MSS \d+; RST: TTL 64, window 0$")
        self.assertEqual(finding["detail"],
                         f"its TCP stack answers as {usual.replace('TTL 64', 'TTL 128')}, "
                         f"its clones' as {usual}")
        over = json.loads(self.run_program("sweep", "node[1-5]", "--json"))
        self.assertEqual([(row["id"], row["resolution"]) for row in over["resolved"]],
                         [("A-1", "its TCP stack answers as its clones' do")])

    def test_the_formats_of_nmap_become_the_same_profile(self):
        """Also that a version scan only adds services, which Nmap asked for and did not guess."""
        tables = {}
        for versions in ([], ["-sV"]):
            files = {option: f"{self.folder.name}/n1{option}" for option in ("-oX", "-oG", "-oN")}
            self.lab.exec("monitor", "nmap", "-sS", "-n", "-Pn", "-p-", "-T4", *versions,
                          *(word for pair in files.items() for word in pair), "198.18.1.1",
                          check=True)
            for option, file in files.items():
                self.run_program("profile", "import", file, "--class", "compute")
                shown = json.loads(self.run_program("profile", "show", "--json"))
                rows = shown["waiting"][0]["open_ports"]
                tables[option, bool(versions)] = [
                    (row["port"], row["protocol"], row["service"]) for row in rows]
        for versions in (False, True):
            of_formats = [tables[option, versions] for option in ("-oX", "-oG", "-oN")]
            self.assertEqual(of_formats[0], of_formats[1])
            self.assertEqual(of_formats[0], of_formats[2])
        plain, probed = tables["-oX", False], tables["-oX", True]
        self.assertEqual([row[:2] for row in plain], [row[:2] for row in probed])
        self.assertEqual({row[0] for row in plain}, self.lab.listening("node1", 4))
        self.assertEqual({row[2] for row in plain}, {""}, "a guess is no expectation")
        self.assertIn((22, "tcp", "ssh"), probed)
        self.run_program("profile", "approve", "--class", "compute")
        self.run_program("sweep", "node[1-5]")


class WideHost(InLab):
    options = {"compute": 0, "login": 0, "wide": WIDE_HOSTS, "direct": True}

    def test_exact_at_full_speed_time_after_time(self):
        known = self.lab.wide_listening()
        self.assertEqual(len(known), WIDE_HOSTS * 15)
        for engine in ("packet", "connect"):
            for run in range(int(os.environ.get("LOCKSTEP_EXACT_RUNS", "2"))):
                with self.subTest(engine=engine, run=run):
                    result = self.scan(wide_range(WIDE_HOSTS), "--ports", "all", "--engine", engine)
                    self.assertEqual(result.status, 0, result.errors)
                    self.assertEqual(result.ports(), known)
                    for row in result.document["coverage"]:
                        self.assert_complete(result, row["address"])


class Demonstration(unittest.TestCase):
    def test_finds_exactly_what_was_planted(self):
        for arguments in ([], ["--loopback"]):
            with self.subTest(arguments=arguments):
                done = subprocess.run([PROGRAM, "demo", *arguments], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertRegex(done.stdout, r"unexpected-port +compute +4444/tcp open +node\[3,7\]")
                self.assertRegex(done.stdout, r"missing-port +compute +9100/tcp closed +node5")
                self.assertRegex(done.stdout, r"RESOLVED +A-\d+ .*4444/tcp")

    def test_its_page_is_reachable_from_this_machine(self):
        # It goes on to serve where a person looks on: at a terminal.
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(PROGRAM, [PROGRAM, "demo"])
        self.addCleanup(os.close, terminal)
        said = read_until(terminal, rb"Open http://127\.0\.0\.1:(\d+)/invitation#(\S+)\s", 600)
        port, secret = int(said.group(1)), said.group(2).decode()
        body = json.dumps({"invitation": secret, "password": "correct horse battery"})
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/invitation", body.encode(),
                                       method="POST")
        with urllib.request.urlopen(asked, timeout=10) as answer:
            self.assertEqual(json.load(answer)["role"], "admin")
        os.write(terminal, b"\x03")
        read_until(terminal, rb"Next, your own cluster", 30)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        with self.assertRaises(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/healthy", timeout=10).close()

    def test_nothing_is_left_after_a_crash(self):
        with tempfile.TemporaryDirectory() as folder:
            demo = subprocess.Popen([PROGRAM, "demo"], stdout=subprocess.PIPE, text=True,
                                    env=os.environ | {"TMPDIR": folder})
            while "Learn" not in demo.stdout.readline():
                pass
            demo.kill()
            demo.wait()
            demo.stdout.close()
            deadline = time.monotonic() + 30
            while processes_naming(folder) and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual(processes_naming(folder), [])


def read_until(terminal, pattern, patience_s):
    """The match of a pattern in what a terminal shows."""
    seen = b""
    deadline = time.monotonic() + patience_s
    while not (found := re.search(pattern, seen)):
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise AssertionError(f"{pattern!r} did not come: {seen[-2000:]!r}")
        try:
            seen += os.read(terminal, 65536)
        except OSError:  # it has ended
            raise AssertionError(f"{pattern!r} did not come: {seen[-2000:]!r}") from None
    return found


def processes_naming(text):
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if text in command and int(process.name) != os.getpid():
            found.append(command.replace("\0", " "))
    return found


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    run_lab_tests()
