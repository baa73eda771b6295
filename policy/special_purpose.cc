#include <string_view>

#include "policy/allowlist.h"

namespace policy {
namespace {

struct Reserved {
  std::string_view text;
  bool documentation = false;
};

// IANA IPv4 Special-Purpose Address Registry, RFC 6890 and later.
constexpr Reserved ipv4[] = {
    {"0.0.0.0/8"},              // "this network", RFC 791
    {"10.0.0.0/8"},             // private, RFC 1918
    {"100.64.0.0/10"},          // shared by carriers, RFC 6598
    {"127.0.0.0/8"},            // loopback, RFC 1122
    {"169.254.0.0/16"},         // link local, RFC 3927; cloud metadata services
    {"172.16.0.0/12"},          // private, RFC 1918
    {"192.0.0.0/24"},           // IETF protocol assignments, RFC 6890
    {"192.0.2.0/24", true},     // TEST-NET-1, RFC 5737
    {"192.31.196.0/24"},        // AS112, RFC 7535
    {"192.52.193.0/24"},        // AMT, RFC 7450
    {"192.88.99.0/24"},         // 6to4 relays, RFC 7526
    {"192.168.0.0/16"},         // private, RFC 1918
    {"192.175.48.0/24"},        // AS112, RFC 7534
    {"198.18.0.0/15"},          // benchmarking, RFC 2544
    {"198.51.100.0/24", true},  // TEST-NET-2, RFC 5737
    {"203.0.113.0/24", true},   // TEST-NET-3, RFC 5737
    {"224.0.0.0/4"},            // multicast, RFC 5771
    {"240.0.0.0/4"},            // reserved, and the limited broadcast, RFC 1112 and RFC 919
};

// IANA IPv6 Special-Purpose Address Registry. IPv4-mapped addresses are missing because IpPrefix
// folds them to IPv4, where the rows above judge them.
constexpr Reserved ipv6[] = {
    {"::/128"},               // unspecified, RFC 4291
    {"::1/128"},              // loopback, RFC 4291
    {"64:ff9b::/96"},         // translation to IPv4, RFC 6052
    {"64:ff9b:1::/48"},       // local translation, RFC 8215
    {"100::/64"},             // discard only, RFC 6666
    {"100:0:0:1::/64"},       // dummy, RFC 9780
    {"2001::/23"},            // IETF protocol assignments, RFC 2928
    {"2001:db8::/32", true},  // documentation, RFC 3849
    {"2002::/16"},            // 6to4, RFC 3056
    {"2620:4f:8000::/48"},    // AS112, RFC 7534
    {"3fff::/20", true},      // documentation, RFC 9637
    {"5f00::/16"},            // segment routing, RFC 9602
    {"fc00::/7"},             // unique local, RFC 4193
    {"fe80::/10"},            // link local, RFC 4291
    {"fec0::/10"},            // site local, deprecated by RFC 3879
    {"ff00::/8"},             // multicast, RFC 4291
};

// IANA Special-Use Domain Names. "onion" is missing: names below it are real indicators, and no
// resolver should be asked for one (RFC 7686).
constexpr Reserved names[] = {
    {"arpa"},               // reverse and other infrastructure, RFC 3172
    {"example", true},      // RFC 6761
    {"example.com", true},  // RFC 6761
    {"example.net", true},  // RFC 6761
    {"example.org", true},  // RFC 6761
    {"internal"},           // private use, ICANN board resolution 2024.07.29.06
    {"invalid"},            // RFC 6761
    {"local"},              // multicast DNS, RFC 6762
    {"localhost"},          // RFC 6761
    {"test", true},         // RFC 6761
};

}  // namespace

std::vector<AllowEntry> SpecialPurposeEntries(bool with_documentation) {
  std::vector<AllowEntry> entries;
  const auto add = [&](const auto& table, const auto& parse) {
    for (const Reserved& row : table) {
      if (with_documentation || !row.documentation) entries.push_back({*parse(row.text), true});
    }
  };
  const auto prefix = [](std::string_view text) { return IpPrefix::Parse(text); };
  add(ipv4, prefix);
  add(ipv6, prefix);
  add(names, [](std::string_view text) { return Domain::Parse(text); });
  return entries;
}

}  // namespace policy
