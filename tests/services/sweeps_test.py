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

    def sweep(self, *arguments):
        """The findings, as (severity, kind, nodes, port): detail."""
        done = self.program("sweep", "--services-all", "--ports", PORTS, "--json", *arguments)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(document["state"], "finished", done.stdout)
        return {(row["severity"], row["kind"], row["nodes"], row["port"]): row["detail"]
                for row in document["findings"]}

    def assert_clean(self):
        self.assertEqual(self.sweep(), {})


class Impostors(Cluster):
    """Each takes the place of a daemon of node5, is found, and is over when the daemon is back."""

    def found(self, expected, *arguments):
        """Exactly these, given as (severity, kind, port), on node5; returns their details."""
        found = self.sweep(*arguments)
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
