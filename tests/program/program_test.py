#!/usr/bin/env python3
"""The program as a user meets it: bad input, missing rights, interruption, broken pipes.

    tests/program/program_test.py PROGRAM        (ctest label `program`)

Needs no right and no network but loopback. Tests of missing rights run as nobody where we are root.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

PROGRAM = None
NOBODY = 65534
TIME_LIMIT_S = 60

IN_STEP, DEVIATIONS, USAGE, INCOMPLETE = 0, 1, 2, 3

CLUSTER = """
    [store]
    url = "sqlite://{folder}/store.db"
    [scan]
    allow = ["127.0.0.0/8"]
    engine = "connect"
    ports = "1-32"
    node_rate = "unlimited"
    exclude = ["node5"]
    [[network]]
    name = "bmc"
    prefixes = ["198.18.0.0/16"]
    scan = false
    [[nodes]]
    nodes = "node[1-5]"
    class = "compute"
    addresses = ["127.77.0.1-127.77.0.5"]
    [[nodes]]
    nodes = "node1"
    addresses = ["198.18.0.1"]
"""


def environment():
    clean = {k: v for k, v in os.environ.items() if k != "LOCKSTEP_CONFIG"}
    return clean | {"LC_ALL": "C.UTF-8"}


def restore_signals():
    """A test run in the background of a shell would hand on that Ctrl-C is ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-program-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_program(self, *arguments, **options):
        settings = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL,
                    "timeout": TIME_LIMIT_S, "env": environment(), "check": False}
        if "stdout" in options or "stderr" in options:
            settings |= {"capture_output": False, "stderr": subprocess.PIPE}
        if "input" in options:
            del settings["stdin"]
        return subprocess.run([PROGRAM, *map(str, arguments)], **(settings | options))

    def config(self, text=CLUSTER, **values):
        path = self.folder / "lockstep.toml"
        path.write_text(textwrap.dedent(text).format(folder=self.folder, **values))
        return path

    def assert_refused(self, done, status, *says):
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        self.assertTrue(done.stderr.startswith("lockstep: "), done.stderr)
        for text in says:
            self.assertIn(text, done.stderr)

    @contextlib.contextmanager
    def listener(self, address):
        with socket.create_server((address, 0)) as server:
            yield server.getsockname()[1]


