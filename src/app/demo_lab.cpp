#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <tuple>

#include "app/demo_cluster.h"
#include "base/text.h"
#include "proc/child.h"

namespace lockstep {
namespace {

constexpr int kNamespacesNotAllowed = 3;  // of the lab script

/// The lab script: beside an installed program, or in the source tree that this one was built from.
Result<std::string> find_lab() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto installed = program.parent_path().parent_path() / "share/lockstep/lab/lab";
  for (const std::filesystem::path& path :
       {installed, std::filesystem::path(LOCKSTEP_SOURCE_DIR "/tests/lab/lab")}) {
    if (::access(path.c_str(), X_OK) == 0) return path.string();
  }
  return fail(
      ErrorKind::unsupported,
      fmt::format("the lab's script is neither at {} nor at " LOCKSTEP_SOURCE_DIR "/tests/lab/lab",
                  installed.string()));
}

struct LabHost {
  std::string name;
  std::string node_class;
  std::string address;
};

Result<std::vector<LabHost>> parse_hosts(const std::string& text) {
  std::vector<LabHost> hosts;
  for (const std::string_view line : split(trimmed(text), '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() < 3) return fail(ErrorKind::corrupt, "the lab's list of hosts");
    hosts.push_back({std::string(fields[0]), std::string(fields[1]), std::string(fields[2])});
  }
  return hosts;
}

class LabCluster final : public DemoCluster {
 public:
  LabCluster(std::string lab, std::string state, std::optional<Child> supervisor)
      : lab_(std::move(lab)), state_(std::move(state)), supervisor_(std::move(supervisor)) {}
  ~LabCluster() override {
    if (supervisor_) {
      supervisor_->wait();  // the end of its input is its end
    } else if (!kept_) {
      std::ignore = run({"down", "--state", state_});
    }
  }

  Result<void> find_hosts() {
    LOCKSTEP_TRY(const ChildOutput listed, capture_child({lab_, "hosts", "--state", state_}));
    LOCKSTEP_TRY(hosts_, parse_hosts(listed.output));
    return {};
  }

  std::string description() const override {
    return fmt::format(
        "{} hosts in network namespaces of this machine, each with real daemons; "
        "no packet leaves it",
        hosts_.size());
  }

  Result<std::string> configuration(const std::string& folder) const override {
    std::string text = fmt::format(
        "[cluster]\nname = \"demo\"\n\n[store]\nurl = \"sqlite://{}/demo.db\"\n\n"
        "[scan]\nallow = [\"198.18.0.0/15\"]\nports = \"all\"\n"
        "# The hosts are ours and idle, and the demonstration is to be short. The defaults are\n"
        "# 20,000 packets a second in all, 50 to each node.\n"
        "rate = \"unlimited\"\ngroup_rate = \"unlimited\"\nnode_rate = \"unlimited\"\n{}",
        folder, kImpatience);
    for (const LabHost& host : hosts_) {
      text += fmt::format("\n[[nodes]]\nnodes = \"{}\"\nclass = \"{}\"\naddresses = [\"{}\"]\n",
                          host.name, host.node_class, host.address);
    }
    return text;
  }

  std::vector<std::string> monitor_prefix() const override {
    return {lab_, "exec", "--state", state_, "monitor", "--"};
  }

  Result<void> intrude(const std::string& node, int port) override {
    return run({"listen", "--state", state_, node, std::to_string(port)});
  }

  Result<void> end_intrusion(const std::string& node, int port) override {
    return run({"kill", "--state", state_, node, std::to_string(port)});
  }

  Result<void> break_daemon(const std::string& node) override {
    return run({"kill", "--state", state_, node, "node_exporter"});
  }

  std::string keep() override {
    kept_ = true;
    return fmt::format(
        "  {0} exec --state {1} monitor -- bash    # a shell on the monitor\n"
        "  {0} listen --state {1} node2 31337      # another intruder\n"
        "  {0} --help                              # what else it can do\n"
        "  {0} down --state {1}                    # remove it\n",
        lab_, state_);
  }

 private:
  Result<void> run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), lab_);
    LOCKSTEP_TRY(const int status, run_child(arguments));
    if (status == 0) return {};
    return fail(ErrorKind::unavailable,
                fmt::format("{} ended with status {}", fmt::join(arguments, " "), status));
  }

  std::string lab_;
  std::string state_;
  std::optional<Child> supervisor_;  // the lab ends when its input does; none: the lab is free
  std::vector<LabHost> hosts_;
  bool kept_ = false;
};

/// Starts the lab so that it ends with the pipe to it, hence with this process, however that ends.
Result<Child> start_tied(const std::string& lab, const std::string& state) {
  LOCKSTEP_TRY(Child supervisor, Child::start({lab, "up", "--state", state, "--foreground"}));
  if (supervisor.read_line(std::chrono::seconds(60))) return supervisor;
  const int status = supervisor.wait();
  return fail(status == kNamespacesNotAllowed ? ErrorKind::unsupported : ErrorKind::unavailable,
              fmt::format("the lab did not come up (status {})", status));
}

/// Starts the lab so that it outlives this process.
Result<void> start_free(const std::string& lab, const std::string& state) {
  LOCKSTEP_TRY(const int status, run_child({lab, "up", "--state", state}));
  if (status == 0) return {};
  return fail(status == kNamespacesNotAllowed ? ErrorKind::unsupported : ErrorKind::unavailable,
              fmt::format("the lab did not come up (status {})", status));
}

}  // namespace

Result<std::unique_ptr<DemoCluster>> start_lab_cluster(const std::string& folder, bool keep) {
  LOCKSTEP_TRY(std::string lab, find_lab());
  std::string state = folder + "/lab";
  std::optional<Child> supervisor;
  if (keep) {
    LOCKSTEP_CHECK(start_free(lab, state));
  } else {
    LOCKSTEP_TRY(supervisor, start_tied(lab, state));
  }
  auto cluster =
      std::make_unique<LabCluster>(std::move(lab), std::move(state), std::move(supervisor));
  LOCKSTEP_CHECK(cluster->find_hosts());
  return cluster;
}

}  // namespace lockstep
