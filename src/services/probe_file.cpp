#include "services/probe_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <utility>

#include "base/text.h"
#include "model/port_items.h"

namespace lockstep::services {
namespace {

constexpr unsigned kMostMilliseconds = 600'000;
constexpr std::size_t kMostPatternBytes = 8192;
constexpr std::size_t kMostSignatures = 100'000;

/// The text up to the next space; `text` loses both.
std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text = trimmed(text.substr(word.size()));
  return word;
}

/// What stands between the first character, whatever it is, and where it comes again.
Result<std::string_view> take_delimited(std::string_view& text, std::string_view what) {
  if (text.empty()) return fail(ErrorKind::invalid, fmt::format("{} is missing", what));
  const std::size_t end = text.find(text.front(), 1);
  if (end == text.npos) {
    return fail(ErrorKind::invalid,
                fmt::format("{} has no second {}", what, quoted(text.substr(0, 1))));
  }
  const std::string_view inside = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return inside;
}

/// The bytes that a probe's text stands for.
Result<std::string> unescape(std::string_view text) {
  constexpr std::string_view kLetters = "0abfnrtv\\";
  constexpr std::string_view kBytes("\0\a\b\f\n\r\t\v\\", 9);
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const char letter = ++i < text.size() ? text[i] : ' ';
    if (const std::size_t at = kLetters.find(letter); at != kLetters.npos) {
      bytes += kBytes[at];
      continue;
    }
    unsigned value = 0;
    const char* const first = text.data() + i + 1;
    if (letter != 'x' || text.size() - i < 3 ||
        std::from_chars(first, first + 2, value, 16).ptr != first + 2) {
      return fail(
          ErrorKind::invalid,
          fmt::format("\\{} is no escape; there are \\\\ \\0 \\a \\b \\f \\n \\r \\t \\v and "
                      "\\xHH",
                      letter));
    }
    bytes += static_cast<char>(value);
    i += 2;
  }
  return bytes;
}

/// "21-23, 80"
Result<PortSet> parse_ports(std::string_view text) {
  PortSet ports;
  for (const std::string_view item : split(text, ',')) {
    LOCKSTEP_TRY(const PortSet more, parse_port_items(trimmed(item)));
    ports = ports | more;
  }
  return ports;
}

/// "T:9100-9116,U:623,12345": a letter counts to the next one; without any both are meant.
Result<PortSets> parse_excluded(std::string_view text) {
  PortSets excluded;
  bool tcp = true;
  bool udp = true;
  for (std::string_view item : split(text, ',')) {
    item = trimmed(item);
    if (item.starts_with("T:") || item.starts_with("U:")) {
      tcp = item.starts_with("T:");
      udp = !tcp;
      item.remove_prefix(2);
    }
    LOCKSTEP_TRY(const PortSet ports, parse_port_items(item));
    if (tcp) excluded.of(Protocol::tcp) = excluded.of(Protocol::tcp) | ports;
    if (udp) excluded.of(Protocol::udp) = excluded.of(Protocol::udp) | ports;
  }
  return excluded;
}

/// The field that `name` is the letter of, or null.
FieldTemplate* field_named(FieldTemplates& fields, std::string_view name) {
  if (name == "cpe:") return &fields.cpes.emplace_back();
  if (name.size() != 1) return nullptr;
  switch (name[0]) {
    case 'p': return &fields.product;
    case 'v': return &fields.version;
    case 'i': return &fields.info;
    case 'h': return &fields.hostname;
    case 'o': return &fields.system;
    case 'd': return &fields.device;
    default: return nullptr;
  }
}

Result<void> parse_fields(std::string_view rest, FieldTemplates& fields) {
  for (rest = trimmed(rest); !rest.empty(); rest = trimmed(rest)) {
    const std::size_t length = rest.starts_with("cpe:") ? 4 : 1;
    const std::string_view name = rest.substr(0, length);
    rest.remove_prefix(length);
    FieldTemplate* const field = field_named(fields, name);
    if (field == nullptr) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} begins no field; there are p v i h o d and cpe:", quoted(name)));
    }
    LOCKSTEP_TRY(const std::string_view text,
                 take_delimited(rest, fmt::format("the text of {}", name)));
    LOCKSTEP_TRY(*field, FieldTemplate::parse(text));
    if (rest.starts_with("a") && name == "cpe:") rest.remove_prefix(1);  // flag of a cpe
  }
  return {};
}

class Parser {
 public:
  /// `file`: the index of the file among those of the set; 0: ours, which goes behind all others.
  Parser(ProbeSet& set, std::uint32_t file) : set_(set), file_(file) {}

  Result<void> run(std::string_view text) {
    for (std::string_view line : split(text, '\n')) {
      ++line_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (trimmed(line).empty() || line.front() == '#') continue;
      if (const auto done = parse_line(line); !done) {
        return std::unexpected(done.error().within(set_.place(file_, line_)));
      }
    }
    settle_fallbacks();
    for (auto& [probe, signatures] : signatures_) {
      std::vector<Signature>& all = set_.probes[probe].signatures;
      all.insert(file_ == 0 ? all.end() : all.begin(), std::make_move_iterator(signatures.begin()),
                 std::make_move_iterator(signatures.end()));
    }
    return {};
  }

