"""The lab for tests in Python.

    with Lab(compute=2, login=1) as lab:
        lab.run("listen", "node1", "4444")
        out = lab.exec("monitor", program, "scan", "198.18.1.1", "--json").stdout
        assert 4444 in lab.listening("node1")

The lab ends with the `with` block, and also when the test process dies, whatever kills it.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from typing import NamedTuple, Optional

SCRIPT = pathlib.Path(__file__).resolve().parent / "lab"
MONITOR_IPV4 = "198.18.0.1"
NOT_ALLOWED = 3
SKIPPED = 77  # what ctest's SKIP_RETURN_CODE expects


class LabError(Exception):
    """A lab command failed; the text is what it said."""


class LabNotAllowed(LabError):
    """This user may not create namespaces on this machine."""


class Host(NamedTuple):
    name: str
    node_class: str
    ipv4: str
    ipv6: str


class Lab:
    """One lab, up between __enter__ and __exit__. Options are those of `lab up`, in keyword form:
    compute, login, wide, ports, seed (numbers), direct, user_namespace (True)."""

    def __init__(self, state: Optional[os.PathLike] = None, **options):
        self._own_folder = None if state else tempfile.mkdtemp(prefix="lockstep-lab-")
        self.state = pathlib.Path(state) if state else pathlib.Path(self._own_folder, "state")
        self._options = []
        for name, value in options.items():
            self._options.append("--" + name.replace("_", "-"))
            if value is not True:
                self._options.append(str(value))
        self._supervisor = None

    def __enter__(self) -> "Lab":
        self._supervisor = subprocess.Popen(
            [SCRIPT, "up", "--foreground", "--state", self.state, *self._options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self._supervisor.stdout.readline() != "ready\n":
            _, said = self._supervisor.communicate()
            self._remove_folder()
            failed = LabNotAllowed if self._supervisor.returncode == NOT_ALLOWED else LabError
            raise failed(said.strip())
        return self

    def __exit__(self, *_):
        self._supervisor.stdin.close()
        self._supervisor.wait(timeout=30)
        self._supervisor.stdout.close()
        self._supervisor.stderr.close()
        self._remove_folder()

    def _remove_folder(self):
        if self._own_folder:
            shutil.rmtree(self._own_folder)

    def command(self, *arguments) -> list:
        """The command line of a lab command, for subprocess."""
        name, *rest = map(str, arguments)
        return [str(SCRIPT), name, "--state", str(self.state), *rest]

    def run(self, *arguments) -> str:
        """Runs a lab command ("kill", "node1", "sshd") and returns what it printed."""
        done = subprocess.run(self.command(*arguments), stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise LabError(done.stderr.strip())
        return done.stdout

    def exec(self, place: str, *command, **options) -> subprocess.CompletedProcess:
        """Runs a command in "monitor" or a host: subprocess.run with its output captured."""
        options = {"capture_output": True, "text": True} | options
        return subprocess.run(self.command("exec", place, "--", *command), **options)

    def popen(self, place: str, *command, **options) -> subprocess.Popen:
        """Starts a command in there. It dies with the returned process; use signal() to send it
        a signal of its own."""
        return subprocess.Popen(self.command("exec", place, "--", *command), **options)

    @staticmethod
    def signal(process: subprocess.Popen, number: signal.Signals):
        """Sends a signal to the command of popen(). The returned process is only the door into
        the namespaces; the command is its one child, there once it has opened."""
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        os.kill(int(children.split()[0]), number)

    def hosts(self) -> list:
        """Every host, in order. The wide host is not among them."""
        return [Host(*line.split("\t")) for line in self.run("hosts").splitlines()]

    def listening(self, host: str, family: Optional[int] = None) -> set:
        """The TCP ports that listen there, says the host's own kernel; of 4 or 6 only."""
        family_option = [f"-{family}"] if family else []
        return {int(port) for port in self.run("listening", *family_option, host).split()}

    def wide_listening(self) -> set:
        """(address, port) of every listening socket of the wide host."""
        pairs = (line.split() for line in self.run("listening", "wide").splitlines())
        return {(address, int(port)) for address, port in pairs}


def run_lab_tests(as_root: bool = False):
    """Ends this process with the result of its test cases, or as skipped where no lab can be built
    (or, with as_root, where we are not root)."""
    if as_root and os.geteuid() != 0:
        print("skipped: the daemons change their users, which needs root")
        sys.exit(SKIPPED)
    try:
        with Lab(compute=0, login=0):
            pass
    except LabNotAllowed as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main()
