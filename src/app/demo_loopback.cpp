#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <chrono>
#include <map>
#include <thread>

#include "app/demo_cluster.h"
#include "base/unique_fd.h"
#include "proc/child.h"

namespace lockstep {
namespace {

constexpr int kNodes = 8;
constexpr int kHttpPort = 8080;

std::string address_of(const std::string& node) {
  return "127.9.0." + node.substr(std::string_view("node").size());
}

bool answers(const std::string& address, int port) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  const void* const start = &to;
  return ::connect(socket.get(), static_cast<const sockaddr*>(start), sizeof to) == 0;
}

/// Waits, for a few seconds at most, until something listens there.
Result<void> wait_for(const std::string& address, int port) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!answers(address, port)) {
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorKind::unavailable,
                  fmt::format("nothing listens on {} port {}; is the port taken, or busybox or "
                              "prometheus-node-exporter not installed?",
                              address, port));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
}

class LoopbackCluster final : public DemoCluster {
 public:
  explicit LoopbackCluster(std::string folder) : folder_(std::move(folder)) {}

  Result<void> start() {
    for (int i = 1; i <= kNodes; ++i) {
      const std::string node = fmt::format("node{}", i);
      const std::string address = address_of(node);
      LOCKSTEP_CHECK(run(node, {"busybox", "httpd", "-f", "-h", folder_, "-p",
                                fmt::format("{}:{}", address, kHttpPort)}));
      LOCKSTEP_CHECK(
          run(victim(node), {"prometheus-node-exporter", "--log.level=error",
                             fmt::format("--web.listen-address={}:{}", address, kVictimPort)}));
      LOCKSTEP_CHECK(wait_for(address, kHttpPort));
      LOCKSTEP_CHECK(wait_for(address, kVictimPort));
    }
    return {};
  }

  std::string description() const override {
    return fmt::format(
        "{} loopback addresses of this machine, each with two real daemons, scanned "
        "by completed connections (engine connect)",
        kNodes);
  }

  Result<std::string> configuration(const std::string& folder) const override {
    return fmt::format(
        "[cluster]\nname = \"demo\"\n\n[store]\nurl = \"sqlite://{0}/demo.db\"\n\n"
        "[scan]\nallow = [\"127.9.0.0/24\"]\nports = \"all\"\nengine = \"connect\"\n"
        "rate = \"unlimited\"\ngroup_rate = \"unlimited\"\nnode_rate = \"unlimited\"\n{2}\n"
        "[[nodes]]\nnodes = \"node[1-{1}]\"\nclass = \"compute\"\n"
        "addresses = [\"127.9.0.1-127.9.0.{1}\"]\n",
        folder, kNodes, kImpatience);
  }

  std::vector<std::string> monitor_prefix() const override { return {}; }

  Result<void> intrude(const std::string& node, int port) override {
    const std::string address = address_of(node);
    LOCKSTEP_CHECK(run(fmt::format("{}:{}", node, port),
                       {"nc", "-l", "-k", "-n", "-s", address, "-p", std::to_string(port)}));
    return wait_for(address, port);
  }

  Result<void> end_intrusion(const std::string& node, int port) override {
    daemons_.erase(fmt::format("{}:{}", node, port));
    return {};
  }

  Result<void> break_daemon(const std::string& node) override {
    daemons_.erase(victim(node));
    return {};
  }

  std::string keep() override {
    return "  (loopback daemons cannot outlive the demonstration; they are ended now)\n";
  }

 private:
  static std::string victim(const std::string& node) {
    return fmt::format("{}:{}", node, kVictimPort);
  }

  Result<void> run(const std::string& name, const std::vector<std::string>& command) {
    LOCKSTEP_TRY(Child child, Child::start(command));
    daemons_.insert_or_assign(name, std::move(child));
    return {};
  }

  std::string folder_;
  std::map<std::string, Child> daemons_;
};

}  // namespace

Result<std::unique_ptr<DemoCluster>> start_loopback_cluster(const std::string& folder) {
  auto cluster = std::make_unique<LoopbackCluster>(folder);
  LOCKSTEP_CHECK(cluster->start());
  return cluster;
}

}  // namespace lockstep
