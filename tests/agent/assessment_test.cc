#include "agent/assessment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "agent/evidence.h"

namespace agent {
namespace {

using policy::Indicator;
using policy::Observation;
using std::chrono::hours;

constexpr policy::TimePoint now{std::chrono::seconds(1'790'000'000)};

Indicator Line(const std::string& line) {
  return policy::ParseLine(line).value();
}

Observation Seen(const std::string& line, std::chrono::seconds age = hours(1)) {
  return {.indicator = Line(line), .first_seen = now - age, .last_seen = now - age};
}

std::shared_ptr<const feeds::FeedSnapshot> SnapshotOf(std::vector<Observation> observations) {
  auto snapshot = std::make_shared<feeds::FeedSnapshot>();
  std::sort(observations.begin(), observations.end(),
            [](const auto& a, const auto& b) { return a.indicator < b.indicator; });
  snapshot->observations = std::move(observations);
  return snapshot;
}

// Two feeds, and an allowlist of a shared host and of an address inside a network.
World WorldOf(std::vector<Observation> a, std::vector<Observation> b) {
  const auto percent = [](int p) { return policy::Confidence::FromPercent(p).value(); };
  const auto suffixes = std::make_shared<const policy::PublicSuffixList>(
      policy::PublicSuffixList::Parse("com\nexample\n").value());
  policy::Allowlist::Builder builder(*suffixes);
  const std::vector<policy::AllowEntry> entries{
      {policy::Domain::Parse("shared.com").value(), true},
      {policy::IpPrefix::Parse("192.0.2.7").value(), true}};
  builder.Add({"services", policy::AllowCategory::hosting, policy::AllowEffect::url_only}, entries);
  World world{
      .policy = {.version = "1",
                 .confidence_min = percent(60),
                 .ages = {.domain = hours(24 * 30), .ip = hours(24 * 14), .url = hours(24 * 7)},
                 .lifetime_default = hours(24 * 7),
                 .lifetime_max = hours(24 * 90)},
      .suffixes = suffixes,
      .allowlist = std::make_shared<const policy::Allowlist>(std::move(builder).Build())};
  world.feeds.push_back({{"a", "a", percent(90), percent(90)}, SnapshotOf(std::move(a))});
  world.feeds.push_back({{"b", "b", percent(80), percent(80)}, SnapshotOf(std::move(b))});
  return world;
}

std::vector<std::string> Contents(const Assessment& assessment) {
  std::vector<std::string> contents;
  for (std::size_t i = 0; i < assessment.size(); ++i) {
    const queue::Candidate each = assessment.CandidateAt(i);
    contents.push_back(policy::LineOf(each.target) + " " + each.feeds + " " +
                       std::to_string(each.confidence) + " " + each.reasons + each.evidence);
  }
  return contents;
}

// Names, addresses, networks and URLs that have much to do with each other.
class Feeds {
 public:
  explicit Feeds(unsigned seed) : random_(seed) {}

  std::vector<Observation> Draw() {
    std::vector<Observation> all;
    for (const std::string& line : lines_) {
      if (Below(2) == 0) all.push_back(Change(Seen(line)));
    }
    return all;
  }

  std::vector<Observation> Touch(std::vector<Observation> all) {
    if (all.empty()) return all;
    all.erase(all.begin() + Below(static_cast<int>(all.size())));
    if (!all.empty()) {
      Observation& one = all[static_cast<std::size_t>(Below(static_cast<int>(all.size())))];
      one = Change(Seen(policy::LineOf(one.indicator)));
    }
    return all;
  }

 private:
  int Below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }

  Observation Change(Observation seen) {
    const auto age = hours(24 * Below(40));
    seen.first_seen = seen.last_seen = now - age;
    if (Below(3) == 0) seen.confidence = policy::Confidence::FromPercent(10 * Below(11)).value();
    if (Below(4) == 0) seen.malware = "Quakbot";
    return seen;
  }

  std::mt19937 random_;
  const std::vector<std::string> lines_{
      "domain evil.example",
      "domain www.evil.example",
      "domain evil.example.com",
      "domain shared.com",
      "ip 192.0.2.0/29",
      "ip 192.0.2.1/32",
      "ip 198.51.100.1/32",
      "ip 2001:db8::1/128",
      "url http://evil.example/a",
      "url http://evil.example:8080/a",
      "url http://evil.example.com/a",
      "url https://evil.example/b?c",
      "url https://shared.com/x/y.exe",
      "url https://shared.com/x/z.exe",
      "url http://192.0.2.1/a",
      "url http://192.0.2.7/a",
      "url http://[2001:db8::1]/a",
      "url http://[2001:db8::1]:81/a",
  };
};

// What a change can reach is what an assessment of everything would find changed.
TEST(AssessSome, FindsWhatAnAssessmentOfEverythingFinds) {
  std::size_t proposed = 0;
  for (unsigned seed = 0; seed < 1'000; ++seed) {
    Feeds feeds(seed);
    const auto a = feeds.Draw();
    const auto b = feeds.Draw();
    const World before = WorldOf(a, b);
    World after = before;
    after.feeds[0].snapshot = SnapshotOf(feeds.Touch(a));
    const std::set<Indicator> rejected{Line("domain evil.example")};

    const Assessment old = Assess(before, rejected, now);
    const Assessment all = Assess(after, rejected, now);
    const Assessment some = AssessSome(after, ChangedBetween(before, after), rejected, now);
    const auto pieces = [](const std::string& content) {
      return content.rfind("ip 192.0.2.", 0) == 0;
    };

    auto expected = Contents(all);
    // What is in no scope is as it was. The pieces of a split network go by the network.
    auto found = Contents(some);
    const auto before_it = Contents(old);
    for (std::size_t i = 0; i < old.size(); ++i) {
      if (!some.scope->contains(old.target(i))) found.push_back(before_it[i]);
    }
    for (auto* const contents : {&expected, &found}) {
      std::sort(contents->begin(), contents->end());
      contents->erase(std::unique(contents->begin(), contents->end()), contents->end());
      std::erase_if(*contents, pieces);
    }
    EXPECT_EQ(found, expected) << "seed " << seed;
    for (const std::string& one : Contents(some)) {
      const auto every = Contents(all);
      EXPECT_NE(std::find(every.begin(), every.end(), one), every.end()) << one << seed;
    }
    proposed += some.size();
  }
  EXPECT_GT(proposed, 300U);
}

TEST(AssessSome, TakesInTheHostOfAUrlAndTheOtherUrlsOnIt) {
  const World world = WorldOf({Seen("url http://evil.example/a"), Seen("url http://bad.example/")},
                              {Seen("url https://evil.example:8443/b")});
  const auto some = AssessSome(world, {Line("url http://evil.example/a")}, {}, now);
  EXPECT_EQ(*some.scope,
            (std::set<Indicator>{Line("domain evil.example"), Line("url http://evil.example/a"),
                                 Line("url https://evil.example:8443/b")}));
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some.target(0), Line("domain evil.example"));
  EXPECT_EQ(some.CandidateAt(0).feeds, ",a,b,");
}

TEST(ChangedBetween, NamesWhatCameWentAndSaysSomethingElse) {
  const World before = WorldOf(
      {Seen("domain stays.example"), Seen("domain goes.example"), Seen("domain other.example")},
      {});
  World after = before;
  after.feeds[0].snapshot = SnapshotOf({Seen("domain stays.example"), Seen("domain new.example"),
                                        Seen("domain other.example", hours(2))});
  const std::set<Indicator> changed{Line("domain goes.example"), Line("domain new.example"),
                                    Line("domain other.example")};
  EXPECT_EQ(ChangedBetween(before, after), changed);
}

TEST(ChangedBetween, TakesNoNoteOfAListWithoutTimesThatWasServedAgain) {
  World before = WorldOf({Seen("domain stays.example", hours(9))}, {});
  before.feeds[0].is_dated = false;
  World after = before;
  after.feeds[0].snapshot = SnapshotOf({Seen("domain stays.example"), Seen("domain new.example")});
  EXPECT_EQ(ChangedBetween(before, after), std::set<Indicator>{Line("domain new.example")});
}

TEST(EvidenceOf, IsOfTheIndicatorAndOfTheUrlsOnAHost) {
  const World world = WorldOf({Seen("domain evil.example"), Seen("url http://evil.example/a"),
                               Seen("url http://evil.example.com/a")},
                              {Seen("url https://evil.example:8443/"),
                               Seen("url http://[2001:db8::1]/"), Seen("url http://192.0.2.0/")});
  const auto count = [&](const std::string& line) {
    const auto evidence = EvidenceOf(world, {Line(line)});
    return evidence.empty() ? 0 : evidence.begin()->second.size();
  };
  EXPECT_EQ(count("domain evil.example"), 3U);
  EXPECT_EQ(count("url http://evil.example/a"), 1U);
  EXPECT_EQ(count("ip 2001:db8::1/128"), 1U);
  EXPECT_EQ(count("ip 192.0.2.0/32"), 1U);
  EXPECT_EQ(count("ip 192.0.2.0/24"), 0U);
  EXPECT_EQ(count("domain example"), 0U);
}

TEST(EvidenceOf, KeepsAListWithoutTimesFreshForAsLongAsItIsServed) {
  World world = WorldOf({Seen("domain evil.example", hours(24 * 60))}, {});
  EXPECT_TRUE(Assess(world, {}, now).size() == 0);
  world.feeds[0].is_dated = false;
  world.feeds[0].served_again = now - hours(1);
  EXPECT_EQ(Assess(world, {}, now).size(), 1U);
}

}  // namespace
}  // namespace agent
