// Runs one scan engine over a range of addresses, without inventory, store or judgement around it,
// and prints one line of JSON: how long it took, what was sent, and what was found. For
// benchmarks and for tests of engines; `lockstep scan` is what people use.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <random>
#include <thread>

#include "net/io/links.h"
#include "proc/rights.h"
#include "scan/packet_engine.h"
#include "scan/xdp_engine.h"
#include "sender/remote_engine.h"
#include "sender/sender.h"

namespace {

using namespace lockstep;

struct Options {
  std::string engine = "xdp";
  std::string first = "198.18.0.0";
  std::string second;
  std::uint32_t count = 64;
  unsigned first_port = 1;
  unsigned ports = 65535;
  double rate = 0;
  double node_rate = 0;
  unsigned tries = 3;
  unsigned threads = 0;
  std::uint64_t seed = 1;
  double stop_after = 0;
  double leave_after = 0;
  bool remote = false;
};

// The first words that make this program a launcher or a sender.
constexpr const char* kLauncher = "launcher";
constexpr const char* kSender = "sender";

PacketsPerSecond rate_of(double value) {
  return value > 0 ? PacketsPerSecond(value) : PacketsPerSecond::unlimited();
}

scan::Plan make_plan(const Options& o, const std::vector<IpAddress>& addresses, std::size_t first,
                     std::size_t count) {
  scan::Plan plan;
  for (std::size_t i = 0; i < count; ++i) {
    plan.targets.push_back({.address = addresses[first + i], .rate = rate_of(o.node_rate)});
  }
  plan.ports.resize(o.ports);
  std::iota(plan.ports.begin(), plan.ports.end(), static_cast<Port>(o.first_port));
  // The only networks that a benchmark or test may touch.
  plan.fence =
      scan::Fence({Prefix::parse("198.18.0.0/15").value(), Prefix::parse("fd00::/8").value()}, {});
  plan.rate = rate_of(o.rate);
  plan.tries = o.tries;
  plan.threads = o.threads;
  plan.seed = o.seed;
  std::random_device random;
  plan.key = {(std::uint64_t{random()} << 32) | random(),
              (std::uint64_t{random()} << 32) | random()};
  return plan;
}

struct Sums {
  double seconds = 0;
  std::uint64_t probes = 0, asked = 0, answered = 0, unreachable = 0, stray = 0, passes = 0;
  std::uint64_t unusual = 0;                 // addresses that were not asked
  std::atomic<std::int64_t> stopped_ns = 0;  // when the stop flag was set, by the monotonic clock
  std::atomic<std::int64_t> left_ns = 0;     // and when the first address was to be left
  std::vector<std::string> open;
};

void add(Sums& sums, const scan::Plan& plan, const scan::ResultTable& table) {
  sums.probes += table.run().probes;
  sums.stray += table.run().stray;
  sums.passes = std::max<std::uint64_t>(sums.passes, table.run().pass);
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    const scan::TargetCounters& target = table.target(i);
    sums.asked += target.asked;
    sums.answered += target.answered;
    sums.unreachable += target.unreachable;
    sums.unusual += target.status != scan::TargetStatus::asked;
    if (target.open == 0) continue;
    sums.open.push_back(fmt::format("\"{}\":[{}]", plan.targets[i].address.to_string(),
                                    fmt::join(table.open_ports(i), ",")));
  }
}

