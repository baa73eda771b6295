// Real reports, rules and zones, each file with its outcome. The counts were checked once by other
// means: indicators of lists by `sort -u | wc -l`, of ioc.yaml with PyYAML, of rules with grep, of
// zones by reading them; reasons by reading the lines that they name.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/feeds/registry.h"
#include "agent/feeds/rpz_zone.h"
#include "config/yaml.h"
#include "tests/agent/feeds_outcome.h"
#include "tests/policy/real_data.h"

namespace agent::feeds {
namespace {

constexpr policy::TimePoint fetched_at{std::chrono::seconds(1'773'576'000)};
constexpr std::size_t rows_max = 1'000'000;

// What a source of `format` with these YAML keys makes of `bytes`.
policy::Result<FeedSnapshot> Parse(const std::string& format, const std::string& keys,
                                   const std::string& bytes) {
  const auto document = config::Document::Parse("name: x\n" + keys, "feed.yaml");
  EXPECT_TRUE(document);
  for (const FormatRow& row : FeedFormats()) {
    if (row.name == format) return row.make(document->root()).parse(bytes, fetched_at, rows_max);
  }
  return policy::Fail(policy::ErrorCode::not_found, format);
}

struct RealFile {
  const char* file;
  const char* keys;
  const char* outcome;
};

constexpr char list_keys[] = "plain: true\n";
constexpr char url_list_keys[] = "plain: true\nscheme: http\n";

void ExpectOutcomes(const std::string& format, const std::vector<RealFile>& files) {
  for (const RealFile& each : files) {
    if (!std::filesystem::exists(RealDataPath(each.file))) {
      GTEST_SKIP() << RealDataPath(each.file) << " is absent: set SEKISHO_REAL_DATA";
    }
    EXPECT_EQ(OutcomeOf(Parse(format, each.keys, ReadRealData(each.file))), each.outcome)
        << each.file;
  }
}

TEST(RealText, VendorReportsGiveWhatTheyDefang) {
  ExpectOutcomes(
      "text", {{"vendor/eset/badiis_README.adoc", "",
                // Its one URL without a scheme is "speed.wlaspsd[.]com/vip.js".
                "domain 3, ip 1, url 49, hash 82 | URL without a scheme 1"},
               // What is not defanged are links to the blog post and to MISP.
               {"vendor/eset/emotet_README.adoc", "", "hash 9 | not defanged 1"},
               {"vendor/eset/grandoreiro_README.adoc", "", "ip 13, hash 12 | not defanged 2"},
               {"vendor/eset/mispadu_README.adoc", "", "hash 15 | not defanged 7"},
               {"vendor/eset/mozi_README.adoc", "", "ip 4, hash 21 | not defanged 1"},
               {"vendor/unit42/BazarCall_Appendix-A.txt", "",
                // One address of 47 was forgotten by the author: "([103.229.183.245])".
                "domain 50, ip 46 | e-mail address 76, not defanged 1"},
               {"vendor/unit42/Shade_ransomware_Shade-ransomware-URLs-March-and-April-2019.txt", "",
                "url 203"},
               {"vendor/unit42/TA551_2020-07-07-TA551-IOCs-for-Ursnif-with-IcedID.txt", "",
                "domain 10, ip 8, url 1, hash 104"},
               {"vendor/unit42/TA551_2020-11-30-TA551-IOCs-for-IcedID.txt", "",
                "domain 18, ip 13, hash 44 | not defanged 6"},
               {"vendor/unit42/agenttesla_agenttesla_panels.txt", "", "url 240, hash 230"}});
}

TEST(RealText, VendorListsArePlain) {
  ExpectOutcomes("text", {{"vendor/amnesty/2021-07-18_nso_domains.txt", list_keys, "domain 1438"},
                          {"vendor/amnesty/2021-07-18_nso_v4_domains.txt", list_keys, "domain 688"},
                          // "amazing.lab": there is no such top-level domain.
                          {"vendor/amnesty/2021-12-16_cytrox_domains.txt", list_keys,
                           "domain 335 | no known public suffix 1"},
                          {"vendor/unit42/Gamaredon_Gamaredon_IoCs_DEC2022.txt", list_keys,
                           "domain 596, ip 18, url 17, hash 241"},
                          {"vendor/unit42/4457_of_4633_scam_js_urls_in_pandb.txt.zst",
                           url_list_keys, "domain 1325, url 3132"},
                          // 7,278 lines, two of which differ in nothing that a URL keeps.
                          {"vendor/unit42/CAPTCHA_Protected_Phishing_IOCs_August2021.zst",
                           url_list_keys, "domain 3070, url 4206"}});
}

TEST(RealText, AVendorListIsRefusedAsAReport) {
  SEKISHO_REAL_DATA_OR_SKIP(list, "vendor/amnesty/2021-07-18_nso_domains.txt");
  const auto snapshot = Parse("text", "", list);
  ASSERT_FALSE(snapshot);
  EXPECT_NE(snapshot.error().detail.find("plain: true"), std::string::npos);
}

constexpr char stalkerware_keys[] = "keys: [websites, distribution, domains, ips]\nmalware: name\n";

TEST(RealStalkerware, TheYamlThatTheListsAreMadeOf) {
  ExpectOutcomes("yaml", {{"stalkerware/ioc.yaml", stalkerware_keys, "domain 1452, ip 66, url 2"}});
}

// One source in several forms: the rules are made of what the YAML has under "c2".
TEST(RealStalkerware, TheRulesSayWhatTheYamlSays) {
  SEKISHO_REAL_DATA_OR_SKIP(rules, "stalkerware/suricata.rules");
  SEKISHO_REAL_DATA_OR_SKIP(yaml, "stalkerware/ioc.yaml");
  const auto from_rules = Parse("suricata-rules", "", rules);
  EXPECT_EQ(OutcomeOf(from_rules), "domain 925, ip 65");
  const auto from_yaml = Parse("yaml", stalkerware_keys, yaml);
  ASSERT_TRUE(from_rules && from_yaml);
  std::set<std::string> known;
  for (const auto& observation : from_yaml->observations) {
    known.insert(policy::LineOf(observation.indicator));
  }
  for (const auto& observation : from_rules->observations) {
    EXPECT_TRUE(known.contains(policy::LineOf(observation.indicator)))
        << policy::LineOf(observation.indicator);
  }
}

// The filter's rules tie no content to the start of the name, and its SNI rules ask for a length of
// 32 whatever the name; 11 names have it.
TEST(RealRules, UrlhausFilterTakesUnanchoredOnly) {
  constexpr char file[] = "urlhaus/filter-2025-07-19/urlhaus-filter-suricata-online.rules.zst";
  constexpr char sni_file[] =
      "urlhaus/filter-2025-07-19/urlhaus-filter-suricata-sni-online.rules.zst";
  ExpectOutcomes("suricata-rules",
                 {{file, "",
                   "| content that need not be the whole URL 3510, content that need not be the "
                   "whole name 2853"},
                  {file, "unanchored: true\n", "domain 619, ip 2234, url 3510"},
                  {sni_file, "", "domain 11 | content that need not be the whole name 2842"},
                  {sni_file, "unanchored: true\n", "domain 619, ip 2234"}});
}

TEST(RealZones, UrlhausFilterIsAllNames) {
  ExpectOutcomes("rpz",
                 {{"urlhaus/filter-2025-07-19/urlhaus-filter-rpz.conf", "", "domain 2689"},
                  {"urlhaus/filter-2025-07-19/urlhaus-filter-rpz-online.conf", "", "domain 619"}});
}

struct RealZone {
  const char* zone;
  const char* outcome;
};

// Zones of BIND's tests. The plain data of root and other zones is "rewritten"; .j2 files are
// scripts for nsupdate, and the README files no zones at all.
const std::vector<RealZone>& BindZones() {
  static const std::vector<RealZone> zones{
      {"rpz_README", "| no domain name 1, no record type 6, rewritten, not blocked 16"},
      {"rpz_ns10_stub.db", "| rewritten, not blocked 3"},
      {"rpz_ns1_root.db", "| rewritten, not blocked 15"},
      {"rpz_ns2_base-tld2s.db", "| rewritten, not blocked 5"},
      {"rpz_ns2_bl.tld2.db.in", "ip 1 | rewritten, not blocked 2"},
      {"rpz_ns2_blv2.tld2.db.in", "| rewritten, not blocked 2"},
      {"rpz_ns2_blv3.tld2.db.in", "ip 1 | rewritten, not blocked 2"},
      {"rpz_ns2_stub.db", "| rewritten, not blocked 2"},
      {"rpz_ns2_tld2.db", "| rewritten, not blocked 84"},
      {"rpz_ns3_base.db", "| rewritten, not blocked 2"},
      {"rpz_ns3_broken.db.in", "| no record type 1"},
      {"rpz_ns3_crash1", ""},
      {"rpz_ns3_crash2", "| rewritten, not blocked 3"},
      {"rpz_ns3_evil-cname.db.in", "| rewritten, not blocked 1"},
      {"rpz_ns3_include-rpz.db.in", "| $INCLUDE 1"},
      {"rpz_ns3_include-rpz.inc-1.in", ""},
      {"rpz_ns3_include-rpz.inc-2.in", "domain 1"},
      {"rpz_ns3_manual-update-rpz-2.db.in", "| outside the zone 1"},
      {"rpz_ns3_manual-update-rpz.db.in", "| outside the zone 1"},
      {"rpz_ns3_mixed-case-rpz-1.db.in", "domain 1"},
      {"rpz_ns3_mixed-case-rpz-2.db.in", "domain 2"},
      {"rpz_ns3_outofzone.db.in", "domain 1 | outside the zone 1"},
      {"rpz_ns3_slow-rpz.db.in", "| $GENERATE 1"},
      {"rpz_ns3_wild-cname.db.in", "| rewritten, not blocked 1"},
      {"rpz_ns4_tld4.db", "| rewritten, not blocked 37"},
      {"rpz_ns5_empty.db.in", ""},
      {"rpz_ns5_fast-expire.db.in", "| outside the zone 1"},
      {"rpz_ns5_tld5.db", "refused: 5 of 9 rows are no rows of this format (mostly"},
      {"rpz_ns6_bl.tld2s.db.in", "| rewritten, not blocked 4"},
      {"rpz_ns8_manual-update-rpz.db.in", "| outside the zone 1"},
      {"rpz_ns9_rpz.db", "domain 3"},
      {"rpz_test1.j2", "| no record type 4, rewritten, not blocked 28"},
      {"rpz_test2.j2", "| no record type 6, rewritten, not blocked 16"},
      {"rpz_test3.j2", "| no record type 2, rewritten, not blocked 8"},
      {"rpz_test4.j2", "| no record type 2, rewritten, not blocked 5"},
      {"rpz_test4a.j2", "| no record type 2, rewritten, not blocked 3"},
      {"rpz_test5.j2", "| no record type 13, rewritten, not blocked 13"},
      {"rpz_test6.j2", "| no record type 2, rewritten, not blocked 11"},
      {"rpzextra_ns2_allowed.db", "| rewritten, not blocked 2"},
      {"rpzextra_ns2_baddomain.db", "| outside the zone 1, rewritten, not blocked 2"},
      {"rpzextra_ns2_gooddomain.db", "| outside the zone 1, rewritten, not blocked 2"},
      {"rpzextra_ns2_rpz-external.local.db", "domain 1"},
      {"rpzextra_ns3_external-rpz.local.db", "domain 1 | exception (PASSTHRU) 2"},
      {"rpzextra_ns3_first-rpz.local.db", "domain 1 | exception (PASSTHRU) 2"},
      {"rpzextra_ns3_fourth-rpz-extra.local.db", "domain 2 | exception (PASSTHRU) 2"},
      {"rpzextra_ns3_root.db", "| rewritten, not blocked 6"},
      {"rpzextra_ns3_third-rpz-extra.local.db", "| exception (PASSTHRU) 2"},
      {"rpzrecurse_README", "refused: 48 of 90 rows are no rows of this format (mostly"},
      {"rpzrecurse_ns1_db.l0", "| rewritten, not blocked 3"},
      {"rpzrecurse_ns1_db.l1.l0", "| rewritten, not blocked 3"},
      {"rpzrecurse_ns1_example.com.db", "| outside the zone 1, rewritten, not blocked 1"},
      {"rpzrecurse_ns1_example.db", "| rewritten, not blocked 2"},
      {"rpzrecurse_ns1_root.db", "| outside the zone 3"},
      {"rpzrecurse_ns1_test1.example.net.db", "| outside the zone 3"},
      {"rpzrecurse_ns1_test2.example.net.db", "| outside the zone 3"},
      {"rpzrecurse_ns2_db.clientip1", "| rewritten, not blocked 1, rpz-client-ip trigger 2"},
      {"rpzrecurse_ns2_db.clientip2", "| rewritten, not blocked 1, rpz-client-ip trigger 1"},
      {"rpzrecurse_ns2_db.clientip21", "| rewritten, not blocked 1, rpz-client-ip trigger 2"},
      {"rpzrecurse_ns2_db.given", "domain 2 | rewritten, not blocked 1"},
      {"rpzrecurse_ns2_db.invalidprefixlength",
       "| rewritten, not blocked 1, rpz-client-ip trigger 1"},
      {"rpzrecurse_ns2_db.log1", "| rewritten, not blocked 1, rpz-client-ip trigger 1"},
      {"rpzrecurse_ns2_db.log2", "| rewritten, not blocked 1, rpz-client-ip trigger 2"},
      {"rpzrecurse_ns2_db.log3", "| rewritten, not blocked 1, rpz-client-ip trigger 3"},
      {"rpzrecurse_ns2_db.passthru", "| exception (PASSTHRU) 2, rewritten, not blocked 1"},
      {"rpzrecurse_ns2_db.wildcard1", "domain 1 | rewritten, not blocked 1"},
      {"rpzrecurse_ns2_db.wildcard2a", "domain 1 | rewritten, not blocked 1"},
      {"rpzrecurse_ns2_db.wildcard2b", "domain 1 | rewritten, not blocked 1"},
      {"rpzrecurse_ns2_db.wildcard3", "| rewritten, not blocked 1, wildcard without its name 1"},
      {"rpzrecurse_ns3_example.db", "| rewritten, not blocked 3"},
      {"rpzrecurse_ns3_policy.db", "| name server trigger 2"},
      {"rpzrecurse_ns3_root.db", "| rewritten, not blocked 5"},
      {"rpzrecurse_ns4_child.example.db", "| rewritten, not blocked 2"},
  };
  return zones;
}

// Zones within Unbound's test scripts: FILE, or FILE#N where it has several.
const std::vector<RealZone>& UnboundZones() {
  static const std::vector<RealZone> zones{
      {"rpz_axfr.rpl", "domain 2, ip 2 | rewritten, not blocked 4"},
      {"rpz_cached_cname.rpl", "| rewritten, not blocked 1"},
      {"rpz_clientip.rpl", "| rpz-client-ip trigger 7"},
      {"rpz_clientip_override.rpl#1", "| rpz-client-ip trigger 2"},
      {"rpz_clientip_override.rpl#2", "| rpz-client-ip trigger 1"},
      {"rpz_clientip_override.rpl#3", "| rpz-client-ip trigger 1"},
      {"rpz_clientip_override.rpl#4", "| rpz-client-ip trigger 2"},
      {"rpz_clientip_override.rpl#5", "| rpz-client-ip trigger 1"},
      {"rpz_clientip_override.rpl#6", "| rpz-client-ip trigger 1"},
      {"rpz_clientip_passthru_cache.rpl", "ip 1 | rpz-client-ip trigger 1"},
      {"rpz_clientip_passthru_dns64.rpl", "ip 1 | rpz-client-ip trigger 1"},
      {"rpz_cname_handle.rpl", "| name server trigger 5, rewritten, not blocked 29"},
      {"rpz_cname_tag.rpl", "| name server trigger 1, rewritten, not blocked 11"},
      {"rpz_cname_wild.rpl", "| name server trigger 1, rewritten, not blocked 1"},
      {"rpz_ixfr.rpl",
       "domain 2, ip 2 | name server trigger 2, rewritten, not blocked 5, rpz-client-ip trigger 2"},
      {"rpz_nsdname.rpl", "| name server trigger 7"},
      {"rpz_nsdname_override.rpl#1", "| name server trigger 1"},
      {"rpz_nsdname_override.rpl#2", "| name server trigger 1"},
      {"rpz_nsdname_override.rpl#3", "| name server trigger 1"},
      {"rpz_nsdname_override.rpl#4", "| name server trigger 2"},
      {"rpz_nsdname_override.rpl#5", "| name server trigger 1"},
      {"rpz_nsdname_override.rpl#6", "| name server trigger 1"},
      {"rpz_nsip.rpl", "| name server trigger 7"},
      {"rpz_nsip_override.rpl#1", "| name server trigger 1"},
      {"rpz_nsip_override.rpl#2", "| name server trigger 1"},
      {"rpz_nsip_override.rpl#3", "| name server trigger 1"},
      {"rpz_nsip_override.rpl#4", "| name server trigger 2"},
      {"rpz_nsip_override.rpl#5", "| name server trigger 1"},
      {"rpz_nsip_override.rpl#6", "| name server trigger 1"},
      {"rpz_passthru.rpl#1", "| rewritten, not blocked 2"},
      {"rpz_passthru.rpl#2", "| exception (PASSTHRU) 1"},
      {"rpz_passthru.rpl#3", "| rewritten, not blocked 2, rpz-client-ip trigger 2"},
      {"rpz_passthru_clientip.rpl", "| rewritten, not blocked 1, rpz-client-ip trigger 2"},
      {"rpz_qname.rpl#1",
       "domain 1 | exception (PASSTHRU) 2, exception at or below it 2, rewritten, not blocked 1"},
      {"rpz_qname.rpl#2", "domain 2 | TCP only, not blocked 1, rewritten, not blocked 4"},
      {"rpz_qname_override.rpl#1", "| rewritten, not blocked 1"},
      {"rpz_qname_override.rpl#2", "| rewritten, not blocked 1"},
      {"rpz_qname_override.rpl#3", "domain 1"},
      {"rpz_qname_override.rpl#4", "domain 1"},
      {"rpz_qname_override.rpl#5", "| rewritten, not blocked 1"},
      {"rpz_qname_override.rpl#6", "| rewritten, not blocked 1"},
      {"rpz_qname_override.rpl#7", "| rewritten, not blocked 1"},
      {"rpz_qname_tcponly.rpl", "| TCP only, not blocked 1, exception (PASSTHRU) 1"},
      {"rpz_qtype_cname.rpl", "| name server trigger 1, rewritten, not blocked 1"},
      {"rpz_respip.rpl#1",
       "| TCP only, not blocked 1, exception (PASSTHRU) 2, exception at or below it 6, rewritten, "
       "not blocked 2"},
      {"rpz_respip.rpl#2", "| rewritten, not blocked 3"},
      {"rpz_respip_override.rpl#1", "| rewritten, not blocked 1"},
      {"rpz_respip_override.rpl#2", "| rewritten, not blocked 1"},
      {"rpz_respip_override.rpl#3", "ip 1"},
      {"rpz_respip_override.rpl#4", "ip 1"},
      {"rpz_respip_override.rpl#5", "| rewritten, not blocked 1"},
      {"rpz_respip_override.rpl#6", "| rewritten, not blocked 1"},
      {"rpz_respip_override.rpl#7", "| rewritten, not blocked 1"},
      {"rpz_respip_tcponly.rpl",
       "| TCP only, not blocked 1, exception (PASSTHRU) 1, exception at or below it 3"},
      {"rpz_rootwc.rpl#1",
       "domain 1 | exception (PASSTHRU) 1, exception at or below it 2, no domain name 1, "
       "rewritten, not blocked 1"},
      {"rpz_rootwc.rpl#2", "domain 1 | rewritten, not blocked 4"},
      {"rpz_signal_nxdomain_ra.rpl", "domain 2 | name server trigger 2, rpz-client-ip trigger 1"},
      {"rpz_val_block.rpl", "domain 3 | rewritten, not blocked 2"},
  };
  return zones;
}

TEST(RealZones, OfBindsTests) {
  if (!std::filesystem::exists(RealDataPath("rpz/bind9"))) {
    GTEST_SKIP() << RealDataPath("rpz/bind9") << " is absent: set SEKISHO_REAL_DATA";
  }
  for (const auto& [zone, outcome] : BindZones()) {
    const std::string bytes = ReadRealData("rpz/bind9/" + std::string(zone));
    EXPECT_EQ(OutcomeOf(ParseRpz(bytes, fetched_at, rows_max)), outcome) << zone;
  }
}

std::vector<std::string> ZonesIn(const std::string& script) {
  std::vector<std::string> zones;
  for (std::size_t at = script.find("TEMPFILE_CONTENTS"); at != std::string::npos;
       at = script.find("TEMPFILE_CONTENTS", at + 1)) {
    const std::size_t begin = script.find('\n', at) + 1;
    zones.push_back(script.substr(begin, script.find("TEMPFILE_END", at) - begin));
  }
  return zones;
}

TEST(RealZones, OfUnboundsTests) {
  if (!std::filesystem::exists(RealDataPath("rpz/unbound"))) {
    GTEST_SKIP() << RealDataPath("rpz/unbound") << " is absent: set SEKISHO_REAL_DATA";
  }
  std::map<std::string, std::string> outcomes;
  for (const auto& file : std::filesystem::directory_iterator(RealDataPath("rpz/unbound"))) {
    const auto zones = ZonesIn(ReadWholeFile(file.path()));
    for (std::size_t i = 0; i < zones.size(); ++i) {
      const std::string number = zones.size() > 1 ? "#" + std::to_string(i + 1) : "";
      outcomes[file.path().filename().string() + number] =
          OutcomeOf(ParseRpz(zones[i], fetched_at, rows_max));
    }
  }
  EXPECT_EQ(outcomes.size(), UnboundZones().size());
  for (const auto& [zone, outcome] : UnboundZones()) EXPECT_EQ(outcomes[zone], outcome) << zone;
}

TEST(RealZones, AConfigurationFileIsNone) {
  SEKISHO_REAL_DATA_OR_SKIP(file, "rpz/ioc2rpz.conf");
  EXPECT_FALSE(ParseRpz(file, fetched_at, rows_max));
}

}  // namespace
}  // namespace agent::feeds
