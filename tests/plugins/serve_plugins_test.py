#!/usr/bin/env python3
"""Users' plug-ins under `lockstep serve`: whom they run as, what is out of their reach, and that whoever
dies takes along what depends on it.

    tests/plugins/serve_plugins_test.py PROGRAM        (ctest label `program`)

Sends nothing. What takes another user is for root alone.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

PROGRAM = None
PATIENCE_S = 30
NOBODY = 65534
OTHER = 1

CONFIG = """
    [cluster]
    name = "plugins"
    [store]
    url = "sqlite://{folder}/store.db"
    [scan]
    allow = ["127.78.0.0/24"]
    [analysis]
    missing_after_s = 0
    [serve]
    {serve}
    [instance.look]
    collector = "exec"
    command = "{folder}/look"
    interval = "1h"
    compare = "none"
    param_folder = "{folder}"
    [[nodes]]
    nodes = "node1"
    class = "compute"
    addresses = ["127.78.0.1"]
"""

LOOK = """\
#!/usr/bin/python3
import json, os, subprocess, sys

request = json.load(sys.stdin)
parameters = request["parameters"]
if "hang" in parameters:
    subprocess.Popen(["setsid", "sleep", parameters["hang"]])
    subprocess.run(["sleep", parameters["hang"]])

def can(action, *arguments):
    try:
        action(*arguments)
        return True
    except OSError:
        return False

def say(**line):
    print(json.dumps(line), flush=True)

values = {"uid": os.getuid(), "groups": " ".join(map(str, os.getgroups())),
          "store": can(open, parameters["folder"] + "/store.db")}
if "core" in parameters:
    core = int(parameters["core"])
    values["signal"] = can(os.kill, core, 0)
    values["memory"] = can(open, f"/proc/{core}/environ")
if "host" in parameters:
    values["host"] = can(open, f"/proc/{parameters['host']}/environ")
for name, value in values.items():
    say(value={"node": "node1", "name": name, "value": value})
