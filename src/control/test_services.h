// Services for tests of use cases: what each port of a node says, told without any dialogue.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collectors/collector.h"

namespace lockstep::control {

/// Answers what it was given; keeps what it was asked.
class ToldServices final : public Collector {
 public:
  std::string_view name() const override { return "services"; }

  std::map<std::pair<std::string, Port>, Service> says;
  std::vector<std::string> asked;  ///< "node1 22 ssh", of all collections so far
  std::function<void()> after = [] {};

 private:
  Result<CollectSummary> do_collect(const std::vector<CollectTarget>& targets,
                                    ObservationSink& sink, const CollectControl&) override {
    for (const CollectTarget& target : targets) {
      for (const ServiceQuestion& question : target.questions) {
        asked.push_back(target.node + " " + std::to_string(question.port) + " " +
                        (question.expects_tls ? "ssl/" : "") + question.expected);
        ServiceObservation seen;
        seen.node = target.node;
        seen.address = target.address;
        seen.network = target.network;
        seen.protocol = question.protocol;
        seen.port = question.port;
        const auto said = says.find({target.node, question.port});
        if (said != says.end()) {
          seen.service = said->second;
        } else {
          seen.service.answer = ServiceAnswer::silent;
        }
        sink.identify(seen);
      }
      Coverage coverage;
      coverage.node = target.node;
      coverage.address = target.address;
      sink.cover(coverage);
    }
    after();
    CollectSummary summary;
    summary.method = "dialogues";
    return summary;
  }
};

}  // namespace lockstep::control
