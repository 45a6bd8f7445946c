// Errors as values. A function that can fail returns Result<T>:
//
//   Result<Port> parse_port(std::string_view text);
//
//   auto port = parse_port(text);
//   if (!port) return std::unexpected(port.error().within("in [scan] ports"));
//
//   LOCKSTEP_TRY(const Port port, parse_port(text));   // the same, without the context
//   LOCKSTEP_CHECK(store.commit());                    // for Result<void>
//
// Exceptions stay at the edges of libraries: catch them where the library is called and
// return an Error. Assertions are for our own mistakes, never for input.

#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace lockstep {

/// What the caller can do next.
enum class ErrorKind {
  invalid,      ///< the input is wrong: correct it and call again
  not_found,    ///< the thing named does not exist
  denied,       ///< a right is missing, or a rule forbids it
  unavailable,  ///< may work later: busy, unreachable, full
  corrupt,      ///< data that should be ours is not well formed
  unsupported,  ///< this machine or build cannot do it
};

std::string_view to_string(ErrorKind kind);

/// A failure, told to a person: where, what, and what to do about it.
class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }

  /// The same error seen from further out: "CONTEXT: MESSAGE".
  Error within(std::string_view context) const;

 private:
  ErrorKind kind_;
  std::string message_;
};

template <typename T>
using Result = std::expected<T, Error>;

/// An error of the given kind, ready to be returned from any Result function.
inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error(kind, std::move(message)));
}

/// An error from errno: "ACTION: strerror". EPERM and EACCES are `denied`; ENOENT, ENODEV and
/// ENXIO `not_found`; the rest `unavailable`.
Error system_error(int errno_value, std::string_view action);

}  // namespace lockstep

#define LOCKSTEP_CONCAT_INNER(a, b) a##b
#define LOCKSTEP_CONCAT(a, b) LOCKSTEP_CONCAT_INNER(a, b)

/// Evaluates a Result<T>; returns its error from the enclosing function or assigns its value.
#define LOCKSTEP_TRY(declaration, expression) \
  LOCKSTEP_TRY_INNER(declaration, expression, LOCKSTEP_CONCAT(lockstep_result_, __LINE__))
#define LOCKSTEP_TRY_INNER(declaration, expression, result)       \
  auto result = (expression);                                     \
  if (!result) return std::unexpected(std::move(result).error()); \
  declaration = std::move(*result)

/// Evaluates a Result<void>; returns its error from the enclosing function.
#define LOCKSTEP_CHECK(expression)                             \
  if (auto lockstep_checked = (expression); !lockstep_checked) \
  return std::unexpected(std::move(lockstep_checked).error())
