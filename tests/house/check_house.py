#!/usr/bin/env python3
"""Checks the rules of the house that a compiler does not.

    tests/house/check_house.py [ROOT]

Prints one line a violation, "FILE:LINE: what; what to do", and ends with 1 if there is any.
ARCHITECTURE.md says why the rules are as they are; check_house_test.py proves that each bites.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

# Who may include whom. A folder may include itself and what stands on its right: another folder
# without its subfolders, or one header where only that one is allowed. "X/*" on the left is any
# subfolder of X, on the right X with all its subfolders. Longest entry first: "net/io" is not
# judged by "net". Unit tests are free in what they include, but for app/.
ALLOWED = {
    "base": "",
    "proc": "base",
    "net": "base",
    "net/*": "base net",
    "scan": "base net net/* data model/port_items.h",
    "data": "",
    "model": "base data",
    "sender": "base proc net net/* scan",
    "plugin_host": "base proc net/bytes.h sender/channel.h sender/launcher.h",
    "services": "base model",
    "services/own": "base data services",
    "services/recog": "base model services",
    "services/users": "base services services/own services/recog",
    "dialogue": "base net model services proc/packets.h",
    "inventory": "base model",
    "inventory/*": "base model inventory",
    "inventory/groups": "base proc model inventory",
    "inventory/json": "base",
    "inventory/lsf": "base proc model inventory inventory/json",
    "inventory/pbs": "base proc model inventory inventory/json",
    "inventory/slurm": "base proc model inventory inventory/json",
    "collectors": "base model",
    "collectors/*": "base proc dialogue model net net/* scan collectors/collector.h",
    "profiles": "base model",
    "profiles/*": "base model",
    "analysis": "base model profiles",
    "store": "base model",
    "store/*": "base model store",
    "notify": "base model store/store.h",
    "notify/*": "base model notify",
    "sweep": "base model inventory collectors/collector.h store/store.h",
    "control": "base model inventory collectors/collector.h profiles profiles/* analysis sweep"
               " store/store.h",
    "daemon": "base model inventory/scheduler_cache.h collectors/collector.h collectors/leave_list.h"
              " sweep analysis store/store.h control",
    "documents": "base model collectors/collector.h control",
    "cli": "base model collectors/collector.h control documents store/audit_chain.h",
    "serve": "base model control",
    "serve/*": "base model control serve",
    "serve/api": "base model inventory/scheduler.h control documents serve serve/auth serve/http serve/pages"
                 " profiles analysis store/store.h",
    "serve/auth": "base model serve store/store.h",
    "serve/pages": "base serve/http/message.h",
    "app": "base proc sender plugin_host services services/own services/users dialogue net/* scan model inventory/* collectors/* profiles profiles/* analysis store/* notify/*"
           " sweep control daemon documents cli serve/*",
    "main.cpp": "base cli app",
}

MOST_LINES = 600
SOURCE_SUFFIXES = {".h", ".cpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]*)"')

# The first folder of paths that exist on every machine; any other absolute path of the machine
# that runs this check is somebody's own.
COMMON_ROOTS = {"", "bin", "dev", "etc", "home", "lib", "mnt", "opt", "proc", "run", "sbin", "srv",
                "sys", "tmp", "usr", "var"}


class House:
    """The files below a root, and the violations found in them."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.files = [Path(name) for name in list_files(self.root)]
        self.violations = []

    def report(self, file, line, message):
        self.violations.append(f"{file}:{line}: {message}")

    def text(self, file):
        return (self.root / file).read_text(encoding="utf-8", errors="replace")

    def sources(self):
        """Our C++ in src/ and data/."""
        return [f for f in self.files
                if f.parts[0] in ("src", "data") and f.suffix in SOURCE_SUFFIXES]

    def includes(self, file):
        """(line, included) of each include in quotes."""
        for number, line in enumerate(self.text(file).splitlines(), 1):
            if match := INCLUDE.match(line):
                yield number, match.group(1)

    def exists(self, included):
        return (self.root / "src" / included).is_file() or (
            included.startswith("data/") and (self.root / included).is_file())


