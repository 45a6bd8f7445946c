#!/usr/bin/env python3
"""`scan --services` against services of this test's own, on loopback; no lab, no rights needed.

    tests/services/identify_test.py PROGRAM        (ctest label `program`)
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROGRAM = None
HOST = "127.0.0.1"
SSHD = pathlib.Path("/usr/sbin/sshd")


class Service:
    """Accepts on a port of its own, and calls `talk`(connection, number) in a thread for each."""

    def __init__(self, talk, host=HOST):
        self.socket = socket.create_server((host, 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.talk, self.accepted = talk, 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self.one, args=(peer, self.accepted - 1), daemon=True).start()

    def one(self, peer, number):
        with peer:
            peer.settimeout(10)
            try:
                self.talk(peer, number)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def stay(peer):
    while peer.recv(1000):
        pass


def greets(peer, _):
    peer.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    stay(peer)


def web(peer, _):
    peer.recv(1000)
    peer.sendall(b"HTTP/1.0 200 OK\r\nServer: nginx/1.22.1\r\n\r\nhello")


def greets_late(peer, number):
    time.sleep(2)
    greets(peer, number)


def babbles(peer, _):
    """A byte a second, for as long as anybody listens."""
    while True:
        peer.sendall(b"x")
        time.sleep(1)


def floods(peer, _):
    while True:
        peer.sendall(b"x" * (1 << 20))


def greets_and_floods(peer, _):
    peer.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    floods(peer, _)


def shell(peer, _):
    """A prompt, and what a shell makes of words that are no commands."""
    peer.sendall(b"$ ")
    while heard := peer.recv(1000):
        for line in heard.split(b"\n")[:-1]:
            word = line.split(b" ")[0].strip()
            peer.sendall(b"/bin/sh: 1: %b: not found\n$ " % word if word else b"$ ")


def prompt(peer, _):
    """No proof of a shell."""
    peer.sendall(b"# ")
    stay(peer)


def echo(peer, _):
    while heard := peer.recv(1000):
        peer.sendall(heard)


def mountd(peer, _):
    """ONC-RPC (RFC 5531) over TCP: program 100005, versions 1 to 3."""
    while mark := peer.recv(4, socket.MSG_WAITALL):
        size = struct.unpack(">I", mark)[0] & 0x7fffffff
        if not 16 <= size <= 4096:
            return
        call = peer.recv(size, socket.MSG_WAITALL)
        xid, _, _, program = struct.unpack(">4I", call[:16])
        said = (2, 1, 3) if program == 100005 else (1,)
        reply = struct.pack(f">{5 + len(said)}I", xid, 1, 0, 0, 0, *said)
        peer.sendall(struct.pack(">I", 0x80000000 | len(reply)) + reply)


class Silence:
    """Says nothing. `held` is set once somebody has waited a while: no port scan does."""

    def __init__(self):
        self.held = threading.Event()

    def __call__(self, peer, _):
        peer.settimeout(0.1)
        try:
            if not peer.recv(1):
                return
        except TimeoutError:
            self.held.set()
        peer.settimeout(10)
        stay(peer)


class Sshd:
    """A real server on a port of its own, whose greeting ends with `name`."""

    def __init__(self, folder, name):
        key = pathlib.Path(folder, name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        with socket.create_server((HOST, 0)) as free:
            self.port = free.getsockname()[1]
        self.child = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", "/dev/null", "-h", key, f"-oListenAddress={HOST}:{self.port}",
             "-oPidFile=none", f"-oVersionAddendum={name}"], stderr=subprocess.PIPE)
        while b"listening" not in (line := self.child.stderr.readline()):
            if not line:
                raise AssertionError("sshd does not listen")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.communicate()


def pass_on(source, sink):
    try:
        while said := source.recv(65536):
            sink.sendall(said)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def workers_of(scan):
    """The processes without rights of a running scan."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
        except OSError:
            continue
        if int(parent) == scan.pid and b"dialogue-worker" in words:
            found.append(int(entry.name))
    return found


