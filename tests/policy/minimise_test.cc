#include "policy/minimise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <random>
#include <set>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

using Names = std::vector<std::string_view>;

TEST(MinimiseDomainsTest, DropsDuplicatesAndChildrenUnderListedParents) {
  const Names names = {"b.a.example", "other.example", "a.example", "x.b.a.example", "a.example"};
  EXPECT_EQ(MinimiseDomains(names), (Names{"a.example", "other.example"}));
}

TEST(MinimiseDomainsTest, KeepsNamesThatOnlyLookLikeChildren) {
  const Names names = {"a.example", "ba.example", "a-b.example", "a.b.example"};
  EXPECT_EQ(MinimiseDomains(names).size(), 4u);
}

TEST(MinimiseDomainsTest, OrdersByReversedLabels) {
  const Names names = {"z.com", "a.net", "b.a.com", "a-a.com", "a.org"};
  EXPECT_EQ(MinimiseDomains(names), (Names{"b.a.com", "a-a.com", "z.com", "a.net", "a.org"}));
}

TEST(MinimiseDomainsTest, OfNothingIsNothing) {
  EXPECT_TRUE(MinimiseDomains({}).empty());
}

// --- against slow, obvious references ---

std::set<std::string> SlowMinimise(const std::vector<std::string>& names) {
  std::set<std::string> least;
  for (const std::string& name : names) {
    const bool covered = std::any_of(names.begin(), names.end(), [&](const std::string& other) {
      return name != other && name.ends_with("." + other);
    });
    if (!covered) least.insert(name);
  }
  return least;
}

TEST(MinimiseDomainsTest, AgreesWithTheObviousWayOnRandomNames) {
  std::mt19937 random(20260315);
  const auto below = [&](std::size_t n) { return random() % n; };
  const std::vector<std::string> labels = {
      "a", "b", "aa", "a-a", "ab", "averyverylonglabel", "averyverylonglabel2"};
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> names(below(60));
    for (std::string& name : names) {
      name = below(2) == 0 ? "com" : "net";
      for (auto depth = below(4); depth > 0; --depth) name = labels[below(7)] + "." + name;
    }
    const Names views(names.begin(), names.end());
    const Names least = MinimiseDomains(views);
    ASSERT_EQ(std::set<std::string>(least.begin(), least.end()), SlowMinimise(names));
    ASSERT_EQ(least.size(), SlowMinimise(names).size());
  }
}

// A model of the last 10 bits of the address space, for either family.
struct Model {
  static constexpr int bits = 10;
  using Addresses = std::bitset<1 << bits>;

  explicit Model(IpFamily f)
      : family(f), base(f == IpFamily::v4 ? P("203.0.0.0").first() : P("2001:db8::").first()) {}

  int LengthMax() const { return family == IpFamily::v4 ? 32 : 128; }

  std::vector<IpPrefix> Random(std::mt19937& random, std::size_t count) const {
    std::vector<IpPrefix> prefixes;
    for (std::size_t i = 0; i < count; ++i) {
      const int host_bits = static_cast<int>(random() % (random() % 4 == 0 ? 9 : 4));
      const Uint128 address = base + ((random() % (1 << bits)) >> host_bits << host_bits);
      prefixes.push_back(*IpPrefix::From(family, address, LengthMax() - host_bits));
    }
    return prefixes;
  }

  Addresses AddressesOf(const std::vector<IpPrefix>& prefixes) const {
    Addresses addresses;
    for (const IpPrefix& prefix : prefixes) {
      for (Uint128 a = prefix.first(); a <= prefix.last(); ++a) {
        addresses.set(static_cast<std::size_t>(a - base));
      }
    }
    return addresses;
  }

  // Splits in halves until a half is all in or all out.
  void Cover(const Addresses& addresses, std::size_t at, int host_bits,
             std::vector<IpPrefix>& out) const {
    const std::size_t size = std::size_t{1} << host_bits;
    std::size_t in = 0;
    for (std::size_t i = at; i < at + size; ++i) in += addresses[i];
    if (in == 0) return;
    if (in == size) {
      out.push_back(*IpPrefix::From(family, base + at, LengthMax() - host_bits));
      return;
    }
    Cover(addresses, at, host_bits - 1, out);
    Cover(addresses, at + size / 2, host_bits - 1, out);
  }

  std::vector<IpPrefix> LeastCover(const Addresses& addresses) const {
    std::vector<IpPrefix> out;
    Cover(addresses, 0, bits, out);
    return out;
  }

  IpFamily family;
  Uint128 base;
};

TEST(MergePrefixesTest, AgreesWithTheObviousWayOnRandomPrefixes) {
  std::mt19937 random(20260315);
  for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
    const Model model(family);
    for (int round = 0; round < 300; ++round) {
      const auto prefixes = model.Random(random, random() % 200);
      ASSERT_EQ(Texts(MergePrefixes(prefixes)),
                Texts(model.LeastCover(model.AddressesOf(prefixes))));
    }
  }
}