Options parse(int argc, char** argv) {
  Options o;
  CLI::App app("Runs one scan engine over a range of addresses in 198.18.0.0/15 or fd00::/8.");
  app.add_option("--engine", o.engine)->check(CLI::IsMember({"xdp", "packet"}));
  app.add_option("--first", o.first, "the first address");
  app.add_option("--second", o.second, "of a second range, in the same plans");
  app.add_option("--count", o.count, "addresses of each range")->check(CLI::Range(1, 1 << 20));
  app.add_option("--first-port", o.first_port)->check(CLI::Range(1, 65535));
  app.add_option("--ports", o.ports)->check(CLI::Range(1, 65535));
  app.add_option("--rate", o.rate, "packets a second in all; 0: no limit");
  app.add_option("--node-rate", o.node_rate, "packets a second of an address; 0: no limit");
  app.add_option("--tries", o.tries);
  app.add_option("--threads", o.threads);
  app.add_option("--seed", o.seed);
  app.add_option("--stop-after", o.stop_after,
                 "seconds after which the stop flag is set; 0: never");
  app.add_option("--leave-after", o.leave_after,
                 "seconds after which the first address is to be left; 0: never");
  app.add_flag(
      "--remote", o.remote,
      "the engine in a process of its own; the numbers of this one and of the launcher are "
      "the first line of the output");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return o;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view word = argc == 2 ? argv[1] : "";
  if (word == kLauncher) return sender::run_launcher({"/proc/self/exe", kSender}) ? 0 : 1;
  if (word == kSender) return sender::run_sender() ? 0 : 1;
  const Options o = parse(argc, argv);
  std::vector<IpAddress> addresses;
  for (const std::string& text : {o.first, o.second}) {
    const auto first = IpAddress::parse(text);
    for (std::uint32_t i = 0; first && i < o.count; ++i) addresses.push_back(first->plus(i));
  }
  net::KernelLinks links;
  std::unique_ptr<sender::Launcher> launcher;
  std::unique_ptr<scan::Engine> engine;
  if (o.remote) {
    auto started = sender::Launcher::start({"/proc/self/exe", kLauncher});
    const auto dropped = drop_all_rights();
    if (!started || !dropped) {
      fmt::print(stderr, "engine_run: {}\n",
                 started ? dropped.error().message() : started.error().message());
      return 1;
    }
    launcher = std::move(*started);
    fmt::print("{} {}\n", ::getpid(), launcher->pid());
    std::fflush(stdout);
    engine = std::make_unique<sender::RemoteEngine>(
        *launcher, o.engine == "xdp" ? sender::EngineKind::xdp : sender::EngineKind::packet);
  } else if (o.engine == "xdp") {
    engine = std::make_unique<scan::XdpEngine>(links);
  } else {
    engine = std::make_unique<scan::PacketEngine>(links);
  }
  Sums sums;
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  for (std::size_t first = 0; first < addresses.size(); first += scan::kMaxTargets) {
    const std::size_t count = std::min(scan::kMaxTargets, addresses.size() - first);
    const scan::Plan plan = make_plan(o, addresses, first, count);
    const auto table = scan::ResultTable::create(count);
    if (!table) {
      fmt::print(stderr, "engine_run: {}\n", table.error().message());
      return 1;
    }
    const auto later = [&](double seconds, std::atomic<std::int64_t>& at, auto act) {
      return std::jthread([&, seconds, act](const std::stop_token& token) {
        const auto end = Clock::now() + std::chrono::duration<double>(seconds);
        while (seconds > 0 && !token.stop_requested() && Clock::now() < end) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        if (seconds == 0 || token.stop_requested()) return;
        at = Clock::now().time_since_epoch().count();
        act();
      });
    };
    const auto stopper = later(o.stop_after, sums.stopped_ns, [&] { table->run().stop = true; });
    const auto leaver = later(o.leave_after, sums.left_ns, [&] { table->leave(0); });
    const auto done = engine->run(plan, *table);
    if (!done) {
      fmt::print(stderr, "engine_run: {}: {}\n", to_string(done.error().kind()),
                 done.error().message());
      return 1;
    }
    add(sums, plan, *table);
  }
  sums.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  fmt::print(
      "{{\"seconds\":{:.6f},\"probes\":{},\"asked\":{},\"answered\":{},\"unreachable\":{},"
      "\"stray\":{},\"passes\":{},\"unusual\":{},"
      "\"stopped_ns\":{},\"left_ns\":{},\"open\":{{{}}}}}\n",
      sums.seconds, sums.probes, sums.asked, sums.answered, sums.unreachable, sums.stray,
      sums.passes, sums.unusual, sums.stopped_ns.load(), sums.left_ns.load(),
      fmt::join(sums.open, ","));
  return 0;
}
