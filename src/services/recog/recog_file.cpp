#include "services/recog/recog_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <pugixml.hpp>

#include "base/text.h"
#include "services/pattern.h"
#include "services/recog/ruby_pattern.h"

namespace lockstep::services {
namespace {

/// Elements and attributes together: of each the library keeps a multiple of its bytes.
constexpr std::ptrdiff_t kMostMarkup = 1'000'000;
constexpr std::size_t kMostPatternBytes = 8192;
constexpr std::size_t kMostParams = 64;
constexpr std::size_t kMostExamples = 64;

std::string_view attribute(pugi::xml_node element, const char* name) {
  return element.attribute(name).value();
}

/// Without what RFC 4648 does not know; nothing where it is cut.
std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned value = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == kDigits.npos) continue;
    value = (value << 6 | static_cast<unsigned>(digit)) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(value >> bits & 0xff);
  }
  if (bits >= 6) return std::nullopt;
  return bytes;
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& name) : text_(text) { file_.name = name; }

  Result<RecogFile> run() {
    if (text_.size() > kMostRecogFileBytes ||
        std::ranges::count_if(text_, [](char c) { return c == '<' || c == '='; }) > kMostMarkup) {
      return wrong(0, "is larger than any file of fingerprints");
    }
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_buffer(
        text_.data(), text_.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
    if (!parsed) {
      return wrong(parsed.offset, fmt::format("no well-formed XML: {}", parsed.description()));
    }
    for (const pugi::xml_node node : document.children()) {
      if (node.type() == pugi::node_doctype) {
        return wrong(node.offset_debug(), "a document type, which no file of fingerprints has");
      }
    }
    LOCKSTEP_CHECK(read_head(document.document_element()));
    for (const pugi::xml_node element : document.document_element().children("fingerprint")) {
      const std::size_t line = line_of(element.offset_debug());
      auto fingerprint = read_fingerprint(element);
      if (fingerprint) {
        fingerprint->signature.line = line;
        file_.fingerprints.push_back(std::move(*fingerprint));
      } else {
        file_.left_out.push_back(
            fmt::format("{}:{}: {}", file_.name, line, fingerprint.error().message()));
      }
    }
    return std::move(file_);
  }

 private:
  std::unexpected<Error> wrong(std::ptrdiff_t offset, std::string what) {
    return fail(ErrorKind::invalid,
                fmt::format("{}:{}: {}", file_.name, line_of(offset), std::move(what)));
  }

  /// Of ascending offsets, so that the text is counted once.
  std::size_t line_of(std::ptrdiff_t offset) {
    const auto end = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)), counted_, text_.size());
    const std::string_view more = text_.substr(counted_, end - counted_);
    line_ += static_cast<std::size_t>(std::ranges::count(more, '\n'));
    counted_ = end;
    return line_;
  }

  Result<void> read_head(pugi::xml_node root) {
    if (std::string_view(root.name()) != "fingerprints") {
      return wrong(root.offset_debug(),
                   fmt::format("the outermost element is {}; that of recog's files is "
                               "<fingerprints>",
                               quoted(root.name())));
    }
    file_.matches = attribute(root, "matches");
    if (file_.matches.empty()) {
      return wrong(root.offset_debug(),
                   "<fingerprints> has no matches=\"...\", which says what they are about");
    }
    const std::string_view preference = attribute(root, "preference");
    if (preference.empty()) return {};
    const auto [rest, error] =
        std::from_chars(preference.data(), preference.data() + preference.size(), file_.preference);
    if (error != std::errc() || rest != preference.data() + preference.size() ||
        !(file_.preference >= 0) || file_.preference > 1) {
      return wrong(root.offset_debug(),
                   fmt::format("preference={} is no number from 0 to 1", quoted(preference)));
    }
    return {};
  }

  static Result<Fingerprint> read_fingerprint(pugi::xml_node element) {
    Fingerprint fingerprint;
    const std::string_view pattern = attribute(element, "pattern");
    if (pattern.empty()) return fail(ErrorKind::invalid, "a fingerprint without a pattern");
    if (pattern.size() > kMostPatternBytes) {
      return fail(ErrorKind::invalid,
                  fmt::format("a pattern has {} bytes at most", kMostPatternBytes));
    }
    LOCKSTEP_TRY(fingerprint.signature.pattern, from_ruby(pattern));
    LOCKSTEP_CHECK(read_flags(attribute(element, "flags"), fingerprint.signature));
    for (const pugi::xml_node param : element.children("param")) {
      LOCKSTEP_TRY(RecogParam read, read_param(param));
      if (fingerprint.params.size() == kMostParams) {
        return fail(ErrorKind::invalid, fmt::format("more than {} params", kMostParams));
      }
      fingerprint.params.push_back(std::move(read));
    }
    for (const pugi::xml_node example : element.children("example")) {
      if (fingerprint.examples.size() < kMostExamples) read_example(example, fingerprint.examples);
    }
    return fingerprint;
  }

  /// All but the first let a dot be a line feed, as recog has it.
  static Result<void> read_flags(std::string_view flags, Signature& signature) {
    if (trimmed(flags).empty()) return {};
    for (std::string_view flag : split(flags, ',')) {
      flag = trimmed(flag);
      if (flag == "REG_ICASE") {
        signature.ignore_case = true;
      } else if (flag == "REG_DOT_NEWLINE" || flag == "REG_MULTILINE" ||
                 flag == "REG_LINE_ANY_CRLF") {
        signature.dot_all = true;
      } else {
        return fail(ErrorKind::invalid, fmt::format("{} is no flag of a pattern", quoted(flag)));
      }
    }
    return {};
  }

  static Result<RecogParam> read_param(pugi::xml_node element) {
    RecogParam param{.name = std::string(attribute(element, "name")),
                     .value = std::string(attribute(element, "value"))};
    const std::string_view group = attribute(element, "pos");
    const auto [rest, error] =
        std::from_chars(group.data(), group.data() + group.size(), param.group);
    if (param.name.empty() || error != std::errc() || rest != group.data() + group.size() ||
        param.group >= kMostGroups) {
      return fail(ErrorKind::invalid,
                  fmt::format("a param has a name, and a pos from 0 to {}", kMostGroups - 1));
    }
    return param;
  }

  /// Attributes that begin with "_" are of the example itself.
  static void read_example(pugi::xml_node element, std::vector<RecogExample>& examples) {
    if (element.attribute("_filename")) return;
    RecogExample example{.text = element.text().get(), .expected = {}};
    if (attribute(element, "_encoding") == "base64") {
      auto decoded = from_base64(example.text);
      if (!decoded) return;
      example.text = std::move(*decoded);
    }
    for (const pugi::xml_attribute expected : element.attributes()) {
      if (*expected.name() != '_') example.expected.emplace_back(expected.name(), expected.value());
    }
    examples.push_back(std::move(example));
  }

  std::string_view text_;
  RecogFile file_;
  std::size_t counted_ = 0;  // bytes
  std::size_t line_ = 1;
};

}  // namespace

Result<RecogFile> parse_recog_file(std::string_view text, const std::string& name) {
  return Reader(text, name).run();
}

}  // namespace lockstep::services
