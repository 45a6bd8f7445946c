"""Real TCP daemons in hosts of the lab, with the truth about each.

    with Lab(compute=hosts_needed(), login=0) as lab, Daemons(lab) as daemons:
        daemons.running    # {daemon: [Truth of each of its ports]}
        daemons.absent     # {daemon: the package that is not installed}
        daemons.failed     # {daemon: why, and its last words}

A daemon runs when each of its ports has answered as its row says. All have their customary ports,
so those that would collide run on different hosts. Each has a folder of its own for configuration,
state and log. Every host has /etc and /var of its own, copies in memory, for what a daemon writes
wherever it likes; so nothing of it reaches the machine. Whatever forks, detaches or changes its
user ends with the lab, which is a PID namespace.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
from typing import NamedTuple

from daemon import fill, pattern
from tables import DAEMONS

ASK = pathlib.Path(__file__).resolve().parent / "ask.py"
PATIENCE_S = 60
MOST_HOSTS = 8
SEARCH_PATH = os.environ.get("PATH", "") + ":" + ":".join((
    "/usr/sbin", "/sbin", "/usr/lib/postgresql/15/bin", "/usr/lib/frr", "/usr/lib/pcp/bin"))
LAB_PORTS = {22, 111, 9100}  # the lab's own on each of its compute hosts


class Truth(NamedTuple):
    """What is the case on one port, whoever asks. See Port in daemon.py for the fields it shares.
    `plain` says what a plain connection gets: "banner", "silence", "end", or "tls" (silence, as
    the far end waits for a handshake). No product, no version."""

    daemon: str
    package: str
    host: str
    address: str
    port: int
    protocol: str
    product: str
    version: str
    tells: str
    tls: bool
    plain: str


def placement(names=tuple(DAEMONS)):
    """{daemon: the number of its host}: of those where all its ports are free the emptiest."""
    taken = {number: set(LAB_PORTS) for number in range(1, MOST_HOSTS + 1)}
    result = {}
    for name in names:
        if not DAEMONS[name].command:
            result[name] = 1
            continue
        ports = {port.number for port in DAEMONS[name].ports}
        free = [number for number, others in taken.items() if not ports & others]
        result[name] = min(free, key=lambda number: len(taken[number]))
        taken[result[name]] |= ports
    return result


def hosts_needed(names=tuple(DAEMONS)):
    """How many compute hosts the lab must have for these."""
    return max(placement(names).values())


def upstream(version):
    """The authors' version within Debian's: 1:4.17.12+dfsg-0+deb12u4 is 4.17.12."""
    version = re.sub(r"^\d+:", "", version)
    version = re.sub(r"-[^-]*$", "", version)
    return re.sub(r"([+~]|\.ds\d|\.dfsg).*$", "", version)


def is_there(program):
    return shutil.which(program, path=SEARCH_PATH) or (
        program.startswith("/") and pathlib.Path(program).exists())


def output(*command):
    """What a command prints, "" if it does not end in time or is not there."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL, timeout=PATIENCE_S).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


