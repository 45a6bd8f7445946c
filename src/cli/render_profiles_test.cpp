// What people and other programs read of profiles.

#include "cli/render_profiles.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_reports.h"

namespace lockstep::cli {
namespace {

using control::ProfileState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Changed by hand, and something else waits.
ProfileState contested_state() {
  ProfileState state = approved_state();
  state.unapproved = {.added = {"8080/tcp"}, .removed = {"80/tcp"}};
  state.waiting = baseline_of("compute");
  state.proposed = {.added = {"9100/tcp"}, .removed = {"8080/tcp"}};
  return state;
}

// --- Show. ---

TEST(ShowText, IsTableOneAndItsRules) {
  ProfileState state = approved_state();
  PortRule optional{
      .protocol = Protocol::tcp, .ports = {}, .presence = Presence::optional, .until = kStarted};
  optional.ports.insert_range(32768, 60999);
  PortRule rpc{.protocol = Protocol::udp,
               .ports = {},
               .presence = Presence::rpc,
               .rpc_program = 100021,
               .until = {}};
  rpc.ports.insert(111);
  PortRule ssh{.protocol = Protocol::tcp,
               .ports = {},
               .presence = Presence::service,
               .until = {},
               .service = "OpenSSH 9.*"};
  ssh.ports.insert(22);
  PortRule http = ssh;
  http.service = "http";
  state.in_use->rules = {optional, rpc, ssh, http};
  EXPECT_THAT(
      text_lines(show_text({state})),
      ElementsAre("PORT  PROTOCOL  SERVICE  HOST_TYPE",  //
                  "22    tcp       ssh      compute",    //
                  "80    tcp       -        compute",    //
                  "",                                    //
                  "PORTS        PROTOCOL  PRESENCE               UNTIL                 HOST_TYPE",
                  "32768-60999  tcp       optional               2026-09-21T14:13:20Z  compute",
                  "111          udp       rpc:100021             -                     compute",
                  "22           tcp       service:\"OpenSSH 9.*\"  -                     compute",
                  "22           tcp       service:http           -                     compute"));
}

TEST(ShowText, TellsWhatIsNotApproved) {
  ProfileState by_hand;
  by_hand.host_type = "login@hsn";
  by_hand.in_use = profile_of("login@hsn", {expected_port(22)});
  by_hand.unapproved.added = {"22/tcp"};
  const std::string text = show_text({contested_state(), by_hand});
  EXPECT_THAT(text, HasSubstr("\n\ncompute: changed by hand since it was approved by kim, "
                              "2026-09-21T14:13:20Z; see lockstep profile diff --class compute\n"));
  EXPECT_THAT(text, HasSubstr("\ncompute: 2 open ports wait for approval: what 40 of 40 nodes "
                              "show (by kim, 2026-09-21T14:13:20Z); see lockstep profile diff "
                              "--class compute\n"));
  EXPECT_THAT(text, HasSubstr("\nlogin@hsn: in use, and never approved; see lockstep profile diff "
                              "--class login@hsn\n"));
}

TEST(ShowText, IsAHeaderWhereNothingIsInUse) {
  EXPECT_EQ(show_text({}), "PORT  PROTOCOL  SERVICE  HOST_TYPE\n");
  EXPECT_EQ(
      text_lines(show_text(
          {}, {{"compute", "kernels", "kernel", "~ 6.1.*"}, {"*", "*", "up\ntime", "any"}})),
      (std::vector<std::string>{
          "PORT  PROTOCOL  SERVICE  HOST_TYPE", "", "INSTANCE  VALUE       RULE     HOST_TYPE",
          "kernels   kernel      ~ 6.1.*  compute", "*         \"up\\ntime\"  any      *"}));
}

// --- Diff. ---

TEST(DiffText, ShowsBothDifferencesAndHowToApproveEach) {
  EXPECT_THAT(
      text_lines(diff_text({contested_state()})),
      ElementsAre(
          "compute: changed by hand since it was approved by kim, 2026-09-21T14:13:20Z", "- 80/tcp",
          "+ 8080/tcp", "  to approve: lockstep profile approve --class compute --table",
          "compute: waits for approval: what 40 of 40 nodes show (by kim, "
          "2026-09-21T14:13:20Z)",
          "- 8080/tcp", "+ 9100/tcp", "  left out: 4444/tcp is open on 2 of 40 nodes: node[3,7]",
          "  to approve: lockstep profile approve --class compute --baseline"));
}

TEST(DiffText, NeedsNoChoiceWhereThereIsOne) {
  ProfileState waiting = contested_state();
  waiting.unapproved = {};
  EXPECT_THAT(diff_text({waiting}), HasSubstr("approve --class compute\n"));
  EXPECT_THAT(diff_text({waiting}), Not(HasSubstr("by hand")));
  ProfileState changed = contested_state();
  changed.waiting.reset();
  EXPECT_THAT(diff_text({changed}), HasSubstr("approve --class compute\n"));
  EXPECT_THAT(diff_text({changed}), Not(HasSubstr("waits")));
}

TEST(DiffText, SaysThatNothingDiffers) {
  EXPECT_EQ(diff_text({approved_state()}), "compute: as approved by kim, 2026-09-21T14:13:20Z\n");
  ProfileState same = approved_state();
  same.waiting = baseline_of("compute");
  EXPECT_THAT(diff_text({same}), HasSubstr("\n  no line differs from what is in use\n"));
  ProfileState nothing;
  nothing.host_type = "x";
  EXPECT_EQ(diff_text({nothing}), "x: nothing to approve\n");
}

// --- Learn, import, approve. ---

TEST(LearnText, SaysWhatWaitsAndWhatToDoNext) {
  control::LearnReport report;
  report.record = record_of({seen("node1", 22)}, {covered("node1")});
  report.baselines = {baseline_of("compute@hsn")};
  EXPECT_THAT(learn_text(report), HasSubstr("diff --class compute; ")) << "all its networks";
  report.baselines = {baseline_of("compute")};
  EXPECT_THAT(
      text_lines(learn_text(report)),
      ElementsAre("compute learned: 2 open ports from what 40 of 40 nodes show",
                  "  left out: 4444/tcp is open on 2 of 40 nodes: node[3,7]",
                  "PORT  PROTOCOL  SERVICE  HOST_TYPE", "22    tcp       -        compute",
                  "9100  tcp       -        compute", "2,002 probes in 1.50 s (1 kpps)",
                  "Not in use before it is approved. Next: lockstep profile diff --class compute; "
                  "lockstep profile approve --class compute"));
}

TEST(ImportText, SaysWhatWaitsAndWhatToDoNext) {
  Baseline baseline = baseline_of("compute@hsn");
  baseline.outliers.clear();
  baseline.origin = "nmap.xml";
  EXPECT_THAT(
      text_lines(import_text(baseline)),
      ElementsAre("compute@hsn imported: 2 open ports from nmap.xml",
                  "PORT  PROTOCOL  SERVICE  HOST_TYPE", "22    tcp       -        compute@hsn",
                  "9100  tcp       -        compute@hsn",
                  "Not in use before it is approved. Next: lockstep profile diff --class "
                  "compute@hsn; lockstep profile approve --class compute@hsn"));
}

TEST(ApproveText, SaysWhatIsInUseNow) {
  EXPECT_EQ(approve_text({approved_state()}),
            "compute: 2 open ports, approved by kim, 2026-09-21T14:13:20Z\n");
  EXPECT_THAT(approve_text({contested_state()}), HasSubstr("\ncompute: changed by hand since "))
      << "what is left";
  ProfileState gone;
  gone.host_type = "old";
  EXPECT_EQ(approve_text({gone}), "old: nothing is expected\n");
  EXPECT_EQ(approve_text({}), "Approved: nothing is expected any more.\n");
}

TEST(ProfileTexts, HostileTextIsQuoted) {
  ProfileState state = contested_state();
  state.host_type = state.in_use->host_type = kHostile;
  state.in_use->ports[0].service = kHostile;
  state.approved->by = kHostile;
  state.unapproved.added = state.proposed.removed = {kHostile};
  state.waiting->profile = profile_of(kHostile, {expected_port(22, kHostile)});
  state.waiting->origin = state.waiting->maker = kHostile;
  state.waiting->outliers = {kHostile};
  control::LearnReport report;
  report.record = record_of({}, {});
  report.baselines = {*state.waiting};
  for (const std::string& text : {show_text({state}), diff_text({state}), approve_text({state}),
                                  learn_text(report), import_text(*state.waiting)}) {
    EXPECT_TRUE(is_safe(text)) << text;
    EXPECT_THAT(text, Not(HasSubstr("\nHIGH"))) << "no forged row";
  }
}

// --- Export. ---

TEST(ExportText, Csv) {
  const struct {
    const char* description;
    std::string text;
    const char* field;
  } kRows[] = {
      {"a word", "ssh", "ssh"},           {"nothing", "", ""},
      {"a space inside", "a b", "a b"},   {"spaces at the side", " ssh", "\" ssh\""},
      {"a comma", "a,b", "\"a,b\""},      {"a quote", "a\"b", "\"a\"\"b\""},
      {"a line end", "a\nb", "\"a\nb\""},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    ProfileState state = approved_state();
    state.in_use = profile_of("compute", {expected_port(22, row.text)});
    EXPECT_EQ(export_text({state}, ExportFormat::csv),
              fmt::format("port,protocol,service,host_type\n22,tcp,{},compute\n", row.field));
  }
}

TEST(ExportText, Sql) {
  ProfileState state = approved_state();
  state.in_use = profile_of("it's", {expected_port(22, "';--"), expected_port(80)});
  EXPECT_EQ(export_text({state}, ExportFormat::sql),
            "INSERT INTO open_ports (port, protocol, service, host_type) VALUES "
            "(22, 'tcp', ''';--', 'it''s');\n"
            "INSERT INTO open_ports (port, protocol, service, host_type) VALUES "
            "(80, 'tcp', '', 'it''s');\n");
}

TEST(ExportText, HasOnlyWhatIsInUse) {
  ProfileState state;
  state.host_type = "compute";
  state.waiting = baseline_of("compute");
  EXPECT_EQ(export_text({state}, ExportFormat::csv), "port,protocol,service,host_type\n");
  EXPECT_EQ(export_text({state}, ExportFormat::sql), "");
}

}  // namespace
}  // namespace lockstep::cli
