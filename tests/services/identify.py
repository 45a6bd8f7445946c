#!/usr/bin/env python3
"""What `lockstep scan --services` makes of the daemons, beside the truth, and beside nmap.

    tests/services/identify.py [--nmap] [--json FILE] [DAEMON...] >table.md

A row a port; a name, product or version that is wrong or missing, though the daemon tells it, stands in
bold. Without DAEMON all that are installed. As root.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
from daemons import DAEMONS, Daemons, hosts_needed  # noqa: E402
from lab import Lab  # noqa: E402

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "build/release/lockstep"

# Customary names of one thing.
SAME = ({"http", "http-proxy"}, {"microsoft-ds", "netbios-ssn"}, {"socks5", "tor-socks"},
        {"rpcbind", "status", "rpc"}, {"docker", "http"}, {"shell", "bindshell"})
# Nobody may say anything to them (slurm*), or they say nothing that tells them from others.
UNTOLD = {"slurmctld", "slurmd", "slurmdbd", "silent", "slow", "ends", "unknown", "bird", "ser2net",
          "gdbserver", "iperf3", "distccd"}


def is_untold(truth):
    return truth.daemon in UNTOLD or truth.protocol in ("", "discard")


def same_name(seen, expected):
    return seen == expected or any({seen, expected} <= names for names in SAME)


def words(text):
    return set(re.findall(r"[a-z0-9]+", (text or "").lower()))


def judge(truth, service):
    """What is wrong about it: a set of "name", "product", "version"."""
    name, product, version = (service.get(key) or "" for key in ("name", "product", "version"))
    if is_untold(truth):
        # A wrong name is worse than none.
        return {"name"} if name and truth.protocol and not same_name(name, truth.protocol) else set()
    wrong = set()
    if not same_name(name, truth.protocol):
        wrong.add("name")
    if truth.tls != (service.get("tunnel") == "tls"):
        wrong.add("name")
    if truth.tells and not words(truth.product) & words(product):
        wrong.add("product")
    if truth.tells == "version" and not version.startswith(truth.version.split("+")[0]):
        wrong.add("version")
    return wrong


def scan(lab, program, truths, *options):
    """{(address, port): the service as JSON has it}"""
    done = lab.exec("monitor", program, "scan", *sorted({truth.address for truth in truths}),
                    "--ports", ",".join(sorted({str(truth.port) for truth in truths}, key=int)),
                    "--node-rate", "unlimited", "--rate", "unlimited", "--services", "--json",
                    *options, timeout=300)
    if not done.stdout:
        raise AssertionError(done.stderr)
    return {(port["address"], port["port"]): port["service"]
            for port in json.loads(done.stdout)["ports"] if "service" in port}


def scan_by_nmap(lab, truths):
    """The same by `nmap -sV`, with its own defaults, all hosts side by side. Dask's scheduler is left
    out: it reads nmap's questions as lengths, and then takes all memory that there is."""
    def of_host(address):
        ports = ",".join(str(truth.port) for truth in truths
                         if truth.address == address and truth.daemon != "dask-scheduler")
        done = lab.exec("monitor", "nmap", "-n", "-Pn", "-sV", "-oX", "-", "-p", ports, address,
                        timeout=900)
        return address, ElementTree.fromstring(done.stdout)
    found = {}
    addresses = sorted({truth.address for truth in truths})
    with concurrent.futures.ThreadPoolExecutor(len(addresses)) as pool:
        for address, document in pool.map(of_host, addresses):
            for port in document.iter("port"):
                service = port.find("service")
                if service is None or service.get("method") != "probed":
                    continue
                found[address, int(port.get("portid"))] = {
                    "name": service.get("name"), "product": service.get("product"),
                    "version": service.get("version"),
                    "tunnel": "tls" if service.get("tunnel") == "ssl" else None}
    return found


def cell(service, wrong):
    def text(key):
        value = (service.get(key) or "").replace("|", "\\|")
        return f"**{value or '-'}**" if key in wrong else value
    name = text("name")
    if service.get("tunnel"):
        name = "ssl/" + name
    return " ".join(part for part in (name, text("product"), text("version")) if part) or "-"


def table(truths, ours, theirs=None):
    yield "| daemon, port | truth (told) | Lockstep |" + (" nmap -sV |" if theirs is not None else "")
    yield "|---|---|---|" + ("---|" if theirs is not None else "")
    for truth in truths:
        place = truth.address, truth.port
        told = {"": "", "product": truth.product, "series": truth.product,
                "version": f"{truth.product} {truth.version}"}[truth.tells]
        row = f"| {truth.daemon}, {truth.port} | {'ssl/' if truth.tls else ''}" \
              f"{truth.protocol or '-'} {told} |"
        for services in (ours,) if theirs is None else (ours, theirs):
            service = services.get(place) or {}
            row += f" {cell(service, judge(truth, service))} |"
        yield row
    for name, services in (("Lockstep", ours), ("nmap -sV", theirs)):
        if services is not None:
            yield "\n" + summary(name, truths, services)


def summary(who, truths, services):
    wrong = [judge(truth, services.get((truth.address, truth.port)) or {}) for truth in truths]
    told = [truth for truth in truths if not is_untold(truth)]
    with_product = [truth for truth in told if truth.tells]
    with_version = [truth for truth in told if truth.tells == "version"]

    def right(key, of):
        return sum(key not in one for truth, one in zip(truths, wrong) if truth in of)
    return (f"- {who}: the name right on {right('name', told)} of {len(told)}, the product on "
            f"{right('product', with_product)} of {len(with_product)} that tell it, the version on "
            f"{right('version', with_version)} of {len(with_version)}; a wrong name for what cannot "
            f"be told: {sum('name' in one for truth, one in zip(truths, wrong) if truth not in told)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nmap", action="store_true", help="ask nmap as well, which takes minutes")
    parser.add_argument("--json", help="what Lockstep said, whole")
    parser.add_argument("--program", type=pathlib.Path, default=PROGRAM)
    parser.add_argument("daemons", nargs="*")
    arguments = parser.parse_args()
    names = tuple(arguments.daemons) or tuple(DAEMONS)
    with Lab(compute=hosts_needed(names), login=0) as lab, Daemons(lab, names) as daemons:
        truths = daemons.truths()
        ours = scan(lab, arguments.program, truths)
        if arguments.json:
            pathlib.Path(arguments.json).write_text(
                json.dumps([[*place, service] for place, service in ours.items()], indent=1))
        theirs = scan_by_nmap(lab, truths) if arguments.nmap else None
        print("\n".join(table(truths, ours, theirs)))
        for name, why in daemons.failed.items():
            print(f"{name}: {why}", file=sys.stderr)


if __name__ == "__main__":
    main()
