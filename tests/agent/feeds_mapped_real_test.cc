// Lists by many hands, read by mappings of their columns. The counts were taken from the files by
// other means.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/agent/feeds_counts.h"
#include "tests/policy/real_data.h"

namespace agent::feeds {
namespace {

struct RealTable {
  const char* file;
  std::string yaml;
  Counts expected;
};

// As Volexity publishes them: "value", what it is, and a text.
std::string Volexity(const std::string& kind_column, const std::string& text_column) {
  return "format: csv\n"
         "columns: {indicator: value, kind: " +
         kind_column + ", tags: " + text_column +
         "}\n"
         "kinds: {ipaddress: ip, hostname: domain, url: url, file: hash, md5: hash, sha1: hash,\n"
         "        sha256: hash, emailwhois: context}\n";
}

const std::string notes = Volexity("type", "notes");
const std::string entities = Volexity("entity_type", "description");
std::ostream& operator<<(std::ostream& out, const RealTable& table) {
  return out << table.file;
}

class RealTables : public testing::TestWithParam<RealTable> {};

TEST_P(RealTables, HaveEachRowAccountedFor) {
  SEKISHO_REAL_DATA_OR_SKIP(bytes, GetParam().file);
  const auto snapshot = ParseAs(GetParam().yaml, bytes);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(CountsOf(*snapshot), GetParam().expected) << RejectedText(*snapshot);
}

const std::vector<RealTable>& Tables() {
  static const std::vector<RealTable> tables{
      {"vendor/volexity/"
       "2014_2014-10-09_-_Democracy_in_Hong_Kong_Under_Attack_indicators_indicators.csv",
       notes,
       {14, 8, {}, {{"file hashes", 6}}}},
      {"vendor/volexity/"
       "2015_2015-06-12_-_Afghan_Government_Compromise_Browser_Beware_indicators_indicators.csv",
       notes,
       {3, 3}},
      {"vendor/volexity/"
       "2015_2015-10-07_-_Virtual_Private_Keylogging__Cisco_Web_VPNs_Leveraged_For_Access_And_"
       "Persistence_indicators_indicators.csv",
       notes,
       {51, 50}},
      {"vendor/volexity/"
       "2017_2017-07-24_-_Real_News_Fake_Flash_Mac_OS_Users_Targeted_indicators_indicators.csv",
       notes,
       {9, 5, {}, {{"file hashes", 4}}}},
      {"vendor/volexity/"
       "2018_2018-07-19_-_JS_Sniffer_E-Commerce_Data_Theft_Made_Easy_indicators_indicators.csv",
       notes,
       {24, 22}},
      {"vendor/volexity/"
       "2018_2018-09-18_-_Magecart_Strikes_Again__Newegg_in_the_Crosshairs_indicators_indicators."
       "csv",
       notes,
       {2, 2}},
      {"vendor/volexity/"
       "2019_2019-09-11_-_Corporate_VPNs_Exploited_in_the_Wild_indicators_indicators.csv",
       notes,
       {12, 12}},
      {"vendor/volexity/"
       "2020_2020-11-06_-_OceanLotus__Extending_Cyber_Espionage_Operations_Through_Fake_Websites_"
       "indicators_indicators.csv",
       notes,
       {29, 26, {}, {{"file hashes", 3}}}},
      {"vendor/volexity/2021_2021-03-02_-_Operation_Exchange_Marauder_indicators_indicators.csv",
       notes,
       {13, 13}},
      {"vendor/volexity/2021_2021-08-17_-_InkySquid_Part_1_indicators_indicators.csv",
       notes,
       {10, 1, {}, {{"file hashes", 9}}}},
      {"vendor/volexity/2021_2021-12-06_-_XEGroup_indicators_indicators.csv",
       Volexity("type", "description"),
       {144, 92, {}, {{"file hashes", 52}}}},
      {"vendor/volexity/2022_2022-03-22_GIMMICK_indicators_iocs.csv",
       entities,
       {2, 0, {}, {{"file hashes", 2}}}},
      {"vendor/volexity/"
       "2022_2022-06-15_DriftingCloud_-_Zero-Day_Sophos_Firewall_Exploitation_and_an_Insidious_"
       "Breach_indicators_indicators.csv",
       entities,
       {14, 12, {}, {{"file hashes", 2}}}},
      {"vendor/volexity/"
       "2022_2022-12-01_Buyer_Beware_-_Fake_Cryptocurrency_Applications_Serving_as_Front_for_"
       "AppleJeus_Malware_indicators.csv",
       entities,
       {23, 6, {}, {{"file hashes", 17}}}},
      {"vendor/volexity/2023_2023-03-30_3CX_indicators_iocs.csv",
       entities,
       {34, 23, {}, {{"file hashes", 6}, {"other things", 5}}}},
      {"vendor/volexity/2023_2023-09-22_EvilBamboo_attachments_evilbamboo-distribution.csv",
       "format: csv\ncolumns: {indicator: Associated URL, tags: Notes}\n",
       {21, 19}},
      {"vendor/volexity/2024_2024-01-10_Ivanti_Connect_Secure_indicators_iocs.csv",
       entities,
       {16, 16}},
      {"vendor/volexity/2024_2024-02-13_CharmingCypress_iocs.csv",
       entities,
       {50, 23, {}, {{"file hashes", 27}}}},
      {"vendor/volexity/2024_2024-06-13_DISGOMOJI_indicators_iocs.csv",
       entities,
       {153, 108, {}, {{"file hashes", 45}}}},
      {"vendor/volexity/2024_2024-11-15_BrazenBamboo_iocs.csv",
       entities,
       {97, 35, {}, {{"file hashes", 62}}}},
      {"vendor/volexity/2025_2025-10-08_UTA0388_iocs.csv",
       entities,
       {58, 40, {{"indicator", 7}}, {{"file hashes", 11}}}},
      {"vendor/volexity/2026_2026-06-04_VerdantBamboo_iocs.csv",
       entities,
       {46, 31, {}, {{"file hashes", 15}}}},
      {"vendor/unit42/bitter_iocs.csv",
       "format: csv\ncolumns: {indicator: C2 Server, tags: File Type}\nempty: [Unknown, "
       "\"[CORRUPT]\"]\n",
       {85, 33, {{"indicator", 1}}, {}, 3}},
      {"vendor/unit42/ArtraDownloader_AtraDownloader.csv",
       "format: csv\ncolumns: {indicator: C2 Server}\nempty: [Unknown, "
       "\"[CORRUPT]\"]\n",
       {47, 16, {{"indicator", 1}}, {}, 6}},
      {"vendor/unit42/silverterrier_domains18.csv.zst",
       "format: csv\ncolumns: {indicator: Domain, tags: Domain Use}\n",
       {18'623, 18'520, {{"not UTF-8", 79}}}},
      {"generic/IPC2s-30day.csv",
       "format: csv\nheader: [ip, ioc]\ncolumns: {indicator: ip, tags: ioc}\nkind: ip\nthreat: "
       "c2\n",
       {1'318, 1'315}},
      {"generic/c2_hosts_2023.csv.zst",
       "format: csv\ncolumns: {indicator: Address, tags: url}\nthreat: c2\n",
       {24'961, 24'737, {{"indicator", 7}}}},
      {"generic/eset_rqz-dnsduvel_blocklist.json",
       "format: json\nrows: /duvelDetails/blockList\ncolumns: {indicator: \"\"}\n",
       {503, 503}},
      {"stalkerware/network.csv",
       "format: csv\ncolumns: {indicator: indicator, kind: type, malware: app}\n"
       "kinds: {domain: domain, ipv4: ip}\n",
       {1'034, 1'022, {{"indicator", 3}}}},
      {"stalkerware/indicators-for-tinycheck.json",
       "format: json\nrows: /iocs\ncolumns: {indicator: /value, kind: /type, tags: /tag}\n"
       "kinds: {domain: domain, ip4addr: ip}\n",
       {1'658, 1'517, {{"indicator", 3}}}},
      {"stalkerware/quad9_blocklist.txt", "format: plain", {969, 960}},
      {"stalkerware/hosts", "format: plain", {925, 925}},
      {"stalkerware/hosts_full", "format: plain", {989, 989}},
  };
  return tables;
}

// All its URLs lack "http://" or "https://", and which of them is meant is not for us to guess.
TEST(RealTable, OfUrlsWithoutSchemesIsRefused) {
  SEKISHO_REAL_DATA_OR_SKIP(
      table,
      "vendor/volexity/2018_2018-04-06_-_Drupalgeddon_2___Profiting_From_Mass_Exploitation_"
      "indicators_indicators.csv");
  const auto snapshot = ParseAs(notes, table);
  ASSERT_FALSE(snapshot);
  EXPECT_TRUE(snapshot.error().detail.starts_with("12 of 12 rows are no rows of this format"))
      << snapshot.error().detail;
}

INSTANTIATE_TEST_SUITE_P(Published, RealTables, testing::ValuesIn(Tables()));

}  // namespace
}  // namespace agent::feeds
