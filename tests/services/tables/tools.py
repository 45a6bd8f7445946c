"""Tools of those who build software and run machines."""

import struct
import zlib

from daemon import HTTP_OK, Daemon, Port, get


def nrpe_query(command):
    """NRPE's packet, version 2: the length is fixed, the sum is over the packet with a sum of 0."""
    packet = struct.pack(">hhIh1024s2x", 2, 1, 0, 0, command)
    return packet[:4] + struct.pack(">I", zlib.crc32(packet)) + packet[8:]


def zabbix_request(key):
    return b"ZBXD\x01" + struct.pack("<II", len(key), 0) + key


def bacula_message(text):
    return struct.pack(">I", len(text)) + text


# RFC 7143, 11.12: a login of the operational stage, for discovery, that ends there.
ISCSI_TEXT = b"InitiatorName=iqn.2000-01.invalid.lab\0SessionType=Discovery\0"
ISCSI_LOGIN = (b"\x43\x87\0\0" + b"\0" + len(ISCSI_TEXT).to_bytes(3, "big") + b"\x80lab\0\0"
               + b"\0\0" + b"\0\0\0\1" + b"\0\0\0\0" + b"\0\0\0\1" + b"\0\0\0\0" + b"\0" * 16
               + ISCSI_TEXT + b"\0" * (-len(ISCSI_TEXT) % 4))

# Git's protocol 0: lines with their length before them; a repository that is not there.
GIT_ASK = b"git-upload-pack /lab\0host=lab.invalid\0"
GIT_ASK = b"%04x" % (len(GIT_ASK) + 4) + GIT_ASK

# The compilation of nothing: five words, and an empty source.
DISTCC_JOB = b"DIST00000001ARGC00000005" + b"".join(
    b"ARGV%08x%b" % (len(word), word) for word in (b"cc", b"-c", b"lab.c", b"-o", b"lab.o")
) + b"DOTI00000000"

