#include "app/services.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <thread>

#include "app/console.h"
#include "app/user_services.h"
#include "base/text.h"
#include "dialogue/worker.h"
#include "proc/confined_child.h"
#include "proc/lockdown.h"
#include "services/closers.h"
#include "services/own/own_matcher.h"

namespace lockstep {
namespace {

constexpr int kNoWork = 3;
constexpr std::size_t kLongestPiece = 256;

Result<void> work() {
  LOCKSTEP_TRY(services::Matcher matcher, given_matcher());
  return dialogue::serve_tasks(kConfinedSocket, matcher, {.lock_down = lock_down});
}

/// A line for each piece that was sent: "node1 198.18.1.1 22/tcp ..."
class DialogueLog {
 public:
  static Result<std::shared_ptr<DialogueLog>> open(const std::string& path) {
    auto log = std::make_shared<DialogueLog>();
    log->file_.reset(std::fopen(path.c_str(), "we"));
    if (!log->file_) {
      return std::unexpected(system_error(errno, fmt::format("write {}", lockstep::quoted(path))));
    }
    return log;
  }

  void write(const ServiceObservation& seen, const std::vector<std::string>& pieces) {
    for (const std::string& piece : pieces) {
      const std::string line =
          fmt::format("{} {} {}/{} {}\n", seen.node, seen.address.to_string(), seen.port,
                      to_string(seen.protocol), lockstep::quoted(piece, kLongestPiece));
      std::fwrite(line.data(), 1, line.size(), file_.get());
    }
    std::fflush(file_.get());
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

TellableServices tellable_by(const services::ProbeSet& set) {
  TellableServices tellable;
  tellable.names.insert(services::kClosers.begin(), services::kClosers.end());
  for (const services::ServiceProbe& probe : set.probes) {
    for (const services::Signature& signature : probe.signatures) {
      tellable.names.insert(signature.service);
      // One that the answer names is not known before.
      std::string product = lower_case(signature.fields.product.fill({}));
      if (!product.empty()) tellable.products.insert(std::move(product));
    }
  }
  return tellable;
}

}  // namespace

int run_dialogue_worker() {
  const auto done = work();
  if (done) return 0;
  warn("identifying services: " + done.error().message());
  return kNoWork;
}

Result<ComposedServices> make_service_collector(ServiceUse use) {
  ComposedServices composed;
  ServiceCollectorOptions options;
  options.pool.command = {"/proc/self/exe", kDialogueWorker};
  options.pool.fence = std::move(use.fence);
  options.keys = use.keys;
  options.checks_twice = use.twice;
  if (!use.files.empty()) {
    LOCKSTEP_TRY(const services::UserSet set, load_user_services(use.files));
    LOCKSTEP_TRY(options.pool.input, hand_over(set));
    LOCKSTEP_TRY(const services::Matcher matcher, services::matcher_of(set));
    composed.tellable = tellable_by(matcher.probes());
  } else {
    LOCKSTEP_TRY(const services::ProbeSet own, services::own_probes());
    composed.tellable = tellable_by(own);
  }
  options.pool.workers = std::max(1U, std::thread::hardware_concurrency());
  if (!use.log_file.empty()) {
    LOCKSTEP_TRY(const std::shared_ptr<DialogueLog> log, DialogueLog::open(use.log_file));
    options.log = [log](const ServiceObservation& seen, const std::vector<std::string>& pieces) {
      log->write(seen, pieces);
    };
  }
  composed.collector = std::make_unique<ServiceCollector>(std::move(options));
  return composed;
}

}  // namespace lockstep
