#include "app/sender.h"

#include <fmt/format.h>

#include <utility>

#include "app/console.h"
#include "base/text.h"
#include "proc/rights.h"
#include "scan/by_protocol_engine.h"
#include "scan/connect_engine.h"
#include "scan/preferred_engine.h"
#include "sender/remote_engine.h"
#include "sender/sender.h"

namespace lockstep {
namespace {

using sender::EngineKind;
using sender::RemoteEngine;

constexpr int kFailed = 3;

/// What a process ends with that has nobody to tell but standard error.
int status_of(const Result<void>& done, const char* what) {
  if (done) return 0;
  warn(fmt::format("{}: {}", what, done.error().message()));
  return kFailed;
}

}  // namespace

int run_sender_launcher() {
  return status_of(sender::run_launcher({"/proc/self/exe", kSender}), "starting senders");
}

int run_sender() {
  return status_of(sender::run_sender(), "sending");
}

Result<std::unique_ptr<sender::Launcher>> start_launcher() {
  return sender::Launcher::start({"/proc/self/exe", kSenderLauncher});
}

Result<EngineChoice> choose_remote_engine(std::string_view wanted, sender::Launcher& launcher,
                                          const XdpPolicy& policy) {
  LOCKSTEP_CHECK(check_engine_name(wanted));
  EngineChoice choice;
  if (wanted == "connect") {
    choice.engine = std::make_unique<scan::ConnectEngine>();
    choice.notice = kConnectNotice;
    return choice;
  }
  if (!launcher.may_send()) {
    return std::unexpected(launcher.may_send().error().within(
        fmt::format("engine {}", wanted == "xdp" ? "xdp" : "packet")));
  }
  if (wanted == "xdp") {
    if (!launcher.may_use_xdp()) {
      return std::unexpected(launcher.may_use_xdp().error().within("engine xdp"));
    }
    choice.engine = std::make_unique<scan::ByProtocolEngine>(
        std::make_unique<RemoteEngine>(launcher, EngineKind::xdp),
        std::make_unique<RemoteEngine>(launcher, EngineKind::packet));
    return choice;
  }
  choice.engine = std::make_unique<RemoteEngine>(launcher, EngineKind::packet);
  if (wanted == "packet" || policy.interfaces.empty()) return choice;
  auto xdp = std::make_unique<RemoteEngine>(
      launcher, EngineKind::xdp,
      scan::XdpOptions{.interfaces = policy.interfaces, .lowest_rate = kXdpFrom});
  choice.engine = std::make_unique<scan::PreferredEngine>(std::move(xdp), std::move(choice.engine));
  return choice;
}

}  // namespace lockstep
