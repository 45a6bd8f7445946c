#!/usr/bin/env python3
"""Sweeps that ask services, against real hosts: impostors are found, and nothing else is.

    tests/services/sweeps_test.py PROGRAM          (ctest label `lab`)

LOCKSTEP_CLEAN_SWEEPS (3) is how many sweeps of a clean cluster must find nothing, and
LOCKSTEP_CHURN_SWEEPS (6) how many of one where much changes must find the planted intrusions alone.
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from daemons import Daemons, hosts_needed  # noqa: E402
from lab import Lab, run_lab_tests  # noqa: E402

PROGRAM = None
NODES = 6
TLS_PORT = 8443
SLURMD_PORT = 6818
LAUNCHER_PORT = 40000
PORTS = f"22,111,9100,{TLS_PORT},{SLURMD_PORT},{LAUNCHER_PORT}"
SSHD = ("/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-o", "PidFile=none", "-o",
        "PasswordAuthentication=no", "-o", "KbdInteractiveAuthentication=no", "-o",
        "AuthorizedKeysFile=none")
PATIENCE_S = 10

# What an impostor does with each connection: a Python function of peer and its number.
TALK = {
    "ftp after two seconds": "time.sleep(2); peer.sendall(b'220 (vsFTPd 3.0.3)\\r\\n'); stay(peer)",
    "a banner alone": "peer.sendall(b'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\\r\\n'); stay(peer)",
    "a megabyte": "peer.sendall(b'x' * (1 << 20)); stay(peer)",
    "a byte a second": "[(peer.sendall(b'x'), time.sleep(1)) for _ in range(60)]",
    "nginx, and then apache":
        "peer.recv(1000); peer.sendall(b'HTTP/1.0 200 OK\\r\\nServer: %s\\r\\n\\r\\n' % "
        "(b'nginx/1.22.1', b'Apache/2.4.57 (Debian)')[number % 2])",
}
TALKER = textwrap.dedent("""
    import socket, sys, threading, time
    def stay(peer):
        while peer.recv(1000):
            pass
    def talk(peer, number):
        try:
            with peer:
                BODY
        except OSError:
            pass
    server = socket.create_server(("0.0.0.0", int(sys.argv[1])), backlog=64)
    print("ready", flush=True)
    number = 0
    while True:
        peer, _ = server.accept()
        threading.Thread(target=talk, args=(peer, number), daemon=True).start()
        number += 1
