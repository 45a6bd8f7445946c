#include "serve/socket/messages.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;

/// Bytes that are no UTF-8 would make no JSON: they become escapes that a person can read.
std::string as_utf8(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    bool whole = (lead < 0x80 || lead >= 0xc2) && lead < 0xf5 && i + length <= text.size();
    for (std::size_t k = 1; whole && k < length; ++k) {
      whole = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
    }
    if (whole) {
      result += text.substr(i, length);
      i += length;
    } else {
      result += fmt::format("\\x{:02x}", lead);
      ++i;
    }
  }
  return result;
}

Result<json::value> parse(std::string_view line) {
  constexpr std::size_t kDepth = 4;
  json::parse_options options;
  options.max_depth = kDepth;
  try {
    std::error_code problem;
    json::value value =
        json::parse(json::string_view(line.data(), line.size()), problem, {}, options);
    if (!problem) return value;
    return fail(ErrorKind::invalid,
                fmt::format("no JSON ({}): {}", problem.message(), lockstep::quoted(line)));
  } catch (const std::exception& error) {
    return fail(ErrorKind::invalid, error.what());
  }
}

struct ToObject {
  json::object operator()(const OutMessage& m) const { return {{"out", as_utf8(m.text)}}; }
  json::object operator()(const WarnMessage& m) const { return {{"warn", as_utf8(m.text)}}; }
  json::object operator()(const ReportMessage& m) const { return {{"report", as_utf8(m.text)}}; }
  json::object operator()(const StatusMessage& m) const { return {{"status", m.status}}; }
  json::object operator()(const ProgressMessage& m) const {
    return {{"progress", json::object{{"done", m.done},
                                      {"planned", m.planned},
                                      {"pass", m.pass},
                                      {"open_ports", m.open_ports},
                                      {"per_second", m.per_second}}}};
  }
};

}  // namespace

std::string to_line(const Request& request) {
  json::array words;
  for (const std::string& word : request.words) words.emplace_back(as_utf8(word));
  return json::serialize(json::object{{"version", kSocketVersion}, {"words", std::move(words)}});
}

std::string to_line(const Message& message) {
  return json::serialize(std::visit(ToObject{}, message));
}

Result<Request> parse_request(std::string_view line) {
  LOCKSTEP_TRY(const json::value value, parse(line));
  try {
    if (value.at("version").as_int64() != kSocketVersion) {
      return fail(ErrorKind::unsupported, "another version of Lockstep: restart the daemon");
    }
    Request request;
    for (const json::value& word : value.at("words").as_array()) {
      request.words.push_back(json::value_to<std::string>(word));
      if (request.words.size() > kMostWords) return fail(ErrorKind::invalid, "too many words");
    }
    return request;
  } catch (const std::exception&) {
    return fail(ErrorKind::invalid,
                fmt::format("no request of a command: {}", lockstep::quoted(line)));
  }
}

Result<Message> parse_message(std::string_view line) {
  LOCKSTEP_TRY(const json::value value, parse(line));
  try {
    const json::object& object = value.as_object();
    const auto text = [&](const json::value& from) { return json::value_to<std::string>(from); };
    if (const auto* const out = object.if_contains("out")) return Message(OutMessage{text(*out)});
    if (const auto* const said = object.if_contains("warn")) {
      return Message(WarnMessage{text(*said)});
    }
    if (const auto* const report = object.if_contains("report")) {
      return Message(ReportMessage{text(*report)});
    }
    if (const auto* const status = object.if_contains("status")) {
      return Message(StatusMessage{status->to_number<int>()});
    }
    const json::value& progress = object.at("progress");
    return Message(
        ProgressMessage{.done = progress.at("done").to_number<std::uint64_t>(),
                        .planned = progress.at("planned").to_number<std::uint64_t>(),
                        .pass = progress.at("pass").to_number<unsigned>(),
                        .open_ports = progress.at("open_ports").to_number<std::uint64_t>(),
                        .per_second = progress.at("per_second").to_number<double>()});
  } catch (const std::exception&) {
    return fail(ErrorKind::invalid,
                fmt::format("no message of a daemon: {}", lockstep::quoted(line)));
  }
}

}  // namespace lockstep::serve
