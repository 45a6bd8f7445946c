"""What a row of the tables says of a daemon, and the questions that rows share."""

import re
import struct
from typing import NamedTuple


class Port(NamedTuple):
    """One port and the truth about it.

    `first` is what comes unasked: a regular expression that it begins with, empty for silence.
    `ask` is a harmless question, sent after that; `answer` a regular expression that occurs in what
    comes back. Both see the inside where `tls` is set. `{version}` in them is the daemon's version
    and `{series}` its first two numbers, quoted.

    `tells` says what these two give away to whoever can read them: "" not even the product,
    "product", "series", or "version". `protocol` is the name that is customary in nmap's output,
    empty where a port has none."""

    number: int
    protocol: str
    first: bytes = b""
    ask: bytes = b""
    answer: bytes = b""
    tells: str = ""
    tls: bool = False
    closes: bool = False  # by itself, unasked
    slow_s: float = 0  # speaks only after that


class Daemon(NamedTuple):
    """`command` is a shell command in the daemon's folder; {address}, {folder} and {host} are
    filled in, there and in `files`. `prepare` runs before it, to its end. Without a command the lab
    itself starts the daemon on each of its hosts.

    `program` is what must be there: a program, or the path of a file or folder.

    `version` is a shell command that prints the version; by default the package is asked. Like
    `product` it is of whoever answers, which is not always who listens."""

    package: str
    program: str
    product: str
    ports: tuple
    command: str = ""
    files: dict = {}
    prepare: str = ""
    version: str = ""


def fill(text, **values):
    """Only the names given are filled in: configurations are full of braces of their own."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def pattern(expression, version):
    """A row's expression with the version in place."""
    series = ".".join(version.split(".")[:2])
    for name, value in ((b"{version}", version), (b"{series}", series)):
        expression = expression.replace(name, re.escape(value.encode()))
    return re.compile(expression, re.DOTALL)


AS_NOBODY = "setpriv --reuid nobody --regid nogroup --clear-groups"

CERTIFICATE = ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
               " -subj /CN=lab -keyout key.pem -out cert.pem")


def get(path="/"):
    return f"GET {path} HTTP/1.0\r\n\r\n".encode()


HTTP_OK = rb"^HTTP/1\.[01] 200 "


def counted(message):
    """With its length before it, in two bytes, as DNS and OpenVPN travel over TCP."""
    return struct.pack(">H", len(message)) + message


# RFC 1035, 4.1: version.bind, class CHAOS, type TXT.
DNS_VERSION = counted(b"\x4c\x53\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                      b"\x07version\x04bind\x00\x00\x10\x00\x03")


def rpc_call(program, version):
    """RFC 5531: the null procedure, in one record. A version that nobody has makes the server tell
    which it does have."""
    call = struct.pack(">10I", 0x4C6F636B, 0, 2, program, version, 0, 0, 0, 0, 0)
    return struct.pack(">I", 0x80000000 | len(call)) + call


NO_VERSION = 104000


def rpc_versions(lowest, highest):
    """The reply to NO_VERSION: accepted, PROG_MISMATCH, and the range."""
    reply = struct.pack(">8I", 0x4C6F636B, 1, 0, 0, 0, 2, lowest, highest)
    return re.escape(reply)
