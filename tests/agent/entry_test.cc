#include "agent/history/entry.h"

#include <gtest/gtest.h>

namespace agent::history {
namespace {

const policy::TimePoint noon = policy::ParseTime("2026-11-24T12:00:00Z").value();

Entry SomeEntry() {
  return {7, noon, "alice", "approve", "domain evil.example", R"({"reason":"seen","ids":[1,2]})"};
}

TEST(EntryTest, IsOneLineWithItsKeysInOrder) {
  EXPECT_EQ(LeafOf(SomeEntry()).value(),
            R"({"v":1,"index":7,"at":"2026-11-24T12:00:00Z","actor":"alice","action":"approve",)"
            R"("subject":"domain evil.example","detail":{"reason":"seen","ids":[1,2]}})");
  Entry bare{0, noon, "agent", "start", "", ""};
  EXPECT_EQ(LeafOf(bare).value(),
            R"({"v":1,"index":0,"at":"2026-11-24T12:00:00Z","actor":"agent","action":"start",)"
            R"("subject":"","detail":null})");
}

TEST(EntryTest, ReadsBackWhatItWrote) {
  const std::string leaf = LeafOf(SomeEntry()).value();
  const auto entry = ParseLeaf(leaf);
  ASSERT_TRUE(entry) << entry.error().detail;
  EXPECT_EQ(entry->index, 7U);
  EXPECT_EQ(entry->at, noon);
  EXPECT_EQ(entry->actor, "alice");
  EXPECT_EQ(entry->action, "approve");
  EXPECT_EQ(entry->subject, "domain evil.example");
  EXPECT_EQ(entry->detail, R"({"reason":"seen","ids":[1,2]})");
  EXPECT_EQ(IndexOf(leaf).value(), 7U);
}

TEST(EntryTest, HostileTextStaysWithinItsField) {
  for (const std::string& text : {std::string("\"},\"index\":9,{\""), std::string("a\nb\r\0c", 7),
                                  std::string("\xff\xfe bad"), std::string("\xed\xa0\x80"),
                                  std::string("\xe2\x80\xa8 line"), std::string(1, '\\')}) {
    Entry entry = SomeEntry();
    entry.actor = entry.action = entry.subject = text;
    entry.detail = "{\"note\":\"\xff\"}";
    const auto leaf = LeafOf(entry);
    ASSERT_TRUE(leaf) << leaf.error().detail;
    EXPECT_EQ(leaf->find('\n'), std::string::npos);
    const auto again = ParseLeaf(*leaf);
    ASSERT_TRUE(again) << *leaf;
    EXPECT_EQ(again->index, 7U);
    EXPECT_EQ(again->actor, again->subject);
    EXPECT_EQ(LeafOf(*again).value(), *leaf);
  }
}

TEST(EntryTest, DetailOnSeveralLinesBecomesOne) {
  Entry entry = SomeEntry();
  entry.detail = "{ \"b\" : 1,\n \"a\" : 2 }";
  EXPECT_TRUE(LeafOf(entry)->ends_with(R"("detail":{"b":1,"a":2}})"));
}

TEST(EntryTest, RefusesADetailThatIsNoObject) {
  for (const std::string detail : {"x", "1", "[1]", "null", "\"a\"", "{", "{}{}", "{\"a\":}"}) {
    Entry entry = SomeEntry();
    entry.detail = detail;
    EXPECT_FALSE(LeafOf(entry)) << detail;
  }
  Entry deep = SomeEntry();
  deep.detail = "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_FALSE(LeafOf(deep));
}

TEST(EntryTest, RefusesALeafInAnyOtherForm) {
  const std::string leaf = LeafOf(SomeEntry()).value();
  std::string spaced = leaf;
  spaced.insert(1, " ");
  std::string reordered =
      R"({"v":1,"index":7,"actor":"a","at":"2026-11-24T12:00:00Z","action":"b","subject":"",)"
      R"("detail":null})";
  std::string padded = leaf;
  padded.replace(padded.find(":7,"), 3, ":07,");
  for (const std::string& text : {std::string(), std::string("{}"), spaced, reordered, padded,
                                  leaf + " ", leaf.substr(0, leaf.size() - 1)}) {
    EXPECT_FALSE(ParseLeaf(text)) << text;
  }
}

}  // namespace
}  // namespace agent::history
