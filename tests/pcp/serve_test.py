#!/usr/bin/env python3
"""An instance of pcp in the daemon, with real pmcds and a node that refuses.

    tests/pcp/serve_test.py PROGRAM        (ctest label `lab`)
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from pcpnet import PATIENCE_S, PcpNet, enter

PROGRAM = None

CONFIGURATION = """\
[store]
url = "sqlite://{folder}/lockstep.db"
[scan]
allow = ["198.18.0.0/15"]
[instance.load]
collector = "pcp"
interval = "10s"
compare = "class"
metrics = "hinv.ncpu"
[[nodes]]
nodes = "node[1-4]"
class = "compute"
addresses = ["198.18.1.0-198.18.1.3"]
[[nodes]]
nodes = "off1"
class = "compute"
addresses = ["198.18.2.1"]
"""


class Serving(unittest.TestCase):
    def test_values_come_and_a_silent_node_harms_nobody(self):
        with tempfile.TemporaryDirectory(prefix="lockstep-test-") as folder, PcpNet(answering=4):
            config = pathlib.Path(folder, "lockstep.toml")
            config.write_text(CONFIGURATION.format(folder=folder), encoding="utf-8")
            words = (PROGRAM, "--config", str(config))
            daemon = subprocess.Popen([*words, "serve"], stdin=subprocess.DEVNULL)
            try:
                deadline = time.monotonic() + PATIENCE_S
                values = []
                while len(values) < 4 and time.monotonic() < deadline:
                    time.sleep(0.2)
                    done = subprocess.run([*words, "values", "--json"], capture_output=True,
                                          text=True, check=False)
                    values = json.loads(done.stdout)["values"] if done.stdout else []
                self.assertEqual({row["node"] for row in values}, {f"node{i}" for i in (1, 2, 3, 4)})
                self.assertEqual({row["name"] for row in values}, {"hinv.ncpu"})
                alerts = subprocess.run([*words, "alerts", "--json"], capture_output=True,
                                        text=True, check=False)
                self.assertEqual(json.loads(alerts.stdout)["alerts"], [], "all have as many CPUs")
            finally:
                daemon.send_signal(signal.SIGTERM)
                self.assertEqual(daemon.wait(timeout=10), 0)


if __name__ == "__main__":
    enter()
    PROGRAM = sys.argv.pop(1)
    unittest.main()
