"""A real Slurm in the lab.

    with Lab(compute=1, login=0) as lab, Slurm(lab) as slurm:
        slurm.run("sinfo", "--all").stdout

Slurm is in one host, a controller and a daemon for each of two nodes: n1 and n2 run; the daemon of n3
was never there; n4 belongs to no partition; f5 is FUTURE. In SpreadSlurm each host of the lab is a node
with a daemon of its own, and the controller is in the monitor's place.

Each allocation calls the prolog that is shipped, and that a `lockstep` of the test's own, which notes
when and how it was called: prolog_calls(). It does no more until tell() names the real one.

All ends with the lab.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from lab import MONITOR_IPV4

HOST = "node1"
PROGRAMS = ("munged", "slurmctld", "slurmd", "srun", "sinfo", "squeue", "scontrol", "sdiag")
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE_S = 15
SLURMD_PORT = 6818

COMMON = """\
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
"""

ONE_HOST = """\
NodeName=n[1-3] NodeAddr={address} Port=[17001-17003] CPUs=1 State=UNKNOWN Feature=compute,big
NodeName=n4 NodeAddr={address} Port=17004 CPUs=1 State=DOWN
NodeName=f5 NodeAddr={address} Port=17005 CPUs=1 State=FUTURE
PartitionName=lab Nodes=n[1-3] Default=YES State=UP
PartitionName=hidden Nodes=n1 State=UP Hidden=YES
"""

# Nodes can be powered down, by hand alone.
POWER_SAVING = """\
SuspendProgram=/bin/true
ResumeProgram=/bin/true
SuspendTime=86400
SuspendTimeout=1
ResumeTimeout=60
"""

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROLOG = """\
#!/bin/sh
PATH={folder}/bin:$PATH exec {root}/packaging/slurm/lockstep-prolog
"""
LOCKSTEP = """\
#!/bin/sh
echo "$(date +%s.%N) $*" >>{folder}/prolog-calls
{then}
"""

CGROUPS = "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\nCgroupMountpoint={folder}/cgroup\n"


def missing():
    """The programs that this machine does not have."""
    return [name for name in PROGRAMS if not shutil.which(name, path=SEARCH_PATH)]


class Slurm:
    place = HOST
    running = {"n1": HOST, "n2": HOST}  # its nodes with a daemon, and where that is

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
            for node, place in self.running.items():
                self.start(node, "slurmd", "-D", "-N", node, place=place)
            self.wait_until(",".join(self.running), {"idle"})
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in list(self._daemons):
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command, environment=None, **options):
        """Runs a command in the controller's place, where it finds this Slurm."""
        options.setdefault("timeout", PATIENCE_S)
        extra = [f"{key}={value}" for key, value in (environment or {}).items()]
        return self.lab.exec(self.place, *self.words(), *extra, *command, stdin=subprocess.DEVNULL,
                             **options)

    def words(self):
        """What stands before a command that is to find this Slurm."""
        return ("env", f"SLURM_CONF={self.folder}/slurm.conf", f"PATH={SEARCH_PATH}")

    def tell(self, program, config):
        """From now on the prolog tells the daemon that runs with this configuration."""
        self._write_lockstep(f"LOCKSTEP_CONFIG={config} exec {program} \"$@\"")

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

    def start(self, name, *command, place=None):
        """Starts a program, in the controller's place or another, with its output in a log."""
        with open(self.folder / f"{name}.log", "w", encoding="utf-8") as log:
            self._daemons[name] = self.lab.popen(place or self.place, *self.words(), *command,
                                                 stdout=log, stderr=log, stdin=subprocess.DEVNULL)

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

    def _write_lockstep(self, then=""):
        script = self.folder / "bin" / "lockstep"
        script.write_text(LOCKSTEP.format(folder=self.folder, then=then))
        script.chmod(0o755)

    def _nodes(self):
        """Its part of the configuration, and the controller's name and address."""
        address = {host.name: host.ipv4 for host in self.lab.hosts()}[HOST]
        return ONE_HOST.format(address=address), HOST, address

    def _configure(self):
        self.folder.chmod(0o755)
        for name in ("munge", "state", "cgroup", "bin", *(f"spool/{node}" for node in self.running)):
            (self.folder / name).mkdir(parents=True)
        nodes, host, address = self._nodes()
        values = {"host": host, "address": address, "folder": self.folder}
        (self.folder / "slurm.conf").write_text(COMMON.format(**values) + nodes)
        (self.folder / "cgroup.conf").write_text(CGROUPS.format(**values))
        prolog = self.folder / "prolog"
        prolog.write_text(PROLOG.format(folder=self.folder, root=ROOT))
        prolog.chmod(0o755)
        self._write_lockstep()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(64))
        key.chmod(0o400)


class SpreadSlurm(Slurm):
    """Each compute host is a node of its name. All reach the one munge through its socket, since the
    hosts share the file system."""

    place = "monitor"

    def __init__(self, lab):
        super().__init__(lab)
        self.running = {host.name: host.name for host in lab.hosts()}

    def _nodes(self):
        lines = [f"NodeName={host.name} NodeAddr={host.ipv4} Port={SLURMD_PORT} CPUs=1 State=UNKNOWN "
                 f"Feature={host.node_class}" for host in self.lab.hosts()]
        names = ",".join(self.running)
        lines.append(f"PartitionName=lab Nodes={names} Default=YES State=UP")
        return POWER_SAVING + "\n".join(lines) + "\n", "monitor", MONITOR_IPV4
