// A MariaDB server of the tests' own: in a temporary folder, on a local socket alone, gone when the
// test program is gone, however that ends.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "store/sql/test_server.h"

namespace lockstep {

class MariadbServer {
 public:
  /// Starts the server unless it runs. Why there is none; empty where there is.
  std::string missing();

  /// A fresh database, and its URL. It is made as an administrator makes one, with the server's own
  /// character set, which is not ours.
  std::string new_database();
  std::string url(const std::string& database, const std::string& user = "root") const;
  /// Where its socket is.
  const std::filesystem::path& folder() const { return folder_; }
  /// The command of the server's own client that reads from its standard input, and prints rows as
  /// "a|b".
  std::string client(const std::string& url) const;
  /// Runs statements as the server's administrator; the first value of the last one's result.
  std::string administer(const std::string& statements);

  enum class Stop { orderly, crash };
  void stop(Stop how);
  void start();

 private:
  std::string set_up();
  std::string launch();

  std::filesystem::path folder_;
  std::string problem_;
  bool tried_ = false;
  int databases_ = 0;
  pid_t server_ = -1;
  Keeper keeper_;  // stops the server, and removes its folder
};

/// The one of this program.
MariadbServer& mariadb_server();

}  // namespace lockstep
