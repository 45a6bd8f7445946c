#include "control/service_questions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "analysis/service_judge.h"
#include "profiles/resolve.h"
#include "sweep/sweep.h"

namespace lockstep::control {
namespace {

/// A daily sweep does not begin at the same second each day.
constexpr int kSlackPercent = 10;

using Socket = std::tuple<std::string_view, std::string_view, IpAddress, Protocol, Port>;

template <typename Fact>
Socket socket_of(const Fact& fact) {
  return {fact.node, fact.network, fact.address, fact.protocol, fact.port};
}

/// Whether asking the service anew may end an alert.
bool asks_service(FindingKind kind) {
  return is_about_service(kind) || kind == FindingKind::node_rebuilt;
}

class Questions {
 public:
  explicit Questions(const ServiceQuestionsInput& input)
      : input_(input), resolver_(input.profiles) {
    for (const Node& node : input.nodes) nodes_.emplace(node.name, &node);
    for (std::size_t i = 0; i < input.targets.size(); ++i) {
      targets_.emplace(input.targets[i].address, i);
    }
    for (const ServiceFact& fact : input.facts) facts_.emplace(socket_of(fact.seen), &fact);
    for (const KnownKey& key : input.known_keys) {
      with_keys_.emplace(key.node, key.network, key.protocol, key.port);
    }
    for (const AlertRecord& record : input.alerts) {
      if (record.status == AlertStatus::resolved || !asks_service(record.subject.kind)) continue;
      alerted_.emplace(record.node, record.subject.network, record.subject.port);
    }
  }

  std::vector<CollectTarget> targets() && {
    std::map<std::size_t, std::vector<ServiceQuestion>> questions;
    for (const PortObservation& seen : input_.observations) {
      if (seen.state != PortState::open) continue;
      const auto target = targets_.find(seen.address);
      const auto node = nodes_.find(seen.node);
      if (target == targets_.end() || node == nodes_.end()) continue;
      if (input_.busy.contains(seen.node)) continue;
      if (auto question = question_for(*node->second, seen)) {
        questions[target->second].push_back(std::move(*question));
      }
    }
    std::vector<CollectTarget> result;
    result.reserve(questions.size());
    for (auto& [index, asked] : questions) {
      CollectTarget& target = result.emplace_back(input_.targets[index]);
      target.questions = std::move(asked);
    }
    return result;
  }

 private:
  std::optional<ServiceQuestion> question_for(const Node& node, const PortObservation& seen) {
    const Expectations& expected = resolver_.of(node.classes, seen.network);
    const bool of_daemon = expected.requires_port(seen.port, seen.protocol, input_.now);
    std::vector<std::uint32_t> programs =
        expected.programs_at(seen.port, seen.protocol, input_.now);
    if (!of_daemon && programs.empty()) return std::nullopt;
    const auto known = facts_.find(socket_of(seen));
    const ServiceFact* const fact = known == facts_.end() ? nullptr : known->second;
    if (!is_due(seen, fact)) return std::nullopt;
    ServiceQuestion question = customary_question(seen);
    question.programs = std::move(programs);
    const std::vector<std::string> wanted =
        expected.services_at(seen.port, seen.protocol, input_.now);
    if (!wanted.empty()) {
      const ServiceHint hint = hint_of(wanted.front(), input_.tellable);
      if (!hint.name.empty()) {
        question.expected = hint.name;
        question.expects_tls = hint.tls;
        return question;
      }
    }
    if (fact != nullptr && !fact->seen.service.name.empty()) {
      question.expected = fact->seen.service.name;
      question.expects_tls = fact->seen.service.tls;
    }
    return question;
  }

  bool is_due(const PortObservation& seen, const ServiceFact* fact) const {
    if (input_.schedule.all || fact == nullptr) return true;
    if (alerted_.contains({seen.node, seen.network, seen.port}) ||
        alerted_.contains({seen.node, seen.network, std::nullopt})) {
      return true;
    }
    const Service& said = fact->seen.service;
    const bool showed_keys = !said.hostkeys.empty() || !said.certificate_sha256.empty();
    if (showed_keys && !with_keys_.contains({seen.node, seen.network, seen.protocol, seen.port})) {
      return true;
    }
    const auto interval = input_.schedule.interval * (100 - kSlackPercent) / 100;
    // A clock that was set back would keep us from asking for long.
    return fact->asked > input_.now || input_.now - fact->asked >= interval;
  }

  const ServiceQuestionsInput& input_;
  std::map<std::string_view, const Node*> nodes_;
  std::map<IpAddress, std::size_t> targets_;
  std::map<Socket, const ServiceFact*> facts_;
  std::set<std::tuple<std::string_view, std::string_view, Protocol, Port>> with_keys_;
  std::set<std::tuple<std::string_view, std::string_view, std::optional<Port>>> alerted_;
  Resolver resolver_;
};

}  // namespace

std::vector<CollectTarget> service_targets(const ServiceQuestionsInput& input) {
  return Questions(input).targets();
}

std::vector<CollectTarget> questions_without_answer(std::span<const CollectTarget> targets,
                                                    std::span<const ServiceObservation> services) {
  std::set<Socket> unanswered;
  for (const ServiceObservation& seen : services) {
    const bool told = seen.service.answer == ServiceAnswer::spoke &&
                      seen.service.doubt != ServiceDoubt::no_key_exchange;
    if (!told) unanswered.insert(socket_of(seen));
  }
  std::vector<CollectTarget> result;
  for (const CollectTarget& target : targets) {
    CollectTarget again = target;
    std::erase_if(again.questions, [&](const ServiceQuestion& question) {
      return !unanswered.contains(
          {target.node, target.network, target.address, question.protocol, question.port});
    });
    if (!again.questions.empty()) result.push_back(std::move(again));
  }
  return result;
}

}  // namespace lockstep::control
