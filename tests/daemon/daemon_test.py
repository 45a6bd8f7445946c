#!/usr/bin/env python3
"""The daemon among real hosts.

    tests/daemon/daemon_test.py PROGRAM        (ctest label `lab`)
"""

import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from daemon import STOP_WITHIN_S, Daemon  # noqa: E402
from lab import Lab, run_lab_tests  # noqa: E402

PROGRAM = None
INTRUDER = 4444

TWO_INSTANCES = """\
[instance.all-ports]
collector = "ports"
ports = "all"
interval = "10s"
[instance.versions]
collector = "services"
interval = "1h"
"""


PLUGIN = """\
#!/bin/sh
# What each node's kernel would say; node3 is out of step while the file is there.
jq -rc '.nodes[].name' | while read -r node; do
  kernel=6.1.12
  [ "$node" = node3 ] && [ -e {folder}/odd ] && kernel=6.1.0
  printf '{{"value":{{"node":"%s","name":"kernel","value":"%s"}}}}\\n' "$node" "$kernel"
  printf '{{"covered":{{"node":"%s"}}}}\\n' "$node"
done
"""


class InLab(unittest.TestCase):
    compute = 5  # so that each has four clones

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(compute=cls.compute, login=0).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.lab.__exit__()

    def daemon(self, **options):
        daemon = Daemon(self.lab, PROGRAM, **options)
        self.addCleanup(daemon.__exit__)
        return daemon


