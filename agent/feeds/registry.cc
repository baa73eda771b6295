#include "agent/feeds/registry.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/feodo.h"
#include "agent/feeds/hosts_file.h"
#include "agent/feeds/mapped_csv.h"
#include "agent/feeds/mapped_json.h"
#include "agent/feeds/misp_feed.h"
#include "agent/feeds/misp_json.h"
#include "agent/feeds/misp_search.h"
#include "agent/feeds/own_assets.h"
#include "agent/feeds/plain_list.h"
#include "agent/feeds/pushed.h"
#include "agent/feeds/rpz_zone.h"
#include "agent/feeds/snapshot_builder.h"
#include "agent/feeds/sslbl.h"
#include "agent/feeds/stix_bundle.h"
#include "agent/feeds/suricata_eve.h"
#include "agent/feeds/taxii.h"
#include "agent/feeds/text_formats.h"
#include "agent/feeds/threatfox.h"
#include "agent/feeds/urlhaus.h"
#include "policy/allowlist_ranges.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::ParsedAllowlist;
using policy::Result;

// For a format that has no keys of its own.
template <auto parse, bool is_dated>
FeedFormat Plainly(const config::Node& /*source*/) {
  return {is_dated, parse, nullptr};
}

FeedFormat MakeMispSearch(const config::Node& source) {
  const MispSearch search = ReadMispSearch(source);
  return {.is_dated = true,
          .parse =
              [search](std::string_view bytes, policy::TimePoint at, std::size_t rows_max) {
                return ParseMispSearch(bytes, at, rows_max, search);
              },
          .collect =
              [search](platform::HttpClient& client, const platform::HttpRequest& request,
                       std::string_view last_good) {
                return CollectMispSearch(client, request, last_good, search);
              },
          .may_go_back = true};
}

FeedFormat MakeMispFeed(const config::Node& source) {
  const MispFeed feed = ReadMispFeed(source);
  return {
      .is_dated = true,
      .parse = [feed](std::string_view bytes, policy::TimePoint at,
                      std::size_t rows_max) { return ParseMispFeed(bytes, at, rows_max, feed); },
      .collect =
          [feed](platform::HttpClient& client, const platform::HttpRequest& request,
                 std::string_view last_good) {
            return CollectMispFeed(client, request, last_good, feed);
          }};
}

FeedFormat MakeMispFile(const config::Node& source) {
  const MispFilters filters = ReadMispFilters(source);
  return {.is_dated = true,
          .parse =
              [filters](std::string_view bytes, policy::TimePoint at, std::size_t rows_max) {
                return ParseMispFile(bytes, at, rows_max, filters);
              },
          .collect = nullptr};
}

FeedFormat Stix(const config::Node& source) {
  const StixOptions options = ReadStixOptions(source);
  return {true,
          [options](std::string_view bytes, policy::TimePoint /*fetched_at*/,
                    std::size_t rows_max) { return ParseStix(bytes, options, rows_max); },
          nullptr};
}

FeedFormat Taxii(const config::Node& source) {
  const TaxiiOptions options = ReadTaxiiOptions(source);
  return {true,
          [options](std::string_view bytes, policy::TimePoint fetched_at, std::size_t rows_max) {
            return ParseTaxii(bytes, fetched_at, options.stix, rows_max);
          },
          [options](platform::HttpClient& client, const platform::HttpRequest& request,
                    std::string_view last_good) {
            return CollectTaxii(client, request, last_good, options);
          }};
}

constexpr auto kFeedFormats = std::to_array<FormatRow>({
    {"urlhaus-csv", Plainly<ParseUrlhausCsv, true>},
    {"urlhaus-json", Plainly<ParseUrlhausJson, true>},
    {"threatfox-csv", Plainly<ParseThreatfoxCsv, true>},
    {"threatfox-json", Plainly<ParseThreatfoxJson, true>},
    {"feodo-csv", Plainly<ParseFeodoCsv, true>},
    {"feodo-json", Plainly<ParseFeodoJson, true>},
    {"sslbl-csv", Plainly<ParseSslblCsv, true>},
    {"csv", MakeMappedCsv},
    {"json", MakeMappedJson},
    {"plain", Plainly<ParsePlainList, false>},
    {"hosts", Plainly<ParseHostsFile, false>},
    {"misp", MakeMispSearch},
    {"misp-feed", MakeMispFeed},
    {"misp-json", MakeMispFile},
    {"suricata-eve", MakeSuricataEve},
    {"push", MakePush},
    {"text", MakeText},
    {"suricata-rules", MakeSuricataRules},
    {"rpz", MakeRpz},
    {"yaml", MakeYaml},
    {"stix", Stix},
    {"taxii", Taxii},
});

