#include "store/sql/test_postgresql.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>

namespace lockstep {
namespace {

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

const std::vector<std::string> kVariables = {"PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGOPTIONS"};

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};

}  // namespace

std::string PostgresqlServer::missing() {
  if (!tried_) problem_ = set_up();
  tried_ = true;
  return problem_;
}

std::string PostgresqlServer::set_up() {
  programs_ = find_programs();
  if (programs_.empty()) return "needs the package postgresql-15";
  if (lacks_server_user()) return "needs a user to run PostgreSQL as";
  folder_ = make_server_folder("lockstep-pg");
  if (folder_.empty()) return "cannot make a folder for PostgreSQL";
  keeper_.start([this] {
    control({"stop", "-m", "immediate"});
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  });
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
  return run_as_server_user(command, folder_ / "told", kVariables);
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
