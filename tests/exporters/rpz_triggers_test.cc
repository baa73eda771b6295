// Each trigger with each action, asked of the four resolvers for real: what the zone wants, or what
// resolver_software.cc says instead.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <array>
#include <map>

#include "exporters/rpz/probe.h"
#include "exporters/rpz/resolver_software.h"
#include "exporters/rpz/zone.h"
#include "tests/peers/internet.h"
#include "tests/peers/resolver.h"
#include "tests/platform/temporary_folder.h"

namespace exporters::rpz {
namespace {

using peers::Internet;
using peers::PolicyZone;

constexpr std::array all_software{Software::bind, Software::unbound, Software::powerdns,
                                  Software::knot};

peers::Resolver::Software PeerOf(Software software) {
  return peers::Resolver::all.at(static_cast<std::size_t>(software));
}

// That at index n - 1 belongs to the names and addresses with the number n.
std::vector<Action> Actions() {
  std::vector<Action> actions;
  for (const auto kind : {ActionKind::nxdomain, ActionKind::nodata, ActionKind::passthru,
                          ActionKind::drop, ActionKind::tcp_only}) {
    actions.push_back({kind});
  }
  actions.push_back({ActionKind::garden, "garden.example"});
  actions.push_back({ActionKind::garden, "*.garden.example"});
  actions.push_back({ActionKind::data, "", {"192.0.2.80"}});
  return actions;
}

// A question that only one rule of one zone is about.
struct Question {
  std::string name;
  std::string source;
  std::string truth;  // the answer without any zone
};

Question QuestionFor(Trigger trigger, int n) {
  const std::string source = "127.0.0.1";
  switch (trigger) {
    case Trigger::query_name: return {fmt::format("www.q{}.example", n), source, "198.51.100.9"};
    case Trigger::answer_address:
      return {fmt::format("a{}.example", n), source, fmt::format("203.0.113.{}", n)};
    case Trigger::server_name: return {fmt::format("w.d{}.example", n), source, "198.51.100.7"};
    case Trigger::server_address: return {fmt::format("w.s{}.example", n), source, "198.51.100.7"};
    case Trigger::client_address:
      return {"client.example", fmt::format("127.0.3.{}", n), "198.51.100.9"};
  }
  return {};
}

std::string AsTheZoneWants(const Action& action, const Question& question) {
  switch (action.kind) {
    case ActionKind::nxdomain: return "NXDOMAIN";
    case ActionKind::nodata: return "NOERROR";
    case ActionKind::passthru: return "NOERROR A " + question.truth;
    case ActionKind::drop: return "";
    case ActionKind::tcp_only: return "NOERROR TC";
    case ActionKind::garden: return "NOERROR CNAME " + action.GardenOf(question.name) + ".";
    case ActionKind::data: return "NOERROR A 192.0.2.80";
  }
  return {};
}

std::string Expected(Software software, Trigger trigger, const Action& action,
                     const Question& question) {
  const auto departure = DepartureOf(software, trigger, action);
  if (!departure) return AsTheZoneWants(action, question);
  if (departure->effect == Departure::Effect::ignored) return "NOERROR A " + question.truth;
  if (action.kind == ActionKind::drop) return "SERVFAIL";
  return trigger == Trigger::answer_address ? "NOERROR CNAME *.garden.example." : "NOERROR";
}

class RpzTriggersTest : public testing::TestWithParam<Software> {
 protected:
  static void SetUpTestSuite() { internet_ = Internet::Start(); }
  static void TearDownTestSuite() { internet_.reset(); }

  void SetUp() override {
    if (!internet_) GTEST_SKIP() << "no named, or no right to make a network; run as root";
  }

  void AddZone(const ZoneParameters& parameters, std::vector<std::string> lines) {
    const auto zone = RenderZone(*policy::ListSnapshot::FromLines(std::move(lines)), parameters, 1);
    ASSERT_TRUE(zone) << zone.error().detail;
    const std::filesystem::path file = folder_ / parameters.name;
    peers::WriteText(file, zone->bytes);
    zones_.push_back({parameters.name, file});
  }

  void Start() {
    resolver_ = peers::Resolver::Iterating(PeerOf(GetParam()), internet_->root_hints(), zones_);
    if (!resolver_) GTEST_SKIP() << "no " << Name(GetParam()) << "; run deploy/dev/peers.sh";
  }

  bool Kills(Trigger trigger, const Action& action) const {
    const auto departure = DepartureOf(GetParam(), trigger, action);
    return departure && departure->effect == Departure::Effect::crash;
  }

