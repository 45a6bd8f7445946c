#include "app/demo_serve.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <map>
#include <thread>
#include <utility>

#include "base/text.h"
#include "proc/child.h"

namespace lockstep {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr int kPort = 31337;
constexpr std::array kVisited = {"node2", "node6", "login2"};
constexpr std::chrono::seconds kVisit(25);  ///< an intruder stays, and stays away, for so long
constexpr std::chrono::seconds kLook(1);
constexpr std::chrono::seconds kStart(20);

/// One line an alert: what of it a person wants to see change.
using Lines = std::map<std::pair<std::string, std::string>, std::string>;

Result<Lines> read_alerts(const std::string& document) {
  Lines lines;
  try {
    const json::value listing = json::parse(document);
    for (const json::value& row : listing.at("alerts").as_array()) {
      const auto text = [&](const char* key) { return json::value_to<std::string>(row.at(key)); };
      const json::value& port = row.at("port");
      const std::string subject =
          port.is_null() ? text("kind")
                         : fmt::format("{} {}", text("kind"), port.to_number<std::int64_t>());
      lines[{text("id"), text("nodes")}] =
          fmt::format("{} {} {} on {} ({})", text("id"), text("severity"), subject, text("nodes"),
                      text("status"));
    }
  } catch (const std::exception& error) {
    return fail(ErrorKind::corrupt, fmt::format("the alerts: {}", error.what()));
  }
  return lines;
}

class Watch {
 public:
  Watch(DemoCluster& cluster, const std::vector<std::string>& lockstep, const DemoSocket* page)
      : cluster_(cluster), lockstep_(lockstep), page_(page) {}

  Result<void> run(const std::atomic<bool>& stop) {
    LOCKSTEP_TRY(const Child daemon, start_daemon());
    LOCKSTEP_CHECK(wait_for_start(daemon, stop));
    if (page_ != nullptr && !stop) show_page();
    auto next_visit = Clock::now() + kVisit / 3;
    while (!stop) {
      if (has_ended(daemon)) return fail(ErrorKind::unavailable, "the daemon ended by itself");
      if (Clock::now() >= next_visit) {
        LOCKSTEP_CHECK(visit());
        next_visit += kVisit;
      }
      show_changes();
      rest(stop, kLook);
    }
    // Ctrl-C reached it too.
    return {};
  }

 private:
  Result<Child> start_daemon() const {
    std::vector<std::string> own = lockstep_;
    own.emplace_back("serve");
    std::vector<std::string> command = cluster_.monitor_prefix();
    UniqueFd inherited;  // by this program alone
    if (page_ != nullptr) {
      LOCKSTEP_TRY(inherited, inheritable(page_->socket));
      own = handing_over(inherited, own);
    }
    command.insert(command.end(), own.begin(), own.end());
    return Child::start(command);
  }

  std::vector<std::string> with(const std::vector<std::string>& words) const {
    std::vector<std::string> command = cluster_.monitor_prefix();
    command.insert(command.end(), lockstep_.begin(), lockstep_.end());
    command.insert(command.end(), words.begin(), words.end());
    return command;
  }

  /// The link is good once, for a user of this demonstration's own store.
  void show_page() const {
    const auto invited = capture_child(with({"user", "invite", "demo", "--role", "admin"}));
    const std::string said = invited ? invited->output : "";
    const std::size_t start = said.find("http://");
    if (start == std::string::npos) return;
    const std::string_view link = trimmed(std::string_view(said).substr(start));
    fmt::print("\nOpen {}\n(the link is good once: it asks for a password of the user demo)\n\n",
               link.substr(0, link.find_first_of(" \n")));
    std::fflush(stdout);
  }

  static void rest(const std::atomic<bool>& stop, std::chrono::milliseconds time) {
    const auto end = Clock::now() + time;
    while (!stop && Clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  static bool has_ended(const Child& daemon) {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(daemon.pid()), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid != 0;
  }

  Result<void> wait_for_start(const Child& daemon, const std::atomic<bool>& stop) {
    const auto end = Clock::now() + kStart;
    while (!stop) {
      if (has_ended(daemon)) return fail(ErrorKind::unavailable, "the daemon did not start");
      if (answers()) return {};
      if (Clock::now() > end) return fail(ErrorKind::unavailable, "the daemon does not answer");
      rest(stop, std::chrono::milliseconds(200));
    }
    return {};
  }

  /// The last word is the configuration, beside which the socket will be.
  bool answers() const {
    const std::filesystem::path config(lockstep_.back());
    if (!std::filesystem::exists(config.parent_path() / "control")) return false;
    const auto asked = capture_child(with({"status", "--json"}));
    return asked && asked->status <= 1 && !asked->output.empty();
  }

  /// An intruder comes, or goes.
  Result<void> visit() {
    const std::string node = kVisited[visits_ / 2 % kVisited.size()];
    const bool comes = visits_++ % 2 == 0;
    tell(fmt::format("  (an intruder {} port {} of {})", comes ? "opens" : "closes", kPort, node));
    return comes ? cluster_.intrude(node, kPort) : cluster_.end_intrusion(node, kPort);
  }

  void show_changes() {
    const auto asked = capture_child(with({"alerts", "--json"}));
    // The daemon may be about to end.
    if (!asked || asked->status > 1) return;
    auto lines = read_alerts(asked->output);
    if (!lines) return;
    for (const auto& [key, line] : *lines) {
      const auto before = lines_.find(key);
      if (before == lines_.end() || before->second != line) tell(line);
    }
    for (const auto& [key, line] : lines_) {
      if (!lines->contains(key)) tell(fmt::format("{} is over on {}", key.first, key.second));
    }
    lines_ = std::move(*lines);
  }

  static void tell(const std::string& line) {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    fmt::print("{:02}:{:02}:{:02}  {}\n", local.tm_hour, local.tm_min, local.tm_sec, line);
    std::fflush(stdout);
  }

  DemoCluster& cluster_;
  const std::vector<std::string>& lockstep_;
  const DemoSocket* page_;
  std::size_t visits_ = 0;
  Lines lines_;
};

}  // namespace

Result<void> serve_demo(DemoCluster& cluster, const std::vector<std::string>& lockstep,
                        const DemoSocket* page, const std::atomic<bool>& stop) {
  return Watch(cluster, lockstep, page).run(stop);
}

}  // namespace lockstep
