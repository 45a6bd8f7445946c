#include "dialogue/dialogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "dialogue/conversation.h"
#include "dialogue/heard.h"
#include "dialogue/rpc_calls.h"
#include "dialogue/ssh_dialogue.h"
#include "services/closers.h"
#include "services/probe_order.h"

namespace lockstep::dialogue {
namespace {

using services::ServiceProbe;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr unsigned kMostRarityOnceNamed = 8;
constexpr std::string_view kTls = "ssl";  // the name of signatures that tell TLS itself
constexpr std::string_view kSsh = "ssh";
constexpr std::size_t kLongestText = 160;
constexpr std::size_t kLongestNote = 480;

std::string printable(std::string_view text, std::size_t most = kLongestText) {
  std::string result;
  for (const char c : text.substr(0, most)) result += c >= ' ' && c <= '~' ? c : '.';
  return result;
}

/// "http nginx 1.22.1"
std::string conclusion(const Service& service) {
  std::string text = service.name.empty() ? "nothing that is known" : service.name;
  for (const std::string* field : {&service.product, &service.version}) {
    if (!field->empty()) text += " " + *field;
  }
  return text;
}

/// What one answer leaves out is no difference: answers come in pieces.
bool contradict(const Service& a, const Service& b) {
  const auto differ = [](const std::string& one, const std::string& other) {
    return !one.empty() && !other.empty() && one != other;
  };
  return differ(a.name, b.name) || differ(a.product, b.product) || differ(a.version, b.version);
}

class Dialogue {
 public:
  Dialogue(DialogueWorld& world, Task task)
      : world_(world),
        task_(std::move(task)),
        heard_(std::make_shared<Heard>(world.io)),
        set_(world.matcher.probes()),
        latest_(steady_clock::now() + world.patience.whole) {}

  asio::awaitable<Outcome> run() {
    tls_ = task_.expects_tls;
    const ServiceProbe* expected =
        services::probe_for(set_, task_.protocol, task_.port, tls_, task_.expected);
    if (expected != nullptr && !expected->listens() && !may_send()) expected = nullptr;
    if (!task_.programs.empty()) co_await call(task_.programs, world_.patience.expected);
    deadline_ = by(world_.patience.expected + world_.patience.search);
    if (!finished()) co_await ask_what_is_expected(expected);
    if (!finished()) co_await search();
    if (found_tls()) {
      co_await begin_again(true, expected);
    } else if (tls_ && !heard_->certificate && reachable_) {
      co_await begin_again(false, expected);
    }
    const ServiceAnswer answer = answer_so_far();
    heard_->close_all();
    if (is_rpc_name(heard_->best.name) && !called_ && !within_tls()) co_await call_well_known();
    outcome_.task = task_.id;
    conclude(answer);
    if (wants_keys() && outcome_.service.name == kSsh) {
      co_await prove_keys();
    } else if (task_.checks_twice && heard_->sure() && heard_->told_by != nullptr) {
      co_await look_again();
    }
    tell_what_is_odd();
    co_return std::move(outcome_);
  }

 private:
  bool finished() const {
    return heard_->sure() || !reachable_ || ended_at_once_ || told_by_closing_;
  }
  bool within_tls() const { return tls_ && heard_->certificate.has_value(); }
  bool found_tls() const { return !tls_ && heard_->best.name == kTls; }

  bool wants_keys() const {
    return task_.wants_keys && task_.protocol == Protocol::tcp && !within_tls();
  }

  bool may_send() const {
    return task_.may_probe && !set_.excluded.of(task_.protocol).contains(task_.port);
  }

  TimePoint by(milliseconds patience) const {
    return std::min(latest_, steady_clock::now() + patience);
  }

  ServiceAnswer answer_so_far() const {
    if (spoke_ || heard_->anything || heard_->certificate) return ServiceAnswer::spoke;
    if (!connected_) return ServiceAnswer::unreachable;
    if (heard_->held > 0) return ServiceAnswer::silent;
    // A datagram socket "connects" to anything; what ends it is the word that nobody is there.
    return task_.protocol == Protocol::udp ? ServiceAnswer::unreachable : ServiceAnswer::hung_up;
  }

  void conclude(ServiceAnswer answer) {
    Service& service = outcome_.service;
    std::vector<RpcProgram> programs = std::move(service.programs);
    service = heard_->best;
    service.programs = std::move(programs);
    service.answer = answer;
    service.tls = within_tls();
    service.banner = heard_->banner.substr(0, kMostBannerBytes);
    if (heard_->certificate) {
      service.certificate_sha256 = heard_->certificate->sha256;
      service.public_key_sha256 = heard_->certificate->public_key_sha256;
    }
  }