class Daemons:
    """The daemons that this machine has, running."""

    def __init__(self, lab, names=tuple(DAEMONS)):
        self.lab = lab
        self.running, self.absent, self.failed = {}, {}, {}
        self._placed = placement(names)
        self._hosts = {f"node{number}" for number in self._placed.values()}
        self._addresses = {host.name: host.ipv4 for host in lab.hosts()}
        self._processes, self._versions = {}, {}

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-services-"))
        self.folder.chmod(0o755)  # some change their user
        try:
            self._start_all()
            self._await()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in list(self._processes):
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self, name):
        process = self._processes.pop(name)
        if process:
            process.stdin.close()
            process.kill()
            process.wait()

    def address(self, name):
        return self._addresses[self.host(name)]

    def host(self, name):
        return f"node{self._placed[name]}"

    def ask(self, questions):
        """What ports say to the monitor: the answers of ask.py, in order."""
        done = self.lab.exec("monitor", "python3", ASK, input=json.dumps(questions), check=True)
        return json.loads(done.stdout)

    def question(self, name, port, listen_s, wait_s=5):
        return {"address": self.address(name), "port": port.number, "tls": port.tls,
                "ask": port.ask.decode("latin-1"), "listen_s": listen_s, "wait_s": wait_s}

    def objection(self, name, port, said):
        """What is wrong with an answer of ask.py, or ""."""
        version = self._versions[name]
        if said["error"]:
            return said["error"]
        if not pattern(port.first, version).match(said["first"].encode("latin-1")):
            return f"first came {said['first'][:200]!r}"
        if port.answer and not pattern(port.answer, version).search(said["answer"].encode("latin-1")):
            return f"the answer was {said['answer'][:300]!r}"
        return ""

    def last_words(self, name):
        log = self.folder / name / "log"
        return " | ".join(log.read_text(errors="replace").splitlines()[-5:]) if log.exists() else ""

    def truths(self):
        """Every port of the daemons that run."""
        return [truth for truths in self.running.values() for truth in truths]

    def _start_all(self):
        for host in self._hosts:
            self._seclude(host)
        present = [name for name in self._placed if is_there(DAEMONS[name].program)]
        self.absent = {name: DAEMONS[name].package for name in self._placed if name not in present}
        self._versions = {name: upstream(told.strip())
                          for name, told in self._known_versions(present).items()}
        for name in present:
            self._start(name)

    def _seclude(self, host):
        """Copies in memory of what daemons write where nobody can tell them not to; the names of
        the hosts, as some look up their own; and no name server, as there is none to wait for."""
        names = "".join(f"{address} {name}\n" for name, address in self._addresses.items())
        script = """
            mkdir /run/copies && mount -t tmpfs lab /run/copies
            mkdir /run/folder && mount --bind "$1" /run/folder
            for folder in etc var tmp; do
              mkdir -p /run/copies/$folder/upper /run/copies/$folder/work
              chmod --reference /$folder /run/copies/$folder/upper
              mount -t overlay -o lowerdir=/$folder,upperdir=/run/copies/$folder/upper lab \
                -o workdir=/run/copies/$folder/work /$folder
            done
            mount --bind /run/folder "$1"
            mount -t tmpfs -o mode=1777 lab /dev/shm
            rm -f /etc/resolv.conf && : >/etc/resolv.conf
            cat >/etc/hosts && chmod 1777 /run"""
        self.lab.exec(host, "sh", "-ec", script, "sh", self.folder,
                      input=f"127.0.0.1 localhost\n{names}", check=True)

    def _start(self, name):
        daemon = DAEMONS[name]
        folder = self.folder / name
        folder.mkdir()
        values = {"address": self.address(name), "folder": folder, "host": self.host(name)}
        for file, text in daemon.files.items():
            (folder / file).write_text(fill(text, **values))
        if not daemon.command:
            self._processes[name] = None
            return
        command = "\n".join(["set -e", f"cd {folder}", f"PATH={SEARCH_PATH}", f"HOME={folder}",
                             fill(daemon.prepare, **values), fill(daemon.command, **values)])
        with open(folder / "log", "wb") as log:
            # In a session of its own: some end by a signal to their whole process group, which
            # would be ours.
            self._processes[name] = self.lab.popen(
                self.host(name), "sh", "-c", command, stdin=subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True)

    @staticmethod
    def _known_versions(names):
        """{daemon: version as it is told}, by the packages in one go."""
        packages = sorted({DAEMONS[name].package for name in names if not DAEMONS[name].version})
        told = output("dpkg-query", "-W", "-f", "${Package} ${source:Version}\n", *packages)
        by_package = dict(line.split(maxsplit=1) for line in told.splitlines() if " " in line)
        return {name: output("sh", "-c", f"PATH={SEARCH_PATH}; {DAEMONS[name].version}")
                if DAEMONS[name].version else by_package.get(DAEMONS[name].package, "")
                for name in names}

    def _await(self):
        """Until each has answered, or ended, or the patience has."""
        deadline = time.monotonic() + PATIENCE_S
        waiting = dict.fromkeys(self._processes, "it does not listen")
        while waiting:
            ready = self._listening(waiting)
            waiting |= self._objections(ready)
            for name in [name for name in ready if not waiting[name]]:
                self.running[name] = [self._truth(name, port) for port in DAEMONS[name].ports]
                del waiting[name]
            for name, why in list(waiting.items()):
                process = self._processes[name]
                ended = process is not None and process.poll() is not None and name not in ready
                if ended or time.monotonic() >= deadline:
                    self.failed[name] = f"{why}; its last words: {self.last_words(name)}"
                    del waiting[name]
            time.sleep(0.3)

    def _listening(self, names):
        """Those whose ports all have a listener, says the kernel of their host."""
        ports = {host: self.lab.listening(host) for host in {self.host(name) for name in names}}
        return [name for name in names
                if {port.number for port in DAEMONS[name].ports} <= ports[self.host(name)]]

    def _objections(self, names):
        """{daemon: what is wrong with the answers of its ports, or ""}."""
        asked = [(name, port) for name in names for port in DAEMONS[name].ports]
        answers = self.ask([self.question(name, port, port.slow_s + 2 if port.first else 0, 2)
                            for name, port in asked]) if asked else []
        result = {name: [] for name in names}
        for (name, port), answer in zip(asked, answers):
            objection = self.objection(name, port, answer)
            if objection:
                result[name].append(f"port {port.number}: {objection}")
        return {name: "; ".join(objections) for name, objections in result.items()}

    def _truth(self, name, port):
        daemon = DAEMONS[name]
        plain = ("tls" if port.tls else "banner" if port.first else "end" if port.closes
                 else "silence")
        return Truth(name, daemon.package, self.host(name), self.address(name), port.number,
                     port.protocol, daemon.product, self._versions[name] if daemon.product else "",
                     port.tells, port.tls, plain)
