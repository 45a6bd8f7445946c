#include "inventory/groups/groups_conf.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace lockstep {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::unexpected<Error> fail_at(std::size_t line, std::string_view message) {
  return fail(ErrorKind::invalid, fmt::format("line {}: {}", line, message));
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

class Parser {
 public:
  Result<void> add_line(std::string_view line) {
    ++line_;
    const std::string_view content = trimmed(line);
    if (content.empty()) return {};
    if (content[0] == '#' || content[0] == ';') return {};
    if (is_space(line[0]) && open_ != nullptr) {
      open_->value += '\n';
      open_->value += content;
      return {};
    }
    return content[0] == '[' ? add_section(content) : add_option(content);
  }

  std::vector<ConfSection> take() { return std::move(sections_); }

 private:
  Result<void> add_section(std::string_view content) {
    const std::size_t end = content.find(']');
    if (end == std::string_view::npos) return fail_at(line_, "\"[\" without \"]\"");
    const std::string name(content.substr(1, end - 1));
    if (std::ranges::find(sections_, name, &ConfSection::name) != sections_.end()) {
      return fail_at(line_, fmt::format("the section [{}] appears twice", name));
    }
    sections_.push_back({name, line_, {}});
    open_ = nullptr;
    return {};
  }

  Result<void> add_option(std::string_view content) {
    const std::size_t end = content.find_first_of(":=");
    if (end == std::string_view::npos || end == 0) {
      return fail_at(line_, fmt::format("{} is neither \"key: value\" nor \"[section]\"",
                                        quoted(content, 40)));
    }
    if (sections_.empty()) return fail_at(line_, "an option before the first [section]");
    const std::string key = lower(trimmed(content.substr(0, end)));
    const auto [option, added] = sections_.back().options.emplace(
        key, ConfOption{std::string(trimmed(content.substr(end + 1))), line_});
    if (!added) return fail_at(line_, fmt::format("the option {} appears twice", quoted(key)));
    open_ = &option->second;
    return {};
  }

  std::size_t line_ = 0;
  std::vector<ConfSection> sections_;
  ConfOption* open_ = nullptr;  // in the last section: what a continuation line belongs to
};

}  // namespace

Result<std::vector<ConfSection>> parse_conf(std::string_view text) {
  Parser parser;
  for (const std::string_view line : split(text, '\n')) LOCKSTEP_CHECK(parser.add_line(line));
  return parser.take();
}

Result<std::vector<std::string>> shell_words(std::string_view text) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && is_space(c)) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      words.back() += text[++i];
    } else {
      words.back() += c;
    }
  }
  if (quote != '\0') {
    return fail(ErrorKind::invalid, fmt::format("{}: a quote that never closes", quoted(text)));
  }
  return words;
}

std::string substituted(std::string_view text, const std::map<std::string, std::string>& values) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      result += text[i];
      continue;
    }
    if (text.substr(i).starts_with("$$")) {
      result += '$';
      ++i;
      continue;
    }
    const bool braced = text.substr(i).starts_with("${");
    const std::size_t begin = i + (braced ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() && is_name(text[end])) ++end;
    const auto value = values.find(std::string(text.substr(begin, end - begin)));
    const bool closed = !braced || (end < text.size() && text[end] == '}');
    if (value == values.end() || !closed) {
      result += '$';
      continue;
    }
    result += value->second;
    i = braced ? end : end - 1;
  }
  return result;
}

}  // namespace lockstep
