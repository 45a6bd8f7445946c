#include "proc/identity.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

namespace lockstep {
namespace {

std::string read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The inode of this process' PID namespace, as "pid:[4026531836]".
std::string own_namespace() {
  std::array<char, 64> text{};
  const ssize_t size = ::readlink("/proc/self/ns/pid", text.data(), text.size() - 1);
  std::string name(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  std::erase(name, ':');
  return name;
}

/// Field 22 of /proc/PID/stat. The name in field 2 may hold anything, so that counting begins after
/// its last parenthesis. Nothing where there is no such process, or only its remains.
std::optional<std::string> start_of(long pid) {
  const std::string line = read_line(fmt::format("/proc/{}/stat", pid));
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::vector<std::string> fields;
  std::string_view rest = std::string_view(line).substr(name_end + 1);
  while (!rest.empty()) {
    const std::size_t start = rest.find_first_not_of(' ');
    if (start == std::string_view::npos) break;
    const std::size_t end = std::min(rest.find(' ', start), rest.size());
    fields.emplace_back(rest.substr(start, end - start));
    rest.remove_prefix(end);
  }
  constexpr std::size_t kState = 0;
  constexpr std::size_t kStart = 19;
  if (fields.size() <= kStart || fields[kState] == "Z" || fields[kState] == "X") return {};
  return fields[kStart];
}

std::string place() {
  return fmt::format("{}:{}", read_line("/proc/sys/kernel/random/boot_id"), own_namespace());
}

}  // namespace

std::string own_identity() {
  const long pid = ::getpid();
  return fmt::format("{}:{}:{}", place(), pid, start_of(pid).value_or("?"));
}

Liveness liveness_of(std::string_view identity) {
  const std::string here = place() + ":";
  if (!identity.starts_with(here)) return Liveness::unknown;
  identity.remove_prefix(here.size());
  const std::size_t colon = identity.find(':');
  if (colon == std::string_view::npos) return Liveness::unknown;
  long pid = 0;
  const std::string_view number = identity.substr(0, colon);
  const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), pid);
  if (error != std::errc() || rest != number.data() + number.size()) return Liveness::unknown;
  const auto start = start_of(pid);
  return start && *start == identity.substr(colon + 1) ? Liveness::alive : Liveness::dead;
}

std::string own_host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "?";
  return name.data();
}

std::string own_user_name() {
  const char* const behind_sudo = std::getenv("SUDO_USER");
  if (behind_sudo != nullptr && *behind_sudo != '\0' && ::geteuid() == 0) return behind_sudo;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return found->pw_name;
  }
  return fmt::format("uid {}", ::geteuid());
}

}  // namespace lockstep
