#include "store/test_backends.h"

#include <rapidcheck.h>
#include <stdlib.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "store/sql/sql_store.h"
#include "store/sql/test_mariadb.h"
#include "store/sql/test_postgresql.h"

namespace lockstep {

std::vector<Backend> backends() {
  const auto file = [](const auto& folder) { return "sqlite://" + (folder / "store.db").string(); };
  const auto sqlite3 = [](const std::string& url) {
    return "sqlite3 -batch -bail '" + url.substr(std::string("sqlite://").size()) + "'";
  };
  const auto database = [](const auto&) { return postgresql_server().new_database(); };
  const auto psql = [](const std::string& url) { return postgresql_server().client(url); };
  return {{"sqlite", [] { return std::string(); }, file, sqlite3, 100},
          {"postgresql", [] { return postgresql_server().missing(); }, database, psql, 12},
          {"mariadb", [] { return mariadb_server().missing(); },
           [](const auto&) { return mariadb_server().new_database(); },
           [](const std::string& url) { return mariadb_server().client(url); }, 12}};
}

void StoreTest::SetUp() {
  if (const std::string missing = GetParam().missing(); !missing.empty()) GTEST_SKIP() << missing;
  std::string pattern = testing::TempDir() + "/lockstep-store-XXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  url_ = GetParam().url(folder_);
}

void StoreTest::TearDown() {
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

std::unique_ptr<Store> StoreTest::open() const {
  auto store = open_store(url_);
  if (store) return std::move(*store);
  ADD_FAILURE() << store.error().message();
  std::abort();
}

std::string StoreTest::sql(const std::string& statements) const {
  const std::filesystem::path output = folder_ / "output";
  const std::string command = GetParam().client(url_) + " > '" + output.string() + "'";
  FILE* const client = popen(command.c_str(), "w");
  if (client == nullptr) return "no client";
  std::fputs(statements.c_str(), client);
  EXPECT_EQ(pclose(client), 0) << statements;
  std::ifstream file(output);
  return {std::istreambuf_iterator<char>(file), {}};
}

void check_property(const Backend& backend, const std::function<void()>& property) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.maxSuccess = backend.property_runs;
  const auto result = rc::detail::checkTestable(property, rc::detail::TestMetadata{}, params);
  std::ostringstream told;
  rc::detail::printResultMessage(result, told);
  EXPECT_TRUE(result.is<rc::detail::SuccessResult>()) << told.str();
}

}  // namespace lockstep
