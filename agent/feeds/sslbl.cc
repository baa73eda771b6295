#include "agent/feeds/sslbl.h"

#include <string>

#include "agent/feeds/abuse_ch.h"
#include "policy/indicator.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::Result;

enum Column : std::size_t { listing_date, sha1, listing_reason, column_count };

void TakeRow(std::size_t line, std::span<const std::string> fields, SnapshotBuilder& builder) {
  const auto listed = policy::ParseTime(fields[listing_date]);
  if (!listed) return builder.Reject(line, "Listingdate", listed.error().detail);
  if (const auto hash = policy::FileHash::Parse(fields[sha1]); !hash || hash->hex().size() != 40) {
    return builder.Reject(line, "SHA1", policy::Quote(fields[sha1]) + " is no SHA-1");
  }
  builder.KeepAsContext("certificate hashes");
}

}  // namespace

Result<FeedSnapshot> ParseSslblCsv(std::string_view bytes, policy::TimePoint /*fetched_at*/,
                                   std::size_t rows_max) {
  return ReadAbuseChCsv(bytes, rows_max, {.columns = column_count, .ends_with_count = true},
                        TakeRow);
}

}  // namespace agent::feeds
