#include "exporters/fit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/exporters/signed_updates.h"

namespace exporters {
namespace {

using exporters::testing::Snapshot;
using exporters::testing::TermedListOf;
using Lines = std::vector<std::string>;

const Lines all_kinds{"domain", "ip", "url"};

Snapshot ListOfRisks(const std::map<std::string, std::uint8_t>& risks) {
  std::vector<policy::TermedLine> lines;
  for (const auto& [line, risk] : risks) lines.push_back({line, {1'790'000'000, risk}});
  return TermedListOf(std::move(lines));
}

Lines LinesOf(const policy::ListSnapshot& list) {
  Lines lines;
  for (std::size_t i = 0; i < list.size(); ++i) lines.emplace_back(list.line(i));
  return lines;
}

TEST(FitTest, E11_AListThatFitsIsGivenAsItIs) {
  const auto list = ListOfRisks({{"domain a.example", 10}, {"domain b.example", 20}});
  for (const std::uint64_t room : {0, 2, 3}) {
    const Fitted fitted = Fit(list, all_kinds, room);
    EXPECT_EQ(fitted.list, list);
    EXPECT_FALSE(fitted.left_out);
  }
}

TEST(FitTest, E11_TheLowestRiskIsLeftOutAndThatIsToldExactly) {
  const auto list = ListOfRisks({{"domain a.example", 10},
                                 {"domain b.example", 90},
                                 {"domain c.example", 50},
                                 {"domain d.example", 100}});
  const Fitted fitted = Fit(list, all_kinds, 2);
  EXPECT_EQ(LinesOf(*fitted.list), (Lines{"domain b.example", "domain d.example"}));
  EXPECT_EQ(fitted.list->terms(0).risk, 90);
  ASSERT_TRUE(fitted.left_out);
  EXPECT_EQ(fitted.left_out->count, 2U);
  EXPECT_EQ(fitted.left_out->sample, (Lines{"domain a.example", "domain c.example"}));
  EXPECT_EQ(fitted.left_out->risk, 50);
  EXPECT_EQ(fitted.left_out->last, "") << "nothing of that risk fits";
  EXPECT_EQ(LeftOutText(*list, fitted), "domain a.example\ndomain c.example\n");
}

TEST(FitTest, E11_LinesOfOneRiskAreTakenInTheListsOrder) {
  const auto list = ListOfRisks({{"domain a.example", 50},
                                 {"domain b.example", 50},
                                 {"domain c.example", 50},
                                 {"domain z.example", 60}});
  const Fitted fitted = Fit(list, all_kinds, 3);
  EXPECT_EQ(LinesOf(*fitted.list),
            (Lines{"domain a.example", "domain b.example", "domain z.example"}));
  EXPECT_EQ(fitted.left_out->last, "domain b.example");
}

TEST(FitTest, E11_WhatTheDeviceCannotEnforceTakesNoRoom) {
  const auto list = ListOfRisks({{"domain a.example", 100},
                                 {"domain b.example", 100},
                                 {"ip 192.0.2.1/32", 10},
                                 {"ip 192.0.2.2/32", 20}});
  const Fitted fitted = Fit(list, {"ip"}, 1);
  EXPECT_EQ(LinesOf(*fitted.list),
            (Lines{"domain a.example", "domain b.example", "ip 192.0.2.2/32"}));
  EXPECT_EQ(fitted.left_out->count, 1U);
  EXPECT_EQ(fitted.left_out->kinds, Lines{"ip"});
  EXPECT_FALSE(Fit(list, {"ip"}, 2).left_out);
}

TEST(FitTest, E11_AListWithoutTermsIsCutInItsOrder) {
  const auto list = exporters::testing::ListOf({"domain a.example", "domain b.example"});
  EXPECT_EQ(LinesOf(*Fit(list, all_kinds, 1).list), Lines{"domain a.example"});
}

TEST(FitTest, E11_BytesAreRoomToo) {
  const auto list = ListOfRisks({{"domain a.example", 50}, {"domain bbbbbbbbbb.example", 90}});
  const auto size_of = [&](std::size_t line) { return Size{1, list->line(line).size()}; };
  EXPECT_FALSE(FindCut(*list, {0, 41}, size_of));
  const auto cut = FindCut(*list, {0, 40}, size_of);
  ASSERT_TRUE(cut);
  EXPECT_FALSE(cut->Keeps(*list, 0));
  EXPECT_TRUE(cut->Keeps(*list, 1));
}

// Against a slow, obvious ranking.
TEST(FitTest, E11_TheSameListAlwaysLeavesOutTheSame) {
  std::mt19937 random(20261129);
  for (int round = 0; round < 300; ++round) {
    std::map<std::string, std::uint8_t> risks;
    for (auto count = random() % 40; count > 0; --count) {
      const std::string host = "192.0.2." + std::to_string(random() % 99) + "/32";
      risks[(random() % 3 == 0 ? "domain d" + host.substr(0, 3) : "ip " + host)] =
          static_cast<std::uint8_t>(random() % 4 * 30);
    }
    const std::uint64_t room = 1 + random() % 20;
    std::vector<std::pair<int, std::string>> ranks;
    for (const auto& [line, risk] : risks) {
      if (line.starts_with("ip ")) ranks.emplace_back(-risk, line);
    }
    std::sort(ranks.begin(), ranks.end());
    if (ranks.size() > room) ranks.resize(room);
    std::set<std::string> expected;
    for (const auto& [rank, line] : ranks) expected.insert(line);
    for (const auto& [line, risk] : risks) {
      if (!line.starts_with("ip ")) expected.insert(line);
    }
    const auto list = ListOfRisks(risks);
    EXPECT_EQ(LinesOf(*Fit(list, {"ip"}, room).list), Lines(expected.begin(), expected.end()));
  }
}

}  // namespace
}  // namespace exporters
