"""A network for PCP: `near`, where the collector runs, `far` with real pmcds, and `bad` with others.

    if __name__ == "__main__":
        enter()                      # this script again, in namespaces of its own
    with PcpNet(answering=64) as net:
        net.near("pminfo", "-h", net.addresses[0], "-f", "kernel.all.load")

Each pmcd answers on 4 addresses of 198.18.1.0/24, in a namespace of its own: its backlog is 5, and all come
at once. It listens on all of its namespace, since with several -i it corrupts its memory (6.0.3). In bad,
the addresses of 198.18.2.0/24 refuse, of
198.18.3.0/24 each packet is dropped, and 198.18.4.0/24 is for servers of a test's own. Nobody has
198.18.5.0/24. There is no way out, and all ends with the process that has called enter().
"""

import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77  # what ctest's SKIP_RETURN_CODE expects
PORT = 44321
A_PMCD = 4  # addresses
MONITOR = "198.18.0.1"
PMCD = "/usr/lib/pcp/bin/pmcd"
PMNSMERGE = "/usr/lib/pcp/bin/pmnsmerge"
PMNS = [f"/usr/lib/pcp/pmns/root_{part}" for part in ("root", "pmcd", "linux")]
PMDAS = "/var/lib/pcp/pmdas"
INSIDE = "LOCKSTEP_PCPNET"
PATIENCE_S = 20

CONFIG = f"""\
pmcd 2 dso pmcd_init {PMDAS}/pmcd/pmda_pmcd.so
linux 60 pipe binary {PMDAS}/linux/pmdalinux
[access]
allow ".*" : fetch;
allow ":*" : fetch;
"""


def enter():
    """Goes on in namespaces of this process's own, or ends it as skipped where that is not allowed."""
    missing = [tool for tool in (PMCD, PMNSMERGE, "pminfo", "nft") if not shutil.which(tool)]
    if missing:
        print(f"skipped: not installed: {', '.join(missing)} (scripts/install-packages check)")
        sys.exit(SKIPPED)
    if os.environ.get(INSIDE):
        return
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command += ["--user", "--map-root-user"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        print("skipped: no right to make namespaces")
        sys.exit(SKIPPED)
    os.environ[INSIDE] = "1"
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class PcpNet:
    def __init__(self, answering=1):
        self.addresses = [f"198.18.1.{i}" for i in range(answering)]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-pcp-"))
        self._pmcds = []
        self._far = []
        self._bad = None

    def __enter__(self):
        run("ip", "link", "set", "lo", "up")
        for first in range(0, len(self.addresses), A_PMCD):
            self._far.append(self._namespace("far", f"198.18.1.{first}/30", number=first))
        self._bad = self._namespace("bad", "198.18.2.0/24", "198.18.3.0/24", "198.18.4.0/24")
        run("ip", "route", "add", "198.18.5.0/24", "dev", "to-bad", "src", MONITOR)
        self.bad("nft", "-f", "-", input="table inet drops { chain in { type filter hook input "
                 "priority 0; ip daddr 198.18.3.0/24 drop; }; }")
        run(PMNSMERGE, "-f", *PMNS, str(self.folder / "root"))
        (self.folder / "pmcd.conf").write_text(CONFIG, encoding="ascii")
        self.start_pmcd()
        return self

    def __exit__(self, *_):
        self.stop_pmcd()
        for holder in (*self._far, self._bad):
            holder.kill()
            holder.wait()
        wait_for(lambda: "to-" not in run("ip", "link"), "the end of the links")
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _namespace(name, *networks, number=""):
        """A process in a namespace that has all addresses of `networks`, behind a link of its name."""
        holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"],
                                  preexec_fn=die_with_parent)
        own = os.readlink("/proc/self/ns/net")
        wait_for(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != own, "a namespace")
        door = door_of(holder)
        run("ip", "link", "add", f"to-{name}{number}", "type", "veth", "peer", "name", name)
        run("ip", "link", "set", name, "netns", str(holder.pid))
        run("ip", "addr", "add", f"{MONITOR}/32", "dev", f"to-{name}{number}")
        run("ip", "link", "set", f"to-{name}{number}", "up")
        for words in ("link set lo up", f"link set {name} up",
                      f"addr add 198.18.0.2 peer {MONITOR} dev {name}"):
            run(*door, "ip", *words.split())
        for network in networks:
            run(*door, "ip", "route", "add", "local", network, "dev", "lo")
            run("ip", "route", "add", network, "dev", f"to-{name}{number}", "src", MONITOR)
        return holder

    def start_pmcd(self):
        for number, holder in enumerate(self._far):
            place = self.folder / str(number)
            place.mkdir(exist_ok=True)
            self._pmcds.append(subprocess.Popen(
                [*door_of(holder), PMCD, "-f", "-A", "-U", "root", "-n", self.folder / "root",
                 "-c", self.folder / "pmcd.conf", "-l", place / "pmcd.log", "-x", place / "pmcd.fatal",
                 "-s", place / "socket"],
                env={**os.environ, "PCP_RUN_DIR": str(place), "PCP_LOG_DIR": str(place),
                     "PCP_TMP_DIR": str(place)},
                cwd=place, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent))
        for address in self.addresses[::A_PMCD]:
            wait_for(lambda to=address: answers(to), "pmcd", self._last_words)

    def stop_pmcd(self):
        for pmcd in self._pmcds:
            pmcd.terminate()
        for pmcd in self._pmcds:
            pmcd.wait()
        self._pmcds = []

    def _last_words(self):
        return "\n".join(file.read_text() for file in self.folder.glob("*/pmcd.[lf]*"))

    def far(self, *command, **options):
        """Runs a command where the first pmcd is; what it printed."""
        return run(*door_of(self._far[0]), *command, **options)

    def bad(self, *command, **options):
        return run(*door_of(self._bad), *command, **options)

    def bad_popen(self, *command, **options):
        return subprocess.Popen([*door_of(self._bad), *command], preexec_fn=die_with_parent,
                                **options)

    @staticmethod
    def near(*command, **options):
        return run(*command, **options)


def door_of(holder):
    return ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]


def run(*command, check=True, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


def answers(address):
    try:
        with socket.create_connection((address, PORT), timeout=1):
            return True
    except OSError:
        return False


def wait_for(condition, what, why=lambda: ""):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} does not come: {why()}")
        time.sleep(0.02)
