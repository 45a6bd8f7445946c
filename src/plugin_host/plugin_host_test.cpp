// Hosts whose keeper this program plays itself: it starts itself once more, with a test that is
// disabled otherwise. And hosts that say what no host should.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "plugin_host/host_socket.h"
#include "plugin_host/keeper.h"
#include "plugin_host/messages.h"
#include "plugin_host/remote_runner.h"
#include "proc/packets.h"

namespace lockstep::plugin_host {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

TEST(Played, DISABLED_Keeper) {
  ::_exit(run_keeper() ? 0 : 1);
}

const std::vector<std::string> kPlayedKeeper = {
    "/proc/self/exe", "--gtest_filter=Played.DISABLED_Keeper", "--gtest_also_run_disabled_tests",
    "--gtest_brief=1"};

/// Waits for a condition that the kernel brings about, ten seconds at most.
bool comes(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000 && !condition(); ++i) ::poll(nullptr, 0, 10);
  return condition();
}

/// No process has this text in its command line.
bool is_gone(const std::string& mark) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    std::string line;
    std::getline(file, line);
    if (line.contains(mark)) return false;
  }
  return true;
}

pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("PPid:\t")) return std::stoi(line.substr(6));
  }
  return 0;
}

struct Ran {
  Result<GuardedOutcome> outcome = fail(ErrorKind::invalid, "did not run");
  std::string output;
  std::string error() const { return outcome ? "" : outcome.error().message(); }
};

/// `seen` is called with all that has come, whenever something has.
Ran run_with(const HostSource& hosts, const std::vector<std::string>& words,
             const std::string& input = "", const GuardLimits& limits = {},
             const std::atomic<bool>* stop = nullptr,
             const std::function<void(const std::string&)>& seen = {}) {
  Ran ran;
  ran.outcome = RemoteRunner(hosts).run(
      {words}, input, limits,
      [&](std::string_view text) {
        ran.output += text;
        if (seen) seen(ran.output);
        return true;
      },
      stop);
  return ran;
}

class KeptHosts : public testing::Test {
 protected:
  void SetUp() override {
    auto started = Keeper::start(kPlayedKeeper);
    ASSERT_TRUE(started) << started.error().message();
    keeper_ = std::move(*started);
  }

  HostSource hosts() {
    return [this] { return keeper_->start_host(""); };
  }
  Ran shell(const std::string& script, const GuardLimits& limits = {},
            const std::function<void(const std::string&)>& seen = {}) {
    return run_with(hosts(), {"sh", "-c", script}, "", limits, nullptr, seen);
  }

  std::unique_ptr<Keeper> keeper_;
  const std::string mark_ = "3600." + std::to_string(::getpid());
};

TEST_F(KeptHosts, GiveInputTakeOutputAndTellHowItEnded) {
  const std::string input(3 << 20, 'x');
  const Ran copied = run_with(hosts(), {"cat"}, input);
  ASSERT_TRUE(copied.outcome) << copied.error();
  EXPECT_EQ(copied.output, input);
  EXPECT_EQ(copied.outcome->end, GuardedEnd::by_itself);
  const Ran failed = shell("echo out; echo why >&2; exit 3");
  ASSERT_TRUE(failed.outcome) << failed.error();
  EXPECT_EQ(failed.output, "out\n");
  EXPECT_EQ(failed.outcome->status, 3);
  EXPECT_EQ(failed.outcome->complaint, "why\n");
  const Ran deaf = run_with(hosts(), {"true"}, input);
  EXPECT_TRUE(deaf.outcome) << deaf.error();
  const Ran missing = run_with(hosts(), {"no-such-program"});
  ASSERT_FALSE(missing.outcome);
  EXPECT_EQ(missing.outcome.error().kind(), ErrorKind::not_found);
  EXPECT_THAT(missing.error(), HasSubstr("there is no program \"no-such-program\""));
}

