#!/usr/bin/env python3
"""The daemon, with a database that goes away: it is told, waited for, and used again.

    tests/daemon/database_test.py PROGRAM        (ctest label `lab`; needs root and postgresql-15)
"""

import pathlib
import shutil
import signal
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


def programs():
    """Where PostgreSQL's are, the newest; None: nowhere."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Server:
    """A server in the lab, on a local socket alone, which ends with the lab."""

    AS_ITS_USER = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")

    def __init__(self, lab):
        self.lab = lab
        self.folder = tempfile.mkdtemp(prefix="lockstep-pg-")
        shutil.chown(self.folder, "postgres", "postgres")
        pathlib.Path(self.folder).chmod(0o755)  # this daemon is root without capabilities
        self.data = f"{self.folder}/data"
        self.process = None
        self.call("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C", "--no-sync")
        self.url = f"postgresql:///postgres?host={self.folder}&user=postgres"

    def call(self, name, *arguments):
        return self.lab.exec("monitor", *self.AS_ITS_USER, programs() / name, *arguments, check=True)

    def start(self):
        self.process = self.lab.popen(
            "monitor", *self.AS_ITS_USER, programs() / "postgres", "-D", self.data, "-k", self.folder,
            "-c", "listen_addresses=", "-c", "fsync=off", stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        while self.lab.exec("monitor", programs() / "pg_isready", "-q", "-h",
                            self.folder).returncode:
            if time.monotonic() > deadline:
                raise AssertionError("PostgreSQL does not start")
            time.sleep(0.1)

    def stop(self, how=signal.SIGQUIT):
        """As in a crash, unless it is told otherwise."""
        self.lab.signal(self.process, how)
        self.process.wait(timeout=PATIENCE_S)

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


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
    def test_is_told_waited_for_and_used_again(self):
        with Lab(compute=3, login=0) as lab:
            server = Server(lab)
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


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    if programs() is None:
        print("skipped: needs the package postgresql-15")
        sys.exit(SKIPPED)
    run_lab_tests(as_root=True)
