// Answers nodeset questions on standard input, one a line, so that differential.py needs one
// process:
//
//   EXPRESSION  ->  ok TAB folded form TAB names, separated by spaces
//               or  error TAB message

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <iostream>
#include <string>

#include "model/nodeset.h"

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto set = lockstep::parse_nodeset(line);
    if (set) {
      fmt::print("ok\t{}\t{}\n", set->fold(), fmt::join(set->names(), " "));
    } else {
      fmt::print("error\t{}\n", set.error().message());
    }
  }
}
