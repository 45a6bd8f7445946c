#include "app/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "app/commands.h"
#include "cli/exit_status.h"
#include "cli/options.h"

namespace lockstep {
namespace {

/// An error's exit status: what the person can do next decides.
int status_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::invalid:
    case ErrorKind::not_found: return cli::kUsage;
    case ErrorKind::denied:
    case ErrorKind::unavailable:
    case ErrorKind::corrupt:
    case ErrorKind::unsupported: return cli::kIncomplete;
  }
  return cli::kIncomplete;
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  const auto parsed = cli::parse_command_line(argc, argv);
  if (const auto* const early = std::get_if<cli::EarlyExit>(&parsed)) {
    fmt::print(early->status == 0 ? stdout : stderr, "{}", early->text);
    return early->status;
  }
  const auto& options = std::get<cli::Options>(parsed);
  const auto status = std::visit(
      [&](const auto& command) { return run_command(command, options.config); }, options.command);
  if (status) return *status;
  fmt::print(stderr, "lockstep: {}\n", status.error().message());
  return status_of(status.error());
}

}  // namespace lockstep
