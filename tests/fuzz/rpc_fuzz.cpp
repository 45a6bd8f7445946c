// Replies of ONC-RPC services: whatever the bytes, the readers of records, replies and lists
// return, take no more than there is, and what they tell is fit for a terminal. The first byte says
// which.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dialogue/rpc.h"

namespace {

using namespace lockstep;

bool try_stream(std::string bytes) {
  // Each record takes its mark at least, so that this ends.
  for (;;) {
    const std::size_t before = bytes.size();
    const dialogue::RpcRecord record = dialogue::take_record(bytes);
    if (record.state != dialogue::RpcRecord::State::whole) return bytes.size() == before;
    if (bytes.size() + record.body.size() + 4 > before) return false;
    dialogue::parse_rpc_reply(record.body);
  }
}

bool try_reply(std::string_view bytes) {
  const auto reply = dialogue::parse_rpc_reply(bytes);
  if (!reply) return true;
  const bool told = reply->said == dialogue::RpcReply::Said::versions;
  return (!told || reply->lowest <= reply->highest) && reply->results.size() < bytes.size();
}

bool try_dump(std::string_view bytes) {
  const auto registered = dialogue::parse_rpc_dump(bytes);
  if (!registered) return true;
  const std::string text = dialogue::describe(*registered);
  return registered->size() <= dialogue::kMostRegistered && text.size() < 2048 &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool good = data[0] % 3 == 0   ? try_stream(std::string(rest))
                    : data[0] % 3 == 1 ? try_reply(rest)
                                       : try_dump(rest);
  if (!good) std::abort();
  return 0;
}
