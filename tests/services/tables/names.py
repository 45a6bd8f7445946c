"""Names, addresses, keys, routes, time: what a network runs on."""

import struct

from daemon import CERTIFICATE, DNS_VERSION, Daemon, Port, counted


def der(tag, *parts):
    """ASN.1's distinguished encoding of one value of less than 65,536 bytes."""
    body = b"".join(parts)
    length = bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack(">H", len(body))
    return bytes([tag]) + length + body


def kerberos_as_request(realm):
    """RFC 4120, 5.4: AS-REQ for a principal that nobody has."""
    def name(kind, *texts):
        return der(0x30, der(0xA0, der(2, bytes([kind]))),
                   der(0xA1, der(0x30, *(der(0x1B, text) for text in texts))))
    body = der(0x30, der(0xA0, der(3, b"\0" + b"\x40\x00\x00\x10")),
               der(0xA1, name(1, b"nobody")), der(0xA2, der(0x1B, realm)),
               der(0xA3, name(2, b"krbtgt", realm)), der(0xA5, der(0x18, b"20370913024805Z")),
               der(0xA7, der(2, b"\x12\x34\x56\x78")),
               der(0xA8, der(0x30, der(2, b"\x12"), der(2, b"\x11"))))
    message = der(0x6A, der(0x30, der(0xA1, der(2, b"\5")), der(0xA2, der(2, b"\x0a")),
                            der(0xA4, body)))
    return struct.pack(">I", len(message)) + message


# RFC 4511: a search of the root for "objectClass", of the base object, of any entry.
LDAP_ROOT = der(0x30, der(2, b"\1"), der(
    0x63, der(4), der(10, b"\0"), der(10, b"\0"), der(2, b"\0"), der(2, b"\0"), der(1, b"\0"),
    der(0x87, b"objectClass"), der(0x30)))

# RFC 3416 in RFC 1157's envelope: community "public", GET of sysDescr.0.
SNMP_GET = der(0x30, der(2, b"\1"), der(4, b"public"), der(
    0xA0, der(2, b"\1"), der(2, b"\0"), der(2, b"\0"),
    der(0x30, der(0x30, der(6, b"\x2b\6\1\2\1\1\1\0"), der(5)))))

# OpenVPN's protocol: a hard reset of the client, version 2, with key 0, and an empty list to ack.
OPENVPN_RESET = counted(b"\x38" + b"lockstep" + b"\0" + b"\0\0\0\0")

LDAP = Daemon(
    "slapd", "slapd", "OpenLDAP",
    (Port(389, "ldap", ask=LDAP_ROOT, answer=rb"OpenLDAProotDSE", tells="product"),
     Port(636, "ldap", ask=LDAP_ROOT, answer=rb"OpenLDAProotDSE", tells="product", tls=True)),
    "exec slapd -d 0 -f conf -h 'ldap://{address} ldaps://{address}'",
    {"conf": "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\n"
             "moduleload back_mdb\npidfile {folder}/pid\nargsfile {folder}/args\n"
             "TLSCertificateFile {folder}/cert.pem\nTLSCertificateKeyFile {folder}/key.pem\n"
             "database mdb\nsuffix dc=lab\ndirectory {folder}/data\nmaxsize 1048576\n"},
    prepare=f"mkdir data && {CERTIFICATE}")

