#!/usr/bin/env python3
"""Users' plug-ins through `lockstep plugin test`: the examples keep the contract, the one that
docs/plugins.md shows does, and of each bad one it is told what it does wrong, with nothing left of it.

    tests/plugins/plugins_test.py PROGRAM        (ctest label `program`)

Sends to loopback alone.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAM = None

# What plug-ins have.
PATH = "/usr/local/bin:/usr/bin:/bin"

IN_STEP, DEVIATIONS, USAGE = 0, 1, 2


class Plugins(unittest.TestCase):
    def setUp(self):
        # Plug-ins run as nobody where we are root, who may not look into every checkout.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-plugins-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)

    def copy(self, path):
        target = self.folder / path.name
        if path != target:
            shutil.copy(path, target)
        target.chmod(0o755)
        return target

    def try_plugin(self, path, *options):
        """The exit status and the report of the test kit."""
        done = subprocess.run(
            [PROGRAM, "plugin", "test", str(self.copy(path)), "--json", *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        self.assertNotIn(done.returncode, (USAGE, 3), done.stderr)
        return done.returncode, json.loads(done.stdout)

    @staticmethod
    def violations(report):
        return [each for check in report["checks"] for each in check["violations"]]

    def assert_good(self, status, report):
        self.assertEqual(self.violations(report), [])
        self.assertEqual(status, IN_STEP)
        self.assertEqual(len(report["checks"]), 6)

    # --- Good ones. ---

    def serve_banner(self, banner):
        """A TCP service on loopback, for as long as the test; its port."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(banner)

        threading.Thread(target=serve, daemon=True).start()
        return server.getsockname()[1]

    def test_the_python_example_asks_a_real_service(self):
        port = self.serve_banner(b"SSH-2.0-OpenSSH_9.2p1\r\nmore")
        # Two nodes, both of this machine: one answers, one refuses.
        plugin = ROOT / "examples/plugins/tcp_banner.py"
        wrapper = self.folder / "both.py"
        wrapper.write_text(
            "#!/usr/bin/env python3\nimport io, json, sys\n"
            "request = json.load(sys.stdin)\n"
            "for number, node in enumerate(request['nodes']):\n"
            "    node['addresses'] = [{'address': f'127.0.0.{number % 2 + 1}', 'network': 'm'}]\n"
            "sys.stdin = io.StringIO(json.dumps(request))\n"
            f"exec(open({str(self.copy(plugin))!r}).read())\n")
        wrapper.chmod(0o755)
        done = subprocess.run(
            [PROGRAM, "plugin", "test", str(wrapper), "--parameter", f"port={port}", "--json"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        report = json.loads(done.stdout)
        self.assert_good(done.returncode, report)
        values = {(each["node"], each["name"]): each["value"] for each in report["values"]}
        self.assertEqual(values[("node001", "banner")], "SSH-2.0-OpenSSH_9.2p1")
        self.assertLess(values[("node001", "connect_seconds")], 3)
        answers = {each["node"]: each for each in report["nodes"]}
        self.assertEqual(answers["node002"]["answer"], "error")
        self.assertIn("refused", answers["node002"]["error"])

    def test_the_shell_example_bears_nodes_that_are_no_neighbours(self):
        if not shutil.which("jq", path=PATH):
            self.skipTest("jq is missing")
        status, report = self.try_plugin(ROOT / "examples/plugins/network_card.sh")
        self.assert_good(status, report)
        self.assertEqual([each["answer"] for each in report["nodes"]], ["error", "error"])

    def test_the_shell_example_tells_the_card_of_a_neighbour(self):
        if not shutil.which("jq", path=PATH):
            self.skipTest("jq is missing")
        ip = self.folder / "ip"
        ip.write_text("#!/bin/sh\necho '[{\"dst\": \"198.18.0.1\", \"lladdr\": "
                      "\"02:00:5e:10:20:30\"}, {\"dst\": \"198.18.0.2\"}]'\n")
        ip.chmod(0o755)
        nodes = [{"name": f"n{i}", "classes": [],
                  "addresses": [{"address": f"198.18.0.{i}", "network": "m"}]} for i in (1, 2)]
        done = subprocess.run([str(ROOT / "examples/plugins/network_card.sh")],
                              input=json.dumps({"nodes": nodes}), capture_output=True, text=True,
                              env={"PATH": f"{self.folder}:{PATH}"}, timeout=60, check=True)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(lines[:2], [
            {"value": {"node": "n1", "name": "network_card", "value": "02:00:5e"}},
            {"covered": {"node": "n1"}}])
        self.assertEqual(lines[2]["error"]["node"], "n2")

    def test_what_the_documentation_shows_works(self):
        text = (ROOT / "docs/plugins.md").read_text()
        shown = re.findall(r"```(python|sh)\n(#!.*?)```", text, re.DOTALL)
        self.assertEqual([language for language, _ in shown], ["python", "sh", "python"])
        for language, script in shown:
            with self.subTest(language):
                if language == "sh" and not shutil.which("jq", path=PATH):
                    self.skipTest("jq is missing")
                path = self.folder / f"shown.{language}.source"
                path.write_text(script)
                status, report = self.try_plugin(path)
                self.assert_good(status, report)
                self.assertNotEqual(report["values"] + report["examined"], [])

    # --- Bad ones. ---

    def test_bad_ones_are_told_and_leave_nothing(self):
        rows = [
            ("hangs.sh", "did not end within 2 s"),
            ("ignores_term.sh", "did not end within 2 s and was killed"),
            ("floods.sh", "ended for too many lines that are wrong"),
            ("floods_one_line.sh", "bytes of output"),
            ("crashes.sh", "ended by signal 11"),
            ("garbage.py", "line 1: it is no JSON"),
            ("forks_daemons.py", "left 5 of its processes behind"),
            ("eats_memory.py", "MiB of memory"),
            ("speaks_of_others.py", 'line 5: it was not asked about the node "somebody-else"'),
            ("covers_half.py", 'the node "node002" is neither covered nor in error'),
            ("needs_nodes.py", "ended with status 1"),
            ("random_names.py", "are there in one run and not in the next"),
        ]
        self.assertEqual(sorted(each.name for each in (HERE / "bad").iterdir()),
                         sorted(name for name, _ in rows))
        for name, complaint in rows:
            with self.subTest(name):
                # Memory takes a while to fill on a busy machine.
                seconds = "30" if name in ("eats_memory.py", "floods_one_line.sh") else "2"
                status, report = self.try_plugin(HERE / "bad" / name, "--timeout", seconds)
                self.assertEqual(status, DEVIATIONS)
                self.assertTrue(any(complaint in each for each in self.violations(report)),
                                self.violations(report))
                self.assertEqual(self.left_over(), [])

    def left_over(self):
        """Processes that run something of the folder of this test."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(self.folder).encode() in line:
                found.append(line)
        return found

    # --- Usage. ---

    def test_usage(self):
        rows = [
            (["plugin", "test"], "required"),
            (["plugin", "test", "/nowhere/mine"], "/nowhere/mine"),
            (["plugin", "test", "lockstep-no-such-program"], "there is no program"),
            (["plugin", "test", "true", "--parameter", "x"], "KEY=VALUE"),
        ]
        for words, complaint in rows:
            done = subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, USAGE, words)
            self.assertIn(complaint, done.stderr)

    def test_text(self):
        plugin = self.copy(HERE / "bad/garbage.py")
        done = subprocess.run([PROGRAM, "plugin", "test", str(plugin)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, DEVIATIONS)
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn("does NOT keep the contract", done.stdout)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
