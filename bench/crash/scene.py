"""What the benches of a daemon in trouble share: six hosts under load, a daemon of any store, a person, a
receiver of notifications, and what was lost."""

import collections
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/daemon"), str(ROOT / "tests/lab")]
from checks import Truth  # noqa: E402
from daemon import Daemon  # noqa: E402
from database_test import Mariadb, OnServer, Postgresql  # noqa: E402
from lab import SKIPPED  # noqa: E402
from load import (CHANNEL, INSTANCES, LASTING, Guests, Person, begin_daemons,  # noqa: E402
                  begin_lasting, begin_sink, wait_for, write_plugin)
from stores import File, MariadbDatabase, PostgresqlDatabase  # noqa: E402

SETTLES_S = 240      # an interval, a run of all ports, and a machine that others use too
SWEPT = ("all-ports", "versions")
SERVERS = {"postgresql": (Postgresql, PostgresqlDatabase), "mariadb": (Mariadb, MariadbDatabase)}


class Scene:
    def __init__(self, lab, daemon, database, seed, ports):
        self.lab = lab
        self.daemon = daemon
        self.random = random.Random(seed)
        self.plugin = write_plugin(daemon.folder)
        self.daemon.instances = INSTANCES.format(plugin=self.plugin, ports=ports)
        self.daemon.more = CHANNEL
        self.daemon.write()
        self.person = Person(daemon, self.random.random())
        self.guests = Guests(lab, self.random.random())
        self.truth = Truth(database, self.person.record, pathlib.Path(daemon.folder, "root.jsonl"))
        # What is there for good, as alerts tell of it.
        self.staying = {("unexpected-port", node, port) for node, port in LASTING.items()}
        self.losses = []
        self.slowest = collections.Counter()

    def begin(self):
        self.held = [*begin_daemons(self.lab), begin_sink(self.lab, self.daemon.folder)]
        self.daemon.learn(ports="all")
        begin_lasting(self.lab)
        self.daemon.start()
        wait_for(lambda: self.staying <= self.daemon.alerts(), "the alerts of what lasts", SETTLES_S)
        self.person.look()
        self.person.start()
        self.guests.start()

    def settle(self, number):
        before = self.truth.finished()
        def settled():
            now = self.truth.finished()
            return all(now.get(name, 0) > before.get(name, 0) for name in (*SWEPT, "counter"))
        try:
            took = wait_for(settled, "a run of each instance", SETTLES_S)
        except TimeoutError as late:
            return self.lose(number, f"{late}: {self.daemon.run('status').stdout}")
        self.slowest["s until each had a run"] = max(self.slowest["s until each had a run"], took)
        return None

    def end(self):
        """All that passes has gone: what lasts is all that is told."""
        self.guests.end()
        def at_rest():
            # The nodes' pmcds say nothing.
            return {each for each in self.daemon.alerts()
                    if each[1] and each[0] != "scan-overdue"} == self.staying
        try:
            wait_for(at_rest, "the end of what had passed", SETTLES_S)
        except TimeoutError as late:
            self.lose(0, f"{late}: {self.daemon.alerts() ^ self.staying}")
        self.person.end()
        try:
            wait_for(lambda: not self.truth.waiting(), "the last message to be delivered", SETTLES_S)
        except TimeoutError as late:
            self.lose(0, f"{late}: {self.truth.waiting()}")
        for loss in [*self.truth.check(), *self.truth.told()]:
            self.lose(0, loss)
        for each in self.held:
            each.kill()

    def lose(self, number, what):
        self.losses.append((number, what))
        print(f"LOST  {number}: {what}", flush=True)


def begin_server(lab, kind, stack):
    """Ends this program where it is not installed."""
    if SERVERS[kind][0].missing():
        print(f"skipped: {SERVERS[kind][0].missing()}")
        sys.exit(SKIPPED)
    server = SERVERS[kind][0](lab)
    stack.callback(server.remove)
    server.start()
    return server


def begin_store(lab, program, kind, stack):
    """The daemon, which does not run yet, and how its store is asked."""
    if kind == "sqlite":
        daemon = stack.enter_context(Daemon(lab, program))
        return daemon, File(daemon.folder)
    server = begin_server(lab, kind, stack)
    return stack.enter_context(OnServer(server, lab, program)), SERVERS[kind][1](server)