NAMES = {
    "named": Daemon(
        "bind9", "named", "ISC BIND",
        (Port(53, "domain", ask=DNS_VERSION, answer=rb"{version}-", tells="version"),),
        "exec named -g -c conf",
        {"conf": 'options { directory "{folder}"; listen-on { {address}; }; listen-on-v6 { none; };\n'
                 'pid-file "{folder}/pid"; session-keyfile "{folder}/session"; recursion no;\n'
                 'managed-keys-directory "{folder}"; dnssec-validation no; };\ncontrols { };\n'}),
    "dnsmasq": Daemon(
        "dnsmasq-base", "dnsmasq", "dnsmasq",
        (Port(53, "domain", ask=DNS_VERSION, answer=rb"dnsmasq-{version}", tells="version"),),
        "exec dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root"
        " --pid-file={folder}/pid --listen-address={address} --bind-interfaces"),
    "unbound": Daemon(
        "unbound", "unbound", "Unbound",
        (Port(53, "domain", ask=DNS_VERSION, answer=rb"unbound {version}", tells="version"),),
        "exec unbound -d -c conf",
        {"conf": 'server:\n interface: {address}\n access-control: 198.18.0.0/15 allow\n'
                 ' username: ""\n chroot: ""\n directory: "{folder}"\n pidfile: "{folder}/pid"\n'
                 ' use-syslog: no\n logfile: ""\n module-config: "iterator"\n'}),
    "knotd": Daemon(
        "knot", "knotd", "Knot DNS",
        (Port(53, "domain", ask=DNS_VERSION, answer=rb"Knot DNS {version}", tells="version"),),
        "exec knotd -c conf",
        {"conf": "server:\n  listen: {address}@53\n  rundir: {folder}\n"
                 "log:\n  - target: stderr\n    any: warning\n"
                 "database:\n  storage: {folder}\n"}),
    "nsd": Daemon(
        "nsd", "nsd", "NLnet Labs NSD",
        (Port(53, "domain", ask=DNS_VERSION, answer=rb"NSD {version}", tells="version"),),
        "exec nsd -d -c conf",
        {"conf": 'server:\n ip-address: {address}\n username: ""\n zonesdir: "{folder}"\n'
                 ' pidfile: "{folder}/pid"\n xfrdfile: "{folder}/xfrd"\n database: ""\n'
                 ' zonelistfile: "{folder}/zones"\n server-count: 1\n logfile: ""\n'
                 'remote-control:\n control-enable: no\n'}),
    "slapd": LDAP,
    "krb5kdc": Daemon(
        "krb5-kdc", "krb5kdc", "MIT Kerberos",
        (Port(88, "kerberos-sec", ask=kerberos_as_request(b"LAB.INVALID"),
              answer=rb"^\0\0..\x7e.*LAB\.INVALID"),),
        "export KRB5_CONFIG={folder}/krb5.conf KRB5_KDC_PROFILE={folder}/kdc.conf;"
        " exec krb5kdc -n -P {folder}/pid",
        {"krb5.conf": "[libdefaults]\ndefault_realm = LAB.INVALID\n"
                      "[realms]\nLAB.INVALID = {\nkdc = {address}\n}\n"
                      "[logging]\nkdc = STDERR\n",
         "kdc.conf": '[kdcdefaults]\nkdc_listen = ""\nkdc_tcp_listen = {address}:88\n'
                     "[realms]\nLAB.INVALID = {\ndatabase_name = {folder}/principal\n"
                     "key_stash_file = {folder}/stash\n}\n"},
        prepare="KRB5_CONFIG={folder}/krb5.conf KRB5_KDC_PROFILE={folder}/kdc.conf"
                " kdb5_util create -s -P lab -r LAB.INVALID"),
    "snmpd": Daemon(
        "snmpd", "snmpd", "Net-SNMP",
        (Port(161, "snmp", ask=SNMP_GET, answer=rb"^\x30.*Linux node"),),
        "SNMP_PERSISTENT_DIR={folder} exec snmpd -f -C -c conf -Lo -p {folder}/pid"
        " tcp:{address}:161",
        {"conf": "rocommunity public 198.18.0.0/15\n"}),
    "openvpn": Daemon(
        "openvpn", "openvpn", "OpenVPN",
        (Port(1194, "openvpn", ask=OPENVPN_RESET, answer=rb"^..\x40"),),
        "exec openvpn --dev tun --proto tcp4-server --local {address} --port 1194 --tls-server"
        " --ca cert.pem --cert cert.pem --key key.pem --dh none --mode server --ifconfig-noexec",
        prepare=CERTIFICATE),
    "oidentd": Daemon(
        "oidentd", "oidentd", "oidentd",
        (Port(113, "ident", ask=b"1, 1\r\n", answer=rb"^1\s*,\s*1\s*:\s*ERROR\s*:"),),
        "exec oidentd -i -S -a {address} -C {folder}/conf -u nobody -g nogroup", {"conf": ""}),
    "zebra": Daemon(
        "frr", "zebra", "FRRouting",
        (Port(2601, "zebra", rb".*FRRouting \(version {version}\)", tells="version"),
         Port(179, "bgp", rb"\xff{16}\0.\x01")),
        "zebra -f zebra.conf -i {folder}/zebra.pid -z {folder}/zserv -A {address} -P 2601"
        " --log stdout --vty_socket {folder} & sleep 1;"
        " exec bgpd -f bgpd.conf -i {folder}/bgpd.pid -z {folder}/zserv -P 0 --log stdout"
        " --vty_socket {folder} -l {address}",
        {"zebra.conf": "password lab\n",
         "bgpd.conf": "router bgp 65001\n bgp router-id {address}\n no bgp ebgp-requires-policy\n"
                      " neighbor 198.18.0.1 remote-as 65002\n neighbor 198.18.0.1 passive\n"},
        prepare="chown frr:frr {folder} && mkdir -p /var/tmp/frr /run/frr"
                " && chown frr:frr /run/frr /var/tmp/frr"),
    "bird": Daemon(
        "bird2", "bird", "BIRD",
        # It takes the connections of strangers only to end them.
        (Port(179, "bgp", closes=True),),
        "exec bird -f -c conf -s {folder}/control -P {folder}/pid",
        {"conf": "log stderr all;\nrouter id {address};\nprotocol device {}\n"
                 "protocol bgp lab { local {address} as 65001; neighbor 198.18.9.9 as 65002;"
                 " passive; multihop; ipv4 { import all; export none; }; }\n"}),
}
