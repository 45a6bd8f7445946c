#include "plugin_host/become.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/text.h"
#include "proc/rights.h"

namespace lockstep::plugin_host {
namespace {

struct User {
  uid_t user;
  gid_t group;
};

/// Nothing: who we are.
Result<std::optional<User>> find_user(const std::string& name) {
  constexpr uid_t kNobody = 65534;
  if (name.empty() && ::geteuid() != 0) return std::nullopt;
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const std::string wanted = name.empty() ? "nobody" : name;
  ::getpwnam_r(wanted.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr && found->pw_uid == ::geteuid()) return std::nullopt;
  if (found != nullptr) return User{found->pw_uid, found->pw_gid};
  if (name.empty()) return User{kNobody, kNobody};
  return fail(ErrorKind::not_found,
              fmt::format("plug-ins are to run as the user {}, whom there is not", quoted(name)));
}

Result<void> take(const User& user) {
  if (::setgroups(0, nullptr) == 0 && ::setresgid(user.group, user.group, user.group) == 0 &&
      ::setresuid(user.user, user.user, user.user) == 0) {
    return {};
  }
  return fail(
      ErrorKind::denied,
      fmt::format("plug-ins are to run as user id {}, whom this process may not become ({}); run "
                  "them in a unit of their own, with [serve] plugins_socket, or name in [serve] "
                  "plugins_user who the daemon is, if they may run as that",
                  user.user, std::strerror(errno)));
}

}  // namespace

Result<void> become_plugin_user(const std::string& name) {
  LOCKSTEP_TRY(const std::optional<User> user, find_user(name));
  if (user) LOCKSTEP_CHECK(take(*user));
  return drop_all_rights();
}

}  // namespace lockstep::plugin_host
