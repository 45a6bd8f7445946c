// ONC-RPC (RFC 5531), as little of it as tells which programs answer on a port: calls of the NULL
// procedure, which by custom does nothing, and the list that a port mapper keeps (RFC 1833).
//
// A program is called in a version that nobody has. One that is there refuses it, and says which
// versions it has; one that is not there is refused by another word. So no call is ever carried
// out, whatever listens.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/port.h"
#include "model/service.h"

namespace lockstep::dialogue {

/// A program, and its name as operators know it from rpcinfo(8).
struct RpcName {
  std::uint32_t number;
  std::string_view name;
};

/// Those that are called where nobody says which may be there. What names a port that has several
/// stands first.
inline constexpr RpcName kRpcNames[] = {
    {100000, "rpcbind"},   {100003, "nfs"},       {100005, "mountd"},  {100021, "nlockmgr"},
    {100024, "status"},    {100227, "nfs_acl"},   {100011, "rquotad"}, {100004, "ypserv"},
    {100007, "ypbind"},    {100009, "yppasswdd"}, {100069, "ypxfrd"},  {100001, "rstatd"},
    {100002, "rusersd"},   {100008, "walld"},     {100012, "sprayd"},  {100020, "llockmgr"},
    {100026, "bootparam"}, {100029, "keyserv"},   {100068, "cmsd"},    {100083, "ttdbserverd"},
    {100300, "nisd"},      {150001, "pcnfsd"},    {300019, "amd"},
};

inline constexpr std::uint32_t kRpcbind = 100000;
/// No program has it.
inline constexpr std::uint32_t kImpossibleVersion = 104000;

/// "nlockmgr"; "rpc" for a program that is not in kRpcNames.
std::string_view rpc_name(std::uint32_t program);
/// Whether `service` is "rpc" or a name in kRpcNames.
bool is_rpc_name(std::string_view service);

/// A call without credentials or arguments, as one datagram, or behind a record mark over TCP.
std::string rpc_call(Protocol protocol, std::uint32_t xid, std::uint32_t program,
                     std::uint32_t version, std::uint32_t procedure = 0);

/// The next record of a stream (RFC 5531, section 11), which is taken from the front of `bytes`.
struct RpcRecord {
  enum class State : std::uint8_t {
    whole,
    unfinished,  ///< more bytes are needed; nothing was taken
    none,        ///< this is no stream of records, or one is too long
  };
  State state = State::unfinished;
  std::string body{};
};
RpcRecord take_record(std::string& bytes);

inline constexpr std::size_t kMostRecordBytes = 32768;
inline constexpr std::size_t kMostFragments = 64;

/// What a reply says of a call.
struct RpcReply {
  enum class Said : std::uint8_t {
    success,     ///< it was carried out
    no_program,  ///< PROG_UNAVAIL
    versions,    ///< PROG_MISMATCH: the program is there, in versions `lowest` to `highest`
    otherwise,   ///< refused for another reason: whoever listens speaks RPC, and that is all
  };
  std::uint32_t xid = 0;
  Said said = Said::otherwise;
  std::uint32_t lowest = 0;
  std::uint32_t highest = 0;
  std::string_view results{};  ///< of a success; part of the argument of parse_rpc_reply()
};

/// Nothing where `message`, without its record mark, is no reply.
std::optional<RpcReply> parse_rpc_reply(std::string_view message);

/// A line of what a port mapper has registered.
struct RpcRegistered {
  std::uint32_t program = 0;
  std::uint32_t version = 0;
  std::uint32_t protocol = 0;  ///< the number of an IP protocol
  std::uint32_t port = 0;

  friend auto operator<=>(const RpcRegistered&, const RpcRegistered&) = default;
};

/// PMAPPROC_DUMP of version 2.
inline constexpr std::uint32_t kDumpVersion = 2;
inline constexpr std::uint32_t kDumpProcedure = 4;
inline constexpr std::size_t kMostRegistered = 512;

/// The results of a dump. Nothing where they are none, or more than kMostRegistered.
std::optional<std::vector<RpcRegistered>> parse_rpc_dump(std::string_view results);

/// For a person: "nfs 2049/tcp, nlockmgr 40123/udp", each once, cut to some. Printable.
std::string describe(std::vector<RpcRegistered> registered);

}  // namespace lockstep::dialogue
