// What may be an SSH server, spoken to over several connections side by side: one for each type of
// host key. The first of them also tells what listens there, and can be had back if it is something
// else.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialogue/dialogue.h"
#include "dialogue/ssh_keys.h"

namespace lockstep::dialogue {

struct SshTold {
  std::vector<ServiceKey> keys;  ///< by type
  std::string why;               ///< an exchange came to nothing; may be empty
  std::string other;             ///< what a connection was greeted with that was greeted otherwise
};

/// Connections are begun at once. Those that are left when it goes are ended.
class SshDialogue {
 public:
  /// `world` outlives it, and the moment that its connections take to end. What is not greeted by
  /// `latest` is not waited for.
  SshDialogue(DialogueWorld& world, std::uint32_t task, TimePoint latest);
  ~SshDialogue();
  SshDialogue(const SshDialogue&) = delete;
  SshDialogue& operator=(const SshDialogue&) = delete;

  /// What the first connection has said when it is a greeting, when it cannot become one, or after
  /// Patience::expected. Errors: why it was not made.
  asio::awaitable<Result<std::string>> first_words();
  /// The first connection, of which nothing was read. Only where first_words() are no greeting.
  std::optional<Link> take_first();

  /// Waits for all exchanges; what is greeted otherwise than by `greeting` (ssh_greeting()) is
  /// told.
  asio::awaitable<SshTold> keys(std::string_view greeting);

 private:
  struct State;

  static asio::awaitable<void> exchange(DialogueWorld& world, std::uint32_t task, std::size_t index,
                                        const char* algorithms, TimePoint latest,
                                        std::shared_ptr<State> state);
  void begin(std::size_t index, const char* algorithms);

  DialogueWorld& world_;
  std::uint32_t task_;
  TimePoint latest_;
  std::shared_ptr<State> state_;
};

}  // namespace lockstep::dialogue
