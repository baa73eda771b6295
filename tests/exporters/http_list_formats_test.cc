#include "exporters/http_list/formats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "config/yaml.h"
#include "exporters/http_list/settings.h"
#include "exporters/http_list/uuid.h"
#include "platform/atomic_file.h"
#include "tests/exporters/http_list_formats.h"

namespace exporters::http_list {
namespace {

using policy::IndicatorKind;
using policy::ListSnapshot;

TEST(HttpListFormatsTest, EachWritesItsGoldenText) {
  const std::map<std::string, std::string> golden{
      {"text",
       "evil.example\nxn--bcher-kva.example\n192.0.2.1\n198.51.100.0/24\n2001:db8::/32\n"
       "http://a.example/x?y=1,2\nhttps://192.0.2.9:8443/\n"},
      {"adguard", "||evil.example^\n||xn--bcher-kva.example^\n"},
      {"csv",
       "kind,value\r\ndomain,\"evil.example\"\r\ndomain,\"xn--bcher-kva.example\"\r\n"
       "ip,\"192.0.2.1\"\r\nip,\"198.51.100.0/24\"\r\nip,\"2001:db8::/32\"\r\n"
       "url,\"http://a.example/x?y=1,2\"\r\nurl,\"https://192.0.2.9:8443/\"\r\n"},
      {"dnsmasq", "local=/evil.example/\nlocal=/xn--bcher-kva.example/\n"},
      {"f5", "192.0.2.1,32,bl,sekisho\n198.51.100.0,24,bl,sekisho\n2001:db8::,32,bl,sekisho\n"},
      {"fortigate",
       "evil.example\nxn--bcher-kva.example\n192.0.2.1\n198.51.100.0/24\n2001:db8::/32\n"
       "http://a.example/x?y=1,2\nhttps://192.0.2.9:8443/\n"},
      {"hosts", "0.0.0.0 evil.example\n0.0.0.0 xn--bcher-kva.example\n"},
      {"juniper", "192.0.2.1/32\n198.51.100.0/24\n2001:db8::/32\n"},
      {"mikrotik",
       "/ip firewall address-list\nset [find list=sekisho] comment=old\n"
       ":do { add list=sekisho address=192.0.2.1 comment=new } on-error={ set [find list=sekisho "
       "address=192.0.2.1] comment=new }\n"
       ":do { add list=sekisho address=198.51.100.0/24 comment=new } on-error={ set [find "
       "list=sekisho address=198.51.100.0/24] comment=new }\n"
       "remove [find list=sekisho comment=old]\n"},
      {"panos_domain",
       "evil.example\n*.evil.example\nxn--bcher-kva.example\n*.xn--bcher-kva.example\n"},
      {"panos_ip", "192.0.2.1\n198.51.100.0/24\n2001:db8::/32\n"},
      {"panos_url",
       "evil.example/\n*.evil.example/\nxn--bcher-kva.example/\n*.xn--bcher-kva.example/\n"
       "a.example/x?y=1,2\n192.0.2.9:8443/\n"},
      {"pf", "192.0.2.1\n198.51.100.0/24\n2001:db8::/32\n"},
      {"proxysg",
       "define category sekisho\nevil.example\nxn--bcher-kva.example\na.example/x?y=1,2\n"
       "192.0.2.9:8443/\nend\n"},
      {"proxysg_policy",
       "define category sekisho\nevil.example\nxn--bcher-kva.example\na.example/x?y=1,2\n"
       "192.0.2.9:8443/\nend\n\n<Proxy>\n  category=sekisho exception(content_filter_denied)\n"},
      {"skyhigh",
       "type=string\n\"evil.example\" \"\"\n\"xn--bcher-kva.example\" \"\"\n\"192.0.2.1\" \"\"\n"
       "\"198.51.100.0/24\" \"\"\n\"2001:db8::/32\" \"\"\n\"http://a.example/x?y=1,2\" \"\"\n"
       "\"https://192.0.2.9:8443/\" \"\"\n"},
      {"sonicwall_domain", "evil.example\nxn--bcher-kva.example\n"},
      {"sonicwall_ip", "192.0.2.1\n"},
      {"sophos_domain", "evil.example\nxn--bcher-kva.example\n"},
      {"sophos_ip", "192.0.2.1\n"},
      {"sophos_url", "http://a.example/x?y=1,2\nhttps://192.0.2.9:8443/\n"},
      {"suricata_dataset", "ZXZpbC5leGFtcGxl\neG4tLWJjaGVyLWt2YS5leGFtcGxl\n"},
      {"suricata_iprep", "192.0.2.1,1,127\n198.51.100.0/24,1,127\n2001:db8::/32,1,127\n"},
      {"unbound",
       "server:\nlocal-zone: \"evil.example.\" always_nxdomain\n"
       "local-zone: \"xn--bcher-kva.example.\" always_nxdomain\n"},
      {"zscaler", ".evil.example\n.xn--bcher-kva.example\na.example/x?y=1,2\n192.0.2.9:8443/\n"},
  };
  for (const auto& [format, text] : golden) EXPECT_EQ(BytesOf(format, mixed), text) << format;
  // These have tests of their own.
  const std::set<std::string_view> elsewhere{"checkpoint", "cisco_si", "json", "pac", "stix"};
  for (const Format& format : Formats()) {
    EXPECT_TRUE(golden.contains(std::string(format.name)) || elsewhere.contains(format.name))
        << format.name;
  }
}

TEST(HttpListFormatsTest, CheckPointHasSevenFieldsAndNamesThatDoNotMove) {
  const std::string head = "#UNIQ-NAME,VALUE,TYPE,CONFIDENCE,SEVERITY,PRODUCT,COMMENT\n";
  const std::string one = BytesOf("checkpoint", {"ip 198.51.100.0/24"});
  EXPECT_TRUE(one.starts_with(head + "sekisho-")) << one;
  EXPECT_NE(one.find(",198.51.100.0-198.51.100.255,IP Range,high,high,AB,blocked\n"), one.npos);
  const std::string two = BytesOf("checkpoint", {"domain a.example", "ip 198.51.100.0/24"});
  EXPECT_NE(two.find(one.substr(head.size())), two.npos) << two;
  EXPECT_EQ(std::count(two.begin(), two.end(), ','), 3 * 6) << two;
}

TEST(HttpListFormatsTest, CiscoGetsTheChecksumOfTheFileThatItFetches) {
  const Artifact artifact = Render(All(FormatOf("cisco_si")), {"domain evil.example"});
  EXPECT_EQ(artifact.files[0].bytes, "evil.example\n");
  EXPECT_EQ(artifact.files[1].name, "list.txt.md5");
  EXPECT_EQ(artifact.files[1].bytes, "6bfea81c1b7b467972a0a629463d1f2a\n");
}

TEST(HttpListFormatsTest, StixNamesTheSameIndicatorTheSameInAnyList) {
  const std::string head =
      R"({"type":"bundle","id":"bundle--)" + UuidOf("bundle") + R"(","objects":[)" +
      "\n"
      R"({"type":"identity","spec_version":"2.1","id":"identity--)" +
      UuidOf("identity") +
      R"(","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z",)" +
      R"("name":"Sekisho","identity_class":"system"})";
  const std::string prefix =
      R"({"type":"indicator","spec_version":"2.1","id":"indicator--)" +
      UuidOf("ip 198.51.100.0/24") + R"(","created_by_ref":"identity--)" + UuidOf("identity") +
      R"(","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z",)" +
      R"("valid_from":"2020-01-01T00:00:00.000Z","name":"198.51.100.0/24",)" +
      R"("indicator_types":["malicious-activity"],"pattern_type":"stix",)" +
      R"("pattern":"[ipv4-addr:value ISSUBSET '198.51.100.0/24']"})";
  EXPECT_EQ(BytesOf("stix", {"ip 198.51.100.0/24"}), head + ",\n" + prefix + "\n]}\n");
  const std::string longer = BytesOf("stix", {"domain evil.example", "ip 198.51.100.0/24"});
  EXPECT_NE(longer.find(prefix), longer.npos);
  EXPECT_EQ(BytesOf("stix", {}), head + "\n]}\n");
}

