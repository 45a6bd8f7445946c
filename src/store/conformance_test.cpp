// What every store must do, whatever database it keeps its tables in. A backend joins by a row in
// backends().

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "store/sql/sql_store.h"
#include "store/store.h"

namespace lockstep {
namespace {

using testing::HasSubstr;

struct Backend {
  std::string name;
  /// The URL of a fresh store, given a folder of the test's own.
  std::function<std::string(const std::filesystem::path&)> url;
  /// The command of the database's own client, which reads SQL from its standard input.
  std::function<std::string(const std::filesystem::path&)> client;
};

std::vector<Backend> backends() {
  return {{"sqlite",
           [](const auto& folder) { return "sqlite://" + (folder / "store.db").string(); },
           [](const auto& folder) {
             return "sqlite3 -batch -bail '" + (folder / "store.db").string() + "'";
           }}};
}

class StoreConformance : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/lockstep-store-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    url_ = GetParam().url(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> open() const {
    auto store = open_store(url_);
    if (!store) {
      ADD_FAILURE() << store.error().message();
      std::abort();
    }
    return std::move(*store);
  }

  /// What the database's own client prints for `statements`.
  std::string sql(const std::string& statements) const {
    const std::filesystem::path output = folder_ / "output";
    const std::string command = GetParam().client(folder_) + " > '" + output.string() + "'";
    FILE* const client = popen(command.c_str(), "w");
    if (client == nullptr) return "no client";
    std::fputs(statements.c_str(), client);
    EXPECT_EQ(pclose(client), 0) << statements;
    std::ifstream file(output);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
  std::string url_;
};

Profile compute() {
  return {"compute",
          {{22, Protocol::tcp, ""},
           {111, Protocol::tcp, ""},
           {111, Protocol::udp, "rpcbind"},
           {6818, Protocol::tcp, ""}}};
}

TEST_P(StoreConformance, StartsEmpty) {
  const auto store = open();
  EXPECT_TRUE(store->profiles().value().empty());
  const auto profile = store->profile("compute");
  ASSERT_FALSE(profile.has_value());
  EXPECT_EQ(profile.error().kind(), ErrorKind::not_found);
  EXPECT_THAT(profile.error().message(), HasSubstr("no profile for \"compute\""));
}

TEST_P(StoreConformance, ReturnsWhatItWasGiven) {
  const Profile login = {"login@hsn", {{22, Protocol::tcp, "ssh"}}};
  ASSERT_TRUE(open()->replace_profile(login).has_value());
  ASSERT_TRUE(open()->replace_profile(compute()).has_value());
  const auto store = open();
  EXPECT_EQ(store->profile("compute").value(), compute());
  EXPECT_EQ(store->profile("login@hsn").value(), login);
  EXPECT_EQ(store->profiles().value(), (std::vector<Profile>{compute(), login}));
}

TEST_P(StoreConformance, ReplacesOneProfileOnly) {
  const auto store = open();
  ASSERT_TRUE(store->replace_profile(compute()).has_value());
  const Profile login = {"login", {{22, Protocol::tcp, ""}}};
  ASSERT_TRUE(store->replace_profile(login).has_value());
  const Profile smaller = {"compute", {{9100, Protocol::tcp, ""}}};
  ASSERT_TRUE(store->replace_profile(smaller).has_value());
  EXPECT_EQ(store->profiles().value(), (std::vector<Profile>{smaller, login}));
}

TEST_P(StoreConformance, KeepsHostileTextAsText) {
  const Profile profile = {"x'; DROP TABLE open_ports; --", {{22, Protocol::tcp, "\"quoted\" %s"}}};
  const auto store = open();
  ASSERT_TRUE(store->replace_profile(profile).has_value());
  EXPECT_EQ(store->profile(profile.host_type).value(), profile);
}

TEST_P(StoreConformance, RefusesWhatTableOneCannotHold) {
  const struct {
    const char* description;
    Profile profile;
    const char* says;
  } kRows[] = {
      {"a long service",
       {"compute", {{22, Protocol::tcp, std::string(51, 's')}}},
       "has 51 bytes; the table open_ports holds 50"},
      {"a long host type",
       {std::string(61, 'h'), {{22, Protocol::tcp, ""}}},
       "has 61 bytes; the table open_ports holds 60"},
      {"no host type", {"", {{22, Protocol::tcp, ""}}}, "the host type is empty"},
      {"padding", {"compute ", {{22, Protocol::tcp, ""}}}, "white space"},
      {"no port", {"compute", {}}, "no port"},
      {"port 0", {"compute", {{0, Protocol::tcp, ""}}}, "port 0"},
      {"a port twice",
       {"compute", {{22, Protocol::tcp, ""}, {22, Protocol::tcp, "ssh"}}},
       "port 22/tcp stands twice"},
  };
  const auto store = open();
  ASSERT_TRUE(store->replace_profile(compute()).has_value());
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto done = store->replace_profile(row.profile);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(done.error().message(), HasSubstr(row.says));
  }
  EXPECT_EQ(store->profiles().value(), std::vector<Profile>{compute()}) << "nothing changed";
}

TEST_P(StoreConformance, HoldsTextsOfTheGreatestLength) {
  const Profile profile = {std::string(60, 'h'), {{22, Protocol::tcp, std::string(50, 's')}}};
  const auto store = open();
  ASSERT_TRUE(store->replace_profile(profile).has_value());
  EXPECT_EQ(store->profile(profile.host_type).value(), profile);
}

TEST_P(StoreConformance, WritesThePapersTable) {
  ASSERT_TRUE(open()->replace_profile({"compute", {{22, Protocol::tcp, ""}}}).has_value());
  EXPECT_EQ(sql("SELECT port, TRIM(protocol), TRIM(service), TRIM(host_type) FROM open_ports;"),
            "22|tcp||compute\n");
}

TEST_P(StoreConformance, CountsEditsByHand) {
  const auto store = open();
  ASSERT_TRUE(store->replace_profile({"compute", {{22, Protocol::tcp, ""}}}).has_value());
  sql("INSERT INTO open_ports VALUES (80, ' TCP', 'http  ', 'compute   ');"
      "INSERT INTO open_ports (port, protocol, host_type) VALUES (443, 'tcp', 'compute');"
      "INSERT INTO open_ports VALUES (80, 'tcp', '', 'compute');"
      "INSERT INTO open_ports VALUES (22, 'tcp', 'ssh', 'compute');"
      "INSERT INTO open_ports VALUES (53, 'udp', '', 'login');");
  const Profile expected = {
      "compute",
      {{22, Protocol::tcp, "ssh"}, {80, Protocol::tcp, "http"}, {443, Protocol::tcp, ""}}};
  EXPECT_EQ(store->profile("compute").value(), expected) << "the open store sees them at once";
  EXPECT_EQ(store->profiles().value().size(), 2U);

  sql("DELETE FROM open_ports WHERE port = 80;");
  EXPECT_EQ(store->profile("compute").value().ports.size(), 2U);

  sql("INSERT INTO open_ports VALUES (81, 'tcp', '', ' compute ');");
  ASSERT_TRUE(store->replace_profile(compute()).has_value());
  EXPECT_EQ(store->profile("compute").value(), compute()) << "padded rows are replaced too";
}

TEST_P(StoreConformance, NamesTheRowThatHasNoSense) {
  const struct {
    const char* description;
    const char* values;
    const char* says;
  } kRows[] = {
      {"a port too large", "70000, 'tcp', '', 'compute'",
       "the row port \"70000\", protocol \"tcp\""},
      {"port 0", "0, 'tcp', '', 'compute'", "the port is not 1 to 65535"},
      {"a negative port", "-22, 'tcp', '', 'compute'", "the port is not 1 to 65535"},
      {"no port", "NULL, 'tcp', '', 'compute'", "the port is not 1 to 65535"},
      {"an unknown protocol", "22, 'sctp', '', 'compute'", "neither tcp nor udp"},
      {"no protocol", "22, NULL, '', 'compute'", "neither tcp nor udp"},
  };
  const auto store = open();
  ASSERT_TRUE(store->replace_profile({"login", {{22, Protocol::tcp, ""}}}).has_value());
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    sql(
        fmt::format("DELETE FROM open_ports WHERE host_type = 'compute';"
                    "INSERT INTO open_ports VALUES ({});",
                    row.values));
    for (const Error& error : {store->profile("compute").error(), store->profiles().error()}) {
      EXPECT_EQ(error.kind(), ErrorKind::corrupt);
      EXPECT_THAT(error.message(), HasSubstr(row.says));
      EXPECT_THAT(error.message(), HasSubstr("correct or delete it with an SQL client"));
    }
    EXPECT_TRUE(store->profile("login").has_value()) << "others do not suffer";
  }
  sql("DELETE FROM open_ports; INSERT INTO open_ports VALUES (22, 'tcp', '', NULL);");
  EXPECT_THAT(store->profiles().error().message(), HasSubstr("the host type is missing"));
}

Inventory two_nodes() {
  Inventory inventory;
  inventory.cluster = "lab";
  inventory.nodes["n1"] = {"n1",
                           {"compute", "gpu"},
                           "rack1",
                           {{IpAddress::parse("198.18.0.1").value(), "management"},
                            {IpAddress::parse("fd00::1").value(), "hsn"}}};
  inventory.nodes["n2"] = {"n2", {}, "", {}};
  return inventory;
}

TEST_P(StoreConformance, ShowsTheInventoryToPlainSql) {
  const auto store = open();
  ASSERT_TRUE(store->replace_inventory(two_nodes()).has_value());
  EXPECT_EQ(sql("SELECT name, cluster, group_name FROM nodes ORDER BY name;"),
            "n1|lab|rack1\nn2|lab|\n");
  EXPECT_EQ(sql("SELECT node, address, network FROM node_addresses ORDER BY address;"),
            "n1|198.18.0.1|management\nn1|fd00::1|hsn\n");
  EXPECT_EQ(sql("SELECT node, class FROM node_classes ORDER BY class;"), "n1|compute\nn1|gpu\n");

  Inventory smaller = two_nodes();
  smaller.nodes.erase("n1");
  ASSERT_TRUE(store->replace_inventory(smaller).has_value());
  EXPECT_EQ(sql("SELECT name FROM nodes;"), "n2\n");
  EXPECT_EQ(sql("SELECT COUNT(*) FROM node_addresses; SELECT COUNT(*) FROM node_classes;"),
            "0\n0\n");
}

TEST_P(StoreConformance, RefusesTheStoreOfANewerProgram) {
  open();
  EXPECT_EQ(sql("SELECT version FROM schema_version;"), "1\n");
  open();
  EXPECT_EQ(sql("SELECT version FROM schema_version;"), "1\n") << "each step is applied once";
  sql("INSERT INTO schema_version VALUES (99);");
  const auto store = open_store(url_);
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().kind(), ErrorKind::unsupported);
  EXPECT_THAT(store.error().message(), HasSubstr("version 99, this program knows up to 1"));
}

