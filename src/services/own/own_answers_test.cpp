// What our own signatures make of answers: of real daemons, as recorded in the lab, and of others
// by the documents of their protocols; and of answers that must not be taken for what they are not.

#include <gtest/gtest.h>

#include <span>
#include <string_view>

#include "base/text.h"
#include "services/own/own_matcher.h"

namespace lockstep::services {
namespace {

using namespace std::string_view_literals;

struct Row {
  std::string_view description;
  std::string_view probe;
  std::string_view answer;
  std::string_view name;
  std::string_view product{};
  std::string_view version{};
  Protocol protocol = Protocol::tcp;
};

void expect(std::span<const Row> rows) {
  auto own = own_matcher();
  ASSERT_TRUE(own) << own.error().message();
  for (const Row& row : rows) {
    const ServiceProbe* const probe = own->probes().find(row.protocol, row.probe);
    ASSERT_NE(probe, nullptr) << row.description;
    const Service service = own->match(*probe, row.answer).service;
    EXPECT_EQ(service.name, row.name) << row.description;
    EXPECT_EQ(service.product, row.product) << row.description;
    EXPECT_EQ(service.version, row.version) << row.description;
  }
}

TEST(OwnAnswers, Greetings) {
  static constexpr Row kRows[] = {
      {"sshd of Debian", "NULL", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "ssh", "OpenSSH",
       "9.2p1"},
      {"sshd as its authors make it", "NULL", "SSH-2.0-OpenSSH_9.9\r\n", "ssh", "OpenSSH", "9.9"},
      {"a switch's sshd", "NULL", "SSH-2.0-Cisco-1.25\r\n", "ssh", "Cisco SSH", "1.25"},
      {"an unknown sshd", "NULL", "SSH-2.0-own_1.0\r\n", "ssh", "own_1.0"},
      {"vsftpd", "NULL", "220 (vsFTPd 3.0.3)\r\n", "ftp", "vsftpd", "3.0.3"},
      {"an unknown ftpd", "NULL", "220 files.example FTP at your service\r\n", "ftp"},
      {"Exim", "NULL", "220 mail.example ESMTP Exim 4.96 Mon, 30 Nov 2026 11:09:09 +0000\r\n",
       "smtp", "Exim smtpd", "4.96"},
      {"Postfix", "NULL", "220 mail.example ESMTP Postfix (Debian/GNU)\r\n", "smtp",
       "Postfix smtpd"},
      {"Dovecot", "NULL", "* OK [CAPABILITY IMAP4rev1 ID] Dovecot (Debian) ready.\r\n", "imap",
       "Dovecot"},
      {"MariaDB", "NULL",
       "d\0\0\0\x0a"
       "5.5.5-10.11.4-MariaDB-1~deb12u1\0\x04\0\0\0S.+,;$Ba\0"sv,
       "mysql", "MariaDB", "10.11.4"},
      {"MySQL", "NULL",
       "J\0\0\0\x0a"
       "8.0.35-0ubuntu0.22.04.1\0\x09\0\0\0abcdefgh\0"sv,
       "mysql", "MySQL", "8.0.35"},
      {"MySQL's other protocol", "NULL", "\x05\0\0\0\x0b\x08\x05\x1a\0"sv, "mysqlx",
       "MySQL X protocol"},
      {"pmcd", "NULL", "\0\0\0\x14\0\0p\0\0\0\0\0\0\0\0\0\x02\x01\x0e\x44"sv, "pmcd", "PCP pmcd"},
      {"Ceph", "NULL", "ceph v2\n\x10\0\x01\0\0\0\0\0\0\0"sv, "ceph", "Ceph"},
      {"ZeroMQ", "NULL", "\xff\0\0\0\0\0\0\0\x01\x7f"sv, "zmtp"},
      {"gRPC", "NULL", "\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"sv, "http2"},
      {"rsync", "NULL", "@RSYNCD: 31.0 sha512 sha256\n", "rsync", "rsync"},
      {"RFC 868 in November of 2026", "NULL", "\xee\xb7\xd7\xc9", "time"},
      {"a TLS server that was spoken to in plain", "GetRequest", "\x15\x03\x03\0\x02\x02\x46"sv,
       "ssl"},
      {"inetutils' telnetd", "NULL",
       "\xff\xfb%\xff\xfb&\xff\xfd\x18\xff\xfd \xff\xfd#\xff\xfd'\xff\xfd$", "telnet",
       "GNU inetutils telnetd"},
      {"four bytes of a telnetd are no time", "NULL", "\xff\xfd\x18\xff", ""},
      {"conserver's greeting alone", "NULL", "ok\r\n", ""},
  };
  expect(kRows);
}

TEST(OwnAnswers, Shells) {
  static constexpr Row kRows[] = {
      {"a prompt is no proof", "NULL", "$ ", ""},
      {"nor is that of root", "NULL", "\r\n# ", ""},
      {"bash", "NULL", "\x1b[?2004hbash-5.2# ", "shell", "shell prompt"},
      {"bash as Debian configures it", "NULL", "root@node1:/tmp# ", "shell", "shell prompt"},
      {"bash as Red Hat configures it", "NULL", "[root@node1 ~]# ", "shell", "shell prompt"},
      {"bash without a terminal", "NULL",
       "bash: cannot set terminal process group (-1): Inappropriate ioctl for device\n", "shell",
       "interactive shell"},
      {"Python", "NULL", "Python 3.11.2 (main, Apr 28 2025, 14:11:48) [GCC 12.2.0] on linux\r\n",
       "shell", "Python interpreter", "3.11.2"},
      {"dash", "GetRequest", "/bin/sh: 1: GET: not found\n/bin/sh: 2: \r: not found\n", "shell",
       "shell"},
      {"dash at a terminal", "GetRequest",
       "$ GET / HTTP/1.0\r\n\r\n\r\n\r\n/bin/sh: 1: GET: Permission denied\r\n$ $ $ $ ", "shell",
       "shell"},
      {"bash, asked", "GetRequest", "bash: line 1: GET: command not found\n", "shell", "shell"},
      {"BusyBox", "GetRequest", "sh: GET: not found\n", "shell", "shell"},
      {"cmd.exe", "GetRequest", "'GET' is not recognized as an internal or external command,\r\n",
       "shell", "cmd.exe"},
      {"a page that tells of shells", "GetRequest",
       "HTTP/1.0 200 OK\r\n\r\n/bin/sh: 1: GET: not found\n", "http"},
  };
  expect(kRows);
}

TEST(OwnAnswers, Web) {
  static constexpr Row kRows[] = {
      {"nginx", "GetRequest", "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n\r\n", "http", "nginx",
       "1.22.1"},
      {"apache", "GetRequest",
       "HTTP/1.1 404 Not Found\r\nDate: x\r\nServer: Apache/2.4.57 (Debian)\r\n\r\n", "http",
       "Apache httpd", "2.4.57"},
      {"a header in small letters", "GetRequest",
       "HTTP/1.1 200 OK\r\ndate: x\r\nserver: uvicorn\r\n\r\n", "http", "Uvicorn"},
      {"a status without a reason", "GetRequest", "HTTP/1.1 404 \r\nServer: Jetty(9.4.50)\r\n\r\n",
       "http", "Jetty", "9.4.50"},
      {"who names himself, and is unknown", "GetRequest",
       "HTTP/1.1 200 OK\r\nServer: own/1.0\r\n\r\n", "http", "own/1.0"},
      {"nginx with TLS", "GetRequest",
       "HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\n\r\n<html>\r\n<head><title>400 The "
       "plain HTTP request was sent to HTTPS port</title>",
       "ssl"},
      {"apache with TLS", "GetRequest",
       "HTTP/1.1 400 Bad Request\r\nServer: Apache/2.4.57\r\n\r\nReason: You're speaking plain "
       "HTTP to an SSL-enabled server port.<br />\n",
       "ssl"},
      {"Go with TLS", "GetRequest",
       "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", "ssl"},
      {"a page behind nginx is nginx, whether or not it has arrived", "GetRequest",
       "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n\r\n<title>Grafana</title>", "http", "nginx",
       "1.22.1"},
      {"a page of a program in a framework", "GetRequest",
       "HTTP/1.1 200 OK\r\nServer: Jetty(9.4.50)\r\n\r\n<title>Spark Master at spark://node1:7077",
       "http", "Apache Spark"},
      {"a 400 of nginx, the rest of which may be about TLS", "GetRequest",
       "HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\n", "http", "nginx", "1.22.1"},
      {"Elasticsearch", "GetRequest",
       "HTTP/1.0 200 OK\r\n\r\n{\n  \"name\" : \"a\",\n  \"cluster_name\" : \"lab\",\n  "
       "\"version\" "
       ": {\n    \"number\" : \"8.11.1\"\n  },\n  \"tagline\" : \"You Know, for Search\"\n}\n",
       "http", "Elasticsearch", "8.11.1"},
      {"an exporter by its metrics", "Metrics",
       "HTTP/1.0 200 OK\r\n\r\n# HELP x y\nipmi_exporter_build_info{branch=\"\",version=\"1.6.1\"} "
       "1\n",
       "http", "Prometheus ipmi_exporter", "1.6.1"},
      {"an exporter nobody has heard of", "Metrics",
       "HTTP/1.0 200 OK\r\n\r\nown_exporter_build_info{version=\"0.1\"} 1\n", "http",
       "own_exporter", "0.1"},
      {"Docker", "DockerPing",
       "HTTP/1.0 200 OK\r\nApi-Version: 1.43\r\nServer: Docker/24.0.7 (linux)\r\n\r\nOK", "docker",
       "Docker", "24.0.7"},
      {"Kubernetes", "VersionPage",
       "HTTP/1.0 200 OK\r\n\r\n{\n  \"major\": \"1\",\n  \"gitVersion\": \"v1.28.4\",\n", "http",
       "Kubernetes API server", "1.28.4"},
  };
  expect(kRows);
}

TEST(OwnAnswers, WhatIsAskedInItsOwnWords) {
  static constexpr Row kRows[] = {
      {"NFS on whatever port", "RpcNfs",
       "\x80\0\0\x20Lock\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x03\0\0\0\x04"sv, "nfs"},
      {"another program than the port mapper", "RPCCheck",
       "\x80\0\0\x18Lock\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"sv, "rpc"},
      {"a ServerHello", "TLSSessionReq", "\x16\x03\x03\0\x41\x02\0\0\x3d\x03\x03"sv, "ssl"},
      {"Valkey", "RedisInfo",
       "$4000\r\n# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n",
       "redis", "Valkey", "8.0.1"},
      {"PostgreSQL", "PostgresStartup",
       "E\0\0\0\x97SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry\0Fauth.c\0"sv, "postgresql",
       "PostgreSQL"},
      {"SQL Server 2019", "TdsPrelogin",
       "\x04\x01\0\x2b\0\0\x01\0\0\0\x1a\0\x06\x01\0\x20\0\x01\x02\0\x21\0\x01\x03\0\x22\0\0\x04"
       "\0\x22\0\x01\xff\x0f\0\x07\xd0\0\0\x02\0\0"sv,
       "ms-sql-s", "Microsoft SQL Server", "15.0.2000"},
      {"Cassandra", "CassandraOptions",
       "\x84\0\0\0\x06\0\0\0\x1c\0\x01\0\x0b"
       "CQL_VERSION\0\x01\0\x05"
       "3.4.5"sv,
       "cassandra-native", "Apache Cassandra"},
      {"ngIRCd", "GetRequest", "ERROR :\"Oops, HTTP request received? This is IRC!\"\r\n", "irc",
       "ngIRCd"},
      {"a miner's pool", "StratumSubscribe",
       "{\"id\":1,\"result\":[[[\"mining.notify\",\"ae68\"]],\"08000002\",4],\"error\":null}\n",
       "stratum"},
      {"a node of Bitcoin", "BitcoinVersion",
       "\xf9\xbe\xb4\xd9version\0\0\0\0\0\x66\0\0\0abcd"
       "0123456789012345678901234567890123456789"
       "0123456789012345678901234567890123456789"
       "\x10/Satoshi:25.0.0/"sv,
       "bitcoin", "Bitcoin Core", "25.0.0"},
      {"a debugger of Java", "JdwpVersion",
       "JDWP-Handshake\0\0\0\xe3\0\0\0\x01\x80\0\0\0\0\0\xaeJava Debug Wire Protocol (Reference "
       "Implementation) version 17.0\nJVM Debug Interface version 17.0\nJVM version 17.0.15 "sv,
       "jdwp", "Java debugger", "17.0.15"},
      {"RMI", "JavaRmi",
       "N\0\x09"
       "127.0.0.1\0\0\x87\x30"sv,
       "java-rmi", "Java RMI"},
      {"Active Directory", "LDAPSearchReq",
       "0\x84\0\0\0\x99\x02\x01\x01"
       "d\x84\0\0\0\x90\x04\0\x30\x84\0\0\0\x80\x04\x0d"
       "dsServiceName1\x84\0\0\0\x40\x04\x40"
       "CN=NTDS Settings,CN=DC1,CN=Servers"sv,
       "ldap", "Microsoft Active Directory"},
      {"xrdp is not Windows", "TerminalServer",
       "\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x01\x08\0\x01\0\0\0"sv, "ms-wbt-server"},
  };
  expect(kRows);
}

TEST(OwnAnswers, Datagrams) {
  static constexpr Row kRows[] = {
      {"dnsmasq", "DNSVersionBindReq",
       "LS\x84\x80\0\x01\0\x01\0\0\0\0\x07version\x04"
       "bind\0\0\x10\0\x03\xc0\x0c\0\x10\0\x03\0\0\0\0\0\x0d\x0c"
       "dnsmasq-2.90"sv,
       "domain", "dnsmasq", "2.90", Protocol::udp},
      {"ntpd that answers to strangers", "NtpReadVariables",
       "\x16\x82LS\0\0\0\0\0\0\x01\x90version=\"ntpd 4.2.8p15@1.3728-o (1)\", "
       "processor=\"x86_64\", system=\"Linux/5.10.0\""sv,
       "ntp", "ntpd", "4.2.8p15", Protocol::udp},
      {"a version negotiation of QUIC", "QuicVersion",
       "\x8a\0\0\0\0\x08"
       "asksthis\x08lockstep\0\0\0\x01"sv,
       "quic", "", "", Protocol::udp},
      {"a HelloVerifyRequest", "DtlsHello",
       "\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x23\x03\0\0\x17\0\0\0\0\0\0\0\x17\xfe\xff\x14"sv, "dtls", "",
       "", Protocol::udp},
      {"MiniUPnPd", "SsdpSearch",
       "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nSERVER: Debian/6.1 UPnP/1.1 MiniUPnPd/2.3.1\r\n"
       "EXT:\r\n",
       "upnp", "MiniUPnPd", "2.3.1", Protocol::udp},
  };
  expect(kRows);
}

/// What many programs say, and what says nothing of any: it fits no signature, whatever was asked.
TEST(OwnAnswers, WordsOfEverybodyTellNothing) {
  static constexpr std::string_view kWords[] = {
      "ok\r\n"sv,
      "OK\n"sv,
      "OK 1\r\n"sv,
      "+OK\r\n"sv,
      "* OK\r\n"sv,
      "ERROR\r\n"sv,
      "-ERR\r\n"sv,
      "220 hello\r\n"sv,
      "500 error\r\n"sv,
      "421 too many connections\r\n"sv,
      "unknown command\r\n"sv,
      "Welcome\r\n"sv,
      "login: "sv,
      "Password: "sv,
      "$ "sv,
      "# "sv,
      "> "sv,
      "\r\n"sv,
      "{}\n"sv,
      "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"Parse error\"},\"id\":null}\n"sv,
      "<html></html>"sv,
      "<?xml version=\"1.0\"?>\n<a/>"sv,
      "\0"sv,
      "\0\0\0\0"sv,
      "\0\0\0\x08\0\0\0\0\0\0\0\0"sv,
      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv,
      "\xff\xff\xff\xff"sv,
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"sv,
  };
  auto own = own_matcher();
  ASSERT_TRUE(own) << own.error().message();
  for (const ServiceProbe& probe : own->probes().probes) {
    for (const std::string_view word : kWords) {
      EXPECT_EQ(own->match(probe, word).service.name, "") << probe.name << ": " << quoted(word);
    }
  }
}

}  // namespace
}  // namespace lockstep::services
