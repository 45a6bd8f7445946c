#include "app/stop_order.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "app/compose.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "proc/identity.h"

namespace lockstep {

std::string stop_file(const Config& config) {
  return state_dir(config) + "/stop";
}

std::optional<std::string> read_stop_order(const Config& config) {
  const std::string path = stop_file(config);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return "of unknown origin";
  }
  std::array<char, 512> text;
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size <= 0) return "of unknown origin";
  const std::string_view all(text.data(), static_cast<std::size_t>(size));
  return std::string(all.substr(0, all.find('\n')));
}

Result<void> give_stop_order(const Config& config, const std::string& note) {
  const std::string path = stop_file(config);
  std::error_code problem;
  std::filesystem::create_directories(state_dir(config), problem);
  // Whoever may read the folder has to be able to obey.
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file) {
    if (errno == EEXIST) return {};
    return std::unexpected(system_error(errno, path));
  }
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const std::string line = fmt::format("{:%Y-%m-%dT%H:%M:%SZ} by {}{}{}\n", fmt::gmtime(now),
                                       own_user_name(), note.empty() ? "" : ": ", note);
  // It is the file that stops; what stands in it is for people.
  std::ignore = ::write(file.get(), line.data(), line.size());
  return {};
}

Result<bool> lift_stop_order(const Config& config) {
  const std::string path = stop_file(config);
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return std::unexpected(system_error(errno, path));
}

Result<void> require_no_stop_order(const Config& config) {
  const auto order = read_stop_order(config);
  if (!order) return {};
  return fail(ErrorKind::unavailable,
              fmt::format("all sending is stopped since {}; to go on: lockstep stop --lift",
                          lockstep::quoted(*order)));
}

}  // namespace lockstep