/// Generation N: ports 1 to 40, each with the service "N".
Profile generation(int number) {
  Profile profile{"compute", {}};
  for (Port port = 1; port <= 40; ++port) {
    profile.ports.push_back({port, Protocol::tcp, std::to_string(number)});
  }
  return profile;
}

/// Writes generations for ever and acknowledges each through `pipe`, until it is killed.
[[noreturn]] void write_generations(const std::string& url, int pipe) {
  auto store = open_store(url);
  for (int number = 1; store.has_value(); ++number) {
    if (!(*store)->replace_profile(generation(number))) break;
    if (write(pipe, &number, sizeof number) != sizeof number) break;
  }
  _exit(1);
}

TEST_P(StoreConformance, KeepsAcknowledgedWritesWhenTheWriterIsKilled) {
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const pid_t writer = fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) write_generations(url_, ends[1]);
    close(ends[1]);
    int acknowledged = 0;
    for (int i = 0; i < 3 + 7 * round; ++i) {
      ASSERT_EQ(read(ends[0], &acknowledged, sizeof acknowledged), ssize_t{sizeof acknowledged});
    }
    kill(writer, SIGKILL);
    waitpid(writer, nullptr, 0);
    while (read(ends[0], &acknowledged, sizeof acknowledged) > 0) {
    }
    close(ends[0]);

    const auto found = open()->profile("compute");
    ASSERT_TRUE(found.has_value()) << found.error().message();
    const int number = std::stoi(found->ports.front().service);
    EXPECT_GE(number, acknowledged);
    EXPECT_LE(number, acknowledged + 1) << "at most one write was under way";
    EXPECT_EQ(*found, generation(number)) << "whole, never half";
  }
}

TEST_P(StoreConformance, ReturnsAnyProfile) {
  const auto store = open();
  rc::check([&](const std::map<Port, bool>& ports, bool tcp_first) {
    Profile profile{tcp_first ? "compute" : "compute@hsn", {}};
    for (const auto& [port, udp] : ports) {
      if (port == 0) continue;
      profile.ports.push_back({port, udp ? Protocol::udp : Protocol::tcp, udp ? "rpc" : ""});
    }
    RC_PRE(!profile.ports.empty());
    RC_ASSERT(store->replace_profile(profile).has_value());
    RC_ASSERT(store->profile(profile.host_type).value() == profile);
  });
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreConformance, testing::ValuesIn(backends()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace lockstep