TEST_F(KeptHosts, HaveNothingOfOurs) {
  const Ran rights = shell("grep -E '^(CapPrm|CapEff|CapInh|CapAmb|NoNewPrivs)' /proc/self/status");
  EXPECT_EQ(rights.output,
            "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
            "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
  EXPECT_EQ(shell("ls /proc/self/fd | tr '\\n' ' '").output, "0 1 2 3 ") << "3 is ls's own";
  if (::geteuid() != 0) GTEST_SKIP() << "only root gets plug-ins of another user";
  const std::string ours = std::to_string(::getpid());
  const std::string keepers = std::to_string(keeper_->pid());
  EXPECT_EQ(shell("id -u; id -G").output, "65534\n65534\n");
  EXPECT_EQ(shell("kill -0 " + ours + " || kill -0 " + keepers + " || echo no").output, "no\n");
  EXPECT_EQ(shell("cat /proc/" + ours + "/environ || echo no").output, "no\n");
}

TEST_F(KeptHosts, HoldTheLimits) {
  EXPECT_EQ(shell("sleep 61", {.time = milliseconds(50)}).outcome->end, GuardedEnd::late);
  const Ran flood = shell("cat /dev/zero", {.output_bytes = 100'000});
  EXPECT_EQ(flood.outcome->end, GuardedEnd::too_much_output);
  EXPECT_EQ(flood.output.size(), 100'000U);
  EXPECT_EQ(
      shell("for i in 1 2 3 4 5 6 7 8; do sleep 61 & done; wait", {.processes = 4}).outcome->end,
      GuardedEnd::too_many_processes);
}

TEST_F(KeptHosts, RefusedOutputEndsIt) {
  const auto outcome = RemoteRunner(hosts()).run(
      {{"cat", "/dev/zero"}}, "", {}, [](auto) { return false; }, nullptr);
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_EQ(outcome->end, GuardedEnd::refused);
}

TEST_F(KeptHosts, StopWithin100Ms) {
  std::atomic<bool> stop{false};
  Clock::time_point told;
  const Ran ran =
      run_with(hosts(), {"sh", "-c", "trap '' TERM; setsid sleep " + mark_ + " & echo ready; wait"},
               "", {}, &stop, [&](const std::string&) {
                 told = Clock::now();
                 stop = true;
               });
  ASSERT_TRUE(ran.outcome) << ran.error();
  EXPECT_EQ(ran.outcome->end, GuardedEnd::stopped);
  EXPECT_LT(Clock::now() - told, milliseconds(500)) << "with what a loaded machine adds";
  EXPECT_TRUE(comes([&] { return is_gone("sleep\0" + mark_) && is_gone(mark_); }));
}

TEST_F(KeptHosts, SeveralRunAtOnce) {
  std::vector<std::jthread> threads;
  std::array<Ran, 6> rans;
  for (std::size_t i = 0; i < rans.size(); ++i) {
    threads.emplace_back([&, i] {
      rans[i] = run_with(hosts(), {"cat"}, std::string(100'000, static_cast<char>('a' + i)));
    });
  }
  threads.clear();
  for (std::size_t i = 0; i < rans.size(); ++i) {
    EXPECT_EQ(rans[i].output, std::string(100'000, static_cast<char>('a' + i))) << rans[i].error();
  }
}

TEST_F(KeptHosts, AHostThatIsKilledIsAFailureOfItsRunAlone) {
  const Ran ran =
      shell("setsid sleep " + mark_ + " & echo $PPID; wait", {}, [](const std::string& guard) {
        if (guard.ends_with('\n')) ::kill(parent_of(std::stoi(guard)), SIGKILL);
      });
  ASSERT_FALSE(ran.outcome);
  EXPECT_EQ(ran.outcome.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(ran.error(), HasSubstr("ended in mid-run"));
  EXPECT_TRUE(comes([&] { return is_gone(mark_); }));
  EXPECT_FALSE(keeper_->gone());
  EXPECT_EQ(shell("echo again").output, "again\n");
}

TEST_F(KeptHosts, APlugInThatKillsItsGuardAndItsHostLeavesNothing) {
  const Ran ran = shell("setsid sh -c 'trap \"\" TERM; sleep " + mark_ +
                        "' & host=$(sed -n 's/^PPid:.//p' /proc/$PPID/status); "
                        "kill -9 $PPID $host; sleep " +
                        mark_);
  EXPECT_FALSE(ran.outcome);
  EXPECT_TRUE(comes([&] { return is_gone(mark_); }));
  EXPECT_EQ(shell("echo again").output, "again\n");
}

TEST_F(KeptHosts, EndWithTheirKeeper) {
  const Ran ran = shell("setsid sleep " + mark_ + " & echo; wait", {},
                        [&](const std::string&) { ::kill(keeper_->pid(), SIGKILL); });
  EXPECT_FALSE(ran.outcome);
  EXPECT_TRUE(comes([&] { return is_gone(mark_); }));
  EXPECT_TRUE(comes([&] { return keeper_->gone(); }));
  EXPECT_THAT(shell("true").error(), HasSubstr("start this program again"));
}

TEST_F(KeptHosts, EndWithTheCore) {
  const Ran ran = shell("setsid sleep " + mark_ + " & echo; wait", {},
                        [&](const std::string&) { keeper_->end(); });
  EXPECT_FALSE(ran.outcome);
  EXPECT_TRUE(is_gone(mark_)) << "the keeper goes last";
  EXPECT_FALSE(keeper_->gone()) << "it was told to";
  EXPECT_EQ(keeper_->pid(), 0);
}

TEST_F(KeptHosts, AreOfOneUser) {
  const auto missing = run_with([&] { return keeper_->start_host("no such user"); }, {"true"});
  EXPECT_THAT(missing.error(), HasSubstr("\"no such user\", whom there is not"));
  const auto other = keeper_->start_host("root");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind(), ErrorKind::denied);
  EXPECT_THAT(other.error().message(), HasSubstr("start the daemon again"));
}

TEST_F(KeptHosts, AreOfAnotherUserForRootAlone) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may";
  const auto ran = run_with([&] { return keeper_->start_host("root"); }, {"true"});
  ASSERT_FALSE(ran.outcome);
  EXPECT_EQ(ran.outcome.error().kind(), ErrorKind::denied);
}

// --- Hosts of a unit of their own. ---

class UnitOfItsOwn : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/lockstep-host-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    start();
  }
  void TearDown() override {
    end(SIGTERM);
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ + "/host"; }
  void start() {
    pid_ = ::fork();
    if (pid_ == 0) ::_exit(serve_hosts({path(), "root"}, [] {}) ? 0 : 1);
    ASSERT_TRUE(comes([&] { return connect_to_host(path()).has_value(); }));
  }
  int end(int signal) {
    if (pid_ == 0) return 0;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }
  Ran shell(const std::string& script, const std::function<void(const std::string&)>& seen = {}) {
    return run_with([this] { return connect_to_host(path()); }, {"sh", "-c", script}, "", {},
                    nullptr, seen);
  }

  std::string folder_;
  pid_t pid_ = 0;
  const std::string mark_ = "3601." + std::to_string(::getpid());
};

TEST_F(UnitOfItsOwn, ServesItsUserAndNobodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  EXPECT_EQ(shell("echo out; id -u").output, "out\n65534\n");
  ASSERT_EQ(::seteuid(65534), 0);
  const Ran ran = shell("true");
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_FALSE(ran.outcome);
  EXPECT_EQ(ran.outcome.error().kind(), ErrorKind::denied);
  EXPECT_THAT(ran.error(), HasSubstr("serves another user"));
}

TEST_F(UnitOfItsOwn, MayBeStartedAgain) {
  if (::geteuid() != 0) GTEST_SKIP() << "it serves root";
  for (const int signal : {SIGTERM, SIGKILL}) {
    const Ran ran =
        shell("setsid sleep " + mark_ + " & echo; wait", [&](const std::string&) { end(signal); });
    ASSERT_FALSE(ran.outcome);
    EXPECT_EQ(ran.outcome.error().kind(), ErrorKind::unavailable) << ran.error();
    EXPECT_TRUE(comes([&] { return is_gone(mark_); }));
    const Ran nobody = shell("true");
    EXPECT_THAT(nobody.error(), HasSubstr("start its unit"));
    start();
    EXPECT_EQ(shell("echo again").output, "again\n");
  }
}

TEST(HostSocket, NamesAUserThatThereIs) {
  const auto served = serve_hosts({"/tmp/none", "no such user"}, [] {});
  ASSERT_FALSE(served);
  EXPECT_EQ(served.error().kind(), ErrorKind::not_found);
}

// --- Hosts that are not as they should be. ---

struct PlayedHost {
  PlayedHost() {
    int ends[2] = {-1, -1};
    ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
    ours = UniqueFd(ends[0]);
    theirs = UniqueFd(ends[1]);
  }
  void say(std::span<const std::byte> bytes) const {
    EXPECT_TRUE(send_packet(theirs.get(), bytes).value_or(false));
  }
  HostSource source() {
    return [this]() -> Result<UniqueFd> { return std::move(ours); };
  }
  UniqueFd ours, theirs;
};

TEST(BadHosts, AreToldAndBounded) {
  const auto text = [](std::string_view bytes) {
    const auto span = std::as_bytes(std::span(bytes));
    return std::vector<std::byte>(span.begin(), span.end());
  };
  GuardedOutcome stopped;
  stopped.end = GuardedEnd::stopped;
  const struct {
    const char* description;
    std::vector<std::vector<std::byte>> packets;
    ErrorKind kind;
    const char* message;
  } rows[] = {
      {"ends", {}, ErrorKind::unavailable, "ended in mid-run"},
      {"says what is no message", {text("?")}, ErrorKind::corrupt, "is no message"},
      {"says too much at once",
       {text(std::string(kMostPacketBytes + 1, 'p'))},
       ErrorKind::corrupt,
       "is no message"},
      {"passes on more than was asked for",
       {write(ToCore(Piece{"123456"})), write(ToCore(Piece{"789012"}))},
       ErrorKind::corrupt,
       "more output"},
      {"stops by itself", {write(ToCore(stopped))}, ErrorKind::unavailable, "unasked"},
      {"says why",
       {write(ToCore(Failure{ErrorKind::denied, "may not"}))},
       ErrorKind::denied,
       "may not"},
      {"says why with a cursor",
       {write(ToCore(Failure{ErrorKind::denied, "\x1b[2J"}))},
       ErrorKind::denied,
       "\"\\x1b[2J\""},
  };
  for (const auto& row : rows) {
    PlayedHost host;
    for (const auto& packet : row.packets) host.say(packet);
    const HostSource source = host.source();
    ::shutdown(host.theirs.get(), SHUT_WR);
    const Ran ran = run_with(source, {"true"}, "", {.output_bytes = 10});
    ASSERT_FALSE(ran.outcome) << row.description;
    EXPECT_EQ(ran.outcome.error().kind(), row.kind) << row.description << ": " << ran.error();
    EXPECT_THAT(ran.error(), HasSubstr(row.message)) << row.description;
    EXPECT_LE(ran.output.size(), 10U) << row.description;
  }
}

TEST(BadHosts, DoNotKeepAStopWaiting) {
  PlayedHost host;
  host.say(write(ToCore(Piece{"ready"})));
  std::atomic<bool> stop{false};
  Clock::time_point told;
  const Ran ran = run_with(host.source(), {"true"}, std::string(10 << 20, 'x'), {}, &stop,
                           [&](const std::string&) {
                             told = Clock::now();
                             stop = true;
                           });
  ASSERT_TRUE(ran.outcome) << ran.error();
  EXPECT_EQ(ran.outcome->end, GuardedEnd::stopped);
  EXPECT_LT(Clock::now() - told, milliseconds(500)) << "with what a loaded machine adds";
}

TEST(BadHosts, TakeNoOrderThatIsTooLarge) {
  PlayedHost host;
  const Ran ran = run_with(host.source(), {"true", std::string(kMostWordBytes, 'x')});
  ASSERT_FALSE(ran.outcome);
  EXPECT_EQ(ran.outcome.error().kind(), ErrorKind::invalid);
}

}  // namespace
}  // namespace lockstep::plugin_host
