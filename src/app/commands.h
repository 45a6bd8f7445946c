// The commands of the command line, one function each: composed from the configuration, run
// through control, rendered by cli.

#pragma once

#include <string>

#include "base/result.h"
#include "cli/options.h"

namespace lockstep {

/// Each returns its exit status (cli/exit_status.h). `config` is the file that --config named, or
/// empty.
Result<int> run_command(const cli::DemoCommand& command, const std::string& config);
Result<int> run_command(const cli::ScanCommand& command, const std::string& config);
Result<int> run_command(const cli::SweepCommand& command, const std::string& config);
Result<int> run_command(const cli::NodesCommand& command, const std::string& config);
Result<int> run_command(const cli::LearnCommand& command, const std::string& config);
Result<int> run_command(const cli::ImportCommand& command, const std::string& config);
Result<int> run_command(const cli::ShowCommand& command, const std::string& config);
Result<int> run_command(const cli::DiffCommand& command, const std::string& config);
Result<int> run_command(const cli::ApproveCommand& command, const std::string& config);
Result<int> run_command(const cli::ExportCommand& command, const std::string& config);
Result<int> run_command(const cli::AlertsCommand& command, const std::string& config);
Result<int> run_command(const cli::AlertActionCommand& command, const std::string& config);
Result<int> run_command(const cli::KeysCommand& command, const std::string& config);
Result<int> run_command(const cli::AcceptKeysCommand& command, const std::string& config);
Result<int> run_command(const cli::StopCommand& command, const std::string& config);
Result<int> run_command(const cli::CheckConfigCommand& command, const std::string& config);
Result<int> run_command(const cli::DoctorCommand& command, const std::string& config);

}  // namespace lockstep