""")


class Cluster(unittest.TestCase):
    """A cluster whose profiles were learned with their services."""

    reasks = 2

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.folder = pathlib.Path(cls.stack.enter_context(
            tempfile.TemporaryDirectory(prefix="lockstep-test-")))
        cls.lab = cls.stack.enter_context(Lab(compute=NODES, login=0))
        cls.nodes = [f"node{number}" for number in range(1, NODES + 1)]
        for name in ("one", "two"):
            cls.make_certificate(name)
        cls.tls = {node: cls.serve_tls(node, "one") for node in cls.nodes}
        cls.write_config()
        cls.must("profile", "learn", "--class", "compute", "--consensus", "--services",
                 "--ports", PORTS)
        cls.must("profile", "approve", "--class", "compute")
        cls.must("sweep", "--services", "--ports", PORTS)

    @classmethod
    def write_config(cls, extra="", keys="own"):
        cls.config = cls.folder / "lockstep.toml"
        cls.config.write_text(textwrap.dedent(f"""
            [store]
            url = "sqlite://{cls.folder}/lockstep.db"
            [scan]
            allow = ["198.18.0.0/16"]
            rate = "unlimited"
            group_rate = "unlimited"
            node_rate = "unlimited"
            [analysis]
            reasks = {cls.reasks}
            reask_interval_s = 0
            [class.compute]
            keys = "{keys}"
            {extra}
            [[nodes]]
            nodes = "node[1-{NODES}]"
            class = "compute"
            addresses = ["198.18.1.1-198.18.1.{NODES}"]
        """))

    @classmethod
    def program(cls, *arguments):
        return cls.lab.exec("monitor", PROGRAM, "--config", cls.config, *arguments)

    @classmethod
    def must(cls, *arguments):
        done = cls.program(*arguments)
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    @classmethod
    def make_certificate(cls, name):
        cls.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "2", "-subj", "/CN=lab", "-keyout", cls.folder / f"{name}.key",
                    "-out", cls.folder / f"{name}.pem")

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    @classmethod
    def serve_tls(cls, node, certificate, key=None):
        """A web server within TLS; started anew by start_tls()."""
        server = cls.lab.popen(
            node, "openssl", "s_server", "-accept", str(TLS_PORT), "-quiet", "-WWW",
            "-cert", cls.folder / f"{certificate}.pem", "-key", cls.folder / f"{key or certificate}.key",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.stack.callback(cls.end, server)
        cls.await_port(node, TLS_PORT)
        return server

    @staticmethod
    def end(process):
        process.kill()
        process.wait()

    @classmethod
    def await_port(cls, node, port, there=True):
        deadline = time.monotonic() + PATIENCE_S
        while (port in cls.lab.listening(node, 4)) != there:
            if time.monotonic() > deadline:
                raise AssertionError(f"{node}: {port} {'does not listen' if there else 'stays'}")
            time.sleep(0.02)

    @contextlib.contextmanager
    def running(self, node, port, *command):
        """A command that listens on a port of a node, until the end of the block."""
        process = self.lab.popen(node, *command, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.await_port(node, port)
            yield
        finally:
            self.end(process)
            self.await_port(node, port, there=False)

    @contextlib.contextmanager
    def without(self, node, daemon, port):
        self.lab.run("kill", node, daemon)
        self.await_port(node, port, there=False)
        try:
            yield
        finally:
            self.lab.run("start", node, daemon)

    def talking(self, node, port, what):
        return self.running(node, port, sys.executable, "-c", TALKER.replace("BODY", TALK[what]),
                            str(port))

    def sweep(self, ports=PORTS):
        """The findings, as (severity, kind, nodes, port): detail."""
        done = self.program("sweep", "--services-all", "--ports", ports, "--json")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(document["state"], "finished", done.stdout)
        return {(row["severity"], row["kind"], row["nodes"], row["port"]): row["detail"]
                for row in document["findings"]}

    def assert_clean(self):
        self.assertEqual(self.sweep(), {})


class Impostors(Cluster):
    """Each takes the place of a daemon of node5, is found, and is over when the daemon is back."""

    reasks = 1  # each time that one is silent takes five seconds

    def found(self, expected):
        """Exactly these, given as (severity, kind, port), on node5; returns their details."""
        found = self.sweep()
        self.assertEqual({(severity, kind, port) for severity, kind, nodes, port in found
                          if "node5" in nodes}, set(expected), found)
        return list(found.values())

    def tearDown(self):
        self.assert_clean()

    def test_netcat_on_22(self):
        with self.without("node5", "sshd", 22), self.running("node5", 22, "nc.openbsd", "-lk", "22"):
            self.found([("medium", "service-silent", 22)])

    def sshd(self, key, program=SSHD[0]):
        return self.running("node5", 22, program, *SSHD[1:], "-h", key)

    def new_key(self, node, name):
        self.lab.exec(node, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"/run/{name}",
                      check=True)
        return f"/run/{name}"

    def test_another_sshd_with_another_key(self):
        with self.without("node5", "sshd", 22), self.sshd(self.new_key("node5", "other_key")):
            self.found([("critical", "hostkey-changed", 22)])

    def test_a_copied_host_key(self):
        key = self.lab.exec("node4", "cat", "/run/ssh_host_key", check=True).stdout
        self.lab.exec("node5", "sh", "-c", "umask 077; cat >/run/copied_key", input=key, check=True)
        with self.without("node5", "sshd", 22), self.sshd("/run/copied_key"):
            found = self.sweep()
            self.assertEqual(set(found), {("critical", "hostkey-changed", "node5", 22),
                                          ("critical", "hostkey-shared", "node[4-5]", 22)})

    def test_an_older_sshd(self):
        """The same program, but for the version that it tells."""
        program = pathlib.Path(SSHD[0]).read_bytes()
        self.assertIn(b"OpenSSH_9.", program)
        older = self.folder / "sshd-older"
        older.write_bytes(program.replace(b"OpenSSH_9.", b"OpenSSH_8."))
        older.chmod(0o755)
        with self.without("node5", "sshd", 22), self.sshd("/run/ssh_host_key", older):
            detail, = self.found([("medium", "version-drift", 22)])
            self.assertRegex(detail, r"^OpenSSH 8\.\S+, its clones 9\.")

    def test_a_web_server_in_place_of_rpcbind(self):
        with self.without("node5", "rpcbind", 111), \
                self.running("node5", 111, "busybox", "httpd", "-f", "-p", "111"):
            detail, = self.found([("high", "service-mismatch", 111)])
            self.assertIn("answers as http", detail)

    def test_a_web_server_in_place_of_slurmd(self):
        shutil.copy(self.folder / "lockstep.db", self.folder / "before.db")
        subprocess.run(["sqlite3", self.folder / "lockstep.db", "insert into open_ports "
                        f"values ({SLURMD_PORT}, 'tcp', 'slurmd', 'compute')"], check=True)
        try:
            with self.running("node5", SLURMD_PORT, "busybox", "httpd", "-f", "-p",
                              str(SLURMD_PORT)):
                found = self.sweep()
                self.assertIn(("high", "service-mismatch", "node5", SLURMD_PORT), found)
        finally:
            subprocess.run(["sqlite3", self.folder / "lockstep.db", "delete from open_ports "
                            f"where port = {SLURMD_PORT}"], check=True)

    def test_a_new_certificate(self):
        for name, key, severity in (("two", "two", "high"), ("renewed", "one", "low")):
            with self.subTest(certificate=name):
                if name == "renewed":
                    self.openssl("req", "-x509", "-key", self.folder / "one.key", "-days", "3",
                                 "-subj", "/CN=lab", "-out", self.folder / "renewed.pem")
                self.end(self.tls["node5"])
                self.await_port("node5", TLS_PORT, there=False)
                self.tls["node5"] = self.serve_tls("node5", name, key)
                try:
                    self.found([(severity, "certificate-changed", TLS_PORT)])
                finally:
                    self.end(self.tls["node5"])
                    self.await_port("node5", TLS_PORT, there=False)
                    self.tls["node5"] = self.serve_tls("node5", "one")

    def test_one_that_speaks_after_two_seconds(self):
        with self.without("node5", "sshd", 22), self.talking("node5", 22, "ftp after two seconds"):
            detail, = self.found([("high", "service-mismatch", 22)])
            self.assertIn("answers as ftp", detail)

    def test_one_that_imitates_the_banner_alone(self):
        with self.without("node5", "sshd", 22), self.talking("node5", 22, "a banner alone"):
            detail, = self.found([("high", "service-mismatch", 22)])
            self.assertIn("exchanges no keys", detail)

    def test_one_that_answers_a_second_connection_otherwise(self):
        with self.without("node5", "node_exporter", 9100), \
                self.talking("node5", 9100, "nginx, and then apache"):
            detail, = self.found([("high", "service-mismatch", 9100)])
            self.assertIn("answers a second connection otherwise", detail)

    def test_a_flood_and_a_trickle(self):
        for what in ("a megabyte", "a byte a second"):
            with self.subTest(what=what), self.without("node5", "rpcbind", 111), \
                    self.talking("node5", 111, what):
                self.found([("high", "service-mismatch", 111)])


# A rank of a parallel job: whoever connects and is none of its own ends it, and hours of work.
RANK = textwrap.dedent("""
    import socket, sys
    server = socket.create_server(("0.0.0.0", int(sys.argv[1])))
    server.accept()
    sys.exit("a stranger connected: the job is aborted")
