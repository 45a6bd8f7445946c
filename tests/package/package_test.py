#!/usr/bin/env python3
"""What is in the package: units, manuals, completions, scripts. Nothing is installed.

    tests/package/package_test.py PACKAGE.deb        (ctest label `program`)
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PACKAGE = None
SOURCE = pathlib.Path(__file__).resolve().parents[2]
MOST_EXPOSED = 20  # 2.0, in tenths
UNITS = ("lockstep.service", "lockstep-plugins.service")
COMPLETED_BY = {
    "bash": "usr/share/bash-completion/completions/lockstep",
    "zsh": "usr/share/zsh/vendor-completions/_lockstep",
    "fish": "usr/share/fish/vendor_completions.d/lockstep.fish",
}
EXPECTED = (
    "etc/lockstep/lockstep.toml", "usr/bin/lockstep", "usr/libexec/lockstep/lockstep-pcp",
    "usr/lib/sysusers.d/lockstep.conf", "usr/lib/tmpfiles.d/lockstep.conf",
    "usr/share/doc/lockstep/copyright", "usr/share/doc/lockstep/changelog.gz",
    "usr/share/doc/lockstep/plugins.md",
    "usr/share/doc/lockstep/decisions/README.md", "usr/share/lockstep/slurm/lockstep-prolog",
    "usr/share/lockstep/lab/lab", "usr/share/man/man1/lockstep.1.gz",
    "usr/share/man/man5/lockstep.toml.5.gz", *COMPLETED_BY.values(),
    *(f"usr/lib/systemd/system/{unit}" for unit in UNITS))

# Each shell is given a line and prints what it would offer.
BASH = r"""
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_lockstep
printf '%s\n' "${COMPREPLY[@]}"
"""
# Without the shell's own functions for it, which want a terminal.
ZSH = r"""
script=$1; shift
words=("$@"); CURRENT=$#
_describe() { print -l -- ${items%%:*} }
_files() { print -l -- *(N) }
_message() { }
compadd() { shift; print -l -- "$@" }
source $script
"""
FISH = r"""
source $argv[1]
complete -C (string join ' ' -- $argv[2..])
"""
SHELLS = {"bash": ["bash", "--norc", "-c", BASH, "-"], "zsh": ["zsh", "-f", "-c", ZSH, "-"],
          "fish": ["fish", "--no-config", "-c", FISH]}


def run(*words, **how):
    return subprocess.run(words, capture_output=True, text=True, timeout=60,
                          **{"check": True, "stdin": subprocess.DEVNULL} | how)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.tree)
        run("dpkg-deb", "-R", PACKAGE, cls.tree)
        cls.program = cls.tree / "usr/bin/lockstep"

    def test_it_has_what_an_administrator_installs(self):
        for place in EXPECTED:
            with self.subTest(place):
                self.assertTrue((self.tree / place).is_file())
        self.assertFalse((self.tree / "var").exists(), "folders of data are made when it is installed")

    def test_nothing_in_it_may_be_written_by_others_than_root(self):
        listed = run("dpkg-deb", "-c", PACKAGE).stdout.splitlines()
        wrong = [line for line in listed
                 if not re.match(r"[d-]rw[x-]r-[x-]r-[x-] root/root ", line)]
        self.assertEqual(wrong, [])

    def test_its_libraries_are_depended_on(self):
        depends = run("dpkg-deb", "-f", PACKAGE, "Depends").stdout
        for library in ("libc6", "libpcp3", "libsoci-core4.0", "libssl3", "libvectorscan5"):
            with self.subTest(library):
                self.assertIn(library, depends)

    def test_the_configuration_is_the_administrators(self):
        self.assertEqual((self.tree / "DEBIAN/conffiles").read_text().split(),
                         ["/etc/lockstep/lockstep.toml"])
        run(self.program, "check-config", self.tree / "etc/lockstep/lockstep.toml")

    def test_users_and_folders_are_written_as_systemd_reads_them(self):
        said = run("systemd-sysusers", "--dry-run", self.tree / "usr/lib/sysusers.d/lockstep.conf",
                   check=False)
        self.assertEqual((said.returncode, re.findall(".*(?:Unknown|Invalid|Failed).*", said.stderr)),
                         (0, []))

    def test_units_hold_before_systemd_and_are_closed(self):
        folder = self.tree / "units"
        folder.mkdir()
        for unit in UNITS:
            text = (self.tree / "usr/lib/systemd/system" / unit).read_text()
            # The program is not installed on the machine that tests it.
            (folder / unit).write_text(text.replace("/usr/bin/lockstep", str(self.program)))
        for unit in UNITS:
            with self.subTest(unit):
                said = run("systemd-analyze", "verify", "--man=no", folder / unit, check=False)
                ours = [line for line in said.stderr.splitlines() if "lockstep" in line]
                self.assertEqual((said.returncode, ours), (0, []))
                judged = run("systemd-analyze", "security", "--offline=true", "--no-pager",
                             f"--threshold={MOST_EXPOSED}", folder / unit, check=False)
                self.assertEqual(judged.returncode, 0, judged.stdout[-200:])

    def test_manuals_are_clean(self):
        for page in ("man1/lockstep.1.gz", "man5/lockstep.toml.5.gz"):
            with self.subTest(page):
                said = run("man", "--warnings", "-l", self.tree / "usr/share/man" / page,
                           env={"MANWIDTH": "100", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
                self.assertEqual(said.stderr, "")
                self.assertGreater(len(said.stdout), 10_000)

    def test_each_command_is_explained_in_the_manual(self):
        explained = {line for line in (SOURCE / "packaging/man/lockstep.1.in").read_text().splitlines()
                     if line.startswith(".It Cm")}
        for path in re.findall(r"^\.It Xo Cm (.*)$", run(self.program, "completions", "manual").stdout,
                               re.MULTILINE):
            with self.subTest(path):
                command, _, below = path.partition(" ")
                self.assertTrue(any(re.search(rf"\b{command}\b", line) and
                                    re.search(rf"\b{below}\b", line) for line in explained))

    def test_shells_complete(self):
        table = [
            # The line, what must be offered, what must not.
            (["lockstep", "sc"], {"scan"}, {"completions"}),
            (["lockstep", "alert", ""], {"ack", "silence", "resolve"}, {"scan"}),
            (["lockstep", "--config", "alert", "sweep", "--serv"], {"--services", "--services-all"},
             {"--note"}),
            (["lockstep", "store", "restore", "--ver"], {"--verify"}, {"--help-all"}),
            (["lockstep", "sweep", "--engine", ""], {"auto", "packet", "xdp", "connect"}, {"--json"}),
            (["lockstep", "nodes", "alert", "--ex"], {"--expand"}, {"--note"}),
            (["lockstep", "check-config", "bas"], {"base.toml"}, set()),
        ]
        folder = self.tree / "completed"
        folder.mkdir()
        (folder / "base.toml").touch()
        for shell, words in SHELLS.items():
            if shutil.which(words[0]) is None:
                print(f"{shell} is not installed: its completion was not tried")
                continue
            for line, wanted, unwanted in table:
                with self.subTest(shell=shell, line=line):
                    said = run(*words, self.tree / COMPLETED_BY[shell], *line, cwd=folder)
                    # Behind a tab fish says what a word is for.
                    offered = {each.partition("\t")[0] for each in said.stdout.splitlines()}
                    self.assertTrue(wanted <= offered, offered)
                    self.assertFalse(unwanted & offered, offered)

    def test_the_maintainers_scripts_bear_being_called_in_vain(self):
        for script, words in (("postinst", ["triggered"]), ("prerm", ["upgrade", "1"]),
                              ("postrm", ["upgrade", "1"])):
            with self.subTest(script):
                run("sh", "-n", self.tree / "DEBIAN" / script)
                said = run(self.tree / "DEBIAN" / script, *words)
                self.assertEqual(said.stdout + said.stderr, "")


def main():
    global PACKAGE
    PACKAGE = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()


if __name__ == "__main__":
    main()
