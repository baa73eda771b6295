#include "agent/feeds/feodo.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "agent/feeds/abuse_ch.h"
#include "agent/feeds/ip_port.h"
#include "policy/ip_prefix.h"

namespace agent::feeds {
namespace {

using policy::Result;

// Of the JSON, in the order of the CSV's columns.
constexpr std::array<std::string_view, 6> kKeys{"first_seen", "ip_address",  "port",
                                                "status",     "last_online", "malware"};

enum Column : std::size_t { first_seen, dst_ip, dst_port, c2_status, last_online, malware };

void TakeRow(std::size_t line, std::span<const std::string> fields, SnapshotBuilder& builder) {
  const auto first = policy::ParseTime(fields[first_seen]);
  if (!first) return builder.Reject(line, "first_seen", first.error().detail);
  const auto last = fields[last_online].empty() ? first : policy::ParseTime(fields[last_online]);
  if (!last) return builder.Reject(line, "last_online", last.error().detail);
  const auto address = policy::IpPrefix::Parse(fields[dst_ip]);
  if (!address) return builder.Reject(line, "address", address.error().detail);
  const auto port = ParsePort(fields[dst_port]);
  if (!port) return builder.Reject(line, "port", port.error().detail);
  policy::Observation seen = SeenAt(*address, *first);
  seen.last_seen = std::max(*first, *last);
  seen.threat = policy::ThreatType::c2;
  if (fields[c2_status] == "online" || fields[c2_status] == "offline") {
    seen.online = fields[c2_status] == "online";
  }
  seen.malware = fields[malware];
  seen.tags = "port:" + std::to_string(*port);
  builder.Add(std::move(seen));
}

}  // namespace

Result<FeedSnapshot> ParseFeodoCsv(std::string_view bytes, policy::TimePoint /*fetched_at*/,
                                   std::size_t rows_max) {
  const AbuseChCsv csv{
      .columns = kKeys.size(), .header = "first_seen_utc", .ends_with_count = true};
  return ReadAbuseChCsv(bytes, rows_max, csv, TakeRow);
}

Result<FeedSnapshot> ParseFeodoJson(std::string_view bytes, policy::TimePoint /*fetched_at*/,
                                    std::size_t rows_max) {
  return ReadAbuseChJson(bytes, rows_max, {}, kKeys, TakeRow);
}

}  // namespace agent::feeds
