#include "policy/allowlist.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

constexpr auto popular = AllowCategory::popular;
constexpr auto hosting = AllowCategory::hosting;

// "list entry relation" of each hit, in the order told.
std::vector<std::string> Tell(const std::vector<AllowHit>& hits) {
  std::vector<std::string> told;
  for (const AllowHit& hit : hits) {
    const std::string_view relation = hit.relation == AllowRelation::equal          ? "equal"
                                      : hit.relation == AllowRelation::inside_entry ? "inside"
                                                                                    : "contains";
    told.push_back(hit.source->name + " " + hit.entry + " " + std::string(relation));
  }
  return told;
}

using Told = std::vector<std::string>;

TEST(AllowlistTest, NamesItsWordsAsTheConfigurationWritesThem) {
  for (const std::string_view name :
       {"hosting", "cdn", "proxy", "legitimate-service", "own-infrastructure", "special-purpose",
        "popular", "public-suffix"}) {
    EXPECT_EQ(Name(*ParseAllowCategory(name)), name);
  }
  for (const std::string_view name : {"review", "url-only", "never"}) {
    EXPECT_EQ(Name(*ParseAllowEffect(name)), name);
  }
  EXPECT_FALSE(ParseAllowCategory("Hosting"));
  EXPECT_FALSE(ParseAllowEffect("url_only"));
}

TEST(AllowlistTest, FindsANameFromBothDirections) {
  const Allowlist list = Compile({{"top", popular, AllowEffect::url_only, {"mail.corp.example"}}});
  EXPECT_EQ(Tell(list.Find(D("mail.corp.example"))), Told{"top mail.corp.example equal"});
  EXPECT_EQ(Tell(list.Find(D("a.b.mail.corp.example"))), Told{"top mail.corp.example inside"});
  EXPECT_EQ(Tell(list.Find(D("corp.example"))), Told{"top mail.corp.example contains"});
  EXPECT_EQ(Tell(list.Find(D("example"))), Told{"top mail.corp.example contains"});
  for (const auto* name : {"email.corp.example", "corp.example.com", "web.corp.example", "net"}) {
    EXPECT_TRUE(list.Find(D(name)).empty()) << name;
    EXPECT_FALSE(list.Touches(D(name))) << name;
  }
}

TEST(AllowlistTest, AnEntryForTheNameAloneDoesNotCoverItsChildren) {
  const Allowlist list = Compile({{"top", popular, AllowEffect::url_only, {"=corp.example"}}});
  EXPECT_TRUE(list.Touches(D("corp.example")));
  EXPECT_TRUE(list.Find(D("www.corp.example")).empty());
  EXPECT_FALSE(list.Touches(D("www.corp.example")));
}

TEST(AllowlistTest, AnEntryThatIsAPublicSuffixCoversOnlyItself) {
  const Allowlist list =
      Compile({{"tranco", popular, AllowEffect::url_only, {"duckdns.org", "in.net", "co.jp"}}});
  for (const auto* name : {"evil.duckdns.org", "trace.evil.in.net", "evil.co.jp"}) {
    EXPECT_FALSE(list.Touches(D(name))) << name;
  }
  EXPECT_EQ(Tell(list.Find(D("duckdns.org"))), Told{"tranco duckdns.org equal"});
  EXPECT_EQ(Tell(list.Find(D("jp"))), Told{"tranco co.jp contains"});
}

TEST(AllowlistTest, ASourceOfPublicSuffixesNeverCoversChildren) {
  const Allowlist list = Compile(
      {{"dynamic-dns", AllowCategory::public_suffix, AllowEffect::url_only, {"dyn.example"}}});
  EXPECT_TRUE(list.Touches(D("dyn.example")));
  EXPECT_FALSE(list.Touches(D("evil.dyn.example")));
}

