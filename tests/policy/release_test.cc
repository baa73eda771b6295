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

TermedLine Termed(std::string line, std::uint32_t expires, std::uint8_t risk) {
  return {std::move(line), {expires, risk}};
}

TEST(TermsTest, KeepsTimesAndRisksWithinWhatFits) {
  const auto at = [](std::int64_t seconds) { return TimePoint(std::chrono::seconds(seconds)); };
  EXPECT_EQ(Terms::Of(at(1'790'000'000), 90), (Terms{1'790'000'000, 90}));
  EXPECT_EQ(Terms::Of(at(-5), -1), (Terms{0, 0}));
  EXPECT_EQ(Terms::Of(at(1LL << 40), 300), (Terms{Terms::no_end - 1, risk_max}));
}

TEST(TermsTest, HaveADigestThatAnybodyCanRedo) {
  const auto list = ListSnapshot::FromTermed({Termed("ip 192.0.2.1/32", 1'790'000'001, 100),
                                              Termed("domain evil.example", 1'790'000'000, 7)});
  EXPECT_EQ(list->id().terms, Sha256Of("1790000000 7\n1790000001 100\n"));
  EXPECT_EQ(list->digest(), Sha256Of(list->text()));
  EXPECT_EQ(ListSnapshot::FromLines(three)->id().terms, Sha256Of(""));
}

TEST(TermsTest, HaveTheSameDigestInOnePartOrMany) {
  PackedTerms terms;
  std::string text;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    terms.Add({i * 200'000, static_cast<std::uint8_t>(i % 101)});
    text += std::to_string(i * 200'000) + " " + std::to_string(i % 101) + "\n";
  }
  EXPECT_EQ(DigestOf(terms), Sha256Of(text));
}

TEST(TermsTest, AreReadBackFromTheTextThatHasThem) {
  const auto list = ListSnapshot::FromTermed(
      {Termed("domain a.example", 5, 0), Termed("domain b.example", Terms::no_end, 100)});
  EXPECT_EQ(list->TermedText(), "domain a.example\t5\t0\ndomain b.example\t4294967295\t100\n");
  const auto read = ListSnapshot::ParseTermed(list->TermedText());
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ((*read)->id(), list->id());
  const auto bare = ListSnapshot::FromLines(three);
  EXPECT_EQ(ListSnapshot::ParseTermed(bare->TermedText()).value()->id(), bare->id());
}

TEST(TermsTest, AreRefusedWhereTheTextHasThemNotForEachLine) {
  for (const std::string_view text :
       {"domain a.example\t5\t0\ndomain b.example\n", "domain a.example\t5\n",
        "domain a.example\t5\t101\n", "domain a.example\t4294967296\t1\n",
        "domain a.example\t-5\t1\n", "domain a.example\t5\t1", "domain a.example\t\t1\n",
        "domain b.example\t5\t1\ndomain a.example\t5\t1\n", "\t5\t1\n"}) {
    EXPECT_FALSE(ListSnapshot::ParseTermed(text)) << text;
  }
  PackedTerms one;
  one.Add({5, 1});
  EXPECT_FALSE(ListSnapshot::Parse("domain a.example\ndomain b.example\n", one));
}

TEST(TermsTest, ChangeByADeltaWhoseLinesStay) {
  const auto from = ListSnapshot::FromTermed({Termed("domain a.example", 5, 50),
                                              Termed("domain b.example", 5, 50),
                                              Termed("domain c.example", 5, 50)});
  const auto to = ListSnapshot::FromTermed({Termed("domain b.example", 9, 50),
                                            Termed("domain c.example", 5, 50),
                                            Termed("domain d.example", 7, 60)});
  const Delta delta = Difference(*from, *to);
  EXPECT_EQ(delta.retermed, Lines{"domain b.example"});
  EXPECT_EQ(delta.terms[0], (Terms{7, 60}));
  const auto applied = from->Apply(delta);
  ASSERT_TRUE(applied) << applied.error().detail;
  EXPECT_EQ((*applied)->id(), to->id());
}

TEST(TermsTest, MadeForAnotherListAreAConflict) {
  const auto list = ListSnapshot::FromTermed({Termed("domain a.example", 5, 50)});
  Delta absent{{}, {}, {}, {"domain b.example"}, {}};
  absent.new_terms.Add({9, 50});
  EXPECT_EQ(list->Apply(absent).error().code, ErrorCode::conflict);
  Delta gone{{}, {"domain a.example"}, {}, {"domain a.example"}, absent.new_terms};
  EXPECT_EQ(list->Apply(gone).error().code, ErrorCode::conflict);
  const Delta too_few{{}, {}, {}, {"domain a.example"}, {}};
  EXPECT_EQ(list->Apply(too_few).error().code, ErrorCode::malformed_input);
}

TEST(TermsTest, ComeToAListThatHadNone) {
  const auto bare = ListSnapshot::FromLines({"domain a.example"});
  const auto list = ListSnapshot::FromTermed(
      {Termed("domain a.example", 5, 50), Termed("domain b.example", 6, 60)});
  EXPECT_EQ((*bare->Apply(Difference(*bare, *list)))->id(), list->id());
}

TEST(TermsTest, StayWithTheirLinesWhereSomeAreSelected) {
  const auto list = ListSnapshot::FromTermed({Termed("domain a.example", 5, 50),
                                              Termed("domain b.example", 6, 60),
                                              Termed("domain c.example", 7, 70)});
  const auto some = list->Select([](std::size_t line) { return line != 1; });
  EXPECT_EQ(some->TermedText(), "domain a.example\t5\t50\ndomain c.example\t7\t70\n");
  EXPECT_EQ(some->id(), ListSnapshot::ParseTermed(some->TermedText()).value()->id());
  EXPECT_EQ(list->Select([](std::size_t) { return false; })->size(), 0U);
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
  const auto list_of = [&](const std::set<std::string>& lines) {
    std::vector<TermedLine> termed;
    for (const std::string& line : lines) {
      termed.push_back({line, {static_cast<std::uint32_t>(random() % 3), 50}});
    }
    return ListSnapshot::FromTermed(std::move(termed));
  };
  for (int round = 0; round < 500; ++round) {
    const auto a = some();
    const auto b = some();
    const auto from = list_of(a);
    const auto to = list_of(b);
    const Delta delta = Difference(*from, *to);
    Lines added;
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(added));
    ASSERT_EQ(delta.added, added);
    const auto applied = from->Apply(delta);
    ASSERT_TRUE(applied) << applied.error().detail;
    ASSERT_EQ((*applied)->id(), to->id());
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