""")
RUNS = {"clean": int(os.environ.get("LOCKSTEP_CLEAN_SWEEPS", "3")),
        "churn": int(os.environ.get("LOCKSTEP_CHURN_SWEEPS", "6"))}


class Clean(Cluster):
    """With the settings that are usual: once a day nothing is due, so that all is asked each time."""

    def test_sweeps_find_nothing_and_a_job_lives(self):
        self.write_config(extra=f'user_ports = "{LAUNCHER_PORT}"')
        rank = self.lab.popen("node4", sys.executable, "-c", RANK, str(LAUNCHER_PORT))
        try:
            self.await_port("node4", LAUNCHER_PORT)
            told = {("informational", "unexpected-port", "node4", None)}
            for number in range(RUNS["clean"]):
                self.assertEqual(set(self.sweep()), told, f"sweep {number}")
            self.assertIsNone(rank.poll(), "the job was aborted")
        finally:
            self.end(rank)
            self.write_config()


class Churn(Cluster):
    """What changes on every cluster, and is no intrusion, and among it some that are. Whatever
    happens goes on on node1 to node4, and the intrusions on node5 and node6."""

    SEED = 20261130
    RPC_PORTS = range(30000, 30050)
    SHORT_PORTS = range(33000, 33050)
    ALL = f"{PORTS},30000-30049,33000-33049,4444"
    BAD = ("medium", "high", "critical")
    STATD = "/usr/sbin/rpc.statd"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lab.exec("node2", "ip", "address", "add", "198.18.1.102/16", "dev", "eth0", check=True)
        cls.write_config(extra="")
        text = cls.config.read_text().replace("reask_interval_s = 0", "reask_interval_s = 1")
        text += textwrap.dedent("""
            [[nodes]]
            nodes = "node2"
            addresses = ["198.18.1.102"]
        """)
        cls.config.write_text(text)
        subprocess.run(["sqlite3", cls.folder / "lockstep.db",
                        "insert into port_rules (host_type, protocol, ports, presence) values "
                        "('compute', 'tcp', '30000-30049', 'rpc:100024')"], check=True)
        cls.must("profile", "approve", "--class", "compute")
        cls.random = random.Random(cls.SEED)
        cls.statd = {}

    # --- What is no intrusion. Each returns what undoes it. ---

    def restart(self, node):
        daemon, port = self.random.choice((("sshd", 22), ("rpcbind", 111), ("node_exporter", 9100)))
        self.lab.run("kill", node, daemon)
        self.await_port(node, port, there=False)
        return lambda: self.lab.run("start", node, daemon)

    def install_again(self, node):
        """With a new key; whoever installs it says so."""
        self.must("key", "accept", node, "--next")
        self.lab.run("kill", node, "sshd")
        self.await_port(node, 22, there=False)
        self.lab.exec(node, "sh", "-c", "rm /run/ssh_host_key* && ssh-keygen -q -t ed25519 -N '' "
                      "-f /run/ssh_host_key", check=True)
        self.lab.run("start", node, "sshd")

    def move_rpc(self, node):
        """Its port is another one each time that it starts."""
        if node in self.statd:
            self.end(self.statd.pop(node))
        port = self.random.choice(self.RPC_PORTS)
        self.statd[node] = self.lab.popen(
            node, "sh", "-c", "mkdir -p /run/statd/sm /run/statd/sm.bak && exec "
            f"{self.STATD} -F -L -p {port} -P /run/statd",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.stack.callback(self.end, self.statd[node])
        self.await_port(node, port)

    def listen_shortly(self, node):
        """Gone when it is asked again."""
        port = self.random.choice(self.SHORT_PORTS)
        listener = self.lab.popen(node, "timeout", "0.8", "nc.openbsd", "-lk", str(port),
                                  stdin=subprocess.DEVNULL)
        self.await_port(node, port)
        return lambda: self.end(listener)

    # --- What is one. Each returns what a sweep must say, and what undoes it. ---

    def plant(self, node):
        kind = self.random.choice(("listener", "netcat", "sshd", "copied key", "older", "web",
                                   "certificate", "banner"))
        stack = contextlib.ExitStack()
        if kind == "listener":
            stack.enter_context(self.running(node, 4444, "nc.openbsd", "-lk", "4444"))
            return ("unexpected-port", 4444), stack
        if kind == "web":
            stack.enter_context(self.without(node, "rpcbind", 111))
            stack.enter_context(self.running(node, 111, "busybox", "httpd", "-f", "-p", "111"))
            return ("service-mismatch", 111), stack
        if kind == "certificate":
            self.end(self.tls[node])
            self.await_port(node, TLS_PORT, there=False)
            self.tls[node] = self.serve_tls(node, "two")
            stack.callback(self.restore_tls, node)
            return ("certificate-changed", TLS_PORT), stack
        stack.enter_context(self.without(node, "sshd", 22))
        if kind == "netcat":
            stack.enter_context(self.running(node, 22, "nc.openbsd", "-lk", "22"))
            return ("service-silent", 22), stack
        if kind == "banner":
            stack.enter_context(self.talking(node, 22, "a banner alone"))
            return ("service-mismatch", 22), stack
        if kind == "older":
            program = self.folder / "sshd-older"
            program.write_bytes(pathlib.Path(SSHD[0]).read_bytes().replace(b"OpenSSH_9.",
                                                                           b"OpenSSH_8."))
            program.chmod(0o755)
            stack.enter_context(self.running(node, 22, program, *SSHD[1:], "-h",
                                             "/run/ssh_host_key"))
            return ("version-drift", 22), stack
        key = f"/run/other_key{self.random.randrange(10**9)}"
        if kind == "copied key":
            told = self.lab.exec("node4", "cat", "/run/ssh_host_key", check=True).stdout
            self.lab.exec(node, "sh", "-c", f"umask 077; cat >{key}", input=told, check=True)
        else:
            self.lab.exec(node, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key, check=True)
        stack.enter_context(self.running(node, 22, *SSHD, "-h", key))
        return ("hostkey-shared" if kind == "copied key" else "hostkey-changed", 22), stack

    def restore_tls(self, node):
        self.end(self.tls[node])
        self.await_port(node, TLS_PORT, there=False)
        self.tls[node] = self.serve_tls(node, "one")

    def upgrade(self, node):
        """To a version that its clones do not have yet."""
        program = self.folder / "sshd-newer"
        if not program.exists():
            program.write_bytes(pathlib.Path(SSHD[0]).read_bytes().replace(b"OpenSSH_9.2",
                                                                           b"OpenSSH_9.7"))
            program.chmod(0o755)
        self.lab.run("kill", node, "sshd")
        self.await_port(node, 22, there=False)
        daemon = self.lab.popen(node, program, *SSHD[1:], "-h", "/run/ssh_host_key",
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.stack.callback(self.end, daemon)
        self.await_port(node, 22)

    def test_only_intrusions_are_told(self):
        plants = max(1, RUNS["churn"] // 5)
        with_plant = set(self.random.sample(range(RUNS["churn"]), plants))
        upgraded = []
        found = 0
        if pathlib.Path(self.STATD).exists():
            self.move_rpc("node1")
        for number in range(RUNS["churn"]):
            with self.subTest(sweep=number):
                undo = []
                if number >= RUNS["churn"] // 2 and len(upgraded) < 3:
                    upgraded.append(f"node{len(upgraded) + 1}")
                    self.upgrade(upgraded[-1])
                kept = [f"node{n}" for n in (1, 2, 3, 4) if f"node{n}" not in upgraded]
                change = self.random.choice(("restart", "install again", "rpc", "short", "none"))
                if change == "restart":
                    undo.append(self.restart(self.random.choice(kept)))
                elif change == "install again":
                    self.install_again(self.random.choice(kept))
                elif change == "rpc" and self.statd:
                    self.move_rpc("node1")
                elif change == "short":
                    undo.append(self.listen_shortly(self.random.choice(kept)))
                expected, planted = None, contextlib.ExitStack()
                if number in with_plant:
                    node = self.random.choice(("node5", "node6"))
                    expected, planted = self.plant(node)
                with planted:
                    rows = self.sweep(self.ALL)
                    for step in undo:
                        step()
                bad = {(kind, port) for severity, kind, _, port in rows if severity in self.BAD}
                if expected is None:
                    self.assertEqual(bad, set(), (number, change, rows))
                else:
                    also = {("hostkey-changed", 22)} if expected[0] == "hostkey-shared" else set()
                    self.assertEqual(bad, {expected} | also, (number, change, rows))
                    found += 1
        self.assertEqual(found, plants)
        print(f"{RUNS['churn']} sweeps, {found} of {plants} intrusions found, nothing else above low",
              file=sys.stderr)


class Slurm(unittest.TestCase):
    """Slurm's daemons say nothing to strangers, and are told all the same."""

    def test_a_real_slurmd_is_in_step_and_a_web_server_is_not(self):
        names = ("slurmctld", "slurmd")
        with contextlib.ExitStack() as stack:
            folder = pathlib.Path(stack.enter_context(
                tempfile.TemporaryDirectory(prefix="lockstep-test-")))
            lab = stack.enter_context(Lab(compute=hosts_needed(names), login=0))
            daemons = stack.enter_context(Daemons(lab, names))
            if daemons.absent:
                self.skipTest(f"not installed: {sorted(set(daemons.absent.values()))}")
            self.assertEqual(daemons.failed, {})
            truths = {truth.daemon: truth for truth in daemons.truths()}
            config = folder / "lockstep.toml"
            config.write_text(textwrap.dedent(f"""
                [store]
                url = "sqlite://{folder}/lockstep.db"
                [scan]
                allow = ["198.18.0.0/16"]
                node_rate = "unlimited"
                [analysis]
                reask_interval_s = 0
                missing_after_s = 0
            """) + "".join(textwrap.dedent(f"""
                [[nodes]]
                nodes = "{name}1"
                class = "{name}"
                addresses = ["{truths[name].address}"]
            """) for name in names))

            def program(*arguments):
                return lab.exec("monitor", PROGRAM, "--config", config, *arguments, "--json")

            for name in names:
                port = truths[name].port
                for command in (("learn", "--class", name, "--from", f"{name}1", "--services",
                                 "--ports", str(port)), ("approve", "--class", name)):
                    done = program("profile", *command)
                    self.assertEqual(done.returncode, 0, done.stderr)
                table = json.loads(done.stdout)["open_ports"]
                self.assertEqual([(row["port"], row["service"]) for row in table], [(port, name)])
            ports = ",".join(str(truths[name].port) for name in names)
            for _ in range(3):
                done = program("sweep", "--services-all", "--ports", ports)
                self.assertEqual(json.loads(done.stdout)["findings"], [])

            port = truths["slurmd"].port
            daemons.stop("slurmd")
            web = lab.popen(truths["slurmd"].host, "busybox", "httpd", "-f", "-p", str(port))
            try:
                deadline = time.monotonic() + PATIENCE_S
                while port not in lab.listening(truths["slurmd"].host, 4):
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.02)
                done = program("sweep", "--services-all", "--ports", ports)
                self.assertEqual([(row["severity"], row["kind"], row["nodes"], row["port"])
                                  for row in json.loads(done.stdout)["findings"]],
                                 [("high", "service-mismatch", "slurmd1", port)])
            finally:
                web.kill()
                web.wait()


if __name__ == "__main__":
    PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
    run_lab_tests(as_root=True)
