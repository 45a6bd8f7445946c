#include "app/demo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <tuple>

#include "app/demo_cluster.h"
#include "app/demo_serve.h"
#include "app/demo_socket.h"
#include "base/text.h"
#include "proc/child.h"

namespace lockstep {
namespace {

namespace json = boost::json;

constexpr int kIntruderPort = 4444;
constexpr int kDeviationsFound = 1;
constexpr std::array kIntruded = {"node3", "node7"};
constexpr const char* kBothIntruded = "node[3,7]";

/// Kind, nodes, port: what makes a deviation of the demonstration.
using Deviation = std::tuple<std::string, std::string, std::int64_t>;

/// A temporary folder that goes with the object.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make() {
    std::error_code error;
    std::string name = (std::filesystem::temp_directory_path(error) / "lockstep-demo-XXXXXX");
    if (error || ::mkdtemp(name.data()) == nullptr) {
      return std::unexpected(system_error(errno, "temporary folder"));
    }
    return TemporaryFolder(std::move(name));
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) return fail(ErrorKind::unavailable, "cannot write " + path);
  return {};
}

/// What the demonstration looks at in a report of a sweep or of alerts.
struct Seen {
  std::set<Deviation> deviations;
  std::set<std::string> alerts;  ///< of intruders
};

/// `rows` is where the document has them: "findings", "resolved" or "alerts".
Result<Seen> read_report(const std::string& path, std::string_view rows) {
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Seen seen;
  try {
    const json::value report = json::parse(text);
    for (const json::value& row : report.at(rows).as_array()) {
      const json::value& port = row.at("port");
      const std::int64_t number = port.is_null() ? 0 : port.to_number<std::int64_t>();
      seen.deviations.emplace(json::value_to<std::string>(row.at("kind")),
                              json::value_to<std::string>(row.at("nodes")), number);
      const bool finding = rows == "findings";
      if (number == kIntruderPort) {
        seen.alerts.insert(json::value_to<std::string>(row.at(finding ? "alert" : "id")));
      }
    }
  } catch (const std::exception& error) {
    return fail(ErrorKind::corrupt, fmt::format("the report of the sweep: {}", error.what()));
  }
  return seen;
}

/// Says what it does, and does it by the commands that a user would type.
class Demonstration {
 public:
  Demonstration(DemoCluster& cluster, std::string folder, const std::atomic<bool>& stop)
      : cluster_(cluster), folder_(std::move(folder)), stop_(stop) {}

  /// Before play(): serve() shows a page. Without a port for it there is none.
  void open_page() {
    auto page = DemoSocket::open();
    if (page) {
      page_ = std::move(*page);
    } else {
      say(page.error().message() + ".");
    }
  }

  Result<bool> play(const std::vector<std::string>& classes) {
    LOCKSTEP_TRY(const std::string configuration, cluster_.configuration(folder_));
    LOCKSTEP_CHECK(write_file(
        config_path(), configuration + kDemoInstances + (page_ ? page_->configuration() : "")));
    LOCKSTEP_CHECK(learn(classes));
    say("2. Sweep all 65,535 ports of every node. Nothing should deviate.");
    LOCKSTEP_TRY(const Seen clean, sweep(0, "findings"));
    say("3. The intrusion: a listener on port 4444 of two compute nodes; and on a third the "
        "metrics daemon dies. Sweep again.");
    LOCKSTEP_CHECK(cluster_.intrude(kIntruded[0], kIntruderPort));
    LOCKSTEP_CHECK(cluster_.intrude(kIntruded[1], kIntruderPort));
    LOCKSTEP_CHECK(cluster_.break_daemon("node5"));
    LOCKSTEP_TRY(const Seen intruded, sweep(kDeviationsFound, "findings"));
    const bool caught =
        clean.deviations.empty() && intruded.deviations == planted() && intruded.alerts.size() == 1;
    if (!caught) return false;
    return follow(*intruded.alerts.begin());
  }

  /// Until somebody stops it.
  Result<void> serve() {
    say("7. From now on it runs by itself, and an intruder comes and goes. Ctrl-C ends it all.");
    fmt::print("$ lockstep serve\n");
    std::fflush(stdout);
    return serve_demo(cluster_, program(), page_ ? &*page_ : nullptr, stop_);
  }

 private:
  std::string config_path() const { return folder_ + "/lockstep.toml"; }

  static std::set<Deviation> planted() {
    return {{"unexpected-port", kBothIntruded, kIntruderPort},
            {"missing-port", "node5", DemoCluster::kVictimPort}};
  }

  Result<void> learn(const std::vector<std::string>& classes) {
    say("1. Learn what each class should look like: from what its nodes have in common, or, of a "
        "class\n   too small for that, from a node one trusts. Then look at it, and approve it.");
    for (const std::string& name : classes) {
      std::vector<std::string> command = {"profile", "learn", "--class", name};
      if (name == "login") {
        command.insert(command.end(), {"--from", "login1"});
      } else {
        command.emplace_back("--consensus");
      }
      LOCKSTEP_CHECK(succeed(command));
      LOCKSTEP_CHECK(succeed({"profile", "approve", "--class", name}));
    }
    return {};
  }

