#include "dialogue/ssh_dialogue.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lockstep::dialogue {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kTypes = std::size(kHostkeyAlgorithms);
constexpr std::size_t kLines = kTypes + 1;  // the last one for rare algorithms

}  // namespace

struct SshDialogue::State {
  explicit State(asio::io_context& io) : changed(io, TimePoint::max()) {}

  struct Line {
    std::shared_ptr<SshLine> open;
    std::string said;
  };

  /// Until `true` holds of something that exchanges change.
  template <typename Condition>
  asio::awaitable<void> wait_for(Condition condition) {
    while (!condition()) {
      boost::system::error_code ignored;
      co_await changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

  std::array<Line, kLines> lines;
  std::optional<Result<std::string>> first_words;
  std::chrono::microseconds round_trip{0};  // of the first
  std::vector<ServiceKey> found;
  std::string why;
  std::size_t left = 0;        // exchanges that go on
  bool over = false;           // nobody waits for them any more
  asio::steady_timer changed;  // cancelled at each change
};

SshDialogue::SshDialogue(DialogueWorld& world, std::uint32_t task, TimePoint latest)
    : world_(world), task_(task), latest_(latest), state_(std::make_shared<State>(world.io)) {
  for (std::size_t i = 0; i < kTypes; ++i) begin(i, kHostkeyAlgorithms[i]);
}

SshDialogue::~SshDialogue() {
  state_->over = true;
  for (const State::Line& line : state_->lines) {
    if (line.open) line.open->cancel();
  }
}

void SshDialogue::begin(std::size_t index, const char* algorithms) {
  ++state_->left;
  asio::co_spawn(world_.io, exchange(world_, task_, index, algorithms, latest_, state_),
                 asio::detached);
}

asio::awaitable<void> SshDialogue::exchange(DialogueWorld& world, std::uint32_t task,
                                            std::size_t index, const char* algorithms,
                                            TimePoint latest, std::shared_ptr<State> state) {
  const std::size_t first = 0;
  State::Line& line = state->lines[index];
  auto link = co_await world.connect(task);
  if (link) {
    const auto open = std::make_shared<SshLine>(world.io, std::move(link->socket),
                                                [&world, task] { world.reading(task); });
    line.open = open;
    if (index == first) state->round_trip = link->round_trip;
    const TimePoint now = steady_clock::now();
    const TimePoint patient = state->over ? now : std::min(latest, now + world.patience.expected);
    line.said = co_await open->listen(patient);
    if (index == first) state->first_words = line.said;
    state->changed.cancel();
    const bool greeted = !ssh_greeting(line.said).empty();
    if (greeted && !state->over) {
      auto key = co_await open->exchange(algorithms, steady_clock::now() + world.patience.key);
      if (key) {
        state->found.push_back(std::move(*key));
      } else if (key.error().kind() != ErrorKind::not_found) {
        state->why = key.error().message();
      }
    } else if (!greeted) {
      state->why = "another connection is not greeted";
    }
    if (index != first || greeted) line.open.reset();
  } else {
    state->why = link.error().message();
    if (index == first) state->first_words = std::unexpected(link.error());
  }
  --state->left;
  state->changed.cancel();
}

asio::awaitable<Result<std::string>> SshDialogue::first_words() {
  co_await state_->wait_for([this] { return state_->first_words.has_value(); });
  co_return *state_->first_words;
}

std::optional<Link> SshDialogue::take_first() {
  State::Line& first = state_->lines.front();
  if (!first.open) return {};
  Link link{.socket = first.open->take(), .round_trip = state_->round_trip};
  first.open.reset();
  return link;
}

asio::awaitable<SshTold> SshDialogue::keys(std::string_view greeting) {
  const std::string greeted(greeting);
  co_await state_->wait_for([this] { return state_->left == 0; });
  if (state_->found.empty() && steady_clock::now() < latest_) {
    // Its keys may be of other types, or it was too busy: once more, and then it is told.
    begin(kTypes, kRareHostkeyAlgorithms);
    co_await state_->wait_for([this] { return state_->left == 0; });
  }
  SshTold told{.keys = std::move(state_->found), .why = std::move(state_->why), .other = {}};
  std::ranges::sort(told.keys);
  for (const State::Line& line : state_->lines) {
    const std::string_view other = ssh_greeting(line.said);
    if (!other.empty() && other != greeted) told.other = other;
  }
  co_return told;
}

}  // namespace lockstep::dialogue
