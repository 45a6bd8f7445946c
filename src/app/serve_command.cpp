// `lockstep serve`: rights, then threads, then signals until the end.

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "app/commands.h"
#include "app/daemon.h"
#include "app/forward.h"
#include "app/http_service.h"
#include "app/plugin_host.h"
#include "app/sender.h"
#include "app/session.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "proc/rights.h"
#include "proc/service_manager.h"

namespace lockstep {
namespace {

using Steady = std::chrono::steady_clock;

/// Signals that the main thread waits for; blocked before there are other threads.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
    sigset_t blocked = set_;
    // Blocked, not ignored: who is ignored stays so in programs that we start.
    sigaddset(&blocked, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  }

  /// The next one within `time`, or 0.
  int wait(std::chrono::milliseconds time) const {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const timespec limit{.tv_sec = whole.count(),
                         .tv_nsec = std::chrono::nanoseconds(time - whole).count()};
    const int signal = ::sigtimedwait(&set_, nullptr, &limit);
    return signal > 0 ? signal : 0;
  }

 private:
  sigset_t set_;
};

/// Until a signal ends it. Returns why it ends otherwise; empty: a signal.
std::string watch(Daemon& daemon, const Signals& signals, const ServiceManager& manager,
                  const sender::Launcher& launcher, const plugin_host::Keeper& keeper,
                  HttpService* http, const std::string& person) {
  constexpr std::chrono::milliseconds kLook(500);
  constexpr std::chrono::seconds kQuickEnd(5);
  auto next_word = Steady::now();
  while (true) {
    const int signal = signals.wait(kLook);
    if (signal == SIGHUP) {
      manager.tell("RELOADING=1");
      const auto done = daemon.reload(person);
      warn(done ? "the configuration was read again"
                : "the configuration does not hold, and what held before goes on: " +
                      done.error().message());
      manager.tell("READY=1");
    } else if (signal != 0) {
      return "";
    }
    if (launcher.gone()) return "the process that starts senders is gone; start the daemon again";
    if (keeper.gone()) {
      return "the process that starts plug-in hosts is gone; start the daemon again";
    }
    daemon.look_around();
    if (http != nullptr) http->look_at_certificate();
    const auto& watchdog = manager.watchdog();
    if (watchdog && Steady::now() >= next_word && daemon.is_alive()) {
      manager.tell("WATCHDOG=1");
      next_word = Steady::now() + std::min<Steady::duration>(*watchdog / 3, kQuickEnd);
    }
  }
}

/// Waits for a store that is out of reach, as after a power cut of the whole site: its server may
/// be up long after us. systemd holds us to be started meanwhile, so that nobody waits with us.
/// Returns false where a signal ended it. Errors: the store is wrong, and not only away.
Result<bool> wait_for_store(const Config& config, const Signals& signals,
                            const ServiceManager& manager) {
  using std::chrono::milliseconds;
  constexpr milliseconds kLongest(5000);
  const auto begun = Steady::now();
  std::string problem;
  for (milliseconds rest(500);; rest = std::min(2 * rest, kLongest)) {
    const auto store = make_store(config);
    if (store) break;
    if (store.error().kind() != ErrorKind::unavailable) return std::unexpected(store.error());
    if (problem.empty()) warn("waits for the store until it is there: " + store.error().message());
    if (problem != store.error().message()) {
      problem = store.error().message();
      manager.tell("READY=1\nSTATUS=waits for the store: " + problem);
    }
    manager.tell("WATCHDOG=1");
    const int signal = signals.wait(rest);
    if (signal != 0 && signal != SIGHUP) return false;
  }
  if (!problem.empty()) {
    const auto waited = std::chrono::round<std::chrono::seconds>(Steady::now() - begun);
    warn(fmt::format("the store is there, after {} s", waited.count()));
  }
  return true;
}

/// Where the API is, and how to get in where nobody has yet.
void tell_of_http(const HttpService& http, const Setup& setup) {
  warn("the API is at " + http.url() + "/api/v1");
  const auto store = make_store(setup.config);
  if (!store) return;
  serve::Throttle throttle;
  const auto unclaimed = serve::Access(**store, throttle).is_unclaimed();
  // The secret itself is not for a log.
  if (unclaimed && *unclaimed) {
    warn("nobody can log in yet: lockstep user invite NAME --role admin shows a link, good once");
  }
}

}  // namespace

Result<int> run_command(const cli::ServeCommand& /*command*/, Invocation& call) {
  // First of all, while there is one thread and all rights are there.
  const Signals signals;
  UniqueFd handed = take_handed_socket();
  LOCKSTEP_TRY(const std::unique_ptr<plugin_host::Keeper> keeper, start_plugin_keeper());
  LOCKSTEP_TRY(const std::unique_ptr<sender::Launcher> launcher, start_launcher());
  LOCKSTEP_CHECK(drop_all_rights());
  const ServiceManager manager = ServiceManager::from_environment();
  LOCKSTEP_TRY(Setup setup, load_setup(call.config));
  LOCKSTEP_CHECK(require_file(setup));
  LOCKSTEP_CHECK(require_fence(setup));
  if (!setup.config.serve.plugins_socket.empty()) keeper->end();
  LOCKSTEP_TRY(Inventory inventory, load_inventory(setup.config));
  LOCKSTEP_CHECK(make_policy(setup.config, inventory, {}));
  LOCKSTEP_TRY(const bool has_store, wait_for_store(setup.config, signals, manager));
  if (!has_store) return cli::kInStep;
  LOCKSTEP_TRY(const std::unique_ptr<serve::Server> server,
               serve::Server::listen(
                   {.path = control_socket(setup.config), .group = setup.config.serve.group}));
  if (!launcher->may_send()) warn("nothing can be sent: " + launcher->may_send().error().message());
  const std::size_t nodes = inventory.nodes.size();
  const std::string socket = control_socket(setup.config);
  const std::string path = setup.path;
  Daemon daemon(call.config, std::move(setup), std::move(inventory), *launcher, *keeper);
  server->start([&](const serve::Request& request, serve::Call& caller) {
    return answer(request, caller, daemon, daemon.stopping());
  });
  LOCKSTEP_TRY(const std::unique_ptr<HttpService> http,
               HttpService::listen(daemon, call.config, std::move(handed)));
  daemon.start();
  if (http) http->start();
  warn(fmt::format("serving {}: {} nodes, control socket {}", path, with_thousands(nodes), socket));
  if (http) tell_of_http(*http, *daemon.setup());
  manager.tell(fmt::format("READY=1\nSTATUS={} nodes", nodes));
  const std::string problem =
      watch(daemon, signals, manager, *launcher, *keeper, http.get(), call.person);
  manager.tell("STOPPING=1");
  daemon.end_soon();
  if (http) http->stop();
  daemon.stop();
  server->stop();
  if (problem.empty()) return cli::kInStep;
  return fail(ErrorKind::unavailable, problem);
}

}  // namespace lockstep
