#!/usr/bin/env python3
"""The package on a clean Debian with a real systemd: installed, run, upgraded, removed, purged.

    tests/package/trial_test.py PACKAGE.deb [OLDER.deb]        (ctest label `lab`)

The older package, such as ./package makes of an older commit, is installed under a lower version; without
one this is upgraded from itself.
Needs root, debootstrap and a Debian mirror; LOCKSTEP_DEBIAN_MIRROR names another than Debian's own. The
steps belong to one another and go in their order.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from machine import SKIPPED, CannotTry, Machine, wait_until

PACKAGE = None
OLDER = None
LANDLOCK_CREATE_RULESET = 444
NODE, PORT = "198.18.0.2", 22

CONFIGURATION = f"""\
[cluster]
name = "trial"
[scan]
allow = ["198.18.0.0/24"]
rate = "unlimited"
node_rate = "unlimited"
[analysis]
reask_interval_s = 0
[[nodes]]
nodes = "node1"
class = "compute"
addresses = ["{NODE}"]
[serve]
socket = "/run/lockstep/control"
group = "lockstep-admin"
plugins_socket = "/run/lockstep-plugins/host"
[instance.ports]
collector = "ports"
ports = "1-1024"
interval = "1d"
[instance.who]
collector = "exec"
command = "/usr/local/bin/who"
interval = "10s"
compare = "none"
[instance.load]
collector = "pcp"
interval = "10s"
metrics = "default"
"""

# In shell alone: the clean system has nothing else.
PLUGIN = """\
#!/bin/sh
cat >/dev/null
echo "{\\"value\\": {\\"node\\": \\"node1\\", \\"name\\": \\"user\\", \\"value\\": \\"$(id -un)\\"}}"
echo '{"covered": {"node": "node1"}}'
"""


def older(package, version, folder):
    """The same package with another version, as one that was installed before."""
    tree = folder / "older"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN/control"
    lines = control.read_text().splitlines()
    control.write_text("\n".join(f"Version: {version}" if line.startswith("Version:") else line
                                 for line in lines) + "\n")
    made = folder / f"lockstep_{version}.deb"
    subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "-b", tree, made], check=True, stdout=subprocess.DEVNULL)
    return made


class Trial(unittest.TestCase):
    machine = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-trial-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)

    def run_there(self, *words, **how):
        return self.machine.run(*words, **how)

    def shown(self, name, unit="lockstep"):
        return self.run_there("systemctl", "show", "-P", name, unit).stdout.strip()

    def journal(self, unit="lockstep"):
        return self.run_there("journalctl", "--no-pager", "-u", unit, "-n", "40").stdout

    def processes(self):
        done = self.run_there("pgrep", "-u", "lockstep,lockstep-plugins", "-a", check=False)
        return done.stdout.split("\n")[:-1]

    def start(self):
        done = self.run_there("systemctl", "start", "lockstep", check=False)
        self.assertEqual(done.returncode, 0, done.stderr + self.journal())

    def test_01_it_installs_by_apt_and_starts_nothing(self):
        before = older(OLDER or PACKAGE, "0.0.9", self.folder)
        self.machine.give(before, "/srv/before.deb")
        self.machine.give(PACKAGE, "/srv/lockstep.deb")
        # Without what only the package's own maker has at hand.
        self.machine.offline("apt-get", "update")
        done = self.machine.offline("apt-get", "install", "-y", "--no-install-recommends",
                                    "/srv/before.deb", check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        # What the newer one needs besides: there is no uplink when it is installed.
        self.machine.offline("apt-get", "clean")
        self.machine.offline("apt-get", "install", "-y", "--no-install-recommends", "--download-only",
                             "/srv/lockstep.deb")
        said = self.machine.offline("lockstep", "--version").stdout
        self.assertTrue(said.startswith("lockstep "), said)
        for place, expected in (("/etc/lockstep", "root:root 755"),
                                ("/etc/lockstep/lockstep.toml", "root:root 644"),
                                ("/var/lib/lockstep", "lockstep:lockstep 750")):
            with self.subTest(place):
                found = self.machine.offline("stat", "-c", "%U:%G %a", place).stdout.strip()
                self.assertEqual(found, expected)
        self.assertIn("lockstep", self.machine.offline("getent", "group", "lockstep-admin").stdout)
        self.machine.offline("useradd", "--groups", "lockstep-admin", "operator1")

    def test_02_systemd_knows_the_units_and_none_is_enabled(self):
        self.machine.boot()
        self.machine.add_node(NODE, PORT)
        for unit in ("lockstep", "lockstep-plugins"):
            enabled = self.run_there("systemctl", "is-enabled", unit, check=False).stdout.strip()
            self.assertEqual(enabled, "disabled", unit)
            self.assertEqual(self.shown("ActiveState", unit), "inactive", unit)
        self.assertEqual(self.processes(), [])

    def test_03_without_a_fence_it_says_so(self):
        done = self.run_there("lockstep", "check-config", check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.run_there("systemctl", "start", "lockstep", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("allow", self.journal())
        self.assertEqual(self.shown("ActiveState"), "failed", "nothing but a person can mend it")
        self.assertEqual(self.shown("NRestarts"), "0")
        self.run_there("systemctl", "reset-failed")

    def test_04_it_starts_after_what_root_did_by_hand(self):
        self.write(CONFIGURATION)
        plugin = self.folder / "who"
        plugin.write_text(PLUGIN)
        self.machine.give(plugin, "/usr/local/bin/who")
        self.run_there("chmod", "755", "/usr/local/bin/who")
        self.run_there("lockstep", "profile", "learn", "--class", "compute", "--from", "node1",
                       "--ports", "1-1024")
        self.run_there("lockstep", "profile", "approve", "--class", "compute")
        self.assertEqual(self.owner("/var/lib/lockstep/lockstep.db"), "root")
        self.start()
        self.assertEqual(self.owner("/var/lib/lockstep/lockstep.db"), "lockstep")
        self.assertEqual(self.shown("ActiveState"), "active", "it told systemd that it is ready")
        self.assertEqual(self.shown("StatusText"), "1 nodes")
        self.assertEqual(self.shown("ActiveState", "lockstep-plugins"), "active",
                         self.journal("lockstep-plugins"))

    def owner(self, place):
        return self.run_there("stat", "-c", "%U", place).stdout.strip()

    def write(self, text):
        file = self.folder / "lockstep.toml"
        file.write_text(text)
        self.machine.give(file, "/etc/lockstep/lockstep.toml")

    def test_05_the_group_may_ask_it_and_nobody_else(self):
        self.assertEqual(self.run_there("lockstep", "status", user="operator1").returncode, 0)
        done = self.run_there("lockstep", "status", user="nobody", check=False)
        self.assertNotEqual(done.returncode, 0)

    def test_06_it_sends_half_open_within_its_sandbox(self):
        done = self.run_there("lockstep", "sweep", "--json", user="operator1", check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        sweep = json.loads(done.stdout)
        self.assertEqual(sweep["engine"], "packet", sweep)
        self.assertIn(f"{PORT}/tcp", self.run_there("lockstep", "nodes", "node1").stdout)

    def test_07_engine_xdp_is_allowed_what_it_needs(self):
        done = self.run_there("lockstep", "sweep", "--engine", "xdp", "--json", user="operator1",
                              check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual(json.loads(done.stdout)["engine"], "xdp")

    def test_07_services_are_asked_by_processes_without_rights(self):
        done = self.run_there("lockstep", "sweep", "--services-all", "--no-keys", user="operator1",
                              check=False)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        self.assertIn("OpenSSH", self.run_there("lockstep", "nodes", "node1").stdout, self.journal())

    def test_08_plug_ins_run_in_their_own_unit_and_as_their_own_user(self):
        shown = wait_until(lambda: self.run_there("lockstep", "values", check=False).stdout.strip(),
                           "a value")
        self.assertIn("lockstep-plugins", shown)

    def test_09_the_helper_for_metrics_is_found_where_it_was_installed(self):
        # The node hangs up on whoever asks for metrics; what asks it waits for the next round.
        wait_until(lambda: any("/usr/libexec/lockstep/lockstep-pcp" in each
                               for each in self.processes()), "lockstep-pcp runs")
        self.assertIn("load", self.run_there("lockstep", "runs").stdout)

    def test_10_no_process_has_a_right_that_it_does_not_need(self):
        core = self.shown("MainPID")
        status = self.run_there("cat", f"/proc/{core}/status").stdout
        self.assertIn("CapEff:\t0000000000000000", status)
        self.assertIn("Seccomp:\t2", status)

    def test_10_landlock_is_left_to_parsers_and_senders(self):
        # They do without it where a kernel has none; a sandbox that takes it away would not show.
        asked = f"exit(syscall({LANDLOCK_CREATE_RULESET}, 0, 0, 1) < 1)"  # its version
        if self.run_there("perl", "-e", asked, check=False).returncode != 0:
            self.skipTest("this kernel has no Landlock")
        self.drop_in(f"ExecStartPost=/usr/bin/perl -e '{asked}'\n")
        self.start()
        self.drop_in(None)
        self.start()

    def drop_in(self, text):
        """More of the unit, which is stopped; None: no more."""
        self.run_there("systemctl", "stop", "lockstep")
        folder = "/run/systemd/system/lockstep.service.d"
        self.run_there("rm", "-rf", folder)
        if text is not None:
            self.run_there("mkdir", "-p", folder)
            self.run_there("sh", "-c", 'printf "[Service]\n%s" "$0" > "$1/more.conf"', text, folder)
        self.run_there("systemctl", "daemon-reload")

    def test_11_a_reload_takes_a_good_configuration_alone(self):
        self.write(CONFIGURATION.replace('nodes = "node1"', 'nodes = "node[1-2]"').replace(
            f'addresses = ["{NODE}"]', f'addresses = ["{NODE}", "198.18.0.3"]'))
        self.run_there("systemctl", "reload", "lockstep")
        self.assertIn("node2", self.run_there("lockstep", "nodes").stdout)
        self.write("nonsense = 1\n")
        done = self.run_there("systemctl", "reload", "lockstep", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.shown("ActiveState"), "active")
        self.write(CONFIGURATION)
        self.run_there("systemctl", "reload", "lockstep")

    def test_12_the_watchdog_starts_it_again_when_it_hangs(self):
        self.drop_in("WatchdogSec=3\nRestartSec=0\n")
        self.start()
        core = self.shown("MainPID")
        self.run_there("kill", "-STOP", core)
        wait_until(lambda: self.shown("MainPID") not in (core, "0"), "another core")
        wait_until(lambda: self.shown("ActiveState") == "active", "it is ready again")
        self.assertEqual(self.shown("NRestarts"), "1")
        self.drop_in(None)
        self.start()

    def test_13_a_stop_takes_less_than_five_seconds_and_leaves_nothing(self):
        start = time.monotonic()
        self.run_there("systemctl", "stop", "lockstep", "lockstep-plugins")
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(self.shown("Result"), "success")
        self.assertEqual(self.processes(), [])
        self.run_there("systemctl", "enable", "--now", "lockstep")

    def test_14_an_upgrade_keeps_data_and_configuration_and_starts_what_ran(self):
        alerts = self.run_there("lockstep", "nodes", "node1").stdout
        profile = self.run_there("lockstep", "profile", "show").stdout
        configuration = (self.machine.root / "etc/lockstep/lockstep.toml").read_text()
        core, host = self.shown("MainPID"), self.shown("MainPID", "lockstep-plugins")
        self.run_there("sh", "-c", "dpkg --force-confold -i $(find /var/cache/apt/archives -name '*.deb')"
                                   " /srv/lockstep.deb")
        self.assertEqual((self.machine.root / "etc/lockstep/lockstep.toml").read_text(), configuration)
        self.assertEqual(self.shown("ActiveState"), "active")
        self.assertNotEqual(self.shown("MainPID"), core)
        self.assertNotEqual(self.shown("MainPID", "lockstep-plugins"), host)
        self.assertIn(f"{PORT}/tcp", alerts)
        self.assertIn(f"{PORT}/tcp", self.run_there("lockstep", "nodes", "node1").stdout)
        self.assertEqual(self.run_there("lockstep", "profile", "show").stdout, profile)
        self.run_there("lockstep", "store", "check")
        enabled = self.run_there("systemctl", "is-enabled", "lockstep", check=False).stdout.strip()
        self.assertEqual(enabled, "enabled")

    def test_15_a_removal_stops_it_and_keeps_the_data(self):
        self.run_there("dpkg", "-r", "lockstep")
        self.assertEqual(self.processes(), [])
        self.assertTrue((self.machine.root / "var/lib/lockstep/lockstep.db").exists())
        self.assertTrue((self.machine.root / "etc/lockstep/lockstep.toml").exists())
        self.assertFalse((self.machine.root / "usr/bin/lockstep").exists())

    def test_16_a_purge_takes_all_of_it(self):
        self.run_there("dpkg", "-P", "lockstep")
        # Documents of ours, and what the administrator put there.
        left = self.run_there("find", "/etc", "/usr", "/var", "-xdev", "-name", "*lockstep*").stdout.split()
        self.assertEqual([path for path in left if not path.startswith("/var/log/journal")], [])


def main():
    global PACKAGE, OLDER
    PACKAGE, OLDER = (*(pathlib.Path(each).resolve() for each in sys.argv[1:]), None)[:2]
    del sys.argv[1:]
    try:
        with Machine() as Trial.machine:
            result = unittest.main(verbosity=2, failfast=True, exit=False).result
    except CannotTry as why:
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
