#include "base/csv.h"

#include <fmt/format.h>

namespace lockstep {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) place_ = 3;
  }

  Result<std::vector<CsvRecord>> read() {
    std::vector<CsvRecord> records;
    while (!done()) {
      if (at_line_end()) {
        skip_line_end();
      } else if (text_[place_] == '#') {
        while (!done() && text_[place_] != '\n') ++place_;
      } else {
        LOCKSTEP_TRY(CsvRecord record, read_record());
        records.push_back(std::move(record));
      }
    }
    return records;
  }

 private:
  bool done() const { return place_ == text_.size(); }

  bool at_line_end() const {
    const std::string_view rest = text_.substr(place_);
    return rest.starts_with('\n') || rest.starts_with("\r\n");
  }

  void skip_line_end() {
    place_ += text_[place_] == '\r' ? 2 : 1;
    ++line_;
  }

  std::unexpected<Error> fail_here(std::string_view message) const {
    return fail(ErrorKind::invalid, fmt::format("line {}: {}", line_, message));
  }

  Result<CsvRecord> read_record() {
    CsvRecord record{line_, {}};
    for (;;) {
      const bool is_quoted = !done() && text_[place_] == '"';
      LOCKSTEP_TRY(std::string field, is_quoted ? read_quoted() : read_plain());
      record.fields.push_back(std::move(field));
      if (done()) return record;
      if (text_[place_] != ',') break;
      ++place_;
    }
    skip_line_end();
    return record;
  }

  Result<std::string> read_plain() {
    const std::size_t begin = place_;
    while (!done() && text_[place_] != ',' && !at_line_end()) {
      if (text_[place_] == '"') {
        return fail_here("a quote within a field; quote the whole field, and double the quote");
      }
      ++place_;
    }
    return std::string(text_.substr(begin, place_ - begin));
  }

  Result<std::string> read_quoted() {
    const std::size_t opened = line_;
    std::string field;
    for (++place_; !done(); ++place_) {
      if (text_[place_] == '\n') ++line_;
      if (text_[place_] != '"') {
        field += text_[place_];
        continue;
      }
      ++place_;
      if (done() || text_[place_] == ',' || at_line_end()) return field;
      if (text_[place_] != '"') return fail_here("text after the closing quote of a field");
      field += '"';
    }
    return fail(ErrorKind::invalid, fmt::format("line {}: a quote that never closes", opened));
  }

  std::string_view text_;
  std::size_t place_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

Result<std::vector<CsvRecord>> parse_csv(std::string_view text) {
  return Reader(text).read();
}

}  // namespace lockstep
