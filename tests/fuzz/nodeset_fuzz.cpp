// Nodesets: nothing crashes, and folding loses nothing: parse(fold(parse(x))) == parse(x).

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/nodeset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  lockstep::NodesetOptions options;
  options.max_nodes = 2000;
  // Groups that name each other, and groups that hold the input itself.
  options.resolve_group = [&text](std::string_view,
                                  std::string_view group) -> lockstep::Result<std::string> {
    if (group == "a") return "@b,n[1-5]";
    if (group == "b") return "r[1-3]n[1-4]";
    if (group == "*") return text;
    return lockstep::fail(lockstep::ErrorKind::not_found, "no such group");
  };
  const auto set = lockstep::parse_nodeset(text, options);
  if (!set) return 0;
  const auto again = lockstep::parse_nodeset(set->fold(), options);
  if (!again || *again != *set || again->fold() != set->fold()) std::abort();
  if (lockstep::Nodeset(set->names()) != *set) std::abort();
  return 0;
}
