#!/usr/bin/env python3
"""The daemon, with a database that goes away: it is told, waited for, and used again.

    tests/daemon/database_test.py PROGRAM        (ctest label `lab`; needs root, and
                                                  postgresql-15 or mariadb-server-core)
"""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from daemon import STOP_WITHIN_S, Daemon  # noqa: E402
from lab import SKIPPED, Lab, run_lab_tests  # noqa: E402

PROGRAM = None
PATIENCE_S = 60
INTRUDER = 4444
ADMINISTRATOR = "root"


def programs():
    """Where PostgreSQL's are, the newest; None: nowhere."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Server:
    """A server in the lab, on a local socket alone, which ends with the lab."""

    CRASH = None

    def __init__(self, lab, user):
        self.lab = lab
        self.folder = tempfile.mkdtemp(prefix="lockstep-db-")
        shutil.chown(self.folder, user, pwd.getpwnam(user).pw_gid)
        pathlib.Path(self.folder).chmod(0o755)  # this daemon is root without capabilities
        self.data = f"{self.folder}/data"
        self.process = None
        self.as_its_user = ("setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}",
                            "--clear-groups")

    def call(self, *command):
        return self.lab.exec("monitor", *self.as_its_user, *command, check=True)

    def command(self):
        """The server's."""
        raise NotImplementedError

    def answers(self):
        """Whether it does."""
        raise NotImplementedError

    def start(self):
        self.process = self.lab.popen(
            "monitor", *self.as_its_user, *self.command(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        while not self.answers():
            if time.monotonic() > deadline:
                raise AssertionError("the server does not start")
            time.sleep(0.1)

    def stop(self, how=None):
        """As in a crash, unless it is told otherwise."""
        self.lab.signal(self.process, how or self.CRASH)
        self.process.wait(timeout=PATIENCE_S)

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgresql(Server):
    CRASH = signal.SIGQUIT

    def __init__(self, lab):
        super().__init__(lab, "postgres")
        self.call(programs() / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E",
                  "UTF8", "--locale=C", "--no-sync")
        self.url = f"postgresql:///postgres?host={self.folder}&user=postgres"

    @staticmethod
    def missing():
        return "" if programs() else "needs the package postgresql-15"

    def command(self):
        return (programs() / "postgres", "-D", self.data, "-k", self.folder, "-c",
                "listen_addresses=", "-c", "fsync=off")

    def answers(self):
        return self.lab.exec("monitor", programs() / "pg_isready", "-q", "-h",
                             self.folder).returncode == 0


class Mariadb(Server):
    CRASH = signal.SIGKILL

    def __init__(self, lab):
        super().__init__(lab, "nobody")
        self.call("mariadb-install-db", "--no-defaults", f"--datadir={self.data}",
                  "--auth-root-authentication-method=normal", "--skip-test-db",
                  "--skip-name-resolve", "--cross-bootstrap")
        self.socket = f"{self.folder}/socket"
        self.url = f"mariadb://{ADMINISTRATOR}@/lockstep?socket={self.socket}"

    @staticmethod
    def missing():
        there = shutil.which("mariadbd", path="/usr/sbin") and shutil.which("mariadb")
        return "" if there else "needs the packages mariadb-server-core and mariadb-client-core"

    def command(self):
        return ("/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.data}",
                f"--socket={self.socket}", "--skip-networking",
                "--innodb-buffer-pool-size=64M")

    def answers(self):
        return self.lab.exec("monitor", "mariadb", "--no-defaults", "-u", ADMINISTRATOR, "-S",
                             self.socket,
                             "-e", "CREATE DATABASE IF NOT EXISTS lockstep").returncode == 0


class OnServer(Daemon):
    def __init__(self, server, *arguments, **options):
        self.server = server
        super().__init__(*arguments, **options)

    def write(self):
        super().write()
        text = self.config.read_text()
        text = text.replace(f"sqlite://{self.folder}/lockstep.db", self.server.url)
        self.config.write_text(text.replace("[scan]\n", f'[scan]\nstate_dir = "{self.folder}"\n'))


class DatabaseGone(unittest.TestCase):
    def test_of_postgresql(self):
        self.is_told_waited_for_and_used_again(Postgresql)

    def test_of_mariadb(self):
        self.is_told_waited_for_and_used_again(Mariadb)

    def is_told_waited_for_and_used_again(self, kind):
        if kind.missing():
            self.skipTest(kind.missing())
        with Lab(compute=3, login=0) as lab:
            server = kind(lab)
            self.addCleanup(server.remove)
            server.start()
            with OnServer(server, lab, PROGRAM) as daemon:
                daemon.learn()
                daemon.start()
                daemon.wait(lambda: daemon.runs("fast-ports"), "a first run")
                server.stop()
                lab.run("listen", "node2", str(INTRUDER))
                daemon.wait(lambda: "database" in daemon.log.read_text() or
                            "server" in daemon.log.read_text(), "a word about it", PATIENCE_S)
                server.start()
                wanted = {("unexpected-port", "node2", INTRUDER)}
                daemon.wait(lambda: daemon.alerts() == wanted, "the intruder, and nothing else",
                            2 * PATIENCE_S)
                server.stop()
                status, seconds = daemon.stop()
                self.assertEqual(status, 0, daemon.log.read_text())
                self.assertLess(seconds, STOP_WITHIN_S)


class DatabaseLater(unittest.TestCase):
    """As after a power cut of the site: the daemon is there first."""

    def test_of_postgresql(self):
        self.is_waited_for(Postgresql)

    def test_of_mariadb(self):
        self.is_waited_for(Mariadb)

    def serve(self, daemon):
        with open(daemon.log, "a", encoding="utf-8") as log:
            daemon.process = daemon.lab.popen("monitor", *daemon.command("serve"), stdout=log,
                                              stderr=log, stdin=subprocess.DEVNULL,
                                              env=os.environ | {"NOTIFY_SOCKET": self.manager})
        daemon.wait(lambda: "waits for the store" in daemon.log.read_text(), "a word about it")

    def manage(self, folder):
        """What a service manager hears."""
        self.manager = f"{folder}/notify"
        hears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(hears.close)
        hears.bind(self.manager)
        hears.settimeout(PATIENCE_S)
        return hears

    def is_waited_for(self, kind):
        if kind.missing():
            self.skipTest(kind.missing())
        with Lab(compute=3, login=0) as lab:
            server = kind(lab)
            self.addCleanup(server.remove)
            server.start()
            with OnServer(server, lab, PROGRAM) as daemon:
                hears = self.manage(daemon.folder)
                daemon.learn()
                server.stop()
                self.serve(daemon)
                said = hears.recv(4096).decode()
                self.assertIn("READY=1\nSTATUS=waits for the store: ", said)
                status, seconds = daemon.stop()
                self.assertEqual(status, 0, daemon.log.read_text())
                self.assertLess(seconds, STOP_WITHIN_S)
                hears.close()
                hears = self.manage(tempfile.mkdtemp(dir=daemon.folder))
                daemon.log.write_text("")
                self.serve(daemon)
                # It is tried again and again, and told once.
                words = [hears.recv(4096) for _ in range(4)]
                self.assertTrue(words[0].startswith(b"READY=1"), words)
                self.assertEqual(words[1:], [b"WATCHDOG=1"] * 3)
                server.start()
                daemon.wait(lambda: daemon.runs("fast-ports"), "a run")
                self.assertEqual(daemon.log.read_text().count("waits for the store"), 1)
                self.assertIn("the store is there, after ", daemon.log.read_text())
                daemon.stop()

    def test_what_is_wrong_is_not_waited_for(self):
        if Postgresql.missing():
            self.skipTest(Postgresql.missing())
        with Lab(compute=1, login=0) as lab:
            server = Postgresql(lab)
            self.addCleanup(server.remove)
            server.start()
            for right, wrong, says in (("postgres?", "elsewhere?", "no such database"),
                                       ("user=postgres", "user=nobody_at_all", "lets nobody in")):
                with OnServer(server, lab, PROGRAM) as daemon:
                    daemon.config.write_text(daemon.config.read_text().replace(right, wrong))
                    done = daemon.run("serve", timeout=PATIENCE_S)
                    self.assertIn(done.returncode, (2, 3))
                    self.assertIn(says, done.stderr)
                    self.assertNotIn("waits for the store", done.stderr)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    if Postgresql.missing() and Mariadb.missing():
        print(f"skipped: {Postgresql.missing()}, or {Mariadb.missing()}")
        sys.exit(SKIPPED)
    run_lab_tests(as_root=True)
