// Reads a TOML document key by key, and gathers every problem on the way instead of stopping at
// the first:
//
//   TomlProblems problems("lockstep.toml");
//   TomlReader root(document, "", problems);
//   root.table("scan", [&](TomlReader& scan) {
//     scan.read("tries", config.tries, parse_tries);
//   });
//   root.finish();                       // a key that nobody asked for is a problem
//   if (!problems.empty()) return std::unexpected(problems.error());
//
// A parser turns one value into a T or says what is wrong with it; the reader adds the place.
// What is absent or wrong leaves its destination untouched, so that defaults hold.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/toml_document.h"
#include "base/result.h"

namespace lockstep {

/// The problems of one file in the order of its lines. Beyond the first 20 found it only counts,
/// so that a hostile file cannot make it grow.
class TomlProblems {
 public:
  explicit TomlProblems(std::string path) : path_(std::move(path)) {}

  void add(TomlPosition where, std::string message);
  bool empty() const { return count_ == 0; }
  /// Whether messages of further problems are not kept.
  bool full() const;

  /// One line a problem, "FILE:LINE:COLUMN: WHAT", then how many more there are. Of kind `invalid`.
  Error error() const;

 private:
  struct Problem {
    TomlPosition where;
    std::string message;

    friend auto operator<=>(const Problem&, const Problem&) = default;
  };

  std::string path_;
  std::vector<Problem> first_;
  std::size_t count_ = 0;
};

/// One table. Its document and its problems must outlive it. Not for several threads.
class TomlReader {
 public:
  /// `name` is the header that messages show, such as "[scan]"; empty for the root.
  TomlReader(const TomlTable& table, std::string name, TomlProblems& problems)
      : table_(table), name_(std::move(name)), problems_(problems) {}

  /// Reads `key` into `destination` with `parse`: Result<T>(const TomlValue&).
  /// Returns whether it was there and right.
  template <typename T, typename Parse>
  bool read(std::string_view key, T& destination, Parse parse) {
    const TomlValue* const value = ask(key);
    if (value == nullptr) return false;
    auto parsed = parse(*value);
    if (!parsed) {
      report(key, value->where, parsed.error().message());
      return false;
    }
    destination = std::move(*parsed);
    return true;
  }

  /// The same for a list; each item that is wrong is a problem of its own.
  template <typename T, typename Parse>
  bool read_list(std::string_view key, std::vector<T>& destination, Parse parse) {
    const TomlArray* const items = ask_list(key);
    if (items == nullptr) return false;
    std::vector<T> result;
    for (const TomlValue& item : *items) {
      auto parsed = parse(item);
      if (parsed) {
        result.push_back(std::move(*parsed));
      } else {
        report(key, item.where, parsed.error().message());
      }
    }
    if (result.size() < items->size()) return false;
    destination = std::move(result);
    return true;
  }

  /// Calls `body`(TomlReader&) on the table [key], if it is there.
  template <typename Body>
  void table(std::string_view key, Body body) {
    if (const TomlTable* const inner = ask_table(key)) {
      visit(*inner, "[" + path_of(key) + "]", body);
    }
  }

  /// Calls `body`(TomlReader&) on each table of [[key]], in the order of the file.
  template <typename Body>
  void each_table(std::string_view key, Body body) {
    for (const TomlTable* const inner : ask_tables(key)) {
      visit(*inner, "[[" + path_of(key) + "]]", body);
    }
  }

  /// Calls `body`(name, TomlReader&) on each table [key.NAME], in the order of their names.
  template <typename Body>
  void each_named_table(std::string_view key, Body body) {
    const TomlTable* const outer = ask_table(key);
    if (outer == nullptr) return;
    const TomlReader names(*outer, "[" + path_of(key) + "]", problems_);
    for (const TomlEntry& entry : outer->entries) {
      if (const TomlTable* const inner = names.as_table(entry.key, entry.value)) {
        visit(*inner, "[" + names.path_of(entry.key) + "]",
              [&](TomlReader& reader) { body(entry.key, reader); });
      }
    }
  }

  /// Whether the table has `key`, right or wrong. Asking makes it a known key. Keys
  /// here and above are literals, or the document's own: they must outlive the reader.
  bool has(std::string_view key) { return ask(key) != nullptr; }
  /// The keys that the table has, in their order; borrowed from the document.
  std::vector<std::string_view> all_keys() const;
  /// A problem if the table lacks `key`; `example` shows what to write.
  void require(std::string_view key, std::string_view example);
  /// A problem of `key`, or of the table as a whole where it has no such key.
  void problem(std::string_view key, std::string_view message);
  /// Takes all keys for known, where a problem hides which ones belong here.
  void skip() { skipped_ = true; }
  /// Reports the keys that nobody asked for. The calls above do so for the tables they open.
  void finish();

 private:
  const TomlValue* ask(std::string_view key);
  const TomlArray* ask_list(std::string_view key);
  const TomlTable* ask_table(std::string_view key);
  std::vector<const TomlTable*> ask_tables(std::string_view key);
  const TomlTable* as_table(std::string_view key, const TomlValue& value) const;
  std::string unknown_key(std::string_view key) const;
  void report(std::string_view key, TomlPosition where, std::string_view message) const;
  std::string path_of(std::string_view key) const;

  template <typename Body>
  void visit(const TomlTable& inner, std::string name, Body body) {
    TomlReader reader(inner, std::move(name), problems_);
    body(reader);
    reader.finish();
  }

  const TomlTable& table_;
  std::string name_;
  TomlProblems& problems_;
  bool skipped_ = false;
  std::vector<std::string_view> known_;  // the callers' literals
};

/// Parsers of the plain types; the error says what to write instead.
Result<std::string> toml_text(const TomlValue& value);
Result<bool> toml_bool(const TomlValue& value);
/// A whole number from `least` to `most`.
Result<std::int64_t> toml_integer(const TomlValue& value, std::int64_t least, std::int64_t most);

}  // namespace lockstep
