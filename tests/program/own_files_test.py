#!/usr/bin/env python3
"""A user's own probes and fingerprints: from the files to what a scan of services says.

    tests/program/own_files_test.py PROGRAM        (ctest label `program`)

All files are of our own making. Sends to loopback alone; runs as nobody where we are root, so that
what is compiled is kept in a folder of the test.
"""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

import program_test
from program_test import IN_STEP, NOBODY, USAGE, environment

ADDRESS = "127.77.0.11"

PROBES = r"""
Probe TCP NULL q||
match mine m|^MINE ([\d.]+)\n| p/Mine daemon/ v/$1/
Probe TCP Hello q|HELLO\n|
rarity 3
match polite m|^GOOD DAY from ([\d.]+)\n| p/Polite daemon/ v/$1/
"""

RECOG = r"""<?xml version="1.0"?>
<fingerprints matches="ftp.banner" protocol="ftp" preference="0.90">
  <fingerprint pattern="^(\S+) LabFTP (\h+) ready$" flags="REG_ICASE">
    <description>Of our own making</description>
    <example host.name="ftp.lab" service.version="9">ftp.lab LabFTP 9 ready</example>
    <param pos="0" name="service.vendor" value="Lab"/>
    <param pos="0" name="service.product" value="LabFTP"/>
    <param pos="1" name="host.name"/>
    <param pos="2" name="service.version"/>
    <param pos="0" name="os.product" value="LabOS"/>
  </fingerprint>
  <fingerprint pattern="(unclosed"/>
</fingerprints>
"""

CONFIG = """
[scan]
allow = ["127.0.0.0/8"]
engine = "connect"
[services]
probes = ["probes"]
recog = ["recog"]
"""


class OwnFiles(program_test.ProgramTest):
    def setUp(self):
        super().setUp()
        # Above may be a folder that nobody else can enter.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-own-files-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o777)
        (self.folder / "probes").write_text(PROBES)
        (self.folder / "recog").mkdir()
        (self.folder / "recog" / "ftp.xml").write_text(RECOG)
        (self.folder / "lockstep.toml").write_text(CONFIG)
        self.cache = self.folder / "cache"

        self.program = program_test.PROGRAM
        if os.geteuid() == 0:
            self.program = shutil.copy2(self.program, self.folder / "lockstep")

    def run_own(self, *arguments):
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=program_test.TIME_LIMIT_S,
                              env=environment() | {"XDG_CACHE_HOME": str(self.cache)}, check=False,
                              **user)

    @contextlib.contextmanager
    def service(self, greeting, answer=None):
        """Says `greeting`, and `answer` to whatever begins with HELLO."""
        server = socket.create_server((ADDRESS, 0))

        def serve(connection):
            with connection, contextlib.suppress(OSError):
                connection.sendall(greeting)
                while data := connection.recv(4096):
                    if answer and data.startswith(b"HELLO"):
                        connection.sendall(answer)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        with server:
            yield server.getsockname()[1]

    def services(self, *options):
        with self.service(b"MINE 4.2\n") as mine, self.service(b"", b"GOOD DAY from 7\n") as polite, \
                self.service(b"220 ftp.lab LabFTP a9 ready\r\n") as ftp:
            done = self.run_own(*options, "scan", ADDRESS, "--services", "--json", "--ports",
                                f"{mine},{polite},{ftp}")
        self.assertEqual(done.returncode, IN_STEP, done.stderr)
        ports = {row["port"]: row["service"] for row in json.loads(done.stdout)["ports"]}
        return [ports[mine], ports[polite], ports[ftp]], done.stderr

    def assert_told(self, options=()):
        options = options or ("--config", self.folder / "lockstep.toml")
        (mine, polite, ftp), stderr = self.services(*options)
        self.assertEqual((mine["name"], mine["product"], mine["version"]),
                         ("mine", "Mine daemon", "4.2"))
        self.assertEqual((polite["name"], polite["product"], polite["version"]),
                         ("polite", "Polite daemon", "7"))
        self.assertEqual((ftp["name"], ftp["product"], ftp["version"], ftp["hostname"]),
                         ("ftp", "LabFTP", "a9", "ftp.lab"))
        self.assertIn("fingerprints of recog: used 1; left out 1, the first ", stderr)
        self.assertIn("ftp.xml:12: ", stderr)

    def kept(self):
        return {path.name: path.read_bytes() for path in (self.cache / "lockstep").iterdir()}

    def test_they_tell_services(self):
        self.assert_told()

    def test_what_was_compiled_is_kept(self):
        self.assert_told()
        kept = self.kept()
        self.assertEqual(len(kept), 2)
        before = {path: path.stat().st_mtime_ns for path in (self.cache / "lockstep").iterdir()}
        self.assert_told()
        self.assertEqual({path: path.stat().st_mtime_ns for path in before}, before)
        for path in before:
            os.truncate(path, path.stat().st_size - 1)
        self.assert_told()
        self.assertEqual(self.kept(), kept)

    def test_without_a_place_to_keep_it(self):
        self.cache.write_text("no folder")
        self.assert_told()

    def test_mistakes_have_file_and_line(self):
        (self.folder / "bad").write_text("Probe TCP NULL q||\nmatch x m|(|\n")
        (self.folder / "bad.xml").write_text("<fingerprints>\n")
        rows = [
            (("--probes", self.folder / "bad"), f"{self.folder}/bad:2: pattern \"(\": "),
            (("--probes", self.folder / "none"), "No such file"),
            (("--recog", self.folder / "bad.xml"), f"{self.folder}/bad.xml:1: no well-formed XML"),
            (("--recog", self.cache.parent / "lockstep.toml"), "no well-formed XML: No document element"),
        ]
        for options, says in rows:
            with self.subTest(options=options):
                done = self.run_own("scan", ADDRESS, "--engine", "connect", "--ports", "1",
                                    "--services", *options)
                self.assert_refused(done, USAGE, says)
        (self.folder / "probes").write_text("nonsense\n")
        self.assert_refused(self.run_own("check-config", self.folder / "lockstep.toml"), USAGE,
                            f"{self.folder}/probes:1: ")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program_test.PROGRAM = os.path.abspath(sys.argv.pop(1))
    program_test.unittest.main(verbosity=2)
