#include "app/user_services.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include "app/console.h"
#include "base/text.h"
#include "proc/confined_child.h"
#include "services/own/own_matcher.h"
#include "services/users/filter_cache.h"

namespace lockstep {
namespace {

constexpr std::size_t kManyPatterns = 2000;

/// Empty where there is no such place.
std::string cache_folder() {
  if (::geteuid() == 0) return "/var/cache/lockstep";
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string_view(value == nullptr ? "" : value);
  };
  if (const std::string_view cache = variable("XDG_CACHE_HOME"); cache.starts_with('/')) {
    return fmt::format("{}/lockstep", cache);
  }
  const std::string_view home = variable("HOME");
  return home.starts_with('/') ? fmt::format("{}/.cache/lockstep", home) : std::string();
}

/// One line, whatever is left out.
void tell(const services::UserSetNotes& notes) {
  if (notes.left_out.empty() && notes.unused_files.empty()) return;
  std::string text =
      fmt::format("fingerprints of recog: used {}", with_thousands(notes.fingerprints));
  const auto add = [&text](std::string_view what, const std::vector<std::string>& left_out) {
    if (left_out.empty()) return;
    text += fmt::format("; {} {}, the first {}", what, with_thousands(left_out.size()),
                        left_out.front());
  };
  add("left out", notes.left_out);
  add("files of no use here", notes.unused_files);
  warn(text);
}

/// A file's bytes in memory.
class Mapping {
 public:
  explicit Mapping(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0 || status.st_size <= 0) return;
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at != MAP_FAILED) bytes_ = {static_cast<const std::byte*>(at), size};
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace

Result<services::UserSet> load_user_services(const services::UserPaths& paths) {
  LOCKSTEP_TRY(services::UserFiles files, services::read_user_files(paths));
  services::UserSetNotes notes;
  const auto foretell = [](std::size_t patterns) {
    if (patterns < kManyPatterns) return;
    warn(fmt::format("compiling {} signatures, which takes a second for each 300 or so, once",
                     with_thousands(patterns)));
  };
  LOCKSTEP_TRY(
      services::UserSet set,
      services::prepare(std::move(files), services::FilterCache(cache_folder()), &notes, foretell));
  tell(notes);
  return set;
}

Result<std::shared_ptr<const UniqueFd>> hand_over(const services::UserSet& set) {
  UniqueFd file(::memfd_create("services", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return std::unexpected(system_error(errno, "make a file in memory"));
  const std::vector<std::byte> bytes = services::encode(set);
  for (std::span<const std::byte> rest(bytes); !rest.empty();) {
    const ssize_t count = ::write(file.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::unexpected(system_error(errno, "write a file in memory"));
    rest = rest.subspan(static_cast<std::size_t>(count));
  }
  // A process that was taken over must not change what the next one is given.
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (::fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) {
    return std::unexpected(system_error(errno, "seal a file in memory"));
  }
  return std::make_shared<const UniqueFd>(std::move(file));
}

Result<services::Matcher> given_matcher() {
  if (::fcntl(kConfinedInput, F_GETFD) < 0) return services::own_matcher();
  const UniqueFd input(kConfinedInput);
  const Mapping mapping(input.get());
  LOCKSTEP_TRY(const services::UserSet set, services::decode(mapping.bytes()));
  return services::matcher_of(set);
}

}  // namespace lockstep
