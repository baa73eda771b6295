#include "policy/evaluate.h"

#include <gtest/gtest.h>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

using Texts = std::vector<std::string>;

const std::vector<TestList> lists = {
    {"tranco",
     AllowCategory::popular,
     AllowEffect::url_only,
     {"github.com", "duckdns.org", "in.net", "files.shop.example"}},
    {"cloud", AllowCategory::hosting, AllowEffect::url_only, {"198.51.100.0/28"}},
    {"own", AllowCategory::own_infrastructure, AllowEffect::never, {"corp.example", "192.0.2.53"}},
    {"vpn", AllowCategory::proxy, AllowEffect::review, {"203.0.113.0/24", "vpn.example"}},
};

std::string DetailOf(const Decision& decision, ReasonCode code) {
  for (const Reason& reason : decision.reasons) {
    if (reason.code == code) return reason.detail;
  }
  return "(absent)";
}

TEST(EvaluateTest, ProposesWhatIsFreshTrustedAndClear) {
  const Decision decision = Bench(lists).Decide("evil.com");
  EXPECT_EQ(decision.outcome, Outcome::proposed);
  EXPECT_EQ(TargetsOf(decision), Texts{"domain evil.com"});
  EXPECT_EQ(decision.confidence.percent(), 72);
  EXPECT_FALSE(decision.needs_two_approvers);
  EXPECT_EQ(CodesOf(decision), (Texts{"fresh", "confident"}));
  EXPECT_EQ(decision.reasons[0].detail,
            "urlhaus saw it last at 2026-03-15T11:00:00Z, within the last 30d.");
  EXPECT_EQ(decision.reasons[1].detail,
            "Confidence 72 reaches the least, 60: urlhaus says 80, believed to 90 %.");
}

TEST(EvaluateTest, WhatManyOfOurOwnClientsUseTakesTwoPeople) {
  Bench bench(lists);
  for (const char* const text : {"evil.com", "198.52.0.1", "http://github.com/evil"}) {
    bench.clients = 5;
    EXPECT_FALSE(bench.Decide(text).needs_two_approvers) << text;
    bench.clients = 6;
    const Decision decision = bench.Decide(text);
    EXPECT_TRUE(decision.needs_two_approvers) << text;
    EXPECT_EQ(DetailOf(decision, ReasonCode::many_clients),
              "More than 5 of our own clients used it in the last 14 days: a block takes two "
              "people.");
  }
  EXPECT_TRUE(IsDroppedFor(bench.Decide("github.com"), ReasonCode::allowlisted));
  bench.policy.clients_alone_max = 0;
  bench.clients = 1;
  EXPECT_TRUE(bench.Decide("evil.com").needs_two_approvers);
  bench.clients = 0;
  EXPECT_FALSE(bench.Decide("evil.com").needs_two_approvers);
}

TEST(EvaluateTest, TellsWhatALastProbeFoundOnline) {
  const Bench bench(lists);
  Observation seen = Bench::Seen("http://evil.com/x", bench.now - std::chrono::hours(1));
  const SourcedObservation sourced{&bench.feed, &seen};
  EXPECT_FALSE(Has(bench.Decide("evil.com", {&sourced, 1}), ReasonCode::online));
  seen.online = false;
  EXPECT_FALSE(Has(bench.Decide("evil.com", {&sourced, 1}), ReasonCode::online));
  seen.online = true;
  EXPECT_EQ(DetailOf(bench.Decide("evil.com", {&sourced, 1}), ReasonCode::online),
            "The last probe of urlhaus found it online.");
}

TEST(EvaluateTest, ANameBesideAPopularOneTakesTwo) {
  Bench bench(lists);
  const Decision decision = bench.Decide("www.shop.example");
  EXPECT_EQ(decision.outcome, Outcome::proposed);
  EXPECT_TRUE(decision.needs_two_approvers);
  EXPECT_EQ(DetailOf(decision, ReasonCode::beside_popular),
            "It belongs to shop.example, as the popular files.shop.example on the allowlist tranco "
            "does.");
  bench.by_person = true;
  EXPECT_TRUE(bench.Decide("www.shop.example").needs_two_approvers) << "whoever proposes it";
  bench.by_person = false;
  bench.policy.beside_popular_takes_two = false;
  EXPECT_FALSE(bench.Decide("www.shop.example").needs_two_approvers);
}

