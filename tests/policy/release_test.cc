#include "policy/release.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

using Lines = std::vector<std::string>;

Lines LinesOf(const ListSnapshot& list) {
  Lines lines;
  for (std::size_t i = 0; i < list.size(); ++i) lines.emplace_back(list.line(i));
  return lines;
}

const Lines three = {"domain evil.example", "ip 192.0.2.1/32", "url http://evil.example/x"};

TEST(ListSnapshotTest, IsItsSortedLinesEachEndedByANewline) {
  const auto list = ListSnapshot::FromLines({three[2], three[0], three[1], three[0]});
  EXPECT_EQ(list->text(), "domain evil.example\nip 192.0.2.1/32\nurl http://evil.example/x\n");
  EXPECT_EQ(list->digest(), Sha256Of(list->text()));
  EXPECT_EQ(LinesOf(*list), three);
}

TEST(ListSnapshotTest, ReadsItsOwnText) {
  const auto list = ListSnapshot::FromLines(three);
  const auto read = ListSnapshot::Parse(list->text());
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ((*read)->digest(), list->digest());
  EXPECT_EQ(LinesOf(**read), three);
}

TEST(ListSnapshotTest, CanBeEmpty) {
  EXPECT_EQ(ListSnapshot::Empty()->size(), 0u);
  EXPECT_EQ(ToHex(ListSnapshot::Empty()->digest()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const auto read = ListSnapshot::Parse("");
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)->size(), 0u);
}

TEST(ListSnapshotTest, RefusesTextThatIsNotAList) {
  for (const std::string_view text : {
           "domain evil.example",                   // cut short
           "\n",                                    // an empty line
           "domain b.example\ndomain a.example\n",  // out of order
           "domain a.example\ndomain a.example\n",  // a duplicate
           "evil.example\n",                        // no kind
           "domain \n",                             // no text
           "hash 01ba4719c80b6fe911b091a7c05124b6\n",
           "domain a.example b.example\n",  // two words
           "domain a.example\r\n",
           "url http://a.example/\x01\n",
           "url http://a.example/\xe3\x82\xbb\n",
       }) {
    const auto list = ListSnapshot::Parse(std::string(text));
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().code, ErrorCode::malformed_input);
  }
}

TEST(ListSnapshotTest, SaysWhichLineIsWrong) {
  const auto list = ListSnapshot::Parse("domain a.example\nnonsense\n");
  ASSERT_FALSE(list);
  EXPECT_NE(list.error().detail.find("line 2"), std::string::npos) << list.error().detail;
}

TEST(ListSnapshotTest, ContainsItsLinesAndNoOthers) {
  const auto list = ListSnapshot::FromLines(three);
  for (const std::string& line : three) EXPECT_TRUE(list->Contains(line));
  for (const std::string_view line : {"domain a.example", "ip 192.0.2.1", "zzz", ""}) {
    EXPECT_FALSE(list->Contains(line)) << line;
  }
}

TEST(DeltaTest, LeadsFromOneListToTheOther) {
  const auto from = ListSnapshot::FromLines({"domain a.example", "domain b.example"});
  const auto to = ListSnapshot::FromLines({"domain b.example", "domain c.example"});
  const Delta delta = Difference(*from, *to);
  EXPECT_EQ(delta.added, Lines{"domain c.example"});
  EXPECT_EQ(delta.removed, Lines{"domain a.example"});
  const auto applied = from->Apply(delta);
  ASSERT_TRUE(applied) << applied.error().detail;
  EXPECT_EQ((*applied)->text(), to->text());
}

TEST(DeltaTest, BetweenEqualListsIsEmpty) {
  const auto list = ListSnapshot::FromLines(three);
  EXPECT_TRUE(Difference(*list, *list).empty());
  EXPECT_EQ((*list->Apply({}))->digest(), list->digest());
}

TEST(DeltaTest, MadeForAnotherListIsAConflict) {
  const auto list = ListSnapshot::FromLines(three);
  for (const Delta& delta :
       {Delta{{three[1]}, {}}, Delta{{}, {"domain absent.example"}}, Delta{{three[0]}, {three[0]}},
        Delta{{"ip 192.0.2.9/32"}, {"ip 192.0.2.9/32"}}}) {
    const auto applied = list->Apply(delta);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, ErrorCode::conflict);
  }
}

TEST(DeltaTest, RefusesLinesThatWouldBreakTheList) {
  const auto list = ListSnapshot::FromLines(three);
  for (const Delta& delta : {Delta{{"domain x.example\ndomain y.example"}, {}},
                             Delta{{"domain y.example", "domain x.example"}, {}},
                             Delta{{"domain x.example", "domain x.example"}, {}}, Delta{{""}, {}},
                             Delta{{}, {three[1], three[0]}}}) {
    const auto applied = list->Apply(delta);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, ErrorCode::malformed_input);
  }
}

TEST(DeltaTest, AgreesWithSetsOnRandomLists) {
  std::mt19937 random(20260315);
  const auto some = [&] {
    std::set<std::string> lines;
    for (auto count = random() % 40; count > 0; --count) {
      lines.insert("ip 192.0.2." + std::to_string(random() % 60) + "/32");
    }
    return lines;
  };
  for (int round = 0; round < 500; ++round) {
    const auto a = some();
    const auto b = some();
    const auto from = ListSnapshot::FromLines({a.begin(), a.end()});
    const auto to = ListSnapshot::FromLines({b.begin(), b.end()});
    const Delta delta = Difference(*from, *to);
    Lines added;
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(added));
    ASSERT_EQ(delta.added, added);
    const auto applied = from->Apply(delta);
    ASSERT_TRUE(applied) << applied.error().detail;
    ASSERT_EQ((*applied)->text(), to->text());
    ASSERT_EQ(LinesOf(**applied), LinesOf(*to));
  }
}

TEST(BlockSetTest, HoldsEachKindParsed) {
  const auto set = BlockSetOf(*ListSnapshot::FromLines(three));
  ASSERT_TRUE(set) << set.error().detail;
  EXPECT_EQ(set->domains, std::vector<Domain>{D("evil.example")});
  EXPECT_EQ(set->prefixes, std::vector<IpPrefix>{P("192.0.2.1")});
  EXPECT_EQ(set->urls, std::vector<Url>{U("http://evil.example/x")});
}

TEST(BlockSetTest, RefusesLinesThatAreNotCanonical) {
  for (const char* line : {"domain EVIL.example", "ip 192.0.2.1", "url http://evil.example",
                           "ip evil.example", "domain evil..example"}) {
    EXPECT_FALSE(BlockSetOf(*ListSnapshot::FromLines({line}))) << line;
  }
}

}  // namespace
}  // namespace policy
