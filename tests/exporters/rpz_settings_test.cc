#include "exporters/rpz/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/platform/temporary_folder.h"

namespace exporters::rpz {
namespace {

policy::Result<FileSettings> Read(const std::string& more) {
  const auto document =
      config::Document::Parse("zone: rpz.test\nzone_file: rpz.zone\n" + more, "rpz.yaml");
  if (!document) return tl::unexpected(document.error());
  return ReadFileSettings(document->root());
}

std::string MistakesIn(const std::string& more) {
  const auto settings = Read(more);
  return settings ? "" : settings.error().detail;
}

const std::string resolver = "resolvers: [127.0.0.1]\n";

TEST(RpzSettingsTest, ZoneIsNxdomainOnNamesAndAddressesUnlessToldOtherwise) {
  const auto settings = Read(resolver);
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->zone.action.kind, ActionKind::nxdomain);
  EXPECT_EQ(settings->zone.names, Trigger::query_name);
  EXPECT_EQ(settings->zone.addresses, Trigger::answer_address);
  EXPECT_FALSE(settings->resolvers.at(0).software);
}

TEST(RpzSettingsTest, ReadsAnActionWithWhatItNeeds) {
  const auto garden = Read(resolver + "action: garden\ngarden: '*.Block.example'\n");
  ASSERT_TRUE(garden) << garden.error().detail;
  EXPECT_EQ(garden->zone.action.garden, "*.block.example");
  const auto data = Read(resolver + "action: data\ndata: [192.0.2.80, '2001:DB8::80']\n");
  ASSERT_TRUE(data) << data.error().detail;
  EXPECT_EQ(data->zone.action.ipv4, std::vector<std::string>{"192.0.2.80"});
  EXPECT_EQ(data->zone.action.ipv6, std::vector<std::string>{"2001:db8::80"});

  EXPECT_NE(MistakesIn(resolver + "action: garden\n"), "");
  EXPECT_NE(MistakesIn(resolver + "garden: block.example\n"), "");
  EXPECT_NE(MistakesIn(resolver + "action: garden\ngarden: '* CNAME x'\n"), "");
  EXPECT_NE(MistakesIn(resolver + "action: data\ndata: []\n"), "");
  EXPECT_NE(MistakesIn(resolver + "action: data\ndata: [192.0.2.0/24]\n"), "");
  EXPECT_NE(MistakesIn(resolver + "action: data\ndata: ['192.0.2.1 x']\n"), "");
}

TEST(RpzSettingsTest, RefusesWhatAResolverWouldIgnoreOrDieOf) {
  const auto of = [](const std::string& software) {
    return "resolvers: [{address: 127.0.0.1, software: " + software + "}]\n";
  };
  EXPECT_EQ(MistakesIn(of("knot-resolver") + "action: nodata\n"), "");
  EXPECT_NE(MistakesIn(of("knot-resolver") + "action: garden\ngarden: block.example\n")
                .find("rpz.yaml:3:13: Knot Resolver ignores"),
            std::string::npos);
  EXPECT_NE(MistakesIn(of("knot-resolver") + "names: name-server\n"), "");
  EXPECT_NE(MistakesIn(of("unbound") + "action: tcp-only\naddresses: name-server\n")
                .find("segmentation fault"),
            std::string::npos);
  EXPECT_EQ(MistakesIn(of("bind") + "action: tcp-only\naddresses: name-server\n"), "");
  EXPECT_NE(MistakesIn(of("dnsmasq")), "");
}

// Of the exporter `rpz`, in `folder`.
policy::Result<Settings> ReadPrimary(const std::filesystem::path& folder, const std::string& more) {
  std::ofstream(folder / "key") << "key \"sekisho\" {\n  algorithm hmac-sha256;\n  secret "
                                   "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\";\n};\n";
  const auto document = config::Document::Parse(
      "zone: rpz.test\nzone_file: /var/lib/rpz.test.zone\ntsig_key_file: key\n" + more,
      folder / "rpz.yaml");
  if (!document) return tl::unexpected(document.error());
  return ReadSettings(document->root());
}

TEST(RpzSettingsTest, NamesTheZoneOfEachPartAndItsFile) {
  const platform::testing::TemporaryFolder folder;
  const auto one = ReadPrimary(folder.path(), "");
  ASSERT_TRUE(one) << one.error().detail;
  ASSERT_EQ(SettingsOfZones(*one).size(), 1U);
  EXPECT_EQ(SettingsOfZones(*one)[0].zone.name, "rpz.test");
  EXPECT_EQ(SettingsOfZones(*one)[0].zone_file.string(), "/var/lib/rpz.test.zone");

  const auto many = ReadPrimary(folder.path(), "parts: 16\n");
  ASSERT_TRUE(many) << many.error().detail;
  const auto zones = SettingsOfZones(*many);
  ASSERT_EQ(zones.size(), 16U);
  EXPECT_EQ(zones[0].zone.name, "p0.rpz.test");
  EXPECT_EQ(zones[15].zone.name, "p15.rpz.test");
  EXPECT_EQ(zones[15].zone_file.string(), "/var/lib/p15.rpz.test.zone");
}

TEST(RpzSettingsTest, RefusesMorePartsThanBindHasPolicyZones) {
  const platform::testing::TemporaryFolder folder;
  EXPECT_TRUE(ReadPrimary(folder.path(), "parts: 64\n"));
  for (const std::string parts : {"65", "0", "-1", "many"}) {
    const auto settings = ReadPrimary(folder.path(), "parts: " + parts + "\n");
    ASSERT_FALSE(settings) << parts;
    EXPECT_NE(settings.error().detail.find("rpz.yaml:4:8: must be a whole number from 1 to 64"),
              std::string::npos)
        << settings.error().detail;
  }
}

TEST(RpzSettingsTest, SaysWhatTakesThePlaceOfAllowProbes) {
  EXPECT_NE(MistakesIn(resolver + "allow_probes: [www.example.org]\n")
                .find("rpz.yaml:4:15: `allow_probes` is gone: put these names into `must_work`"),
            std::string::npos)
      << MistakesIn(resolver + "allow_probes: [www.example.org]\n");
}

// Whoever owns a name chooses its addresses and name servers.
TEST(RpzSettingsTest, LetsNothingThroughByWhatAnAttackerChooses) {
  const auto plain = Read(resolver + "action: passthru\n");
  ASSERT_TRUE(plain) << plain.error().detail;
  EXPECT_FALSE(plain->zone.addresses);
  EXPECT_NE(MistakesIn(resolver + "action: passthru\naddresses: answer\n"), "");
  EXPECT_NE(MistakesIn(resolver + "action: passthru\naddresses: name-server\n"), "");
  EXPECT_NE(MistakesIn(resolver + "action: passthru\nnames: name-server\n"), "");
  EXPECT_EQ(MistakesIn(resolver + "action: passthru\naddresses: client\n"), "");
}

}  // namespace
}  // namespace exporters::rpz
