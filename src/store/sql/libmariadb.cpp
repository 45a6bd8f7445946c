#include "store/sql/libmariadb.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>

#include <algorithm>

namespace lockstep {
namespace {

/// Of the server, which ends the connection with it.
constexpr unsigned int kEndedByServer[] = {ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED,
                                           4031 /* MySQL's, of one that was idle for too long */};

}  // namespace

bool is_lost(unsigned int code) {
  if (code == CR_SERVER_GONE_ERROR || code == CR_SERVER_LOST) return true;
  return std::ranges::find(kEndedByServer, code) != std::end(kEndedByServer);
}

void throw_latest(MYSQL* connection) {
  throw soci::mysql_soci_error(mysql_error(connection), static_cast<int>(mysql_errno(connection)));
}

void run(MYSQL* connection, const std::string& statement) {
  if (connection == nullptr) {
    throw soci::mysql_soci_error("there is no connection", CR_SERVER_GONE_ERROR);
  }
  if (mysql_real_query(connection, statement.data(), statement.size()) != 0) {
    throw_latest(connection);
  }
}

std::string value_of(MYSQL* connection, const std::string& query) {
  run(connection, query);
  const MariadbRows rows(mysql_store_result(connection));
  if (!rows) throw_latest(connection);
  const MYSQL_ROW row = mysql_fetch_row(rows.get());
  if (row == nullptr || row[0] == nullptr) return {};
  return {row[0], mysql_fetch_lengths(rows.get())[0]};
}

void append_literal(MYSQL* connection, std::string_view text, std::string& statement) {
  statement += '\'';
  const std::size_t start = statement.size();
  statement.resize(start + 2 * text.size() + 1);  // each byte may become two, and a NUL ends it
  const unsigned long length =
      mysql_real_escape_string(connection, statement.data() + start, text.data(), text.size());
  statement.resize(start + length);
  statement += '\'';
}

}  // namespace lockstep
