// A PostgreSQL server of the tests' own: in a temporary folder, on a local socket alone, gone when
// the test program is gone, however that ends.

#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "store/sql/test_server.h"

namespace lockstep {

class PostgresqlServer {
 public:
  /// Starts the server unless it runs. Why there is none; empty where there is.
  std::string missing();

  /// A fresh database, and the URL of its owner.
  std::string new_database();
  std::string url(const std::string& database, const std::string& user = "postgres") const;
  /// Where its socket is.
  const std::filesystem::path& folder() const { return folder_; }
  /// The command of psql that reads from its standard input.
  std::string client(const std::string& url) const;
  /// Runs statements as the server's administrator; the first value of the last one's result.
  std::string administer(const std::string& statements);

  /// "fast", or "immediate" as in a crash.
  void stop(const std::string& mode);
  void start();

 private:
  std::string set_up();
  std::string control(const std::vector<std::string>& arguments) const;
  std::string run(const std::vector<std::string>& command) const;

  std::filesystem::path programs_;  // initdb, pg_ctl, psql
  std::filesystem::path folder_;
  std::string problem_;
  bool tried_ = false;
  int databases_ = 0;
  Keeper keeper_;  // stops the server, and removes its folder
};

/// The one of this program.
PostgresqlServer& postgresql_server();

}  // namespace lockstep
