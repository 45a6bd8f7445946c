#!/usr/bin/env python3
"""The prolog that is shipped for Slurm: what it calls, and that no job waits for it or fails by it.

    tests/slurm/prolog_test.py PROLOG     (ctest label `house`)
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

PROLOG = None
MOST_S = 1.0
NOTES = 'printf "%s\\n" "$@" >"$FAKE_NOTES"'


class Prolog(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-prolog-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.notes = self.folder / "notes"
        self.fake("logger", "exit 0")

    def fake(self, name, script):
        """A command of that name, in front of others."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{textwrap.dedent(script)}\n")
        path.chmod(0o755)

    def run_prolog(self, path=None, **environment):
        """Its words to the command that it called, one each, or None; it ends well, and in time."""
        values = {"PATH": path or f"{self.folder}:{os.environ['PATH']}",
                  "FAKE_NOTES": str(self.notes), "SLURM_JOB_ID": "88123",
                  "SLURM_JOB_NODELIST": "n[1-2,7]",
                  "LOCKSTEP_PROLOG_CONF": str(self.folder / "prolog.conf"), **environment}
        took = []
        # A machine that stands still for seconds does so seldom; a script that waits, always.
        while not took or (len(took) < 3 and took[-1] >= MOST_S + 0.3):
            self.notes.unlink(missing_ok=True)
            begin = time.monotonic()
            done = subprocess.run([PROLOG], env={k: v for k, v in values.items() if v is not None},
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
                                  check=False)
            took.append(time.monotonic() - begin)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        self.assertLess(took[-1], MOST_S + 0.3, "with what a busy machine needs to start a shell")
        return self.notes.read_text().splitlines() if self.notes.exists() else None

    def test_the_nodes_of_the_job_are_left(self):
        self.fake("lockstep", NOTES)
        self.assertEqual(self.run_prolog(), ["leave", "n[1-2,7]", "--job", "88123"])

    def test_on_a_node_that_node_is(self):
        self.fake("lockstep", NOTES)
        self.assertEqual(self.run_prolog(SLURM_JOB_NODELIST=None, SLURMD_NODENAME="n7"),
                         ["leave", "n7", "--job", "88123"])

    def test_a_monitor_is_told_by_ssh(self):
        self.fake("ssh", NOTES)
        self.fake("lockstep", "exit 1")
        expected = ["lockstep@mon1", "lockstep leave 'n[1-2,7]' --job '88123'"]
        self.assertEqual(self.run_prolog(LOCKSTEP_MONITOR="lockstep@mon1")[-2:], expected)
        self.notes.unlink()
        for text in ("# where it runs\nLOCKSTEP_MONITOR=lockstep@mon1\n",
                     "LOCKSTEP_MONITOR = lockstep@mon1\n( `broken` \"\n"):
            (self.folder / "prolog.conf").write_text(text)
            self.assertEqual(self.run_prolog()[-2:], expected, text)
            self.notes.unlink()

    def test_a_daemon_here_may_be_named_by_its_socket(self):
        self.fake("lockstep", 'echo "${LOCKSTEP_SOCKET-none}" >>"$FAKE_NOTES"')
        for text, socket in (("", "none"), ("LOCKSTEP_SOCKET=/run/x/control\n", "/run/x/control"),
                             ("LOCKSTEP_SOCKET = nowhere\n", "none")):
            (self.folder / "prolog.conf").write_text(text)
            self.assertEqual(self.run_prolog(), [socket], text)
        self.assertEqual(self.run_prolog(LOCKSTEP_SOCKET="/a b"), ["/a b"])

    def test_no_job_waits_for_it_or_fails_by_it(self):
        scripts = {"fails": "exit 3", "crashes": "kill -SEGV $$", "hangs": "sleep 20",
                   "heeds no signal": "trap '' TERM INT HUP; sleep 20; sleep 20",
                   "leaves somebody behind": "sleep 20 & exit 1",
                   "floods": "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
                   "has no interpreter": None}
        for what, script in scripts.items():
            for command, monitor in (("lockstep", None), ("ssh", "mon1")):
                with self.subTest(what=what, command=command):
                    if script is None:
                        (self.folder / command).write_text("#!/nonexistent\n")
                    else:
                        self.fake(command, script)
                    self.run_prolog(LOCKSTEP_MONITOR=monitor)

    def test_nor_where_it_is_not_there(self):
        self.assertIsNone(self.run_prolog())
        (self.folder / "lockstep").write_text("no command")
        self.assertIsNone(self.run_prolog())

    def test_nor_where_the_log_hangs(self):
        self.fake("lockstep", "exit 1")
        self.fake("logger", "sleep 20")
        self.run_prolog()

    def test_it_says_so_where_it_could_not(self):
        self.fake("lockstep", "exit 1")
        self.fake("logger", NOTES)
        self.assertIn("88123", self.run_prolog()[-1])

    def test_what_is_no_name_goes_on_no_command_line(self):
        self.fake("lockstep", NOTES)
        self.fake("ssh", NOTES)
        for odd in ({"SLURM_JOB_NODELIST": "n1'; rm -rf x; '"}, {"SLURM_JOB_NODELIST": "--help"},
                    {"SLURM_JOB_NODELIST": None}, {"SLURM_JOB_ID": None},
                    {"SLURM_JOB_ID": "1 2"}, {"LOCKSTEP_MONITOR": "-oProxyCommand=x"},
                    {"LOCKSTEP_MONITOR": "mon1 x"}):
            with self.subTest(**odd):
                self.assertIsNone(self.run_prolog(**odd))

    @unittest.skipUnless(shutil.which("shellcheck"), "no shellcheck")
    def test_it_is_clean(self):
        done = subprocess.run(["shellcheck", PROLOG], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    PROLOG = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