  /// What is only customary on the port is not waited for any longer than anything else.
  milliseconds patience_with(const ServiceProbe& probe) const {
    return services::can_tell(set_, probe, task_.expected) ? world_.patience.expected
                                                           : world_.patience.answer;
  }

  asio::awaitable<void> ask_what_is_expected(const ServiceProbe* expected) {
    if (services::tells_by_closing(task_.expected) && !tls_) {
      co_await ask_for_closing();
      co_return;
    }
    if (expected == nullptr) co_return;
    if (task_.expected == kSsh && expected->listens() && wants_keys() && !tls_) {
      co_await greet_as_ssh(*expected);
    } else {
      co_await ask(*expected, patience_with(*expected));
    }
  }

  /// That it is expected is reason enough to send one message to a port that gets none by custom:
  /// a connection without one is the same line in its log.
  asio::awaitable<void> ask_for_closing() {
    const ServiceProbe* const probe = set_.find(Protocol::tcp, services::kClosersProbe);
    if (probe == nullptr || !task_.may_probe || task_.protocol != Protocol::tcp) co_return;
    co_await ask(*probe, world_.patience.expected);
    told_by_closing_ = connected_ && !heard_->anything && heard_->held == 0;
    if (!told_by_closing_) co_return;
    spoke_ = true;
    heard_->best.name = task_.expected;
    heard_->best.match = ServiceMatch::soft;
    outcome_.note = "ends the conversation with a stranger without a word, as it should";
  }

  /// What does not greet as an SSH server keeps its first connection: some services have one only.
  asio::awaitable<void> greet_as_ssh(const ServiceProbe& listening) {
    auto ssh = std::make_unique<SshDialogue>(world_, task_.id, latest_);
    const auto said = co_await ssh->first_words();
    if (!said) {
      no_connection(said.error());
      co_return;
    }
    connected_ = true;
    if (!ssh_greeting(*said).empty()) {
      asked_.insert(&listening);
      heard_->take(world_.matcher, listening, *said);
      if (heard_->best.name == kSsh) ssh_ = std::move(ssh);
      co_return;
    }
    at_hand_ = ssh->take_first();
    ssh.reset();
    if (!said->empty()) co_await ask(listening, world_.patience.expected);
  }

  /// Within TLS what seemed to be none, or the other way round.
  asio::awaitable<void> begin_again(bool tls, const ServiceProbe* expected) {
    spoke_ = spoke_ || heard_->anything;
    heard_->close_all();
    const Service before = heard_->best;
    heard_ = std::make_shared<Heard>(world_.io);
    asked_.clear();
    silent_.reset();
    tls_ = tls;
    ended_at_once_ = false;
    deadline_ = by(world_.patience.search);
    if (expected != nullptr) co_await ask(*expected, world_.patience.answer);
    if (!finished()) co_await search();
    if (tls && !heard_->certificate && heard_->best.name.empty()) heard_->best = before;
  }

  /// What is known of nothing: listened to first, and then asked.
  asio::awaitable<void> search() {
    deadline_ = std::min(deadline_, by(world_.patience.search));
    for (const ServiceProbe* probe :
         services::search_order(set_, task_.protocol, task_.port, tls_)) {
      if (finished() || no_more_ || steady_clock::now() >= deadline_) break;
      if (asked_.contains(probe) || (!probe->listens() && !may_send())) continue;
      if (!heard_->best.name.empty() && !can_refine(*probe)) continue;
      co_await ask(*probe, probe->listens() ? world_.patience.greeting : world_.patience.answer);
    }
    // Of what has a name, rarer questions may tell more.
    for (const ServiceProbe& probe : set_.probes) {
      if (finished() || no_more_ || heard_->best.name.empty() || steady_clock::now() >= deadline_) {
        break;
      }
      if (probe.protocol != task_.protocol || asked_.contains(&probe) || !may_send() ||
          probe.rarity > kMostRarityOnceNamed || probe.payload.empty() || !can_refine(probe)) {
        continue;
      }
      co_await ask(probe, world_.patience.answer);
    }
    // An answer may still be under way.
    if (!finished() && heard_->best.name.empty() && heard_->held > 0) {
      co_await wait_until(*heard_, deadline_);
    }
  }

  /// A name that is sure needs only the probes that can say more of it.
  bool can_refine(const ServiceProbe& probe) const {
    return heard_->best.name != kTls && services::can_tell(set_, probe, heard_->best.name);
  }

