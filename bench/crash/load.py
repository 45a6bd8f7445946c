"""What the daemon is under while it is killed: a plug-in, services that come and go, and a person who
acknowledges, silences and changes instances all the time, and notes what was acknowledged to him."""

import json
import pathlib
import random
import subprocess
import textwrap
import threading
import time

NODES = [f"node{number}" for number in range(1, 7)]
LASTING = {node: 41000 + number for number, node in enumerate(NODES, 1)}  # until the end
PASSING = range(42001, 42009)  # come and go
PMCD = 44321
TICK_S = 0.3

INSTANCES = """\
[instance.all-ports]
collector = "ports"
ports = "{ports}"
interval = "10s"
[instance.versions]
collector = "services"
interval = "10s"
[instance.counter]
collector = "exec"
interval = "10s"
compare = "none"
command = "{plugin}"
[instance.load]
collector = "pcp"
interval = "10s"
[instance.knob]
collector = "exec"
enabled = false
command = "true"
"""

# Whatever is told arrives, and at once: messages are under way while processes are killed.
CHANNEL = """\
[notify.sink]
type = "webhook"
url = "http://127.0.0.1:8080/"
severity = "low"
gather = "1s"
"""
SINK = pathlib.Path(__file__).resolve().parents[2] / "tests/notify/web_sink.py"
SINK_PORT = 8080

# Seconds, so that what was told later is never less. Takes a while, to be killed meanwhile.
PLUGIN = """\
#!/bin/sh
cat > /dev/null
sleep 2
for n in 1 2 3 4 5 6; do
  echo '{"value": {"node": "node'$n'", "name": "counter", "value": '$(date +%s)'}}'
  echo '{"covered": {"node": "node'$n'"}}'
done
"""

# A pmcd that takes its time and says nothing, so that lockstep-pcp and the dialogues are at something.
SLOW_PMCD = """\
import socket, threading, time
def end(connection):
    time.sleep(1.5)
    connection.close()
server = socket.create_server(("", 44321), backlog=64)
while True:
    threading.Thread(target=end, args=server.accept()[:1], daemon=True).start()
"""


def write_plugin(folder):
    path = pathlib.Path(folder, "counter.sh")
    path.write_text(textwrap.dedent(PLUGIN), encoding="ascii")
    path.chmod(0o755)
    return path


class Record:
    """What the person was told. A command that failed, or got no answer, may or may not have had its
    effect: its text is among the possible ones until a later one was acknowledged."""

    def __init__(self):
        self.notes = {}     # id -> (status, note), acknowledged last
        self.perhaps = {}   # id -> those since then that may have been done
        self.tags = []      # of the instance `knob`, acknowledged, in order
        self.tags_perhaps = []  # all that may have been set, ever
        self.perhaps_since = []  # of them, those after the last acknowledged
        self.subjects = {}  # id -> (kind, port), as told
        self.values = {}    # node -> the greatest value told
        self.commands = 0
        self.complaints = []

    def told(self, row):
        subject = (row["kind"], row["port"])
        before = self.subjects.setdefault(row["id"], subject)
        if before != subject:
            self.complaints.append(f"{row['id']} was {before} and is {subject}")


class Person(threading.Thread):
    """Gives commands until it is ended; `pause` holds it between two of them."""

    def __init__(self, daemon, seed):
        super().__init__(daemon=True)
        self.lockstep = daemon
        self.random = random.Random(seed)
        self.record = Record()
        self.pause = threading.Lock()
        self.over = threading.Event()

    def run(self):
        number = 0
        while not self.over.is_set():
            number += 1
            with self.pause:
                try:
                    self.act(number)
                except subprocess.TimeoutExpired as hung:
                    self.record.complaints.append(f"a command hung: {hung}")
            self.over.wait(TICK_S)

    def act(self, number):
        record = self.record
        record.commands += 1
        what = self.random.choice(("look", "ack", "silence", "set", "values"))
        if what == "look" or not record.subjects:
            return self.look()
        if what == "values":
            return self.values()
        if what == "set":
            tag = f"t{number}"
            record.tags_perhaps.append(tag)
            record.perhaps_since.append(tag)
            if self.done("instance", "set", "knob", f"param_tag={tag}"):
                record.tags.append(tag)
                record.perhaps_since.clear()
            return None
        lasting = [name for name, (_, port) in record.subjects.items() if port in LASTING.values()]
        alert = self.random.choice(sorted(lasting) or sorted(record.subjects))
        note = f"note {number}"
        options = ("--for", "1h") if what == "silence" else ()
        status = "silenced" if what == "silence" else "acknowledged"
        record.perhaps.setdefault(alert, []).append((status, note))
        if self.done("alert", what, alert, *options, "--note", note):
            record.notes[alert] = (status, note)
            record.perhaps[alert] = []
        return None

    def done(self, *words):
        return self.lockstep.run(*words, timeout=60).returncode == 0

    def look(self):
        done = self.lockstep.run("alerts", "--json", timeout=60)
        if done.returncode in (0, 1):
            for row in json.loads(done.stdout)["alerts"]:
                self.record.told(row)

    def values(self):
        done = self.lockstep.run("values", "--json", timeout=60)
        if done.returncode not in (0, 1):
            return
        for row in json.loads(done.stdout)["values"]:
            node, value = row["node"], row["value"]
            if value < self.record.values.get(node, 0):
                self.record.complaints.append(f"{node}'s counter went back to {value}")
            self.record.values[node] = max(value, self.record.values.get(node, 0))

    def end(self):
        self.over.set()
        self.join(timeout=90)


class Guests(threading.Thread):
    """Listeners that come and go."""

    def __init__(self, lab, seed):
        super().__init__(daemon=True)
        self.lab = lab
        self.random = random.Random(seed)
        self.there = set()
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(2 * TICK_S):
            guest = (self.random.choice(NODES), self.random.choice(PASSING))
            if guest in self.there or len(self.there) > 6:
                guest = self.random.choice(sorted(self.there))
                self.lab.run("kill", guest[0], str(guest[1]))
                self.there.discard(guest)
            else:
                self.lab.run("listen", guest[0], str(guest[1]))
                self.there.add(guest)

    def end(self):
        self.over.set()
        self.join(timeout=60)
        for node, port in sorted(self.there):
            self.lab.run("kill", node, str(port))
        self.there.clear()


def begin_lasting(lab):
    """Intruders that stay."""
    for node, port in LASTING.items():
        lab.run("listen", node, str(port))


def begin_daemons(lab):
    """What is right to be there. Returns what holds it."""
    held = [lab.popen(node, "python3", "-c", SLOW_PMCD, stdin=subprocess.DEVNULL) for node in NODES]
    for node in NODES:
        wait_for(lambda node=node: PMCD in lab.listening(node), "a pmcd", 30)
    return held


def begin_sink(lab, folder):
    """A receiver that notes all that it gets, in FOLDER/root.jsonl. Returns what holds it."""
    sink = lab.popen("monitor", "python3", str(SINK), str(SINK_PORT), str(folder),
                     stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: f":{SINK_PORT} " in lab.exec("monitor", "ss", "-Hltn").stdout, "the receiver", 30)
    return sink


def wait_for(condition, what, patience_s):
    """Returns how long it took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > patience_s:
            raise TimeoutError(f"waited {patience_s} s for {what}")
        time.sleep(0.1)
    return time.monotonic() - begun
