#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/feeds/json_rows.h"

namespace agent::feeds {
namespace {

using Lines = std::vector<std::string>;

// Writes down what it is told, one line each.
class Recorder final : public JsonSink {
 public:
  void Row(std::size_t number, std::string_view key, const nlohmann::json& row) override {
    seen.push_back(std::to_string(number) + " " + std::string(key) + " " + row.dump());
  }
  void Broken(std::size_t number, std::string_view reason) override {
    seen.push_back(std::to_string(number) + " ! " + std::string(reason));
  }
  bool full() const override { return seen.size() >= seen_max; }

  Lines seen;
  std::size_t seen_max = 1000;
};

Lines Read(std::string_view text, const std::string& pointer, bool are_grouped = false) {
  Recorder recorder;
  const JsonRowsAt at{*ParseJsonPointer(pointer), are_grouped};
  const auto read = ReadJsonRows(text, at, recorder);
  if (!read) recorder.seen.push_back("error: " + read.error().detail);
  return recorder.seen;
}

TEST(JsonRows, AreTheElementsOfAnArrayAnywhere) {
  EXPECT_EQ(Read("[1, \"a\", {\"b\": [2, {\"c\": null}]}, [3]]", ""),
            (Lines{"1  1", "2  \"a\"", "3  {\"b\":[2,{\"c\":null}]}", "4  [3]"}));
  EXPECT_EQ(
      Read("{\"x\": [9, {\"rows\": [8]}], \"data\": {\"rows\": [1, 2], \"n\": 2}}", "/data/rows"),
      (Lines{"1  1", "2  2"}));
  EXPECT_EQ(Read("[[1, 2], [3, [4]]]", "/1"), (Lines{"1  3", "2  [4]"}));
}

TEST(JsonRows, AreTheMembersOfAnObject) {
  EXPECT_EQ(Read("{\"a\": {\"x\": 1}, \"b\": true}", ""), (Lines{"1 a {\"x\":1}", "2 b true"}));
  EXPECT_EQ(Read("{\"a/b\": {\"~\": {\"k\": 1.5}}}", "/a~1b/~0"), (Lines{"1 k 1.5"}));
}

TEST(JsonRows, MayBeGroupedByKey) {
  EXPECT_EQ(Read("{\"7\": [{\"x\": 1}, {\"x\": [2]}], \"8\": [], \"9\": {\"x\": 3}}", "", true),
            (Lines{"1 7 {\"x\":1}", "2 7 {\"x\":[2]}", "3 9 {\"x\":3}"}));
}

TEST(JsonRows, AreNotFoundWhereThereIsNoContainer) {
  const Lines missing{
      "error: the file has no array or object at \"/a/b\", where its rows should be: check the "
      "feed's URL and format"};
  EXPECT_EQ(Read("{}", "/a/b"), missing);
  EXPECT_EQ(Read("{\"a\": {\"b\": 1}}", "/a/b"), missing);
  EXPECT_EQ(Read("{\"b\": [1], \"a\": {\"a\": {\"b\": [1]}}}", "/a/b"), missing);
}

TEST(JsonRows, EndWithAnErrorWhereTheTextIsNoJson) {
  const Lines cut = Read("{\"rows\": [1, {\"a\": 2", "/rows");
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_EQ(cut[0], "1  1");
  EXPECT_TRUE(cut[1].starts_with("error: it is no JSON from byte 2")) << cut[1];
  for (const char* text : {"", "nonsense", "[1] 2", "[1,]", "[\"\xff\"]", "[1e999]"}) {
    const Lines seen = Read(text, "");
    ASSERT_FALSE(seen.empty()) << text;
    EXPECT_TRUE(seen.back().starts_with("error: it is no JSON")) << text << ": " << seen.back();
  }
}

TEST(JsonRows, AreRefusedWhenNestedTooDeep) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(Read(deep, ""), (Lines{"error: it is nested deeper than 64 levels"}));
  EXPECT_EQ(Read("{\"other\": " + deep, "/rows"),
            (Lines{"error: it is nested deeper than 64 levels"}));
}

TEST(JsonRows, AreBrokenWhenOfTooManyValues) {
  std::string large = "[[0";
  for (int i = 0; i < 20'000; ++i) large += ",[{\"a\":1}]";
  EXPECT_EQ(Read(large + "], 2]", ""), (Lines{"1 ! more than 10 000 values", "2  2"}));
}

TEST(JsonRows, StopComingWhenTheSinkIsFull) {
  Recorder recorder;
  recorder.seen_max = 2;
  EXPECT_TRUE(ReadJsonRows("[1, 2, 3, nonsense", {}, recorder));
  EXPECT_EQ(recorder.seen, (Lines{"1  1", "2  2"}));
}

TEST(JsonPointer, IsReadAsRfc6901Says) {
  EXPECT_EQ(ParseJsonPointer("").value(), JsonPath{});
  EXPECT_EQ(ParseJsonPointer("/").value(), JsonPath{""});
  EXPECT_EQ(ParseJsonPointer("/a~1b/m~0n/0").value(), (JsonPath{"a/b", "m~n", "0"}));
  for (const char* bad : {"a", "a/b", "/~", "/~2", "/a~"})
    EXPECT_FALSE(ParseJsonPointer(bad)) << bad;
}

TEST(JsonPointer, FindsWhatItPointsAt) {
  const auto row = nlohmann::json::parse(R"({"a": [10, {"b": 11}], "": 12})");
  const auto find = [&row](const char* pointer) {
    const nlohmann::json* const found = FindInJson(row, *ParseJsonPointer(pointer));
    return found == nullptr ? std::string("none") : found->dump();
  };
  EXPECT_EQ(find("/a/1/b"), "11");
  EXPECT_EQ(find("/a/0"), "10");
  EXPECT_EQ(find("/"), "12");
  for (const char* absent : {"/b", "/a/2", "/a/-", "/a/01", "/a/", "/a/0/x", "/a/b"}) {
    EXPECT_EQ(find(absent), "none") << absent;
  }
}

TEST(JsonText, IsWhatCsvWouldHave) {
  const auto text = [](const char* json) { return TextOfJson(nlohmann::json::parse(json)); };
  EXPECT_EQ(text("\"a b\""), "a b");
  EXPECT_EQ(text("17"), "17");
  EXPECT_EQ(text("-1.5"), "-1.5");
  EXPECT_EQ(text("true"), "true");
  EXPECT_EQ(text("null"), "");
  EXPECT_EQ(text("{\"a\": 1}"), "");
  EXPECT_EQ(text("[\"a\", null, 2, [\"b\"]]"), "a,2");
}

}  // namespace
}  // namespace agent::feeds
