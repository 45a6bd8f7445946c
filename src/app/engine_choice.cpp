#include "app/engine_choice.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "net/io/af_packet.h"
#include "scan/connect_engine.h"
#include "scan/packet_engine.h"

namespace lockstep {
namespace {

constexpr const char* kConnectNotice =
    "engine connect completes TCP connections: applications notice, and some break";

EngineChoice packet(EngineUse use, net::Links& links) {
  EngineChoice choice;
  choice.engine = std::make_unique<scan::PacketEngine>(links);
  if (use == EngineUse::scan) choice.fallback = std::make_unique<scan::ConnectEngine>();
  return choice;
}

EngineChoice connect(std::string notice) {
  EngineChoice choice;
  choice.engine = std::make_unique<scan::ConnectEngine>();
  choice.notice = std::move(notice);
  return choice;
}

}  // namespace

Result<EngineChoice> choose_engine(std::string_view wanted, EngineUse use, net::Links& links) {
  static constexpr std::array<std::string_view, 3> kNames = {"auto", "packet", "connect"};
  if (wanted == "connect") return connect(use == EngineUse::sweep ? kConnectNotice : "");
  if (wanted != "auto" && wanted != "packet") {
    const std::string_view near = nearest(wanted, kNames);
    return fail(ErrorKind::invalid,
                fmt::format("{} is no engine (auto, packet, connect){}", quoted(wanted),
                            near.empty() ? "" : fmt::format("; did you mean {}?", near)));
  }
  const auto allowed = net::may_open_packet_sockets();
  if (allowed) return packet(use, links);
  if (wanted == "packet" || use == EngineUse::sweep) {
    return std::unexpected(allowed.error().within("engine packet"));
  }
  return connect(fmt::format("no right to send packets, so {}", kConnectNotice));
}

}  // namespace lockstep
