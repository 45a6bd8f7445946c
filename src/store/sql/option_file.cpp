#include "store/sql/option_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "base/unique_fd.h"

namespace lockstep {
namespace {

constexpr std::size_t kMostBytes = 65'536;
constexpr std::string_view kGroups[] = {"client", "client-mariadb", "lockstep"};

/// A value as it stands behind the "=": in quotes or without, with escapes.
std::string value_of(std::string_view text) {
  text = trimmed(text);
  const bool quoted_value = text.size() >= 2 && text.front() == text.back() &&
                            (text.front() == '"' || text.front() == '\'');
  if (quoted_value) text = text.substr(1, text.size() - 2);
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      value += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n': value += '\n'; break;
      case 't': value += '\t'; break;
      case 'r': value += '\r'; break;
      case 'b': value += '\b'; break;
      case 's': value += ' '; break;
      case '\\': value += '\\'; break;
      case '"': value += '"'; break;
      case '\'': value += '\''; break;
      default:  // no escape: both stay
        value += '\\';
        value += text[i];
    }
  }
  return value;
}

}  // namespace

std::optional<std::string> password_in(std::string_view text) {
  std::optional<std::string> password;
  bool ours = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('[') && line.ends_with(']')) {
      const std::string_view group = trimmed(line.substr(1, line.size() - 2));
      ours = std::ranges::find(kGroups, group) != std::end(kGroups);
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!ours || equals == std::string_view::npos) continue;
    if (trimmed(line.substr(0, equals)) == "password") password = value_of(line.substr(equals + 1));
  }
  return password;
}

Result<std::optional<std::string>> read_password(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return std::unexpected(system_error(errno, fmt::format("cannot read {}", quoted(path))));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorKind::invalid, fmt::format("{} is not a plain file", quoted(path)));
  }
  std::string text(kMostBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0) {
      return std::unexpected(system_error(errno, fmt::format("cannot read {}", quoted(path))));
    }
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > kMostBytes) {
    return fail(ErrorKind::invalid, fmt::format("{} is too long for an option file", quoted(path)));
  }
  text.resize(size);
  std::optional<std::string> password = password_in(text);
  if (password && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(ErrorKind::denied, fmt::format("others may read {}, which has a password: chmod "
                                               "600 {}",
                                               quoted(path), quoted(path)));
  }
  return password;
}

}  // namespace lockstep
