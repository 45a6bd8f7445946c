// How many answers a second are matched against our own signatures: what has been said before, what
// has not (by the filter and PCRE2), and by PCRE2 one signature after the other. The answers are
// like those of a cluster's daemons, the last of them known to nobody.

#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "data/service_probes.h"
#include "services/matcher.h"
#include "services/probe_file.h"

namespace lockstep::services {
namespace {

Matcher own_matcher() {
  ProbeSet set;
  const bool parsed = parse_probe_file(data::service_probes(), set).has_value();
  auto matcher = Matcher::create(std::move(set));
  if (!parsed || !matcher) std::abort();
  return std::move(*matcher);
}

/// Of a probe, by its name.
const std::array<std::pair<std::string_view, std::string>, 6>& answers() {
  static const std::array<std::pair<std::string_view, std::string>, 6> all = {{
      {"NULL", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"},
      {"NULL", "220 mail.example ESMTP Postfix (Debian)\r\n"},
      {"GetRequest",
       "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Wed, 25 Nov 2026 16:43:36 GMT\r\n"
       "Content-Type: text/html\r\nConnection: close\r\n\r\n" +
           std::string(600, 'x')},
      {"GetRequest",
       "HTTP/1.0 200 OK\r\nDate: Wed, 25 Nov 2026 16:43:36 GMT\r\nContent-Type: "
       "text/html; charset=utf-8\r\n\r\n<html><head><title>Node "
       "Exporter</title></head><body>Version: (version=1.5.0)</body>"},
      {"NULL", std::string("\x00\x07lab\xff\xfe\x00", 8)},
      {"GetRequest", "HTTP/1.1 200 OK\r\nX-Own: yes\r\n\r\n" + std::string(2000, 'y')},
  }};
  return all;
}

template <typename How>
void match_all(benchmark::State& state, How how) {
  Matcher matcher = own_matcher();
  std::size_t named = 0;
  for (auto _ : state) {
    for (const auto& [name, answer] : answers()) {
      const ServiceProbe& probe = *matcher.probes().find(Protocol::tcp, name);
      named += how(matcher, probe, answer).service.name.empty() ? 0 : 1;
    }
  }
  benchmark::DoNotOptimize(named);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * answers().size()));
}

void known(benchmark::State& state) {
  match_all(state, [](Matcher& matcher, const ServiceProbe& probe, std::string_view answer) {
    return matcher.match(probe, answer);
  });
}

void filtered(benchmark::State& state) {
  match_all(state, [](Matcher& matcher, const ServiceProbe& probe, std::string_view answer) {
    return matcher.match_anew(probe, answer);
  });
}

void one_by_one(benchmark::State& state) {
  match_all(state, [](Matcher& matcher, const ServiceProbe& probe, std::string_view answer) {
    return matcher.match_one_by_one(probe, answer);
  });
}

void compile(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(own_matcher());
}

void take_compiled(benchmark::State& state) {
  const auto kept = own_matcher().serialize_filter();
  if (!kept) std::abort();
  for (auto _ : state) {
    ProbeSet set;
    if (!parse_probe_file(data::service_probes(), set)) std::abort();
    benchmark::DoNotOptimize(Matcher::create(std::move(set), *kept));
  }
}

BENCHMARK(known);
BENCHMARK(filtered);
BENCHMARK(one_by_one);
BENCHMARK(compile)->Unit(benchmark::kMillisecond);
BENCHMARK(take_compiled)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lockstep::services
