"""The daemons, by what they are for. A new daemon is a row of one of these files, and its package
a line of [services] in scripts/packages.txt; or of [services-large], and then its name is in LARGE:
it costs seconds of a processor to start."""

from .access import ACCESS
from .cluster import CLUSTER
from .data import DATA
from .mail import MAIL
from .names import NAMES
from .odd import ODD
from .tools import TOOLS
from .web import WEB

TABLES = (ACCESS, CLUSTER, WEB, MAIL, NAMES, DATA, TOOLS, ODD)
DAEMONS = {name: row for table in TABLES for name, row in table.items()}
assert len(DAEMONS) == sum(map(len, TABLES)), "two tables use one name"

LARGE = {"epmd", "glusterd", "java-debug", "monerod", "podman", "prometheus", "rabbitmq",
         "rmiregistry", "zookeeper"}
assert set(DAEMONS) >= LARGE