class Serving(InLab):
    def test_an_intruder_is_an_alert_until_he_has_gone(self):
        daemon = self.daemon()
        daemon.learn()
        daemon.start()
        daemon.wait(lambda: daemon.runs("fast-ports"), "a first run")
        self.assertEqual(daemon.alerts(), set())
        self.lab.run("listen", "node2", str(INTRUDER))
        wanted = {("unexpected-port", "node2", INTRUDER)}
        daemon.wait(lambda: daemon.alerts() == wanted, "the alert")
        acknowledged = daemon.run("alert", "ack", "A-1", "--note", "on it")
        self.assertEqual(acknowledged.returncode, 0, acknowledged.stderr)
        self.assertEqual(daemon.json("alerts")["alerts"][0]["status"], "acknowledged")
        self.lab.run("kill", "node2", str(INTRUDER))
        daemon.wait(lambda: daemon.alerts() == set(), "its end")
        status, seconds = daemon.stop()
        self.assertEqual(status, 0, daemon.log.read_text())
        self.assertLess(seconds, STOP_WITHIN_S)

    def test_two_instances_side_by_side_and_an_interval_changed_at_run_time(self):
        daemon = self.daemon(instances=TWO_INSTANCES)
        daemon.learn(ports="all")
        daemon.start()
        daemon.wait(lambda: len(daemon.runs("all-ports")) >= 2, "two runs of all ports")
        daemon.wait(lambda: any(run["state"] == "finished" for run in daemon.runs("versions")),
                    "the versions")
        self.assertEqual(len(daemon.runs("versions")), 1)
        self.assertGreaterEqual(max(run["steps"] for run in daemon.runs("all-ports")), 64)
        done = daemon.run("instance", "set", "versions", "interval=10s")
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon.wait(lambda: len(daemon.runs("versions")) >= 2, "the new interval")
        wrong = daemon.run("instance", "set", "versions", "interval=soon")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("is not a duration", wrong.stderr)
        daemon.stop()
        daemon.start()
        rows = {row["name"]: row for row in daemon.json("instance", "list")["instances"]}
        self.assertEqual(rows["versions"]["interval_s"], 10, "it survives a restart")
        self.assertEqual(rows["all-ports"]["changed_by"], None)
        self.assertIn("interval: 1h -> 10s", daemon.json("audit")["audit"][0]["detail"])
        daemon.run("instance", "reset", "versions")
        rows = {row["name"]: row for row in daemon.json("instance", "list")["instances"]}
        self.assertEqual(rows["versions"]["interval_s"], 3600)

    def test_a_plug_in_of_ones_own_gets_the_comparison_with_the_class(self):
        daemon = self.daemon(instances="")
        script = pathlib.Path(daemon.folder, "kernels")
        script.write_text(PLUGIN.format(folder=daemon.folder))
        script.chmod(0o755)
        pathlib.Path(daemon.folder).chmod(0o755)
        daemon.instances = (f'[instance.kernels]\ncollector = "exec"\ncommand = "{script}"\n'
                            'interval = "10s"\n')
        daemon.write()
        daemon.learn()
        daemon.start()
        daemon.wait(lambda: daemon.json("values")["count"] == 5, "the values")
        self.assertEqual(daemon.alerts(), set())
        odd = pathlib.Path(daemon.folder, "odd")
        odd.touch()
        daemon.wait(lambda: daemon.alerts() == {("value-deviates", "node3", None)}, "the alert")
        odd.unlink()
        daemon.wait(lambda: daemon.alerts() == set(), "its end")

    def test_a_sweep_by_hand_goes_through_the_daemon(self):
        daemon = self.daemon(instances='[instance.seldom]\ncollector = "ports"\ninterval = "1d"\n'
                                       'ports = "22"\n')
        daemon.learn()
        daemon.start()
        report = pathlib.Path(daemon.folder, "report.json")
        swept = daemon.run("sweep", "--ports", "22,4444", "--report", str(report))
        self.assertEqual(swept.returncode, 0, swept.stderr + swept.stdout)
        self.assertIn("5/5 nodes proven", swept.stdout)
        self.assertIn('"proven":5', report.read_text())
        refused = daemon.run("sweep", "--dialogues", str(report))
        self.assertEqual(refused.returncode, 3)
        self.assertIn("which a sweep of the daemon does not touch", refused.stderr)

    def test_a_bad_configuration_changes_nothing(self):
        daemon = self.daemon()
        daemon.learn()
        daemon.start()
        good = daemon.config.read_text()
        pid = daemon.pid()
        daemon.config.write_text(good + "\n[scna]\n")
        reloaded = daemon.lab.exec("monitor", "kill", "-HUP", str(pid))
        self.assertEqual(reloaded.returncode, 0, reloaded.stderr)
        daemon.wait(lambda: "does not hold" in daemon.log.read_text(), "the complaint")
        self.assertIn("scna", daemon.log.read_text())
        daemon.config.write_text(good.replace('interval = "10s"', 'interval = "20s"'))
        done = daemon.run("reload")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(daemon.json("instance", "list")["instances"][0]["interval_s"], 20)

    def test_it_is_found_by_its_socket_whatever_its_configuration_says(self):
        daemon = self.daemon()
        daemon.start()
        daemon.config.write_text(daemon.config.read_text() + "\n[scna]\n")
        socket = f"{daemon.folder}/control"

        def run(*words):
            return daemon.lab.exec("monitor", *words)

        named = daemon.run("leave", "node1")
        self.assertEqual(named.returncode, 2, "another daemon may be in the usual place")
        self.assertIn("scna", named.stderr)
        for words in ((PROGRAM, "--socket", socket), (PROGRAM, "--config", "/nowhere", "--socket", socket),
                      ("env", f"LOCKSTEP_SOCKET={socket}", PROGRAM)):
            for command in (("leave", "node1"), ("runs",), ("status", "--json")):
                done = run(*words, *command)
                self.assertIn(done.returncode, (0, 1), done.stderr)
                self.assertEqual(done.stderr, "")
        reloaded = run(PROGRAM, "--socket", socket, "reload")
        self.assertIn("the configuration does not hold", reloaded.stderr)
        away = run(PROGRAM, "--socket", "/nowhere", "runs")
        self.assertEqual(away.returncode, 3)
        self.assertIn("no daemon serves /nowhere", away.stderr)

        # The usual places, as this program alone sees them.
        places = ("mount -t tmpfs none /etc && mount -t tmpfs none /var/lib && "
                  "mkdir /etc/lockstep /var/lib/lockstep && echo '[scna]' >/etc/lockstep/lockstep.toml && "
                  f"mount --bind {daemon.folder} /var/lib/lockstep && exec {PROGRAM}")
        usual = run("unshare", "-m", "sh", "-c", f"{places} leave node1")
        self.assertEqual(usual.returncode, 0, usual.stderr)
        self.assertIn("scna", usual.stderr)
        self.assertIn("asking the daemon at /var/lib/lockstep/control", usual.stderr)
        daemon.stop()
        gone = run("unshare", "-m", "sh", "-c", f"{places} leave node1")
        self.assertEqual(gone.returncode, 2)
        self.assertNotIn("asking the daemon", gone.stderr)

    def test_a_word_about_what_it_cannot_do(self):
        daemon = self.daemon()
        alone = daemon.run("status")
        self.assertEqual(alone.returncode, 3)
        self.assertIn("start it: lockstep serve", alone.stderr)
        daemon.start()
        daemon.wait(lambda: ("collector-failed", "-", None) in daemon.alerts() or
                    any(kind == "collector-failed" for kind, _, _ in daemon.alerts()),
                    "an alert that no class has a profile", patience=60)
        self.assertIn("no class of these nodes has a profile", daemon.run("status").stdout)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    run_lab_tests()