class Identify(unittest.TestCase):
    def start(self, *ports, hosts=(HOST,), extra=()):
        return subprocess.Popen(
            [PROGRAM, "scan", *hosts, "--ports", ",".join(map(str, ports)), "--engine", "connect",
             "--services", "--json", *extra], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, scan):
        out, errors = scan.communicate(timeout=60)
        self.assertTrue(out, errors)
        return {row["port"]: row["service"] for row in json.loads(out)["ports"]}, errors

    def identify(self, *ports, hosts=(HOST,), extra=()):
        return self.finish(self.start(*ports, hosts=hosts, extra=extra))[0]

    def test_names_what_answers(self):
        with (Service(web) as http, Service(shell) as backdoor, Service(prompt) as console,
              Service(echo) as mirror):
            services = self.identify(http.port, backdoor.port, console.port, mirror.port)
        self.assertEqual((services[http.port]["name"], services[http.port]["product"],
                          services[http.port]["version"]), ("http", "nginx", "1.22.1"))
        self.assertEqual(services[backdoor.port]["name"], "shell")
        self.assertIsNone(services[console.port]["name"])
        self.assertEqual(services[mirror.port]["name"], "echo")

    def test_a_program_of_rpc_is_named_wherever_it_is(self):
        with Service(mountd) as program:
            service = self.identify(program.port)[program.port]
        self.assertEqual((service["name"], service["match"], service["info"]),
                         ("mountd", "hard", "RPC #100005; versions 1-3"))

    def test_a_banner_without_a_key_exchange_is_told(self):
        with Service(greets) as impostor:
            service = self.identify(impostor.port)[impostor.port]
        self.assertEqual((service["name"], service["match"], service["hostkeys"]), ("ssh", "soft", []))
        self.assertIn("exchanges no keys", service["note"])

    def test_who_speaks_late_is_heard(self):
        with Service(greets_late) as late:
            self.assertEqual(self.identify(late.port)[late.port]["name"], "ssh")

    def test_who_means_no_good_takes_nobody_along(self):
        """Whatever some do, all others are named, and in time."""
        bad = {"babbles": babbles, "floods": floods, "floods an ssh client": greets_and_floods,
               "never answers": Silence()}
        with contextlib.ExitStack() as stack:
            hosts = [f"127.0.0.{number}" for number in range(2, 2 + 2 * len(bad))]
            hostile = [stack.enter_context(Service(talk, host))
                       for talk, host in zip(bad.values(), hosts)]
            good = [stack.enter_context(Service(web, host)) for host in hosts]
            begun = time.monotonic()
            services = self.identify(*(one.port for one in hostile + good), hosts=hosts)
            took = time.monotonic() - begun
        self.assertEqual([services[one.port]["name"] for one in good], ["http"] * len(good))
        notes = [services[one.port]["note"] or "" for one in hostile + good]
        self.assertEqual([note for note in notes if "was lost" in note], [])
        self.assertIn("exchanges no keys", services[hostile[2].port]["note"])
        self.assertLess(took, 20)

    @unittest.skipUnless(SSHD.exists(), "no sshd is installed")
    def test_an_ssh_server_that_is_two_is_told(self):
        """Both exchange keys, and greet differently."""
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            servers = [stack.enter_context(Sshd(folder, name)) for name in ("one", "two")]

            def to_either(peer, number):
                with socket.create_connection((HOST, servers[number % 2].port)) as server:
                    threading.Thread(target=pass_on, args=(server, peer), daemon=True).start()
                    pass_on(peer, server)

            with Service(to_either) as two:
                services = self.identify(two.port, servers[0].port)
        self.assertEqual([key["type"] for key in services[servers[0].port]["hostkeys"]],
                         ["ssh-ed25519"])
        self.assertIsNone(services[servers[0].port]["note"])
        self.assertIn("another with SSH-2.0-OpenSSH", services[two.port]["note"])

    def test_what_is_sent_is_in_the_log_on_request(self):
        with tempfile.TemporaryDirectory() as folder, Service(web) as http:
            log = pathlib.Path(folder, "dialogues")
            self.identify(http.port, extra=("--dialogues", log))
            self.assertIn(f"{http.port}/tcp \"GET / HTTP/1.0\\r\\n\\r\\n\"", log.read_text())

    def test_the_process_that_reads_may_die(self):
        """What it read is unknown, with a note; the rest is named by another one."""
        silence = Silence()
        with Service(silence) as quiet, Service(web) as http:
            scan = self.start(quiet.port, http.port)
            self.assertTrue(silence.held.wait(20))
            workers = workers_of(scan)
            self.assertTrue(workers, "no process reads")
            for worker in workers:
                os.kill(worker, signal.SIGSEGV)
            services, _ = self.finish(scan)
        self.assertEqual(services[http.port]["name"], "http")
        self.assertIsNone(services[quiet.port]["name"])

    def test_readers_have_no_rights(self):
        silence = Silence()
        with Service(silence) as quiet:
            scan = self.start(quiet.port)
            self.assertTrue(silence.held.wait(20))
            status = [pathlib.Path(f"/proc/{worker}/status").read_text() for worker in workers_of(scan)]
            self.assertTrue(status)
            for text in status:
                fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
                self.assertEqual((fields["CapPrm"], fields["CapEff"], fields["NoNewPrivs"],
                                  fields["Seccomp"]), ("0" * 16, "0" * 16, "1", "2"))
                if os.geteuid() == 0:
                    self.assertNotEqual(fields["Uid"].split()[1], "0")
            scan.kill()
            scan.communicate()

    def test_wrong_options(self):
        done = subprocess.run([PROGRAM, "scan", HOST, "--dialogues", "x"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--services", done.stderr)
        with Service(web) as http:
            done = subprocess.run([PROGRAM, "scan", HOST, "--ports", str(http.port), "--engine",
                                   "connect", "--services", "--dialogues", "/nonexistent/log"],
                                  capture_output=True, text=True)
        self.assertIn("/nonexistent/log", done.stderr)
        self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
