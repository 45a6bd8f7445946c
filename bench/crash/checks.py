"""The store against what was acknowledged and what is true. Each returns what is wrong, a line each."""

import collections
import json

from load import LASTING, PMCD

# Of the lab's hosts, which are never stopped; rpcbind is there where root runs the lab.
DAEMONS = {22, 9100, 111, PMCD}
# Ids of what is told while the store is away, past the outbox.
DIRECT = "away."
# What no truth of this lab makes an alert of.
UNTRUE = ("missing-port", "unreachable", "partial-coverage", "scan-overdue", "clock-stepped",
          "scheduler-unavailable")


class Truth:
    """What earlier checks saw, which later ones must see again."""

    def __init__(self, database, record, received):
        self.query = database.query
        self.whole = database.whole
        self.record = record
        self.received = received  # what the receiver of notifications notes, a line each
        self.messages = 0  # that it got
        self.alerts = {}  # (id, node) -> subject
        self.since = {}   # (node, port) -> since, of ports that stay open
        self.lasting = {}  # node -> id

    def check(self):
        """With no command on its way, whether or not a daemon runs."""
        return [complaint for look in (self.whole, self.alert_rows, self.actions, self.instances,
                                       self.ports, self.values, self.runs,
                                       self.outbox)
                for complaint in look()] + self.record.complaints

    def alert_rows(self):
        rows = self.query("SELECT id, node, kind, network, protocol, port, reason, status FROM alerts")
        subjects, wrong = {}, []
        for number, node, *subject, status in rows:
            subject = tuple(subject)
            # A job's or a monitor's own alerts tell causes apart by reason; a port has one.
            twin = subjects.setdefault((node, *subject), number)
            if twin != number:
                wrong.append(f"doubled: A-{twin} and A-{number} are {subject} of {node}")
            before = self.alerts.setdefault((number, node), subject) if status != "pending" else subject
            if before != subject:
                wrong.append(f"A-{number} of {node} was {before} and is {subject}")
            kind, port = subject[0], subject[3]
            # That no pmcd says anything is true.
            told_rightly = kind == "scan-overdue" and subject[4] == "load"
            if kind in UNTRUE and not told_rightly and status not in ("pending", "resolved"):
                wrong.append(f"untrue: A-{number} {kind} {port} of {node}")
            if kind == "unexpected-port" and LASTING.get(node) == port and status != "pending":
                if self.lasting.setdefault(node, number) != number:
                    wrong.append(f"A-{self.lasting[node]} of {node} is A-{number} now")
                if status == "resolved":
                    wrong.append(f"A-{number} of {node} was resolved, though port {port} is open")
        gone = self.alerts.keys() - {(number, node) for number, node, *_ in rows}
        return wrong + [f"lost: A-{number} of {node}" for number, node in sorted(gone)]

    def actions(self):
        wrong = []
        for name, done in self.record.notes.items():
            possible = [done, *self.record.perhaps.get(name, [])]
            rows = self.query(f"SELECT node, status, note FROM alerts WHERE id = {int(name[2:])}")
            kind, port = self.record.subjects[name]
            stays = port in LASTING.values() and kind == "unexpected-port"
            if not rows:
                wrong.append(f"lost: {name}, on which was acted")
            for node, status, note in rows:
                # What was over since then, or is seen anew, has a status of its own.
                if (stays and (status, note) not in possible) or (
                        not stays and note not in {each[1] for each in possible}
                        and status in ("acknowledged", "silenced")):
                    wrong.append(f"{name} of {node}: {possible} was acknowledged, {(status, note)} is")
        return wrong

    def instances(self):
        wrong, record = [], self.record
        entries = [detail.rpartition("-> ")[2] for (detail,) in
                   self.query("SELECT detail FROM audit WHERE subject = 'knob' ORDER BY id")]
        for tag in record.tags:
            if entries.count(tag) != 1:
                wrong.append(f"the audit has {tag}, which was acknowledged, {entries.count(tag)} times")
        for tag in set(entries) - set(record.tags):
            if tag not in record.tags_perhaps or entries.count(tag) > 1:
                wrong.append(f"the audit has {tag} {entries.count(tag)} times")
        kept = self.query("SELECT settings FROM instances WHERE name = 'knob'")
        possible = record.tags[-1:] + record.perhaps_since
        if record.tags and not kept:
            wrong.append("lost: what was changed of knob")
        for (settings,) in kept:
            tag = next((line.rpartition("= ")[2] for line in settings.splitlines()
                        if line.startswith("param_tag")), "")
            if tag not in possible:
                wrong.append(f"knob has {tag!r}, and {possible} was acknowledged")
            if entries and entries[-1] != tag:
                wrong.append(f"knob has {tag!r}, and the audit ends with {entries[-1]!r}")
        return wrong

    def ports(self):
        """What is open all the time, and was seen, stays seen, since when it was."""
        now = {(node, port): since for node, port, since in self.query(
            "SELECT node, port, since FROM port_states WHERE protocol = 'tcp' AND state = 'open'")
               if port in DAEMONS or LASTING.get(node) == port}
        wrong = [f"port {port} of {node}, open since {since}, is so since {now.get((node, port))}"
                 for (node, port), since in self.since.items() if now.get((node, port)) != since]
        self.since |= now
        return wrong

    def values(self):
        wrong = []
        kept = dict(self.query("SELECT node, CAST(number AS REAL) FROM node_values "
                               "WHERE instance = 'counter'"))
        for node, told in self.record.values.items():
            if kept.get(node, 0) < told:
                wrong.append(f"{node}'s counter was told as {told}, and is {kept.get(node)}")
        return wrong

    def runs(self):
        wrong = []
        for instance, count in self.query("SELECT instance, COUNT(*) FROM runs WHERE "
                                          "state = 'running' GROUP BY instance HAVING COUNT(*) > 1"):
            # Those of a dead daemon become lost when the next one opens the store.
            wrong.append(f"{count} runs of {instance} are going on")
        running = self.query("SELECT COUNT(*) FROM sweeps WHERE state = 'running'")[0][0]
        if running > 1:
            wrong.append(f"{running} sweeps are going on at once")
        return wrong

    def outbox(self):
        wrong = []
        for dedup, count in self.query("SELECT dedup, COUNT(*) FROM outbox GROUP BY dedup "
                                       "HAVING COUNT(*) > 1"):
            wrong.append(f"message {dedup} is {count} times in the outbox")
        given_up = self.query("SELECT COUNT(*) FROM outbox WHERE state = 'given-up'")[0][0]
        return wrong + ([f"{given_up} messages were given up"] if given_up else [])

    def waiting(self):
        return [dedup for (dedup,) in self.query("SELECT dedup FROM outbox WHERE state = 'waiting'")]

    def told(self):
        """Once nothing waits: what the receiver got, against the outbox and all that was alerted."""
        delivered = [dedup for (dedup,) in self.query(
            "SELECT dedup FROM outbox WHERE state = 'delivered'")]
        # Afterwards: the end of what has just ended may be told between the two.
        lines = self.received.read_text().splitlines() if self.received.exists() else []
        posts = [json.loads(line) for line in lines]
        self.messages = len(posts)
        got = collections.Counter(post["id"] for post in posts)
        wrong = [f"message {each} counts as delivered, and never arrived" for each in delivered
                 if each not in got]
        kept = {dedup for (dedup,) in self.query("SELECT dedup FROM outbox")}
        wrong += [f"message {each} arrived, and is of no outbox" for each in got.keys() - kept
                  if not each.startswith(DIRECT)]
        raised = {post.get("alert") for post in posts if post["what"] in ("raised", "updated")}
        # What a person acknowledged at once may be told to nobody.
        acted = self.record.notes.keys() | self.record.perhaps.keys()
        untold = {f"A-{number}" for (number, _), subject in self.alerts.items()
                  if subject[0] == "unexpected-port"} - raised - acted
        return wrong + [f"{name} was told to nobody" for name in sorted(untold)]

    def finished(self):
        """How many runs of each instance have finished; of the plug-in, the time of its values."""
        counts = dict(self.query("SELECT instance, COUNT(*) FROM runs WHERE state = 'finished' "
                                 "GROUP BY instance"))
        counts["counter"] = (self.query("SELECT MAX(CAST(number AS REAL)) FROM node_values WHERE "
                                        "instance = 'counter'")[0][0] or 0)
        return counts
