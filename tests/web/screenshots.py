#!/usr/bin/env python3
"""Pictures of each view, from a lab with some intruders in it.

    tests/web/screenshots.py build/release/lockstep build/screenshots
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from cluster import INSTANCES, OWN_INSTANCE, SERVICES, WebDaemon  # noqa: E402
from lab import Lab  # noqa: E402


def main():
    program, pictures = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    with Lab(compute=24, login=3) as lab:
        with WebDaemon(lab, program, pictures, instances=INSTANCES + SERVICES + OWN_INSTANCE) as daemon:
            daemon.learn(classes=("compute", "login"), ports="default,4444,31337")
            daemon.start()
            for host, port in (("node3", 4444), ("node17", 4444), ("login2", 31337), ("node9", 31337)):
                daemon.do_listen(host, port)
            daemon.do_end("node7", "rpcbind")
            daemon.wait(lambda: len(daemon.do_alerts()) >= 4, "the alerts", 60)
            daemon.run("alert", "ack", "A-1", "--note", "asked who started it")
            daemon.play("screenshots", user=daemon.join("kim", "admin"), more={
                "node": "/nodes/node3", "evidence": "/nodes/node3?port=management/tcp/22"})


if __name__ == "__main__":
    main()
