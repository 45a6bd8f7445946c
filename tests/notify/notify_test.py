#!/usr/bin/env python3
"""The daemon tells of alerts: real receivers get what they should, also after they were away.

    tests/notify/notify_test.py PROGRAM        (ctest label `lab`)
"""

import json
import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "lab"), str(TESTS / "daemon")]
import receivers  # noqa: E402
from daemon import STOP_WITHIN_S, Daemon  # noqa: E402
from lab import SKIPPED, Lab, run_lab_tests  # noqa: E402
from receivers import ALERTMANAGER, MAIL, TCP, TLS, UDP, WEB, Receivers  # noqa: E402

PROGRAM = None
INTRUDER = 4444
PATIENCE_S = 60

CHANNELS = """\
[notify.am]
type = "alertmanager"
url = "http://127.0.0.1:{ALERTMANAGER}"
resend = "3s"
heartbeat = "2s"
[notify.hook]
type = "webhook"
url = "http://127.0.0.1:{WEB}/json"
token_file = "{folder}/token"
heartbeat = "2s"
[notify.ocsf]
type = "webhook"
url = "http://127.0.0.1:{WEB}/ocsf"
format = "ocsf"
[notify.chat]
type = "webhook"
url_file = "{folder}/url"
format = "slack"
[notify.mail]
type = "smtp"
server = "smtp://localhost:{MAIL}"
ca_file = "{folder}/certificate.pem"
from = "lockstep@lab.example"
to = ["ops@lab.example", "head@lab.example"]
[notify.udp]
type = "syslog"
server = "udp://127.0.0.1:{UDP}"
[notify.tcp]
type = "syslog"
server = "tcp://127.0.0.1:{TCP}"
format = "cef"
[notify.local]
type = "syslog"
server = "{folder}/log"
"""
MISTRUST = """\
[notify.good-tls]
type = "syslog"
server = "tls://localhost:{TLS}"
ca_file = "{folder}/certificate.pem"
[notify.tls]
type = "syslog"
server = "tls://localhost:{TLS}"
[notify.name]
type = "syslog"
server = "tls://127.0.0.1:{TLS}"
ca_file = "{folder}/certificate.pem"
[notify.mail]
type = "smtp"
server = "smtp://localhost:{MAIL}"
from = "lockstep@lab.example"
to = ["ops@lab.example"]
"""
NAMES = {"am", "hook", "ocsf", "chat", "mail", "udp", "tcp", "local"}


