"""Real receivers of notifications in a lab, on loopback ports of its monitor."""

import email
import email.policy
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import textwrap
import time

PATIENCE_S = 30
HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # which Debian's packages are for

WEB, ALERTMANAGER, MAIL, UDP, TCP, TLS = 8080, 9093, 2525, 5140, 5141, 6514


def missing():
    """What is not installed; empty: all is there."""
    for program, package in (("prometheus-alertmanager", "prometheus-alertmanager"),
                             ("/usr/sbin/rsyslogd", "rsyslog"), ("openssl", "openssl")):
        if shutil.which(program) is None:
            return f"needs the package {package}"
    has_smtpd = subprocess.run([PYTHON, "-c", "import aiosmtpd"], capture_output=True,
                               check=False).returncode == 0
    return "" if has_smtpd else "needs the package python3-aiosmtpd"


class Receivers:
    """All of them together: they start and stop, and what they got stays."""

    def __init__(self, lab, folder):
        self.lab = lab
        self.folder = pathlib.Path(folder)
        self.processes = []
        for name in ("web", "alertmanager", "syslog"):
            (self.folder / name).mkdir()
        self._make_certificate()
        (self.folder / "alertmanager.yml").write_text(
            "route: {receiver: none}\nreceivers: [{name: none}]\n", encoding="utf-8")
        (self.folder / "rsyslog.conf").write_text(textwrap.dedent(f"""\
            module(load="imudp")
            module(load="imtcp")
            module(load="imuxsock" SysSock.Use="off")
            template(name="plain" type="string" string="%rawmsg%\\n")
            ruleset(name="udp") {{
              action(type="omfile" file="{self.folder}/syslog/udp" template="plain")
            }}
            ruleset(name="tcp") {{
              action(type="omfile" file="{self.folder}/syslog/tcp" template="plain")
            }}
            ruleset(name="local") {{
              action(type="omfile" file="{self.folder}/syslog/local" template="plain")
            }}
            input(type="imuxsock" socket="{self.folder}/log" ruleset="local")
            input(type="imudp" address="127.0.0.1" port="{UDP}" ruleset="udp")
            input(type="imtcp" address="127.0.0.1" port="{TCP}" ruleset="tcp")
            """), encoding="utf-8")

    def _make_certificate(self):
        self.certificate = self.folder / "certificate.pem"
        self.key = self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", self.key, "-out", self.certificate],
                       capture_output=True, check=True)

    def commands(self):
        return [
            (sys.executable, HERE / "web_sink.py", str(WEB), self.folder / "web"),
            ("prometheus-alertmanager", f"--config.file={self.folder}/alertmanager.yml",
             f"--storage.path={self.folder}/alertmanager", "--cluster.listen-address=",
             f"--web.listen-address=127.0.0.1:{ALERTMANAGER}"),
            (PYTHON, "-m", "aiosmtpd", "-n", "-l", f"localhost:{MAIL}", "--tlscert",
             self.certificate, "--tlskey", self.key, "-c", "aiosmtpd.handlers.Mailbox",
             self.folder / "mails"),
            # rsyslogd has TLS in packages of their own; here it is the bytes that count.
            ("openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{TLS}", "-cert",
             self.certificate, "-key", self.key),
            ("/usr/sbin/rsyslogd", "-n", "-f", self.folder / "rsyslog.conf", "-i",
             self.folder / "rsyslogd.pid"),
        ]

    def start(self):
        with open(self.folder / "receivers.log", "ab") as log:
            for command in self.commands():
                # s_server ends with its standard input.
                self.processes.append(self.lab.popen("monitor", *map(str, command), stdout=log,
                                                     stderr=log, stdin=subprocess.PIPE))
        deadline = time.monotonic() + PATIENCE_S
        while not {WEB, ALERTMANAGER, MAIL, TCP, TLS} <= self._listening():
            if time.monotonic() > deadline:
                raise AssertionError("they do not listen: " + self.log())
            time.sleep(0.1)

    def _listening(self):
        out = self.lab.exec("monitor", "ss", "-Hltn").stdout
        return {int(line.split()[3].rsplit(":", 1)[1]) for line in out.splitlines()}

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                self.lab.signal(process, signal.SIGKILL)
                process.wait(timeout=PATIENCE_S)
            process.stdin.close()
        self.processes = []
        # rsyslogd does not start over the file of one that was killed.
        (self.folder / "rsyslogd.pid").unlink(missing_ok=True)

    def log(self):
        return (self.folder / "receivers.log").read_text(errors="replace")[-2000:]

    # --- What they got ---

    def posts(self, name):
        file = self.folder / "web" / f"{name}.jsonl"
        if not file.exists():
            return []
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    def alerts(self):
        """{alertname: [labels]} of what is active, as Alertmanager's own tool says."""
        done = self.lab.exec("monitor", "amtool", f"--alertmanager.url=http://127.0.0.1:{ALERTMANAGER}",
                             "alert", "query", "-o", "json")
        if done.returncode != 0:
            return {}
        found = {}
        for alert in json.loads(done.stdout):
            found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return found

    def mails(self):
        folder = self.folder / "mails" / "new"
        files = sorted(folder.iterdir()) if folder.exists() else []
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                for file in files]

    def lines(self, way):
        file = self.folder / "syslog" / way
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