TEST(EvaluateTest, ANameThatIsBesideNothingPopularTakesOne) {
  const Bench bench(lists);
  // Others registered their names under these suffixes, and other lists say nothing of popularity.
  for (const char* text : {"evil.duckdns.org", "a.in.net", "x.evil.com", "other.example"}) {
    EXPECT_FALSE(bench.Decide(text).needs_two_approvers) << text;
  }
  EXPECT_FALSE(Has(bench.Decide("a.vpn.example"), ReasonCode::beside_popular));
  EXPECT_TRUE(IsDroppedFor(bench.Decide("a.files.shop.example"), ReasonCode::allowlisted));
}

TEST(EvaluateTest, ANameThatFeedsHaveKnownForLongTakesTwo) {
  Bench bench(lists);
  Observation seen = Bench::Seen("evil.com", bench.now - std::chrono::hours(1));
  const SourcedObservation sourced{&bench.feed, &seen};
  seen.first_seen = bench.now - std::chrono::hours(24 * 365);
  EXPECT_FALSE(bench.Decide("evil.com", {&sourced, 1}).needs_two_approvers);
  seen.first_seen -= std::chrono::seconds(1);
  const Decision decision = bench.Decide("evil.com", {&sourced, 1});
  EXPECT_TRUE(decision.needs_two_approvers);
  EXPECT_EQ(DetailOf(decision, ReasonCode::known_long),
            "urlhaus first saw it at 2025-03-15T11:59:59Z: a name that lives so long may be "
            "somebody's own.");
  bench.policy.known_for_takes_two = std::chrono::hours(24 * 400);
  EXPECT_FALSE(bench.Decide("evil.com", {&sourced, 1}).needs_two_approvers);
}

TEST(EvaluateTest, OurOwnSensorsDoNotMakeANameOld) {
  Bench bench(lists);
  FeedProfile sensors{"ids", "ids", C(90), C(80), FeedRole::detections};
  const Observation seen = Bench::Seen("evil.com", bench.now - std::chrono::hours(1));
  Observation own = seen;
  own.first_seen = bench.now - std::chrono::hours(24 * 700);
  const SourcedObservation sourced[] = {{&bench.feed, &seen}, {&sensors, &own}};
  EXPECT_FALSE(bench.Decide("evil.com", sourced).needs_two_approvers);
}

TEST(EvaluateTest, DropsFileHashesSinceNoDeviceBlocksThem) {
  EXPECT_TRUE(IsDroppedFor(Bench(lists).Decide("d41d8cd98f00b204e9800998ecf8427e"),
                           ReasonCode::not_enforceable));
}

TEST(EvaluateTest, DropsWhatTheFeedNoLongerSees) {
  const Bench bench(lists);
  const Observation old = Bench::Seen("evil.com", bench.now - std::chrono::hours(24 * 31));
  const Observation older = Bench::Seen("evil.com", bench.now - std::chrono::hours(24 * 90));
  const SourcedObservation sourced[] = {{&bench.feed, &older}, {&bench.feed, &old}};
  const Decision decision = bench.Decide("evil.com", sourced);
  EXPECT_TRUE(IsDroppedFor(decision, ReasonCode::stale));
  EXPECT_EQ(decision.reasons[0].detail,
            "urlhaus saw it last at 2026-02-12T12:00:00Z, more than 30d ago.");
}

TEST(EvaluateTest, DropsWhatTheFeedLetExpire) {
  const Bench bench(lists);
  Observation expired = Bench::Seen("evil.com", bench.now - std::chrono::hours(2));
  expired.valid_until = bench.now - std::chrono::hours(1);
  const SourcedObservation sourced{&bench.feed, &expired};
  const Decision decision = bench.Decide("evil.com", {&sourced, 1});
  EXPECT_TRUE(IsDroppedFor(decision, ReasonCode::stale));
  EXPECT_NE(decision.reasons[0].detail.find("2026-03-15T11:00:00Z"), std::string::npos);
}

