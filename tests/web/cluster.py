"""A cluster to look at in a browser: hosts of the lab, a daemon with its pages, and scenarios of
node and Chromium that run where the daemon does, in the lab's monitor: its HTTP is on loopback there.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
sys.path[:0] = [str(TESTS / "lab"), str(TESTS / "daemon")]
from daemon import Daemon  # noqa: E402

PORT = 7480
PASSWORD = "correct horse battery"
SCENARIO_S = 200

HTTP = f"""\
[http]
listen = "127.0.0.1:{PORT}"
"""
INSTANCES = """\
[instance.fast-ports]
collector = "ports"
ports = "default,4444,31337"
interval = "10s"
"""
SERVICES = """\
[instance.versions]
collector = "services"
interval = "10s"
"""
OWN_INSTANCE = """\
[instance.own]
collector = "exec"
command = "{folder}/own"
interval = "10s"
"""
OWN = """\
#!/usr/bin/python3
import json, sys
for node in json.load(sys.stdin)["nodes"]:
    for name, value in {values!r}.items():
        print(json.dumps({{"value": {{"node": node["name"], "name": name, "value": value}}}}))
    print(json.dumps({{"covered": {{"node": node["name"]}}}}))
"""
POST = """\
import sys, urllib.request
request = urllib.request.Request(sys.argv[1], sys.argv[2].encode(), {"Content-Type": "application/json"})
urllib.request.urlopen(request, timeout=30).read()
"""


def why_not():
    """Why no browser can be tried here; empty: one can."""
    for program in ("node", "chromium"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not (ROOT / "web/node_modules/playwright-core").is_dir():
        return "web/node_modules is not there: cd web && npm ci"
    return ""


class WebDaemon(Daemon):
    """A daemon with pages, and people who look at them."""

    def __init__(self, lab, program, pictures, instances=INSTANCES, more="", **options):
        super().__init__(lab, program, instances=instances, more=HTTP + more, **options)
        self.instances = self.instances.replace("{folder}", self.folder)
        self.write()
        self.plugin({"load": 0.5, "os": "Debian 12"})
        self.pictures = pictures

    def invite(self, name, role, *words):
        """The path of the link that the program prints."""
        done = self.run("user", "invite", name, "--role", role, *words)
        assert done.returncode == 0, done.stderr
        return re.search(r"https?://[^/\s]+(/invitation#\S+)", done.stdout).group(1)

    def join(self, name, role):
        """Somebody who has a password already."""
        secret = self.invite(name, role).split("#")[1]
        self._post("/invitation", {"invitation": secret, "password": PASSWORD})
        return name

    def plugin(self, values):
        """What the plug-in `own` says of each node from now on."""
        script = pathlib.Path(self.folder, "own.new")
        script.write_text(OWN.format(values=values), encoding="utf-8")
        script.chmod(0o755)
        script.rename(pathlib.Path(self.folder, "own"))

    def _post(self, path, body):
        """As a script would, from where the daemon is."""
        done = self.lab.exec(self.place, "python3", "-c", POST, f"http://127.0.0.1:{PORT}/api/v1{path}",
                             json.dumps(body))
        assert done.returncode == 0, done.stderr

    # --- what a scenario may ask for ---

    def do_listen(self, host, port):
        """An intruder."""
        self.lab.run("listen", host, str(port))

    def do_end(self, host, what):
        self.lab.run("kill", host, str(what))

    def do_invite(self, name, role):
        return self.invite(name, role)

    def do_run(self, *words):
        done = self.run(*words)
        return {"status": done.returncode, "out": done.stdout, "err": done.stderr}

    def do_restart(self, down_s=0):
        self.stop()
        if down_s:
            subprocess.run(["sleep", str(down_s)], check=True)
        self.start()

    def do_stop(self):
        self.stop()

    def do_start(self):
        self.start()

    def do_alerts(self):
        return self.json("alerts")["alerts"]

    def do_runs(self, instance):
        return self.runs(instance)

    # --- scenarios ---

    def play(self, scenario, **facts):
        """Runs a scenario; an AssertionError with what it said where it fails."""
        self._settle()
        said = tempfile.TemporaryFile("w+", encoding="utf-8")
        process = self.lab.popen(self.place, shutil.which("node"), str(TESTS / "web/run.mjs"), scenario,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True)
        try:
            self._tell(process, {"url": f"http://127.0.0.1:{PORT}", "port": PORT, "password": PASSWORD,
                                 "pictures": str(self.pictures)} | facts)
            for line in process.stdout:
                wanted = json.loads(line)
                try:
                    answer = {"result": getattr(self, f"do_{wanted['ask']}")(*wanted["words"])}
                except Exception as error:  # pylint: disable=broad-except
                    answer = {"failed": str(error)}
                self._tell(process, answer)
            status = process.wait(timeout=30)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdin.close()
            process.stdout.close()
            said.seek(0)
            text = said.read()
            said.close()
        if status == 0:
            sys.stderr.write(text)
        else:
            raise AssertionError(f"{text[-9000:]}\nThe daemon: {self.log.read_text(errors='replace')[-1500:]}")

    def _settle(self):
        """Waits for new addresses to be tried: Chromium drops what it fetches when that ends."""
        deadline = time.monotonic() + 10
        while self.lab.exec(self.place, "ip", "-6", "address", "show", "tentative").stdout.strip():
            assert time.monotonic() < deadline, "addresses stay tentative"
            time.sleep(0.2)

    @staticmethod
    def _tell(process, fact):
        process.stdin.write(json.dumps(fact) + "\n")
        process.stdin.flush()
