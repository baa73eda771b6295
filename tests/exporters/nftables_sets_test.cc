#include "exporters/nftables/sets.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exporters/nftables/nested_nets.h"
#include "exporters/nftables/nftables_exporter.h"
#include "platform/clock.h"
#include "tests/peers/peers.h"

namespace exporters::nftables {
namespace {

using policy::IpPrefix;

IpPrefix Net(const std::string& text) {
  return *IpPrefix::Parse(text);
}

Addresses Of(std::vector<std::string> lines) {
  const auto addresses = AddressesOf(*policy::ListSnapshot::FromLines(std::move(lines)));
  EXPECT_TRUE(addresses.has_value()) << (addresses ? "" : addresses.error().detail);
  return addresses ? *addresses : Addresses{};
}

std::vector<std::string> Texts(const SetContents& contents, SetId set) {
  std::vector<std::string> texts;
  for (const Range& range : contents[set]) texts.push_back(ToString(set, range));
  return texts;
}

using Strings = std::vector<std::string>;

TEST(NftablesSetsTest, PutsHostsAndNetsOfEachFamilyApart) {
  const auto contents = ContentsOf(
      Of({"ip 192.0.2.7/32", "ip 198.51.100.0/24", "ip 2001:db8::1/128", "ip 2001:db8:2::/48"}));
  EXPECT_EQ(Texts(contents, SetId::v4_hosts), Strings{"192.0.2.7"});
  EXPECT_EQ(Texts(contents, SetId::v4_nets), Strings{"198.51.100.0-198.51.100.255"});
  EXPECT_EQ(Texts(contents, SetId::v6_hosts), Strings{"2001:db8::1"});
  EXPECT_EQ(Texts(contents, SetId::v6_nets),
            Strings{"2001:db8:2::-2001:db8:2:ffff:ffff:ffff:ffff:ffff"});
}

TEST(NftablesSetsTest, KeepsTheOutermostOfNestedNets) {
  const auto contents =
      ContentsOf(Of({"ip 10.1.2.0/24", "ip 10.0.0.0/8", "ip 10.255.0.0/16", "ip 11.0.0.0/16"}));
  EXPECT_EQ(Texts(contents, SetId::v4_nets),
            (Strings{"10.0.0.0-10.255.255.255", "11.0.0.0-11.0.255.255"}));
}

// I12: a packet filter can't see names.
TEST(ExporterFaults, I12_NftablesCountsNamesAndUrlsAsNotEnforceable) {
  const auto addresses = Of({"domain a.example", "url http://192.0.2.1/x", "ip 192.0.2.9/32"});
  EXPECT_EQ(addresses.not_enforceable, 2U);
  EXPECT_EQ(ContentsOf(addresses).size(), 1U);
}

// I1: nft itself takes /0.
TEST(ExporterFaults, I1_NftablesRefusesToBlockEverything) {
  for (const char* line : {"ip 0.0.0.0/0", "ip ::/0"}) {
    const auto addresses = AddressesOf(*policy::ListSnapshot::FromLines({line}));
    ASSERT_FALSE(addresses.has_value()) << line;
    EXPECT_EQ(addresses.error().code, policy::ErrorCode::not_allowed);
  }
}

// I5: no text of a list reaches nft at all, and what is no prefix is refused.
TEST(ExporterFaults, I5_NftablesRefusesWhatIsNoPrefix) {
  for (const char* line : {"ip 10.0.0.1; flush ruleset", "ip 10.0.0.1-10.0.0.9", "ip 010.8.8.8/32",
                           "ip 10.0.0.1/8", "ip "}) {
    EXPECT_FALSE(AddressesOf(std::vector<std::string>{line}).has_value()) << line;
  }
}

TEST(NestedNetsTest, BringsOutWhatARemovedNetCovered) {
  NestedNets nets(
      std::vector{Net("10.0.0.0/8"), Net("10.1.0.0/16"), Net("10.1.2.0/24"), Net("10.9.0.0/16")});
  const auto changes = nets.Apply(std::vector{Net("10.0.0.0/8")}, {});
  EXPECT_EQ(Texts(changes.removed, SetId::v4_nets), Strings{"10.0.0.0-10.255.255.255"});
  EXPECT_EQ(Texts(changes.added, SetId::v4_nets),
            (Strings{"10.1.0.0-10.1.255.255", "10.9.0.0-10.9.255.255"}));
}

TEST(NestedNetsTest, ChangesNothingUnderAWiderNet) {
  NestedNets nets(std::vector{Net("10.0.0.0/8")});
  EXPECT_EQ(nets.Apply({}, std::vector{Net("10.1.0.0/16")}).size(), 0U);
  EXPECT_EQ(nets.Apply(std::vector{Net("10.1.0.0/16")}, {}).size(), 0U);
}

TEST(NestedNetsTest, NetsOutWhatGoesAndComesInOneChange) {
  NestedNets nets(std::vector{Net("10.0.0.0/8"), Net("10.1.0.0/16")});
  const auto changes = nets.Apply(std::vector{Net("10.0.0.0/8")}, std::vector{Net("10.0.0.0/9")});
  EXPECT_EQ(Texts(changes.added, SetId::v4_nets), Strings{"10.0.0.0-10.127.255.255"});
  EXPECT_EQ(Texts(changes.removed, SetId::v4_nets), Strings{"10.0.0.0-10.255.255.255"});
}

IpPrefix RandomNet(std::mt19937& random) {
  const bool v4 = random() % 2 == 0;
  const int length_max = v4 ? 31 : 127;
  // Few bits and few lengths, so that nesting and collisions are common.
  const int length = length_max - static_cast<int>(random() % 7);
  const policy::Uint128 base = v4 ? policy::Uint128{0xc0000200} : policy::Uint128{0x20010db8} << 96;
  const policy::Uint128 address = base | (random() % 128);
  const policy::Uint128 mask = ~((policy::Uint128{1} << (length_max + 1 - length)) - 1);
  return *IpPrefix::From(v4 ? policy::IpFamily::v4 : policy::IpFamily::v6, address & mask, length);
}

void ApplyTo(SetContents& contents, const SetChanges& changes) {
  for (const SetId set : kSets) {
    std::set<std::pair<policy::Uint128, policy::Uint128>> ranges;
    for (const Range& range : contents[set]) ranges.emplace(range.first, range.last);
    for (const Range& range : changes.removed[set]) {
      EXPECT_EQ(ranges.erase({range.first, range.last}), 1U) << "removed what was not there";
    }
    for (const Range& range : changes.added[set]) {
      EXPECT_TRUE(ranges.emplace(range.first, range.last).second) << "added what was there";
    }
    contents[set].clear();
    for (const auto& [first, last] : ranges) contents[set].push_back({first, last});
  }
}

// The incremental state against the slow, obvious full one.
TEST(NestedNetsTest, FollowsTheFullRenderThroughRandomChanges) {
  std::mt19937 random(20261124);  // NOLINT(cert-msc51-cpp): repeatable
  std::set<IpPrefix> all;
  NestedNets nets({});
  SetContents held;
  for (int round = 0; round < 3000; ++round) {
    std::vector<IpPrefix> removed;
    std::vector<IpPrefix> added;
    for (auto i = random() % 6; i > 0; --i) {
      const IpPrefix net = RandomNet(random);
      if (all.contains(net)) {
        all.erase(net);
        removed.push_back(net);
      }
    }
    for (auto i = random() % 6; i > 0; --i) {
      const IpPrefix net = RandomNet(random);
      if (std::find(removed.begin(), removed.end(), net) != removed.end()) continue;
      if (all.insert(net).second) added.push_back(net);
    }
    ApplyTo(held, nets.Apply(removed, added));
    Addresses addresses;
    addresses.nets.assign(all.begin(), all.end());
    ASSERT_EQ(Difference(held, ContentsOf(addresses)).size(), 0U) << "round " << round;
  }
}

TEST(NftablesSettingsTest, RefuseWhatWouldMeanSomethingToNft) {
  const platform::SystemClock clock;
  for (const char* yaml : {"table: \"x; flush ruleset\"", "table: \"x y\"", "table: 1x",
                           "network_namespace: ../etc", "hooks: [prerouting]", "hooks: []",
                           "hooks: [input, input]", "priority: 1000000", "unknown: 1"}) {
    auto document = config::Document::Parse(yaml, "nftables.yaml");
    ASSERT_TRUE(document.has_value()) << yaml;
    const auto exporter = MakeNftables(document->root(), {"fw-1", "/", clock});
    ASSERT_FALSE(exporter.has_value()) << yaml;
    EXPECT_NE(exporter.error().detail.find("nftables.yaml:1:"), std::string::npos)
        << exporter.error().detail;
  }
}

}  // namespace
}  // namespace exporters::nftables
