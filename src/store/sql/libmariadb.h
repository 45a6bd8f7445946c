// libmariadb's results as values that are freed, and its errors as the exceptions that SOCI throws.

#pragma once

#include <mysql.h>

#include <memory>
#include <string>
#include <string_view>

namespace lockstep {

struct FreeRows {
  void operator()(MYSQL_RES* rows) const { mysql_free_result(rows); }
};
using MariadbRows = std::unique_ptr<MYSQL_RES, FreeRows>;

/// Whether the error says that the connection is lost, so that a new one would help.
bool is_lost(unsigned int code);

/// Throws soci::mysql_soci_error with the latest error of `connection`.
[[noreturn]] void throw_latest(MYSQL* connection);

/// Runs one statement, and throws soci::mysql_soci_error where it fails. `connection` may be
/// nullptr, which is a connection that is lost.
void run(MYSQL* connection, const std::string& statement);

/// The first value of the statement's first row; empty where there is none, or NULL.
std::string value_of(MYSQL* connection, const std::string& query);

/// `text` as a literal of the connection's character set, in quotes.
void append_literal(MYSQL* connection, std::string_view text, std::string& statement);

}  // namespace lockstep
