// abuse.ch's feeds, and files made of them, as they were published; the counts were taken from them
// by other means.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "policy/allowlist.h"
#include "policy/allowlist_format.h"
#include "policy/indicator.h"
#include "tests/agent/feeds_counts.h"
#include "tests/policy/real_data.h"

namespace agent::feeds {
namespace {

using policy::Observation;
using policy::ThreatType;

template <class Predicate>
std::ptrdiff_t CountIf(const FeedSnapshot& snapshot, Predicate predicate) {
  return std::count_if(snapshot.observations.begin(), snapshot.observations.end(), predicate);
}

std::ptrdiff_t CountKind(const FeedSnapshot& snapshot, policy::IndicatorKind kind) {
  return CountIf(snapshot, [kind](const Observation& o) { return KindOf(o.indicator) == kind; });
}

const Observation* Find(const FeedSnapshot& snapshot, std::string_view line) {
  for (const Observation& each : snapshot.observations) {
    if (policy::LineOf(each.indicator) == line) return &each;
  }
  return nullptr;
}

bool IsCompromised(const Observation& observation) {
  return observation.tags.ends_with("compromised");
}

TEST(RealAbuseCh, UrlhausJsonOfFebruary2026) {
  SEKISHO_REAL_DATA_OR_SKIP(dump, "urlhaus/urlhaus_json_2026-02-01.json");
  const auto snapshot = ParseAs("format: urlhaus-json", dump);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(CountsOf(*snapshot), (Counts{15, 15})) << RejectedText(*snapshot);
  const Observation* const seen = Find(*snapshot, "url http://42.57.243.0:44024/bin.sh");
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(policy::FormatTime(seen->last_seen), "2026-02-01T15:19:12Z");
  EXPECT_EQ(seen->online, true);
  EXPECT_EQ(seen->threat, ThreatType::malware_download);
  EXPECT_EQ(seen->tags, "32-bit,elf,mips,Mozi");
  EXPECT_EQ(seen->reference, "https://urlhaus.abuse.ch/url/3767294/");
}

TEST(RealAbuseCh, ThreatfoxCsvOfMarch2026) {
  SEKISHO_REAL_DATA_OR_SKIP(dump, "threatfox/csv_recent_2026-03-15.csv");
  const auto snapshot = ParseAs("format: threatfox-csv", dump);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  // 1607 rows name 1201 domains, 159 URLs and, at 242 ports, 226 addresses.
  EXPECT_EQ(CountsOf(*snapshot), (Counts{1'763, 1'201 + 159 + 226, {}, {{"file hashes", 156}}}))
      << RejectedText(*snapshot);
  EXPECT_EQ(CountKind(*snapshot, policy::IndicatorKind::domain), 1'201);
  EXPECT_EQ(CountKind(*snapshot, policy::IndicatorKind::url), 159);
  EXPECT_EQ(CountKind(*snapshot, policy::IndicatorKind::ip), 226);
  EXPECT_EQ(CountIf(*snapshot, [](const auto& o) { return o.threat == ThreatType::c2; }), 1'104);
  EXPECT_EQ(
      CountIf(*snapshot, [](const auto& o) { return o.threat == ThreatType::malware_download; }),
      482);
  EXPECT_EQ(CountIf(*snapshot, [](const auto& o) { return o.confidence->percent() == 50; }), 810);
  EXPECT_EQ(CountIf(*snapshot, [](const auto& o) { return o.confidence->percent() == 100; }), 701);
  EXPECT_EQ(CountIf(*snapshot, IsCompromised), 100);
  EXPECT_EQ(CountIf(*snapshot, [](const auto& o) { return o.malware.empty(); }), 123);
  EXPECT_EQ(CountIf(*snapshot, [](const auto& o) { return o.tags.starts_with("None"); }), 0);
  EXPECT_EQ(CountIf(*snapshot, [](const auto& o) { return o.reference.empty(); }), 0);
  const Observation* const seen = Find(*snapshot, "domain trace-44-alpha.froidelumiere.in.net");
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(seen->malware, "ClearFake");
  EXPECT_EQ(policy::FormatTime(seen->first_seen), "2026-03-15T04:49:31Z");
  EXPECT_EQ(policy::FormatTime(seen->last_seen), "2026-03-15T04:49:55Z");
  EXPECT_EQ(seen->reference, "https://threatfox.abuse.ch/ioc/1766773");
}

TEST(RealAbuseCh, ThreatfoxJsonOfJuly2026) {
  SEKISHO_REAL_DATA_OR_SKIP(dump, "threatfox/json_recent_2026-07-09.json.zst");
  const auto snapshot = ParseAs("format: threatfox-json", dump);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  // 4030 rows name 1416 domains, 179 URLs and, at 2432 ports, 1782 addresses.
  EXPECT_EQ(CountsOf(*snapshot), (Counts{4'140, 1'416 + 179 + 1'782, {}, {{"file hashes", 110}}}))
      << RejectedText(*snapshot);
  EXPECT_EQ(CountKind(*snapshot, policy::IndicatorKind::ip), 1'782);
  EXPECT_EQ(CountIf(*snapshot, IsCompromised), 432);
  EXPECT_EQ(CountIf(*snapshot, [](const auto& o) { return o.malware.empty(); }), 222);
  EXPECT_EQ(CountIf(*snapshot, [](const auto& o) { return o.confidence->percent() == 49; }), 2);
  // Half of it was first seen long ago, some in 2021; all of it is recent nevertheless.
  const auto june = *policy::ParseTime("2026-06-01");
  EXPECT_GT(CountIf(*snapshot, [june](const auto& o) { return o.first_seen < june; }), 1'600);
  EXPECT_EQ(CountIf(*snapshot, [june](const auto& o) { return o.last_seen < june; }), 0);
  EXPECT_NE(Find(*snapshot, "domain microsoftsyst3m.com"), nullptr);
  // Of nobody's Internet: to see that it is not blocked is for the policy, whose allowlist has it.
  const Observation* const shared = Find(*snapshot, "ip 100.110.56.1/32");
  ASSERT_NE(shared, nullptr);
  EXPECT_EQ(shared->tags, "CobaltStrike,drb-ra,port:8000");
  const auto special = policy::SpecialPurposeEntries(true);
  EXPECT_TRUE(std::any_of(special.begin(), special.end(), [shared](const auto& entry) {
    const auto* const prefix = std::get_if<policy::IpPrefix>(&entry.what);
    return prefix != nullptr && prefix->Contains(std::get<policy::IpPrefix>(shared->indicator));
  }));
}

TEST(RealAbuseCh, FeodoCsvOfApril2024) {
  SEKISHO_REAL_DATA_OR_SKIP(list, "feodo/ipblocklist_2024-04-03.csv");
  const auto snapshot = ParseAs("format: feodo-csv", list);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(CountsOf(*snapshot), (Counts{27, 27})) << RejectedText(*snapshot);
  EXPECT_EQ(CountIf(*snapshot, [](const auto& o) { return o.online == true; }), 4);
  const Observation* const seen = Find(*snapshot, "ip 84.247.157.112/32");
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(seen->malware, "Pikabot");
  EXPECT_EQ(seen->tags, "port:13783");
  EXPECT_EQ(seen->threat, ThreatType::c2);
  EXPECT_EQ(policy::FormatTime(seen->last_seen), "2024-04-03T00:00:00Z");
}

TEST(RealAbuseCh, FeodoJsonOfMarch2026) {
  SEKISHO_REAL_DATA_OR_SKIP(list, "feodo/ipblocklist_2026-03.json");
  const auto snapshot = ParseAs("format: feodo-json", list);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(CountsOf(*snapshot), (Counts{5, 5})) << RejectedText(*snapshot);
  const Observation* const seen = Find(*snapshot, "ip 50.16.16.211/32");
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(seen->online, true);
  EXPECT_EQ(seen->malware, "QakBot");
  EXPECT_EQ(policy::FormatTime(seen->first_seen), "2025-12-30T13:56:31Z");
}

TEST(RealAbuseCh, SslblOfMarch2026) {
  SEKISHO_REAL_DATA_OR_SKIP(list, "sslbl/sslblacklist_2026-03-14.csv.zst");
  const auto snapshot = ParseAs("format: sslbl-csv", list);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(CountsOf(*snapshot), (Counts{9'263, 0, {}, {{"certificate hashes", 9'263}}}));
}

// Filters that others make of URLhaus (https://gitlab.com/malware-filter/urlhaus-filter).
TEST(RealAbuseCh, UrlhausFilterOfJuly2025) {
  struct Filter {
    const char* file;
    const char* yaml;
    Counts expected;
  };
  const Filter filters[] = {
      {"hosts.txt", "format: hosts", {2'689, 2'689}},
      {"domains.txt", "format: plain", {25'768, 25'768}},
      {"dnscrypt-blocked-ips.txt", "format: plain", {23'079, 23'079}},
      // A row with a path speaks of that URL only: its host must not be taken for bad.
      {"splunk-online.csv.zst",
       "format: csv\ncolumns: {indicator: host}\nwhere: {path: \"\"}\n",
       {6'363, 2'853, {}, {}, 3'510}},
      {"unbound-online.conf",
       "format: csv\nheader: false\ndelimiter: \" \"\ncolumns: {indicator: \"2\"}\nkind: domain\n",
       {619, 619}},
      {"dnsmasq-online.conf",
       "format: csv\nheader: false\ndelimiter: /\ncolumns: {indicator: \"2\"}\nkind: domain\n",
       {619, 619}},
  };
  for (const Filter& filter : filters) {
    SCOPED_TRACE(filter.file);
    SEKISHO_REAL_DATA_OR_SKIP(
        bytes, std::string("urlhaus/filter-2025-07-19/urlhaus-filter-") + filter.file);
    const auto snapshot = ParseAs(filter.yaml, bytes);
    ASSERT_TRUE(snapshot) << snapshot.error().detail;
    EXPECT_EQ(CountsOf(*snapshot), filter.expected) << RejectedText(*snapshot);
  }
}

// Forms that only their own devices understand are refused whole, not half understood.
TEST(RealAbuseCh, FiltersForOtherDevicesAreRefused) {
  for (const char* file :
       {"bind-online.conf", "wildcard.txt.zst", "suricata-online.rules.zst",
        "suricata-sni-online.rules.zst", "rpz.conf", "rpz-online.conf", "online.txt"}) {
    SCOPED_TRACE(file);
    SEKISHO_REAL_DATA_OR_SKIP(bytes,
                              std::string("urlhaus/filter-2025-07-19/urlhaus-filter-") + file);
    for (const char* yaml : {"format: plain", "format: hosts", "format: urlhaus-csv"}) {
      EXPECT_FALSE(ParseAs(yaml, bytes)) << yaml;
    }
  }
}

// What the maintainers of those filters leave out is an allowlist.
TEST(RealAbuseCh, ExclusionsAreAnAllowlist) {
  SEKISHO_REAL_DATA_OR_SKIP(names, "urlhaus/exclude.txt");
  SEKISHO_REAL_DATA_OR_SKIP(urls, "urlhaus/exclude-url.txt");
  const auto parsed = policy::ParsePlainAllowlist(names);
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(parsed->entries.size(), 78U);
  EXPECT_EQ(parsed->rejected.size(), 0U);
  const auto few = policy::ParsePlainAllowlist(urls);
  ASSERT_TRUE(few) << few.error().detail;
  EXPECT_EQ(few->entries.size(), 1U);
}

TEST(RealAbuseCh, AFormatTakesNoOtherFormatsFile) {
  const char* const files[][2] = {{"urlhaus-csv", "urlhaus/csv_recent_2026-03-15.csv.zst"},
                                  {"threatfox-csv", "threatfox/csv_recent_2026-03-15.csv"},
                                  {"threatfox-json", "threatfox/json_recent_2026-07-09.json.zst"},
                                  {"feodo-csv", "feodo/ipblocklist_2024-04-03.csv"},
                                  {"feodo-json", "feodo/ipblocklist_2026-03.json"},
                                  {"sslbl-csv", "sslbl/sslblacklist_2026-03-14.csv.zst"}};
  for (const auto& [own, file] : files) {
    SEKISHO_REAL_DATA_OR_SKIP(bytes, file);
    for (const auto& [format, unused] : files) {
      EXPECT_EQ(ParseAs(std::string("format: ") + format, bytes).has_value(),
                std::string(own) == format)
          << file << " as " << format;
    }
  }
}

}  // namespace
}  // namespace agent::feeds
