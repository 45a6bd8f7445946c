#!/usr/bin/env python3
"""What the reader of Slurm's states says, against what a real Slurm is in.

    tests/slurm/slurm_test.py SCHEDULER_DRIVER PROGRAM     (ctest label `lab`)
"""

import json
import pathlib
import sys
import tempfile
import textwrap
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from cluster import Slurm, missing  # noqa: E402
from lab import SKIPPED, Lab, run_lab_tests  # noqa: E402

DRIVER = None
PROGRAM = None
FORMATS = ("text", "json")
PORTS = ("--ports", "22,8888", "--engine", "connect")
FIELDS = ("node", "state", "daemon", "jobs", "partitions", "features", "since", "reason")


class SlurmStates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(compute=1, login=0).__enter__()
        try:
            cls.slurm = Slurm(cls.lab).__enter__()
        except BaseException:
            cls.lab.__exit__()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.slurm.__exit__()
        cls.lab.__exit__()

    def ask(self, how, *nodes, time_ms=10000):
        """(status, {node: its line as a dictionary}) or (status, the error)."""
        done = self.slurm.run(DRIVER, how, str(time_ms), *nodes)
        if done.returncode:
            return done.returncode, done.stdout.strip()
        lines = [dict(zip(FIELDS, line.split("|", 7))) for line in done.stdout.splitlines()]
        return 0, {line["node"]: line for line in lines}

    def told(self, how, *nodes):
        status, said = self.ask(how, *nodes)
        self.assertEqual(status, 0, said)
        return said

    def setUp(self):
        self.drained = False

    def tearDown(self):
        self.slurm.run("scancel", "--user=root")
        if self.drained:
            self.slurm.run("scontrol", "update", "nodename=n1", "state=undrain")
        self.slurm.wait_until("n1,n2", {"idle"})

    def test_idle_nodes_and_those_that_no_job_can_get(self):
        for how in FORMATS:
            with self.subTest(format=how):
                said = self.told(how, "n1", "n2", "f5", "stranger")
                self.assertEqual(said["n1"], {
                    "node": "n1", "state": "idle", "daemon": "responding", "jobs": "",
                    "partitions": "hidden,lab", "features": "big,compute", "since": "0",
                    "reason": ""})
                self.assertEqual(said["n2"]["state"], "idle")
                for name in ("f5", "stranger"):
                    self.assertEqual(said[name]["state"], "unknown")
                    self.assertEqual(said[name]["reason"], "slurm does not know this node")
        self.assertEqual(self.told("text", "n4")["n4"]["state"], "unknown")
        self.assertEqual(self.told("json", "n4")["n4"]["state"], "down")

    def test_a_job_holds_its_node_and_names_its_user(self):
        self.slurm.start("srun", "srun", "-N1", "-w", "n1", "sleep", "60")
        self.slurm.wait_until("n1", {"allocated"})
        for how in FORMATS:
            with self.subTest(format=how):
                said = self.told(how, "n1", "n2")
                self.assertEqual(said["n1"]["state"], "allocated")
                self.assertRegex(said["n1"]["jobs"], r"^\d+:root$")
                self.assertEqual((said["n2"]["state"], said["n2"]["jobs"]), ("idle", ""))
        self.slurm.run("scontrol", "update", "nodename=n1", "state=drain", "reason=later")
        self.drained = True
        for how in FORMATS:
            self.assertEqual(self.told(how, "n1")["n1"]["state"], "draining", how)
        self.slurm.stop("srun")

    def test_a_sweep_asks_no_service_of_a_node_that_holds_a_job(self):
        """The nodes are two addresses of the one host, whose sshd answers on both."""
        with tempfile.TemporaryDirectory(prefix="lockstep-test-") as folder:
            program = self.program_in(folder)
            ports = ("--ports", "22", "--engine", "connect")
            program("profile", "learn", "--class", "compute", "--from", "n2", "--services", *ports)
            program("profile", "approve", "--class", "compute")
            self.slurm.start("srun", "srun", "-N1", "-w", "n1", "sleep", "60")
            self.slurm.wait_until("n1", {"allocated"})
            swept = program("sweep", "--services-all", *ports)
            self.assertEqual(swept["services_not_asked"], "n1")
            self.assertEqual([(row["node"], row["service"]["name"]) for row in swept["services"]],
                             [("n2", "ssh")])
            self.assertEqual(swept["proven"], 2, "half-open or not, its ports are proven")
            self.slurm.stop("srun")

    def test_the_controller_is_asked_once_however_many_want_to_know(self):
        before = self.slurm.queries()
        done = self.slurm.run(DRIVER, "cached", "200", "n1", "n2")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("n1|idle", done.stdout)
        asked = {name: count - before.get(name, 0) for name, count in self.slurm.queries().items()
                 if count > before.get(name, 0)}
        self.assertIn("REQUEST_NODE_INFO", asked)
        self.assertLessEqual(max(asked.values()), 1, asked)

    def test_the_prolog_tells_of_a_job_as_it_begins(self):
        before = len(self.slurm.prolog_calls())
        begin = time.time()
        self.slurm.start("srun", "srun", "-N2", "-w", "n[1-2]", "sleep", "60")
        self.slurm.wait(lambda: len(self.slurm.prolog_calls()) > before, "the prolog")
        called, words = self.slurm.prolog_calls()[before]
        self.assertRegex(words, r"^leave n\[1-2\] --job \d+$")
        job = words.split()[-1]
        self.assertEqual(self.slurm.run("squeue", "-h", "-o", "%A %N").stdout.split(),
                         [job, "n[1-2]"])
        started = self.slurm.run("squeue", "-h", "-o", "%S",
                                 environment={"SLURM_TIME_FORMAT": "%s"}).stdout.strip()
        self.assertGreaterEqual(called, begin)
        self.assertLess(called - int(started), 2, "within a second, and that of the clock")
        self.slurm.wait_until("n1,n2", {"allocated"})
        self.slurm.stop("srun")

    def test_a_listener_of_a_job_is_an_orphan_when_that_is_over(self):
        """As a notebook's server: it leaves the job's tree of processes, and so outlives the job."""
        with tempfile.TemporaryDirectory(prefix="lockstep-test-") as folder:
            program = self.program_in(folder)
            program("profile", "learn", "--class", "compute", "--from", "n2", *PORTS)
            program("profile", "approve", "--class", "compute")
            pid_file = pathlib.Path(folder, "pid")
            server = (f"(setsid python3 -m http.server 8888 --bind 127.0.0.11 >/dev/null 2>&1 & "
                      f"echo $! >{pid_file}); exec sleep 60")
            self.slurm.start("srun", "srun", "-N1", "-w", "n1", "sh", "-c", server)
            self.slurm.wait_until("n1", {"allocated"})
            self.slurm.wait(lambda: self.is_open("127.0.0.11", 8888), "the server")
            try:
                swept = program("sweep", *PORTS)
                self.assertEqual(swept["findings"], [], "it is the job's")
                self.slurm.run("scancel", "--user=root")
                self.slurm.wait_until("n1", {"idle"})
                self.assertTrue(self.is_open("127.0.0.11", 8888), "it has outlived its job")
                swept = program("sweep", *PORTS, status=1)
                rows = [(row["kind"], row["severity"], row["nodes"], row["port"])
                        for row in swept["findings"]]
                self.assertEqual(rows, [("orphan-listener", "high", "n1", 8888)])
                self.assertRegex(swept["findings"][0]["detail"],
                                 r"^left behind by job \d+ root, seen first ")
                self.assertEqual(swept["findings"][0]["scheduler"], "n1 idle")
            finally:
                self.slurm.run("kill", "-9", pid_file.read_text().strip())
            self.slurm.wait(lambda: not self.is_open("127.0.0.11", 8888), "its end")
            swept = program("sweep", *PORTS)
            self.assertEqual([row["kind"] for row in swept["resolved"]], ["orphan-listener"])

    def test_partitions_and_features_are_classes(self):
        with tempfile.TemporaryDirectory(prefix="lockstep-test-") as folder:
            program = self.program_in(folder, 'type = "slurm"', 'features = ["*"]',
                                      'partitions = ["lab=compute"]')
            nodes = program("nodes")["nodes"]
            self.assertEqual([(node["node"], sorted(node["classes"])) for node in nodes],
                             [("n1", ["big", "compute"]), ("n2", ["big", "compute"]),
                              ("n3", ["big", "compute"])])
            address = {host.name: host.ipv4 for host in self.lab.hosts()}["node1"]
            self.assertIn(address, json.dumps(nodes[0]))
            program = self.program_in(folder, 'type = "slurm"', 'partitions = ["lob"]')
            self.assertIn('slurm: no node has the partition "lob"', program("nodes", status=2))

    def is_open(self, address, port):
        done = self.slurm.run("python3", "-c", "import socket, sys; s = socket.socket(); "
                              f"sys.exit(s.connect_ex(('{address}', {port})) != 0)")
        return done.returncode == 0

    def program_in(self, folder, *inventory):
        """A function that runs the program with a configuration in `folder`: with this inventory,
        or n1 and n2 as two addresses of the one host. It gives the JSON, or the error."""
        nodes = "\n".join(("[[inventory]]", *inventory)) if inventory else textwrap.dedent("""
            [[nodes]]
            nodes = "n[1-2]"
            class = "compute"
            addresses = ["127.0.0.11-127.0.0.12"]
        """)
        config = pathlib.Path(folder, "lockstep.toml")
        config.write_text(textwrap.dedent(f"""
            [store]
            url = "sqlite://{folder}/lockstep.db"
            [scan]
            allow = ["127.0.0.0/8"]
            node_rate = "unlimited"
            [analysis]
            reask_interval_s = 1
            [scheduler]
            type = "slurm"
            [class.compute]
            keys = "shared"
        """) + nodes)

        def program(*arguments, status=0):
            done = self.slurm.run(PROGRAM, "--config", str(config), *arguments, "--json",
                                  timeout=60)
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            return json.loads(done.stdout) if done.stdout else done.stderr
        return program

    def test_x_drained_and_down_with_their_reasons(self):
        """After those that want n1 idle: Slurm takes ten seconds to let it go a second time."""
        self.tearDown = lambda: None
        begin = int(time.time())
        for name, state, reason in (("n1", "drain", "bad | disk State=IDLE"),
                                    ("n3", "down", "n1|idle|lab|x|0|no\nn2|idle")):
            done = self.slurm.run("scontrol", "update", f"nodename={name}", f"state={state}",
                                  f"reason={reason}")
            self.assertEqual(done.returncode, 0, done.stderr)
        for how in FORMATS:
            with self.subTest(format=how):
                said = self.told(how, "n1")["n1"]
                self.assertEqual((said["state"], said["reason"]), ("drained", "bad | disk State=IDLE"))
                self.assertLessEqual(abs(int(said["since"]) - begin), 5)
                said = self.told(how, "n3")["n3"]
                self.assertEqual(said["state"], "down")
                self.assertTrue(said["reason"].startswith("n1|idle"), said["reason"])

    def test_y_a_maintenance_reservation(self):
        """After those that want n2 idle."""
        self.tearDown = lambda: None
        done = self.slurm.run("scontrol", "create", "reservation", "ReservationName=work",
                              "StartTime=now", "Duration=60", "Users=root", "Flags=MAINT,IGNORE_JOBS",
                              "Nodes=n2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.slurm.wait_until("n2", {"maint"})
        for how in FORMATS:
            self.assertEqual(self.told(how, "n2")["n2"]["state"], "maintenance", how)

    def test_z_a_controller_that_is_gone_is_an_error_in_time(self):
        """The last one, as the controller does not come back."""
        self.tearDown = lambda: None
        self.slurm.stop("slurmctld")
        for how in FORMATS:
            with self.subTest(format=how):
                begin = time.monotonic()
                status, said = self.ask(how, "n1", time_ms=500)
                self.assertEqual(status, 1)
                self.assertRegex(said, r'^unavailable: slurm: the command "sinfo" (did not end within'
                                       r' 500 ms|ended with status 1)')
                self.assertLess(time.monotonic() - begin, 5)


if __name__ == "__main__":
    DRIVER = str(pathlib.Path(sys.argv.pop(1)).resolve())
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    if absent := missing():
        print(f"skipped: not installed: {', '.join(absent)}")
        sys.exit(SKIPPED)
    run_lab_tests(as_root=True)
