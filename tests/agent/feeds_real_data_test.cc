// The parsers on files as they were published; the counts were taken from them by other means.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "agent/feeds/hosts_file.h"
#include "agent/feeds/plain_list.h"
#include "agent/feeds/urlhaus.h"
#include "tests/policy/real_data.h"

namespace agent::feeds {
namespace {

const policy::TimePoint fetched_at = *policy::ParseTime("2026-03-15T05:00:00Z");
constexpr std::size_t rows_max = 1'000'000;

std::ptrdiff_t Count(const FeedSnapshot& snapshot, policy::IndicatorKind kind) {
  return std::count_if(
      snapshot.observations.begin(), snapshot.observations.end(),
      [kind](const policy::Observation& o) { return policy::KindOf(o.indicator) == kind; });
}

template <class Predicate>
std::ptrdiff_t CountIf(const FeedSnapshot& snapshot, Predicate predicate) {
  return std::count_if(snapshot.observations.begin(), snapshot.observations.end(), predicate);
}

std::string Summary(const FeedSnapshot& snapshot) {
  std::string text;
  for (const auto& [reason, count] : snapshot.rejected_by_reason) {
    text += reason + ": " + std::to_string(count) + "; ";
  }
  for (const RejectedRow& row : snapshot.rejected) text += row.reason + "\n";
  return text;
}

TEST(RealFeeds, UrlhausDumpOfMarch2026) {
  SEKISHO_REAL_DATA_OR_SKIP(dump, "urlhaus/csv_recent_2026-03-15.csv.zst");
  const auto snapshot = ParseUrlhausCsv(dump, fetched_at, rows_max);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->rows_total, 19'658U);
  // Two offline rows have the host "www.172.86.68.175", which no browser takes for one either; and
  // "https://web3-walletnotify.cc" comes a second time with a "/", both offline.
  EXPECT_EQ(snapshot->rejected_by_reason, (std::map<std::string, std::uint64_t>{{"url", 2}}))
      << Summary(*snapshot);
  EXPECT_EQ(snapshot->observations.size(), 19'658U - 2 - 1);
  using policy::Observation;
  EXPECT_EQ(CountIf(*snapshot, [](const Observation& o) { return o.online == false; }),
            17'861 - 2 - 1);
  EXPECT_EQ(CountIf(*snapshot, [](const Observation& o) { return o.online == true; }), 1'797);
  EXPECT_EQ(CountIf(*snapshot, [](const Observation& o) { return o.tags.empty(); }), 879 - 2);
  EXPECT_EQ(CountIf(*snapshot, [](const Observation& o) { return o.reference.empty(); }), 0);
  EXPECT_EQ(CountIf(*snapshot,
                    [](const Observation& o) {
                      return o.threat != policy::ThreatType::malware_download;
                    }),
            0);
  const auto newest = std::max_element(
      snapshot->observations.begin(), snapshot->observations.end(),
      [](const Observation& a, const Observation& b) { return a.last_seen < b.last_seen; });
  EXPECT_EQ(policy::FormatTime(newest->last_seen), "2026-03-15T04:59:34Z");
}

TEST(RealFeeds, IpsumOfAugust2026) {
  SEKISHO_REAL_DATA_OR_SKIP(list, "generic/ipsum_2026-08-22.txt.zst");
  const auto snapshot = ParsePlainList(list, fetched_at, rows_max);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->rows_total, 120'430U);
  EXPECT_TRUE(snapshot->rejected_by_reason.empty()) << Summary(*snapshot);
  EXPECT_EQ(Count(*snapshot, policy::IndicatorKind::ip), 120'430);
}

TEST(RealFeeds, FireholLevel1OfMarch2026) {
  SEKISHO_REAL_DATA_OR_SKIP(list, "generic/firehol_level1_2026-03.netset");
  const auto snapshot = ParsePlainList(list, fetched_at, rows_max);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->rows_total, 4'568U);
  EXPECT_TRUE(snapshot->rejected_by_reason.empty()) << Summary(*snapshot);
  EXPECT_EQ(snapshot->observations.size(), 4'568U);
}

TEST(RealFeeds, EmergingThreatsOfMarch2026) {
  SEKISHO_REAL_DATA_OR_SKIP(list, "generic/emergingthreats_2026-03.txt");
  const auto snapshot = ParsePlainList(list, fetched_at, rows_max);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->rows_total, 665U);
  EXPECT_TRUE(snapshot->rejected_by_reason.empty()) << Summary(*snapshot);
}

TEST(RealFeeds, UrlhausFilterHostsAndDomains) {
  SEKISHO_REAL_DATA_OR_SKIP(hosts, "urlhaus/filter-2025-07-19/urlhaus-filter-hosts-online.txt");
  SEKISHO_REAL_DATA_OR_SKIP(names, "urlhaus/filter-2025-07-19/urlhaus-filter-domains-online.txt");
  const auto from_hosts = ParseHostsFile(hosts, fetched_at, rows_max);
  ASSERT_TRUE(from_hosts) << from_hosts.error().detail;
  EXPECT_EQ(from_hosts->rows_total, 619U);
  EXPECT_TRUE(from_hosts->rejected_by_reason.empty()) << Summary(*from_hosts);
  const auto from_names = ParsePlainList(names, fetched_at, rows_max);
  ASSERT_TRUE(from_names) << from_names.error().detail;
  EXPECT_EQ(from_names->rows_total, 2'853U);
  EXPECT_TRUE(from_names->rejected_by_reason.empty()) << Summary(*from_names);
  EXPECT_EQ(Count(*from_names, policy::IndicatorKind::domain), 619);
}

TEST(RealFeeds, AFormatTakesNoOtherFormatsFile) {
  SEKISHO_REAL_DATA_OR_SKIP(dump, "urlhaus/csv_recent_2026-03-15.csv.zst");
  SEKISHO_REAL_DATA_OR_SKIP(netset, "generic/firehol_level1_2026-03.netset");
  EXPECT_FALSE(ParsePlainList(dump, fetched_at, rows_max));
  EXPECT_FALSE(ParseHostsFile(dump, fetched_at, rows_max));
  EXPECT_FALSE(ParseUrlhausCsv(netset, fetched_at, rows_max));
  EXPECT_FALSE(ParseHostsFile(netset, fetched_at, rows_max));
}

}  // namespace
}  // namespace agent::feeds
