// URLs of MariaDB and MySQL databases.
//
//   mariadb://USER@HOST:PORT/DATABASE?ssl-ca=/etc/ssl/db.pem
//   mysql://USER@/DATABASE?socket=/run/mysqld/mysqld.sock
//
// Parameters are called as in MariaDB's option files: socket, connect-timeout (seconds),
// defaults-file, ssl-ca, ssl-cert, ssl-key, ssl-verify-server-cert (1). Any of ssl-* makes the
// connection an encrypted one, with a server whose certificate is checked.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lockstep {

/// "mariadb://..." or "mysql://..."
bool is_mariadb_url(std::string_view url);

/// Where a server is, and as whom to go there.
struct MariadbTarget {
  std::string host{};    ///< empty: this machine
  std::string port{};    ///< empty: the usual one
  std::string socket{};  ///< empty: the usual one, where the host is "localhost" or empty
  std::string user{};    ///< empty: the name of the user that the process has
  std::string database{};
  std::string password{};             ///< empty: MYSQL_PWD in the environment, or none
  std::string connect_timeout = "5";  ///< in seconds
  bool tls = false;
  std::string ssl_ca{};  ///< empty: what the machine trusts
  std::string ssl_cert{};
  std::string ssl_key{};
};

/// What `url` says, with the password from its `defaults-file`, else, unless the environment has
/// MYSQL_PWD, from ~/.my.cnf. Errors: `invalid` where it is no such URL, or has a password: a URL
/// stands in configurations, process lists and messages; of read_password(). Messages show no
/// secret.
Result<MariadbTarget> parse_mariadb_url(std::string_view url);

/// `target` in the words of SOCI, secret and all. Errors: `invalid` for what these cannot carry.
Result<std::string> connect_string(const MariadbTarget& target);

}  // namespace lockstep