class BadInput(ProgramTest):
    def test_command_lines(self):
        for arguments, says in (
                (["scn", "127.0.0.1"], ["did you mean scan?"]),
                (["scan", "127.0.0.1", "--prots", "22"], ["did you mean --ports?"]),
                (["scan"], ["targets is required"]),
                (["scan", "127.0.0.1", "--rate", "0"], ["--rate", '"0" is not a rate']),
                (["scan", "127.0.0.1", "--engine", "pakcet"], ["did you mean packet?"]),
                (["scan", "127.0.0.1", "--ports", "70000"], ["70000"]),
                (["scan", "127.0.0.1", "--ports", "0"], ['"0"']),
                (["scan", "127.0.0.1", "--ports", "htpp"], ['did you mean "http"?']),
                (["scan", "127.0.0.1", "--interface", "nosuch0"], ["nosuch0"]),
                (["scan", "127.0.0.1", "--allow", "127.0.0.1/8"], ["--allow", "127.0.0.1/8"]),
                (["scan", "node[5-1]"], ["5-1"]),
                (["scan", "192.0.2.1"], ["192.0.2.1 is outside the fence", "--allow 192.0.2.1"]),
                (["scan", "0.0.0.0/0"], ["more than one scan takes"]),
                (["nodes", "--expand", "node[5-1]"], ["5-1"]),
                (["nodes", "--expand", "node[1-999999999]"], ["999,999,999"]),
                (["nodes", "--expand", "n[1-1000]n[1-1000]n[1-1000]"], ["1,000,000"]),
                (["nodes", "--expand", "@gpu"], ["@gpu"]),
                (["sweep", ""], ["empty"])):
            with self.subTest(" ".join(arguments)):
                done = self.run_program(*arguments)
                self.assert_refused(done, USAGE, *says)
                self.assertEqual(done.stdout, "")

    def test_no_argument_shows_help_and_fails(self):
        done = self.run_program()
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("Usage: lockstep", done.stderr)

    def test_unknown_keys_of_the_configuration(self):
        config = self.config("[scan]\nallow = []\nprots = \"22\"\n")
        for arguments in (["check-config"], ["sweep"], ["nodes"], ["scan", "127.0.0.1"]):
            with self.subTest(arguments[0]):
                self.assert_refused(self.run_program("--config", config, *arguments), USAGE,
                                    f"{config}:3:1", "prots", "did you mean", "ports")

    def test_configuration_that_is_not_there(self):
        self.assert_refused(self.run_program("--config", self.folder / "none.toml", "sweep"),
                            USAGE, "none.toml")

    def test_report_into_a_folder_that_is_not_there(self):
        report = self.folder / "none" / "report.json"
        done = self.run_program("scan", "127.0.0.1", "--engine", "connect", "--report", report)
        self.assert_refused(done, USAGE, "--report", str(report))
        self.assertEqual(done.stdout, "", "told before the work")

    def test_unresolvable_node(self):
        done = self.run_program("scan", "nowhere.invalid", "--engine", "connect", "--json")
        self.assertEqual(done.returncode, INCOMPLETE, done.stderr)
        document = json.loads(done.stdout)
        self.assertFalse(document["complete"])
        self.assertEqual([(row["node"], row["gap"], row["address"])
                          for row in document["coverage"]],
                         [("nowhere.invalid", "not-resolved", None)])

    def test_hostile_names_do_not_reach_the_terminal(self):
        done = self.run_program("scan", "node\x1b[31m")
        self.assert_refused(done, USAGE)
        self.assertNotIn("\x1b", done.stderr)