  static std::unique_ptr<Internet> internet_;
  platform::testing::TemporaryFolder folder_;
  std::vector<PolicyZone> zones_;
  std::unique_ptr<peers::Resolver> resolver_;
};
std::unique_ptr<Internet> RpzTriggersTest::internet_;

TEST_P(RpzTriggersTest, EachActionIsTakenOnEachTriggerOrDepartedFromAsWeKnow) {
  const std::vector<Action> actions = Actions();
  for (int n = 1; n <= Internet::count; ++n) {
    const Action& action = actions.at(static_cast<std::size_t>(n - 1));
    ZoneParameters zone{.name = fmt::format("names{}.test", n), .action = action};
    AddZone(zone, {fmt::format("domain q{}.example", n), fmt::format("ip 203.0.113.{}/32", n)});
    zone.name = fmt::format("clients{}.test", n);
    zone.addresses = Trigger::client_address;
    AddZone(zone, {fmt::format("ip 127.0.3.{}/32", n)});
    if (Kills(Trigger::server_name, action)) continue;
    zone.name = fmt::format("servers{}.test", n);
    zone.names = Trigger::server_name;
    zone.addresses = Trigger::server_address;
    AddZone(zone, {fmt::format("domain lair{}.example", n), fmt::format("ip 127.0.2.{}/32", n)});
  }
  Start();
  ASSERT_EQ(resolver_->Answer("neighbour.example"), "NOERROR A 198.51.100.9") << resolver_->Log();
  // Knot Resolver fails the first question that has it ask a name server which it doesn't know.
  for (int n = 1; GetParam() == Software::knot && n <= Internet::count; ++n) {
    resolver_->Answer(fmt::format("first.d{}.example", n));
    resolver_->Answer(fmt::format("first.s{}.example", n));
  }
  for (int n = 1; n <= Internet::count; ++n) {
    const Action& action = actions.at(static_cast<std::size_t>(n - 1));
    for (const auto trigger : {Trigger::query_name, Trigger::answer_address, Trigger::server_name,
                               Trigger::server_address, Trigger::client_address}) {
      if (Kills(trigger, action)) continue;
      const Question question = QuestionFor(trigger, n);
      const std::string answer = resolver_->Answer(question.name, question.source);
      const std::string expected = Expected(GetParam(), trigger, action, question);
      // Where the garden is follows its alias.
      const bool is_alias = expected.find(" CNAME ") != expected.npos;
      EXPECT_EQ(is_alias ? answer.substr(0, expected.size()) : answer, expected)
          << Name(action.kind) << " for " << question.name << " from " << question.source;
    }
  }
  for (const PolicyZone& zone : zones_) {
    EXPECT_NE(resolver_->Short(StampOwner(zone.name) + ".", "TXT"), "") << zone.name;
  }
}

// The allowlist's zone, and another vendor's after it.
TEST_P(RpzTriggersTest, NameOfAPassthruZoneIsResolvedWhateverLaterZonesSay) {
  AddZone({.name = "allow.test", .action = {ActionKind::passthru}, .addresses = std::nullopt},
          {"domain own.example", "domain a1.example", "ip 203.0.113.2/32"});
  AddZone({.name = "vendor.test"},
          {"domain own.example", "domain evil.example", "domain a2.example", "ip 203.0.113.1/32"});
  Start();
  EXPECT_EQ(resolver_->Answer("evil.example"), "NXDOMAIN") << resolver_->Log();
  EXPECT_EQ(resolver_->Answer("own.example"), "NOERROR A 198.51.100.9");
  EXPECT_EQ(resolver_->Answer("www.own.example"), "NOERROR A 198.51.100.9");
  EXPECT_EQ(resolver_->Answer("a1.example"), "NOERROR A 203.0.113.1");
  // A name of theirs with an address of ours.
  EXPECT_EQ(resolver_->Answer("a2.example"), "NXDOMAIN");
}

TEST_P(RpzTriggersTest, SaysWhichOfThoseThatMustWorkItBlocks) {
  const std::vector<Action> actions = Actions();
  const auto zone_of = [&](int n) {
    return ZoneParameters{.name = fmt::format("names{}.test", n),
                          .action = actions.at(static_cast<std::size_t>(n - 1))};
  };
  for (int n = 1; n <= Internet::count; ++n) {
    AddZone(zone_of(n),
            {fmt::format("domain q{}.example", n), fmt::format("ip 203.0.113.{}/32", n)});
  }
  Start();
  for (int n = 1; n <= Internet::count; ++n) {
    const ZoneParameters zone = zone_of(n);
    const Resolvers resolvers({{{"127.0.0.1", resolver_->port()}, GetParam()}}, zone, {zone.name},
                              std::chrono::seconds(3));
    std::vector<policy::Indicator> targets;
    std::vector<policy::Indicator> blocked;
    const auto add = [&](const std::string& text, std::optional<Trigger> trigger) {
      targets.push_back(policy::GuessIndicator(text).value());
      if (!trigger || zone.action.kind == ActionKind::passthru) return;
      const auto departure = DepartureOf(GetParam(), *trigger, zone.action);
      // Knot Resolver's SERVFAIL is told as well; Unbound's garden by a listed address is not.
      if (!departure || zone.action.kind == ActionKind::drop) blocked.push_back(targets.back());
    };
    add(fmt::format("www.q{}.example", n), Trigger::query_name);
    add(fmt::format("https://q{}.example/pay", n), Trigger::query_name);
    if (GetParam() != Software::knot) add(fmt::format("a{}.example", n), Trigger::answer_address);
    add("neighbour.example", std::nullopt);
    add("there.is.no.such.name", std::nullopt);
    // A name whose own servers fail is not blocked. Only Knot Resolver says the same of a drop.
    if (GetParam() != Software::knot || !zone.action.IsSilent()) {
      add("www.lame.example", std::nullopt);
    }
    add("203.0.113.1", std::nullopt);
    const auto found = resolvers.Blocked(targets, std::chrono::minutes(2));
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_EQ(*found, blocked) << Name(zone.action.kind) << "\n" << resolver_->Log();
    EXPECT_TRUE(resolvers.Blocked(targets, std::chrono::seconds(0))->empty()) << "no time for it";
  }
}

INSTANTIATE_TEST_SUITE_P(All, RpzTriggersTest, testing::ValuesIn(all_software),
                         [](const auto& info) {
                           std::string name(Name(info.param));
                           std::erase(name, ' ');
                           return name;
                         });

}  // namespace
}  // namespace exporters::rpz
