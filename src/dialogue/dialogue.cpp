#include "dialogue/dialogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <set>
#include <vector>

#include "dialogue/conversation.h"
#include "dialogue/ssh_keys.h"
#include "services/probe_order.h"

namespace lockstep::dialogue {
namespace {

using services::ServiceProbe;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// More of an answer is not read: what tells a service stands at its front.
constexpr std::size_t kMostAnswerBytes = 65536;
constexpr unsigned kMostRarityOnceNamed = 8;
constexpr std::string_view kTls = "ssl";  // the name of signatures that tell TLS itself

std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, 160)) result += c >= ' ' && c <= '~' ? c : '.';
  return result;
}

/// What all connections of one dialogue have heard.
struct Heard {
  explicit Heard(asio::io_context& io) : changed(io, TimePoint::max()) {}

  Service best;
  std::string banner;
  std::optional<Certificate> certificate;
  bool limited = false;   // a pattern was given up at a limit
  bool anything = false;  // a byte came
  unsigned held = 0;      // connections that the other side has not ended
  std::vector<std::weak_ptr<Conversation>> conversations;
  asio::steady_timer changed;  // cancelled at each change: it is a condition to wait for

  bool sure() const { return best.match == ServiceMatch::hard; }
  void notify() { changed.cancel(); }
};

/// One connection, and what was asked over it last.
struct Exchange {
  std::shared_ptr<Conversation> conversation;
  const ServiceProbe* probe = nullptr;
  bool over = false;  // it has said what it wanted to
};

class Dialogue {
 public:
  Dialogue(DialogueWorld& world, Task task)
      : world_(world),
        task_(std::move(task)),
        heard_(std::make_shared<Heard>(world.io)),
        set_(world.matcher.probes()) {}

  asio::awaitable<Outcome> run() {
    tls_ = task_.expects_tls;
    const ServiceProbe* expected =
        services::probe_for(set_, task_.protocol, task_.port, tls_, task_.expected);
    if (expected != nullptr && !expected->listens() && !may_send()) expected = nullptr;
    deadline_ = steady_clock::now() + world_.patience.expected + world_.patience.search;
    if (expected != nullptr) co_await ask(*expected, patience_with(*expected));
    if (!finished()) co_await search();
    if (found_tls()) {
      co_await begin_again(true, expected);
    } else if (tls_ && !heard_->certificate && reachable_) {
      co_await begin_again(false, expected);
    }
    const ServiceAnswer answer = answer_so_far();
    close_all();
    outcome_.task = task_.id;
    outcome_.service = heard_->best;
    outcome_.service.answer = answer;
    outcome_.service.tls = tls_ && heard_->certificate.has_value();
    outcome_.service.banner = heard_->banner.substr(0, kMostBannerBytes);
    if (heard_->certificate) {
      outcome_.service.certificate_sha256 = heard_->certificate->sha256;
      outcome_.service.public_key_sha256 = heard_->certificate->public_key_sha256;
    }
    if (outcome_.service.name == "ssh" && task_.wants_keys && !outcome_.service.tls &&
        task_.protocol == Protocol::tcp) {
      co_await read_host_keys();
    }
    tell_what_is_odd();
    co_return std::move(outcome_);
  }

 private:
  ServiceAnswer answer_so_far() const {
    if (spoke_ || heard_->anything || heard_->certificate) return ServiceAnswer::spoke;
    if (!connected_) return ServiceAnswer::unreachable;
    if (heard_->held > 0) return ServiceAnswer::silent;
    // A datagram socket "connects" to anything; what ends it is the word that nobody is there.
    return task_.protocol == Protocol::udp ? ServiceAnswer::unreachable : ServiceAnswer::hung_up;
  }

  bool finished() const { return heard_->sure() || !reachable_ || ended_at_once_; }

  /// What is only customary on the port is not waited for any longer than anything else.
  milliseconds patience_with(const ServiceProbe& probe) const {
    return services::can_tell(set_, probe, task_.expected) ? world_.patience.expected
                                                           : world_.patience.answer;
  }

  bool found_tls() const { return !tls_ && heard_->best.name == kTls; }

