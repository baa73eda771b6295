#include "agent/feeds/hosts_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/snapshot_builder.h"
#include "policy/ascii.h"
#include "policy/domain.h"
#include "policy/ip_prefix.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::Result;

// Debian's and macOS's own, and "0.0.0.0", which popular lists map to itself.
constexpr std::array<std::string_view, 13> kLocalNames{
    "localhost",     "localhost.localdomain", "local",        "broadcasthost",
    "ip6-localhost", "ip6-loopback",          "ip6-localnet", "ip6-mcastprefix",
    "ip6-allnodes",  "ip6-allrouters",        "ip6-allhosts", "localhost6",
    "0.0.0.0"};

bool IsLocalName(std::string_view name) {
  return std::any_of(kLocalNames.begin(), kLocalNames.end(), [name](std::string_view local) {
    return policy::EqualsIgnoringCase(name, local);
  });
}

bool IsAddress(std::string_view text) {
  text = text.substr(0, text.find('%'));  // "fe80::1%lo0"
  const auto prefix = policy::IpPrefix::Parse(text);
  return prefix && prefix->is_address();
}

void ParseName(std::size_t number, std::string_view name, policy::TimePoint fetched_at,
               SnapshotBuilder& builder) {
  if (IsLocalName(name)) return;
  auto domain = policy::Domain::Parse(name);
  if (!domain) return builder.Reject(number, "no domain name", domain.error().detail);
  builder.Add(SeenAt(*std::move(domain), fetched_at));
}

void ParseLine(std::size_t number, std::string_view line, policy::TimePoint fetched_at,
               SnapshotBuilder& builder) {
  std::string_view rest = WithoutComment(line);
  const std::string_view address = TakeWord(rest);
  if (address.empty()) return;
  if (!IsAddress(address)) {
    return builder.Reject(number, "no address first", policy::Quote(address));
  }
  if (rest.empty()) return builder.Reject(number, "no name after the address");
  while (!rest.empty()) ParseName(number, TakeWord(rest), fetched_at, builder);
}

}  // namespace

Result<FeedSnapshot> ParseHostsFile(std::string_view bytes, policy::TimePoint fetched_at,
                                    std::size_t rows_max) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  SnapshotBuilder builder(rows_max);
  ForEachLine(*text, [&](std::size_t number, std::string_view line) {
    if (builder.full()) return;
    if (const std::string_view fault = LineFault(line); !fault.empty()) {
      return builder.Reject(number, fault);
    }
    ParseLine(number, line, fetched_at, builder);
  });
  return std::move(builder).Finish();
}

}  // namespace agent::feeds
