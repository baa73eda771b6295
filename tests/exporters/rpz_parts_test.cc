#include "exporters/rpz/parts.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace exporters::rpz {
namespace {

using policy::ListSnapshot;

struct Golden {
  std::string_view line;
  std::array<std::size_t, 4> part;  // of 2, 4, 16 and 64
};

// Worked out by another program than ours: exporters of all versions have to agree.
TEST(RpzPartsTest, LineHasItsPartForEver) {
  const std::array golden{Golden{"domain evil.example", {0, 1, 7, 43}},
                          Golden{"domain www.evil.example", {0, 1, 7, 43}},
                          Golden{"domain example", {0, 0, 9, 33}},
                          Golden{"domain xn--bcher-kva.example", {0, 1, 4, 4}},
                          Golden{"domain a_b.test", {0, 2, 5, 29}},
                          Golden{"ip 192.0.2.0/24", {1, 3, 14, 58}},
                          Golden{"ip 2001:db8::/32", {1, 3, 12, 52}},
                          Golden{"ip 10.0.0.0/8", {1, 3, 13, 53}},
                          Golden{"url http://shared.example/bad", {1, 3, 14, 50}}};
  constexpr std::array<std::size_t, 4> parts{2, 4, 16, 64};
  for (const Golden& each : golden) {
    EXPECT_EQ(PartOf(each.line, 1), 0U) << each.line;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      EXPECT_EQ(PartOf(each.line, parts[i]), each.part[i]) << each.line << " of " << parts[i];
    }
  }
  EXPECT_EQ(PartLabel(0), "p0");
  EXPECT_EQ(PartLabel(63), "p63");
}

TEST(RpzPartsTest, NameIsInThePartOfAllNamesAboveIt) {
  for (std::size_t parts = 1; parts <= parts_max; ++parts) {
    for (const std::string top : {"evil.example", "co.uk", "a.b", "xn--p1ai.test"}) {
      const std::size_t part = PartOf("domain " + top, parts);
      std::string name = top;
      for (const char* label : {"www.", "a.", "_dmarc.", "0."}) {
        name = label + name;
        EXPECT_EQ(PartOf("domain " + name, parts), part) << name << " of " << parts;
      }
    }
  }
}

TEST(RpzPartsTest, NoAddressStandsBeforeAName) {
  for (std::size_t parts = 2; parts <= parts_max; ++parts) {
    std::set<std::size_t> names;
    std::set<std::size_t> addresses;
    for (int i = 0; i < 2'000; ++i) {
      names.insert(PartOf("domain n" + std::to_string(i) + ".example", parts));
      addresses.insert(PartOf(
          "ip 10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + "/32", parts));
    }
    EXPECT_EQ(*names.begin(), 0U);
    EXPECT_LT(*names.rbegin(), *addresses.begin()) << parts;
    EXPECT_EQ(*addresses.rbegin(), parts - 1);
    EXPECT_EQ(names.size() + addresses.size(), parts);  // none is in vain
  }
}

std::vector<std::string> Lines(int count) {
  std::vector<std::string> lines{"ip 192.0.2.0/24", "url http://shared.example/bad"};
  for (int i = 0; i < count; ++i) lines.push_back("domain n" + std::to_string(i) + ".example");
  return lines;
}

TEST(RpzPartsTest, PartsHoldEachLineOnce) {
  const ListPtr list = ListSnapshot::FromLines(Lines(500));
  PartLists part_lists(4);
  std::vector<std::string> together;
  const auto lists = part_lists.Of(*list);
  ASSERT_EQ(lists.size(), 4U);
  for (std::size_t part = 0; part < 4; ++part) {
    for (std::size_t i = 0; i < lists[part]->size(); ++i) {
      const std::string line(lists[part]->line(i));
      EXPECT_EQ(PartOf(line, 4), part) << line;
      together.push_back(line);
    }
  }
  EXPECT_EQ(ListSnapshot::FromLines(together)->digest(), list->digest());
  EXPECT_EQ(together.size(), list->size());
}

// What follows by deltas is what a look at the whole list gives, and parts without a change are not
// even copied.
TEST(RpzPartsTest, DeltaLeadsToThePartsOfTheListAfterIt) {
  PartLists part_lists(4);
  std::vector<std::string> lines = Lines(500);
  ListPtr base = ListSnapshot::FromLines(lines);
  for (int round = 0; round < 20; ++round) {
    lines.erase(lines.begin() + round * 7);
    lines.push_back("domain round" + std::to_string(round) + ".example");
    const ListPtr list = ListSnapshot::FromLines(lines);
    const policy::Delta delta = policy::Difference(*base, *list);
    const auto changes = part_lists.Of(Change{base.get(), *list, delta});
    ASSERT_TRUE(changes) << changes.error().detail;
    const auto whole = PartLists(4).Of(*list);
    const auto from_memory = part_lists.Of(*list);
    std::size_t changed_lines = 0;
    for (std::size_t part = 0; part < 4; ++part) {
      const PartChange& change = (*changes)[part];
      EXPECT_EQ(change.list->digest(), whole[part]->digest());
      EXPECT_EQ(change.list, from_memory[part]);
      EXPECT_EQ(change.delta.empty(), change.list == change.base);
      changed_lines += change.delta.added.size() + change.delta.removed.size();
    }
    EXPECT_EQ(changed_lines, 2U);
    base = list;
  }
}

TEST(RpzPartsTest, RefusesADeltaForAnotherList) {
  const ListPtr base = ListSnapshot::FromLines({"domain evil.example"});
  const ListPtr list = ListSnapshot::FromLines({"domain other.example"});
  const policy::Delta delta{{}, {"domain other.example"}};
  const auto changes = PartLists(4).Of(Change{base.get(), *list, delta});
  ASSERT_FALSE(changes);
  EXPECT_EQ(changes.error().code, policy::ErrorCode::conflict);
}

TEST(RpzPartsTest, OfOnePartIsTheListItself) {
  const ListPtr base = ListSnapshot::FromLines(Lines(3));
  const ListPtr list = ListSnapshot::FromLines(Lines(4));
  const policy::Delta delta = policy::Difference(*base, *list);
  PartLists one(1);
  EXPECT_EQ(one.Of(*list).at(0).get(), list.get());
  const auto changes = one.Of(Change{base.get(), *list, delta});
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->at(0).base.get(), base.get());
  EXPECT_EQ(changes->at(0).list.get(), list.get());
  EXPECT_EQ(changes->at(0).delta.added, delta.added);
}

}  // namespace
}  // namespace exporters::rpz
