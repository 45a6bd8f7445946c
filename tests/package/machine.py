"""A clean Debian with systemd as its first process, in namespaces without an uplink, for tests.

    with Machine() as machine:
        machine.install(package)              # by apt, while there is a mirror and no systemd
        machine.boot()
        machine.run("systemctl", "start", "lockstep")

All of it ends with the `with` block, and with the test process.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

BOOT = pathlib.Path(__file__).resolve().parent / "boot"
PATIENCE_S = 30
# A root that is there already is copied: for who changes the tests.
BASE = os.environ.get("LOCKSTEP_TRIAL_ROOT")
MIRROR = os.environ.get("LOCKSTEP_DEBIAN_MIRROR", "http://deb.debian.org/debian")
# What a clean system has beyond the essential: the service manager and its bus.
PACKAGES = "systemd,systemd-sysv,dbus,libcap2-bin,procps"
SKIPPED = 77  # what ctest's SKIP_RETURN_CODE expects


class CannotTry(Exception):
    """This machine cannot do it; the text says what is missing."""


def cgroup_mount():
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        words = line.split()
        if words[2] == "cgroup2" and "rw" in words[3].split(","):
            return pathlib.Path(words[1])
    raise CannotTry("no control groups of version 2 are mounted")


def require():
    if os.geteuid() != 0:
        raise CannotTry("it takes root")
    for program in ("debootstrap", "nsenter", "unshare", "ip"):
        if shutil.which(program) is None:
            raise CannotTry(f"{program} is not installed")
    cgroup_mount()


def wait_until(condition, what, patience_s=PATIENCE_S):
    end = time.monotonic() + patience_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {patience_s} s")
        time.sleep(0.1)


class Machine:
    def __init__(self):
        require()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-machine-"))
        self.root = self.folder / "root"
        self.group = cgroup_mount() / self.folder.name
        self.keeper = None  # unshare, whose end is the end of all
        self.first = None   # the process that is 1 inside
        self.others = []

    def __enter__(self):
        try:
            how = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", self.root,
                   MIRROR] if BASE is None else ["cp", "-a", BASE, self.root]
            done = subprocess.run(how, capture_output=True, text=True, timeout=240, check=False)
            if done.returncode != 0:
                raise CannotTry("debootstrap: " + " ".join(done.stdout.split())[-300:])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.others:
            process.kill()
            process.wait()
        if self.keeper is not None:
            self.keeper.kill()
            self.keeper.wait()
            wait_until(lambda: not pathlib.Path(f"/proc/{self.first}").exists(), "its end")
        if self.group.is_dir():
            wait_until(self._remove_groups, "its control groups are empty")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remove_groups(self):
        try:
            for folder, _, _ in os.walk(self.group, topdown=False):
                os.rmdir(folder)
        except OSError:
            return False
        return True

    def offline(self, *words, check=True):
        """Runs a command in the root while no systemd runs there, with this machine's network."""
        inside = ("mount --make-rprivate / && mount -t proc proc \"$0/proc\" && exec chroot \"$0\""
                  " \"$@\"")
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                       "DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", inside, self.root,
             *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=240, check=check)

    def give(self, file, place):
        shutil.copy(file, self.root / place.lstrip("/"))

    def boot(self):
        self.group.mkdir()
        # timeout and kill do not end it: systemd takes SIGTERM for a wish to start again.
        self.keeper = subprocess.Popen(
            ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec unshare --pid --mount --net --uts --ipc'
             ' --cgroup --fork --kill-child=KILL "$@"', self.group, BOOT, self.root],
            stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        children = pathlib.Path(f"/proc/{self.keeper.pid}/task/{self.keeper.pid}/children")
        self.first = int(wait_until(lambda: children.read_text().strip(), "the first process"))
        wait_until(lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip()
                   in ("running", "degraded"), "systemd has started")

    def run(self, *words, check=True, user=None):
        if user is not None:
            words = ("runuser", "-u", user, "--", *words)
        done = subprocess.run(
            ["nsenter", "-t", str(self.first), "-m", "-u", "-i", "-n", "-p", "-C", "--", "env", "-i",
             "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
             *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
            check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{words}: status {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def add_node(self, address, listener):
        """A neighbour behind a link of its own, which greets like an SSH server on one TCP port."""
        node = subprocess.Popen(
            ["nsenter", "-t", str(self.first), "-n", "unshare", "--net", "python3", "-c", NODE, address,
             str(listener)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=die_with_parent)
        self.others.append(node)
        node.stdout.readline()
        link = ["nsenter", "-t", str(self.first), "-n", "ip"]
        for words in (["link", "set", "lo", "up"],
                      ["link", "add", "cluster", "numtxqueues", "2", "numrxqueues", "2", "type", "veth",
                       "peer", "name", "node0", "numtxqueues", "2", "numrxqueues", "2", "netns",
                       str(node.pid)],
                      ["addr", "add", "198.18.0.1/24", "dev", "cluster"],
                      ["link", "set", "cluster", "up"]):
            subprocess.run([*link, *words], check=True)
        node.stdin.write("\n")
        node.stdin.flush()
        node.stdout.readline()


NODE = """
import socket, subprocess, sys, threading
print("here", flush=True)
sys.stdin.readline()
for words in ("link set lo up", f"addr add {sys.argv[1]}/24 dev node0", "link set node0 up"):
    subprocess.run(["ip", *words.split()], check=True)
subprocess.run(["ethtool", "-K", "node0", "gro", "on"], check=False)
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))

def hang_up():
    metrics = socket.create_server((sys.argv[1], 44321))
    while True:
        metrics.accept()[0].close()

threading.Thread(target=hang_up, daemon=True).start()
print("listens", flush=True)
while True:
    with listener.accept()[0] as asked:
        asked.sendall(b"SSH-2.0-OpenSSH_9.2p1\\r\\n")
        asked.settimeout(2)
        try:
            asked.recv(1000)
        except OSError:
            pass
"""


def die_with_parent():
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
