#include "app/engine_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "net/io/af_packet.h"
#include "net/io/xdp/xdp_programs.h"
#include "scan/by_protocol_engine.h"
#include "scan/connect_engine.h"
#include "scan/packet_engine.h"
#include "scan/preferred_engine.h"
#include "scan/xdp_engine.h"

namespace lockstep {
namespace {

EngineChoice half_open(std::unique_ptr<scan::Engine> engine, EngineUse use) {
  EngineChoice choice;
  choice.engine = std::move(engine);
  if (use == EngineUse::scan) choice.fallback = std::make_unique<scan::ConnectEngine>();
  return choice;
}

EngineChoice connect(std::string notice) {
  EngineChoice choice;
  choice.engine = std::make_unique<scan::ConnectEngine>();
  choice.notice = std::move(notice);
  return choice;
}

/// packet, but for xdp where it is allowed and worth its while.
std::unique_ptr<scan::Engine> best_of(net::Links& links, const XdpPolicy& policy) {
  auto packet = std::make_unique<scan::PacketEngine>(links);
  if (policy.interfaces.empty()) return packet;
  auto xdp = std::make_unique<scan::XdpEngine>(
      links, scan::XdpOptions{.interfaces = policy.interfaces, .lowest_rate = kXdpFrom});
  return std::make_unique<scan::PreferredEngine>(std::move(xdp), std::move(packet));
}

Result<EngineChoice> xdp(EngineUse use, net::Links& links) {
  if (const auto allowed = net::may_use_xdp(); !allowed) {
    return std::unexpected(allowed.error().within("engine xdp"));
  }
  auto engine = std::make_unique<scan::ByProtocolEngine>(
      std::make_unique<scan::XdpEngine>(links), std::make_unique<scan::PacketEngine>(links));
  return half_open(std::move(engine), use);
}

}  // namespace

Result<void> check_engine_name(std::string_view wanted) {
  static constexpr std::array<std::string_view, 4> kNames = {"auto", "packet", "xdp", "connect"};
  if (std::ranges::find(kNames, wanted) != kNames.end()) return {};
  const std::string_view near = nearest(wanted, kNames);
  return fail(ErrorKind::invalid,
              fmt::format("{} is no engine (auto, packet, xdp, connect){}", quoted(wanted),
                          near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

Result<EngineChoice> choose_engine(std::string_view wanted, EngineUse use, net::Links& links,
                                   const XdpPolicy& policy) {
  LOCKSTEP_CHECK(check_engine_name(wanted));
  if (wanted == "connect") return connect(use == EngineUse::sweep ? kConnectNotice : "");
  const auto allowed = net::may_open_packet_sockets();
  if (allowed && wanted == "xdp") return xdp(use, links);
  if (allowed && wanted == "packet")
    return half_open(std::make_unique<scan::PacketEngine>(links), use);
  if (allowed) return half_open(best_of(links, policy), use);
  if (wanted != "auto" || use == EngineUse::sweep) {
    return std::unexpected(
        allowed.error().within(fmt::format("engine {}", wanted == "xdp" ? "xdp" : "packet")));
  }
  return connect(fmt::format("no right to send packets, so {}", kConnectNotice));
}

}  // namespace lockstep
