"""Ports that answer to no name, or slowly, or not at all."""

from daemon import Daemon, Port

INETD_PORTS = (("echo", 7), ("discard", 9), ("daytime", 13), ("chargen", 19), ("time", 37))

ODD = {
    "inetd": Daemon(
        "openbsd-inetd", "inetd", "OpenBSD inetd",
        (Port(7, "echo", ask=b"lab\r\n", answer=rb"^lab\r\n$"),
         Port(9, "discard", ask=b"lab\r\n"),
         Port(13, "daytime", rb"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\r\n"),
         Port(19, "chargen", rb"[ -~]{72}\r\n"),
         Port(37, "time", rb".{4}$")),
        "exec inetd -i conf",
        {"conf": "".join(f"{{address}}:{name} stream tcp nowait root internal\n"
                         for name, _ in INETD_PORTS)}),
    "silent": Daemon(
        "netcat-openbsd", "nc.openbsd", "", (Port(5555, ""),),
        "exec nc.openbsd -lk {address} 5555"),
    "slow": Daemon(
        "socat", "socat", "", (Port(5556, "", rb"lab: good morning\n", slow_s=2),),
        "exec socat TCP-LISTEN:5556,bind={address},fork,reuseaddr"
        " SYSTEM:'sleep 2; echo lab\\: good morning; sleep 5'"),
    "ends": Daemon(
        "socat", "socat", "", (Port(5557, "", closes=True),),
        "exec socat TCP-LISTEN:5557,bind={address},fork,reuseaddr EXEC:/bin/true"),
    # Nothing that anybody has a pattern for.
    "unknown": Daemon(
        "socat", "socat", "", (Port(5558, "", rb"\0\x07lab\xff\xfe\0", b"lab\n", rb"^\?\?\?\n"),),
        "exec socat TCP-LISTEN:5558,bind={address},fork,reuseaddr"
        " EXEC:'sh {folder}/talk'",
        {"talk": "printf '\\000\\007lab\\377\\376\\000'; read line; echo '???'\n"}),
}
