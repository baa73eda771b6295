#include "policy/let_through.h"

#include <gtest/gtest.h>

namespace policy {
namespace {

using Lines = std::vector<std::string>;

AllowEntry Name(std::string_view name, bool subtree = true) {
  return {*Domain::Parse(name), subtree};
}

AllowEntry Net(std::string_view prefix) {
  return {*IpPrefix::Parse(prefix)};
}

class LetThroughTest : public testing::Test {
 protected:
  Lines LinesOf(AllowCategory category, AllowEffect effect,
                const std::vector<AllowEntry>& entries) const {
    Lines lines;
    AppendLetThrough({"list", category, effect}, entries,
                     {IndicatorKind::domain, IndicatorKind::ip}, suffixes_, lines);
    return lines;
  }

  PublicSuffixList suffixes_ = *PublicSuffixList::Parse("example\ncom\nduckdns.org\n");
};

TEST_F(LetThroughTest, IsWhatMustNeverBeBlocked) {
  EXPECT_EQ(LinesOf(AllowCategory::own_infrastructure, AllowEffect::never,
                    {Name("shop.example"), Net("192.0.2.0/24"), Net("2001:db8::/32")}),
            (Lines{"domain shop.example", "ip 192.0.2.0/24", "ip 2001:db8::/32"}));
}

// A URL on it may be bad, so all that is on it must not be let through.
TEST_F(LetThroughTest, IsNotASharedHost) {
  EXPECT_EQ(LinesOf(AllowCategory::hosting, AllowEffect::url_only, {Name("cdn.example")}), Lines{});
  EXPECT_EQ(LinesOf(AllowCategory::popular, AllowEffect::review, {Name("news.example")}), Lines{});
}

TEST_F(LetThroughTest, NeverWidensANameThatSpeaksForItselfAlone) {
  EXPECT_EQ(LinesOf(AllowCategory::legitimate_service, AllowEffect::never,
                    {Name("exact.example", false), Name("duckdns.org"), Name("www.example")}),
            Lines{"domain www.example"});
  EXPECT_EQ(LinesOf(AllowCategory::public_suffix, AllowEffect::never, {Name("github.example")}),
            Lines{});
}

// An operator's own "corp" is meant with all below it, a standard's "localhost" is nobody's wish.
TEST_F(LetThroughTest, IsWhatTheOperatorSaysAndNotWhatAStandardReserves) {
  EXPECT_EQ(LinesOf(AllowCategory::own_infrastructure, AllowEffect::never, {Name("corp")}),
            Lines{"domain corp"});
  EXPECT_EQ(LinesOf(AllowCategory::special_purpose, AllowEffect::never,
                    {Name("localhost"), Net("10.0.0.0/8")}),
            Lines{});
}

}  // namespace
}  // namespace policy