say(covered={"node": "node1"})
"""


def processes():
    """{pid: (parent, words)} of all that there are."""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text(errors="replace")
            words = (folder / "cmdline").read_text(errors="replace").split("\0")
        except OSError:
            continue
        parent = next(line for line in status.splitlines() if line.startswith("PPid:"))
        found[int(folder.name)] = (int(parent.split()[1]), words)
    return found


def with_word(word):
    return [pid for pid, (_, words) in processes().items() if word in words]


class Served(unittest.TestCase):
    serve = ""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-served-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o711)
        self.started = []
        self.addCleanup(self.end_all)
        look = self.folder / "look"
        look.write_text(LOOK)
        look.chmod(0o755)
        self.config = self.folder / "lockstep.toml"
        self.write(self.serve)
        # Nobody else sleeps so long.
        self.mark = f"36{os.getpid()}.{len(self.id())}"

    def write(self, serve):
        self.config.write_text(textwrap.dedent(CONFIG).format(folder=self.folder, serve=serve))

    def end_all(self):
        for process in self.started:
            process.terminate()
        for process in self.started:
            process.wait(timeout=PATIENCE_S)

    def popen(self, *arguments, program=None, **options):
        with open(self.folder / "log", "a", encoding="utf-8") as log:
            process = subprocess.Popen([program or PROGRAM, *map(str, arguments)],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)
        self.started.append(process)
        return process

    def start(self):
        self.core = self.popen("--config", self.config, "serve")
        self.wait(lambda: self.run_program("status").returncode in (0, 1), "the daemon")

    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, "--config", self.config, *map(str, arguments)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)

    def json(self, *arguments):
        done = self.run_program(*arguments, "--json")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout)

    def wait(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                log = (self.folder / "log").read_text(errors="replace")[-2000:]
                self.fail(f"waited for {what}; {self.run_program('status').stdout}{log}")
            time.sleep(0.05)

    def set(self, *settings):
        done = self.run_program("instance", "set", "look", *settings)
        self.assertEqual(done.returncode, 0, done.stderr)

    def values(self):
        return {row["name"]: row["value"] for row in self.json("values")["values"]}

    def failures(self):
        return [row for row in self.json("alerts")["alerts"] if row["kind"] == "collector-failed"]

    def hang(self):
        self.set(f"param_hang={self.mark}")
        self.wait(lambda: len(with_word(self.mark)) >= 2, "a plug-in that hangs")

    def assert_nothing_stays(self):
        self.wait(lambda: not with_word(self.mark), "the end of what the plug-in started")

    def assert_it_failed_once_and_works_again(self):
        self.wait(lambda: len(self.failures()) == 1, "an alert")
        self.set("param_hang=")
        self.wait(lambda: not self.failures(), "the end of the alert")
        self.assertEqual(len([row for row in self.json("alerts", "--all")["alerts"]
                              if row["kind"] == "collector-failed"]), 1)


class InOwnHosts(Served):
    def host(self):
        """The process that runs the plug-in: a child of the keeper."""
        keepers = [pid for pid, (parent, words) in processes().items()
                   if "plugin-keeper" in words and parent == self.core.pid]
        return next(pid for pid, (parent, _) in processes().items() if parent in keepers)

    def test_they_are_nobody_and_reach_nothing_of_the_daemon(self):
        if os.geteuid() != 0:
            self.skipTest("only a daemon of root has plug-ins of another user")
        self.start()
        self.set(f"param_core={self.core.pid}")
        self.wait(lambda: "signal" in self.values(), "values")
        self.assertEqual(self.values(), {"uid": NOBODY, "groups": "", "store": "false",
                                         "signal": "false", "memory": "false"})

    def test_a_host_that_is_killed_fails_its_round_alone(self):
        self.start()
        self.hang()
        os.kill(self.host(), signal.SIGKILL)
        self.assert_nothing_stays()
        self.assert_it_failed_once_and_works_again()
        self.wait(lambda: "uid" in self.values(), "a round that works")

    def test_nothing_outlives_the_daemon(self):
        for end in (signal.SIGKILL, signal.SIGTERM):
            self.start()
            self.hang()
            begun = time.monotonic()
            self.core.send_signal(end)
            self.core.wait(timeout=PATIENCE_S)
            self.assert_nothing_stays()
            self.assertLess(time.monotonic() - begun, 5)
            self.wait(lambda: not any(parent == self.core.pid
                                      for parent, _ in processes().values()), "its processes")

    def test_it_ends_where_the_keeper_is_gone(self):
        self.start()
        self.hang()
        keeper = next(pid for pid, (parent, words) in processes().items()
                      if "plugin-keeper" in words and parent == self.core.pid)
        os.kill(keeper, signal.SIGKILL)
        self.assertEqual(self.core.wait(timeout=PATIENCE_S), 3)
        self.assert_nothing_stays()

    def test_a_user_of_their_own(self):
        if os.geteuid() != 0:
            self.skipTest("only a daemon of root has plug-ins of another user")
        self.write('plugins_user = "daemon"')
        self.start()
        self.wait(lambda: "uid" in self.values(), "values")
        self.assertEqual(self.values()["uid"], 1)
        self.write('plugins_user = "root"')
        self.assertEqual(self.run_program("reload").returncode, 0)
        self.run_program("instance", "run", "look")
        self.wait(self.failures, "an alert")
        self.assertIn("start the daemon again", self.run_program("status").stdout)


class InAUnitOfTheirOwn(Served):
    def setUp(self):
        super().setUp()
        self.socket = self.folder / "host"
        self.write(f'plugins_socket = "{self.socket}"')
        done = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True)
        self.me = done.stdout.strip()

    def start_unit(self, program=None, **user):
        self.unit = self.popen("plugin-host", "--socket", self.socket, "--for", self.me,
                               program=program or PROGRAM, **user)
        self.wait(self.socket.is_socket, "the socket")

    def test_a_unit_that_is_gone_is_a_failure_and_may_come_back(self):
        self.start()
        self.wait(lambda: len(self.failures()) == 1, "an alert that there is no host")
        self.assertIn("lockstep-plugins", self.run_program("status").stdout)
        self.start_unit()
        self.run_program("instance", "run", "look")
        self.wait(lambda: not self.failures(), "the end of the alert")
        self.assertEqual(self.values()["uid"], NOBODY if os.geteuid() == 0 else os.geteuid())
        self.assertEqual([pid for pid in with_word("plugin-keeper")
                          if processes()[pid][0] == self.core.pid], [], "no keeper is needed")
        for end in (signal.SIGKILL, signal.SIGTERM):
            self.hang()
            self.unit.send_signal(end)
            self.unit.wait(timeout=PATIENCE_S)
            self.assert_nothing_stays()
            self.wait(lambda: len(self.failures()) == 1, "an alert")
            self.socket.unlink(missing_ok=True)
            self.start_unit()
            self.set("param_hang=")
            self.wait(lambda: not self.failures(), "the end of the alert")

    def test_they_reach_neither_the_daemon_nor_their_host(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be two users")
        program = self.folder / "lockstep"
        shutil.copy2(PROGRAM, program)
        place = self.folder / "place"
        place.mkdir()
        os.chown(place, OTHER, OTHER)
        self.socket = place / "host"
        self.write(f'plugins_socket = "{self.socket}"')
        self.start_unit(program, user=OTHER, group=OTHER, extra_groups=[])
        self.start()
        self.set(f"param_core={self.core.pid}", f"param_host={self.unit.pid}")
        self.wait(lambda: "signal" in self.values(), "values")
        self.assertEqual(self.values(), {"uid": OTHER, "groups": "", "store": "false",
                                         "signal": "false", "memory": "false", "host": "false"})

    def test_nothing_outlives_the_daemon(self):
        self.start_unit()
        self.start()
        self.hang()
        self.core.kill()
        self.core.wait(timeout=PATIENCE_S)
        self.assert_nothing_stays()
        self.assertIsNone(self.unit.poll(), "the unit goes on")

    def test_doctor_tells_of_the_unit(self):
        def row():
            checks = self.json_of_doctor()
            self.assertNotIn("process: plug-in keeper", checks)
            return checks["process: plug-ins"]
        self.assertEqual(row()["verdict"], "bad")
        self.start_unit()
        wanted = ("good", NOBODY) if os.geteuid() == 0 else ("limited", os.geteuid())
        found = row()
        self.assertEqual(found["verdict"], wanted[0])
        self.assertIn(f"uid {wanted[1]}; capabilities: none; no new privileges", found["finding"])

    def json_of_doctor(self):
        done = self.run_program("doctor", "--json")
        return {row["check"]: row for row in json.loads(done.stdout)["checks"]}


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
