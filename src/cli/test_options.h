// Reading command lines, for tests.

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "cli/options.h"

namespace lockstep::cli {

using Words = std::vector<std::string>;

inline std::variant<Options, EarlyExit> parse(const Words& words) {
  std::vector<const char*> argv = {"lockstep"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

/// The command of a line that must be right.
template <typename Kind>
Kind parsed(const Words& words) {
  const auto result = parse(words);
  if (const auto* const early = std::get_if<EarlyExit>(&result)) {
    ADD_FAILURE() << early->text;
    return {};
  }
  const auto* const command = std::get_if<Kind>(&std::get<Options>(result).command);
  EXPECT_NE(command, nullptr) << "another command was parsed";
  return command == nullptr ? Kind{} : *command;
}

inline EarlyExit refused(const Words& words) {
  const auto result = parse(words);
  if (std::holds_alternative<EarlyExit>(result)) return std::get<EarlyExit>(result);
  ADD_FAILURE() << "was accepted";
  return {};
}

}  // namespace lockstep::cli
