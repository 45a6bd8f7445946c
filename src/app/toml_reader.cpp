#include "app/toml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"

namespace lockstep {
namespace {

constexpr std::size_t kMostProblemsShown = 20;
// Longer ones are no slip of the finger, and the search for a likeness costs their length.
constexpr std::size_t kLongestMistypedKey = 64;

/// A key as it stands in a file: bare where TOML allows that, in quotes otherwise.
std::string shown(std::string_view key) {
  const auto is_bare = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  const bool bare =
      !key.empty() && key.size() <= kLongestMistypedKey && std::ranges::all_of(key, is_bare);
  return bare ? std::string(key) : quoted(key);
}

std::string wrong_type(const TomlValue& value, std::string_view wanted) {
  return fmt::format("is {}; write {}", type_name(value), wanted);
}

}  // namespace

void TomlProblems::add(TomlPosition where, std::string message) {
  if (!full()) first_.push_back({where, std::move(message)});
  ++count_;
}

bool TomlProblems::full() const {
  return first_.size() == kMostProblemsShown;
}

Error TomlProblems::error() const {
  std::vector<Problem> sorted = first_;
  std::ranges::sort(sorted);
  std::string text;
  for (const Problem& problem : sorted) {
    if (!text.empty()) text += '\n';
    text += fmt::format("{}:{}:{}: {}", path_, problem.where.line, problem.where.column,
                        problem.message);
  }
  if (count_ > first_.size()) {
    text += fmt::format("\n{}: and {} more; correct these first", path_,
                        with_thousands(count_ - first_.size()));
  }
  return {ErrorKind::invalid, std::move(text)};
}

std::vector<std::string_view> TomlReader::all_keys() const {
  std::vector<std::string_view> keys;
  for (const TomlEntry& entry : table_.entries) keys.push_back(entry.key);
  return keys;
}

void TomlReader::require(std::string_view key, std::string_view example) {
  if (has(key)) return;
  problems_.add(table_.where,
                fmt::format("{} lacks {}; write, for example, {}", name_, key, example));
}

void TomlReader::problem(std::string_view key, std::string_view message) {
  const TomlValue* const value = ask(key);
  report(value == nullptr ? "" : key, value == nullptr ? table_.where : value->where, message);
}

void TomlReader::finish() {
  if (skipped_) return;
  for (const TomlEntry& entry : table_.entries) {
    if (std::ranges::find(known_, entry.key) != known_.end()) continue;
    problems_.add(entry.where, problems_.full() ? "" : unknown_key(entry.key));
  }
}

std::string TomlReader::unknown_key(std::string_view key) const {
  const std::string what = name_.empty()
                               ? fmt::format("there is no setting or table {}", shown(key))
                               : fmt::format("{} has no key {}", name_, shown(key));
  const std::string_view likely = key.size() > kLongestMistypedKey ? "" : nearest(key, known_);
  if (likely.empty()) return fmt::format("{}; known are {}", what, fmt::join(known_, ", "));
  return fmt::format("{}; did you mean {}?", what, likely);
}

const TomlValue* TomlReader::ask(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
  return table_.find(key);
}

const TomlArray* TomlReader::ask_list(std::string_view key) {
  const TomlValue* const value = ask(key);
  if (value == nullptr) return nullptr;
  const auto* const items = std::get_if<TomlArray>(&value->value);
  if (items == nullptr) report(key, value->where, wrong_type(*value, "a list, such as [\"...\"]"));
  return items;
}

const TomlTable* TomlReader::ask_table(std::string_view key) {
  const TomlValue* const value = ask(key);
  return value == nullptr ? nullptr : as_table(key, *value);
}

const TomlTable* TomlReader::as_table(std::string_view key, const TomlValue& value) const {
  const auto* const inner = std::get_if<TomlTable>(&value.value);
  if (inner == nullptr) {
    report(key, value.where, wrong_type(value, fmt::format("a table, [{}]", path_of(key))));
  }
  return inner;
}

std::vector<const TomlTable*> TomlReader::ask_tables(std::string_view key) {
  std::vector<const TomlTable*> result;
  const TomlValue* const value = ask(key);
  if (value == nullptr) return result;
  const std::string wanted = fmt::format("tables, each under [[{}]]", path_of(key));
  const auto* const items = std::get_if<TomlArray>(&value->value);
  if (items == nullptr) {
    report(key, value->where, wrong_type(*value, wanted));
    return result;
  }
  for (const TomlValue& item : *items) {
    const auto* const inner = std::get_if<TomlTable>(&item.value);
    if (inner == nullptr) {
      report(key, item.where, wrong_type(item, wanted));
    } else {
      result.push_back(inner);
    }
  }
  return result;
}

void TomlReader::report(std::string_view key, TomlPosition where, std::string_view message) const {
  std::string subject = name_;
  if (!key.empty()) subject += (subject.empty() ? "" : " ") + shown(key);
  problems_.add(where, fmt::format("{}: {}", subject, message));
}

std::string TomlReader::path_of(std::string_view key) const {
  if (name_.empty()) return shown(key);
  return name_.substr(1, name_.size() - 2) + "." + shown(key);
}

Result<std::string> toml_text(const TomlValue& value) {
  const auto* const text = std::get_if<std::string>(&value.value);
  if (text == nullptr) return fail(ErrorKind::invalid, wrong_type(value, "text, in quotes"));
  return *text;
}

Result<bool> toml_bool(const TomlValue& value) {
  const auto* const flag = std::get_if<bool>(&value.value);
  if (flag == nullptr) return fail(ErrorKind::invalid, wrong_type(value, "true or false"));
  return *flag;
}

Result<std::int64_t> toml_integer(const TomlValue& value, std::int64_t least, std::int64_t most) {
  const auto* const number = std::get_if<std::int64_t>(&value.value);
  const std::string wanted = fmt::format("a whole number from {} to {}", least, most);
  if (number == nullptr) return fail(ErrorKind::invalid, wrong_type(value, wanted));
  if (*number < least || *number > most) {
    return fail(ErrorKind::invalid, fmt::format("is {}; write {}", *number, wanted));
  }
  return *number;
}

}  // namespace lockstep