 private:
  Result<void> parse_line(std::string_view rest) {
    const std::string_view word = take_word(rest);
    if (word == "Exclude") return parse_exclude(rest);
    if (word == "Probe") return parse_probe(rest);
    if (probe_ == kNone) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} stands before the first Probe", quoted(word)));
    }
    ServiceProbe& probe = set_.probes[probe_];
    if (word == "match" || word == "softmatch") return parse_signature(rest, word == "softmatch");
    if (word == "ports") return add_ports(rest, probe.ports);
    if (word == "sslports") return add_ports(rest, probe.tls_ports);
    if (word == "rarity") return parse_rarity(rest, probe);
    if (word == "totalwaitms") return parse_wait(rest, probe.total_wait);
    if (word == "tcpwrappedms") return parse_wait(rest, probe.tcpwrapped);
    if (word == "fallback") return parse_fallback(rest, probe);
    static constexpr std::string_view kWords[] = {
        "Exclude",  "Probe",  "match",       "softmatch",    "ports",
        "sslports", "rarity", "totalwaitms", "tcpwrappedms", "fallback"};
    const std::string_view meant = nearest(word, kWords);
    return fail(ErrorKind::invalid,
                fmt::format("{} is no word of the grammar{}", quoted(word),
                            meant.empty() ? "" : fmt::format("; did you mean {}?", meant)));
  }

  Result<void> parse_exclude(std::string_view rest) {
    LOCKSTEP_TRY(const PortSets excluded, parse_excluded(rest));
    for (const Protocol protocol : kProtocols) {
      set_.excluded.of(protocol) = set_.excluded.of(protocol) | excluded.of(protocol);
    }
    return {};
  }

  Result<void> parse_probe(std::string_view rest) {
    ServiceProbe probe;
    probe.file = file_;
    probe.line = line_;
    const std::string_view protocol = take_word(rest);
    if (protocol != "TCP" && protocol != "UDP") {
      return fail(ErrorKind::invalid,
                  fmt::format("a probe is TCP or UDP, not {}", quoted(protocol)));
    }
    probe.protocol = protocol == "TCP" ? Protocol::tcp : Protocol::udp;
    probe.name = take_word(rest);
    if (!rest.starts_with('q')) {
      return fail(ErrorKind::invalid, "a probe is \"Probe TCP|UDP NAME q|BYTES|\"");
    }
    rest.remove_prefix(1);
    LOCKSTEP_TRY(const std::string_view text, take_delimited(rest, "what the probe sends"));
    LOCKSTEP_TRY(probe.payload, unescape(text));
    if (probe.payload.size() > kMostPayloadBytes) {
      return fail(ErrorKind::invalid,
                  fmt::format("a probe has {} bytes at most", kMostPayloadBytes));
    }
    if (probe.protocol == Protocol::tcp && probe.name == kListening && !probe.payload.empty()) {
      return fail(ErrorKind::invalid, fmt::format("the probe {} sends nothing", kListening));
    }
    // "no-payload" is about another scan than this one; so is the port that it is sent from.
    if (rest = trimmed(rest);
        !rest.empty() && rest != "no-payload" && !rest.starts_with("source=")) {
      return fail(ErrorKind::invalid, fmt::format("{} stands behind the probe", quoted(rest)));
    }
    return go_on_with(std::move(probe));
  }

  /// What follows is of this probe: one that is there already, or a new one.
  Result<void> go_on_with(ServiceProbe probe) {
    const Name name(probe.protocol, probe.name);
    const auto known = names_.find(name);
    const auto place = known != names_.end() ? known->second : find_same(probe);
    if (place != kNone && set_.probes[place].payload != probe.payload) {
      return fail(ErrorKind::invalid,
                  fmt::format("a probe named {} is there already, and sends something else",
                              quoted(probe.name)));
    }
    probe_ = place != kNone ? place : set_.probes.size();
    names_.emplace(name, probe_);
    if (place != kNone) return {};
    if (set_.find(probe.protocol, probe.name) != nullptr) {
      probe.name = fmt::format("{}@{}", probe.name, set_.files[file_]);
    }
    set_.probes.push_back(std::move(probe));
    return {};
  }

  /// The probe of other files that this one goes on: of the same name, and with the same bytes,
  /// unless it is ours. Or kNone.
  std::size_t find_same(const ServiceProbe& probe) const {
    const auto same = std::ranges::find_if(set_.probes, [&](const ServiceProbe& other) {
      if (other.protocol != probe.protocol) return false;
      if (file_ == 0) return other.name == probe.name;
      return other.name.substr(0, other.name.find('@')) == probe.name &&
             other.payload == probe.payload;
    });
    return same == set_.probes.end() ? kNone : static_cast<std::size_t>(same - set_.probes.begin());
  }

  static Result<void> add_ports(std::string_view rest, PortSet& ports) {
    LOCKSTEP_TRY(const PortSet more, parse_ports(rest));
    ports = ports | more;
    return {};
  }

  static Result<void> parse_rarity(std::string_view rest, ServiceProbe& probe) {
    const auto rarity = parse_bounded(rest, 9);
    if (!rarity || *rarity == 0) return fail(ErrorKind::invalid, "a rarity is 1 to 9");
    probe.rarity = *rarity;
    return {};
  }

  static Result<void> parse_wait(std::string_view rest, std::chrono::milliseconds& wait) {
    const auto number = parse_bounded(rest, kMostMilliseconds);
    if (!number || *number == 0) {
      return fail(ErrorKind::invalid, fmt::format("a wait is 1 to {} ms", kMostMilliseconds));
    }
    wait = std::chrono::milliseconds(*number);
    return {};
  }

  Result<void> parse_fallback(std::string_view rest, ServiceProbe& probe) {
    probe.file = file_;
    probe.line = line_;
    for (const std::string_view name : split(rest, ',')) {
      fallbacks_.emplace_back(probe_, probe.fallbacks.size());
      probe.fallbacks.emplace_back(trimmed(name));
    }
    return {};
  }

  /// A file's fallbacks are its own probes, where another has one of the same name.
  void settle_fallbacks() {
    for (const auto& [probe, at] : fallbacks_) {
      std::string& name = set_.probes[probe].fallbacks[at];
      const auto own = names_.find(Name(set_.probes[probe].protocol, name));
      if (own != names_.end()) name = set_.probes[own->second].name;
    }
  }

  Result<void> parse_signature(std::string_view rest, bool soft) {
    Signature signature;
    signature.soft = soft;
    signature.file = file_;
    signature.line = line_;
    signature.service = take_word(rest);
    if (!rest.starts_with('m')) {
      return fail(ErrorKind::invalid, "a match is \"match SERVICE m|PATTERN|FLAGS FIELDS\"");
    }
    rest.remove_prefix(1);
    LOCKSTEP_TRY(signature.pattern, take_delimited(rest, "the pattern"));
    if (signature.pattern.size() > kMostPatternBytes) {
      return fail(ErrorKind::invalid,
                  fmt::format("a pattern has {} bytes at most", kMostPatternBytes));
    }
    for (; !rest.empty() && rest.front() != ' ' && rest.front() != '\t'; rest.remove_prefix(1)) {
      if (rest.front() == 'i') {
        signature.ignore_case = true;
      } else if (rest.front() == 's') {
        signature.dot_all = true;
      } else {
        return fail(ErrorKind::invalid, fmt::format("{} is no flag of a pattern; there are i and s",
                                                    quoted(rest.substr(0, 1))));
      }
    }
    LOCKSTEP_CHECK(parse_fields(rest, signature.fields));
    if (++count_ > kMostSignatures) {
      return fail(ErrorKind::invalid, fmt::format("more than {} signatures", kMostSignatures));
    }
    signatures_[probe_].push_back(std::move(signature));
    return {};
  }

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  using Name = std::pair<Protocol, std::string>;

  ProbeSet& set_;
  std::size_t probe_ = kNone;  // that the next line belongs to
  std::size_t line_ = 0;
  std::map<Name, std::size_t> names_;                           // of this file: its probes
  std::vector<std::pair<std::size_t, std::size_t>> fallbacks_;  // of this file: probe, and which
  std::uint32_t file_;
  std::size_t count_ = 0;                                     // of signatures
  std::map<std::size_t, std::vector<Signature>> signatures_;  // by probe; they come in at the end
};

}  // namespace