class Configurations(ProgramTest):
    def test_sweep_without_configuration(self):
        if pathlib.Path("/etc/lockstep/lockstep.toml").exists():
            self.skipTest("this machine has one")
        self.assert_refused(self.run_program("sweep"), USAGE, "--config FILE")

    def test_sweep_without_fence(self):
        config = self.config("[[nodes]]\nnodes = \"node1\"\nclass = \"compute\"\n")
        self.assert_refused(self.run_program("--config", config, "sweep"), USAGE,
                            "[scan] allow is empty")
        self.assertFalse((self.folder / "store.db").exists())

    def test_sweep_of_no_node(self):
        config = self.config("[scan]\nallow = [\"127.0.0.0/8\"]\n")
        self.assert_refused(self.run_program("--config", config, "sweep"), USAGE, "no node")

    def test_sweep_without_profile(self):
        self.assert_refused(self.run_program("--config", self.config(), "sweep"), USAGE,
                            "lockstep profile learn --class compute")

    def test_stop_ends_what_runs_and_lets_nothing_start(self):
        config = self.config()
        scan = ("--config", config, "scan", "127.77.0.1", "--ports", "all", "--node-rate", "100")
        running = subprocess.Popen([PROGRAM, *map(str, scan)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=environment(),
                                   preexec_fn=restore_signals)
        self.addCleanup(running.kill)
        time.sleep(1)
        self.assertIsNone(running.poll())
        done = self.run_program("--config", config, "stop", "--note", "beam time")
        self.assertEqual(done.returncode, IN_STEP, done.stderr)
        began = time.monotonic()
        output, errors = running.communicate(timeout=TIME_LIMIT_S)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(running.returncode, INCOMPLETE)
        self.assertIn("INCOMPLETE", output)
        self.assertIn("lockstep stop --lift", errors)
        self.assert_refused(self.run_program(*scan), INCOMPLETE, "beam time",
                            "lockstep stop --lift")
        done = self.run_program("--config", config, "stop")
        self.assertEqual(done.returncode, IN_STEP, "twice does no harm")
        for said in ("may start again", "Nothing was stopped"):
            done = self.run_program("--config", config, "stop", "--lift")
            self.assertEqual((done.returncode, said in done.stdout), (IN_STEP, True), done.stdout)
        done = self.run_program("--config", config, "scan", "127.77.0.1")
        self.assertEqual(done.returncode, IN_STEP, done.stderr)

    def test_a_stop_that_cannot_be_noted_says_so(self):
        config = self.config("[store]\nurl = \"sqlite:///proc/lockstep/store.db\"\n")
        self.assert_refused(self.run_program("--config", config, "stop"), USAGE,
                            "/proc/lockstep/stop")

    def test_check_config(self):
        done = self.run_program("check-config", self.config())
        self.assertEqual(done.returncode, IN_STEP, done.stderr)
        self.assertIn("5 nodes in 1 classes", done.stdout)

    def test_check_config_of_a_mistyped_exclude(self):
        config = self.config("[scan]\nallow = []\nexclude = [\"nod1\"]\n"
                             "[[nodes]]\nnodes = \"node1\"\n")
        self.assert_refused(self.run_program("check-config", config), USAGE, "[scan] exclude",
                            "did you mean node1?")

    def test_nodes_of_the_inventory(self):
        config = self.config()
        done = self.run_program("--config", config, "nodes", "node[1-2]", "--json")
        self.assertEqual([row["node"] for row in json.loads(done.stdout)["nodes"]],
                         ["node1", "node2"])
        self.assert_refused(self.run_program("--config", config, "nodes", "node9"), USAGE,
                            "no node node9")
        done = self.run_program("--config", config, "nodes", "--expand", "@compute!node[2-5]")
        self.assertEqual(done.stdout, "node1\n")

    def test_learn_and_sweep_on_loopback(self):
        config = self.config()
        with self.listener("127.77.0.1") as port:
            learn = self.run_program("--config", config, "profile", "learn", "--class", "compute",
                                     "--from", "node1", "--ports", port)
            self.assertEqual(learn.returncode, IN_STEP, learn.stderr)
            approve = self.run_program("--config", config, "profile", "approve", "--class",
                                       "compute")
            self.assertEqual(approve.returncode, IN_STEP, approve.stderr)
            done = self.run_program("--config", config, "sweep", "node[1-2]", "--ports", port,
                                    "--json", "--report", self.folder / "report.json")
        self.assertEqual(done.returncode, DEVIATIONS, done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual([(row["kind"], row["nodes"], row["port"])
                          for row in document["findings"]], [("missing-port", "node2", port)])
        self.assertEqual(json.loads((self.folder / "report.json").read_text()), document)
        show = self.run_program("--config", config, "profile", "show", "--json")
        self.assertEqual([row["port"] for row in json.loads(show.stdout)["open_ports"]], [port])
        page = self.run_program("--config", config, "nodes", "node2", "--json")
        node, = json.loads(page.stdout)["nodes"]
        self.assertEqual([(row["port"], row["state"], row["verdict"], row["clones_open"])
                          for row in node["ports"]], [(port, None, "missing", 1)])
        self.assertTrue(node["looks"][0]["proven"])
        self.assertTrue(node["profiles"][0]["approved_by"])
        text = self.run_program("--config", config, "nodes", "node2").stdout
        self.assertRegex(text, rf"(?m)^{port}/tcp +- +open +MISSING")


    def test_hostile_and_broken_imports_are_refused_and_change_nothing(self):
        config = self.config()
        xml = ('<?xml version="1.0"?><nmaprun scanner="nmap" args="nmap -oX - n"><host><status state="up"/>'
               '<address addr="198.18.0.1" addrtype="ipv4"/><ports>{ports}</ports></host>'
               '<runstats><finished exit="success"/></runstats></nmaprun>')
        port = '<port protocol="tcp" portid="{}"><state state="open"/></port>'
        bomb = ('<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 '
                '"&lol;&lol;">]>' + xml.format(ports="&lol2;")[21:])
        good = xml.format(ports=port.format(22))
        entries = xml.format(ports="".join(port.format(1 + i % 65535) for i in range(1_000_000)))
        for name, content, says in (
                ("entries", entries.encode(), "more than"),
                ("truncated", good[:-40].encode(), ""),
                ("bomb", bomb.encode(), "entity"),
                ("utf-16", good.encode("utf-16"), "UTF-16"),
                ("latin-1", good.replace("-oX - n", "-oX - \xe9").encode("latin-1"), "UTF-8"),
                ("nonsense", b"hello, world", "Nmap"),
                ("empty", b"", "empty"),
                ("deep", b"<nmaprun>" + b"<a>" * 1_000_000, ""),
                ("binary", bytes(range(256)), "")):
            with self.subTest(name):
                file = self.folder / name
                file.write_bytes(content)
                done = self.run_program("--config", config, "profile", "import", file, "--class",
                                        "compute")
                self.assertIn(done.returncode, (USAGE, INCOMPLETE), done.stdout)
                self.assertIn(name, done.stderr)
                self.assertIn(says, done.stderr)
                self.assertLess(len(done.stderr), 1000)
                self.assertNotIn("terminate", done.stderr)
        show = self.run_program("--config", config, "profile", "show", "--json")
        self.assertEqual(json.loads(show.stdout)["waiting"], [])
        file = self.folder / "good"
        file.write_text(good)
        done = self.run_program("--config", config, "profile", "import", file, "--class", "compute")
        self.assertEqual(done.returncode, IN_STEP, done.stderr)

    def test_what_is_exported_is_imported(self):
        config = self.config()
        table = "port,protocol,service,host_type\n22,tcp,ssh,compute\n80,tcp,,login\n"
        done = self.run_program("--config", config, "profile", "import", "-", "--class", "compute",
                                input=table)
        self.assertEqual(done.returncode, IN_STEP, done.stderr)
        self.run_program("--config", config, "profile", "approve", "--class", "compute")
        done = self.run_program("--config", config, "profile", "export", "--class", "compute")
        self.assertEqual(done.stdout.replace("\r", ""),
                         "port,protocol,service,host_type\n22,tcp,ssh,compute\n")

    def test_alerts_of_nothing_and_mistyped_ones(self):
        config = self.config()
        done = self.run_program("--config", config, "alerts")
        self.assertEqual(done.returncode, IN_STEP, done.stderr)
        self.assertIn("never swept", done.stdout)
        document = json.loads(self.run_program("--config", config, "alerts", "--json").stdout)
        self.assertEqual((document["alerts"], document["complete"]), ([], False))
        for arguments, says in ((["ack", "A-7"], "no alert A-7"), (["ack", "x"], "A-"),
                                (["resolve", "A-7"], "--reason"),
                                (["ack", "A-7", "--for", "8d"], "7"),
                                (["silence", "A-7", "--for", "90d"], "30")):
            with self.subTest(arguments):
                self.assert_refused(self.run_program("--config", config, "alert", *arguments),
                                    USAGE, says)


class ScanOfLoopback(ProgramTest):
    def test_udp_of_a_service_a_silent_socket_and_a_closed_port(self):
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
        for each in sockets:
            each.bind(("127.77.0.9", 0))
        service, silent, closed = sockets
        ports = [each.getsockname()[1] for each in sockets]
        closed.close()
        done = threading.Event()
        service.settimeout(0.05)

        def answer_whatever_comes():
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    data, peer = service.recvfrom(2048)
                    service.sendto(b"?" + data[:8], peer)

        thread = threading.Thread(target=answer_whatever_comes)
        thread.start()
        scan = self.run_program("scan", "127.77.0.9", "--engine", "connect", "--json",
                                "--udp-ports", ",".join(map(str, ports)))
        done.set()
        thread.join()
        service.close()
        silent.close()
        document = json.loads(scan.stdout)
        states = {row["port"]: (row["protocol"], row["state"]) for row in document["ports"]}
        self.assertEqual(states, {ports[0]: ("udp", "open"), ports[1]: ("udp", "open|filtered")})
        self.assertEqual(document["coverage"][0]["closed"], 1)

    def test_json_is_exact(self):
        with self.listener("127.77.0.9") as port:
            done = self.run_program("scan", "127.77.0.9", "--engine", "connect", "--json",
                                    "--ports", f"{port - 3}-{port + 3}")
        self.assertEqual(done.returncode, IN_STEP, done.stderr)
        document = json.loads(done.stdout)
        self.assertTrue(document["complete"])
        self.assertEqual(document["engine"], "connect")
        self.assertEqual(document["probes_sent"], 7)
        self.assertGreaterEqual(document["duration_ms"], 0)
        self.assertIn({"node": "127.77.0.9", "address": "127.77.0.9", "network": "management",
                       "protocol": "tcp", "port": port, "state": "open", "evidence": "syn-ack"},
                      document["ports"])
        coverage, = document["coverage"]
        self.assertEqual({k: coverage[k] for k in ("node", "protocol", "asked", "answered",
                                                   "unanswered", "passes")},
                         {"node": "127.77.0.9", "protocol": "tcp", "asked": 7, "answered": 7,
                          "unanswered": 0, "passes": 1})

    def test_the_report_is_the_json(self):
        report = self.folder / "report.json"
        done = self.run_program("scan", "127.0.0.1", "--engine", "connect", "--ports", "1-9",
                                "--report", report)
        self.assertEqual(done.returncode, IN_STEP, done.stderr)
        self.assertIn("1 of 1 address examined in full", done.stdout)
        self.assertEqual(json.loads(report.read_text())["coverage"][0]["asked"], 9)

    def test_excluded_nodes_stay_so_by_name_and_by_address(self):
        config = self.config()
        for target in ("node5", "127.77.0.5", "127.77.0.5/32"):
            with self.subTest(target):
                done = self.run_program("--config", config, "scan", target, "--ports", "1-9",
                                        "--json")
                self.assertEqual(done.returncode, INCOMPLETE, done.stderr)
                document = json.loads(done.stdout)
                self.assertEqual([row["gap"] for row in document["coverage"]], ["outside-fence"])
                self.assertEqual(document["probes_sent"], 0)

    def test_networks_that_are_not_scanned_do_not_stop_a_scan(self):
        done = self.run_program("--config", self.config(), "scan", "node1", "--ports", "1-9",
                                "--json")
        self.assertEqual(done.returncode, IN_STEP, done.stderr)
        self.assertEqual([row["address"] for row in json.loads(done.stdout)["coverage"]],
                         ["127.77.0.1"])


class Interruption(ProgramTest):
    def start_slow_scan(self, *arguments):
        scan = subprocess.Popen(
            [PROGRAM, "scan", "127.77.0.9", "--engine", "connect", "--ports", "all", "--rate",
             "200", "--node-rate", "unlimited", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
            preexec_fn=restore_signals)
        self.addCleanup(scan.communicate)
        self.addCleanup(scan.kill)
        return scan

    def wait_for_probes(self, scan):
        """Until it works: main, signals, progress and, at last, the first sender are there."""
        deadline = time.monotonic() + TIME_LIMIT_S
        while time.monotonic() < deadline:
            if len(os.listdir(f"/proc/{scan.pid}/task")) >= 4:
                return
            self.assertIsNone(scan.poll(), "it ended by itself")
            time.sleep(0.01)
        self.fail("the scan does not begin")

    def test_the_partial_result_is_printed_and_marked(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                scan = self.start_slow_scan("--json", "--report", str(self.folder / "report.json"))
                self.wait_for_probes(scan)
                scan.send_signal(number)
                out, errors = scan.communicate(timeout=TIME_LIMIT_S)
                self.assertEqual(scan.returncode, INCOMPLETE, errors)
                document = json.loads(out)
                self.assertFalse(document["complete"])
                coverage, = document["coverage"]
                self.assertEqual(coverage["gap"], "interrupted")
                self.assertEqual(coverage["wanted"], 65535)
                self.assertLess(coverage["asked"], 65535)
                self.assertEqual([p for p in document["ports"] if p["state"] == "filtered"], [])
                self.assertEqual(json.loads((self.folder / "report.json").read_text()), document)

    def test_the_text_says_so(self):
        scan = self.start_slow_scan()
        self.wait_for_probes(scan)
        scan.send_signal(signal.SIGINT)
        out, errors = scan.communicate(timeout=TIME_LIMIT_S)
        self.assertEqual(scan.returncode, INCOMPLETE, errors)
        self.assertIn("INCOMPLETE: interrupted", out)
        self.assertIn("interrupted: 127.77.0.9", out)

    def test_a_signal_that_was_ignored_stays_ignored(self):
        scan = subprocess.Popen(
            [PROGRAM, "scan", "127.77.0.9", "--engine", "connect", "--ports", "1-600", "--rate",
             "200", "--node-rate", "unlimited", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for_probes(scan)
        scan.send_signal(signal.SIGHUP)
        out, errors = scan.communicate(timeout=TIME_LIMIT_S)
        self.assertEqual(scan.returncode, IN_STEP, errors)
        self.assertTrue(json.loads(out)["complete"])


class Output(ProgramTest):
    QUICK_SCAN = ("scan", "127.0.0.1", "--engine", "connect", "--ports", "1-9")

    def test_a_full_disk_is_no_success(self):
        for arguments in (self.QUICK_SCAN, (*self.QUICK_SCAN, "--json"),
                          ("nodes", "--expand", "n[1-3]"), ("nodes", "--expand", "n[1-100000]"),
                          ("nodes", "--fold", "n1"), ("doctor",), ("--help",)):
            with self.subTest(" ".join(arguments)), open("/dev/full", "w") as full:
                done = self.run_program(*arguments, stdout=full)
                self.assertEqual(done.returncode, INCOMPLETE, done.stderr)

    def test_the_report_survives_a_full_disk_elsewhere(self):
        report = self.folder / "report.json"
        with open("/dev/full", "w") as full:
            self.run_program(*self.QUICK_SCAN, "--report", report, stdout=full)
        self.assertTrue(json.loads(report.read_text())["complete"])

    def test_complaints_that_nobody_can_read_do_not_crash(self):
        for arguments in (("bogus",), ("scan", "n[5-1]"), ("sweep", "--confg")):
            with self.subTest(arguments[0]), open("/dev/full", "w") as full:
                done = self.run_program(*arguments, stdout=subprocess.DEVNULL, stderr=full)
                self.assertEqual(done.returncode, USAGE)

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        for arguments in (("nodes", "--expand", "n[1-500000]"), self.QUICK_SCAN):
            with self.subTest(arguments[0]):
                command = " ".join(f"'{word}'" for word in (PROGRAM, *arguments))
                done = subprocess.run(["sh", "-c", f"{command} | head -1"], capture_output=True,
                                      text=True, timeout=TIME_LIMIT_S, env=environment(),
                                      check=True)
                self.assertEqual(len(done.stdout.splitlines()), 1)
                self.assertEqual(done.stderr, "")


class Nodesets(ProgramTest):
    def test_expand(self):
        done = self.run_program("nodes", "--expand", "node[08-10]")
        self.assertEqual((done.returncode, done.stdout), (IN_STEP, "node08\nnode09\nnode10\n"))
        self.assertEqual(self.run_program("nodes", "--expand", "[1-3]").stdout, "1\n2\n3\n")

    def test_fold_of_arguments(self):
        self.assertEqual(self.run_program("nodes", "--fold", "n1", "n[2-3]", "[7-8]").stdout,
                         "[7-8],n[1-3]\n")

    def test_fold_of_standard_input(self):
        for text, folded in (("node1\nnode2\nnode[3-9]\n", "node[1-9]\n"), ("n1", "n1\n"),
                             ("b\n\n\na\n", "a,b\n"), ("n2\r\nn1\r\n", "n[1-2]\n")):
            with self.subTest(repr(text)):
                done = self.run_program("nodes", "--fold", input=text)
                self.assertEqual((done.returncode, done.stdout), (IN_STEP, folded), done.stderr)

    def test_fold_names_the_line_that_is_wrong(self):
        done = self.run_program("nodes", "--fold", input="n1\nn[5-1]\n")
        self.assert_refused(done, USAGE, "set 2", "5-1")

    def test_fold_is_bounded(self):
        done = self.run_program("nodes", "--fold", input="n[1-1000000]\n" * 5)
        self.assert_refused(done, USAGE, "4,000,000 names")


class Doctor(ProgramTest):
    def test_json(self):
        done = self.run_program("--config", self.config(), "doctor", "--json")
        self.assertIn(done.returncode, (IN_STEP, INCOMPLETE), done.stderr)
        checks = {row["check"]: row for row in json.loads(done.stdout)["checks"]}
        processes = {"core", "launcher", "sender (set-up)", "sender", "parser", "plug-in keeper",
                     "plug-ins"}
        self.assertEqual(set(checks), {"configuration", "rights", "interface", "engine", "store",
                                       "resolver", "clock", "files",
                                       *(f"process: {name}" for name in processes)})
        for row in checks.values():
            self.assertIn(row["verdict"], ("good", "limited", "bad"))
            self.assertTrue(row["finding"])
            self.assertEqual(row["verdict"] == "good", row["remedy"] == "", row)
        for name in ("core", "sender", "parser", "plug-ins"):
            finding = checks[f"process: {name}"]["finding"]
            self.assertIn("capabilities: none; no new privileges", finding, name)
            self.assertEqual("system calls filtered" in finding, name in ("sender", "parser"), name)

    def test_it_ends_with_3_where_something_is_bad(self):
        config = self.config(CLUSTER.replace("{folder}/store.db", "/none/of/this/store.db"))
        done = self.run_program("--config", config, "doctor")
        self.assertEqual(done.returncode, INCOMPLETE)
        self.assertIn("MISSING", done.stdout)


class WithoutRights(ProgramTest):
    """As nobody, where the suite runs as root; else as we are, if that has no rights."""

    def setUp(self):
        super().setUp()
        if os.geteuid() == 0:
            shutil.copy2(PROGRAM, self.folder / "lockstep")
            os.chown(self.folder, NOBODY, NOBODY)
        elif self.run_program("doctor").stdout.find("no packet sockets") < 0:
            self.skipTest("this user has the rights that are to be missing")

    def run_as_nobody(self, *arguments):
        program = self.folder / "lockstep" if os.geteuid() == 0 else PROGRAM
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=TIME_LIMIT_S, env=environment(),
                              cwd=self.folder, check=False, **user)

    def test_a_sweep_refuses_and_names_the_right(self):
        config = self.config(CLUSTER.replace('engine = "connect"', 'engine = "auto"'))
        for arguments in (["sweep"], ["sweep", "--engine", "packet"],
                          ["profile", "learn", "--class", "compute", "--from", "node1"]):
            with self.subTest(" ".join(arguments)):
                done = self.run_as_nobody("--config", config, *arguments)
                self.assert_refused(done, INCOMPLETE, "CAP_NET_RAW")
                self.assertEqual(done.stdout, "")

    def test_a_scan_falls_back_and_says_so(self):
        done = self.run_as_nobody("scan", "127.0.0.1", "--ports", "1-9", "--json")
        self.assertEqual(done.returncode, IN_STEP, done.stderr)
        self.assertIn("no right to send packets", done.stderr)
        self.assertEqual(json.loads(done.stdout)["engine"], "connect")

    def test_packet_by_name_is_denied(self):
        done = self.run_as_nobody("scan", "127.0.0.1", "--engine", "packet")
        self.assert_refused(done, INCOMPLETE, "CAP_NET_RAW")

    def test_doctor_says_how_to_get_it(self):
        done = self.run_as_nobody("doctor")
        self.assertIn("CAP_NET_RAW", done.stdout)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
