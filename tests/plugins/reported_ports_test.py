#!/usr/bin/env python3
"""Open ports that a plug-in reports, under `lockstep serve`: raised, ended and kept by its own looks
alone, whatever our own sweeps see.

    tests/plugins/reported_ports_test.py PROGRAM        (ctest label `program`)

Sends to loopback alone (127.78.0.0/24).
"""

import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

PROGRAM = None
PATIENCE_S = 30

CONFIG = """
    [cluster]
    name = "reports"
    [store]
    url = "sqlite://{folder}/store.db"
    [scan]
    allow = ["127.78.0.0/24"]
    engine = "connect"
    [analysis]
    missing_after_s = 0
    reask_interval_s = 0
    [instance.listeners]
    collector = "exec"
    command = "{folder}/listeners"
    interval = "1h"
    param_says = "{folder}/says"
    [[nodes]]
    nodes = "node[1-4]"
    class = "compute"
    addresses = ["127.78.0.1-127.78.0.4"]
"""

# Prints the lines that a test wants.
PLUGIN = """\
#!/usr/bin/python3
import json, sys

print(open(json.load(sys.stdin)["parameters"]["says"]).read(), flush=True)
"""


class ReportedPorts(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-reports-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o711)
        self.config = self.folder / "lockstep.toml"
        self.config.write_text(textwrap.dedent(CONFIG).format(folder=self.folder))
        plugin = self.folder / "listeners"
        plugin.write_text(PLUGIN)
        plugin.chmod(0o755)
        self.rounds = 0

    def say(self, ports, tcp="1-65535", covered=(1, 2, 3, 4), more=()):
        """What the plug-in says from now on: ports by node. It always covers node1, where it says
        which round this is; values and ports are kept together."""
        self.rounds += 1
        lines = [{"value": {"node": "node1", "name": "round", "value": self.rounds}}]
        for node in covered:
            name = f"node{node}"
            lines += [{"port": {"node": name, "port": port}} for port in ports.get(node, ())]
            lines.append({"covered": {"node": name} | ({"tcp": tcp} if tcp else {})})
        says = self.folder / "says.new"
        says.write_text("\n".join([*map(json.dumps, lines), *more]))
        says.chmod(0o644)
        says.rename(self.folder / "says")

    def start(self):
        done = self.run_program("alerts")  # makes the store
        self.assertIn(done.returncode, (0, 1), done.stderr)
        with sqlite3.connect(self.folder / "store.db") as store:
            store.execute("INSERT INTO open_ports (port, protocol, service, host_type) "
                          "VALUES (22, 'tcp', 'ssh', 'compute')")
        store.close()
        with open(self.folder / "log", "a", encoding="utf-8") as log:
            process = subprocess.Popen([PROGRAM, "--config", self.config, "serve"],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(process.wait, timeout=PATIENCE_S)
        self.addCleanup(process.terminate)
        self.wait(lambda: self.run_program("status").returncode in (0, 1), "the daemon")
        self.wait_for_round()

    def wait_for_round(self):
        self.wait(lambda: [row["value"] for row in self.json("values")["values"]] == [self.rounds],
                  f"round {self.rounds}")

    def round(self, *arguments, **options):
        """The plug-in says something else, and is asked at once."""
        self.say(*arguments, **options)
        self.assertEqual(self.run_program("instance", "run", "listeners").returncode, 0)
        self.wait_for_round()

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

    def alerts(self, *options):
        """(kind, class, nodes, port) of what the plug-in reported."""
        return {(row["kind"], row["class"], row["nodes"], row["port"])
                for row in self.json("alerts", *options)["alerts"]
                if row["instance"] == "listeners"}

    def test_an_open_port_is_an_alert_until_the_plug_in_looked_and_it_is_gone(self):
        good = {node: (22,) for node in (1, 2, 3, 4)}
        bad = good | {3: (22, 4444)}
        self.say(good)
        self.start()
        self.assertEqual(self.alerts(), set())
        self.round(bad)
        self.assertEqual(self.alerts(), {UNEXPECTED})
        row = next(row for row in self.json("alerts")["alerts"] if row["instance"])
        self.assertEqual((row["network"], row["detail"], row["clones"], row["severity"]),
                         ("management", "reported by listeners", "3 of 4 without it", "high"))
        self.assertIsNotNone(row["last_closed"])
        shown = self.run_program("alerts").stdout
        self.assertRegex(shown, r"compute +4444/tcp open +node3")
        self.assertIn("reported by listeners", shown)
        for reason, options in (("other ports were examined", {"tcp": "1-1024"}),
                                ("another protocol was", {"tcp": "", "covered": (1, 2, 4)}),
                                ("the node was not covered", {"covered": (1, 2)}),
                                ("the node failed", {"covered": (1, 2, 4), "more": [json.dumps(
                                    {"error": {"node": "node3", "message": "no route"}})]}),
                                ("lines are wrong", {"covered": (1,), "more": ["garbage"]})):
            with self.subTest(reason):
                self.round(good, **options)
                self.assertEqual(self.alerts(), {UNEXPECTED})
        with self.subTest("our own sweep proves it closed"):
            done = self.run_program("sweep", "node3", "--ports", "22,4444")
            self.assertIn(done.returncode, (0, 1), done.stderr)
            self.assertIn("missing-port", done.stdout)
            self.assertEqual(self.alerts(), {UNEXPECTED})
        self.round(good)
        self.assertEqual(self.alerts(), set())
        self.assertEqual(self.alerts("--all"), {UNEXPECTED})
        over = next(row for row in self.json("alerts", "--all")["alerts"] if row["instance"])
        self.assertEqual(over["resolution"], "no longer reported by listeners")
        self.assertIn(("missing-port", 22, None),
                      {(row["kind"], row["port"], row["instance"])
                       for row in self.json("alerts")["alerts"]},
                      "what the plug-in reports ends no alert of ours")

    def test_without_a_word_on_what_was_examined_nothing_is_missing(self):
        self.say({3: (4444,)}, tcp="")
        self.start()
        self.assertEqual(self.alerts(), {UNEXPECTED})
        self.round({}, tcp="")
        self.assertEqual(self.alerts(), set())
        self.round({node: (22,) for node in (1, 3, 4)}, tcp="22,80")
        self.assertEqual(self.alerts(), {("missing-port", "compute", "node2", 22)})

    def test_the_page_of_a_node_shows_it_beside_what_we_see(self):
        self.say({node: (22,) for node in (1, 2, 4)} | {3: (22, 4444)}, tcp="1-1024")
        self.start()
        page = self.json("nodes", "node3")["nodes"][0]
        self.assertEqual([(row["instance"], row["port"], row["verdict"], row["expected"])
                          for row in page["reported"]],
                         [("listeners", 22, "in-step", True),
                          ("listeners", 4444, "unexpected", False)])
        self.assertEqual([(row["tcp"], row["udp"]) for row in page["reported_looks"]],
                         [("1-1024", None)])
        self.assertEqual(page["looks"], [])
        self.assertEqual([row["verdict"] for row in page["ports"]], ["not-known"])
        shown = self.run_program("nodes", "node3").stdout
        self.assertRegex(shown, r"4444/tcp +listeners +- +UNEXPECTED")
        self.assertRegex(shown, r"127\.78\.0\.3 tcp 1-1024: examined by listeners \S+ ago")
        self.assertEqual(self.json("status")["statuses"][0]["round"]["ports"], 5)
        self.assertIn("4/4 measured, 5 open ports", self.run_program("status").stdout)


UNEXPECTED = ("unexpected-port", "compute", "node3", 4444)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
