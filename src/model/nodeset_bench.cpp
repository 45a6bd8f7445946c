// Folding and parsing at the size of the largest clusters: 100,000 names, each far below a second.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>

#include "model/nodeset.h"

namespace lockstep {
namespace {

std::vector<std::string> shuffled(std::vector<std::string> names) {
  std::shuffle(names.begin(), names.end(), std::mt19937(1));
  return names;
}

std::vector<std::string> in_one_dimension(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("node{:06}", i));
  return shuffled(std::move(names));
}

std::vector<std::string> full_grid(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(fmt::format("rack{}-node{:02}", i / 100, i % 100));
  }
  return shuffled(std::move(names));
}

/// `count` of four times as many points: the greedy folding finds little to unite at a time.
std::vector<std::string> sparse_grid(std::size_t count) {
  std::mt19937 random(2);
  std::vector<std::string> names;
  while (names.size() < count) {
    names.push_back(fmt::format("rack{}-node{}", random() % (4 * count / 100), random() % 100));
  }
  return names;
}

std::vector<std::string> sparse_cube(std::size_t count) {
  std::mt19937 random(3);
  std::vector<std::string> names;
  while (names.size() < count) {
    names.push_back(fmt::format("x{}y{}z{}", random() % 60, random() % 60, random() % 60));
  }
  return names;
}

/// No two can be united.
std::vector<std::string> diagonal(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("r{}n{}", i, i));
  return names;
}

void fold(benchmark::State& state, std::vector<std::string> (*make)(std::size_t)) {
  const std::vector<std::string> names = make(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(fold_nodeset(names));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(fold, one_dimension, in_one_dimension)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fold, full_grid, full_grid)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fold, sparse_grid, sparse_grid)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fold, sparse_cube, sparse_cube)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fold, diagonal, diagonal)->Arg(100'000)->Unit(benchmark::kMillisecond);

void parse(benchmark::State& state, const char* text) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_nodeset(text));
}
BENCHMARK_CAPTURE(parse, one_range, "node[000001-100000]")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parse, two_dimensions, "rack[1-1000]-node[001-100]")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parse, refused, "node[1-999999999]")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace lockstep
