#!/usr/bin/env python3
"""Starts the lab with its services, for somebody who wants to look around.

    tests/services/up.py [DAEMON...]      all of them by default

Prints "state FOLDER" of the lab as soon as all run, and then a line of JSON for each port: the
truth about it (Truth in daemons.py). Stays until its standard input ends; then everything is gone.

    tests/lab/lab exec --state FOLDER monitor -- nmap -sV -p 22 198.18.1.1
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from daemons import DAEMONS, Daemons, hosts_needed  # noqa: E402
from lab import Lab  # noqa: E402


def main(names):
    unknown = sorted(set(names) - set(DAEMONS))
    if unknown:
        sys.exit(f"no daemon {', '.join(unknown)}; there are {', '.join(DAEMONS)}")
    names = names or tuple(DAEMONS)
    with Lab(compute=hosts_needed(names), login=0) as lab, Daemons(lab, names) as daemons:
        print("state", lab.state)
        for truth in daemons.truths():
            print(json.dumps(truth._asdict()))
        sys.stdout.flush()
        for name, package in daemons.absent.items():
            print(f"{name}: the package {package} is not installed", file=sys.stderr)
        for name, why in daemons.failed.items():
            print(f"{name}: {why}", file=sys.stderr)
        sys.stdin.read()


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