class Notifying(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(compute=5, login=0).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.lab.__exit__()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lockstep-notify-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        # Both belong to root, and this daemon is root without capabilities.
        for name, text in (("token", "s3cret"), ("url", f"http://127.0.0.1:{WEB}/slack-s3cret")):
            file = pathlib.Path(self.folder, name)
            file.write_text(text + "\n", encoding="utf-8")
            file.chmod(0o600)
        self.receivers = Receivers(self.lab, self.folder)
        self.addCleanup(self.receivers.stop)
        more = CHANNELS.format(folder=self.folder, ALERTMANAGER=ALERTMANAGER, WEB=WEB, MAIL=MAIL,
                               UDP=UDP, TCP=TCP)
        self.daemon = Daemon(self.lab, PROGRAM, more=more)
        self.addCleanup(self.daemon.__exit__)
        self.daemon.learn()

    def intrude(self):
        self.lab.run("listen", "node2", str(INTRUDER))

    def told(self, what):
        """{channel: how many messages of that kind it got}, of the intruder."""
        got = self.receivers
        word = what.upper() + " high"
        told = {
            "hook": [post for post in got.posts("json") if post["what"] == what],
            "ocsf": [post for post in got.posts("ocsf") if post["unmapped"]["what"] == what],
            "chat": [post for post in got.posts("slack-s3cret") if word in post["text"]],
            "mail": [mail for mail in got.mails() if word in mail["Subject"]],
            "udp": [line for line in got.lines("udp") if f' what="{what}" ' in line],
            "local": [line for line in got.lines("local") if word in line],
            "tcp": [line for line in got.lines("tcp") if f" act={what} " in line],
        }
        return {name: len(messages) for name, messages in told.items()}

    ONCE = {name: 1 for name in NAMES - {"am"}}

    def wait(self, condition, what):
        try:
            self.daemon.wait(condition, what, PATIENCE_S)
        except AssertionError as error:
            raise AssertionError(f"{error}\nraised: {self.told('raised')} resolved: "
                                 f"{self.told('resolved')} {self.receivers.alerts()}\n"
                                 f"{self.daemon.run('notify', 'list', '--all').stdout}"
                                 f"{self.receivers.log()}") from error

    def waiting(self):
        return {row["channel"] for row in self.daemon.json("notify", "list")["messages"]
                if row["state"] == "waiting" and row["tries"] > 0}

    def test_all_hear_of_an_intruder_once_and_of_his_end(self):
        self.receivers.start()
        self.daemon.start()
        tested = self.daemon.run("notify", "test")
        self.assertEqual(tested.returncode, 0, tested.stdout + tested.stderr)
        self.assertEqual(len(self.receivers.mails()), 1)
        self.intrude()
        self.wait(lambda: self.told("raised") == self.ONCE, "all to hear of it")
        self.wait(lambda: self.receivers.alerts().get("Lockstep"), "Alertmanager")
        labels = self.receivers.alerts()["Lockstep"]
        self.assertEqual(labels, [{"alertname": "Lockstep", "cluster": "lab", "class": "compute",
                                   "kind": "unexpected-port", "severity": "high", "alert": "A-1",
                                   "network": "management",
                                   "subject": "unexpected-port 4444/tcp open"}])
        self.wait(lambda: self.receivers.alerts().get("LockstepAlive"), "the word of life")
        self.wait(lambda: any(post["what"] == "alive" for post in self.receivers.posts("json")),
                  "the word of life of the webhook")
        post = next(post for post in self.receivers.posts("json") if post["what"] == "raised")
        self.assertEqual((post["nodes"], post["port"], post["alert"]), ("node2", INTRUDER, "A-1"))
        finding = next(post for post in self.receivers.posts("ocsf") if post["activity_id"] == 1)
        self.assertEqual((finding["class_uid"], finding["resources"][0]["name"]), (2004, "node2"))
        mail = next(mail for mail in self.receivers.mails() if "RAISED" in mail["Subject"])
        self.assertIn("nodes: node2 (1)", mail.get_content())
        self.lab.run("kill", "node2", str(INTRUDER))
        self.wait(lambda: self.told("resolved") == self.ONCE, "all to hear of its end")
        self.wait(lambda: not self.receivers.alerts().get("Lockstep"), "Alertmanager to end it")
        self.assertEqual(self.told("raised"), self.ONCE)
        self.assertNotIn("s3cret", self.daemon.log.read_text())
        store = b"".join(pathlib.Path(self.daemon.folder).joinpath(name).read_bytes()
                         for name in ("lockstep.db", "lockstep.db-wal")
                         if pathlib.Path(self.daemon.folder, name).exists())
        self.assertNotIn(b"s3cret", store)
        status, seconds = self.daemon.stop()
        self.assertEqual(status, 0, self.daemon.log.read_text())
        self.assertLess(seconds, STOP_WITHIN_S)

    def test_a_certificate_that_is_not_trusted_gets_nothing(self):
        self.receivers.start()
        self.daemon.more = MISTRUST.format(folder=self.folder, TLS=TLS, MAIL=MAIL)
        self.daemon.write()
        tested = json.loads(self.daemon.run("notify", "test", "--json").stdout)["channels"]
        self.assertEqual({row["channel"]: row["taken"] for row in tested},
                         {"good-tls": True, "tls": False, "name": False, "mail": False}, tested)
        self.wait(lambda: "lockstep@32473" in self.receivers.log(), "the line over TLS")
        self.assertEqual(self.receivers.mails(), [])

    def test_who_was_away_hears_of_it_later_and_once_though_the_daemon_was_killed(self):
        self.daemon.start()
        self.intrude()
        self.wait(lambda: self.waiting() == NAMES, "a message that waits for each")
        tested = self.daemon.run("notify", "test", "mail")
        self.assertEqual(tested.returncode, 3, tested.stdout + tested.stderr)
        self.assertNotIn("s3cret", self.daemon.run("notify", "list").stdout)
        self.lab.signal(self.daemon.process, signal.SIGKILL)
        self.daemon.process.wait()
        self.daemon.start()
        self.wait(lambda: self.waiting() == NAMES, "them to be there still")
        self.receivers.start()
        self.wait(lambda: self.told("raised") == self.ONCE, "all to hear of it")
        self.wait(lambda: self.receivers.alerts().get("Lockstep"), "Alertmanager")
        self.receivers.stop()
        self.lab.run("kill", "node2", str(INTRUDER))
        self.wait(lambda: self.waiting() == NAMES, "the end to wait for each")
        self.receivers.start()
        self.wait(lambda: self.told("resolved") == self.ONCE, "all to hear of its end")
        self.wait(lambda: not self.receivers.alerts().get("Lockstep"), "Alertmanager to end it")
        self.wait(lambda: self.daemon.json("notify", "list")["count"] == 0, "the outbox to be empty")
        self.assertEqual(self.told("raised"), self.ONCE)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    if reason := receivers.missing():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    run_lab_tests()