const ServiceProbe* ProbeSet::find(Protocol protocol, std::string_view name) const {
  const auto found = std::ranges::find_if(probes, [&](const ServiceProbe& probe) {
    return probe.protocol == protocol && probe.name == name;
  });
  return found == probes.end() ? nullptr : &*found;
}

std::string ProbeSet::place(std::uint32_t file, std::size_t line) const {
  return file == 0 ? fmt::format("line {}", line) : fmt::format("{}:{}", files[file], line);
}

Result<void> parse_probe_file(std::string_view text, ProbeSet& set) {
  ProbeSet result = set;
  LOCKSTEP_CHECK(Parser(result, 0).run(text));
  set = std::move(result);
  return {};
}

Result<void> parse_own_probe_file(std::string_view text, const std::string& name, ProbeSet& set) {
  ProbeSet result = set;
  result.files.push_back(name);
  LOCKSTEP_CHECK(Parser(result, static_cast<std::uint32_t>(result.files.size() - 1)).run(text));
  set = std::move(result);
  return {};
}

Result<void> check_fallbacks(const ProbeSet& set) {
  for (const ServiceProbe& probe : set.probes) {
    for (const std::string& name : probe.fallbacks) {
      if (set.find(probe.protocol, name) == nullptr) {
        return fail(ErrorKind::invalid,
                    fmt::format("{}: probe {} falls back to {}, which is not there",
                                set.place_of(probe), quoted(probe.name), quoted(name)));
      }
    }
  }
  return {};
}

}  // namespace lockstep::services