TEST(UuidTest, IsOfVersion5AndAlwaysTheSame) {
  // As Python's uuid.uuid5 makes it in the same namespace.
  EXPECT_EQ(UuidOf("domain evil.example"), "eb566af6-a65a-5ecd-9944-554b2b8d1ed9");
}

TEST(HttpListFormatsTest, WhatAFormatCannotHoldIsLeftOutCountedAndListed) {
  const Artifact artifact = Render(All(FormatOf("checkpoint")), mixed);
  EXPECT_EQ(artifact.enforced, 5U);
  EXPECT_EQ(artifact.not_enforceable, 2U);
  EXPECT_EQ(artifact.files.back().name, "left-out.txt");
  EXPECT_EQ(artifact.files.back().bytes,
            "list.txt: ip 2001:db8::/32\nlist.txt: url http://a.example/x?y=1,2\n");
}

TEST(HttpListFormatsTest, ADeviceThatTakesNoRangesAndNoIpv6GetsNone) {
  Variant variant = All(FormatOf("panos_ip"));
  variant.ipv6 = false;
  variant.prefixes = false;
  EXPECT_EQ(Render(variant, mixed).files.front().bytes, "192.0.2.1\n");
}

TEST(HttpListFormatsTest, LimitsCountWhatTheDeviceCounts) {
  Variant variant = All(FormatOf("panos_domain"));
  variant.entries_max = 3;  // a name takes two
  // Long enough that one of them has more bytes than the line of an empty list.
  const std::string a = std::string(60, 'a') + ".example";
  const std::string b = std::string(60, 'b') + ".example";
  const auto list = ListSnapshot::FromLines({"domain " + a, "domain " + b});
  const auto one = RenderVariants(*list, {variant}, "c.txt");
  ASSERT_TRUE(one) << one.error().detail;
  EXPECT_EQ(one->enforced, 1U);
  EXPECT_EQ(one->files.front().bytes.find(b), std::string::npos);
  variant.entries_max = 0;
  variant.bytes_max = one->files.front().bytes.size();
  const auto same = RenderVariants(*list, {variant}, "c.txt");
  ASSERT_TRUE(same) << same.error().detail;
  EXPECT_EQ(same->files.front().bytes, one->files.front().bytes);
  variant.bytes_max = 10;
  const auto none = RenderVariants(*list, {variant}, "c.txt");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, policy::ErrorCode::exhausted);
}

