"""Ways into a machine: shells, screens, files."""

from daemon import AS_NOBODY, CERTIFICATE, HTTP_OK, Daemon, Port, get

INETD = "exec inetd -i conf"

# ITU-T X.224, a connection request, with RDP's offer of TLS or none (MS-RDPBCGR 2.2.1.1).
RDP_REQUEST = bytes.fromhex("030000130ee000000000000100080003000000")

# X11 protocol, appendix B: little-endian, version 11.0, no authorisation.
X11_SETUP = b"l\0\x0b\0\0\0\0\0\0\0\0\0"

# MS-SMB2 2.2.3: NEGOTIATE of dialect 2.1, after NetBIOS's four bytes of length.
SMB_NEGOTIATE = (b"\0\0\0\x66" b"\xfeSMB\x40\0" + b"\0" * 58
                 + b"\x24\0\x01\0\x01\0\0\0" + b"\0" * 28 + b"\x10\x02")

ACCESS = {
    # The lab starts this one itself.
    "sshd": Daemon(
        "openssh-server", "sshd", "OpenSSH",
        (Port(22, "ssh", rb"SSH-2\.0-OpenSSH_{version}", tells="version"),)),
    "sshd-odd": Daemon(
        "openssh-server", "sshd", "OpenSSH",
        (Port(61222, "ssh", rb"SSH-2\.0-OpenSSH_{version}", tells="version"),),
        "exec /usr/sbin/sshd -D -e -f /dev/null -h {folder}/key -p 61222 -o PidFile=none"
        " -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no"
        " -o AuthorizedKeysFile=none",
        prepare="ssh-keygen -q -t ed25519 -N '' -f key"),
    "dropbear": Daemon(
        "dropbear-bin", "dropbear", "Dropbear sshd",
        (Port(2222, "ssh", rb"SSH-2\.0-dropbear_{version}", tells="version"),),
        "exec dropbear -F -E -s -w -r key -P {folder}/pid -p {address}:2222",
        prepare="dropbearkey -t ed25519 -f key"),
    "tinysshd": Daemon(
        "tinysshd", "tinysshd", "TinySSH",
        (Port(2223, "ssh", rb"SSH-2\.0-tinyssh_{version}", tells="version"),),
        "exec socat TCP-LISTEN:2223,bind={address},fork,reuseaddr"
        " EXEC:'/usr/sbin/tinysshd {folder}/keys'",
        prepare="tinysshd-makekey -q keys"),
    "telnetd": Daemon(
        "inetutils-telnetd", "telnetd", "GNU inetutils telnetd",
        (Port(23, "telnet", rb"\xff[\xfb\xfd]"),), INETD,
        {"conf": "{address}:telnet stream tcp nowait root /usr/sbin/telnetd telnetd\n"}),
    "xvnc": Daemon(
        "tigervnc-standalone-server", "Xtigervnc", "TigerVNC",
        (Port(5901, "vnc", rb"RFB 003\.008\n"),),
        "exec Xtigervnc :1 -rfbport 5901 -SecurityTypes VncAuth -PasswordFile {folder}/password"
        " -interface {address} -geometry 320x240 -nolisten unix",
        prepare="printf '12345678' >password"),
    "xvfb": Daemon(
        "xvfb", "Xvfb", "X.Org X server",
        (Port(6007, "X11", ask=X11_SETUP, answer=rb"^\x01.*The X\.Org Foundation",
              tells="product"),),
        "exec Xvfb :7 -listen tcp -nolisten unix -nolisten local -ac -screen 0 320x240x8"),
    "x11vnc": Daemon(
        "x11vnc", "x11vnc", "x11vnc",
        (Port(5900, "vnc", rb"RFB 003\.008\n"), Port(6008, "X11", ask=X11_SETUP, answer=rb"^[\0\1]")),
        "Xvfb :8 -listen tcp -nolisten unix -nolisten local -ac -screen 0 320x240x8 &"
        " until ss -Hltn | grep -q :6008; do sleep 0.1; done;"
        " exec x11vnc -display {address}:8 -rfbport 5900 -listen {address} -forever -nopw -noshm"
        " -no6 -noxdamage -norc"),
    "xrdp": Daemon(
        "xrdp", "xrdp", "xrdp",
        (Port(3389, "ms-wbt-server", ask=RDP_REQUEST, answer=rb"^\x03\0\0\x13"),),
        "exec xrdp --nodaemon --config {folder}/xrdp.ini",
        {"xrdp.ini": "[Globals]\nini_version=1\nport=tcp://{address}:3389\nfork=true\n"
                     "security_layer=negotiate\ncertificate={folder}/cert.pem\n"
                     "key_file={folder}/key.pem\nmax_bpp=32\n"
                     "[Logging]\nLogFile={folder}/xrdp.log\nLogLevel=INFO\n"
                     "[Xvnc]\nname=lab\nlib=libvnc.so\nusername=ask\npassword=ask\n"
                     "ip=127.0.0.1\nport=-1\n"},
        prepare=CERTIFICATE),
    "shellinabox": Daemon(
        "shellinabox", "shellinaboxd", "Shell In A Box",
        (Port(4200, "http", ask=get(), answer=HTTP_OK + rb".*Shell In A Box", tells="product"),),
        "exec shellinaboxd --disable-ssl --port=4200 --user=nobody --group=nogroup --no-beep"
        " --service=/:nobody:nogroup:/:/bin/true"),
    "conserver": Daemon(
        "conserver-server", "conserver", "Conserver",
        (Port(782, "conserver", rb"ok\r\n"),),
        "exec conserver -M {address} -p 782 -b 7820 -C conf -P passwords -o -u -n -L {folder}"
        " -U {folder}/log.unified",
        {"conf": "console lab { master {address}; type exec;"
                 " exec /bin/cat; rw *; }\n"
                 "access * { trusted 198.18.0.0/15; }\n",
         "passwords": "*any*:\n"}),
    "ser2net": Daemon(
        "ser2net", "ser2net", "ser2net",
        (Port(2001, "", rb"lab's serial port\r\n"),),
        "exec ser2net -n -d -c lab.yaml -P {folder}/pid",
        {"lab.yaml": "connection: &lab\n  accepter: tcp,{address},2001\n  connector: echo\n"
                 "  options:\n    banner: \"lab's serial port\\r\\n\"\n"}),
    "vsftpd": Daemon(
        "vsftpd", "vsftpd", "vsftpd",
        (Port(21, "ftp", rb"220 \(vsFTPd {version}\)\r\n", tells="version"),),
        "exec vsftpd {folder}/conf",
        {"conf": "listen=YES\nlisten_address={address}\nbackground=NO\nanonymous_enable=YES\n"
                 "anon_root={folder}\nsecure_chroot_dir={folder}/empty\nseccomp_sandbox=NO\n"},
        prepare="mkdir empty"),
    "pyftpdlib": Daemon(
        "python3-pyftpdlib", "/usr/lib/python3/dist-packages/pyftpdlib", "pyftpdlib",
        (Port(2121, "ftp", rb"220 pyftpdlib {version} ready\.\r\n", tells="version"),),
        "exec /usr/bin/python3 -m pyftpdlib -i {address} -p 2121"),
    "smbd": Daemon(
        "samba", "smbd", "Samba smbd",
        (Port(445, "microsoft-ds", ask=SMB_NEGOTIATE, answer=rb"^\0...\xfeSMB"),
         Port(139, "netbios-ssn", ask=SMB_NEGOTIATE, answer=rb"^\0...\xfeSMB")),
        "exec smbd --foreground --no-process-group --debug-stdout -s {folder}/conf",
        {"conf": "[global]\ninterfaces = {address}/16\nbind interfaces only = yes\n"
                 "netbios name = LAB\nlock directory = {folder}\nstate directory = {folder}\n"
                 "cache directory = {folder}\npid directory = {folder}\nprivate dir = {folder}\n"
                 "ncalrpc dir = {folder}/ncalrpc\nlog file = {folder}/samba\n"
                 "disable spoolss = yes\nload printers = no\n"},
        prepare="mkdir -p /run/samba"),
    "rsyncd": Daemon(
        "rsync", "rsync", "rsync",
        (Port(873, "rsync", rb"@RSYNCD: \d\d\.\d", tells="product"),),
        "exec rsync --daemon --no-detach --address={address} --config=conf",
        {"conf": "use chroot = no\n[lab]\npath = {folder}\n"}),
    "bindshell": Daemon(
        "socat", "socat", "socat",
        (Port(4444, "shell", ask=b"id -u; echo\n", answer=rb"^65534\n"),),
        f"exec {AS_NOBODY} socat TCP-LISTEN:4444,bind={{address}},fork,reuseaddr EXEC:/bin/sh,stderr"),
    # Its prompt alone is no proof of a shell.
    "bindshell-terminal": Daemon(
        "socat", "socat", "socat",
        (Port(4445, "shell", rb"\$ $", b"id -u; echo\n", rb"65534\r\n"),),
        f"exec {AS_NOBODY} socat TCP-LISTEN:4445,bind={{address}},fork,reuseaddr"
        " EXEC:'/bin/sh -i',pty,stderr,setsid,ctty"),
    "python-terminal": Daemon(
        "socat", "socat", "Python interpreter",
        (Port(4446, "shell", rb"Python {version} .*>>> $", tells="version"),),
        f"exec {AS_NOBODY} socat TCP-LISTEN:4446,bind={{address}},fork,reuseaddr"
        " EXEC:'/usr/bin/python3 -i',pty,stderr,setsid,ctty",
        version="/usr/bin/python3 -c 'import platform; print(platform.python_version())'"),
}