def list_files(root):
    """What belongs to the repository, tracked or about to be; all but builds without git."""
    git = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"],
                         capture_output=True, text=True, check=False)
    if git.returncode == 0 and (root / ".git").exists():
        names = git.stdout.split("\0")[:-1]
    else:
        names = []
        for folder, subfolders, found in os.walk(root):
            subfolders[:] = [s for s in subfolders if s not in ("build", ".git", "__pycache__")]
            names += [os.path.relpath(os.path.join(folder, name), root) for name in found]
    return sorted(name for name in names if (root / name).is_file())


def is_test(file):
    return file.stem.endswith(("_test", "_bench")) or file.stem.startswith("test_")


def folder_of(file):
    """The folder of a file, as the table and the includes name it."""
    parts = file.parts[1:] if file.parts[0] == "src" else file.parts
    return "/".join(parts[:-1]) or parts[-1]


def matches(pattern, folder):
    if pattern.endswith("/*"):
        return folder.startswith(pattern[:-1])
    return folder == pattern


def allowance(folder):
    """What `folder` may include, or None if the table does not know it."""
    for pattern in sorted(ALLOWED, key=len, reverse=True):
        if matches(pattern, folder):
            return ALLOWED[pattern].split()
    return None


def may_include(allowed, included):
    folder = included.rpartition("/")[0]
    return any(entry == included or entry == folder or matches(entry, folder) or
               (entry.endswith("/*") and entry[:-2] == folder) for entry in allowed)


# --- The rules. ---


def check_directions(house):
    for file in house.sources():
        folder = folder_of(file)
        allowed = allowance(folder)
        if allowed is None:
            house.report(file, 1, f"the folder {folder} is not in the table of "
                         "tests/house/check_house.py; say there what it may include")
            continue
        for line, included in house.includes(file):
            if not house.exists(included):
                house.report(file, line, f'no file "{included}"; write its path from src/')
                continue
            target = included.rpartition("/")[0]
            if target == folder or may_include(allowed, included):
                continue
            if is_test(file) and target != "app":
                continue
            house.report(file, line, f'{folder} may not include "{included}"; it may: '
                         f"{' '.join(allowed) or 'nothing of ours'}")


def check_headers(house):
    for file in house.files:
        if file.suffix != ".h":
            continue
        if not re.search(r"^#pragma once$", house.text(file), re.MULTILINE):
            house.report(file, 1, "a header without #pragma once; add it after the purpose")


def check_lengths(house):
    for file in house.files:
        if file.parts[0] != "src":
            continue
        lines = house.text(file).count("\n")
        if lines > MOST_LINES:
            house.report(file, MOST_LINES + 1,
                         f"{lines} lines; split what does more than one thing")


CO_AWAIT_INSIDE = re.compile(r"(?:\b(?:if|while|switch) \([^;]*|&&[^;]*|\|\|[^;]*|\?[^;]*)\bco_await\b")


def check_coroutines(house):
    """g++ 12 makes code that crashes of a co_await in a condition or behind && || ?."""
    for file in house.sources():
        for number, line in enumerate(house.text(file).splitlines(), 1):
            code = re.sub(r"^(\s*)(?:else )?if \((?:[^()]|\([^()]*\))*\) (?=co_await )", r"\1", line)
            if CO_AWAIT_INSIDE.search(code.split("//")[0]):
                house.report(file, number, "co_await within a condition, of which g++ 12 makes code "
                             "that crashes; give its result a name first")


def parse_folders(house):
    """{folder: {keyword: [words]}} of each lockstep_folder() in src/, with its file and name."""
    folders = {}
    for file in house.files:
        if file.name != "CMakeLists.txt" or file.parts[0] != "src":
            continue
        text = re.sub(r"#.*", "", house.text(file))
        for call in re.finditer(r"lockstep_folder\(\s*(\S+)([^)]*)\)", text):
            folder = {"file": file, "name": call.group(1)}
            words = folder.setdefault("", [])
            for word in call.group(2).split():
                if word in ("SOURCES", "LINK", "TESTS", "BENCHES", "TEST_LINK"):
                    words = folder.setdefault(word, [])
                else:
                    words.append(word)
            folders[folder_of(file)] = folder
    return folders


def built_by(folders):
    """{file below src/: folder whose lockstep_folder() compiles it}"""
    return {os.path.normpath(f"{folder}/{word}"): folder
            for folder, parsed in folders.items() for words in ("SOURCES", "TESTS", "BENCHES")
            for word in parsed.get(words, [])}