  /// Within TLS what seemed to be none, or the other way round.
  asio::awaitable<void> begin_again(bool tls, const ServiceProbe* expected) {
    spoke_ = spoke_ || heard_->anything;
    close_all();
    const Service before = heard_->best;
    heard_ = std::make_shared<Heard>(world_.io);
    asked_.clear();
    silent_.reset();
    tls_ = tls;
    ended_at_once_ = false;
    deadline_ = steady_clock::now() + world_.patience.search;
    if (expected != nullptr) co_await ask(*expected, world_.patience.answer);
    if (!finished()) co_await search();
    if (tls && !heard_->certificate && heard_->best.name.empty()) heard_->best = before;
  }

  /// What is known of nothing: listened to first, and then asked.
  asio::awaitable<void> search() {
    const TimePoint end = steady_clock::now() + world_.patience.search;
    deadline_ = std::min(deadline_, end);
    for (const ServiceProbe* probe :
         services::search_order(set_, task_.protocol, task_.port, tls_)) {
      if (finished() || steady_clock::now() >= deadline_) co_return;
      if (asked_.contains(probe) || (!probe->listens() && !may_send())) continue;
      if (!heard_->best.name.empty() && !can_refine(*probe)) continue;
      co_await ask(*probe, probe->listens() ? world_.patience.greeting : world_.patience.answer);
    }
    // Of what has a name, rarer questions may tell more.
    for (const ServiceProbe& probe : set_.probes) {
      if (finished() || heard_->best.name.empty() || steady_clock::now() >= deadline_) break;
      if (probe.protocol != task_.protocol || asked_.contains(&probe) || !may_send() ||
          probe.rarity > kMostRarityOnceNamed || probe.payload.empty() || !can_refine(probe)) {
        continue;
      }
      co_await ask(probe, world_.patience.answer);
    }
    // An answer may still be under way.
    if (heard_->best.name.empty()) co_await wait_until(deadline_);
  }

  /// A name that is sure needs only the probes that can say more of it.
  bool can_refine(const ServiceProbe& probe) const {
    return heard_->best.name != kTls && services::can_tell(set_, probe, heard_->best.name);
  }

  bool may_send() const {
    return task_.may_probe && !set_.excluded.of(task_.protocol).contains(task_.port);
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
    co_await wait_until(end, &exchange->over);
    if (!probe.listens()) co_return;
    if (!exchange->over) silent_ = exchange;
    if (exchange->over && !heard_->anything) ended_at_once_ = true;
  }

  /// A new connection that is read from now on; null where there is none. `slice` grows by what the
  /// way there and back takes.
  asio::awaitable<std::shared_ptr<Exchange>> begin(const ServiceProbe& probe, milliseconds& slice) {
    auto link = co_await world_.connect(task_.id);
    if (!link) {
      // A service that takes one connection only is asked no more.
      reachable_ = heard_->anything;
      if (outcome_.note.empty()) outcome_.note = printable(link.error().message());
      co_return nullptr;
    }
    connected_ = true;
    ++heard_->held;
    auto exchange = std::make_shared<Exchange>();
    exchange->conversation = std::make_shared<Conversation>(world_.io, std::move(link->socket));
    exchange->probe = &probe;
    heard_->conversations.push_back(exchange->conversation);
    slice += std::chrono::duration_cast<milliseconds>(4 * link->round_trip);
    if (tls_) {
      const bool begun = co_await begin_tls(*exchange->conversation, steady_clock::now() + slice);
      if (!begun) co_return nullptr;
    }
    asio::co_spawn(world_.io, listen(world_, task_.id, heard_, exchange, deadline_),
                   asio::detached);
    co_return exchange;
  }

  asio::awaitable<bool> begin_tls(Conversation& conversation, TimePoint end) {
    const TimePoint patient =
        std::max(end, std::min(deadline_, steady_clock::now() + world_.patience.expected));
    const bool begun = co_await conversation.start_tls(world_.tls, patient);
    if (!begun) {
      if (steady_clock::now() < patient) --heard_->held;
      co_return false;
    }
    world_.reading(task_.id);
    heard_->certificate = conversation.certificate();
    co_return true;
  }

