#include <gtest/gtest.h>

#include "policy/minimise.h"
#include "tests/policy/decisions_fixture.h"

// Rows I1 to I4, I12 and I15 of the test matrix: indicators made, or grown, to do harm.

namespace policy {
namespace {

using Lines = std::vector<std::string>;

TEST(HostileIndicators, I1_APrefixWiderThanTheLimitIsRefusedWhoeverProposesIt) {
  Bench bench;
  for (const bool by_person : {false, true}) {
    bench.by_person = by_person;
    for (const auto* text : {"0.0.0.0/0", "::/0", "8.0.0.0/8", "8.8.0.0/15", "2a00::/31"}) {
      EXPECT_TRUE(IsDroppedFor(bench.Decide(text), ReasonCode::too_broad)) << text;
    }
  }
}

TEST(HostileIndicators, I2_APublicSuffixIsRefusedWhoeverProposesIt) {
  Bench bench;
  for (const bool by_person : {false, true}) {
    bench.by_person = by_person;
    for (const auto* text : {"com", "co.jp", "github.io", "unlistedtld", "CO.JP."}) {
      EXPECT_TRUE(IsDroppedFor(bench.Decide(text), ReasonCode::public_suffix)) << text;
    }
  }
}

TEST(HostileIndicators, I2_TheRootAndWildcardsAreNoIndicators) {
  for (const auto* text : {".", "*", "*.com", ""}) EXPECT_FALSE(GuessIndicator(text)) << text;
}

TEST(HostileIndicators, I3_APrefixInsideAnAllowedOneIsRefused) {
  const Bench bench(
      {{"cdn", AllowCategory::cdn, AllowEffect::url_only, {"198.51.100.0/24", "2a00:1::/32"}}});
  for (const auto* text : {"198.51.100.0/24", "198.51.100.8/29", "198.51.100.1", "2a00:1::1"}) {
    EXPECT_TRUE(IsDroppedFor(bench.Decide(text), ReasonCode::allowlisted)) << text;
  }
}

TEST(HostileIndicators, I3_APrefixAroundAnAllowedOneIsSplitAndTheSplitTouchesNothingAllowed) {
  const Bench bench({{"cdn",
                      AllowCategory::cdn,
                      AllowEffect::url_only,
                      {"198.51.100.7", "198.51.100.64/26", "2a00:1:0:1::/64"}}});
  for (const auto* text : {"198.51.100.0/24", "198.51.96.0/20", "2a00:1::/48"}) {
    const Decision decision = bench.Decide(text);
    ASSERT_EQ(decision.outcome, Outcome::proposed) << text;
    ASSERT_TRUE(Has(decision, ReasonCode::split_around_allowed)) << text;
    ASSERT_FALSE(decision.targets.empty());
    for (const Indicator& target : decision.targets) {
      EXPECT_FALSE(bench.allowlist.Touches(std::get<IpPrefix>(target))) << TextOf(target);
      EXPECT_TRUE(P(text).Contains(std::get<IpPrefix>(target))) << TextOf(target);
    }
  }
}

TEST(HostileIndicators, I3_TheParentOfAnAllowedNameIsRefused) {
  const Bench bench({{"services",
                      AllowCategory::legitimate_service,
                      AllowEffect::url_only,
                      {"update.vendor.com"}}});
  for (const auto* text : {"vendor.com", "update.vendor.com", "eu.update.vendor.com"}) {
    EXPECT_TRUE(IsDroppedFor(bench.Decide(text), ReasonCode::allowlisted)) << text;
  }
  EXPECT_EQ(bench.Decide("evil.vendor.com").outcome, Outcome::proposed);
}

// The engine evaluates what is in force again after a change of lists: same call, new list.
TEST(HostileIndicators, I3_WhatIsInForceIsDroppedOnceTheAllowlistHoldsIt) {
  Bench bench;
  EXPECT_EQ(bench.Decide("update.vendor.com").outcome, Outcome::proposed);
  bench.allowlist = Compile(
      {{"services", AllowCategory::legitimate_service, AllowEffect::url_only, {"vendor.com"}}});
  EXPECT_TRUE(IsDroppedFor(bench.Decide("update.vendor.com"), ReasonCode::allowlisted));
}

TEST(HostileIndicators, I4_OwnInfrastructureIsNeverBlockedInAnyScopeByAnybody) {
  Bench bench({{"own",
                AllowCategory::own_infrastructure,
                AllowEffect::never,
                {"corp.jp", "agent.corp", "9.9.9.53", "2a00:1::53", "198.51.100.0/24"}}});
  for (const bool by_person : {false, true}) {
    bench.by_person = by_person;
    for (const auto* text :
         {"corp.jp", "mail.corp.jp", "agent.corp", "9.9.9.53", "2a00:1::53", "198.51.100.9",
          "http://mail.corp.jp/owa/", "http://9.9.9.53/", "https://198.51.100.9/x?y"}) {
      EXPECT_TRUE(IsDroppedFor(bench.Decide(text), ReasonCode::allowlisted)) << text;
    }
  }
}

TEST(HostileIndicators, I4_APrefixAroundOwnInfrastructureNeverCoversIt) {
  Bench bench({{"own", AllowCategory::own_infrastructure, AllowEffect::never, {"9.9.9.53"}}});
  bench.by_person = true;
  const Decision decision = bench.Decide("9.9.0.0/16");
  ASSERT_EQ(decision.outcome, Outcome::proposed);
  for (const Indicator& target : decision.targets) {
    EXPECT_FALSE(std::get<IpPrefix>(target).Contains(P("9.9.9.53"))) << TextOf(target);
  }
}

TEST(HostileIndicators, I12_AUrlOnASharedHostNeverWidens) {
  Bench bench({{"top", AllowCategory::popular, AllowEffect::url_only, {"github.com"}}});
  const std::string url = "https://github.com/evil/payload.zip";
  for (const bool host_rejected : {false, true}) {
    for (const bool propose_hosts : {false, true}) {
      bench.host_rejected = host_rejected;
      bench.policy.propose_hosts_of_urls = propose_hosts;
      EXPECT_EQ(TargetsOf(bench.Decide(url)), Lines{"url " + url});
      EXPECT_TRUE(Has(bench.Decide(url), ReasonCode::only_for_url_proxies));
    }
  }
  EXPECT_TRUE(IsDroppedFor(bench.DecideSeen("github.com", url), ReasonCode::allowlisted));
}

TEST(HostileIndicators, I15_DuplicatesAndChildrenAreMinimisedInOneOrder) {
  const std::vector<std::string_view> names = {"a.evil.com", "evil.com", "evil.com",
                                               "b.a.evil.com"};
  const std::vector<std::string_view> reversed(names.rbegin(), names.rend());
  EXPECT_EQ(MinimiseDomains(names), std::vector<std::string_view>{"evil.com"});
  EXPECT_EQ(MinimiseDomains(reversed), std::vector<std::string_view>{"evil.com"});

  const auto prefixes = Prefixes({"9.9.9.9", "9.9.9.0/24", "9.9.8.0/24", "9.9.9.9"});
  EXPECT_EQ(Texts(MergePrefixes(prefixes)), Lines{"9.9.8.0/23"});
}

}  // namespace
}  // namespace policy
