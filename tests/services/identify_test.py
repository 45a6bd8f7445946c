#!/usr/bin/env python3
"""`scan --services` against services of this test's own, on loopback; no lab, no rights needed.

    tests/services/identify_test.py PROGRAM        (ctest label `program`)
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = None
HOST = "127.0.0.1"


class Service:
    """Accepts on a port of its own, and calls `talk`(connection, number) in a thread for each."""

    def __init__(self, talk):
        self.socket = socket.create_server((HOST, 0), backlog=64)
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
    def start(self, *ports, extra=()):
        return subprocess.Popen(
            [PROGRAM, "scan", HOST, "--ports", ",".join(map(str, ports)), "--engine", "connect",
             "--services", "--json", *extra], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, scan):
        out, errors = scan.communicate(timeout=60)
        self.assertTrue(out, errors)
        return {row["port"]: row["service"] for row in json.loads(out)["ports"]}, errors

    def identify(self, *ports, extra=()):
        return self.finish(self.start(*ports, extra=extra))[0]

    def test_names_what_answers(self):
        with (Service(web) as http, Service(shell) as backdoor, Service(prompt) as console,
              Service(echo) as mirror):
            services = self.identify(http.port, backdoor.port, console.port, mirror.port)
        self.assertEqual((services[http.port]["name"], services[http.port]["product"],
                          services[http.port]["version"]), ("http", "nginx", "1.22.1"))
        self.assertEqual(services[backdoor.port]["name"], "shell")
        self.assertIsNone(services[console.port]["name"])
        self.assertEqual(services[mirror.port]["name"], "echo")

    def test_a_banner_without_a_key_exchange_is_told(self):
        with Service(greets) as impostor:
            service = self.identify(impostor.port)[impostor.port]
        self.assertEqual((service["name"], service["match"], service["hostkeys"]), ("ssh", "soft", []))
        self.assertIn("exchanges no keys", service["note"])

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