  /// The life of the intruders' alert: somebody is on it, it is over, it is back.
  Result<bool> follow(const std::string& alert) {
    say("4. What is wrong now stays on the list. Somebody is on it.");
    LOCKSTEP_CHECK(lockstep({"alerts"}));
    LOCKSTEP_CHECK(succeed({"alert", "ack", alert, "--note", "asking the users"}));
    say("5. The listeners are ended. The next sweep asks the port again, and proves it.");
    for (const char* const node : kIntruded) {
      LOCKSTEP_CHECK(cluster_.end_intrusion(node, kIntruderPort));
    }
    LOCKSTEP_TRY(const Seen over, sweep(kDeviationsFound, "resolved"));
    say("6. One of them comes back: the alert is open again, whoever had acknowledged it.");
    LOCKSTEP_CHECK(cluster_.intrude(kIntruded[1], kIntruderPort));
    LOCKSTEP_TRY(const Seen back, sweep(kDeviationsFound, "findings"));
    LOCKSTEP_CHECK(lockstep({"alerts"}));
    const std::set<Deviation> proven = {{"unexpected-port", kBothIntruded, kIntruderPort}};
    const std::set<Deviation> again = {{"unexpected-port", kIntruded[1], kIntruderPort},
                                       {"missing-port", "node5", DemoCluster::kVictimPort}};
    return over.deviations == proven && back.deviations == again &&
           back.alerts == std::set<std::string>{alert};
  }

  Result<void> succeed(const std::vector<std::string>& arguments) {
    LOCKSTEP_TRY(const int status, lockstep(arguments));
    if (status == 0) return {};
    return fail(ErrorKind::unavailable,
                fmt::format("lockstep {} ended with status {}", fmt::join(arguments, " "), status));
  }

  static void say(const std::string& text) {
    fmt::print("\n{}\n", text);
    std::fflush(stdout);
  }

  /// As a person would type them into a shell.
  static std::vector<std::string> as_typed(std::vector<std::string> arguments) {
    for (std::string& argument : arguments) {
      if (argument.contains(' ')) argument = fmt::format("'{}'", argument);
    }
    return arguments;
  }

  Result<int> lockstep(const std::vector<std::string>& arguments) {
    if (stop_) return fail(ErrorKind::unavailable, "interrupted");
    fmt::print("$ lockstep {}\n", fmt::join(as_typed(arguments), " "));
    std::fflush(stdout);
    std::vector<std::string> command = cluster_.monitor_prefix();
    const std::vector<std::string> own = program();
    command.insert(command.end(), own.begin(), own.end());
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_child(command);
  }

  /// This program with its configuration; it is to run on the cluster's monitor.
  std::vector<std::string> program() const {
    std::error_code error;
    return {std::filesystem::read_symlink("/proc/self/exe", error), "--config", config_path()};
  }

  Result<Seen> sweep(int expected_status, std::string_view rows) {
    const std::string report = folder_ + "/sweep.json";
    LOCKSTEP_TRY(const int status, lockstep({"sweep", "--report", report}));
    if (status > kDeviationsFound) {
      return fail(ErrorKind::unavailable, fmt::format("the sweep ended with status {}", status));
    }
    if (status != expected_status) fmt::print("(status {}, not {})\n", status, expected_status);
    return read_report(report, rows);
  }

  DemoCluster& cluster_;
  std::string folder_;
  const std::atomic<bool>& stop_;
  std::optional<DemoSocket> page_;
};

struct StartedCluster {
  std::unique_ptr<DemoCluster> cluster;
  std::vector<std::string> classes;
};

Result<StartedCluster> start_cluster(const cli::DemoCommand& command, const std::string& folder) {
  if (!command.loopback) {
    auto lab = start_lab_cluster(folder, command.keep);
    if (lab) return StartedCluster{std::move(*lab), {"compute", "login"}};
    if (lab.error().kind() != ErrorKind::unsupported) return std::unexpected(lab.error());
    fmt::print("Network namespaces are not to be had here ({}), so the cluster is on loopback.\n",
               lab.error().message());
  }
  LOCKSTEP_TRY(auto loopback, start_loopback_cluster(folder));
  return StartedCluster{std::move(loopback), {"compute"}};
}

}  // namespace

Result<bool> run_demo(const cli::DemoCommand& command, const std::atomic<bool>& stop) {
  LOCKSTEP_TRY(TemporaryFolder folder, TemporaryFolder::make());
  LOCKSTEP_TRY(StartedCluster started, start_cluster(command, folder.path()));
  fmt::print("The cluster: {}.\n", started.cluster->description());
  Demonstration demonstration(*started.cluster, folder.path(), stop);
  // Whoever looks on may stay; a script gets its status. On loopback nothing sends half-open.
  const bool stays = !command.keep && started.classes.size() > 1 && ::isatty(STDIN_FILENO) == 1;
  if (stays) demonstration.open_page();
  LOCKSTEP_TRY(const bool exact, demonstration.play(started.classes));
  fmt::print("\n{}\n",
             exact ? "Exactly the planted deviations were found, and no other; they were proven "
                     "over, and found again."
                   : "NOT exactly the planted deviations were found.");
  if (exact && stays) LOCKSTEP_CHECK(demonstration.serve());
  if (command.keep) {
    fmt::print("\nThe cluster stays up:\n{}  {}/lockstep.toml is its configuration\n",
               started.cluster->keep(), folder.path());
    folder.keep();
  }
  fmt::print(
      "\nNext, your own cluster: write /etc/lockstep/lockstep.toml (the README shows one), "
      "then\n  lockstep check-config\n  lockstep doctor\n  lockstep profile learn --class "
      "CLASS --consensus\n  lockstep profile approve --class CLASS\n  lockstep sweep\n");
  return exact;
}

}  // namespace lockstep
