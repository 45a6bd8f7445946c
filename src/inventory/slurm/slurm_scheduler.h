// Slurm, asked by its own commands: they find the controller, speak its protocol and prove who we
// are (munge), whatever its version.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "inventory/scheduler.h"

namespace lockstep {

enum class SlurmFormat {
  text,  ///< sinfo and squeue with formats of ours: every version
  json,  ///< their --json (21.08 and later): also nodes without a partition up to 22.05; large
};

struct SlurmOptions {
  SlurmFormat format = SlurmFormat::text;
  /// Who asks, by the names of the commands; looked up in PATH.
  std::string sinfo = "sinfo";
  std::string squeue = "squeue";
  /// Ask for the jobs of nodes that are held, and their users. A cluster with PrivateData=jobs
  /// tells those only to its operators.
  bool jobs = true;
  /// An answer larger than this is an error. 9,000 nodes in JSON are 25 MB.
  std::size_t answer_bytes = 64 << 20;
  std::function<std::chrono::steady_clock::time_point()> clock = std::chrono::steady_clock::now;
};

/// A query is one command, about however many nodes: sinfo; and, while any of them is held, squeue
/// in every second query, so that the controller is asked no more often than where none is. Either
/// tells which nodes are held: from sinfo to squeue a node gets the jobs that squeue names, and
/// from squeue to sinfo one that is held keeps its jobs. A query is both where none was for a
/// minute, as at first. Where squeue tells less than half of what sinfo has (PrivateData=jobs),
/// sinfo is asked alone, and in each twentieth query both. Whatever nodes its commands are to show,
/// the controller tells them of all, so that a batch would cost as much as the whole (tried with
/// 22.05, by sdiag). Not told by sinfo, and therefore `unknown`, are nodes of no partition, which
/// no job can get, and those of state FUTURE. Times are of the node's reason.
std::unique_ptr<Scheduler> make_slurm_scheduler(SlurmOptions options = {});

}  // namespace lockstep
