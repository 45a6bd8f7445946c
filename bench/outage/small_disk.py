"""A daemon whose store, in a file, is on a small disk of its own; its places, and the spool, are on another."""

import json
import pathlib
import sys

from daemon import Daemon
from stores import File


class OnSmallDisk(Daemon):
    SIZE = "16m"

    def write(self):
        self.small = pathlib.Path(self.folder, "small")
        if not self.small.exists():
            self.small.mkdir()
            self.lab.exec("monitor", "mount", "-t", "tmpfs", "-o", f"size={self.SIZE}", "none",
                          str(self.small), check=True)
        super().write()
        text = self.config.read_text()
        text = text.replace(f"{self.folder}/lockstep.db", f"{self.small}/lockstep.db")
        self.config.write_text(text.replace("[scan]\n", f'[scan]\nstate_dir = "{self.folder}"\n'))

    def __exit__(self, *arguments):
        if self.process is not None:
            self.stop()
        self.lab.exec("monitor", "umount", str(self.small))
        super().__exit__(*arguments)

    def fill(self):
        self.lab.exec("monitor", "dd", "if=/dev/zero", f"of={self.small}/fill", "bs=4k")

    def clear(self):
        self.lab.exec("monitor", "rm", f"{self.small}/fill", check=True)

    def database(self):
        return FileInLab(self)


class FileInLab(File):
    """The disk is mounted there alone."""

    ASK = ("import contextlib, json, sqlite3, sys\n"
           "with contextlib.closing(sqlite3.connect(sys.argv[1], uri=True, timeout=30)) as store:\n"
           "    print(json.dumps(store.execute(sys.argv[2]).fetchall()))\n")

    def __init__(self, daemon):
        super().__init__(daemon.small)
        self.lab = daemon.lab

    def query(self, statement):
        done = self.lab.exec("monitor", sys.executable, "-c", self.ASK, f"file:{self.path}?mode=ro",
                             statement, check=True)
        return [tuple(row) for row in json.loads(done.stdout)]
