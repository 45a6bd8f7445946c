#include "store/sql/test_mariadb.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <mysql.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <thread>
#include <tuple>

namespace lockstep {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> kVariables = {"MYSQL", "MARIADB"};

std::string find_program(const char* name) {
  for (const char* const folder : {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"}) {
    const std::string path = fmt::format("{}/{}", folder, name);
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

struct Close {
  void operator()(MYSQL* connection) const { mysql_close(connection); }
};
using Administrator = std::unique_ptr<MYSQL, Close>;

/// Without one, the server is not there.
Administrator connect(const std::filesystem::path& folder) {
  Administrator connection(mysql_init(nullptr));
  const std::string socket = folder / "socket";
  if (mysql_real_connect(connection.get(), nullptr, "root", "", nullptr, 0, socket.c_str(),
                         CLIENT_MULTI_STATEMENTS) == nullptr) {
    return nullptr;
  }
  return connection;
}

/// Of a process that is no child: one that has ended has no program, even where nobody has asked
/// for its status yet.
void wait_for_end(pid_t process) {
  std::error_code error;
  for (int i = 0; i < 2000 && !error; ++i) {
    std::ignore = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", process), error);
    std::this_thread::sleep_for(5ms);  // nothing else tells of it
  }
}

}  // namespace

std::string MariadbServer::missing() {
  if (!tried_) problem_ = set_up();
  tried_ = true;
  return problem_;
}

std::string MariadbServer::set_up() {
  const std::string install = find_program("mariadb-install-db");
  if (find_program("mariadbd").empty() || install.empty()) {
    return "needs the package mariadb-server-core";
  }
  if (find_program("mariadb").empty()) return "needs the package mariadb-client-core";
  if (lacks_server_user()) return "needs a user to run MariaDB as";
  folder_ = make_server_folder("lockstep-my");
  if (folder_.empty()) return "cannot make a folder for MariaDB";
  keeper_.start([this] {
    pid_t server = -1;
    std::ifstream(folder_ / "pid") >> server;
    if (server > 0 && kill(server, SIGKILL) == 0) wait_for_end(server);
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  });
  const std::string problem =
      run_as_server_user({install, "--no-defaults", "--datadir=" + (folder_ / "data").string(),
                          "--auth-root-authentication-method=normal", "--skip-test-db",
                          "--skip-name-resolve", "--cross-bootstrap"},
                         folder_ / "told", kVariables);
  return problem.empty() ? launch() : problem;
}

/// Starts the server, and waits until it answers.
std::string MariadbServer::launch() {
  server_ = start_as_server_user(
      {find_program("mariadbd"), "--no-defaults", "--datadir=" + (folder_ / "data").string(),
       "--socket=" + (folder_ / "socket").string(), "--pid-file=" + (folder_ / "pid").string(),
       "--skip-networking", "--skip-name-resolve", "--innodb-buffer-pool-size=64M",
       "--innodb-log-file-size=32M", "--character-set-server=latin1", "--max-connections=40",
       "--max-allowed-packet=2M"},
      folder_ / "log", kVariables);
  for (int i = 0; i < 4000; ++i) {
    if (connect(folder_) != nullptr) return {};
    if (waitpid(server_, nullptr, WNOHANG) == server_) break;
    std::this_thread::sleep_for(5ms);  // nothing else tells when a server has come so far
  }
  std::ifstream log(folder_ / "log");
  return fmt::format("MariaDB does not start: {}",
                     std::string(std::istreambuf_iterator<char>(log), {}));
}

std::string MariadbServer::url(const std::string& database, const std::string& user) const {
  return fmt::format("mariadb://{}@/{}?socket={}", user, database, (folder_ / "socket").string());
}

std::string MariadbServer::client(const std::string& url) const {
  const std::size_t start = url.find("@/") + 2;
  const std::string database = url.substr(start, url.find('?') - start);
  // The client prints tabs, and knows no other way; its status is that of the whole.
  return fmt::format(
      "( exec 3>&1; status=$( {{ {{ '{}' --no-defaults -N -B -r -u root -S '{}' "
      "--init-command=\"SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES'\" '{}' "
      "3>&-; echo $? >&4; }} | tr '\\t' '|' >&3; }} 4>&1 ); exit $status )",
      find_program("mariadb"), (folder_ / "socket").string(), database);
}

std::string MariadbServer::new_database() {
  const std::string name = fmt::format("store{}", ++databases_);
  administer("CREATE DATABASE " + name);
  return url(name);
}

std::string MariadbServer::administer(const std::string& statements) {
  const Administrator connection = connect(folder_);
  EXPECT_NE(connection, nullptr) << statements;
  if (connection == nullptr) return {};
  int status = mysql_real_query(connection.get(), statements.data(), statements.size());
  std::string value;
  while (status == 0) {
    if (MYSQL_RES* const rows = mysql_store_result(connection.get())) {
      const MYSQL_ROW row = mysql_fetch_row(rows);
      value = row == nullptr || row[0] == nullptr ? "" : row[0];
      mysql_free_result(rows);
    }
    status = mysql_next_result(connection.get());
  }
  EXPECT_EQ(status, -1) << mysql_error(connection.get()) << statements;
  return value;
}

void MariadbServer::stop(Stop how) {
  kill(server_, how == Stop::crash ? SIGKILL : SIGTERM);
  waitpid(server_, nullptr, 0);
}

void MariadbServer::start() {
  EXPECT_EQ(launch(), "");
}

namespace {

/// Owned by GoogleTest, which ends it after the last test.
class ServerEnvironment final : public testing::Environment {
 public:
  void TearDown() override { server.reset(); }
  std::unique_ptr<MariadbServer> server = std::make_unique<MariadbServer>();
};

ServerEnvironment* const environment =
    static_cast<ServerEnvironment*>(testing::AddGlobalTestEnvironment(new ServerEnvironment));

}  // namespace

MariadbServer& mariadb_server() {
  return *environment->server;
}

}  // namespace lockstep