TEST(AllowlistTest, OwnAndReservedNamesCoverTheirSubtreesWhateverTheSuffixListSays) {
  const Allowlist list =
      Compile({{"own", AllowCategory::own_infrastructure, AllowEffect::never, {"corp"}},
               {"rfc", AllowCategory::special_purpose, AllowEffect::never, {"localhost"}}});
  EXPECT_EQ(Tell(list.Find(D("dc1.corp"))), Told{"own corp inside"});
  EXPECT_EQ(Tell(list.Find(D("a.localhost"))), Told{"rfc localhost inside"});
}

TEST(AllowlistTest, FindsAPrefixFromBothDirections) {
  const Allowlist list =
      Compile({{"cdn", hosting, AllowEffect::url_only, {"198.51.100.0/24", "2001:db8:1::/48"}}});
  EXPECT_EQ(Tell(list.Find(P("198.51.100.0/24"))), Told{"cdn 198.51.100.0/24 equal"});
  EXPECT_EQ(Tell(list.Find(P("198.51.100.255"))), Told{"cdn 198.51.100.0/24 inside"});
  EXPECT_EQ(Tell(list.Find(P("198.51.0.0/16"))), Told{"cdn 198.51.100.0/24 contains"});
  EXPECT_EQ(Tell(list.Find(P("2001:db8:1::1"))), Told{"cdn 2001:db8:1::/48 inside"});
  EXPECT_EQ(Tell(list.Find(P("2001:db8::/32"))), Told{"cdn 2001:db8:1::/48 contains"});
  for (const auto* prefix : {"198.51.99.255", "198.51.101.0", "2001:db8:2::/48"}) {
    EXPECT_TRUE(list.Find(P(prefix)).empty()) << prefix;
    EXPECT_FALSE(list.Touches(P(prefix))) << prefix;
  }
}

TEST(AllowlistTest, TellsTheStrongestEffectFirst) {
  const Allowlist list =
      Compile({{"vpn", AllowCategory::proxy, AllowEffect::review, {"192.0.2.0/24"}},
               {"own", AllowCategory::own_infrastructure, AllowEffect::never, {"192.0.2.7"}},
               {"cloud", hosting, AllowEffect::url_only, {"192.0.0.0/16"}}});
  EXPECT_EQ(
      Tell(list.Find(P("192.0.2.7"))),
      (Told{"own 192.0.2.7/32 equal", "cloud 192.0.0.0/16 inside", "vpn 192.0.2.0/24 inside"}));
}

TEST(AllowlistTest, TellsEachSourceOnceForEachRelation) {
  const Allowlist list =
      Compile({{"top",
                popular,
                AllowEffect::url_only,
                {"b.example.com", "a.b.example.com", "x.a.b.example.com", "y.a.b.example.com"}},
               {"net",
                hosting,
                AllowEffect::url_only,
                {"192.0.0.0/16", "192.0.2.0/24", "192.0.2.1", "192.0.2.2"}}});
  EXPECT_EQ(Tell(list.Find(D("a.b.example.com"))),
            (Told{"top a.b.example.com equal", "top x.a.b.example.com contains",
                  "top b.example.com inside"}));
  EXPECT_EQ(Tell(list.Find(P("192.0.2.0/25"))),
            (Told{"net 192.0.2.0/24 inside", "net 192.0.2.1/32 contains"}));
}

TEST(AllowlistTest, ListsTheAllowedPartsOfAPrefix) {
  const Allowlist list =
      Compile({{"own", AllowCategory::own_infrastructure, AllowEffect::never, {"192.0.2.7"}},
               {"cloud", hosting, AllowEffect::url_only, {"192.0.2.128/25", "192.0.3.0/24"}},
               {"vpn", AllowCategory::proxy, AllowEffect::review, {"192.0.2.0/26"}}});
  EXPECT_EQ(Texts(list.AllowedInside(P("192.0.2.0/24"), AllowEffect::url_only)),
            (Told{"192.0.2.7/32", "192.0.2.128/25"}));
  EXPECT_EQ(Texts(list.AllowedInside(P("192.0.2.0/24"), AllowEffect::never)), Told{"192.0.2.7/32"});
  EXPECT_EQ(Texts(list.AllowedInside(P("192.0.2.0/24"), AllowEffect::review)),
            (Told{"192.0.2.0/26", "192.0.2.7/32", "192.0.2.128/25"}));
  EXPECT_EQ(Texts(list.AllowedInside(P("192.0.3.0/24"), AllowEffect::url_only)),
            Told{"192.0.3.0/24"});
}

