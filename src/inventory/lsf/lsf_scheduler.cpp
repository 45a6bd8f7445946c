#include "inventory/lsf/lsf_scheduler.h"

#include <fmt/format.h>

#include <utility>

#include "inventory/lsf/lsf_hosts.h"
#include "proc/command.h"

namespace lockstep {
namespace {

class LsfScheduler : public Scheduler {
 public:
  explicit LsfScheduler(LsfOptions options)
      : Scheduler("lsf", true), options_(std::move(options)) {}

 private:
  Result<std::vector<NodeSchedule>> do_query(std::span<const std::string>,
                                             std::chrono::milliseconds time) override {
    std::vector<std::string> words{options_.bhosts};
    if (options_.json) {
      words.insert(words.end(), {"-o", kBhostsFields, "-json"});
    } else {
      words.insert(words.end(), {"-w", "-o", kBhostsTextFields});
    }
    LOCKSTEP_TRY(const std::string text,
                 run_command({words, "/", {"LC_ALL=C", "LSB_BHOSTS_FORMAT"}, options_.bhosts},
                             {time, options_.answer_bytes, stop()}));
    auto hosts = options_.json ? parse_lsf_json(text) : parse_lsf_text(text);
    if (hosts) return hosts;
    return std::unexpected(hosts.error().within(fmt::format(
        "the answer of \"{}\" (is it that of LSF? run it by hand to see)", options_.bhosts)));
  }

  LsfOptions options_;
};

}  // namespace

std::unique_ptr<Scheduler> make_lsf_scheduler(LsfOptions options) {
  return std::make_unique<LsfScheduler>(std::move(options));
}

}  // namespace lockstep