  /// Sends, and waits for `slice` at most; its connection goes on listening. What has been listened
  /// to and is silent is asked over the same connection: some services have no other one to give.
  asio::awaitable<void> ask(const ServiceProbe& probe, milliseconds slice) {
    asked_.insert(&probe);
    std::shared_ptr<Exchange> exchange;
    if (silent_ && !silent_->over && !heard_->anything) exchange = std::move(silent_);
    silent_.reset();
    if (exchange) {
      exchange->probe = &probe;
    } else {
      exchange = co_await begin(probe, slice);
      if (!exchange) co_return;
    }
    const TimePoint end = std::min(deadline_, steady_clock::now() + slice);
    if (!probe.payload.empty()) note_sent(probe.payload);
    const bool sent = co_await exchange->conversation->send(probe.payload, end);
    if (!sent) co_return;
    co_await wait_until(*heard_, end, &exchange->over);
    if (!probe.listens()) co_return;
    if (!exchange->over) silent_ = exchange;
    if (exchange->over && !heard_->anything) ended_at_once_ = true;
  }

  /// A new connection that is read from now on; null where there is none. `slice` grows by what the
  /// way there and back takes.
  asio::awaitable<std::shared_ptr<Exchange>> begin(const ServiceProbe& probe, milliseconds& slice) {
    std::optional<Link> link = std::exchange(at_hand_, {});
    if (!link) {
      if (steady_clock::now() >= latest_) co_return nullptr;
      auto made = co_await world_.connect(task_.id);
      if (!made) {
        no_connection(made.error());
        co_return nullptr;
      }
      link = std::move(*made);
    }
    connected_ = true;
    ++heard_->held;
    auto exchange = std::make_shared<Exchange>();
    exchange->conversation =
        std::make_shared<Conversation>(world_.io, std::move(link->socket),
                                       [&world = world_, id = task_.id] { world.reading(id); });
    exchange->probe = &probe;
    heard_->conversations.push_back(exchange->conversation);
    slice += std::chrono::duration_cast<milliseconds>(4 * link->round_trip);
    if (tls_) {
      const bool begun = co_await begin_tls(*exchange->conversation, steady_clock::now() + slice);
      if (!begun) co_return nullptr;
    }
    asio::co_spawn(world_.io, listen(world_, heard_, exchange, deadline_), asio::detached);
    co_return exchange;
  }

  /// A service that has connections, and no further one, is asked no more; but what it has may
  /// still be answered.
  void no_connection(const Error& error) {
    no_more_ = true;
    reachable_ = connected_;
    if (outcome_.note.empty()) outcome_.note = printable(error.message());
  }

  asio::awaitable<bool> begin_tls(Conversation& conversation, TimePoint end) {
    const TimePoint patient =
        std::max(end, std::min(deadline_, steady_clock::now() + world_.patience.expected));
    const bool begun = co_await conversation.start_tls(world_.tls, patient);
    if (!begun) {
      if (steady_clock::now() < patient) --heard_->held;
      co_return false;
    }
    heard_->certificate = conversation.certificate();
    co_return true;
  }

  /// What answers is known by its programs, where they answer.
  asio::awaitable<void> call(const std::vector<std::uint32_t>& programs, milliseconds first) {
    if (called_ || !may_send() || tls_) co_return;
    RpcTold told = co_await call_programs(world_, task_, programs, by(first),
                                          by(first + world_.patience.search));
    for (const std::string& message : told.sent) note_sent(message);
    connected_ = connected_ || told.connected;
    spoke_ = spoke_ || told.anything;
    if (!told.connected) reachable_ = false;
    if (!told.connected && outcome_.note.empty()) outcome_.note = printable(told.why);
    if (!told.registered.empty()) {
      outcome_.note = printable("has registered: " + told.registered, kLongestNote);
    }
    if (told.programs.empty()) co_return;
    called_ = true;
    name_by_programs(told);
    outcome_.service.programs = std::move(told.programs);
  }

  asio::awaitable<void> call_well_known() {
    std::vector<std::uint32_t> programs;
    for (const RpcName& known : kRpcNames) programs.push_back(known.number);
    // The question's own have been called.
    std::erase_if(programs, [this](std::uint32_t program) {
      return std::ranges::find(task_.programs, program) != task_.programs.end();
    });
    const bool reachable = reachable_;
    const std::string note = outcome_.note;
    co_await call(programs, world_.patience.expected);
    reachable_ = reachable;
    if (outcome_.service.programs.empty()) outcome_.note = note;
  }