def check_links(house):
    folders = parse_folders(house)
    builder = built_by(folders)
    names = {folder: parsed["name"] for folder, parsed in folders.items()} | {"data": "data"}

    def unit_of(folder):
        """The library that a folder belongs to: its own or that of a folder around it."""
        while folder and folder not in names:
            folder = folder.rpartition("/")[0]
        return folder

    used = {folder: (set(), set()) for folder in names}  # by sources, by tests
    for file in house.sources():
        unit = builder.get("/".join(file.parts[1:])) or unit_of(folder_of(file))
        for _, included in house.includes(file):
            target = unit_of(included.rpartition("/")[0])
            if unit and target and target != unit:
                used[unit][is_test(file)].add(names[target])

    ours = set(names.values())
    for folder, parsed in folders.items():
        file = parsed["file"]
        by_sources, by_tests = used[folder]
        link = set(parsed.get("LINK", [])) & ours
        test_link = set(parsed.get("TEST_LINK", [])) & ours
        for name in sorted(by_sources - link):
            house.report(file, 1, f"{folder} includes {name} without a LINK to it; add it")
        for name in sorted(link - by_sources):
            house.report(file, 1, f"{folder} has a LINK to {name} and includes nothing of it; "
                         "remove it")
        for name in sorted(by_tests - link - test_link):
            house.report(file, 1, f"a test of {folder} includes {name}; add it to TEST_LINK")
        for name in sorted(test_link - by_tests):
            house.report(file, 1, f"{folder} has a TEST_LINK to {name}, and no test includes it; "
                         "remove it")


def check_sources_are_built(house):
    folders = parse_folders(house)
    builder = built_by(folders)
    programs = {f"{file.parent}/{source}" for file in house.files if file.name == "CMakeLists.txt"
                for call in re.finditer(r"add_executable\(\s*\S+([^)]*)\)", house.text(file))
                for source in call.group(1).split()}
    for file in house.sources():
        if str(file) in programs:
            continue
        name = "/".join(file.parts[1:])
        in_house = any(name.startswith(folder + "/") for folder in folders)
        if file.suffix == ".cpp" and in_house and name not in builder:
            house.report(file, 1, "no lockstep_folder() names this file; it is never compiled")


def packages_of(house, section):
    inside = False
    for number, line in enumerate(house.text("scripts/packages.txt").splitlines(), 1):
        if line.startswith("["):
            inside = line.strip() == f"[{section}]"
        elif inside and re.match(r"[a-z0-9]", line):
            yield number, line.strip()


def check_dependencies(house):
    if Path("scripts/packages.txt") not in house.files:
        return
    told = set()
    if Path("docs/dependencies.md") in house.files:
        for line in house.text("docs/dependencies.md").splitlines():
            if line.startswith("|"):
                told.update(re.findall(r"`([^`]+)`", line.split("|")[1]))
    for number, package in packages_of(house, "build"):
        if package not in told:
            house.report("scripts/packages.txt", number, f"{package} has no row in "
                         "docs/dependencies.md; say there what for and why this one")


def machine_paths(root, home):
    """Paths that only the machine of a developer has."""
    own = {str(root), str(root.parent), str(home)}
    return sorted(path for path in own if path.strip("/") not in COMMON_ROOTS)


def check_machine_paths(house):
    alternatives = [re.escape(path) for path in machine_paths(house.root, Path.home())]
    alternatives.append(r"/(?:home|Users)/[a-z]\w*")
    forbidden = re.compile(r"(?<![\w.}*)-])(?:" + "|".join(alternatives) + r")(?![\w.-])")
    for file in house.files:
        if b"\0" in (house.root / file).read_bytes():
            continue
        for number, line in enumerate(house.text(file).splitlines(), 1):
            if match := forbidden.search(line):
                house.report(file, number, f"{match.group()} is a path of one machine; name it "
                             "relative to the repository")


RULES = [check_directions, check_headers, check_lengths, check_coroutines, check_links, check_sources_are_built,
         check_dependencies, check_machine_paths]


def check(root):
    """The violations below `root`, each as one line."""
    house = House(root)
    for rule in RULES:
        rule(house)
    return house.violations


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]
    violations = check(root)
    for violation in violations:
        print(violation)
    print(f"house: {len(violations)} violations" if violations else "house: in order")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
