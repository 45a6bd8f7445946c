"""Mail, and people talking to one another."""

from daemon import CERTIFICATE, Daemon, Port, get

MAIL = {
    "postfix": Daemon(
        "postfix", "postfix", "Postfix smtpd",
        (Port(25, "smtp", rb"220 lab\.invalid ESMTP Postfix", b"EHLO lab\r\n",
              rb"^250-lab\.invalid\r\n.*250-PIPELINING\r\n", tells="product"),),
        "exec postfix -c {folder}/etc start-fg",
        {"main.cf": "compatibility_level = 3.6\nmyhostname = lab.invalid\n"
                    "inet_interfaces = {address}\ninet_protocols = ipv4\n"
                    "queue_directory = {folder}/queue\ndata_directory = {folder}/data\n"
                    "maillog_file = /dev/stdout\nmynetworks = 127.0.0.0/8\n"
                    "smtpd_banner = $myhostname ESMTP $mail_name\nalias_maps =\n"
                    "alias_database =\nlocal_recipient_maps =\n",
         "master.cf": "smtp inet n - n - - smtpd\ncleanup unix n - n - 0 cleanup\n"
                      "qmgr unix n - n 300 1 qmgr\nrewrite unix - - n - - trivial-rewrite\n"
                      "pickup unix n - n 60 1 pickup\nanvil unix - - n - 1 anvil\n"
                      "postlog unix-dgram n - n - 1 postlogd\nbounce unix - - n - 0 bounce\n"
                      "defer unix - - n - 0 bounce\nerror unix - - n - - error\n"},
        prepare="mkdir etc queue data && mv main.cf master.cf etc && chown postfix data"),
    "aiosmtpd": Daemon(
        "python3-aiosmtpd", "/usr/lib/python3/dist-packages/aiosmtpd", "aiosmtpd",
        (Port(8025, "smtp", rb"220 \S+ Python SMTP {version}\r\n", tells="version"),),
        "exec /usr/bin/python3 -m aiosmtpd -n -l {address}:8025 -c aiosmtpd.handlers.Sink",
        version="/usr/bin/python3 -c 'import aiosmtpd; print(aiosmtpd.__version__)'"),
    "dovecot": Daemon(
        "dovecot-imapd", "dovecot", "Dovecot",
        (Port(143, "imap", rb"\* OK .*Dovecot", tells="product"),
         Port(110, "pop3", rb"\+OK Dovecot", tells="product"),
         Port(993, "imap", rb"\* OK .*Dovecot", tells="product", tls=True),
         Port(995, "pop3", rb"\+OK Dovecot", tells="product", tls=True)),
        "exec dovecot -F -c {folder}/conf",
        {"conf": "base_dir = {folder}/run\nstate_dir = {folder}/state\nlisten = {address}\n"
                 "protocols = imap pop3\nlog_path = /dev/stderr\nssl = yes\n"
                 "ssl_cert = <{folder}/cert.pem\nssl_key = <{folder}/key.pem\n"
                 "login_greeting = Dovecot ready.\ndefault_vsz_limit = 128 M\n"
                 "passdb {\ndriver = static\nargs = nologin=yes\n}\n"
                 "userdb {\ndriver = static\nargs = uid=nobody gid=nogroup home=/nonexistent\n}\n"},
        prepare=f"mkdir run state && {CERTIFICATE}"),
    "ngircd": Daemon(
        "ngircd", "ngircd", "ngIRCd",
        (Port(6667, "irc", ask=b"NICK lab\r\nUSER lab 0 * :lab\r\n",
              answer=rb"ngircd-{version}", tells="version"),),
        "exec ngircd -n -f {folder}/conf",
        {"conf": "[Global]\nName = lab.invalid\nInfo = lab\nListen = {address}\nPorts = 6667\n"
                 "ServerUID = nobody\nServerGID = nogroup\n"
                 "[Options]\nDNS = no\nIdent = no\nPAM = no\nChrootDir =\n"
                 "IncludeDir = {folder}/none\n"},
        prepare="mkdir none && chmod 644 conf"),
    "prosody": Daemon(
        "prosody", "prosody", "Prosody",
        (Port(5222, "jabber",
              ask=b"<?xml version='1.0'?><stream:stream to='lab.invalid' xmlns='jabber:client'"
                  b" xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
              answer=rb"<stream:stream.*<stream:features"),),
        "exec setpriv --reuid prosody --regid prosody --clear-groups"
        " prosody -F --config {folder}/conf.lua",
        {"conf.lua": 'pidfile = "{folder}/pid"\ndata_path = "{folder}"\n'
                     'interfaces = { "{address}" }\nc2s_ports = { 5222 }\ns2s_ports = {}\n'
                     'modules_enabled = { "roster", "saslauth" }\n'
                     'modules_disabled = { "s2s", "http", "posix" }\n'
                     "c2s_require_encryption = false\nallow_unencrypted_plain_auth = false\n"
                     'log = { info = "*console" }\nVirtualHost "lab.invalid"\n'},
        prepare="chown prosody:prosody {folder}"),
    "kamailio": Daemon(
        "kamailio", "kamailio", "Kamailio",
        (Port(5060, "sip",
              ask=b"OPTIONS sip:lab SIP/2.0\r\nVia: SIP/2.0/TCP lab;branch=z9hG4bK1\r\n"
                  b"From: <sip:a@lab>;tag=1\r\nTo: <sip:b@lab>\r\nCall-ID: 1\r\n"
                  b"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
              answer=rb"\r\nServer: kamailio \({version} ", tells="version"),),
        "exec kamailio -DD -E -m 16 -M 4 -w {folder} -Y {folder} -f conf",
        {"conf": "#!KAMAILIO\nchildren=1\ntcp_children=1\nauto_aliases=no\n"
                 "listen=tcp:{address}:5060\n"
                 'loadmodule "sl.so"\nrequest_route { sl_send_reply("200", "OK"); }\n'}),
    "turnserver": Daemon(
        "coturn", "turnserver", "Coturn",
        # RFC 5389: a binding request. The answer's SOFTWARE attribute is 0x8022.
        (Port(3478, "stun", ask=bytes.fromhex("000100002112a442") + b"lockstep-lab",
              answer=rb"^\x01\x01.*\x80\x22..Coturn-{version} ", tells="version"),),
        "exec turnserver -n --no-cli -z -L {address} --no-tls --no-dtls --log-file stdout"
        " --pidfile {folder}/pid --userdb {folder}/db"),
    "icecast": Daemon(
        "icecast2", "icecast2", "Icecast",
        (Port(8000, "http", ask=get(), answer=rb"\r\nServer: Icecast {version}\r\n",
              tells="version"),),
        "exec icecast2 -c {folder}/conf.xml",
        {"conf.xml": "<icecast><limits><clients>8</clients><sources>2</sources></limits>"
                     "<authentication><source-password>a</source-password>"
                     "<admin-user>a</admin-user><admin-password>a</admin-password>"
                     "</authentication><hostname>lab</hostname>"
                     "<listen-socket><port>8000</port><bind-address>{address}</bind-address>"
                     "</listen-socket><paths><basedir>{folder}</basedir>"
                     "<logdir>{folder}/logs</logdir><webroot>/usr/share/icecast2/web</webroot>"
                     "<adminroot>/usr/share/icecast2/admin</adminroot></paths>"
                     "<logging><accesslog>access</accesslog><errorlog>error</errorlog></logging>"
                     "<security><chroot>0</chroot><changeowner><user>nobody</user>"
                     "<group>nogroup</group></changeowner></security></icecast>\n"},
        prepare="mkdir -m 777 logs"),
}