TOOLS = {
    "docker-registry": Daemon(
        "docker-registry", "docker-registry", "Docker Registry",
        (Port(5000, "http", ask=get("/v2/"),
              answer=rb"\r\nDocker-Distribution-Api-Version: registry/2\.0\r\n", tells="product"),),
        "exec docker-registry serve conf",
        {"conf": "version: 0.1\nlog: { level: warn }\nstorage:\n  filesystem:\n"
                 "    rootdirectory: {folder}/data\nhttp:\n  addr: {address}:5000\n"}),
    "svnserve": Daemon(
        "subversion", "svnserve", "Subversion",
        (Port(3690, "svnserve", rb"\( success \( 2 2 "),),
        "exec svnserve -d --foreground --listen-host {address} -r {folder}"),
    "git-daemon": Daemon(
        "git", "git", "git",
        (Port(9418, "git", ask=GIT_ASK,
              answer=rb"^00..ERR "),),
        "exec git daemon --base-path={folder} --listen={address}"),
    "distccd": Daemon(
        "distcc", "distccd", "distcc",
        (Port(3632, "distccd", ask=DISTCC_JOB,
              answer=rb"^DONE00000001STAT"),),
        "exec distccd --no-detach --daemon --listen {address} --allow 198.18.0.0/15 --jobs 1"
        " --user nobody --log-stderr"),
    "gdbserver": Daemon(
        "gdbserver", "gdbserver", "gdbserver",
        (Port(2345, "gdbserver", ask=b"+$qSupported#37", answer=rb"^\+?\$PacketSize="),),
        # By itself it listens to one at a time, and to nobody after a rude one; and it ends by
        # a signal to its whole process group.
        "exec socat TCP-LISTEN:2345,bind={address},fork,reuseaddr EXEC:'gdbserver --multi stdio',setsid"),
    "node-inspect": Daemon(
        "nodejs", "node", "Node.js",
        (Port(9229, "http", ask=get("/json/version"), answer=rb'"Browser": "node\.js/v{version}"',
              tells="version"),),
        "exec node --inspect={address}:9229 -e 'setInterval(() => 0, 1000)'",
        version="node -p process.versions.node"),
    "cupsd": Daemon(
        "cups-daemon", "cupsd", "CUPS",
        (Port(631, "ipp", ask=get(), answer=rb"\r\nServer: CUPS/{series} ", tells="series"),),
        "exec cupsd -f -c {folder}/cupsd.conf -s {folder}/files.conf",
        {"cupsd.conf": "Listen {address}:631\nDefaultAuthType None\nWebInterface Yes\n"
                       "ServerAlias *\n"
                       "<Location />\nOrder allow,deny\nAllow all\n</Location>\n",
         "files.conf": "ServerRoot {folder}\nStateDir {folder}/state\nCacheDir {folder}/cache\n"
                       "RequestRoot {folder}/spool\nTempDir {folder}/spool/tmp\n"
                       "ErrorLog stderr\nAccessLog stderr\nPageLog stderr\n"},
        prepare="mkdir -p state cache spool/tmp"),
    "gpsd": Daemon(
        "gpsd", "gpsd", "gpsd",
        (Port(2947, "gpsd-ng", rb'\{"class":"VERSION","release":"{version}"', tells="version"),),
        "exec gpsd -N -G -n -S 2947 -P {folder}/pid -F {folder}/control"),
    "upsd": Daemon(
        "nut-server", "upsd", "Network UPS Tools upsd",
        (Port(3493, "nut", ask=b"VER\n", answer=rb"Network UPS Tools upsd {version}",
              tells="version"),),
        "NUT_CONFPATH={folder} NUT_STATEPATH={folder} exec upsd -F -u root",
        {"ups.conf": "[lab]\ndriver = dummy-ups\nport = none\n",
         "upsd.conf": "LISTEN {address} 3493\n", "upsd.users": ""},
        prepare="echo MODE=netserver >/etc/nut/nut.conf"),
    "nbd-server": Daemon(
        "nbd-server", "nbd-server", "nbd-server",
        (Port(10809, "nbd", rb"NBDMAGICIHAVEOPT"),),
        "nbd-server -C conf -p {folder}/pid && exec sleep infinity",
        {"conf": "[generic]\nlistenaddr = {address}\nport = 10809\n"
                 "[lab]\nexportname = {folder}/disk\n"},
        prepare="truncate -s 1M disk"),
    "tgtd": Daemon(
        "tgt", "tgtd", "Linux SCSI target framework",
        (Port(3260, "iscsi", ask=ISCSI_LOGIN, answer=rb"^\x23"),),
        "tgtd -f --iscsi portal={address}:3260 &"
        # It talks to nobody while it has no target.
        " until tgtadm --lld iscsi --op new --mode target --tid 1 -T iqn.2000-01.invalid.lab:disk;"
        " do sleep 0.2; done; wait"),
    "iperf3": Daemon(
        "iperf3", "iperf3", "iperf3",
        # 37 bytes of a cookie; the answer asks for parameters.
        (Port(5201, "iperf3", ask=b"lockstep".ljust(36, b"-") + b"\0", answer=rb"^\x09"),),
        "exec iperf3 -s -B {address}"),
    "bacula-fd": Daemon(
        "bacula-fd", "bacula-fd", "Bacula file daemon",
        (Port(9102, "bacula-fd", ask=bacula_message(b"Hello Director lab calling\n"),
              answer=rb"auth cram-md5"),),
        "exec bacula-fd -f -c {folder}/conf",
        {"conf": 'Director { Name = lab\nPassword = "lab" }\n'
                 'FileDaemon { Name = lab-fd\nFDport = 9102\nFDAddress = {address}\n'
                 'WorkingDirectory = {folder}\nPid Directory = {folder} }\n'
                 'Messages { Name = Standard\ndirector = lab = all }\n'}),
    "nrpe": Daemon(
        "nagios-nrpe-server", "nrpe", "NRPE",
        (Port(5666, "nrpe", ask=nrpe_query(b"_NRPE_CHECK"), answer=rb"NRPE v{version}",
              tells="version"),),
        "exec nrpe -n -c {folder}/conf -f",
        {"conf": "server_address={address}\nserver_port=5666\nnrpe_user=nobody\n"
                 "nrpe_group=nogroup\nallowed_hosts=198.18.0.0/15\npid_file={folder}/pid\n"
                 "command[lab]=/bin/true\n"}),
    "zabbix-agentd": Daemon(
        "zabbix-agent", "zabbix_agentd", "Zabbix agent",
        (Port(10050, "zabbix", ask=zabbix_request(b"agent.version"),
              answer=rb"^ZBXD\x01.*{version}", tells="version"),),
        "exec zabbix_agentd -f -c {folder}/conf",
        {"conf": "LogType=console\nServer=198.18.0.0/15\nListenIP={address}\nListenPort=10050\n"
                 "AllowRoot=1\nPidFile={folder}/pid\nStartAgents=1\n"}),
    "munin-node": Daemon(
        "munin-node", "munin-node", "Munin node",
        (Port(4949, "munin", rb"# munin node at ", b"version\n", rb"version: {version}",
              tells="version"),),
        "exec munin-node --config {folder}/conf",
        {"conf": "log_level 1\nlog_file {folder}/munin.log\npid_file {folder}/pid\nbackground 0\n"
                 "setsid 0\nuser root\ngroup root\nhost {address}\nport 4949\n"
                 "host_name lab\ncidr_allow 198.18.0.0/15\n"}),
    "monerod": Daemon(
        "monero", "monerod", "Monero",
        (Port(18081, "http", ask=b"GET /get_info HTTP/1.1\r\nHost: lab\r\n\r\n", answer=HTTP_OK + rb".*nettype", tells="product"),),
        "exec monerod --offline --non-interactive --data-dir {folder}"
        " --log-file {folder}/monero.log --rpc-bind-ip {address} --confirm-external-bind"
        " --p2p-bind-ip {address} --db-sync-mode fastest --no-zmq --no-igd"),
    # What waits for a debugger of Java runs whatever that says.
    "java-debug": Daemon(
        "openjdk-17-jre-headless", "java", "Java debugger",
        (Port(5005, "jdwp", ask=b"JDWP-Handshake\0\0\0\x0b\0\0\0\x01\0\x01\x01",
              answer=rb"JVM version {version}", tells="version"),),
        "exec java -Xmx32m -agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address={address}:5005"
        " Lab.java",
        {"Lab.java": "public class Lab { public static void main(String[] words) throws Exception {"
                     " Thread.sleep(Long.MAX_VALUE); } }\n"},
        version="java -version 2>&1 | sed -n 's/.*version \"\\(.*\\)\".*/\\1/p'"),
    "rmiregistry": Daemon(
        "openjdk-17-jre-headless", "rmiregistry", "Java RMI",
        (Port(1099, "java-rmi", ask=b"JRMI\0\2K", answer=rb"^N\0.198\.18\.", tells="product"),),
        "exec rmiregistry -J-Xmx32m 1099"),
    "zmq": Daemon(
        "python3-zmq", "/usr/lib/python3/dist-packages/zmq", "ZeroMQ",
        (Port(5570, "zmtp", rb"\xff\0{7}\x01\x7f"),),
        "exec /usr/bin/python3 -c 'import time, zmq; socket = zmq.Context().socket(zmq.REP);"
        ' socket.bind("tcp://{address}:5570"); time.sleep(1e6)\''),
}
