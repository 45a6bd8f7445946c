"""Web servers, and what stands between them and their users."""

from daemon import CERTIFICATE, HTTP_OK, Daemon, Port, get

SOCKS5_HELLO = b"\x05\x01\x00"  # RFC 1928: one method, that of no authentication

WEB = {
    "nginx": Daemon(
        "nginx-light", "nginx", "nginx",
        (Port(80, "http", ask=get(), answer=rb"\r\nServer: nginx/{version}\r\n", tells="version"),
         Port(443, "http", ask=get(), answer=rb"\r\nServer: nginx/{version}\r\n", tells="version",
              tls=True),
         # Where nobody expects TLS: spoken to in plain, it answers in plain.
         Port(7999, "http", ask=get(), answer=rb"\r\nServer: nginx/{version}\r\n", tells="version",
              tls=True)),
        "exec nginx -p {folder} -c {folder}/conf -e stderr",
        {"conf": "daemon off;\npid {folder}/pid;\nuser root;\nworker_processes 1;\n"
                 "events { worker_connections 64; }\n"
                 "http {\naccess_log off;\nclient_body_temp_path {folder}/body;\n"
                 "proxy_temp_path {folder}/proxy;\nfastcgi_temp_path {folder}/fastcgi;\n"
                 "uwsgi_temp_path {folder}/uwsgi;\nscgi_temp_path {folder}/scgi;\n"
                 "server { listen {address}:80; listen {address}:443 ssl;\n"
                 "listen {address}:7999 ssl; "
                 "ssl_certificate cert.pem; ssl_certificate_key key.pem; root {folder}/www; } }\n"},
        prepare=f"mkdir www && echo lab >www/index.html && {CERTIFICATE}"),
    "apache": Daemon(
        "apache2-bin", "apache2", "Apache httpd",
        (Port(80, "http", ask=get(), answer=rb"\r\nServer: Apache/{version} ",
              tells="version"),),
        "exec apache2 -d {folder} -f {folder}/conf -D FOREGROUND",
        {"conf": "ServerName lab\nListen {address}:80\nPidFile {folder}/pid\n"
                 "DefaultRuntimeDir {folder}\nUser nobody\nGroup nogroup\n"
                 "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n"
                 "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n"
                 "DocumentRoot {folder}/www\nErrorLog /dev/stderr\nStartServers 1\n"},
        prepare="mkdir www && echo lab >www/index.html"),
    # As Debian configures it: the version is hidden by many sites in this way.
    "apache-quiet": Daemon(
        "apache2-bin", "apache2", "Apache httpd",
        (Port(8080, "http", ask=get(), answer=rb"\r\nServer: Apache\r\n", tells="product"),),
        "exec apache2 -d {folder} -f {folder}/conf -D FOREGROUND",
        {"conf": "ServerName lab\nServerTokens Prod\nListen {address}:8080\nPidFile {folder}/pid\n"
                 "DefaultRuntimeDir {folder}\nUser nobody\nGroup nogroup\n"
                 "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n"
                 "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n"
                 "DocumentRoot {folder}/www\nErrorLog /dev/stderr\nStartServers 1\n"},
        prepare="mkdir www && echo lab >www/index.html"),
    "lighttpd": Daemon(
        "lighttpd", "lighttpd", "lighttpd",
        (Port(80, "http", ask=get(), answer=rb"\r\nServer: lighttpd/{version}\r\n",
              tells="version"),),
        "exec lighttpd -D -f conf",
        {"conf": 'server.document-root = "{folder}/www"\nserver.bind = "{address}"\n'
                 'server.port = 80\nserver.pid-file = "{folder}/pid"\n'
                 'index-file.names = ( "index.html" )\n'},
        prepare="mkdir www && echo lab >www/index.html"),
    "mini-httpd": Daemon(
        "mini-httpd", "mini_httpd", "mini_httpd",
        (Port(80, "http", ask=get(), answer=rb"\r\nServer: mini_httpd/{version}", tells="version"),),
        "exec mini_httpd -D -p 80 -h {address} -d {folder}/www -u nobody -i {folder}/pid"
        " -l {folder}/access",
        prepare="mkdir www && echo lab >www/index.html"),
    "webfsd": Daemon(
        "webfs", "webfsd", "webfs",
        (Port(8000, "http", ask=get(), answer=rb"\r\nServer: webfs/{version}", tells="version"),),
        "exec webfsd -F -4 -i {address} -p 8000 -r {folder}/www -u nobody -g nogroup",
        prepare="mkdir www"),
    "busybox": Daemon(
        "busybox", "busybox", "BusyBox httpd",
        (Port(80, "http", ask=get(), answer=HTTP_OK),),
        "exec busybox httpd -f -p {address}:80 -h {folder}/www",
        prepare="mkdir www && echo lab >www/index.html"),
    "caddy": Daemon(
        "caddy", "caddy", "Caddy",
        (Port(80, "http", ask=get(), answer=rb"\r\nServer: Caddy\r\n", tells="product"),),
        "XDG_DATA_HOME={folder} XDG_CONFIG_HOME={folder}"
        " exec caddy run --config Caddyfile --adapter caddyfile",
        {"Caddyfile": "{\nadmin off\nauto_https off\n}\n"
                      "http://:80 {\nbind {address}\nrespond ok\n}\n"}),
    "python-http": Daemon(
        "python3", "python3", "SimpleHTTPServer",
        (Port(8000, "http", ask=get(), answer=rb"\r\nServer: SimpleHTTP/0\.6 Python/{version}\r\n",
              tells="version"),),
        "mkdir www && exec python3 -m http.server --bind {address} --directory www 8000",
        version="python3 -c 'import platform; print(platform.python_version())'"),
    "gunicorn": Daemon(
        "python3-gunicorn", "/usr/lib/python3/dist-packages/gunicorn", "Gunicorn",
        (Port(8000, "http", ask=get(), answer=rb"\r\nServer: gunicorn\r\n", tells="product"),),
        "exec /usr/bin/python3 -m gunicorn -b {address}:8000 --worker-tmp-dir {folder} lab:app",
        {"lab.py": "def app(environment, start):\n"
                   "    start('200 OK', [('Content-Type', 'text/plain')])\n"
                   "    return [b'lab\\n']\n"}),
    "openssl": Daemon(
        "openssl", "openssl", "OpenSSL s_server",
        (Port(4433, "http", ask=get(), answer=HTTP_OK + rb".*s_server", tls=True,
              tells="product"),),
        "exec openssl s_server -www -accept {address}:4433 -cert cert.pem -key key.pem",
        prepare=CERTIFICATE),
    "haproxy": Daemon(
        "haproxy", "haproxy", "HAProxy",
        (Port(8080, "http", ask=get(), answer=rb"^HTTP/1\.[01] 503 "),
         Port(8404, "http", ask=get("/"), answer=rb"HAProxy version {version}", tells="version")),
        "exec haproxy -db -f conf",
        {"conf": "global\n maxconn 50\ndefaults\n mode http\n timeout connect 2s\n"
                 " timeout client 5s\n timeout server 5s\n"
                 "frontend lab\n bind {address}:8080\n default_backend none\nbackend none\n"
                 "frontend stats\n bind {address}:8404\n stats enable\n stats uri /\n"
                 " stats show-legends\n"}),
    "squid": Daemon(
        "squid", "squid", "Squid",
        (Port(3128, "http-proxy", ask=get(), answer=rb"\r\nServer: squid/{version}\r\n",
              tells="version"),),
        "exec squid -N -f conf",
        {"conf": "http_port {address}:3128\npid_filename {folder}/pid\ncache deny all\n"
                 "access_log none\ncache_log {folder}/cache.log\ncoredump_dir {folder}\n"
                 "http_access deny all\nvisible_hostname lab\ncache_mem 4 MB\n"
                 "pinger_enable off\nnetdb_filename none\n"
                 "logfile_rotate 0\nmax_filedescriptors 256\n"},
        prepare="chown proxy {folder}"),
    "tinyproxy": Daemon(
        "tinyproxy", "tinyproxy", "Tinyproxy",
        (Port(8888, "http-proxy", ask=get(), answer=rb"tinyproxy/{version}", tells="version"),),
        "exec tinyproxy -d -c conf",
        {"conf": "Port 8888\nListen {address}\nTimeout 5\nMaxClients 20\n"
                 'PidFile "{folder}/pid"\nAllow 198.18.0.0/15\n'
                 'DefaultErrorFile "/usr/share/tinyproxy/default.html"\n'}),
    "privoxy": Daemon(
        "privoxy", "privoxy", "Privoxy",
        (Port(8118, "http-proxy", ask=get("http://config.privoxy.org/"),
              answer=rb"Privoxy.*{version}", tells="version"),),
        "exec privoxy --no-daemon --pidfile {folder}/pid conf",
        {"conf": "listen-address {address}:8118\nconfdir /etc/privoxy\nlogdir {folder}\n"
                 "templdir /etc/privoxy/templates\n"}),
    "varnish": Daemon(
        "varnish", "varnishd", "Varnish",
        (Port(6081, "http", ask=get(), answer=rb"\r\nVia: [^\r]*\(Varnish/{series}\)\r\n",
              tells="series"),),
        "exec varnishd -F -a {address}:6081 -b none -n {folder}/state -s malloc,8m -j none"
        " -T none"),
    "apt-cacher-ng": Daemon(
        "apt-cacher-ng", "apt-cacher-ng", "Apt-Cacher NG",
        (Port(3142, "http", ask=get(), answer=rb"Apt-Cacher", tells="product"),),
        "exec apt-cacher-ng -c {folder}/conf ForeGround=1",
        {"lab.conf": "CacheDir: {folder}/cache\nLogDir: {folder}/logs\nPort: 3142\n"
                     "BindAddress: {address}\nSupportDir: /usr/lib/apt-cacher-ng\n"
                     "ReportPage: acng-report.html\nPidFile: {folder}/pid\n"},
        prepare="mkdir conf cache logs && mv lab.conf conf/acng.conf"),
    "danted": Daemon(
        "dante-server", "danted", "Dante",
        (Port(1080, "socks5", ask=SOCKS5_HELLO, answer=rb"^\x05\x00"),),
        "exec danted -f conf -p {folder}/pid -N 1",
        {"conf": "logoutput: stderr\ninternal: {address} port = 1080\nexternal: {address}\n"
                 "socksmethod: none\nclientmethod: none\nuser.privileged: root\n"
                 "user.unprivileged: nobody\n"
                 "client pass { from: 198.18.0.0/15 to: 0.0.0.0/0 }\n"
                 "socks pass { from: 198.18.0.0/15 to: 0.0.0.0/0 }\n"}),
    "microsocks": Daemon(
        "microsocks", "microsocks", "microsocks",
        (Port(1080, "socks5", ask=SOCKS5_HELLO, answer=rb"^\x05\x00"),),
        "exec microsocks -i {address} -p 1080"),
    "tor": Daemon(
        "tor", "tor", "Tor",
        (Port(9050, "tor-socks", ask=get(), answer=rb"Tor is not an HTTP Proxy", tells="product"),
         Port(9051, "tor-control", ask=b"PROTOCOLINFO\r\n", answer=rb'VERSION Tor="{version}"',
              tells="version")),
        "exec tor -f conf",
        {"conf": "SocksPort {address}:9050\nControlPort {address}:9051\nCookieAuthentication 1\nDataDirectory {folder}/data\nDisableNetwork 0\n"
                 "Log notice stdout\nSocksPolicy accept 198.18.0.0/15\n"}),
    "sslh": Daemon(
        "sslh", "sslh", "OpenSSH",
        # It waits for us to speak and then hands over; to whoever stays silent it gives ssh.
        (Port(443, "ssh", rb"SSH-2\.0-OpenSSH_{version}", tells="version", slow_s=1),),
        "exec sslh --foreground --user nobody --listen {address}:443 --ssh {address}:22"
        " --timeout 1 --on-timeout ssh",
        version="dpkg-query -W -f '${source:Version}' openssh-server"),
    "stunnel": Daemon(
        "stunnel4", "stunnel4", "OpenSSH",
        (Port(2443, "ssh", rb"SSH-2\.0-OpenSSH_{version}", tells="version", tls=True),),
        "exec stunnel4 conf",
        {"conf": "foreground = yes\npid =\n[lab]\naccept = {address}:2443\n"
                 "connect = {address}:22\ncert = {folder}/cert.pem\nkey = {folder}/key.pem\n"},
        prepare=CERTIFICATE,
        version="dpkg-query -W -f '${source:Version}' openssh-server"),
}
