#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agent::feeds {

// What CsvReader finds. `line` is the one on which the record starts, from 1; views and spans are
// good during the call.
class CsvSink {
 public:
  virtual ~CsvSink() = default;
  virtual void Record(std::size_t line, std::span<const std::string> fields) = 0;
  virtual void Comment(std::size_t line, std::string_view text) = 0;   // without its mark
  virtual void Broken(std::size_t line, std::string_view reason) = 0;  // a literal
};

// Where a file departs from RFC 4180.
struct CsvDialect {
  char delimiter = ',';
  std::optional<char> comment = '#';  // what lines that are no records start with
  bool skip_initial_space = false;    // "a", "b": blanks after a delimiter are not of the field
};

// Reads CSV (RFC 4180) piece by piece: fields may be quoted, and then hold delimiters, line ends
// (LF stands for each) and doubled quotes. Lines end with LF, CR LF or CR; empty ones are skipped.
// How the text is cut into pieces makes no difference.
//
// A record that is too long or misuses quotes is Broken as a whole; reading goes on at the next
// line. Its bytes are not checked to be UTF-8. Not thread-safe.
class CsvReader {
 public:
  explicit CsvReader(CsvSink& sink, CsvDialect dialect = {}) : sink_(sink), dialect_(dialect) {}

  void Push(std::string_view piece);
  void Finish();  // the last record may lack its line end

 private:
  enum class State : std::uint8_t {
    record_start,
    field_start,
    unquoted,
    quoted,
    quote_in_quoted,  // its end, or the first of a doubled one
    comment,
    skipping,  // the rest of a broken record's line
  };

  void Take(char c);
  void TakeInRecord(char c);
  void TakeLineEnd();
  void Append(char c);
  void StartField();
  void Break(std::string_view reason);
  void EndRecord();

  CsvSink& sink_;
  CsvDialect dialect_;
  State state_ = State::record_start;
  bool after_cr_ = false;
  std::size_t line_ = 1;
  std::size_t record_line_ = 1;
  std::size_t record_size_ = 0;
  std::size_t field_count_ = 0;
  std::vector<std::string> fields_;  // the first `field_count_` count; the rest keep their memory
  std::string comment_;
};

// Reads a whole file, until `sink` wants no more.
template <class Sink>
void ReadCsv(std::string_view text, Sink& sink, CsvDialect dialect = {}) {
  constexpr std::size_t piece = 64 * 1024;  // after each, a look whether to go on
  CsvReader reader(sink, dialect);
  for (; !text.empty() && !sink.full(); text.remove_prefix(std::min(piece, text.size()))) {
    reader.Push(text.substr(0, piece));
  }
  reader.Finish();
}

}  // namespace agent::feeds
