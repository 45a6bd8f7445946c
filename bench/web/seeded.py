"""A daemon on loopback over a store that is filled before, a writer that changes it, and a browser
that looks: for the benchmarks of the pages. Nothing is sent to any node."""

import datetime
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from service import PASSWORD, Service  # noqa: E402

CLASSES = ("compute", "gpu", "login", "storage")
SEVERITIES = ("informational", "low", "medium", "high", "critical")
RACK = 64
BATCH_S = 0.1
PATIENCE_S = 120


def moment(ago_s=0):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_s)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def name_of(number):
    return f"node{number + 1:06}"


def inventory(nodes):
    """Most of them compute, the rest of other classes."""
    bounds = [0, nodes * 8 // 10, nodes * 95 // 100, nodes * 99 // 100, nodes]
    return "".join(f"""
    [[nodes]]
    nodes = "node[{first + 1:06}-{last:06}]"
    class = "{name}"
    """ for name, first, last in zip(CLASSES, bounds, bounds[1:]) if last > first)


def insert(store, table, rows):
    """Rows by the names of their columns, so that new columns do no harm; what has no value is null
    where it may, or empty."""
    columns = store.execute(f"PRAGMA table_info({table})").fetchall()
    names = [name for _, name, *_ in columns]
    empty = {name: None if not is_needed else (0 if "int" in kind.lower() else "")
             for _, name, kind, is_needed, *_ in columns}
    marks = ", ".join("?" * len(names))
    store.executemany(f"INSERT INTO {table} VALUES ({marks})",
                      ([row.get(name, empty[name]) for name in names] for row in rows))


def fill(path, nodes, alerts, causes):
    """All nodes were looked at, but for a few; `alerts` rows of `causes` ids, spread over the nodes."""
    with sqlite3.connect(path) as store:
        store.execute("DELETE FROM alerts")
        store.execute("DELETE FROM looks")
        insert(store, "port_sets", [{"id": 9001, "ports": "1-65535"}])
        insert(store, "looks",
               ({"node": name_of(number), "network": "management", "address": "127.79.0.1",
                 "protocol": "tcp", "port_set": 9001, "sweep": 1,
                 "looked": moment(number % 3600), "examined": moment(number % 3600), "gap": "none",
                 "asked": 65535, "wanted": 65535}
                for number in range(nodes) if number % 50))
        insert(store, "alerts",
               ({"id": number % causes + 1, "node": name_of((number * 7919 // causes) % nodes),
                 "kind": "unexpected-port", "class": "compute", "network": "management",
                 "protocol": "tcp", "port": number % causes % 65535 + 1, "state": "open",
                 "address": "127.79.0.1", "severity": SEVERITIES[number % causes % 5],
                 "status": "open", "first_seen": moment(86400), "last_seen": moment(60),
                 "changed": moment(86400), "expected": "closed", "clones": "all others closed"}
                for number in range(alerts)))
        latest = store.execute("SELECT COALESCE(MAX(id), 0) FROM events").fetchone()[0]
        insert(store, "events", [{"id": latest + 1, "happened_at": moment(), "kind": "alert-raised",
                                  "subject": "A-1"}])
    store.close()


class Writer:
    """Changes alerts, so many a second, each with its event, as a daemon beside ours would."""

    def __init__(self, path, per_second):
        self.path = path
        self.per_second = per_second
        self.ending = threading.Event()
        self.changes = 0
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()

    def run(self):
        chance = random.Random(1)
        store = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        places = store.execute("SELECT id, node FROM alerts").fetchall()
        columns = [name for _, name, *_ in store.execute("PRAGMA table_info(events)")]
        marks = ", ".join(f":{name}" for name in columns)
        begun = time.monotonic()
        while not self.ending.wait(max(0, begun + self.changes / self.per_second - time.monotonic())):
            many = max(1, int(self.per_second * BATCH_S))
            store.execute("BEGIN IMMEDIATE")
            latest = store.execute("SELECT COALESCE(MAX(id), 0) FROM events").fetchone()[0]
            for number in range(1, many + 1):
                row, node = chance.choice(places)
                store.execute("UPDATE alerts SET severity = ?, changed = ? WHERE id = ? AND node = ?",
                              (chance.choice(SEVERITIES), moment(), row, node))
                store.execute(f"INSERT INTO events VALUES ({marks})",
                              dict.fromkeys(columns, "") | {
                                  "id": latest + number, "happened_at": moment(),
                                  "kind": "alert-changed", "subject": f"A-{row}", "nodes": node})
            store.execute("COMMIT")
            self.changes += many
        store.close()


class Seeded:
    """The daemon, with somebody who may log in."""

    def __init__(self, program, nodes, alerts, causes):
        self.service = Service(str(program), nodes=inventory(nodes), enabled=False)
        self.store = self.service.folder / "store.db"
        try:
            self.service.said("alerts")
            fill(self.store, nodes, alerts, causes)
            self.service.start()
            self.token = self.service.join("kim", "operator")
            self.wait_ready()
        except BaseException:
            self.service.close()
            raise

    def wait_ready(self):
        deadline = time.monotonic() + PATIENCE_S
        while not self.service.ask("/alerts?limit=1", token=self.token)[1].get("alerts"):
            if time.monotonic() > deadline:
                raise TimeoutError("the daemon's view did not come")
            time.sleep(0.2)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.service.close()

    def look(self, script, **options):
        """What the browser measured: the JSON that the script prints."""
        facts = {"url": f"http://127.0.0.1:{self.service.port}", "user": "kim", "password": PASSWORD}
        done = subprocess.run(
            [shutil.which("node"), str(ROOT / "bench/web" / script), json.dumps(facts | options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{script} ended with {done.returncode}")
        return json.loads(done.stdout)

    def memory_mib(self):
        status = pathlib.Path(f"/proc/{self.service.process.pid}/status").read_text(encoding="utf-8")
        return int([line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")][0]) // 1024


class Report:
    """One line a figure, with its limit; the status says whether all hold."""

    def __init__(self):
        self.missed = False

    def line(self, what, value, unit, limit=None, is_most=True):
        holds = limit is None or (value <= limit if is_most else value >= limit)
        self.missed |= not holds
        bound = "" if limit is None else f" (limit: {'at most' if is_most else 'at least'} {limit:g} {unit}: " \
                                         f"{'yes' if holds else 'NO'})"
        print(f"- {what}: **{value:,.1f} {unit}**{bound}", flush=True)


def load():
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
