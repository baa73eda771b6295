#include "agent/feeds/urlhaus.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "agent/feeds/abuse_ch.h"
#include "agent/feeds/feed_text.h"
#include "policy/url.h"

namespace agent::feeds {
namespace {

using policy::Result;
using policy::ThreatType;

constexpr std::array<std::string_view, 9> kKeys{"id",         "dateadded",    "url",
                                                "url_status", "last_online",  "threat",
                                                "tags",       "urlhaus_link", "reporter"};

enum Column : std::size_t {
  dateadded = 1,
  url,
  url_status,
  last_online,
  threat,
  tags,
  urlhaus_link,
};

std::optional<bool> IsOnline(std::string_view status) {
  if (status == "online") return true;
  if (status == "offline") return false;
  return std::nullopt;
}

void TakeRow(std::size_t line, std::span<const std::string> fields, SnapshotBuilder& builder) {
  const auto added = policy::ParseTime(fields[dateadded]);
  if (!added) return builder.Reject(line, "dateadded", added.error().detail);
  const auto online = fields[last_online].empty() ? added : policy::ParseTime(fields[last_online]);
  if (!online) return builder.Reject(line, "last_online", online.error().detail);
  auto where = policy::Url::Parse(fields[url]);
  if (!where) return builder.Reject(line, "url", where.error().detail);
  policy::Observation seen = SeenAt(*std::move(where), *added);
  seen.last_seen = std::max(*added, *online);
  if (fields[threat] == "malware_download") seen.threat = ThreatType::malware_download;
  seen.online = IsOnline(fields[url_status]);
  seen.tags = UnlessNone(fields[tags]);
  seen.reference = WebLink(fields[urlhaus_link]);
  builder.Add(std::move(seen));
}

}  // namespace

Result<FeedSnapshot> ParseUrlhausCsv(std::string_view bytes, policy::TimePoint /*fetched_at*/,
                                     std::size_t rows_max) {
  return ReadAbuseChCsv(bytes, rows_max, {.columns = kKeys.size()}, TakeRow);
}

Result<FeedSnapshot> ParseUrlhausJson(std::string_view bytes, policy::TimePoint /*fetched_at*/,
                                      std::size_t rows_max) {
  return ReadAbuseChJson(bytes, rows_max, {.path = {}, .are_grouped = true}, kKeys, TakeRow);
}

}  // namespace agent::feeds