constexpr std::array<AllowlistFormatRow, 9> kAllowlistFormats{{
    {"misp-warninglist", policy::ParseMispWarninglist},
    {"plain", policy::ParsePlainAllowlist},
    {"own-assets", ParseOwnAssets},
    {"aws-json", policy::ParseAwsRanges},
    {"azure-json", policy::ParseAzureRanges},
    {"google-json", policy::ParseGoogleRanges},
    {"cloudflare-json", policy::ParseCloudflareRanges},
    {"fastly-json", policy::ParseFastlyRanges},
    {"rpz-passthru", ParseRpzPassthru},
}};

template <class Row>
Result<Row> Find(std::span<const Row> rows, std::string_view name) {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [name](const Row& r) { return r.name == name; });
  if (row != rows.end()) return *row;
  std::string names;
  for (const Row& known : rows) names.append(names.empty() ? "" : ", ").append(known.name);
  return Fail(ErrorCode::not_found,
              "there is no format " + policy::Quote(name) + ": take one of " + names);
}

std::uint64_t RejectedOf(const FeedSnapshot& snapshot) {
  std::uint64_t count = 0;
  for (const auto& [reason, rows] : snapshot.rejected_by_reason) count += rows;
  return count;
}

Result<ParsedSource> ParseFeed(const FeedFormat& format, std::string_view bytes,
                               policy::TimePoint fetched_at, std::size_t rows_max) {
  auto snapshot = format.parse(bytes, fetched_at, rows_max);
  if (!snapshot) return tl::unexpected(std::move(snapshot.error()));
  const ContentSummary summary =
      Summarise(*snapshot, format.is_dated && !format.may_go_back, fetched_at);
  const std::uint64_t rejected = RejectedOf(*snapshot);
  return ParsedSource{std::make_shared<const FeedSnapshot>(*std::move(snapshot)), summary,
                      rejected};
}

Result<ParsedSource> ParseAllowlist(const AllowlistFormatRow& format, std::string_view bytes) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  auto list = format.parse(*text);
  if (!list) return tl::unexpected(std::move(list.error()));
  const std::uint64_t rejected = list->rejected.size();
  if (IsMostlyRejected(rejected, rejected + list->entries.size())) {
    return Fail(
        ErrorCode::malformed_input,
        std::to_string(rejected) + " of " + std::to_string(rejected + list->entries.size()) +
            " entries are neither names nor addresses (first: " + list->rejected.front().reason +
            "): check the list's URL and format");
  }
  const ContentSummary summary = Summarise(*list);
  return ParsedSource{std::make_shared<const ParsedAllowlist>(*std::move(list)), summary, rejected};
}

}  // namespace

std::span<const FormatRow> FeedFormats() {
  return kFeedFormats;
}

std::span<const AllowlistFormatRow> AllowlistFormats() {
  return kAllowlistFormats;
}

Result<SourceFormat> FindFeedFormat(std::string_view name, const config::Node& source) {
  const auto row = Find(FeedFormats(), name);
  if (!row) return tl::unexpected(row.error());
  FeedFormat format = row->make(source);
  SourceFormat found{std::string(name),       format.is_dated,      {},
                     format.collect,          format.is_own,        format.role,
                     format.interval_default, format.collect_pushed};
  found.parse = [format = std::move(format)](std::string_view bytes, policy::TimePoint fetched_at,
                                             std::size_t rows_max) {
    return ParseFeed(format, bytes, fetched_at, rows_max);
  };
  return found;
}

Result<SourceFormat> FindAllowlistFormat(std::string_view name) {
  const auto row = Find(AllowlistFormats(), name);
  if (!row) return tl::unexpected(row.error());
  return SourceFormat{std::string(name), true,
                      [row = *row](std::string_view bytes, policy::TimePoint /*fetched_at*/,
                                   std::size_t /*rows_max*/) { return ParseAllowlist(row, bytes); },
                      nullptr};
}

}  // namespace agent::feeds
