#include "proc/rights.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/unique_fd.h"
#include "proc/confined_child.h"

namespace lockstep {
namespace {

/// The exit status of `what` in a process of its own.
int apart(const std::function<int()>& what) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(what());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

TEST(Rights, OfAProcessAreWhatTheKernelSays) {
  const auto own = rights_of(::getpid());
  ASSERT_TRUE(own) << own.error().message();
  EXPECT_EQ(own->user, ::geteuid());
  EXPECT_EQ(own->no_new_privileges, ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  const auto nobody = rights_of(0x7ffffff0);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().kind(), ErrorKind::not_found);
}

TEST(Rights, DroppedAreGoneFromEverySetAndFromWhatIsStarted) {
  EXPECT_EQ(apart([] {
              const auto before = rights_of(::getpid());
              if (!before || !drop_all_rights()) return 1;
              const auto after = rights_of(::getpid());
              if (!after || after->permitted != 0 || after->effective != 0) return 2;
              if (!after->no_new_privileges || after->user != before->user) return 3;
              const bool may_bound = (before->permitted >> 8 & 1) != 0;  // CAP_SETPCAP
              if (may_bound && after->bounding != 0) return 4;
              if (::socket(AF_PACKET, SOCK_RAW, 0) >= 0) return 5;
              // Not given back by exec, though we may be root.
              return apart([] {
                return ::execl("/bin/grep", "grep", "-q", "CapPrm:.*0000000000000000",
                               "/proc/self/status", nullptr);
              });
            }),
            0);
}

TEST(Rights, DroppedTwiceIsNoError) {
  EXPECT_EQ(apart([] { return drop_all_rights() && drop_all_rights() ? 0 : 1; }), 0);
}

TEST(Rights, KeptOnesGoToWhatIsStartedAndNoOthers) {
  const auto own = rights_of(::getpid());
  ASSERT_TRUE(own);
  const Capabilities kept = own->permitted & kSenderCapabilities;
  EXPECT_EQ(apart([&] {
              if (!keep_rights(kSenderCapabilities)) return 1;
              const auto after = rights_of(::getpid());
              if (!after || after->permitted != kept || after->effective != kept) return 2;
              const std::string hex = std::to_string(kept);
              const std::string script =
                  "test $((0x$(sed -n 's/^CapEff:.//p' /proc/$$/status))) = " + hex;
              return apart([&] { return ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr); });
            }),
            0);
}

TEST(Rights, AProcessWithoutAnyStillStartsThoseThatReadStrangers) {
  EXPECT_EQ(apart([] {
              if (!drop_all_rights()) return 1;
              auto child = ConfinedChild::start({"/bin/sh", "-c", "echo here >&3"});
              if (!child) return 2;
              char buffer[16];
              return ::recv(child->socket(), buffer, sizeof buffer, 0) == 5 ? 0 : 3;
            }),
            0);
}

TEST(Rights, HaveNames) {
  EXPECT_EQ(names_of(0), "none");
  EXPECT_EQ(names_of(kSenderCapabilities), "net_admin net_raw perfmon bpf");
  EXPECT_EQ(names_of(Capabilities{1} << 63), "63");
}

}  // namespace
}  // namespace lockstep