TEST(EvaluateTest, DropsWhatNoFeedSaysAnythingOf) {
  EXPECT_TRUE(IsDroppedFor(Bench(lists).Decide("evil.com", {}), ReasonCode::stale));
}

TEST(EvaluateTest, DropsTimesFromTheFuture) {
  const Bench bench(lists);
  const Observation seen = Bench::Seen("evil.com", bench.now + std::chrono::hours(1));
  const SourcedObservation sourced{&bench.feed, &seen};
  EXPECT_TRUE(IsDroppedFor(bench.Decide("evil.com", {&sourced, 1}), ReasonCode::from_the_future));
}

TEST(EvaluateTest, AgesEachKindByItsOwnLimit) {
  Bench bench(lists);
  bench.policy.propose_hosts_of_urls = false;
  const struct {
    std::string_view text;
    int days;
  } rows[] = {{"evil.com", 30}, {"198.51.100.99", 7}, {"http://evil.com/x", 14}};
  for (const auto& row : rows) {
    const auto age = std::chrono::hours(24 * row.days);
    const Observation at_limit = Bench::Seen(row.text, bench.now - age);
    const Observation beyond = Bench::Seen(row.text, bench.now - age - std::chrono::seconds(1));
    const SourcedObservation fresh{&bench.feed, &at_limit};
    const SourcedObservation stale{&bench.feed, &beyond};
    EXPECT_EQ(bench.Decide(row.text, {&fresh, 1}).outcome, Outcome::proposed) << row.text;
    EXPECT_TRUE(IsDroppedFor(bench.Decide(row.text, {&stale, 1}), ReasonCode::stale)) << row.text;
  }
}

TEST(EvaluateTest, CountsOnlyFreshObservationsTowardsConfidence) {
  Bench bench(lists);
  bench.policy.confidence_min = C(80);
  const FeedProfile other{"threatfox", "other", C(90), C(90)};
  const Observation fresh = Bench::Seen("evil.com", bench.now);
  const Observation stale = Bench::Seen("evil.com", bench.now - std::chrono::hours(24 * 365));
  const SourcedObservation one_fresh[] = {{&bench.feed, &fresh}, {&other, &stale}};
  const Decision decision = bench.Decide("evil.com", one_fresh);
  EXPECT_TRUE(IsDroppedFor(decision, ReasonCode::low_confidence));
  EXPECT_EQ(decision.reasons[0].detail,
            "Confidence 72 is below the least, 80: urlhaus says 80, believed to 90 %.");

  const SourcedObservation both_fresh[] = {{&bench.feed, &fresh}, {&other, &fresh}};
  EXPECT_EQ(bench.Decide("evil.com", both_fresh).confidence.percent(), 94);
}

TEST(EvaluateTest, PrefersTheFeedsOwnConfidence) {
  const Bench bench(lists);
  Observation observation = Bench::Seen("evil.com", bench.now);
  observation.confidence = C(50);
  const SourcedObservation sourced{&bench.feed, &observation};
  EXPECT_TRUE(IsDroppedFor(bench.Decide("evil.com", {&sourced, 1}), ReasonCode::low_confidence));
}

TEST(EvaluateTest, DetectionsProposeNothingByThemselves) {
  const Bench bench(lists);
  const FeedProfile ids{"suricata", "suricata", C(100), C(100), FeedRole::detections};
  const Observation seen = Bench::Seen("evil.com", bench.now);
  const SourcedObservation sourced[] = {{&ids, &seen}};
  const Decision decision = bench.Decide("evil.com", sourced);
  EXPECT_TRUE(IsDroppedFor(decision, ReasonCode::detections_only));
  EXPECT_NE(decision.reasons[0].detail.find("suricata saw it last"), std::string::npos);
}

