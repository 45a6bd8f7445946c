#!/usr/bin/env python3
"""The daemon, while its store is away: it sweeps, tells what it finds, and the store has all of it
afterwards, once.

    tests/daemon/spool_test.py PROGRAM [CLASS...]       (ctest label `lab`; needs root, and
                                                         postgresql-15 or mariadb-server-core)
"""

import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lab"))
from daemon import Daemon  # noqa: E402
from database_test import Mariadb, OnServer, Postgresql  # noqa: E402
from lab import Lab, run_lab_tests  # noqa: E402

PROGRAM = None
AWAY_S = 20
PATIENCE_S = 90
INTRUDER = 4444
LOAD = """\
[instance.fast-ports]
collector = "ports"
ports = "default,4444-4446"
interval = "10s"
[instance.load]
collector = "ports"
ports = "1-2000"
interval = "10s"
[instance.kernels]
collector = "exec"
command = "{plugin}"
interval = "10s"
"""
PLUGIN = """\
#!/bin/sh
cat > /dev/null
for n in 1 2 3 4 5; do
  echo '{"value": {"node": "node'$n'", "name": "kernel", "value": "'$(cat KERNEL$n)'"}}'
  echo '{"covered": {"node": "node'$n'"}}'
done
"""


class StoreAway(unittest.TestCase):
    def setUp(self):
        self.lab = Lab(compute=5, login=0).__enter__()
        self.addCleanup(self.lab.__exit__)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-spool-"))
        self.folder.chmod(0o711)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for number in range(1, 6):
            self.kernel(number, "6.1")
        plugin = self.folder / "kernels"
        plugin.write_text(PLUGIN.replace("KERNEL", f"{self.folder}/kernel"))
        plugin.chmod(0o755)
        self.instances = LOAD.replace("{plugin}", str(plugin))

    def kernel(self, number, version):
        path = self.folder / f"kernel{number}"
        path.write_text(version)
        path.chmod(0o644)

    def started(self, daemon):
        self.addCleanup(daemon.__exit__)
        daemon.learn(ports="default,1-2000,4444")
        daemon.start()
        daemon.wait(lambda: all(daemon.runs(name) for name in ("fast-ports", "load", "kernels")),
                    "a first run of each", PATIENCE_S)
        return daemon

    def goes_on_while_away(self, daemon):
        """An intruder, and a value that is wrong, are told while the store is away."""
        daemon.wait(lambda: "store-away" in daemon.run("status").stdout, "a word in status",
                    PATIENCE_S)
        self.assertIn("the store is away", daemon.log.read_text())
        self.lab.run("listen", "node2", str(INTRUDER))
        self.kernel(3, "6.6")
        for word in (f"{INTRUDER}/tcp", "kernel"):
            daemon.wait(lambda word=word: any("found while the store is away" in line and word in line
                                              for line in daemon.run("status").stdout.splitlines()),
                        f"{word} in status", PATIENCE_S)
            self.assertIn(word, daemon.log.read_text())

    def all_is_there_afterwards(self, daemon, back):
        daemon.wait(lambda: "the store is back" in daemon.log.read_text(), "the store to be back",
                    PATIENCE_S)
        wanted = {("unexpected-port", "node2", INTRUDER), ("value-deviates", "node3", None)}
        daemon.wait(lambda: daemon.alerts() == wanted, "the two alerts, and no more", PATIENCE_S)
        rows = daemon.json("alerts", "--all")["alerts"]
        intruders = [row for row in rows if row["kind"] == "unexpected-port"]
        self.assertEqual(len(intruders), 1, "once")
        self.assertLessEqual(intruders[0]["first_seen"], back, "it was seen while the store was away")
        told = [row for row in rows if "the store" in row["detail"]]
        self.assertEqual([row["status"] for row in told], ["resolved"], rows)
        self.assertLessEqual(told[0]["first_seen"], back)
        self.assertIn("it was away since", told[0]["detail"])
        self.assertNotIn("store-away", daemon.run("status").stdout)

    @staticmethod
    def now():
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class ServerAway(StoreAway):
    KIND = None

    def serve(self):
        if self.KIND is None:
            self.skipTest("of its subclasses")
        if self.KIND.missing():
            self.skipTest(self.KIND.missing())
        server = self.KIND(self.lab)
        self.addCleanup(server.remove)
        server.start()
        return server, self.started(OnServer(server, self.lab, PROGRAM, instances=self.instances))

    def kill(self, daemon):
        self.lab.signal(daemon.process, signal.SIGKILL)
        daemon.process.wait(timeout=PATIENCE_S)
        daemon.process = None

    def test_server_is_stopped_under_load(self):
        server, daemon = self.serve()
        server.stop()
        stopped = time.monotonic()
        self.goes_on_while_away(daemon)
        denied = daemon.run("alert", "ack", "A-1")
        self.assertNotIn(denied.returncode, (0, 1), "nothing is acknowledged")
        self.assertTrue(denied.stderr)
        time.sleep(max(0, AWAY_S - (time.monotonic() - stopped)))
        back = self.now()
        server.start()
        self.all_is_there_afterwards(daemon, back)

    def test_daemon_is_killed_meanwhile(self):
        server, daemon = self.serve()
        server.stop()
        self.goes_on_while_away(daemon)
        self.kill(daemon)
        back = self.now()
        server.start()
        # And again, in the middle of replaying, or of whatever it is at.
        for moment in (0, 0.05, 0.2):
            daemon.start()
            time.sleep(moment)
            self.kill(daemon)
        daemon.start()
        self.assertIn("wait in the spool", daemon.log.read_text())
        self.all_is_there_afterwards(daemon, back)


