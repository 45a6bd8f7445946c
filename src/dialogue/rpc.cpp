#include "dialogue/rpc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

#include "net/bytes.h"

namespace lockstep::dialogue {
namespace {

constexpr std::uint32_t kCall = 0;
constexpr std::uint32_t kReply = 1;
constexpr std::uint32_t kRpcVersion = 2;
constexpr std::uint32_t kLastFragment = 0x80000000;
constexpr std::uint32_t kMostVerifierBytes = 400;  // RFC 5531, section 8.2
constexpr std::size_t kMostDescribed = 24;

enum AcceptState : std::uint32_t { kSuccess = 0, kProgramUnavailable = 1, kProgramMismatch = 2 };

net::Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string_view as_text(net::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view name_of_protocol(std::uint32_t protocol) {
  if (protocol == 6) return "tcp";
  return protocol == 17 ? "udp" : "?";
}

}  // namespace

std::string_view rpc_name(std::uint32_t program) {
  const auto* const found = std::ranges::find(kRpcNames, program, &RpcName::number);
  return found == std::end(kRpcNames) ? "rpc" : found->name;
}

bool is_rpc_name(std::string_view service) {
  return service == "rpc" ||
         std::ranges::find(kRpcNames, service, &RpcName::name) != std::end(kRpcNames);
}

std::string rpc_call(Protocol protocol, std::uint32_t xid, std::uint32_t program,
                     std::uint32_t version, std::uint32_t procedure) {
  constexpr std::size_t kWords = 10;
  std::array<std::byte, 4 * (kWords + 1)> buffer{};
  net::Writer writer(buffer);
  if (protocol == Protocol::tcp) writer.u32(kLastFragment | 4 * kWords);
  writer.u32(xid).u32(kCall).u32(kRpcVersion).u32(program).u32(version).u32(procedure);
  // Credentials and verifier: AUTH_NONE, of no bytes.
  writer.u32(0).u32(0).u32(0).u32(0);
  return std::string(as_text(std::span(buffer).first(writer.written())));
}

RpcRecord take_record(std::string& bytes) {
  std::string body;
  net::Reader reader(as_bytes(bytes));
  for (std::size_t fragments = 0; fragments < kMostFragments; ++fragments) {
    if (reader.rest().size() < 4) return {};
    const std::uint32_t mark = reader.u32();
    const std::size_t size = mark & ~kLastFragment;
    if (size > kMostRecordBytes - body.size()) return {.state = RpcRecord::State::none};
    if (reader.rest().size() < size) return {};
    body += as_text(reader.take(size));
    if ((mark & kLastFragment) == 0) continue;
    bytes.erase(0, bytes.size() - reader.rest().size());
    return {.state = RpcRecord::State::whole, .body = std::move(body)};
  }
  return {.state = RpcRecord::State::none};
}

std::optional<RpcReply> parse_rpc_reply(std::string_view message) {
  net::Reader reader(as_bytes(message));
  RpcReply reply;
  reply.xid = reader.u32();
  const std::uint32_t type = reader.u32();
  const std::uint32_t denied = reader.u32();
  if (!reader.ok() || type != kReply || denied > 1) return {};
  if (denied == 1) {
    const std::uint32_t reason = reader.u32();  // RPC_MISMATCH with two words, AUTH_ERROR with one
    if (reason > 1) return {};
    reader.skip(reason == 0 ? 8 : 4);
    return reader.ok() ? std::optional(reply) : std::nullopt;
  }
  reader.u32();  // the verifier's flavour: any
  const std::uint32_t verifier = reader.u32();
  if (verifier > kMostVerifierBytes) return {};
  reader.skip((std::size_t{verifier} + 3) / 4 * 4);
  switch (reader.u32()) {
    case kSuccess:
      reply.said = RpcReply::Said::success;
      reply.results = as_text(reader.rest());
      break;
    case kProgramUnavailable: reply.said = RpcReply::Said::no_program; break;
    case kProgramMismatch:
      reply.lowest = reader.u32();
      reply.highest = reader.u32();
      if (reply.lowest <= reply.highest) reply.said = RpcReply::Said::versions;
      break;
    default: break;
  }
  return reader.ok() ? std::optional(reply) : std::nullopt;
}

std::optional<std::vector<RpcRegistered>> parse_rpc_dump(std::string_view results) {
  net::Reader reader(as_bytes(results));
  std::vector<RpcRegistered> registered;
  for (;;) {
    const std::uint32_t more = reader.u32();
    if (!reader.ok() || more > 1) return {};
    if (more == 0) return registered;
    if (registered.size() == kMostRegistered) return {};
    RpcRegistered& entry = registered.emplace_back();
    entry.program = reader.u32();
    entry.version = reader.u32();
    entry.protocol = reader.u32();
    entry.port = reader.u32();
  }
}

std::string describe(std::vector<RpcRegistered> registered) {
  // Versions of one program at one port are one line.
  const auto place = [](const RpcRegistered& entry) {
    return std::tuple(entry.program, entry.port, entry.protocol);
  };
  std::ranges::sort(registered, {}, place);
  const auto [first, last] = std::ranges::unique(registered, {}, place);
  registered.erase(first, last);
  std::string text;
  for (std::size_t i = 0; i < registered.size(); ++i) {
    if (i == kMostDescribed) return text + fmt::format(", and {} more", registered.size() - i);
    const RpcRegistered& entry = registered[i];
    const std::string_view name = rpc_name(entry.program);
    text += fmt::format("{}{} {}/{}", i == 0 ? "" : ", ",
                        name == "rpc" ? fmt::format("{}", entry.program) : std::string(name),
                        entry.port, name_of_protocol(entry.protocol));
  }
  return text;
}

}  // namespace lockstep::dialogue
