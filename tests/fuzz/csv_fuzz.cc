#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/csv.h"
#include "tests/fuzz/require.h"

namespace {

class Recorder final : public agent::feeds::CsvSink {
 public:
  void Record(std::size_t line, std::span<const std::string> fields) override {
    Require(!fields.empty(), "a record has a field");
    Note(line, 'r', "");
    for (const std::string& field : fields) Note(line, 'f', field);
  }
  void Comment(std::size_t line, std::string_view text) override { Note(line, 'c', text); }
  void Broken(std::size_t line, std::string_view reason) override { Note(line, 'b', reason); }

  std::vector<std::string> seen;

 private:
  void Note(std::size_t line, char what, std::string_view text) {
    Require(line >= last_line_, "records come in the order of their lines");
    last_line_ = line;
    seen.push_back(std::to_string(line) + what + std::string(text));
  }
  std::size_t last_line_ = 1;
};

using agent::feeds::CsvDialect;

std::vector<std::string> Read(std::string_view text, std::size_t piece, CsvDialect dialect) {
  Recorder recorder;
  agent::feeds::CsvReader reader(recorder, dialect);
  for (std::size_t at = 0; at < text.size(); at += piece) reader.Push(text.substr(at, piece));
  reader.Finish();
  return recorder.seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const CsvDialect dialect :
       {CsvDialect{}, CsvDialect{.skip_initial_space = true},
        CsvDialect{.delimiter = '\t', .comment = std::nullopt, .skip_initial_space = true}}) {
    const auto whole = Read(text, size + 1, dialect);
    Require(whole == Read(text, 1, dialect), "pieces of one byte give the same");
    Require(whole == Read(text, 7, dialect), "pieces of seven bytes give the same");
  }
  return 0;
}
