"""Real UDP daemons in a host of the lab.

    with Lab(compute=1, login=0) as lab, Daemons(lab, "node1", ADDRESS) as daemons:
        daemons.running    # {daemon: what should come back from each of its ports and protocols}
        daemons.absent     # {daemon: the package that is not installed}
    daemons.failed     # {daemon: its last words}

Every daemon runs in the foreground below the lab's process 1 and ends with the lab at the latest,
whatever forks or detaches. Each has a folder of its own for configuration, state and log; nothing
of /etc and /var is read or written where the daemon lets us choose.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
from typing import NamedTuple

PATIENCE_S = 20
SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/lib/ipsec:/usr/lib/frr"


class Daemon(NamedTuple):
    """`command` is a shell command in the daemon's folder, to be formatted with {address} and
    {folder}; `prepare` one that runs before it, to its end. `expected` says what our payloads get:
    {(port, protocol): verdict}; port 0 is the port, not yet known, of the daemon's RPC program."""

    package: str
    program: str
    command: str
    expected: dict
    files: dict = {}
    prepare: str = ""


CERTIFICATE = ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
               " -subj /CN=lab -keyout key.pem -out cert.pem")

DAEMONS = {
    "dnsmasq": Daemon(
        "dnsmasq-base", "dnsmasq",
        "exec dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root"
        " --pid-file={folder}/pid --listen-address={address} --bind-interfaces",
        {(53, "dns"): "answer"}),
    "chronyd": Daemon(
        "chrony", "chronyd", "exec chronyd -d -x -u root -f conf", {(123, "ntp"): "answer"},
        {"conf": "local stratum 10\nallow 198.18.0.0/15\ncmdport 0\nbindcmdaddress /\n"
                 "pidfile {folder}/pid\n"}),
    "snmpd": Daemon(
        "snmpd", "snmpd",
        "SNMP_PERSISTENT_DIR={folder} exec snmpd -f -C -c conf -Lo -p {folder}/pid"
        " udp:{address}:161",
        {(161, "snmp-v3"): "answer", (161, "snmp-v2c"): "answer"},
        {"conf": "rocommunity public 198.18.0.0/15\n"}),
    # The lab starts this one itself.
    "rpcbind": Daemon("rpcbind", "rpcbind", "", {(111, "rpc"): "answer"}),
    "rpc.statd": Daemon(
        "nfs-common", "rpc.statd", "exec rpc.statd -F -L -P {folder}", {(0, "rpc"): "answer"},
        prepare="mkdir -p sm sm.bak"),
    "tftpd": Daemon(
        "tftpd-hpa", "in.tftpd",
        "exec in.tftpd -L -u nobody --address {address}:69 --secure {folder}",
        {(69, "tftp"): "unknown"}),
    "nmbd": Daemon(
        "samba", "nmbd",
        "exec nmbd --foreground --no-process-group --debug-stdout -s {folder}/conf",
        {(137, "netbios-ns"): "answer"},
        {"conf": "[global]\ninterfaces = {address}/16\nnetbios name = LAB\n"
                 "lock directory = {folder}\nstate directory = {folder}\n"
                 "cache directory = {folder}\npid directory = {folder}\n"
                 "private dir = {folder}\nncalrpc dir = {folder}/ncalrpc\n"
                 "log file = {folder}/samba\n"},
        prepare="mkdir -p /run/samba"),
    "freeradius": Daemon(
        "freeradius", "freeradius", "exec freeradius -f -l stdout -d {folder}",
        {(1812, "radius"): "answer", (1812, "radius-status"): "unknown",
         (1813, "radius-status"): "unknown"},
        {"radiusd.conf": "logdir = {folder}\nrun_dir = {folder}\nlibdir = /usr/lib/freeradius\n"
                         "security {{ status_server = yes\nreject_delay = 0 }}\n"
                         "client lab {{ ipaddr = 198.18.0.0/15\nsecret = lockstep }}\n"
                         "modules {{ }}\ninstantiate {{ }}\n"
                         "server default {{\n"
                         "listen {{ type = auth\nipaddr = {address}\nport = 1812 }}\n"
                         "listen {{ type = acct\nipaddr = {address}\nport = 1813 }}\n"
                         "authorize {{ }}\nauthenticate {{ }}\n}}\n",
         "dictionary": "$INCLUDE /usr/share/freeradius/dictionary\n"}),
    "memcached": Daemon(
        "memcached", "memcached", "exec memcached -u nobody -U 11211 -p 0 -l {address}",
        {(11211, "memcached"): "answer"}),
    "charon": Daemon(
        "strongswan-charon", "charon", "STRONGSWAN_CONF={folder}/conf exec charon",
        {(500, "ike-v2"): "answer", (500, "ike-v1"): "answer",
         (4500, "ike-v2-nat"): "answer", (4500, "ike-v1-nat"): "answer"},
        {"conf": "charon {{ filelog {{ log {{ path = {folder}/charon.log\n"
                 "default = 1 }} }} }}\n"}),
    "coap-server": Daemon(
        "libcoap3-bin", "coap-server-gnutls",
        "exec coap-server-gnutls -A {address} -p 5683 -k secret",
        {(5683, "coap"): "answer", (5684, "dtls"): "unknown"}),
    "openssl": Daemon(
        "openssl", "openssl",
        "exec openssl s_server -dtls -listen -quiet -accept {address}:4433"
        " -cert cert.pem -key key.pem",
        {(4433, "dtls"): "answer"}, prepare=CERTIFICATE),
    "turnserver": Daemon(
        "coturn", "turnserver",
        "exec turnserver -n --no-cli -z -L {address} --no-tls --cert cert.pem --pkey key.pem"
        " --log-file stdout --pidfile {folder}/pid --userdb {folder}/db",
        {(3478, "stun"): "answer", (5349, "dtls"): "unknown"}, prepare=CERTIFICATE),
    "xl2tpd": Daemon(
        "xl2tpd", "xl2tpd",
        "exec xl2tpd -D -c conf -s secrets -p {folder}/pid -C {folder}/control",
        {(1701, "l2tp"): "unknown"},
        {"conf": "[global]\nlisten-addr = {address}\n"
                 "[lns default]\nip range = 198.18.9.1-198.18.9.9\nlocal ip = 198.18.9.10\n", "secrets": ""}),
    "ipmi_sim": Daemon(
        "openipmi", "ipmi_sim", "exec ipmi_sim -n -c lan.conf -f commands -s {folder}",
        {(623, "asf-rmcp"): "answer", (623, "ipmi"): "unknown"},
        {"lan.conf": 'name "lab"\nset_working_mc 0x20\nstartlan 1\naddr {address} 623\n'
                     "priv_limit admin\nallowed_auths_admin none md2 md5 straight\n"
                     "guid a123456789abcdefa123456789abcdef\nendlan\n"
                     'user 1 true "" "test" user 10 none md2 md5 straight\n',
         "commands": "mc_setbmc 0x20\n"
                     "mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable 0x20\n"}),
    "avahi-daemon": Daemon(
        "avahi-daemon", "avahi-daemon",
        "exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f {folder}/conf",
        {(5353, "mdns"): "answer"},
        {"conf": "[server]\nenable-dbus=no\nallow-interfaces=eth0\nuse-ipv6=no\n"
                 "[publish]\npublish-workstation=yes\n"},
        prepare="mkdir -p /run/avahi-daemon"),
    "inetd": Daemon(
        "openbsd-inetd", "inetd", "exec inetd -i conf",
        {(7, "echo"): "answer", (13, "daytime"): "unknown", (19, "chargen"): "unknown",
         (37, "time"): "unknown"},
        {"conf": "".join(f"{name} dgram udp wait root internal\n"
                         for name in ("echo", "daytime", "chargen", "time", "discard"))}),
    "kamailio": Daemon(
        "kamailio", "kamailio", "exec kamailio -DD -E -m 16 -M 4 -w {folder} -Y {folder} -f conf",
        {(5060, "sip"): "answer"},
        {"conf": "#!KAMAILIO\nchildren=1\ndisable_tcp=yes\nauto_aliases=no\n"
                 "listen=udp:{address}:5060\n"
                 "loadmodule \"sl.so\"\nrequest_route {{ sl_send_reply(\"200\", \"OK\"); }}\n"}),
    "miniupnpd": Daemon(
        "miniupnpd-nftables", "miniupnpd", "exec miniupnpd -d -f conf -P {folder}/pid",
        {(1900, "ssdp"): "unknown", (5351, "nat-pmp"): "unknown"},
        {"conf": "ext_ifname=outside\nlistening_ip=eth0\nenable_natpmp=yes\n"
                 "enable_upnp=yes\nallow 1024-65535 198.18.0.0/15 1024-65535\n"
                 "uuid=00000000-0000-4000-8000-000000000000\nlease_file={folder}/leases\n"},
        prepare="ip link add outside type veth peer name beyond && ip link set outside up"
                " && ip addr add 198.19.200.1/24 dev outside"),
    "openvpn": Daemon(
        "openvpn", "openvpn",
        "exec openvpn --dev null --proto udp4 --local {address} --port 1194 --tls-server"
        " --ca cert.pem --cert cert.pem --key key.pem --dh none --ifconfig-noexec --verb 3",
        {(1194, "openvpn"): "answer"}, prepare=CERTIFICATE),
    "krb5kdc": Daemon(
        "krb5-kdc", "krb5kdc",
        "export KRB5_CONFIG={folder}/krb5.conf KRB5_KDC_PROFILE={folder}/kdc.conf;"
        " exec krb5kdc -n -P {folder}/pid",
        {(88, "kerberos"): "answer"},
        {"krb5.conf": "[libdefaults]\ndefault_realm = LAB.INVALID\n"
                      "[realms]\nLAB.INVALID = {{\nkdc = {address}\n}}\n"
                      "[logging]\nkdc = STDERR\n",
         "kdc.conf": "[kdcdefaults]\nkdc_listen = {address}:88\nkdc_tcp_listen = \"\"\n"
                     "[realms]\nLAB.INVALID = {{\ndatabase_name = {folder}/principal\n"
                     "key_stash_file = {folder}/stash\n}}\n"},
        prepare="KRB5_CONFIG={folder}/krb5.conf KRB5_KDC_PROFILE={folder}/kdc.conf"
                " kdb5_util create -s -P lab -r LAB.INVALID"),
    "ripd": Daemon(
        "frr", "ripd",
        "zebra -f zebra.conf -i {folder}/zebra.pid -z {folder}/zserv -P 0 --log stdout"
        " --vty_socket {folder} & sleep 1;"
        " exec ripd -f ripd.conf -i {folder}/ripd.pid -z {folder}/zserv -P 0 --log stdout"
        " --vty_socket {folder}",
        {(520, "rip"): "answer"},
        {"zebra.conf": "", "ripd.conf": "router rip\n version 2\n network eth0\n"},
        prepare="chown frr:frr {folder}"),
    "caddy": Daemon(
        "caddy", "caddy",
        "HOME={folder} XDG_DATA_HOME={folder} XDG_CONFIG_HOME={folder}"
        " exec caddy run --config Caddyfile --adapter caddyfile",
        {(443, "quic"): "answer"},
        {"Caddyfile": "{{\nadmin off\nauto_https off\n}}\n"
                      "https://{address} {{\ntls cert.pem key.pem\nrespond ok\n}}\n"},
        prepare=CERTIFICATE),
    "ganesha": Daemon(
        "nfs-ganesha", "ganesha.nfsd",
        "exec ganesha.nfsd -F -L STDOUT -f {folder}/conf -p {folder}/pid",
        {(2049, "nfs"): "answer"},
        {"conf": "NFS_CORE_PARAM {{ Enable_NLM = false; Enable_RQUOTA = false; Protocols = 3, 4;\n"
                 "Bind_addr = {address}; }}\nNFSv4 {{ RecoveryRoot = {folder}; }}\n"}),
    "rsyslogd": Daemon(
        "rsyslog", "rsyslogd", "exec rsyslogd -n -f {folder}/conf -i {folder}/pid",
        {(514, ""): "silent"},
        {"conf": 'module(load="imudp")\ninput(type="imudp" address="{address}" port="514")\n'
                 "global(workDirectory=\"{folder}\")\n*.* {folder}/messages\n"}),
}


