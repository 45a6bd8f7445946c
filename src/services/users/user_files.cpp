#include "services/users/user_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/text.h"
#include "base/unique_fd.h"

namespace lockstep::services {
namespace {

std::unexpected<Error> wrong(const std::string& path, std::string_view what) {
  return fail(ErrorKind::invalid, fmt::format("{}: {}", quoted(path, 4096), what));
}

class Reader {
 public:
  Result<UserFile> read(const std::string& path) {
    // A pipe would have nobody who writes into it.
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) {
      return std::unexpected(system_error(errno, fmt::format("read {}", quoted(path, 4096))));
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      return wrong(path, "is no file");
    }
    UserFile result{.name = path, .text = std::string(kMostUserFileBytes + 1, '\0')};
    std::size_t size = 0;
    while (size < result.text.size()) {
      const ssize_t count =
          ::read(file.get(), result.text.data() + size, result.text.size() - size);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        return std::unexpected(system_error(errno, fmt::format("read {}", quoted(path, 4096))));
      }
      if (count == 0) break;
      size += static_cast<std::size_t>(count);
    }
    result.text.resize(size);
    result.text.shrink_to_fit();
    bytes_ += size;
    if (size > kMostUserFileBytes || bytes_ > kMostUserFilesBytes || ++files_ > kMostUserFiles) {
      return wrong(
          path, fmt::format("is too much: a file has {} MiB at most, all {} files together "
                            "{} MiB",
                            kMostUserFileBytes >> 20, kMostUserFiles, kMostUserFilesBytes >> 20));
    }
    return result;
  }

 private:
  std::size_t files_ = 0;
  std::size_t bytes_ = 0;
};

/// The path itself, or what is in the folder there.
Result<std::vector<std::string>> files_at(const std::string& path) {
  std::error_code problem;
  if (!std::filesystem::is_directory(path, problem)) return std::vector{path};
  std::vector<std::string> files;
  std::filesystem::directory_iterator entry(path, problem);
  for (; !problem && entry != std::filesystem::directory_iterator(); entry.increment(problem)) {
    if (entry->path().extension() == ".xml") files.push_back(entry->path().string());
  }
  if (problem) {
    return std::unexpected(
        system_error(problem.value(), fmt::format("read {}", quoted(path, 4096))));
  }
  if (files.empty()) return wrong(path, "is a folder without files that end in .xml");
  std::ranges::sort(files);
  return files;
}

}  // namespace

Result<UserFiles> read_user_files(const UserPaths& paths) {
  UserFiles result;
  Reader reader;
  for (const std::string& path : paths.probes) {
    LOCKSTEP_TRY(UserFile file, reader.read(path));
    result.probes.push_back(std::move(file));
  }
  for (const std::string& path : paths.recog) {
    LOCKSTEP_TRY(const std::vector<std::string> files, files_at(path));
    for (const std::string& each : files) {
      LOCKSTEP_TRY(UserFile file, reader.read(each));
      result.recog.push_back(std::move(file));
    }
  }
  return result;
}

}  // namespace lockstep::services
