#include "store/sql/test_postgresql.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>

namespace lockstep {
namespace {

/// The server refuses to run as root.
const passwd* server_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* const user = getpwnam("postgres");
  return user != nullptr ? user : getpwnam("nobody");
}

/// Where Debian keeps the newest server, or where the search path has one.
std::filesystem::path find_programs() {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& each : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    found.push_back(each.path() / "bin");
  }
  std::ranges::sort(found, std::greater<>());
  const char* const path = getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    found.emplace_back(rest.substr(0, end));
    rest.erase(0, end + 1);
  }
  for (const auto& each : found) {
    const auto has = [&](const char* name) { return access((each / name).c_str(), X_OK) == 0; };
    if (has("initdb") && has("pg_ctl") && has("psql")) return each;
  }
  return {};
}

/// A database of its own for each test is thousands of files: in memory, where there is room.
std::string roomy_folder() {
  std::error_code error;
  const auto space = std::filesystem::space("/dev/shm", error);
  constexpr std::uintmax_t kRoom = std::uintmax_t{2} << 30;
  return !error && space.available >= kRoom && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

[[noreturn]] void run_as_server_user(const std::vector<std::string>& command, int output) {
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (const passwd* const user = server_user()) {
    if (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) {
      _exit(126);
    }
  }
  setenv("LC_ALL", "C", 1);
  for (const char* const name : {"PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGOPTIONS"}) {
    unsetenv(name);
  }
  if (chdir("/") != 0) _exit(126);
  std::vector<char*> arguments;
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  execv(arguments.front(), arguments.data());
  _exit(127);
}

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};

}  // namespace

PostgresqlServer::PostgresqlServer() = default;

PostgresqlServer::~PostgresqlServer() {
  if (alive_ < 0) return;
  close(alive_);
  char byte = 0;
  while (read(done_, &byte, 1) > 0) {
  }
  close(done_);
}

std::string PostgresqlServer::missing() {
  if (!tried_) problem_ = set_up();
  tried_ = true;
  return problem_;
}

std::string PostgresqlServer::set_up() {
  programs_ = find_programs();
  if (programs_.empty()) return "needs the package postgresql-15";
  if (geteuid() == 0 && server_user() == nullptr) return "needs a user to run PostgreSQL as";
  // Short, since the path of a socket has 107 bytes at most.
  std::string pattern = roomy_folder() + "/lockstep-pg-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return "cannot make a folder for PostgreSQL";
  folder_ = pattern;
  if (const passwd* const user = server_user()) {
    if (chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) return "cannot give a folder away";
  }
  start_keeper();
  const std::string data = (folder_ / "data").string();
  std::string problem = run({programs_ / "initdb", "-D", data, "-U", "postgres", "-A", "trust",
                             "-E", "UTF8", "--locale=C", "--no-sync"});
  if (!problem.empty()) return problem;
  std::ofstream(folder_ / "data" / "postgresql.conf", std::ios::app)
      << "listen_addresses = ''\n"
      << "unix_socket_directories = '" << folder_.string() << "'\n"
      << "max_connections = 40\nshared_buffers = 64MB\nautovacuum = off\n"
      // Servers are killed here and machines are not: what was written is there without it.
      << "fsync = off\n";
  return control({"start", "-l", (folder_ / "log").string()});
}

std::string PostgresqlServer::url(const std::string& database, const std::string& user) const {
  return fmt::format("postgresql:///{}?host={}&user={}", database, folder_.string(), user);
}

std::string PostgresqlServer::client(const std::string& url) const {
  return fmt::format("'{}' -X -A -t -q -v ON_ERROR_STOP=1 '{}'", (programs_ / "psql").string(),
                     url);
}

std::string PostgresqlServer::new_database() {
  const std::string name = fmt::format("store{}", ++databases_);
  administer("CREATE DATABASE " + name);
  return url(name);
}

std::string PostgresqlServer::administer(const std::string& statements) {
  const std::unique_ptr<PGconn, Finish> connection(PQconnectdb(url("postgres").c_str()));
  const std::unique_ptr<PGresult, Clear> result(PQexec(connection.get(), statements.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
      << PQerrorMessage(connection.get()) << statements;
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

void PostgresqlServer::stop(const std::string& mode) {
  EXPECT_EQ(control({"stop", "-m", mode}), "");
}

void PostgresqlServer::start() {
  EXPECT_EQ(control({"start", "-l", (folder_ / "log").string()}), "");
}

std::string PostgresqlServer::control(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {(programs_ / "pg_ctl").string(), "-D",
                                      (folder_ / "data").string(), "-w", "-s"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(command);
}

/// What went wrong; empty where nothing did.
std::string PostgresqlServer::run(const std::vector<std::string>& command) const {
  const std::filesystem::path told = folder_ / "told";
  const int output = open(told.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const pid_t child = fork();
  if (child == 0) run_as_server_user(command, output);
  close(output);
  int status = -1;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  std::ifstream file(told);
  return fmt::format("{} failed: {}", command.front(),
                     std::string(std::istreambuf_iterator<char>(file), {}));
}

/// A process that outlives this one, however this one ends, and then cleans up. It belongs to
/// nobody, so that whoever kills a test with all of its children does not reach it.
void PostgresqlServer::start_keeper() {
  int alive[2];
  int done[2];
  ASSERT_EQ(pipe2(alive, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(done, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    close(alive[1]);
    const int nowhere = open("/dev/null", O_RDWR);
    for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, each);
    keep(alive[0]);
  }
  waitpid(child, nullptr, 0);
  close(alive[0]);
  close(done[1]);
  alive_ = alive[1];
  done_ = done[0];
}

void PostgresqlServer::keep(int alive) {
  char byte = 0;
  while (read(alive, &byte, 1) > 0) {
  }
  control({"stop", "-m", "immediate"});
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
  _exit(0);
}

namespace {

/// Owned by GoogleTest, which ends it after the last test.
class ServerEnvironment final : public testing::Environment {
 public:
  void TearDown() override { server.reset(); }
  std::unique_ptr<PostgresqlServer> server = std::make_unique<PostgresqlServer>();
};

ServerEnvironment* const environment =
    static_cast<ServerEnvironment*>(testing::AddGlobalTestEnvironment(new ServerEnvironment));

}  // namespace

PostgresqlServer& postgresql_server() {
  return *environment->server;
}

}  // namespace lockstep