  /// Reads one connection to its end, and writes down what it tells. Outlives the dialogue by a
  /// moment, so that it has no part of it.
  static asio::awaitable<void> listen(DialogueWorld& world, std::uint32_t id,
                                      std::shared_ptr<Heard> heard,
                                      std::shared_ptr<Exchange> exchange, TimePoint deadline) {
    std::string answer;
    bool quiet = false;
    while (!heard->sure() && answer.size() < kMostAnswerBytes) {
      const TimePoint until = answer.empty() || quiet
                                  ? deadline
                                  : std::min(deadline, steady_clock::now() + world.patience.rest);
      const ReadEnd end = co_await exchange->conversation->read(answer, until);
      if (end == ReadEnd::closed) --heard->held;
      if (end == ReadEnd::closed || (end == ReadEnd::deadline && until == deadline)) break;
      if (end == ReadEnd::deadline) {
        // The next probe may be sent, and this goes on listening.
        quiet = true;
        exchange->over = true;
        heard->notify();
        continue;
      }
      world.reading(id);
      take(world, *heard, *exchange->probe, answer);
      heard->notify();
    }
    exchange->over = true;
    heard->notify();
  }

  static void take(DialogueWorld& world, Heard& heard, const ServiceProbe& probe,
                   std::string_view answer) {
    heard.anything = true;
    if (heard.banner.empty() || answer.starts_with(heard.banner)) heard.banner = answer;
    services::Match match = world.matcher.match(probe, answer);
    heard.limited = heard.limited || match.limited;
    if (match.service.match > heard.best.match) {
      heard.best = std::move(match.service);
      heard.banner = answer;
    }
  }

  /// Until a sure answer, `over`, or `end`.
  asio::awaitable<void> wait_until(TimePoint end, const bool* over = nullptr) {
    while (!heard_->sure() && (over == nullptr || !*over) && steady_clock::now() < end) {
      boost::system::error_code ignored;
      heard_->changed.expires_at(end);
      co_await heard_->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

  void close_all() {
    for (const auto& weak : heard_->conversations) {
      if (const auto conversation = weak.lock()) conversation->close();
    }
    heard_->conversations.clear();
  }

  /// What key exchanges have brought, side by side.
  struct Keys {
    explicit Keys(asio::io_context& io) : changed(io, TimePoint::max()) {}

    std::vector<ServiceKey> found;
    std::string why;  // an exchange came to nothing
    std::size_t left = std::size(kHostkeyAlgorithms);
    asio::steady_timer changed;  // cancelled at each change
  };

  static asio::awaitable<void> read_host_key(DialogueWorld& world, std::uint32_t id,
                                             const char* algorithm, std::shared_ptr<Keys> keys) {
    auto link = co_await world.connect(id);
    if (link) {
      world.reading(id);
      auto key = co_await exchange_keys(world.io, std::move(link->socket), algorithm,
                                        steady_clock::now() + world.patience.key);
      if (key) {
        keys->found.push_back(std::move(*key));
      } else if (key.error().kind() != ErrorKind::not_found) {
        keys->why = key.error().message();
      }
    } else {
      keys->why = link.error().message();
    }
    --keys->left;
    keys->changed.cancel();
  }

  asio::awaitable<void> read_host_keys() {
    const auto keys = std::make_shared<Keys>(world_.io);
    for (const char* algorithm : kHostkeyAlgorithms) {
      note_sent(fmt::format("(key exchange, {})", algorithm));
      asio::co_spawn(world_.io, read_host_key(world_, task_.id, algorithm, keys), asio::detached);
    }
    while (keys->left > 0) {
      boost::system::error_code ignored;
      co_await keys->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    std::ranges::sort(keys->found);
    outcome_.service.hostkeys = std::move(keys->found);
    const std::string& why = keys->why;
    if (outcome_.service.hostkeys.empty()) {
      outcome_.service.match = ServiceMatch::soft;
      outcome_.service.doubt = ServiceDoubt::no_key_exchange;
      outcome_.note = printable(fmt::format("says that it is ssh, and exchanges no keys: {}",
                                            why.empty() ? "no key at all" : why));
    }
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
  std::shared_ptr<Exchange> silent_;  // it was listened to, and nothing else was done with it
  bool tls_ = false;
  bool spoke_ = false;      // before it was begun again
  bool connected_ = false;  // at least once
  bool reachable_ = true;
  bool ended_at_once_ = false;
};

}  // namespace

asio::awaitable<Outcome> run_dialogue(DialogueWorld& world, Task task) {
  Dialogue dialogue(world, std::move(task));
  co_return co_await dialogue.run();
}

}  // namespace lockstep::dialogue
