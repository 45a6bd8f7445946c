"""A real Slurm within one host of the lab: a controller, and a daemon for each of two nodes.

    with Lab(compute=1, login=0) as lab, Slurm(lab) as slurm:
        slurm.run("sinfo", "--all").stdout

Each allocation calls the prolog that is shipped, and that a `lockstep` of the test's own, which notes
when and how it was called: prolog_calls().

n1 and n2 run; the daemon of n3 was never there; n4 belongs to no partition; f5 is FUTURE.
All ends with the lab.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

HOST = "node1"
PROGRAMS = ("munged", "slurmctld", "slurmd", "srun", "sinfo", "squeue", "scontrol", "sdiag")
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE_S = 15

CONFIGURATION = """\
ClusterName=lab
SlurmctldHost={host}({address})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/linear
ReturnToService=0
PrologSlurmctld={folder}/prolog
KillWait=1
NodeName=n[1-3] NodeAddr={address} Port=[17001-17003] CPUs=1 State=UNKNOWN Feature=compute,big
NodeName=n4 NodeAddr={address} Port=17004 CPUs=1 State=DOWN
NodeName=f5 NodeAddr={address} Port=17005 CPUs=1 State=FUTURE
PartitionName=lab Nodes=n[1-3] Default=YES State=UP
PartitionName=hidden Nodes=n1 State=UP Hidden=YES
"""

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROLOG = """\
#!/bin/sh
PATH={folder}/bin:$PATH exec {root}/packaging/slurm/lockstep-prolog
"""
FAKE_LOCKSTEP = """\
#!/bin/sh
echo "$(date +%s.%N) $*" >>{folder}/prolog-calls
"""

CGROUPS = "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\nCgroupMountpoint={folder}/cgroup\n"


def missing():
    """The programs that this machine does not have."""
    return [name for name in PROGRAMS if not shutil.which(name, path=SEARCH_PATH)]


class Slurm:
    def __init__(self, lab):
        self.lab = lab
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-slurm-"))
        self._daemons = {}

    def __enter__(self):
        try:
            self._configure()
            self.start("munged", "munged", "-F", "--force", f"--key-file={self.folder}/munge.key",
                       f"--socket={self.folder}/munge/socket", f"--pid-file={self.folder}/munge/pid",
                       f"--log-file={self.folder}/munge/log", f"--seed-file={self.folder}/munge/seed")
            self.wait(lambda: (self.folder / "munge" / "socket").exists(), "munged")
            self.start("slurmctld", "slurmctld", "-D")
            for node in ("n1", "n2"):
                self.start(node, "slurmd", "-D", "-N", node)
            self.wait_until("n1,n2", {"idle"})
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in list(self._daemons):
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command, environment=None, **options):
        """Runs a command in the host, where it finds this Slurm."""
        options.setdefault("timeout", PATIENCE_S)
        extra = [f"{key}={value}" for key, value in (environment or {}).items()]
        return self.lab.exec(HOST, *self._in_slurm((*extra, *command)), stdin=subprocess.DEVNULL,
                             **options)

    def prolog_calls(self):
        """[(seconds since 1970, the words of the command)], the oldest first."""
        file = self.folder / "prolog-calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(float(when), words) for when, _, words in (line.partition(" ") for line in lines)]

    def queries(self):
        """{message: how many the controller has answered}, by sdiag, but for sdiag's own."""
        counts = {}
        for line in self.run("sdiag").stdout.splitlines():
            if match := re.match(r"\s+(REQUEST_\w+)\s*\(\s*\d+\)\s+count:(\d+)", line):
                counts[match.group(1)] = int(match.group(2))
        counts.pop("REQUEST_STATS_INFO", None)
        return counts

    def start(self, name, *command):
        """Starts a program in the host, with its output in a log."""
        with open(self.folder / f"{name}.log", "w", encoding="utf-8") as log:
            self._daemons[name] = self.lab.popen(HOST, *self._in_slurm(command), stdout=log,
                                                 stderr=log, stdin=subprocess.DEVNULL)

    def stop(self, name):
        process = self._daemons.pop(name)
        process.kill()
        process.wait()

    def wait_until(self, nodes, states):
        """Until sinfo says just these words of the nodes."""
        def now():
            return set(self.run("sinfo", "--all", "-h", "-N", "-n", nodes, "-o", "%T").stdout.split())
        self.wait(lambda: now() == states, f"{nodes} to be {states}")

    def wait(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                logs = "\n".join(f"{log.name}: {log.read_text(errors='replace')[-500:]}"
                                 for log in self.folder.glob("*.log"))
                raise TimeoutError(f"waited for {what}; {logs}")
            time.sleep(0.05)

    def _in_slurm(self, command):
        return ("env", f"SLURM_CONF={self.folder}/slurm.conf", f"PATH={SEARCH_PATH}", *command)

    def _configure(self):
        self.folder.chmod(0o755)
        for name in ("munge", "state", "spool/n1", "spool/n2", "cgroup", "bin"):
            (self.folder / name).mkdir(parents=True)
        address = {host.name: host.ipv4 for host in self.lab.hosts()}[HOST]
        values = {"host": HOST, "address": address, "folder": self.folder}
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(**values))
        (self.folder / "cgroup.conf").write_text(CGROUPS.format(**values))
        for name, text in (("prolog", PROLOG), ("bin/lockstep", FAKE_LOCKSTEP)):
            script = self.folder / name
            script.write_text(text.format(folder=self.folder, root=ROOT))
            script.chmod(0o755)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(64))
        key.chmod(0o400)
