#include "store/test_children.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sql/sql_store.h"

namespace lockstep {
namespace {

[[noreturn]] void write_for_ever(const std::string& url, const Write& write, int pipe) {
  auto store = open_store(url);
  for (int number = 1; store.has_value() && write(**store, number); ++number) {
    if (::write(pipe, &number, sizeof number) != sizeof number) break;
  }
  _exit(1);
}

/// As fork(); the child does not outlive its parent.
pid_t fork_child() {
  const pid_t child = fork();
  if (child == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
  return child;
}

}  // namespace

int kill_while_writing(const std::string& url, const Write& write, int acknowledged) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t writer = fork_child();
  if (writer == 0) write_for_ever(url, write, ends[1]);
  close(ends[1]);
  int number = 0;
  while (number < acknowledged) {
    if (read(ends[0], &number, sizeof number) == ssize_t{sizeof number}) continue;
    ADD_FAILURE() << "the writer ended by itself after " << number;
    break;
  }
  kill(writer, SIGKILL);
  waitpid(writer, nullptr, 0);
  while (read(ends[0], &number, sizeof number) > 0) {
  }
  close(ends[0]);
  return number;
}

int in_child(const std::function<void()>& body) {
  const pid_t child = fork_child();
  if (child == 0) {
    body();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace lockstep
