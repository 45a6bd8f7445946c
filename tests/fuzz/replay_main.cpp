// Runs every file of the given folders through a fuzz target, so that what a fuzzer once found
// stays found in builds without libFuzzer.
//   NAME_fuzz FOLDER...
// Ends with 0 if all were run, 1 if a folder holds no file, 2 if one cannot be read; a finding
// aborts.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

// The interface that libFuzzer prescribes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

bool replay(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) return false;
  // Said before, so that the last line names the culprit after an abort.
  std::printf("%s, %zu bytes\n", path.filename().c_str(), bytes.size());
  std::fflush(stdout);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return true;
}

int replay_folder(const fs::path& folder) {
  std::error_code error;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error)) continue;
    if (!replay(entry.path())) {
      std::fprintf(stderr, "cannot read %s\n", entry.path().c_str());
      return 2;
    }
    ++count;
  }
  if (count > 0) return 0;
  std::fprintf(stderr, "%s: no corpus here\n", folder.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER...\n", argv[0]);
    return 2;
  }
  for (int i = 1; i < argc; ++i) {
    if (const int status = replay_folder(argv[i]); status != 0) return status;
  }
  return 0;
}