TEST(EvaluateTest, DetectionsRaiseWhatAFeedNamesAndKeepItFresh) {
  Bench bench(lists);
  bench.feed.reliability = C(50);
  const FeedProfile ids{"suricata", "suricata", C(50), C(80), FeedRole::detections};
  const Observation old = Bench::Seen("evil.com", bench.now - std::chrono::hours(24 * 31));
  const Observation seen = Bench::Seen("evil.com", bench.now);
  const SourcedObservation alone[] = {{&bench.feed, &old}};
  EXPECT_TRUE(IsDroppedFor(bench.Decide("evil.com", alone), ReasonCode::stale));
  const SourcedObservation both[] = {{&bench.feed, &old}, {&ids, &seen}};
  const Decision decision = bench.Decide("evil.com", both);
  EXPECT_EQ(decision.outcome, Outcome::proposed);
  EXPECT_EQ(decision.confidence.percent(), 64);  // 1 - (1 - 0.8*0.5)(1 - 0.8*0.5)
  EXPECT_EQ(decision.reasons[0].detail,
            "urlhaus saw it last at 2026-02-12T12:00:00Z, and it was sighted at "
            "2026-03-15T12:00:00Z, within the last 30d, the newest of 2 fresh observations.");
  EXPECT_EQ(decision.reasons[1].detail,
            "Confidence 64 reaches the least, 60: urlhaus says 80, believed to 50 %; suricata "
            "confirms with 80, believed to 50 %.");
}

TEST(EvaluateTest, ReportsOfFalsePositivesLowerWhatAFeedSays) {
  const Bench bench(lists);
  Observation seen = Bench::Seen("evil.com", bench.now);
  seen.false_positives = 1;
  const SourcedObservation sourced{&bench.feed, &seen};
  const Decision decision = bench.Decide("evil.com", {&sourced, 1});
  EXPECT_TRUE(IsDroppedFor(decision, ReasonCode::low_confidence));
  EXPECT_EQ(decision.reasons[0].detail,
            "Confidence 36 is below the least, 60: urlhaus says 80 (40 after reports of false "
            "positives), believed to 90 %.");
}

TEST(EvaluateTest, AnEarlierRefusalAsAFalsePositiveLowersIt) {
  Bench bench(lists);
  bench.false_positive_verdicts = 1;
  const Decision decision = bench.Decide("evil.com");
  EXPECT_TRUE(IsDroppedFor(decision, ReasonCode::low_confidence));
  EXPECT_EQ(decision.reasons[0].detail,
            "Confidence 36 is below the least, 60: urlhaus says 80, believed to 90 %. People "
            "refused it as a false positive 1 time, which takes it down from 72.");
}

TEST(EvaluateTest, DecayLowersConfidenceWithAgeUntilItIsStale) {
  Bench bench(lists);
  bench.policy.ages.decay = Decay{1, 30};
  const auto decide = [&](int days) {
    const Observation seen = Bench::Seen("evil.com", bench.now - std::chrono::hours(24 * days));
    const SourcedObservation sourced{&bench.feed, &seen};
    return bench.Decide("evil.com", {&sourced, 1});
  };
  EXPECT_EQ(decide(0).confidence.percent(), 72);
  EXPECT_EQ(decide(3).confidence.percent(), 64);                      // 80 * 90 % * 90 %
  EXPECT_TRUE(IsDroppedFor(decide(15), ReasonCode::low_confidence));  // 36
  const Decision stale = decide(20);                                  // 24
  EXPECT_TRUE(IsDroppedFor(stale, ReasonCode::stale));
  EXPECT_NE(stale.reasons[0].detail.find("age leaves 33 % of its score"), std::string::npos);
}

TEST(EvaluateTest, AsksForTwoApproversWhereAReviewListHits) {
  for (const auto* text : {"203.0.113.9", "vpn.example", "a.vpn.example"}) {
    const Decision decision = Bench(lists).Decide(text);
    EXPECT_EQ(decision.outcome, Outcome::proposed) << text;
    EXPECT_TRUE(decision.needs_two_approvers) << text;
    EXPECT_TRUE(Has(decision, ReasonCode::review_hit)) << text;
  }
}

