"""A daemon with an API, on loopback alone (127.79.0.0/24): for tests, and for bench/api."""

import http.client
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import textwrap
import time

PATIENCE_S = 30
PASSWORD = "correct horse battery"

CONFIG = """
    [cluster]
    name = "api"
    [store]
    url = "{store}"
    [scan]
    allow = ["127.79.0.0/24"]
    engine = "connect"
    state_dir = "{folder}"
    {scan}
    [analysis]
    missing_after_s = 0
    reask_interval_s = 0
    [http]
    listen = "127.0.0.1:{port}"
    {tls}
    [instance.listeners]
    collector = "exec"
    command = "{folder}/listeners"
    interval = "1h"
    enabled = {enabled}
    param_says = "{folder}/says"
"""

NODES = """
    [[nodes]]
    nodes = "node[1-4]"
    class = "compute"
    addresses = ["127.79.0.1-127.79.0.4"]
    [[nodes]]
    nodes = "login1"
    class = "login"
    addresses = ["127.79.0.9"]
"""

# Prints the lines that a test wants.
PLUGIN = """\
#!/usr/bin/python3
import json, sys

print(open(json.load(sys.stdin)["parameters"]["says"]).read(), flush=True)
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """A daemon, and what people and scripts do with it."""

    def __init__(self, program, nodes=NODES, store=None, tls="", enabled=True, scan=""):
        self.program = program
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-api-"))
        self.folder.chmod(0o711)
        self.port = free_port()
        self.config = self.folder / "lockstep.toml"
        text = CONFIG.format(folder=self.folder, port=self.port, enabled=str(enabled).lower(), tls=tls.format(folder=self.folder), scan=scan,
                             store=store or f"sqlite://{self.folder}/store.db") + nodes
        self.config.write_text(textwrap.dedent(text))
        plugin = self.folder / "listeners"
        plugin.write_text(PLUGIN)
        plugin.chmod(0o755)
        self.say({})
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def say(self, ports):
        """What the plug-in reports from now on: open ports by node."""
        lines = []
        for number in range(1, 5):
            name = f"node{number}"
            lines += [{"port": {"node": name, "port": port}} for port in ports.get(name, ())]
            lines.append({"covered": {"node": name, "tcp": "1-65535"}})
        says = self.folder / "says.new"
        says.write_text("\n".join(map(json.dumps, lines)))
        says.chmod(0o644)
        says.rename(self.folder / "says")

    def start(self):
        with open(self.folder / "log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([self.program, "--config", self.config, "serve"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait(lambda: self.plain("/-/ready")[0] == 200, "the daemon")

    def stop(self, how=signal.SIGTERM):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=PATIENCE_S)
        self.process = None

    def run(self, *arguments):
        done = subprocess.run([self.program, "--config", self.config, *map(str, arguments)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)
        return done

    def said(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode in (0, 1), (arguments, done.stderr)
        return done.stdout

    def wait(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                log = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise AssertionError(f"{what} did not come within {PATIENCE_S} s; {log}")
            time.sleep(0.05)

    # --- HTTP ---

    def plain(self, path, method="GET", body=None, headers=None):
        """The status, the body and the headers; status 0: nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        except OSError:
            return 0, b"", {}
        finally:
            connection.close()

    def ask(self, path, method="GET", body=None, token="", headers=None):
        """The status and the JSON of the API's answer."""
        fields = dict(headers or {})
        if token:
            fields["Authorization"] = f"Bearer {token}"
        text = None if body is None else json.dumps(body)
        status, answer, _ = self.plain(f"/api/v1{path}", method, text, fields)
        return status, json.loads(answer) if answer else None

    def invite(self, name, role, *classes):
        words = [word for each in classes for word in ("--class", each)]
        text = self.said("user", "invite", name, "--role", role, *words)
        return re.search(r"#(\S+)", text).group(1)

    def join(self, name, role, *classes):
        """A user who can log in, and a token of his."""
        secret = self.invite(name, role, *classes)
        status, _ = self.ask("/invitation", "POST", {"invitation": secret, "password": PASSWORD})
        assert status == 200, status
        return self.said("token", "add", name, "--role", role).strip()

    def listen(self, token, after=None):
        """A stream of events, as a file."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        query = "" if after is None else f"?after={after}"
        connection.sendall(f"GET /api/v1/events{query} HTTP/1.1\r\nHost: x\r\n"
                           f"Authorization: Bearer {token}\r\n\r\n".encode())
        stream = connection.makefile("r", encoding="utf-8", newline="")
        connection.close()  # the stream keeps it open
        # From then on it is settled which events it tells; before, one could be missed.
        while stream.readline().strip():
            pass
        return stream


def next_event(stream):
    """The next event of a stream: its fields. Comments are passed over."""
    event = {}
    while True:
        line = stream.readline()
        if not line:
            raise EOFError("the stream has ended")
        line = line.rstrip("\r\n")
        if not line and ("data" in event):
            return event
        if not line:
            event = {}
        name, _, value = line.partition(": ")
        if name in ("id", "event", "data"):
            event[name] = value