TEST(MergePrefixesTest, AgreesWithTheObviousWayWhereItSortsByRadix) {
  std::mt19937 random(7);
  const Model model(IpFamily::v4);
  const auto prefixes = model.Random(random, 5000);
  EXPECT_EQ(Texts(MergePrefixes(prefixes)), Texts(model.LeastCover(model.AddressesOf(prefixes))));

  std::vector<IpPrefix> wide;
  for (int i = 0; i < 20'000; ++i) wide.push_back(*IpPrefix::From(IpFamily::v4, random(), 32));
  auto sorted = wide;
  std::sort(sorted.begin(), sorted.end());
  const auto merged = MergePrefixes(wide);
  EXPECT_EQ(Texts(merged), Texts(MergePrefixes(sorted)));
  EXPECT_TRUE(std::is_sorted(merged.begin(), merged.end()));
  for (const IpPrefix& address : wide) {
    const auto after = std::upper_bound(merged.begin(), merged.end(), address);
    ASSERT_TRUE(after != merged.begin() && (after - 1)->Contains(address)) << address.ToString();
  }
}

TEST(MergePrefixesTest, MergesSiblingsAndDropsContainedPrefixesOfBothFamilies) {
  EXPECT_EQ(Texts(MergePrefixes(Prefixes({"2001:db8::1", "192.0.2.1", "2001:db8::", "192.0.2.0",
                                          "198.51.100.0/24", "198.51.100.9", "192.0.2.2/31"}))),
            (std::vector<std::string>{"192.0.2.0/30", "198.51.100.0/24", "2001:db8::/127"}));
}

TEST(MergePrefixesTest, ReachesBothEndsOfTheAddressSpace) {
  EXPECT_EQ(Texts(MergePrefixes(Prefixes({"128.0.0.0/1", "0.0.0.0/1", "255.255.255.255"}))),
            (std::vector<std::string>{"0.0.0.0/0"}));
  EXPECT_EQ(Texts(MergePrefixes(
                Prefixes({"8000::/1", "::/1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}))),
            (std::vector<std::string>{"::/0"}));
  EXPECT_EQ(Texts(MergePrefixes(Prefixes({"255.255.255.255", "0.0.0.0"}))),
            (std::vector<std::string>{"0.0.0.0/32", "255.255.255.255/32"}));
}

TEST(ExcludePrefixesTest, AgreesWithTheObviousWayOnRandomPrefixes) {
  std::mt19937 random(20260315);
  for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
    const Model model(family);
    for (int round = 0; round < 500; ++round) {
      const auto blocked = model.Random(random, random() % 100);
      const auto allowed = model.Random(random, random() % 60);
      const auto left = model.AddressesOf(blocked) & ~model.AddressesOf(allowed);
      ASSERT_EQ(Texts(ExcludePrefixes(blocked, allowed)), Texts(model.LeastCover(left)));
    }
  }
}

TEST(ExcludePrefixesTest, LeavesNothingOfWhatIsAllowed) {
  EXPECT_TRUE(ExcludePrefixes(Prefixes({"192.0.2.0/24"}), Prefixes({"192.0.0.0/16"})).empty());
  EXPECT_TRUE(ExcludePrefixes(Prefixes({"::/0"}), Prefixes({"::/0"})).empty());
}

TEST(ExcludePrefixesTest, KeepsTheFamiliesApart) {
  EXPECT_EQ(Texts(ExcludePrefixes(Prefixes({"192.0.2.1", "2001:db8::1"}), Prefixes({"::/0"}))),
            (std::vector<std::string>{"192.0.2.1/32"}));
}

TEST(ExcludePrefixesTest, CutsOneAddressOutOfTheWholeSpace) {
  EXPECT_EQ(ExcludePrefixes(Prefixes({"0.0.0.0/0"}), Prefixes({"255.255.255.255"})).size(), 32u);
  EXPECT_EQ(ExcludePrefixes(Prefixes({"8000::/1"}), Prefixes({"8000::"})).size(), 127u);
}

// "::ffff:0:0/96" is IPv4 in another form, and IpPrefix folds it; a part cut there must not come
// back as 0.0.0.0/0.
TEST(ExcludePrefixesTest, NeverTurnsAnIpv6PartIntoIpv4) {
  const auto parts =
      ExcludePrefixes(Prefixes({"::/64"}), Prefixes({"::fffe:0:0/96", "::1:0:0:0/80"}));
  ASSERT_FALSE(parts.empty());
  for (const IpPrefix& part : parts) EXPECT_EQ(part.family(), IpFamily::v6) << part.ToString();
}

}  // namespace
}  // namespace policy
