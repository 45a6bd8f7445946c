#include "cli/options.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/test_options.h"

namespace lockstep::cli {
namespace {

using testing::HasSubstr;
std::string config_of(const Words& words) {
  const auto result = parse(words);
  return std::holds_alternative<Options>(result) ? std::get<Options>(result).config : "(refused)";
}

// --- What is accepted. ---

TEST(Options, Demo) {
  EXPECT_FALSE(parsed<DemoCommand>({"demo"}).keep);
  const auto demo = parsed<DemoCommand>({"demo", "--keep", "--loopback"});
  EXPECT_TRUE(demo.keep);
  EXPECT_TRUE(demo.loopback);
}

TEST(Options, ScanWithNothingButTargets) {
  const auto scan = parsed<ScanCommand>({"scan", "node[1-3]", "198.18.0.0/24", "@gpu"});
  EXPECT_EQ(scan.targets, (Words{"node[1-3]", "198.18.0.0/24", "@gpu"}));
  EXPECT_FALSE(scan.ports.ports || scan.ports.engine || scan.ports.interface || scan.ports.rate ||
               scan.ports.node_rate)
      << "the configuration decides";
  EXPECT_FALSE(scan.json);
  EXPECT_EQ(scan.report, "");
}

TEST(Options, ScanWithEverything) {
  const auto scan = parsed<ScanCommand>({"scan", "--ports", "all,!22", "a", "--engine=connect",
                                         "--interface", "eth0", "--rate", "1e5", "--node-rate",
                                         "unlimited", "--json", "--report", "out.json", "--allow",
                                         "192.0.2.0/24", "--allow", "2001:db8::/32"});
  EXPECT_EQ(scan.targets, (Words{"a"}));
  EXPECT_EQ(scan.ports.ports, "all,!22");
  EXPECT_EQ(scan.ports.engine, "connect");
  EXPECT_EQ(scan.ports.interface, "eth0");
  EXPECT_EQ(scan.ports.rate, PacketsPerSecond(100000));
  EXPECT_TRUE(scan.ports.node_rate->is_unlimited());
  EXPECT_TRUE(scan.json);
  EXPECT_EQ(scan.report, "out.json");
  EXPECT_EQ(scan.allow, (Words{"192.0.2.0/24", "2001:db8::/32"}));
}

TEST(Options, ScanTakesFilesToIdentifyServicesBy) {
  const auto scan = parsed<ScanCommand>({"scan", "--services", "--probes", "a", "--recog", "x.xml",
                                         "--probes", "b", "node1", "--recog=folder"});
  EXPECT_EQ(scan.targets, (Words{"node1"}));
  EXPECT_EQ(scan.services.probes, (Words{"a", "b"}));
  EXPECT_EQ(scan.services.recog, (Words{"x.xml", "folder"}));
}

TEST(Options, ScanTargetsAreTakenAsTheyAre) {
  for (const char* const target : {"[1-3]", "fd00::1", "n[1,3]", "a!b", "-"}) {
    SCOPED_TRACE(target);
    const Words targets = parsed<ScanCommand>({"scan", "--", target}).targets;
    ASSERT_EQ(targets.size(), 1U);
    EXPECT_EQ(trimmed(targets[0]), target);
  }
}

TEST(Options, Sweep) {
  EXPECT_EQ(parsed<SweepCommand>({"sweep"}).nodes, "");
  const auto sweep = parsed<SweepCommand>(
      {"sweep", "@compute", "--json", "--report", "r", "--rate", "20000", "--ports", "default"});
  EXPECT_EQ(sweep.nodes, "@compute");
  EXPECT_TRUE(sweep.json);
  EXPECT_EQ(sweep.report, "r");
  EXPECT_EQ(sweep.ports.rate, PacketsPerSecond(20000));
  EXPECT_EQ(sweep.ports.ports, "default");
}

TEST(Options, Nodes) {
  EXPECT_EQ(parsed<NodesCommand>({"nodes"}).nodes, "");
  EXPECT_EQ(parsed<NodesCommand>({"nodes", "node[1-2]"}).nodes, "node[1-2]");
  EXPECT_TRUE(parsed<NodesCommand>({"nodes", "--json"}).json);
  EXPECT_EQ(parsed<NodesCommand>({"nodes", "--expand", "n[5-1]"}).expand, "n[5-1]");
  const auto standard_input = parsed<NodesCommand>({"nodes", "--fold"});
  EXPECT_TRUE(standard_input.fold);
  EXPECT_TRUE(standard_input.fold_names.empty());
  const auto folded = parsed<NodesCommand>({"nodes", "--fold", "a1", "a2"});
  EXPECT_TRUE(folded.fold);
  EXPECT_EQ(folded.fold_names, (Words{"a1", "a2"}));
  EXPECT_EQ(parsed<NodesCommand>({"nodes", "[1-3]", "--fold"}).fold_names, (Words{" [1-3]"}));
  EXPECT_EQ(parsed<NodesCommand>({"nodes", "a1", "a2"}).nodes, "a1 a2");
}

TEST(Options, ProfileLearn) {
  const auto learn =
      parsed<LearnCommand>({"profile", "learn", "--class", "compute", "--from", "node1", "--json"});
  EXPECT_EQ(learn.node_class, "compute");
  EXPECT_EQ(learn.from, "node1");
  EXPECT_FALSE(learn.consensus);
  EXPECT_TRUE(learn.json);
  const auto consensus = parsed<LearnCommand>(
      {"profile", "learn", "--consensus", "--class", "compute", "--ports", "all", "--rate", "9"});
  EXPECT_EQ(consensus.from, "");
  EXPECT_TRUE(consensus.consensus);
  EXPECT_EQ(consensus.ports.ports, "all");
  EXPECT_EQ(consensus.ports.rate, PacketsPerSecond(9));
}

TEST(Options, ProfileImport) {
  const auto import = parsed<ImportCommand>({"profile", "import", "nmap.xml", "--class", "c"});
  EXPECT_EQ(import.file, "nmap.xml");
  EXPECT_EQ(import.node_class, "c");
  EXPECT_EQ(import.network, "");
  EXPECT_FALSE(import.json);
  const auto piped = parsed<ImportCommand>(
      {"profile", "import", "--class", "c", "--network", "hsn", "--json", "-"});
  EXPECT_EQ(piped.file, "-");
  EXPECT_EQ(piped.network, "hsn");
  EXPECT_TRUE(piped.json);
}

TEST(Options, ProfileShowDiffApproveExport) {
  EXPECT_EQ(parsed<ShowCommand>({"profile", "show"}).node_class, "");
  EXPECT_EQ(parsed<ShowCommand>({"profile", "show", "--class", "login"}).node_class, "login");
  EXPECT_TRUE(parsed<ShowCommand>({"profile", "show", "--json"}).json);
  EXPECT_EQ(parsed<DiffCommand>({"profile", "diff"}).node_class, "");
  EXPECT_EQ(parsed<DiffCommand>({"profile", "diff", "--class", "c@hsn"}).node_class, "c@hsn");
  EXPECT_TRUE(parsed<DiffCommand>({"profile", "diff", "--json"}).json);
  using control::ApproveWhat;
  const auto approve = parsed<ApproveCommand>({"profile", "approve", "--class", "c", "--json"});
  EXPECT_EQ(approve.node_class, "c");
  EXPECT_EQ(approve.what, ApproveWhat::either);
  EXPECT_TRUE(approve.json);
  EXPECT_EQ(parsed<ApproveCommand>({"profile", "approve", "--class", "c", "--baseline"}).what,
            ApproveWhat::baseline);
  EXPECT_EQ(parsed<ApproveCommand>({"profile", "approve", "--table", "--class", "c"}).what,
            ApproveWhat::table);
  EXPECT_EQ(parsed<ExportCommand>({"profile", "export"}).format, ExportFormat::csv);
  EXPECT_EQ(parsed<ExportCommand>({"profile", "export", "--format", "csv"}).format,
            ExportFormat::csv);
  const auto exported =
      parsed<ExportCommand>({"profile", "export", "--class", "c", "--format", "sql"});
  EXPECT_EQ(exported.node_class, "c");
  EXPECT_EQ(exported.format, ExportFormat::sql);
  EXPECT_TRUE(parsed<ExportCommand>({"profile", "export", "--json"}).json);
}

TEST(Options, StoreIsMovedBackedUpAndRestored) {
  const auto move = parsed<StoreMoveCommand>(
      {"store", "move", "sqlite:///a.db", "mariadb://kim@host/db", "--json"});
  EXPECT_EQ(move.from, "sqlite:///a.db");
  EXPECT_EQ(move.to, "mariadb://kim@host/db");
  EXPECT_TRUE(move.json);
  EXPECT_EQ(parsed<StoreBackupCommand>({"store", "backup", "a"}).file, "a");
  EXPECT_FALSE(parsed<StoreRestoreCommand>({"store", "restore", "a"}).verify);
  EXPECT_TRUE(parsed<StoreRestoreCommand>({"store", "restore", "a", "--verify"}).verify);
  EXPECT_TRUE(parsed<StoreCheckCommand>({"store", "check", "--json"}).json);
  EXPECT_EQ(parsed<StoreDowngradeCommand>({"store", "downgrade", "6"}).version, 6);
  EXPECT_FALSE(parsed<StoreDowngradeCommand>({"store", "downgrade", "6"}).yes);
  EXPECT_TRUE(parsed<StoreDowngradeCommand>({"store", "downgrade", "6", "--yes"}).yes);
}

TEST(Options, Stop) {
  EXPECT_FALSE(parsed<StopCommand>({"stop"}).lift);
  EXPECT_EQ(parsed<StopCommand>({"stop", "--note", "beam time"}).note, "beam time");
  EXPECT_TRUE(parsed<StopCommand>({"stop", "--lift"}).lift);
}

TEST(Options, CheckConfigAndDoctor) {
  EXPECT_EQ(parsed<CheckConfigCommand>({"check-config"}).file, "");
  EXPECT_EQ(parsed<CheckConfigCommand>({"check-config", "a.toml"}).file, "a.toml");
  EXPECT_FALSE(parsed<DoctorCommand>({"doctor"}).json);
  EXPECT_TRUE(parsed<DoctorCommand>({"doctor", "--json"}).json);
}

TEST(Options, ConfigStandsBeforeOrBehindTheCommand) {
  EXPECT_EQ(config_of({"doctor"}), "");
  EXPECT_EQ(config_of({"--config", "a.toml", "doctor"}), "a.toml");
  EXPECT_EQ(config_of({"doctor", "--config", "a.toml"}), "a.toml");
  EXPECT_EQ(config_of({"profile", "show", "--config=a.toml"}), "a.toml");
}

TEST(Options, TheSocketStandsBeforeOrBehindTheCommand) {
  const auto socket_of = [](const Words& words) {
    const auto result = parse(words);
    return std::holds_alternative<Options>(result) ? std::get<Options>(result).socket : "(refused)";
  };
  EXPECT_EQ(socket_of({"status"}), "");
  EXPECT_EQ(socket_of({"--socket", "/run/x", "status"}), "/run/x");
  EXPECT_EQ(socket_of({"leave", "n1", "--socket=/run/x"}), "/run/x");
  EXPECT_EQ(socket_of({"--socket", "", "status"}), "(refused)");
  EXPECT_EQ(socket_of({"plugin-host", "--socket", "/run/p", "--for", "x"}), "")
      << "that is where it listens itself";
}

TEST(Options, Rates) {
  const struct {
    const char* text;
    std::optional<double> value;  ///< none: refused; 0: unlimited
  } kRows[] = {
      {"1", 1},
      {"0.001", 0.001},
      {"20000", 20000},
      {"1e9", 1e9},
      {"2.5", 2.5},
      {"unlimited", 0.0},
      {"0", std::nullopt},
      {"-1", std::nullopt},
      {"-0", std::nullopt},
      {"nan", std::nullopt},
      {"inf", std::nullopt},
      {"-inf", std::nullopt},
      {"1e99", std::nullopt},
      {"1e-99", std::nullopt},
      {"1e999", std::nullopt},
      {"", std::nullopt},
      {" ", std::nullopt},
      {"5pps", std::nullopt},
      {"five", std::nullopt},
      {"Unlimited", std::nullopt},
      {"1,000", std::nullopt},
      {"1 000", std::nullopt},
  };
  for (const char* const option : {"--rate", "--node-rate"}) {
    for (const auto& row : kRows) {
      SCOPED_TRACE(fmt::format("{} '{}'", option, row.text));
      const Words words = {"scan", "a", option, row.text};
      if (!row.value) {
        const EarlyExit exit = refused(words);
        EXPECT_EQ(exit.status, kUsage);
        EXPECT_THAT(exit.text,
                    HasSubstr(fmt::format("{}: \"{}\" is not a rate", option, row.text)));
        continue;
      }
      const PortOptions ports = parsed<ScanCommand>(words).ports;
      const auto rate = std::string(option) == "--rate" ? ports.rate : ports.node_rate;
      ASSERT_TRUE(rate);
      EXPECT_EQ(*rate,
                *row.value == 0 ? PacketsPerSecond::unlimited() : PacketsPerSecond(*row.value));
    }
  }
}

// --- What is not. ---

TEST(Options, RefusesWithTheReason) {
  const struct {
    Words words;
    const char* says;
    const char* see;
  } kRows[] = {
      {{"scn"}, "\"scn\" is no command; did you mean scan?", "lockstep --help"},
      {{"swep", "--json"}, "\"swep\" is no command; did you mean sweep?", "lockstep --help"},
      {{"check_config"}, "did you mean check-config?", "lockstep --help"},
      {{"frobnicate"}, "\"frobnicate\" is no command\n", "lockstep --help"},
      {{"profile", "lern"},
       "\"lern\" is no command; did you mean learn?",
       "lockstep profile --help"},
      {{"profile"}, "subcommand is required", "lockstep profile --help"},
      {{"--config", "x"}, "subcommand is required", "lockstep --help"},
      {{"--confg", "x", "doctor"}, "did you mean --config?", "--help"},
      {{"scan"}, "targets is required", "lockstep scan --help"},
      {{"scan", "a", "--prots", "22"},
       "\"--prots\" is no option here; did you mean --ports?",
       "lockstep scan --help"},
      {{"scan", "a", "--prots=22"},
       "\"--prots\" is no option here; did you mean --ports?",
       "lockstep scan --help"},
      {{"sweep", "--jsn"},
       "\"--jsn\" is no option here; did you mean --json?",
       "lockstep sweep --help"},
      {{"sweep", "--confg", "x"}, "did you mean --config?", "lockstep sweep --help"},
      {{"sweep", "a", "b"}, "\"b\" is too much", "lockstep sweep --help"},
      {{"demo", "now"}, "\"now\" is too much", "lockstep demo --help"},
      {{"demo", "--zzzzzzzz"}, "\"--zzzzzzzz\" is no option here\n", "lockstep demo --help"},
      {{"scan", "a", "--ports"}, "--ports", "lockstep scan --help"},
      {{"scan", "a", "--ports", "1", "--ports", "2"}, "--ports", "lockstep scan --help"},
      {{"profile", "learn"}, "is required", "lockstep profile learn --help"},
      {{"profile", "learn", "--class", "c"},
       "one of --from NODE and --consensus is required",
       "lockstep profile learn --help"},
      {{"profile", "learn", "--class", "c", "--from", "n", "--consensus"},
       "one of --from NODE and --consensus is required",
       "lockstep profile learn --help"},
      {{"profile", "learn", "--consensus", "--class", ""},
       "--class: is empty",
       "lockstep profile learn --help"},
      {{"profile", "import", "--class", "c"}, "file is required", "lockstep profile import --help"},
      {{"profile", "import", "f"}, "--class is required", "lockstep profile import --help"},
      {{"profile", "approve"}, "--class is required", "lockstep profile approve --help"},
      {{"profile", "approve", "--class", "c", "--baseline", "--table"},
       "excludes",
       "lockstep profile approve --help"},
      {{"profile", "export", "--format", "xml"},
       "--format: \"xml\" is neither csv nor sql",
       "lockstep profile export --help"},
      {{"profile", "export", "--format", "sql", "--json"},
       "excludes",
       "lockstep profile export --help"},
      {{"profile", "learn", "--from", "n"}, "--class is required", "lockstep profile learn --help"},
      {{"doctor", "--json=maybe"}, "maybe", "lockstep doctor --help"},
      {{"sweep", "--\x1b[31m"}, "\"--\\x1b[31m\" is no option here", "lockstep sweep --help"},
      {{"\x1b]0;x\x07"}, "is no command", "lockstep --help"},
      {{"doctor", "--json=\x1b[31m"}, "", "lockstep doctor --help"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(fmt::format("{}", row.words.back()));
    const EarlyExit exit = refused(row.words);
    EXPECT_EQ(exit.status, kUsage);
    EXPECT_TRUE(exit.text.starts_with("lockstep: ")) << exit.text;
    EXPECT_THAT(exit.text, HasSubstr(row.says));
    EXPECT_THAT(exit.text, HasSubstr(row.see));
    EXPECT_EQ(exit.text.find_first_of("\x1b\x07"), std::string::npos) << "reaches a terminal";
    EXPECT_TRUE(exit.text.ends_with("\n"));
  }
}

TEST(Options, AnEmptyNodesetIsNotTheWholeCluster) {
  for (const char* const command : {"sweep", "nodes", "alerts"}) {
    const EarlyExit exit = refused({command, ""});
    EXPECT_EQ(exit.status, kUsage);
    EXPECT_THAT(exit.text, HasSubstr("empty"));
  }
}

// --- Help. ---

TEST(Options, EachCommandHasHelp) {
  const struct {
    Words words;
    const char* says;
  } kRows[] = {
      {{}, "Exit status: 0 in step"},
      {{"demo"}, "--keep"},
      {{"scan"}, "--rate PPS|unlimited"},
      {{"sweep"}, "NODESET"},
      {{"nodes"}, "--expand SET"},
      {{"profile"}, "learn"},
      {{"profile", "learn"}, "--from NODE"},
      {{"profile", "import"}, "--network N"},
      {{"profile", "show"}, "--class C"},
      {{"profile", "approve"}, "--baseline"},
      {{"profile", "export"}, "--format NAME"},
      {{"alerts"}, "--all"},
      {{"alert"}, "silence"},
      {{"alert", "ack"}, "7 days unless said, 7 at most"},
      {{"alert", "silence"}, "1 day unless said, 30 at most"},
      {{"alert", "resolve"}, "--reason TEXT"},
      {{"stop"}, "--lift"},
      {{"check-config"}, "FILE"},
      {{"doctor"}, "--json"},
  };
  for (const auto& row : kRows) {
    for (const char* const flag : {"--help", "-h"}) {
      Words words = row.words;
      words.emplace_back(flag);
      SCOPED_TRACE(fmt::format("{} {}", row.words.empty() ? "" : row.words.back(), flag));
      const EarlyExit exit = refused(words);
      EXPECT_EQ(exit.status, kInStep);
      EXPECT_THAT(exit.text, HasSubstr(row.says));
      EXPECT_THAT(exit.text, HasSubstr("Usage: lockstep"));
    }
  }
}

TEST(Options, WithoutAnythingThereIsHelpAndNoSuccess) {
  const EarlyExit exit = refused({});
  EXPECT_EQ(exit.status, kUsage);
  EXPECT_THAT(exit.text, HasSubstr("sweep"));
}

TEST(Options, Version) {
  const EarlyExit exit = refused({"--version"});
  EXPECT_EQ(exit.status, kInStep);
  EXPECT_THAT(exit.text, testing::StartsWith("lockstep 0."));
}

}  // namespace
}  // namespace lockstep::cli
