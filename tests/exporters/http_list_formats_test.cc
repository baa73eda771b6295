#include "exporters/http_list/formats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "exporters/http_list/variants.h"
#include "platform/encoding.h"
#include "platform/subprocess.h"
#include "tests/peers/peers.h"
#include "tests/platform/temporary_folder.h"

namespace exporters::http_list {
namespace {

using policy::IndicatorKind;
using policy::ListSnapshot;

const Format& FormatOf(std::string_view name) {
  const auto formats = Formats();
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const Format& one) { return one.name == name; });
  if (found == formats.end()) throw std::runtime_error("no format " + std::string(name));
  return *found;
}

Variant All(const Format& format) {
  Variant variant{"list.txt", {}, 0, &format};
  for (const auto kind : {IndicatorKind::domain, IndicatorKind::ip, IndicatorKind::url}) {
    if (format.Takes(kind)) variant.kinds.push_back(kind);
  }
  return variant;
}

Artifact Render(const Variant& variant, std::vector<std::string> lines) {
  return RenderVariants(*ListSnapshot::FromLines(std::move(lines)), {variant}, "c.txt").value();
}

std::string BytesOf(std::string_view format, std::vector<std::string> lines) {
  return Render(All(FormatOf(format)), std::move(lines)).files.front().bytes;
}

const std::vector<std::string> mixed{"domain evil.example",
                                     "domain xn--bcher-kva.example",
                                     "ip 192.0.2.1/32",
                                     "ip 198.51.100.0/24",
                                     "ip 2001:db8::/32",
                                     "url http://a.example/x?y=1,2",
                                     "url https://192.0.2.9:8443/"};

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
  const std::set<std::string_view> elsewhere{"checkpoint", "cisco_si", "json", "pac"};
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
  const auto list = ListSnapshot::FromLines({"domain a.example", "domain b.example"});
  EXPECT_EQ(RenderVariants(*list, {variant}, "c.txt").error().code, policy::ErrorCode::exhausted);
  variant.entries_max = 0;
  variant.bytes_max = 20;
  EXPECT_EQ(RenderVariants(*list, {variant}, "c.txt").error().code, policy::ErrorCode::exhausted);
}

TEST(HttpListFormatsTest, E12_NoFormatHasAnEmptyBody) {
  for (const Format& format : Formats()) {
    EXPECT_FALSE(Render(All(format), {}).files.front().bytes.empty()) << format.name;
  }
}

TEST(HttpListFormatsTest, I5_NoValueMakesASecondLineOrEntry) {
  // The worst that the canonical form lets through.
  const std::vector<std::string> one{
      "url http://a.example/$(x)'%22;,|&*[]!@:=+~-_.?q=%27\\;$INCLUDE,@import,:do"};
  ASSERT_TRUE(policy::ParseLine(one[0])) << policy::ParseLine(one[0]).error().detail;
  ASSERT_EQ(policy::LineOf(*policy::ParseLine(one[0])), one[0]);
  for (const Format& format : Formats()) {
    if (!format.Takes(IndicatorKind::url)) continue;
    const std::string with = Render(All(format), one).files.front().bytes;
    const std::string without = Render(All(format), {}).files.front().bytes;
    EXPECT_LE(std::count(with.begin(), with.end(), '\n'),
              std::count(without.begin(), without.end(), '\n'))
        << format.name << "\n"
        << with;
  }
}

TEST(HttpListFormatsTest, I10_NoCellOfTheCsvIsAFormula) {
  const std::string csv = BytesOf("csv", {"domain -cmd.example", "domain _x.example"});
  EXPECT_EQ(csv, "kind,value\r\ndomain,\"'-cmd.example\"\r\ndomain,\"_x.example\"\r\n");
}

// ---- consumers

class HttpListConsumersTest : public testing::Test {
 protected:
  std::filesystem::path Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name) << bytes;
    return folder_ / name;
  }
  platform::testing::TemporaryFolder folder_;
};

TEST_F(HttpListConsumersTest, NodeRunsThePacFile) {
  const auto node = peers::Find("node");
  if (!node) GTEST_SKIP() << "no node";
  const auto script =
      Write("test.js",
            BytesOf("pac", {"domain evil.example", "domain proto.example"}) +
                "console.log(['evil.example', 'WWW.evil.example.', 'notevil.example', "
                "'example', 'toString', '__proto__'].map(h => FindProxyForURL('', h)).join());");
  const auto output = platform::Run({node->string(), script.string()}, {});
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->out, "PROXY 127.0.0.1:9,PROXY 127.0.0.1:9,DIRECT,DIRECT,DIRECT,DIRECT\n")
      << output->err;
}

TEST_F(HttpListConsumersTest, NodeReadsTheJson) {
  const auto node = peers::Find("node");
  if (!node) GTEST_SKIP() << "no node";
  std::vector<std::string> lines = mixed;
  lines.push_back("url http://a.example/?x=\\");
  const auto list = Write("list.json", BytesOf("json", lines));
  const auto empty = Write("empty.json", BytesOf("json", {}));
  const auto script = Write("read.js",
                            "for (const f of process.argv.slice(2)) console.log(JSON.parse(require("
                            "'fs').readFileSync(f)).indicators.map(i => i.value).join());");
  const auto output =
      platform::Run({node->string(), script.string(), list.string(), empty.string()}, {});
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->out,
            "evil.example,xn--bcher-kva.example,192.0.2.1,198.51.100.0/24,2001:db8::/32,"
            "http://a.example/?x=\\,http://a.example/x?y=1,2,https://192.0.2.9:8443/\n\n")
      << output->err;
}

TEST_F(HttpListConsumersTest, UnboundTakesItsLocalZones) {
  const auto checker = peers::Find("unbound-checkconf");
  if (!checker) GTEST_SKIP() << "no unbound; run ./dev test, or deploy/dev/peers.sh";
  for (const auto& lines : {mixed, std::vector<std::string>{}}) {
    const auto file =
        Write("unbound.conf", BytesOf("unbound", lines) +
                                  "  chroot: \"\"\n  username: \"\"\n  directory: \"" +
                                  folder_.path().string() + "\"\n");
    const auto output = platform::Run({checker->string(), file.string()}, {});
    ASSERT_TRUE(output) << output.error().detail;
    EXPECT_EQ(output->exit_code, 0) << output->out << output->err;
  }
}

TEST_F(HttpListConsumersTest, DnsmasqTakesItsDomains) {
  const auto dnsmasq = peers::Find("dnsmasq");
  if (!dnsmasq) GTEST_SKIP() << "no dnsmasq; run ./dev test, or deploy/dev/peers.sh";
  for (const auto& lines : {mixed, std::vector<std::string>{}}) {
    const auto file = Write("dnsmasq.conf", BytesOf("dnsmasq", lines));
    const auto output =
        platform::Run({dnsmasq->string(), "--test", "--conf-file=" + file.string()}, {});
    ASSERT_TRUE(output) << output.error().detail;
    EXPECT_EQ(output->exit_code, 0) << output->out << output->err;
  }
}

}  // namespace
}  // namespace exporters::http_list