TEST(EvaluateTest, AsksForTwoApproversOfWidePrefixes) {
  EXPECT_TRUE(Bench(lists).Decide("198.52.0.0/16").needs_two_approvers);
  EXPECT_FALSE(Bench(lists).Decide("198.52.0.0/24").needs_two_approvers);
}

TEST(EvaluateTest, NamesTheListAndTheEntryThatForbid) {
  const Decision decision = Bench(lists).Decide("www.github.com");
  EXPECT_TRUE(IsDroppedFor(decision, ReasonCode::allowlisted));
  EXPECT_EQ(decision.reasons[0].detail,
            "It lies inside github.com on the allowlist tranco (popular), of which only single "
            "URLs may be blocked.");
}

TEST(EvaluateTest, SplitsAPrefixAroundWhatIsAllowed) {
  const Decision decision = Bench(lists).Decide("198.51.100.0/26");
  EXPECT_EQ(decision.outcome, Outcome::proposed);
  EXPECT_EQ(TargetsOf(decision), (Texts{"ip 198.51.100.16/28", "ip 198.51.100.32/27"}));
  EXPECT_TRUE(Has(decision, ReasonCode::split_around_allowed));
  EXPECT_NE(DetailOf(decision, ReasonCode::split_around_allowed).find("cloud"), std::string::npos);
}

TEST(EvaluateTest, DropsAPrefixThatWouldSplitIntoTooManyParts) {
  std::vector<std::string> texts;
  for (int i = 0; i < 256; i += 2) texts.push_back("198.51.100." + std::to_string(i));
  const Bench bench(
      {{"cloud", AllowCategory::hosting, AllowEffect::url_only, {texts.begin(), texts.end()}}});
  EXPECT_TRUE(IsDroppedFor(bench.Decide("198.51.100.0/24"), ReasonCode::covers_allowed));
  EXPECT_EQ(bench.Decide("198.51.100.0/25").targets.size(), 64u);

  // One IPv6 address leaves a part for each bit between.
  const Bench v6({{"own", AllowCategory::own_infrastructure, AllowEffect::never, {"2a00::53"}}});
  EXPECT_TRUE(IsDroppedFor(v6.Decide("2a00::/48"), ReasonCode::covers_allowed));
  EXPECT_EQ(v6.Decide("2a00::/64").targets.size(), 64u);
}

TEST(EvaluateTest, DropsAPrefixOfWhichNothingIsLeft) {
  const Bench bench({{"cloud",
                      AllowCategory::hosting,
                      AllowEffect::url_only,
                      {"198.51.100.0/25", "198.51.100.128/25"}}});
  EXPECT_TRUE(IsDroppedFor(bench.Decide("198.51.100.0/24"), ReasonCode::covers_allowed));
}

TEST(EvaluateTest, LeavesAUrlToItsHostWhereThatMayBeBlocked) {
  EXPECT_TRUE(IsDroppedFor(Bench(lists).Decide("http://evil.com/x"), ReasonCode::covered_by_host));
  const Decision host = Bench(lists).DecideSeen("evil.com", "http://evil.com/x");
  EXPECT_EQ(host.outcome, Outcome::proposed);
  EXPECT_NE(DetailOf(host, ReasonCode::host_of_urls).find("http://evil.com/x"), std::string::npos);
}

TEST(EvaluateTest, ProposesAUrlOnASharedHostForProxiesOnly) {
  for (const auto* text :
       {"https://github.com/a/b.zip", "http://198.51.100.1/x", "http://duckdns.org/x",
        "http://shop.example/x", "https://raw.github.com/?q"}) {
    const Decision decision = Bench(lists).Decide(text);
    EXPECT_EQ(TargetsOf(decision), Texts{"url " + std::string(text)});
    EXPECT_TRUE(Has(decision, ReasonCode::url_on_shared_host)) << text;
    EXPECT_TRUE(Has(decision, ReasonCode::only_for_url_proxies)) << text;
  }
}

TEST(EvaluateTest, DropsAUrlThatStandsForAWholeSharedSite) {
  for (const auto* text : {"https://github.com/", "http://198.51.100.1:8080/", "http://in.net/"}) {
    EXPECT_TRUE(IsDroppedFor(Bench(lists).Decide(text), ReasonCode::whole_site_url)) << text;
  }
}

