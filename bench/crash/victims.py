"""The processes of a daemon, by what they are."""

import contextlib
import os
import pathlib
import time
from typing import NamedTuple

KINDS = ("core", "launcher", "sender", "dialogue worker", "keeper", "plug-in host", "guard", "plug-in",
         "lockstep-pcp")
# How long one lives, for moments anywhere in its life.
LIVES_S = {"core": 1, "launcher": 1, "sender": 0.03, "dialogue worker": 0.5, "keeper": 1,
           "plug-in host": 2, "plug-in": 2, "guard": 2,
           "lockstep-pcp": 1}
WORDS = {b"sender-launcher": "launcher", b"sender": "sender", b"dialogue-worker": "dialogue worker",
         b"plugin-keeper": "keeper"}


class Process(NamedTuple):
    pid: int
    born: str  # a number that is used again has another
    kind: str


def born(pid):
    """When it started, in ticks; "" where it is not, or is only remains."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def children(pid):
    """Of each of its threads."""
    found = []
    with contextlib.suppress(OSError):  # it may end while we look
        for thread in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, thread.read_text().split())
    return found


def kind_of(pid, parent):
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
    if parent == "guard":
        return "plug-in"
    if parent == "plug-in":
        return "of a plug-in"
    if name == "lockstep-pcp":
        return name
    # Copies by fork, of the keeper and of one another.
    if name == "plug-in host" or name == "plugin-host":
        return "guard" if parent == "plug-in host" else "plug-in host"
    if len(words) > 1 and words[1] in WORDS:
        return WORDS[words[1]]
    return ""


def core_of(daemon):
    """The door into the namespaces has the daemon for its one child."""
    return next(iter(children(daemon.process.pid)), 0)


def processes(core):
    """The core and all below it. One that is just being born may be missing, or of no kind."""
    found = [Process(core, born(core), "core")]
    queue = [(core, "core")]
    while queue:
        parent, kind = queue.pop()
        for pid in children(parent):
            each = Process(pid, born(pid), kind_of(pid, kind))
            if each.born:
                found.append(each)
                queue.append((pid, each.kind))
    return found


def find(core, kind, patience_s):
    """One of that kind, as soon as there is one; None where there is none in time."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and born(core):
        for each in processes(core):
            if each.kind == kind:
                return each
        time.sleep(0.005)
    return None


def kill(process):
    """kill -9, if it is still the same. Returns whether it was."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        if born(process.pid) != process.born:
            return False
        os.kill(process.pid, 9)
        return True
    finally:
        os.close(handle)


def place_of(pid):
    """Its PID namespace: another daemon may be tried on this machine, in a lab of its own."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def left_over(known, place, program, plugin):
    """Those of `known` that are still there, and whatever else in that place runs this program's
    parts or the plug-in; called while no command and no daemon should run."""
    left = [each for each in known if born(each.pid) == each.born]
    names = (b"sender", b"sender-launcher", b"dialogue-worker", b"serve")
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or place_of(entry.name) != place:
            continue
        if any(each.pid == int(entry.name) for each in left):
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            executable = os.readlink(entry / "exe")
        except OSError:
            continue
        ours = executable == str(program) and any(word in names for word in words)
        if (ours or str(plugin).encode() in words) and born(int(entry.name)):
            left.append(Process(int(entry.name), born(int(entry.name)), "stray"))
    return left
