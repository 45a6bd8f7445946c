#include "notify/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "base/text.h"
#include "base/unique_fd.h"

namespace lockstep::notify {
namespace {

constexpr std::size_t kMostBytes = 4096;

}  // namespace

Result<std::string> read_secret(const std::string& path) {
  const std::string name = "the secret file " + quoted(path);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return std::unexpected(system_error(errno, name));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(system_error(errno, name));
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::invalid, name + " is no file");
  if ((status.st_mode & S_IRWXO) != 0) {
    return fail(ErrorKind::denied, name + " may be read by all; chmod o= it");
  }
  std::array<char, kMostBytes + 1> buffer{};
  const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
  if (got < 0) return std::unexpected(system_error(errno, name));
  std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  if (text.size() > kMostBytes) return fail(ErrorKind::invalid, name + " is too long");
  text = trimmed(text.substr(0, text.find('\n')));
  if (text.empty()) return fail(ErrorKind::invalid, name + " is empty");
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      return fail(ErrorKind::invalid, name + " holds control characters");
    }
  }
  return std::string(text);
}

}  // namespace lockstep::notify