class Daemons:
    """The daemons that this machine has, running on `address` of `host`."""

    def __init__(self, lab, host, address, names=tuple(DAEMONS)):
        self.lab, self.host, self.address = lab, host, address
        self.running, self.absent, self.failed = {}, {}, {}
        self._names = names
        self._processes = {}

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-udp-"))
        self.folder.chmod(0o755)  # some change their user
        # FRR writes there whatever it is told; the host's mounts are its own.
        self.lab.exec(self.host, "mount", "-t", "tmpfs", "lab", "/var/tmp", check=True)
        for name in self._names:
            if shutil.which(DAEMONS[name].program, path=SEARCH_PATH):
                self._start(name)
            else:
                self.absent[name] = DAEMONS[name].package
        deadline = time.monotonic() + PATIENCE_S
        for name in self._processes:
            self._await(name, deadline)
        return self

    def __exit__(self, *_):
        for process in self._processes.values():
            if process:
                process.stdin.close()
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, name):
        daemon = DAEMONS[name]
        folder = self.folder / name
        folder.mkdir()
        values = {"address": self.address, "folder": folder}
        for file, text in daemon.files.items():
            (folder / file).write_text(text.format(**values))
        if not daemon.command:
            self._processes[name] = None
            return
        command = "\n".join(["set -e", f"cd {folder}", f"PATH={SEARCH_PATH}",
                             daemon.prepare.format(**values), daemon.command.format(**values)])
        with open(folder / "log", "wb") as log:
            self._processes[name] = self.lab.popen(self.host, "sh", "-c", command,
                                                   stdin=subprocess.PIPE, stdout=log, stderr=log)

    def _await(self, name, deadline):
        process = self._processes[name]
        while True:
            expected = self._known(DAEMONS[name].expected)
            if expected and {port for port, _ in expected} <= self.bound():
                self.running[name] = expected
                return
            ended = process is not None and process.poll() is not None
            if ended or time.monotonic() >= deadline:
                self.failed[name] = self.last_words(name)
                return
            time.sleep(0.05)

    def _known(self, expected):
        """`expected` with the port of status (program 100024) in place of 0, once it is known."""
        if (0, "rpc") not in expected:
            return expected
        said = self.lab.exec(self.host, "rpcinfo", "-p", self.address).stdout
        ports = [int(line.split()[3]) for line in said.splitlines()[1:]
                 if line.split()[0] == "100024" and line.split()[2] == "udp"]
        return {(ports[0], "rpc"): expected[0, "rpc"]} if ports else {}

    def bound(self):
        """The UDP ports that are bound there, says the host's own kernel."""
        lines = self.lab.exec(self.host, "ss", "-Hlun").stdout.splitlines()
        return {int(line.split()[3].rpartition(":")[2]) for line in lines}

    def last_words(self, name):
        log = self.folder / name / "log"
        return " | ".join(log.read_text(errors="replace").splitlines()[-5:]) if log.exists() else ""