class PostgresqlAway(ServerAway):
    KIND = Postgresql


class MariadbAway(ServerAway):
    KIND = Mariadb


class DiskOfTheStoreFull(StoreAway):
    class OnSmallDisk(Daemon):
        """Its store is on a disk of 3 MiB; its places, and the spool, are on another."""

        def write(self):
            self.small = pathlib.Path(self.folder, "small")
            if not self.small.exists():
                self.small.mkdir()
                self.lab.exec("monitor", "mount", "-t", "tmpfs", "-o", "size=3m", "none",
                              str(self.small), check=True)
            super().write()
            text = self.config.read_text()
            text = text.replace(f"{self.folder}/lockstep.db", f"{self.small}/lockstep.db")
            self.config.write_text(text.replace("[scan]\n",
                                                f'[scan]\nstate_dir = "{self.folder}"\n'))

        def __exit__(self, *arguments):
            if self.process is not None:
                self.stop()
            self.lab.exec("monitor", "umount", str(self.small))
            super().__exit__(*arguments)

    def test_sweeps_go_on(self):
        daemon = self.started(self.OnSmallDisk(self.lab, PROGRAM, instances=self.instances))
        self.lab.exec("monitor", "dd", "if=/dev/zero", f"of={daemon.small}/fill", "bs=4k")
        self.goes_on_while_away(daemon)
        back = self.now()
        self.lab.exec("monitor", "rm", f"{daemon.small}/fill", check=True)
        self.all_is_there_afterwards(daemon, back)


def run_side_by_side(classes):
    """Each in a process of its own. Ends this one with the worst of their results."""
    children = [(name, subprocess.Popen([sys.executable, __file__, PROGRAM, name],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
                for name in classes]
    worst = 0
    for name, child in children:
        said, _ = child.communicate()
        print(f"--- {name}\n{said}", flush=True)
        worst = max(worst, abs(child.returncode))
    sys.exit(worst)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    if len(sys.argv) == 1:
        run_side_by_side(("PostgresqlAway", "MariadbAway", "DiskOfTheStoreFull"))
    run_lab_tests(as_root=True)
