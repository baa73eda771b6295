#include "policy/ip_prefix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace policy {
namespace {

std::string Canonical(std::string_view text, HostBits host_bits = HostBits::refuse) {
  const auto prefix = IpPrefix::Parse(text, host_bits);
  return prefix ? prefix->ToString() : "refused";
}

TEST(IpPrefixTest, WritesEveryPrefixInOneForm) {
  const struct {
    std::string_view text;
    std::string_view canonical;
  } cases[] = {
      {"192.0.2.1", "192.0.2.1/32"},
      {"192.0.2.0/24", "192.0.2.0/24"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"255.255.255.255/32", "255.255.255.255/32"},
      {"::", "::/128"},
      {"::/0", "::/0"},
      {"::1", "::1/128"},
      {"1::", "1::/128"},
      {"2001:DB8::/32", "2001:db8::/32"},
      {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1/128"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1/128"},  // RFC 5952, 4.2.2: not "::" for one
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1/128"},           // 4.2.3: the longer run
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1/128"},     // 4.2.3: the first of equals
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0/128"},
      {"::192.0.2.1", "::c000:201/128"},  // not mapped: it stays IPv6
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221/128"},
      {"::ffff:0:0/95", "refused"},
      {"::fffe:0:0/95", "::fffe:0:0/95"},
  };
  for (const auto& [text, canonical] : cases) EXPECT_EQ(Canonical(text), canonical) << text;
}

TEST(IpPrefixTest, ReadsItsCanonicalTextBackAsItself) {
  for (int length = 0; length <= 128; ++length) {
    const Uint128 address = length == 0 ? 0
                                        : (Uint128{0x20010db800010000} << 64 | 0xabcd) >>
                                              (128 - length) << (128 - length);
    const auto prefix = *IpPrefix::From(IpFamily::v6, address, length);
    EXPECT_EQ(*IpPrefix::Parse(prefix.ToString()), prefix) << prefix.ToString();
  }
}

TEST(IpPrefixTest, RefusesWhatIsNotAPrefix) {
  const std::string_view cases[] = {"",
                                    "/",
                                    "/24",
                                    "192.0.2.1/",
                                    "192.0.2",
                                    "192.0.2.1.",
                                    "192.0.2.1.5",
                                    "192.0.2.256",
                                    "192.0.2.-1",
                                    "192.0.2.1/33",
                                    "192.0.2.1/032",
                                    "192.0.2.1/-1",
                                    "192.0.2.1/+8",
                                    "192.0.2.0/24/24",
                                    "192.0.2.0/255.255.255.0",
                                    "192.0.2.1 ",
                                    " 192.0.2.1",
                                    "192.0.2.1\n",
                                    "192..2.1",
                                    "1192.0.2.1",
                                    "192.0.2.1:80",
                                    "2001:db8::/129",
                                    "2001:db8",
                                    ":::",
                                    "1:2:3:4:5:6:7:8:9",
                                    "12345::",
                                    "g::",
                                    "[2001:db8::1]",
                                    "::ffff:192.0.2.256",
                                    "::ffff:192.0.2.01",
                                    "1::2::3",
                                    "evil.example",
                                    std::string_view("::1\0", 4),
                                    std::string_view("1.2.3.4\0", 8)};
  for (const auto text : cases) {
    const auto prefix = IpPrefix::Parse(text);
    ASSERT_FALSE(prefix) << text << " gave " << prefix->ToString();
    EXPECT_EQ(prefix.error().code, ErrorCode::malformed_input);
  }
}

TEST(IpPrefixTest, ClearsHostBitsOnlyWhenAskedTo) {
  EXPECT_EQ(Canonical("192.0.2.7/24"), "refused");
  EXPECT_EQ(Canonical("192.0.2.7/24", HostBits::clear), "192.0.2.0/24");
  EXPECT_EQ(Canonical("2001:db8::1/32", HostBits::clear), "2001:db8::/32");
  EXPECT_EQ(Canonical("255.255.255.255/0", HostBits::clear), "0.0.0.0/0");
}

TEST(IpPrefixTest, ChecksWhatItIsBuiltFrom) {
  EXPECT_TRUE(IpPrefix::From(IpFamily::v4, 0xc0000200, 24));
  EXPECT_FALSE(IpPrefix::From(IpFamily::v4, 0xc0000201, 24));
  EXPECT_FALSE(IpPrefix::From(IpFamily::v4, 0, 33));
  EXPECT_FALSE(IpPrefix::From(IpFamily::v4, 0, -1));
  EXPECT_FALSE(IpPrefix::From(IpFamily::v4, Uint128{1} << 32, 0));
  EXPECT_FALSE(IpPrefix::From(IpFamily::v6, 1, 127));
  EXPECT_EQ(IpPrefix::From(IpFamily::v6, 0xffffc0000201, 128)->ToString(), "192.0.2.1/32");
}

TEST(IpPrefixTest, KnowsItsBounds) {
  const auto v4 = *IpPrefix::Parse("192.0.2.0/24");
  EXPECT_TRUE(v4.first() == 0xc0000200);
  EXPECT_TRUE(v4.last() == 0xc00002ff);
  EXPECT_FALSE(v4.is_address());
  EXPECT_EQ(v4.AddressString(), "192.0.2.0");
  EXPECT_TRUE(IpPrefix::Parse("::/0")->last() == ~Uint128{0});
  EXPECT_TRUE(IpPrefix::Parse("0.0.0.0/0")->last() == 0xffffffff);
  EXPECT_TRUE(IpPrefix::Parse("::1")->is_address());
}

TEST(IpPrefixTest, ContainsWhatLiesInsideIt) {
  const auto contains = [](std::string_view a, std::string_view b) {
    return IpPrefix::Parse(a)->Contains(*IpPrefix::Parse(b));
  };
  EXPECT_TRUE(contains("192.0.2.0/24", "192.0.2.0/24"));
  EXPECT_TRUE(contains("192.0.2.0/24", "192.0.2.255"));
  EXPECT_TRUE(contains("0.0.0.0/0", "192.0.2.0/24"));
  EXPECT_FALSE(contains("192.0.2.0/25", "192.0.2.0/24"));
  EXPECT_FALSE(contains("192.0.2.0/24", "192.0.3.0"));
  EXPECT_FALSE(contains("::/0", "192.0.2.1"));
}

TEST(IpPrefixTest, SortsIpv4FirstThenByAddressThenWiderFirst) {
  const std::vector<std::string> sorted{"0.0.0.0/0",    "10.0.0.0/8", "10.0.0.0/32", "10.0.0.1/32",
                                        "192.0.2.1/32", "::/0",       "::1/128",     "fe80::/10"};
  std::vector<IpPrefix> prefixes;
  for (const auto& text : sorted) prefixes.push_back(*IpPrefix::Parse(text));
  std::reverse(prefixes.begin(), prefixes.end());
  std::sort(prefixes.begin(), prefixes.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) EXPECT_EQ(prefixes[i].ToString(), sorted[i]);
}

TEST(IpPrefixTest, ReadsAMillionAddressesInSeconds) {
  const auto start = std::chrono::steady_clock::now();
  int addresses = 0;
  for (int i = 0; i < 1'000'000; ++i) addresses += IpPrefix::Parse("203.0.113.77")->is_address();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(addresses, 1'000'000);
  RecordProperty("ns_per_address", static_cast<int>(took.count() * 1000));
  EXPECT_LT(took.count(), 3.0);
}

TEST(HostileIndicators, I7_OctalHexadecimalAndShortAddressesAreRefused) {
  for (const std::string_view text : {"010.8.8.8", "0x7f.1", "0x7f.0.0.1", "127.1", "2130706433",
                                      "017700000001", "10.1", "08.8.8.8", "00.0.0.0"}) {
    EXPECT_EQ(Canonical(text), "refused") << text;
  }
}

TEST(HostileIndicators, I7_MappedAddressesAreTheirIpv4Address) {
  for (const std::string_view text : {"::ffff:8.8.8.8", "::FFFF:808:808", "0:0:0:0:0:ffff:8.8.8.8",
                                      "::ffff:808:808/128", "8.8.8.8/32"}) {
    EXPECT_EQ(Canonical(text), "8.8.8.8/32") << text;
  }
  EXPECT_EQ(Canonical("::ffff:10.0.0.0/104"), "10.0.0.0/8");
  EXPECT_EQ(Canonical("::ffff:0:0/96"), "0.0.0.0/0");
}

TEST(HostileIndicators, I7_HostBitsAndZonesAreRefused) {
  for (const std::string_view text :
       {"8.8.8.8/24", "2001:db8::1/64", "::ffff:8.8.8.8/120", "fe80::1%eth0", "fe80::1%1/64"}) {
    EXPECT_EQ(Canonical(text), "refused") << text;
  }
}

}  // namespace
}  // namespace policy
