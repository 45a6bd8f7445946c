"""A daemon within a lab, for tests.

    with Lab(compute=3, login=0) as lab, Daemon(lab, PROGRAM) as daemon:
        daemon.run("alerts")
"""

import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import textwrap
import time

PATIENCE_S = 30
STOP_WITHIN_S = 5

CONFIGURATION = """\
[cluster]
name = "lab"
[store]
url = "sqlite://{folder}/lockstep.db"
[scan]
allow = ["198.18.0.0/15"]
rate = "unlimited"
group_rate = "unlimited"
node_rate = "{node_rate}"
[analysis]
missing_after_s = 0
reask_interval_s = 0
"""

INSTANCES = """\
[instance.fast-ports]
collector = "ports"
ports = "default,4444"
interval = "10s"
"""


class Daemon:
    def __init__(self, lab, program, instances=INSTANCES, more="", node_rate="unlimited",
                 nodes=None, place="monitor", wrap=()):
        self.lab = lab
        self.program = program
        self.place = place
        self.wrap = tuple(wrap)
        self.folder = tempfile.mkdtemp(prefix="lockstep-daemon-")
        pathlib.Path(self.folder).chmod(0o711)  # plug-ins are another user's
        self.config = pathlib.Path(self.folder, "lockstep.toml")
        self.log = pathlib.Path(self.folder, "log")
        self.process = None
        self.nodes = self._nodes(lab) if nodes is None else nodes
        self.node_rate = node_rate
        self.more = more
        self.instances = instances
        self.write()

    @staticmethod
    def _nodes(lab):
        return "".join(
            textwrap.dedent(f"""\
                [[nodes]]
                nodes = "{host.name}"
                class = "{host.node_class}"
                addresses = ["{host.ipv4}"]
            """) for host in lab.hosts())

    def write(self):
        self.config.write_text(
            CONFIGURATION.format(folder=self.folder, node_rate=self.node_rate)
            + self.more + self.instances + self.nodes, encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        """Starts it, and waits until it answers."""
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = self.lab.popen(self.place, *self.wrap, self.program, "--config",
                                          str(self.config), "serve", stdout=log, stderr=log,
                                          stdin=subprocess.DEVNULL)
        self.wait(lambda: self.run("status").returncode in (0, 1), "the daemon to answer")

    def pid(self):
        return self.status()["pid"]

    def stop(self):
        """Ends it as an administrator would. Returns its exit status, and how long it took."""
        begun = time.monotonic()
        self.lab.signal(self.process, signal.SIGTERM)
        try:
            status = self.process.wait(timeout=PATIENCE_S)
        finally:
            self.process = None
        return status, time.monotonic() - begun

    def command(self, *arguments):
        return (self.program, "--config", str(self.config), *arguments)

    def run(self, *arguments, **options):
        return self.lab.exec(self.place, *self.command(*arguments),
                             **({"timeout": 120} | options))

    def json(self, *arguments):
        done = self.run(*arguments, "--json")
        if done.returncode not in (0, 1):
            raise AssertionError(done.stderr + self.log.read_text(errors="replace")[-2000:])
        return json.loads(done.stdout)

    def status(self):
        return self.json("status")

    def alerts(self, *options):
        """{(kind, nodes, port)} of what is wrong."""
        return {(row["kind"], row["nodes"], row["port"])
                for row in self.json("alerts", *options)["alerts"]}

    def runs(self, instance):
        return [run for run in self.json("runs", "--limit", "1000")["runs"]
                if run["instance"] == instance]

    def learn(self, classes=("compute",), ports="default,4444"):
        """Profiles by consensus, approved; before the daemon runs."""
        for name in classes:
            for words in (("learn", "--class", name, "--from", self._first(name), "--ports", ports),
                          ("approve", "--class", name)):
                done = self.run("profile", *words)
                if done.returncode:
                    raise AssertionError(done.stdout + done.stderr)

    def _first(self, name):
        return next(host.name for host in self.lab.hosts() if host.node_class == name)

    def wait(self, condition, what, patience=PATIENCE_S):
        deadline = time.monotonic() + patience
        while not condition():
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError("the daemon ended: " + self.log.read_text(errors="replace"))
            if time.monotonic() > deadline:
                raise AssertionError(f"waited for {what}; {self.run('status').stdout}"
                                     f"{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
