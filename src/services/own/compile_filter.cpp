// compile_filter FILE: compiles the filter of our own signatures and writes it. Run by the build.

#include <cstdio>

#include "services/own/own_matcher.h"

namespace {

using namespace lockstep;

Result<void> write_filter(const char* path) {
  LOCKSTEP_TRY(services::ProbeSet set, services::own_probes());
  LOCKSTEP_TRY(const services::Matcher matcher, services::Matcher::create(std::move(set)));
  LOCKSTEP_TRY(const std::vector<std::byte> bytes, matcher.serialize_filter());
  std::FILE* const file = std::fopen(path, "wb");
  const bool written =
      file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (file == nullptr || std::fclose(file) != 0 || !written) {
    return fail(ErrorKind::unavailable, "the file cannot be written");
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: compile_filter FILE\n", stderr);
    return 2;
  }
  const auto done = write_filter(argv[1]);
  if (!done) std::fprintf(stderr, "data/service-probes: %s\n", done.error().message().c_str());
  return done ? 0 : 1;
}