TEST(EvaluateTest, DropsAUrlOnAHostThatIsNeverBlocked) {
  for (const auto* text : {"http://www.corp.example/x", "http://192.0.2.53/dns-query"}) {
    EXPECT_TRUE(IsDroppedFor(Bench(lists).Decide(text), ReasonCode::allowlisted)) << text;
  }
}

TEST(EvaluateTest, ProposesTheUrlWherePeopleRefusedItsHost) {
  Bench bench(lists);
  bench.host_rejected = true;
  const Decision decision = bench.Decide("http://evil.com/x");
  EXPECT_EQ(TargetsOf(decision), Texts{"url http://evil.com/x"});
  EXPECT_TRUE(Has(decision, ReasonCode::host_rejected));
}

TEST(EvaluateTest, ProposesTheUrlWhereThePolicyProposesNoHosts) {
  Bench bench(lists);
  bench.policy.propose_hosts_of_urls = false;
  EXPECT_EQ(TargetsOf(bench.Decide("http://evil.com/x")), Texts{"url http://evil.com/x"});
}

TEST(EvaluateTest, AsksForReviewOfAUrlOnAReviewedHost) {
  Bench bench(lists);
  bench.policy.propose_hosts_of_urls = false;
  EXPECT_TRUE(bench.Decide("http://203.0.113.1/x").needs_two_approvers);
  EXPECT_FALSE(bench.Decide("http://evil.com/x").needs_two_approvers);
}

TEST(EvaluateTest, LetsAPersonProposeWithoutFeeds) {
  Bench bench(lists);
  bench.by_person = true;
  for (const auto* text : {"evil.com", "198.52.0.1", "http://evil.com/x"}) {
    const Decision decision = bench.Decide(text, {});
    EXPECT_EQ(decision.outcome, Outcome::proposed) << text;
    EXPECT_EQ(TargetsOf(decision), Texts{LineOf(I(text))}) << text;
    EXPECT_TRUE(Has(decision, ReasonCode::manual)) << text;
  }
}

TEST(EvaluateTest, HoldsAPersonToTheAllowlistAndTheLimits) {
  Bench bench(lists);
  bench.by_person = true;
  const struct {
    std::string_view text;
    ReasonCode code;
  } rows[] = {{"github.com", ReasonCode::allowlisted},
              {"192.0.2.53", ReasonCode::allowlisted},
              {"0.0.0.0/0", ReasonCode::too_broad},
              {"co.jp", ReasonCode::public_suffix},
              {"https://github.com/", ReasonCode::whole_site_url},
              {"d41d8cd98f00b204e9800998ecf8427e", ReasonCode::not_enforceable}};
  for (const auto& row : rows) {
    EXPECT_TRUE(IsDroppedFor(bench.Decide(row.text, {}), row.code)) << row.text;
  }
}

TEST(EvaluateTest, GivesTheSameDecisionTwice) {
  const Bench bench(lists);
  for (const auto* text : {"evil.com", "github.com", "198.51.100.0/24", "http://github.com/x"}) {
    const Decision a = bench.Decide(text);
    const Decision b = bench.Decide(text);
    EXPECT_EQ(TargetsOf(a), TargetsOf(b));
    EXPECT_EQ(CodesOf(a), CodesOf(b));
  }
}

TEST(EvaluateTest, GivesEveryReasonCodeAName) {
  for (int code = 0; code <= static_cast<int>(ReasonCode::only_for_url_proxies); ++code) {
    EXPECT_NE(Name(static_cast<ReasonCode>(code)), "unknown") << code;
  }
}

TEST(HostOfTest, IsTheUrlsNameOrAddress) {
  EXPECT_EQ(LineOf(HostOf(U("http://evil.com:8080/x"))), "domain evil.com");
  EXPECT_EQ(LineOf(HostOf(U("http://192.0.2.1/x"))), "ip 192.0.2.1/32");
}

}  // namespace
}  // namespace policy