TEST(HttpListFormatsTest, E11_AFileThatIsTooLongLeavesOutTheLowestRiskAndSaysSo) {
  const auto list = ListSnapshot::FromTermed({{"domain a.example", {1, 10}},
                                              {"domain b.example", {1, 90}},
                                              {"domain c.example", {1, 50}},
                                              {"ip 192.0.2.1/32", {1, 5}}});
  Variant small = All(FormatOf("text"));
  small.path = "small.txt";
  small.kinds = {IndicatorKind::domain};
  small.entries_max = 2;
  Variant large = All(FormatOf("text"));
  const auto artifact = RenderVariants(*list, {small, large}, "c.txt").value();
  EXPECT_EQ(artifact.files[0].bytes, "b.example\nc.example\n");
  EXPECT_EQ(artifact.files[1].bytes, "a.example\nb.example\nc.example\n192.0.2.1\n");
  EXPECT_EQ(artifact.files[2].bytes, list->text());
  EXPECT_EQ(artifact.files[3].bytes, "small.txt: domain a.example\n");
  EXPECT_EQ(artifact.enforced, 4U) << "a client of the other file has it";
  ASSERT_EQ(artifact.left_out.size(), 1U);
  EXPECT_EQ(artifact.left_out[0].place, "small.txt");
  EXPECT_EQ(artifact.left_out[0].count, 1U);
  EXPECT_EQ(artifact.left_out[0].risk, 10);
  EXPECT_EQ(artifact.left_out[0].sample, std::vector<std::string>{"domain a.example"});
  EXPECT_EQ(artifact.left_out[0].all, "/lists/left-out.txt");
  EXPECT_EQ(RenderVariants(*list, {small}, "c.txt")->enforced, 2U);
}

TEST(HttpListFormatsTest, I5_ANameIsNotTakenForAWordOfTheFormat) {
  for (const Format& format : Formats()) {
    if (!format.Takes(IndicatorKind::domain) || !format.has_words) continue;
    for (const std::string word : {"end", "define", "category"}) {
      const Artifact artifact = Render(All(format), {"domain " + word, "domain evil.example"});
      EXPECT_EQ(artifact.files.front().bytes, BytesOf(format.name, {"domain evil.example"}));
      EXPECT_EQ(artifact.files.back().bytes, "list.txt: domain " + word + "\n");
    }
  }
  EXPECT_TRUE(FormatOf("proxysg").has_words);
  EXPECT_TRUE(FormatOf("proxysg_policy").has_words);
}

TEST(HttpListFormatsTest, I10_NoCellOfTheCsvIsAFormula) {
  const std::string csv = BytesOf("csv", {"domain -cmd.example", "domain _x.example"});
  EXPECT_EQ(csv, "kind,value\r\ndomain,\"'-cmd.example\"\r\ndomain,\"_x.example\"\r\n");
}

// The settings that the pages of the devices show, in both languages.
TEST(HttpListPagesTest, EachPageShowsSettingsThatAreTaken) {
  std::size_t pages = 0;
  const std::filesystem::path devices = SEKISHO_SOURCE_DIR "/docs/devices";
  for (const auto& page : std::filesystem::recursive_directory_iterator(devices)) {
    if (page.path().extension() != ".md") continue;
    const std::string text = platform::ReadFile(page.path(), 1 << 20).value();
    const std::string_view fence = "```yaml\n";
    const std::size_t from = text.find(std::string(fence) + "lists:");
    if (from == text.npos) continue;
    std::string yaml = text.substr(from + fence.size());
    yaml.resize(yaml.find("```"));
    if (yaml.find("path: ") == yaml.npos) continue;  // of the agent's lists
    ++pages;
    if (yaml.find("readers:") == yaml.npos) yaml += "anonymous: true\n";
    // Whoever set it up has the token's file.
    for (std::size_t at = 0; (at = yaml.find("token_file: ", at)) != yaml.npos; ++at) {
      yaml.replace(at, yaml.find('}', at) - at, "token_sha256: " + std::string(64, 'a'));
    }
    const auto document = config::Document::Parse("port: 0\n" + yaml, page.path());
    ASSERT_TRUE(document) << document.error().detail;
    const auto settings = ReadSettings(document->root(), "c.txt");
    EXPECT_TRUE(settings) << page.path() << "\n" << settings.error().detail;
  }
  EXPECT_GE(pages, 30U);
}

}  // namespace
}  // namespace exporters::http_list
