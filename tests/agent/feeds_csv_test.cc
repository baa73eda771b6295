#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/feeds/csv.h"

namespace agent::feeds {
namespace {

// Writes down what it is told, one line each.
class Recorder final : public CsvSink {
 public:
  void Record(std::size_t line, std::span<const std::string> fields) override {
    std::string text = std::to_string(line) + ":";
    for (const std::string& field : fields) text += "[" + field + "]";
    seen.push_back(text);
  }
  void Comment(std::size_t line, std::string_view text) override {
    seen.push_back(std::to_string(line) + ":#" + std::string(text));
  }
  void Broken(std::size_t line, std::string_view reason) override {
    seen.push_back(std::to_string(line) + ":!" + std::string(reason));
  }
  std::vector<std::string> seen;
};

std::vector<std::string> Read(std::string_view text, std::size_t piece = 1'000'000,
                              CsvDialect dialect = {}) {
  Recorder recorder;
  CsvReader reader(recorder, dialect);
  for (std::size_t at = 0; at < text.size(); at += piece) reader.Push(text.substr(at, piece));
  reader.Finish();
  return recorder.seen;
}

using Lines = std::vector<std::string>;

struct Case {
  const char* name;
  std::string text;
  Lines expected;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases{
      {"plain", "a,b,c\n", {"1:[a][b][c]"}},
      {"no last line end", "a,b", {"1:[a][b]"}},
      {"CR LF, LF and CR", "a\r\nb\nc\rd", {"1:[a]", "2:[b]", "3:[c]", "4:[d]"}},
      {"empty fields", ",,\n\"\",x\n", {"1:[][][]", "2:[][x]"}},
      {"empty lines", "\n\r\na\n\n", {"3:[a]"}},
      {"quoted commas and quotes", "\"a,b\",\"say \"\"no\"\"\"\n", {"1:[a,b][say \"no\"]"}},
      {"line ends within quotes", "\"a\r\nb\",c\nd\n", {"1:[a\nb][c]", "3:[d]"}},
      {"comments", "# x,\"y\na,#b\n#\n", {"1:# x,\"y", "2:[a][#b]", "3:#"}},
      {"quote in a field", "a\"b,c\nd\n", {"1:!quote within an unquoted field", "2:[d]"}},
      {"text after a quote", "\"a\"b,c\nd\n", {"1:!text after a closing quote", "2:[d]"}},
      {"blank before a quote", "a, \"b\"\nd\n", {"1:!quote within an unquoted field", "2:[d]"}},
      {"quote not closed", "a\n\"b,c\n", {"1:[a]", "2:!quote not closed"}},
      {"nothing", "", {}},
  };
  return cases;
}

TEST(CsvReader, ReadsRfc4180AndSaysWhatIsBroken) {
  for (const Case& c : Cases()) EXPECT_EQ(Read(c.text), c.expected) << c.name;
}

TEST(CsvReader, DoesNotCareHowTheTextIsCutIntoPieces) {
  for (const Case& c : Cases()) {
    for (std::size_t piece = 1; piece <= 4; ++piece) {
      EXPECT_EQ(Read(c.text, piece), c.expected) << c.name << " in pieces of " << piece;
    }
  }
}

TEST(CsvReader, TakesFieldsThatABlankPrecedesWhereTheDialectSaysSo) {
  const std::string text = "\"a\", \"b, c\",  d e, \"\"\n  f\n";
  for (std::size_t piece = 1; piece <= 4; ++piece) {
    EXPECT_EQ(Read(text, piece, {.skip_initial_space = true}),
              (Lines{"1:[a][b, c][d e][]", "2:[f]"}));
  }
  EXPECT_EQ(Read(text), (Lines{"1:!quote within an unquoted field", "2:[  f]"}));
}

TEST(CsvReader, TakesAnotherDelimiterAndCommentMark) {
  EXPECT_EQ(Read("a,b;c\n!x\n#y;z\n", 100, {.delimiter = ';', .comment = '!'}),
            (Lines{"1:[a,b][c]", "2:#x", "3:[#y][z]"}));
  EXPECT_EQ(Read("#a\tb\n", 100, {.delimiter = '\t', .comment = std::nullopt}),
            (Lines{"1:[#a][b]"}));
}

TEST(CsvReader, DropsARecordThatIsTooLongAndGoesOnAtTheNextLine) {
  const std::string mib(1024 * 1024, 'x');
  EXPECT_EQ(Read("a\n" + mib + "\nb\n"), (Lines{"1:[a]", "2:!longer than 64 KiB", "3:[b]"}));
  EXPECT_EQ(Read("a\n\"" + mib + "\nb\n"), (Lines{"1:[a]", "2:!longer than 64 KiB", "3:[b]"}));
  EXPECT_EQ(Read(std::string(64 * 1024, 'x')).at(0).substr(0, 4), "1:[x");
}

TEST(CsvReader, LosesNoMoreThanTheCapToAQuoteThatNeverCloses) {
  std::string text = "\"open\n";
  for (int i = 0; i < 20'000; ++i) text += "row,of,four,fields\n";
  const Lines seen = Read(text);
  EXPECT_EQ(seen.at(0), "1:!longer than 64 KiB");
  EXPECT_GT(seen.size(), 16'000U);
  EXPECT_EQ(seen.back(), "20001:[row][of][four][fields]");
}

}  // namespace
}  // namespace agent::feeds