TEST(AllowlistTest, CountsAnEntryOnceForEachSource) {
  const Allowlist list =
      Compile({{"a", popular, AllowEffect::url_only, {"x.example", "x.example", "192.0.2.1"}},
               {"b", popular, AllowEffect::url_only, {"x.example", "2001:db8::1"}}});
  EXPECT_EQ(list.size(), 4u);
}

TEST(AllowlistTest, OfNothingTouchesNothing) {
  const Allowlist list = Compile({});
  EXPECT_FALSE(list.Touches(D("a.example")));
  EXPECT_FALSE(list.Touches(P("0.0.0.0/0")));
  EXPECT_FALSE(list.Touches(P("::/0")));
  EXPECT_TRUE(list.Find(P("::/0")).empty());
  EXPECT_EQ(list.size(), 0u);
}

TEST(AllowlistTest, KeepsItsHitsValidWhenMoved) {
  Allowlist list = Compile({{"top", popular, AllowEffect::url_only, {"corp.example"}}});
  const auto hits = list.Find(D("corp.example"));
  const Allowlist moved = std::move(list);
  EXPECT_EQ(hits.front().source->name, "top");
  EXPECT_EQ(moved.Find(D("www.corp.example")).front().source, hits.front().source);
}

// --- against a slow, obvious reference ---

using Hits = std::set<std::tuple<std::string, AllowRelation>>;

Hits Summary(const std::vector<AllowHit>& hits) {
  Hits summary;
  for (const AllowHit& hit : hits) summary.insert({hit.source->name, hit.relation});
  return summary;
}

TEST(AllowlistTest, AgreesWithTheObviousWayOnRandomPrefixes) {
  std::mt19937 random(20260315);
  const auto some_prefix = [&](bool v6) {
    const int host_bits = static_cast<int>(random() % 12);
    const Uint128 low = random() % 4096 >> host_bits << host_bits;
    return v6 ? *IpPrefix::From(IpFamily::v6, P("2001:db8::").first() + low, 128 - host_bits)
              : *IpPrefix::From(IpFamily::v4, P("203.0.0.0").first() + low, 32 - host_bits);
  };
  const PublicSuffixList suffixes = SmallSuffixList();
  for (int round = 0; round < 60; ++round) {
    std::vector<std::pair<std::string, std::vector<AllowEntry>>> lists;
    Allowlist::Builder builder(suffixes);
    for (const char* name : {"a", "b", "c"}) {
      std::vector<AllowEntry> entries;
      for (auto n = random() % 40; n > 0; --n) entries.push_back({some_prefix(n % 2 == 0), true});
      builder.Add({name, hosting, AllowEffect::url_only}, entries);
      lists.emplace_back(name, entries);
    }
    const Allowlist list = std::move(builder).Build();
    for (int question = 0; question < 200; ++question) {
      const IpPrefix target = some_prefix(question % 2 == 0);
      Hits expected;
      for (const auto& [name, entries] : lists) {
        for (const AllowEntry& entry : entries) {
          const IpPrefix& prefix = std::get<IpPrefix>(entry.what);
          if (prefix == target) {
            expected.insert({name, AllowRelation::equal});
          } else if (prefix.Contains(target)) {
            expected.insert({name, AllowRelation::inside_entry});
          } else if (target.Contains(prefix)) {
            expected.insert({name, AllowRelation::contains_entry});
          }
        }
      }
      ASSERT_EQ(Summary(list.Find(target)), expected) << target.ToString();
      ASSERT_EQ(list.Find(target).size(), expected.size()) << target.ToString();
      ASSERT_EQ(list.Touches(target), !expected.empty()) << target.ToString();
    }
  }
}

