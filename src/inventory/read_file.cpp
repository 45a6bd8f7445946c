#include "inventory/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "base/unique_fd.h"

namespace lockstep {

Result<std::string> read_inventory_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::unexpected(system_error(errno, "cannot open the file"));
  constexpr std::size_t kBlockBytes = 64 << 10;
  std::string result;
  std::size_t size = 0;
  for (;;) {
    result.resize(size + kBlockBytes);
    const ssize_t got = ::read(file.get(), result.data() + size, kBlockBytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EISDIR) return fail(ErrorKind::invalid, "this is a directory");
    if (got < 0) return std::unexpected(system_error(errno, "cannot read the file"));
    size += static_cast<std::size_t>(got);
    result.resize(size);
    if (got == 0) return result;
    if (size > kMaxInventoryFileBytes) {
      return fail(ErrorKind::invalid, fmt::format("the file is larger than {} bytes",
                                                  with_thousands(kMaxInventoryFileBytes)));
    }
  }
}

}  // namespace lockstep
