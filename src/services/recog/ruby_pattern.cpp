#include "services/recog/ruby_pattern.h"

#include <algorithm>

namespace lockstep::services {
namespace {

constexpr std::string_view kHexadecimal = "0-9A-Fa-f";

class Translator {
 public:
  explicit Translator(std::string_view pattern) : rest_(pattern) {}

  Result<std::string> run() {
    while (!rest_.empty()) LOCKSTEP_CHECK(take_piece());
    return std::move(result_);
  }

 private:
  Result<void> take_piece() {
    if (rest_[0] == '\\') {
      take_escape();
    } else if (rest_[0] == '[') {
      return take_class();
    } else if (rest_.starts_with("(?")) {
      take_options();
    } else if (rest_.starts_with("{,")) {
      result_ += "{0";
      rest_.remove_prefix(1);
    } else {
      copy(1);
    }
    return {};
  }

  void copy(std::size_t length) {
    result_ += rest_.substr(0, length);
    rest_.remove_prefix(std::min(length, rest_.size()));
  }

  void take_escape() {
    if (rest_.starts_with("\\h") || rest_.starts_with("\\H")) {
      result_ += rest_[1] == 'h' ? "[" : "[^";
      result_ += kHexadecimal;
      result_ += ']';
      rest_.remove_prefix(2);
    } else {
      copy(2);
    }
  }

  Result<void> take_class() {
    copy(1);
    if (rest_.starts_with('^')) copy(1);
    if (rest_.starts_with(']')) copy(1);
    while (!rest_.empty() && rest_[0] != ']') {
      if (rest_.starts_with("\\h")) {
        result_ += kHexadecimal;
        rest_.remove_prefix(2);
      } else if (const std::size_t end = rest_.find(":]");
                 rest_.starts_with("[:") && end != rest_.npos) {
        copy(end + 2);
      } else if (rest_[0] == '[' || rest_.starts_with("&&") || rest_.starts_with("\\H")) {
        return fail(ErrorKind::unsupported, "a class of characters within another, as Ruby has it");
      } else {
        copy(rest_[0] == '\\' ? 2 : 1);
      }
    }
    copy(1);
    return {};
  }

  /// "(?", and what of "(?mi-x:" or "(?mi)" is of options.
  void take_options() {
    copy(2);
    const std::size_t end = rest_.find_first_not_of("imx-");
    if (end == rest_.npos || (rest_[end] != ')' && rest_[end] != ':')) return;
    std::string options(rest_.substr(0, end));
    std::ranges::replace(options, 'm', 's');
    result_ += options;
    rest_.remove_prefix(end);
  }

  std::string_view rest_;
  std::string result_ = "(?m)";
};

}  // namespace

Result<std::string> from_ruby(std::string_view pattern) {
  return Translator(pattern).run();
}

}  // namespace lockstep::services
