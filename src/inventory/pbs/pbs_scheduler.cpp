#include "inventory/pbs/pbs_scheduler.h"

#include <fmt/format.h>

#include <utility>

#include "inventory/pbs/pbs_nodes.h"
#include "proc/command.h"

namespace lockstep {
namespace {

class PbsScheduler : public Scheduler {
 public:
  explicit PbsScheduler(PbsOptions options)
      : Scheduler("pbs", true), options_(std::move(options)) {}

 private:
  Result<std::vector<NodeSchedule>> do_query(std::span<const std::string>,
                                             std::chrono::milliseconds time) override {
    std::vector<std::string> words{options_.pbsnodes, "-a"};
    if (options_.json) words.insert(words.end(), {"-F", "json"});
    LOCKSTEP_TRY(const std::string text, run_command({words, "/", {"LC_ALL=C"}, options_.pbsnodes},
                                                     {time, options_.answer_bytes, stop()}));
    auto nodes = options_.json ? parse_pbs_json(text) : parse_pbs_text(text);
    if (nodes) return nodes;
    return std::unexpected(nodes.error().within(fmt::format(
        "the answer of \"{}\" (is it that of PBS? run it by hand to see)", options_.pbsnodes)));
  }

  PbsOptions options_;
};

}  // namespace

std::unique_ptr<Scheduler> make_pbs_scheduler(PbsOptions options) {
  return std::make_unique<PbsScheduler>(std::move(options));
}

}  // namespace lockstep
