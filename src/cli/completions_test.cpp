// What the scripts name; tests/package lets real shells complete with them.

#include "cli/completions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "cli/exit_status.h"
#include "cli/manual.h"
#include "cli/test_options.h"

namespace lockstep::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<CommandEntry> kTree = {
    {.path = "",
     .description = "All.",
     .options = {{.name = "--config", .type = "FILE", .description = "The file"}},
     .subcommands = {"scan", "alert"}},
    {.path = "scan",
     .description = "Show: what's open",
     .options = {{.name = "targets",
                  .type = "TARGET",
                  .description = "Nodesets",
                  .required = true,
                  .repeats = true},
                 {.name = "--engine", .type = "NAME", .description = "How"},
                 {.name = "--json", .type = "", .description = "Print JSON"}}},
    {.path = "alert", .description = "Say", .subcommands = {"ack"}},
    {.path = "alert ack",
     .description = "Somebody is on it",
     .options = {{.name = "--note", .type = "TEXT", .description = ".What\\others"}}},
};

std::string printed(const std::string& what) {
  const EarlyExit early = refused({"completions", what});
  EXPECT_EQ(early.status, kInStep);
  return early.text;
}

TEST(Completions, NameCommandsOptionsAndWhatTheyTake) {
  struct Row {
    const char* description;
    std::string (*script)(const std::vector<CommandEntry>&);
    const char* expected;
  };
  const Row rows[] = {
      {"bash: commands", bash_completion, "'') words=\"scan alert --config\""},
      {"bash: commands below commands", bash_completion, "'alert') words=\"ack\""},
      {"bash: values", bash_completion, "--engine) words=\"auto packet xdp connect\""},
      {"bash: files", bash_completion, "--config) files=yes"},
      {"bash: what nobody can guess", bash_completion, "--note) return"},
      {"zsh: no quote ends the text, no colon splits it", zsh_completion,
       "'scan:Show\\: whats open'"},
      {"zsh: values", zsh_completion, "--engine) compadd -- auto packet xdp connect"},
      {"fish: commands", fish_completion, "\"__lockstep_at ''\" -a scan -d 'Show: whats open'"},
      {"fish: flags", fish_completion, "\"__lockstep_at 'scan'\" -l json -d 'Print JSON'\n"},
      {"fish: values", fish_completion, "-l engine -d 'How' -x -a 'auto packet xdp connect'"},
      {"fish: files", fish_completion, "-l config -d 'The file' -r -F"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    EXPECT_THAT(row.script(kTree), HasSubstr(row.expected));
  }
}

TEST(Completions, TheManualHasEachCommandOnce) {
  const std::string manual = manual_of_commands(kTree);
  EXPECT_THAT(manual, HasSubstr(".It Xo Cm scan\n.Ar TARGET ...\n.Xc\nShow: what's open.\n"));
  EXPECT_THAT(manual, HasSubstr(".It Fl \\-engine Ar NAME\nHow.\n"));
  EXPECT_THAT(manual, HasSubstr(".It Xo Cm alert ack\n"));
  EXPECT_THAT(manual, Not(HasSubstr("Cm alert\n"))) << "it is no command by itself";
  EXPECT_THAT(manual, HasSubstr("\n\\&.What\\eothers.\n")) << "text is no request";
}

TEST(Completions, OfTheProgramItself) {
  for (const char* const what : {"bash", "zsh", "fish"}) {
    SCOPED_TRACE(what);
    const std::string script = printed(what);
    for (const char* const word :
         {"sweep", "plugin-host", "udp-ports", "store backup", "silence"}) {
      EXPECT_THAT(script, HasSubstr(word));
    }
    EXPECT_THAT(script, Not(HasSubstr("completions what")));
  }
  EXPECT_THAT(printed("manual"), HasSubstr("Cm instance set"));
  EXPECT_EQ(refused({"completions", "tcsh"}).status, kUsage);
  EXPECT_EQ(refused({"completions"}).status, kUsage);
  EXPECT_THAT(refused({"--help"}).text, Not(HasSubstr("completions")));
}

}  // namespace
}  // namespace lockstep::cli
