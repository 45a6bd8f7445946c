#include "profiles/nmap/command_line.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(NmapCommandLine, TellsAVersionScan) {
  const struct {
    const char* command_line;
    bool versions;
  } rows[] = {
      {"nmap -sV node1", true},
      {"/usr/lib/nmap/nmap --privileged -p- -oX out.xml -sV", true},
      {"nmap -sSV node1", true},
      {"nmap -sSUV -p T:22,U:53 node1", true},
      {"nmap -sVC node1", true},
      {"nmap -sR node1", true},
      {"nmap -A node1", true},
      {"nmap -nA node1", true},
      {"nmap -T4 -A -v node1", true},
      {"nmap --script-args \"a=\\\"b c\\\"\" -sV node1", true},
      {"", false},
      {"nmap node1", false},
      {"nmap -sS -p- node1", false},
      {"nmap -sC node1", false},
      {"nmap -sn -R node1", false},
      {"nmap -script=vuln-sV node1", false},
      {"nmap -sV-like node1", false},
      {"nmap --version-light node1", false},
      {"nmap -oA -oN out-sV node1", false},
      {"nmap --script-args \"x -sV y\" node1", false},
      {"nmap --data-string \"a \\\" -A \" node1", false},
      {"nmap \"", false},
      {"nmap \"\\", false},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.command_line);
    EXPECT_EQ(asks_for_versions(row.command_line), row.versions);
  }
}

}  // namespace
}  // namespace lockstep
