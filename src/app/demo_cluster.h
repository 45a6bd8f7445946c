// The small clusters that `demo` shows Lockstep at work on.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace lockstep {

/// A cluster of real daemons that exists for one demonstration. It ends with the object, and with
/// this process, however that ends, unless it was started to be kept.
class DemoCluster {
 public:
  virtual ~DemoCluster() = default;

  /// One sentence for the audience.
  virtual std::string description() const = 0;
  /// The configuration to sweep it with; `folder` is where its store may lie.
  virtual Result<std::string> configuration(const std::string& folder) const = 0;
  /// What stands before a command so that it runs on the cluster's monitor.
  virtual std::vector<std::string> monitor_prefix() const = 0;

  /// Starts a listener that nobody expects.
  virtual Result<void> intrude(const std::string& node, int port) = 0;
  /// Ends what intrude() started there.
  virtual Result<void> end_intrusion(const std::string& node, int port) = 0;
  /// Ends an expected daemon of `node`, the one on demo port kVictimPort.
  virtual Result<void> break_daemon(const std::string& node) = 0;
  /// Leaves a cluster that was started for it up when the object goes. Returns how to use it and
  /// how to remove it.
  virtual std::string keep() = 0;

  static constexpr int kVictimPort = 9100;

  /// A part of the configuration.
  static constexpr const char* kImpatience =
      "\n[analysis]\n# A missing port is an alert at the second look, five minutes later at least, "
      "unless one\n# is in a hurry.\nmissing_after_s = 0\nreask_interval_s = 1\n";
};

/// Hosts in network namespaces (tests/lab), scanned half-open. `unsupported` or `denied` where
/// namespaces are not allowed. `keep`: so that it can outlive this process; see keep().
Result<std::unique_ptr<DemoCluster>> start_lab_cluster(const std::string& folder, bool keep);

/// Daemons on loopback addresses of this machine, scanned by completed connections.
Result<std::unique_ptr<DemoCluster>> start_loopback_cluster(const std::string& folder);

}  // namespace lockstep