  void name_by_programs(const RpcTold& told) {
    const auto has = [&](const RpcName& known) {
      return std::ranges::find(told.programs, known.number, &RpcProgram::number) !=
             told.programs.end();
    };
    const auto* const known = std::ranges::find_if(kRpcNames, has);
    const RpcProgram& program =
        known == std::end(kRpcNames)
            ? told.programs.front()
            : *std::ranges::find(told.programs, known->number, &RpcProgram::number);
    const std::string_view name = rpc_name(program.number);
    Service& best = heard_->best;
    if (best.name != name || best.info.empty()) {
      best = Service{};
      best.name = name;
      best.info =
          fmt::format("RPC #{}; versions {}-{}", program.number, program.lowest, program.highest);
    }
    best.match = ServiceMatch::hard;
    heard_->told_by = nullptr;  // each program has answered for itself
    heard_->anything = true;
    if (heard_->banner.empty()) heard_->banner = told.banner;
  }

  /// Keys, each proven by a signature, and the greeting of each connection beside the first one's.
  asio::awaitable<void> prove_keys() {
    for (const char* algorithm : kHostkeyAlgorithms) {
      note_sent(fmt::format("(key exchange, {})", algorithm));
    }
    if (!ssh_) ssh_ = std::make_unique<SshDialogue>(world_, task_.id, latest_);
    const std::string greeting(ssh_greeting(heard_->banner));
    SshTold told = co_await ssh_->keys(greeting);
    Service& service = outcome_.service;
    service.hostkeys = std::move(told.keys);
    if (!told.other.empty()) {
      service.doubt = ServiceDoubt::two_answers;
      outcome_.note = printable(
          fmt::format("one connection is greeted with {}, another with {}", greeting, told.other));
    }
    if (service.hostkeys.empty()) {
      service.match = ServiceMatch::soft;
      service.doubt = ServiceDoubt::no_key_exchange;
      outcome_.note =
          printable(fmt::format("says that it is ssh, and exchanges no keys: {}",
                                told.why.empty() ? "no key of a type that is known" : told.why));
    }
  }

  /// The question that was answered, over another connection. Who has none to give, or does not
  /// answer twice, contradicts nothing.
  asio::awaitable<void> look_again() {
    const std::shared_ptr<Heard> first = std::exchange(heard_, std::make_shared<Heard>(world_.io));
    std::string note = outcome_.note;
    silent_.reset();
    deadline_ = by(world_.patience.expected);
    co_await ask(*first->told_by, world_.patience.expected);
    heard_->close_all();
    outcome_.note = std::move(note);
    const Service second = std::exchange(heard_, first)->best;
    ended_at_once_ = false;
    if (!contradict(first->best, second)) co_return;
    outcome_.service.doubt = ServiceDoubt::two_answers;
    outcome_.note = printable(fmt::format("says to one connection {}, to another {}",
                                          conclusion(first->best), conclusion(second)));
  }

  void tell_what_is_odd() {
    if (!outcome_.note.empty()) return;
    if (heard_->limited)
      outcome_.note = "a signature was given up: the answer takes too long to match";
    if (ended_at_once_) outcome_.note = "ends connections without a word";
  }

  void note_sent(std::string_view bytes) {
    if (outcome_.sent.size() < kMostSentPieces) outcome_.sent.emplace_back(bytes);
  }

  DialogueWorld& world_;
  Task task_;
  std::shared_ptr<Heard> heard_;
  const services::ProbeSet& set_;
  Outcome outcome_;
  std::set<const ServiceProbe*> asked_;
  TimePoint deadline_{};
  const TimePoint latest_;            // nothing is begun after it
  std::shared_ptr<Exchange> silent_;  // it was listened to, and nothing else was done with it
  std::optional<Link> at_hand_;       // a connection of which nothing was read
  std::unique_ptr<SshDialogue> ssh_;
  bool tls_ = false;
  bool called_ = false;     // programs have answered
  bool spoke_ = false;      // before it was begun again
  bool connected_ = false;  // at least once
  bool no_more_ = false;    // no further connection
  bool reachable_ = true;
  bool ended_at_once_ = false;
  bool told_by_closing_ = false;
};

}  // namespace

asio::awaitable<Outcome> run_dialogue(DialogueWorld& world, Task task) {
  Dialogue dialogue(world, std::move(task));
  co_return co_await dialogue.run();
}

}  // namespace lockstep::dialogue
