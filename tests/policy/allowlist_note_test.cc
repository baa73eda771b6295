// Entries that say who answers for them.
#include <gtest/gtest.h>

#include <memory>

#include "policy/allowlist.h"
#include "policy/reason.h"
#include "tests/policy/decisions_fixture.h"
#include "tests/policy/real_allowlists.h"

namespace policy {
namespace {

std::shared_ptr<const AllowNote> Note(const std::string& owner, const std::string& reason) {
  return std::make_shared<const AllowNote>(
      AllowNote{owner, reason, ParseTime("2027-01-01T00:00:00Z").value()});
}

Allowlist Compile(const std::vector<AllowEntry>& entries) {
  const auto suffixes = PublicSuffixList::Parse("com\njp\nco.jp\n").value();
  Allowlist::Builder builder(suffixes);
  builder.Add({"assets", AllowCategory::own_infrastructure, AllowEffect::never}, entries);
  return std::move(builder).Build();
}

TEST(AllowNote, IsToldWithEachHit) {
  const Allowlist allowlist =
      Compile({{Domain::Parse("shop.co.jp").value(), true, Note("web team", "our shop")},
               {IpPrefix::Parse("192.0.2.0/24").value(), true, Note("network team", "our office")},
               {Domain::Parse("other.co.jp").value(), true}});
  const auto below = allowlist.Find(Domain::Parse("www.shop.co.jp").value());
  ASSERT_EQ(below.size(), 1U);
  EXPECT_EQ(OnAllowlist(ReasonCode::allowlisted, below[0]).detail,
            "It lies inside shop.co.jp on the allowlist assets (own-infrastructure), of which "
            "nothing may be blocked. web team says: our shop (until 2027-01-01T00:00:00Z).");
  const auto around = allowlist.Find(IpPrefix::Parse("192.0.2.0/23").value());
  ASSERT_EQ(around.size(), 1U);
  ASSERT_TRUE(around[0].note);
  EXPECT_EQ(around[0].note->owner, "network team");
  const auto without = allowlist.Find(Domain::Parse("other.co.jp").value());
  ASSERT_EQ(without.size(), 1U);
  EXPECT_FALSE(without[0].note);
}

TEST(AllowNote, ExpiresAtItsTime) {
  const AllowEntry entry{Domain::Parse("shop.co.jp").value(), true, Note("web team", "our shop")};
  const TimePoint time = *entry.note->expires;
  EXPECT_FALSE(IsExpired(entry, time - std::chrono::seconds(1)));
  EXPECT_TRUE(IsExpired(entry, time));
  EXPECT_FALSE(IsExpired({Domain::Parse("shop.co.jp").value()}, time));
}

TEST(AllowEntryText, SaysAllOfAnEntry) {
  EXPECT_EQ(TextOf(AllowEntry{Domain::Parse("a.com").value(), true, Note("x", "y")}),
            "a.com (with its subtree; x: y, until 2027-01-01T00:00:00Z)");
  EXPECT_EQ(TextOf(AllowEntry{Domain::Parse("a.com").value(), false}), "a.com");
  EXPECT_EQ(TextOf(AllowEntry{IpPrefix::Parse("192.0.2.0/24").value()}), "192.0.2.0/24");
}

// A list of type "string" compares exactly, but an entry with a leading dot matches nothing then:
// it means the names below. The numbers are `jq '[.list[]|select(startswith("."))]|length'`.
TEST(RealWarninglists, EntriesWithALeadingDotAreSubtreesWhateverTheType) {
  struct Expected {
    const char* folder;
    std::size_t subtrees;
    std::size_t names;
  };
  for (const Expected& expected : {Expected{"google", 194, 475}, Expected{"microsoft", 119, 72},
                                   Expected{"microsoft-win10-connection-endpoints", 31, 113}}) {
    if (!std::filesystem::exists(RealListPath(expected.folder))) {
      GTEST_SKIP() << RealListPath(expected.folder) << " is absent: set SEKISHO_REAL_DATA";
    }
    const auto parsed = ParseMispWarninglist(ReadWholeFile(RealListPath(expected.folder)));
    ASSERT_TRUE(parsed);
    const auto subtrees = static_cast<std::size_t>(
        std::count_if(parsed->entries.begin(), parsed->entries.end(),
                      [](const AllowEntry& entry) { return entry.subtree; }));
    EXPECT_EQ(subtrees, expected.subtrees) << expected.folder;
    EXPECT_EQ(parsed->entries.size() - subtrees, expected.names) << expected.folder;
  }
}

}  // namespace
}  // namespace policy