TEST(AllowlistTest, AgreesWithTheObviousWayOnRandomNames) {
  std::mt19937 random(20260315);
  const auto some_name = [&] {
    std::string name = random() % 2 == 0 ? "one.com" : "two.net";
    for (auto depth = random() % 4; depth > 0; --depth) {
      name = std::string(1, static_cast<char>('a' + random() % 3)) + "." + name;
    }
    return D(name);
  };
  const PublicSuffixList suffixes = SmallSuffixList();
  for (int round = 0; round < 60; ++round) {
    std::vector<std::pair<std::string, std::vector<AllowEntry>>> lists;
    Allowlist::Builder builder(suffixes);
    for (const char* name : {"a", "b", "c"}) {
      std::vector<AllowEntry> entries;
      for (auto n = random() % 12; n > 0; --n) entries.push_back({some_name(), random() % 2 == 0});
      builder.Add({name, popular, AllowEffect::url_only}, entries);
      lists.emplace_back(name, entries);
    }
    const Allowlist list = std::move(builder).Build();
    for (int question = 0; question < 100; ++question) {
      const Domain target = some_name();
      Hits expected;
      for (const auto& [name, entries] : lists) {
        for (const AllowEntry& entry : entries) {
          const Domain& domain = std::get<Domain>(entry.what);
          if (domain == target) {
            expected.insert({name, AllowRelation::equal});
          } else if (target.IsWithin(domain)) {
            if (entry.subtree) expected.insert({name, AllowRelation::inside_entry});
          } else if (domain.IsWithin(target)) {
            expected.insert({name, AllowRelation::contains_entry});
          }
        }
      }
      ASSERT_EQ(Summary(list.Find(target)), expected) << target.name();
      ASSERT_EQ(list.Find(target).size(), expected.size()) << target.name();
      ASSERT_EQ(list.Touches(target), !expected.empty()) << target.name();
    }
  }
}

TEST(SpecialPurposeTest, HoldsWhatNoDeviceMayEverBlock) {
  const PublicSuffixList suffixes = SmallSuffixList();
  Allowlist::Builder builder(suffixes);
  builder.Add({"rfc6890", AllowCategory::special_purpose, AllowEffect::never},
              SpecialPurposeEntries(false));
  const Allowlist list = std::move(builder).Build();
  for (const auto* text :
       {"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255",
        "192.168.1.1", "198.18.0.1", "224.0.0.251", "255.255.255.255", "::", "::1", "fe80::1",
        "fd00::1", "ff02::1", "64:ff9b::808:808", "2001::1", "2002::1"}) {
    EXPECT_TRUE(list.Touches(P(text))) << text;
  }
  for (const auto* text : {"localhost", "a.localhost", "10.in-addr.arpa", "printer.local"}) {
    EXPECT_TRUE(list.Touches(D(text))) << text;
  }
  for (const auto* text : {"8.8.8.8", "172.32.0.1", "203.0.113.1", "2001:db8::1", "2606:4700::1"}) {
    EXPECT_FALSE(list.Touches(P(text))) << text;
  }
  EXPECT_FALSE(list.Touches(D("evil.example")));
}

TEST(SpecialPurposeTest, HoldsTheDocumentationRangesOnRequest) {
  const PublicSuffixList suffixes = SmallSuffixList();
  Allowlist::Builder builder(suffixes);
  builder.Add({"rfc6890", AllowCategory::special_purpose, AllowEffect::never},
              SpecialPurposeEntries(true));
  const Allowlist list = std::move(builder).Build();
  for (const auto* text : {"192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"}) {
    EXPECT_TRUE(list.Touches(P(text))) << text;
  }
  EXPECT_TRUE(list.Touches(D("evil.example")));
}

}  // namespace
}  // namespace policy
