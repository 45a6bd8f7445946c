// Rounds of the collector `pcp` alone, for tests and the benchmark: says as lines of JSON what it
// found. Addresses are asked for as nodes of their own names.
//
//   pcp_run WORKER [--rounds N] [--interval MS] [--timeout MS] [--port N] [--metrics a,b] [--quiet]
//   [--a-worker N]
//           [--leave NODE MS] [--stop MS] ADDRESS...
//
// An ADDRESS may be a range, 198.18.1.1-64. --quiet leaves out the values. The first
// round begins at once, and each other one when its time has come. --leave and --stop happen so
// long after the beginning.

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "collectors/pcp/pcp_collector.h"

namespace {

using namespace lockstep;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string escaped(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c < ' ' || c > '~') {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      result += c;
    }
  }
  return result + '"';
}

class Printer final : public ObservationSink {
 public:
  explicit Printer(bool quiet) : quiet_(quiet) {}

  void observe(PortObservation) override {}
  void measure(const ValueObservation& seen) override {
    ++values;
    if (quiet_) return;
    const double* const number = std::get_if<double>(&seen.value);
    fmt::print(R"({{"node": {}, "instance": {}, "name": {}, "value": {}, "unit": {}}})"
               "\n",
               escaped(seen.node), escaped(seen.instance), escaped(seen.name),
               number != nullptr ? fmt::format("{:.17g}", *number)
                                 : escaped(std::get<std::string>(seen.value)),
               escaped(seen.unit));
  }
  void cover(Coverage coverage) override {
    ++covered;
    answered += coverage.complete() ? 1 : 0;
    if (quiet_) return;
    fmt::print(R"({{"node": {}, "gap": {}, "note": {}, "asked": {}, "open": {}}})"
               "\n",
               escaped(coverage.node), escaped(to_string(coverage.gap)), escaped(coverage.note),
               coverage.asked, coverage.open);
  }

  std::size_t values = 0;
  std::size_t covered = 0;
  std::size_t answered = 0;

 private:
  bool quiet_;
};

unsigned number(const char* text) {
  unsigned value = 0;
  std::from_chars(text, text + std::string_view(text).size(), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whoever watches sees it as it happens
  PcpCollectorOptions options;
  options.pool.settings.metrics = pcp::default_metrics();
  unsigned rounds = 1;
  milliseconds interval(1000);
  bool quiet = false;
  milliseconds stop_after(0);
  milliseconds leave_after(0);
  std::string leaves;
  std::vector<Prefix> allowed;
  std::vector<CollectTarget> targets;
  if (argc < 3) return 2;
  options.pool.command = {argv[1]};
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto next = [&] { return i + 1 < argc ? argv[++i] : ""; };
    if (word == "--rounds") {
      rounds = number(next());
    } else if (word == "--interval") {
      interval = milliseconds(number(next()));
    } else if (word == "--timeout") {
      options.pool.timeout = milliseconds(number(next()));
    } else if (word == "--a-worker") {
      options.pool.connections_a_worker = number(next());
    } else if (word == "--port") {
      options.pool.port = static_cast<Port>(number(next()));
    } else if (word == "--metrics") {
      options.pool.settings.metrics.clear();
      for (std::string_view rest = next(); !rest.empty();) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        options.pool.settings.metrics.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
      }
    } else if (word == "--quiet") {
      quiet = true;
    } else if (word == "--stop") {
      stop_after = milliseconds(number(next()));
    } else if (word == "--leave") {
      leaves = next();
      leave_after = milliseconds(number(next()));
    } else if (const auto range = IpRange::parse(word)) {
      for (std::uint64_t offset = 0; offset < range->size(); ++offset) {
        const IpAddress address = range->first.plus(offset);
        targets.push_back(
            {.node = address.to_string(), .address = address, .network = {}, .group = {}});
      }
    } else {
      fmt::print(stderr, "pcp_run: {}?\n", word);
      return 2;
    }
  }
  for (const char* all : {"0.0.0.0/0", "::/0"}) allowed.push_back(*Prefix::parse(all));
  options.pool.fence = scan::Fence(allowed, {});
  PcpCollector collector(std::move(options));
  std::atomic<bool> stop = false;
  LeaveList leave;
  const CollectControl control{.stop = &stop, .progress = {}, .leave = &leave};
  const auto start = steady_clock::now();
  const std::jthread meddler([&](const std::stop_token& token) {
    const auto at = [&](milliseconds after) {
      while (!token.stop_requested() && steady_clock::now() - start < after) {
        std::this_thread::sleep_for(milliseconds(5));
      }
      return !token.stop_requested();
    };
    if (!leaves.empty() && at(leave_after)) leave.add(leaves);
    if (stop_after > milliseconds(0) && at(stop_after)) stop = true;
  });
  for (unsigned round = 0; round < rounds; ++round) {
    std::this_thread::sleep_until(start + round * interval);
    const auto late = steady_clock::now() - (start + round * interval);
    Printer printer(quiet);
    const auto ran = collector.collect(targets, printer, control);
    if (!ran) {
      fmt::print(stderr, "pcp_run: {}\n", ran.error().message());
      return 1;
    }
    const auto ms = [](auto time) {
      return std::chrono::duration<double, std::milli>(time).count();
    };
    fmt::print(R"({{"round": {}, "late_ms": {:.1f}, "took_ms": {:.1f}, "values": {}, )"
               R"("covered": {}, "answered": {}, "interrupted": {}}})"
               "\n",
               round, ms(late), ms(ran->duration), printer.values, printer.covered,
               printer.answered, ran->interrupted);
  }
  return 0;
}
