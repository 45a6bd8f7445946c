#include "cli/render_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_options.h"
#include "cli/test_reports.h"
#include "documents/documents.h"

namespace lockstep::cli {
namespace {

using namespace documents;

using control::AcceptReport;
using control::AcceptWhat;
using control::KeyRow;
using testing::ElementsAre;

KeyRow key_of(const std::string& node, const std::string& sha256, bool known, bool seen) {
  return {.key = {.node = node,
                  .network = kDefaultNetwork,
                  .protocol = Protocol::tcp,
                  .port = 22,
                  .type = "ssh-ed25519",
                  .sha256 = sha256,
                  .since = kStarted - std::chrono::hours(2),
                  .by = ""},
          .known = known,
          .seen = seen};
}

TEST(KeysText, HasARowAKeyAndFoldsNodesThatShareOne) {
  KeyRow accepted = key_of("node4", "SHA256:D", true, false);
  accepted.key.by = "kim";
  const std::vector<KeyRow> rows = {
      key_of("login1", "SHA256:A", true, true), key_of("login2", "SHA256:A", true, true),
      key_of("node3", "SHA256:B", true, false), key_of("node3", "SHA256:C", false, true), accepted};
  EXPECT_THAT(text_lines(keys_text(rows, kStarted)),
              ElementsAre("NODES       PORT  TYPE         KEY       STATE      SINCE  ACCEPTED BY",
                          "login[1-2]  22    ssh-ed25519  SHA256:A  as known   2h     first seen",
                          "node3       22    ssh-ed25519  SHA256:B  not seen   2h     first seen",
                          "node3       22    ssh-ed25519  SHA256:C  NOT KNOWN  2h     -",
                          "node4       22    ssh-ed25519  SHA256:D  not seen   2h     kim"));
}

TEST(KeysText, SaysWhatToDoNext) {
  EXPECT_EQ(keys_text({}, kStarted), "No key is known. Next: lockstep sweep --services\n");
  AcceptReport report;
  EXPECT_THAT(accept_text(report, AcceptWhat::seen), testing::HasSubstr("--next"));
  report.accepted = 3;
  report.forgotten = 1;
  report.resolved = {7, 9};
  EXPECT_EQ(accept_text(report, AcceptWhat::seen),
            "3 keys accepted, 1 forgotten; over: A-7, A-9\n");
  EXPECT_EQ(
      accept_text(report, AcceptWhat::next),
      "1 key forgotten; over: A-7, A-9. What is seen next is known from then on: lockstep sweep "
      "--services\n");
}

TEST(KeysJson, HasEveryKey) {
  EXPECT_EQ(keys_json({key_of("n1", "SHA256:A", true, false)}),
            R"({"count":1,"keys":[{"node":"n1","network":"management","protocol":"tcp","port":22,)"
            R"("type":"ssh-ed25519","sha256":"SHA256:A","known":true,"seen":false,)"
            R"("since":"2026-09-21T12:13:20Z","accepted_by":null}]})"
            "\n");
}

TEST(KeyOptions, AreRead) {
  EXPECT_EQ(parsed<KeysCommand>({"keys"}).nodes, "");
  EXPECT_EQ(parsed<KeysCommand>({"keys", "node[1-3]"}).nodes, "node[1-3]");
  const auto accept = parsed<AcceptKeysCommand>({"key", "accept", "node3"});
  EXPECT_EQ(accept.nodes, "node3");
  EXPECT_EQ(accept.what, AcceptWhat::seen);
  EXPECT_EQ(parsed<AcceptKeysCommand>({"key", "accept", "node3", "--next"}).what, AcceptWhat::next);
  EXPECT_TRUE(std::holds_alternative<EarlyExit>(parse({"key", "accept"})));
  EXPECT_TRUE(std::holds_alternative<EarlyExit>(parse({"key"})));
  EXPECT_TRUE(parsed<SweepCommand>({"sweep", "--services-all"}).services.asked());
  EXPECT_FALSE(parsed<SweepCommand>({"sweep"}).services.asked());
}

}  // namespace
}  // namespace lockstep::cli
