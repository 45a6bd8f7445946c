// The commands of the command line, one function each: composed from the configuration, run
// through control, rendered by cli.

#pragma once

#include <string>

#include "app/console.h"
#include "base/result.h"
#include "cli/options.h"

namespace lockstep {

/// Each returns its exit status (cli/exit_status.h).
Result<int> run_command(const cli::DemoCommand& command, Invocation& call);
Result<int> run_command(const cli::ScanCommand& command, Invocation& call);
Result<int> run_command(const cli::SweepCommand& command, Invocation& call);
Result<int> run_command(const cli::NodesCommand& command, Invocation& call);
Result<int> run_command(const cli::LearnCommand& command, Invocation& call);
Result<int> run_command(const cli::ImportCommand& command, Invocation& call);
Result<int> run_command(const cli::ShowCommand& command, Invocation& call);
Result<int> run_command(const cli::DiffCommand& command, Invocation& call);
Result<int> run_command(const cli::ApproveCommand& command, Invocation& call);
Result<int> run_command(const cli::ExportCommand& command, Invocation& call);
Result<int> run_command(const cli::AlertsCommand& command, Invocation& call);
Result<int> run_command(const cli::AlertActionCommand& command, Invocation& call);
Result<int> run_command(const cli::KeysCommand& command, Invocation& call);
Result<int> run_command(const cli::AcceptKeysCommand& command, Invocation& call);
Result<int> run_command(const cli::ServeCommand& command, Invocation& call);
Result<int> run_command(const cli::PluginHostCommand& command, Invocation& call);
Result<int> run_command(const cli::StatusCommand& command, Invocation& call);
Result<int> run_command(const cli::ReloadCommand& command, Invocation& call);
Result<int> run_command(const cli::InstanceListCommand& command, Invocation& call);
Result<int> run_command(const cli::InstanceSetCommand& command, Invocation& call);
Result<int> run_command(const cli::InstanceResetCommand& command, Invocation& call);
Result<int> run_command(const cli::InstanceRunCommand& command, Invocation& call);
Result<int> run_command(const cli::RunsCommand& command, Invocation& call);
Result<int> run_command(const cli::UserListCommand& command, Invocation& call);
Result<int> run_command(const cli::UserInviteCommand& command, Invocation& call);
Result<int> run_command(const cli::UserChangeCommand& command, Invocation& call);
Result<int> run_command(const cli::TokenListCommand& command, Invocation& call);
Result<int> run_command(const cli::TokenAddCommand& command, Invocation& call);
Result<int> run_command(const cli::TokenRemoveCommand& command, Invocation& call);
Result<int> run_command(const cli::AuditCommand& command, Invocation& call);
Result<int> run_command(const cli::LeaveCommand& command, Invocation& call);
Result<int> run_command(const cli::ValuesCommand& command, Invocation& call);
Result<int> run_command(const cli::PluginTestCommand& command, Invocation& call);
Result<int> run_command(const cli::NotifyTestCommand& command, Invocation& call);
Result<int> run_command(const cli::NotifyListCommand& command, Invocation& call);
Result<int> run_command(const cli::MaintenanceListCommand& command, Invocation& call);
Result<int> run_command(const cli::MaintenanceAddCommand& command, Invocation& call);
Result<int> run_command(const cli::MaintenanceRemoveCommand& command, Invocation& call);
Result<int> run_command(const cli::StopCommand& command, Invocation& call);
Result<int> run_command(const cli::StoreMoveCommand& command, Invocation& call);
Result<int> run_command(const cli::StoreBackupCommand& command, Invocation& call);
Result<int> run_command(const cli::StoreRestoreCommand& command, Invocation& call);
Result<int> run_command(const cli::StoreCheckCommand& command, Invocation& call);
Result<int> run_command(const cli::StoreDowngradeCommand& command, Invocation& call);
Result<int> run_command(const cli::CheckConfigCommand& command, Invocation& call);
Result<int> run_command(const cli::DoctorCommand& command, Invocation& call);

/// The same sweep for somebody who does not look at profiles yet: nodes whose classes have none are
/// asked all the same, and are gaps.
Result<int> run_sweep_without_profile(const cli::SweepCommand& command, Invocation& call);

/// Runs any of them; an error is told, and becomes the status that it means.
int run_to_status(const cli::Command& command, Invocation& call);

}  // namespace lockstep
