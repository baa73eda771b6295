#include "exporters/rpz/zone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "exporters/rpz/contents.h"
#include "exporters/rpz/serial.h"
#include "exporters/rpz/trigger.h"

namespace exporters::rpz {
namespace {

using policy::IpPrefix;
using policy::ListSnapshot;

const ZoneParameters parameters{.name = "rpz.test"};

std::shared_ptr<const ListSnapshot> ListOf(std::vector<std::string> lines) {
  return ListSnapshot::FromLines(std::move(lines));
}

TEST(RpzZoneTest, WritesTheWholeZone) {
  const auto zone =
      RenderZone(*ListOf({"domain evil.example", "domain www.evil.example", "domain other.example",
                          "ip 192.0.2.0/24", "ip 2001:db8::/32", "url http://evil.example/x"}),
                 parameters, 7);
  ASSERT_TRUE(zone) << zone.error().detail;
  EXPECT_EQ(zone->bytes,
            "$ORIGIN rpz.test.\n"
            "$TTL 60\n"
            "@ SOA localhost. hostmaster.localhost. 7 60 30 3024000 60\n"
            "@ NS localhost.\n"
            "rpz.test._sekisho TXT \"v=1 "
            "digest=" +
                policy::ToHex(zone->stamp.digest) +
                " serial=7 enforced=4 not_enforceable=1\"\n"
                "evil.example CNAME .\n"
                "*.evil.example CNAME .\n"
                "other.example CNAME .\n"
                "*.other.example CNAME .\n"
                "24.0.2.0.192.rpz-ip CNAME .\n"
                "32.zz.db8.2001.rpz-ip CNAME .\n");
  EXPECT_EQ(zone->stamp.enforced, 4U);
  EXPECT_EQ(zone->stamp.not_enforceable, 1U);
}

TEST(RpzZoneTest, WritesOtherActionsOnOtherTriggers) {
  const auto body = [](const ZoneParameters& zone) {
    const auto rendered = RenderZone(*ListOf({"domain evil.example", "ip 192.0.2.0/24"}), zone, 7);
    return rendered->bytes.substr(rendered->bytes.find("\"\n") + 2);
  };
  ZoneParameters zone = parameters;
  zone.action = {ActionKind::data, "", {"192.0.2.80"}, {"2001:db8::80"}};
  zone.addresses = Trigger::client_address;
  EXPECT_EQ(body(zone),
            "evil.example A 192.0.2.80\n"
            "evil.example AAAA 2001:db8::80\n"
            "*.evil.example A 192.0.2.80\n"
            "*.evil.example AAAA 2001:db8::80\n"
            "24.0.2.0.192.rpz-client-ip A 192.0.2.80\n"
            "24.0.2.0.192.rpz-client-ip AAAA 2001:db8::80\n");
  zone.action = {ActionKind::garden, "*.block.example"};
  zone.names = Trigger::server_name;
  zone.addresses = std::nullopt;
  EXPECT_EQ(body(zone),
            "evil.example.rpz-nsdname CNAME *.block.example.\n"
            "*.evil.example.rpz-nsdname CNAME *.block.example.\n");
}

TEST(ExporterFaults, E9_RpzZoneOutlivesAMonthWithoutItsPrimary) {
  std::istringstream soa(SoaData(parameters, 1));
  std::string primary, contact;
  long serial = 0, refresh = 0, retry = 0, expire = 0;
  soa >> primary >> contact >> serial >> refresh >> retry >> expire;
  EXPECT_GE(expire, 30 * 24 * 3600);
}

TEST(RpzZoneTest, WritesPrefixesAsBindWantsThem) {
  const std::map<std::string, std::string> triggers{
      {"192.0.2.1/32", "32.1.2.0.192.rpz-ip"},
      {"10.0.0.0/8", "8.0.0.0.10.rpz-ip"},
      {"2001:db8::1/128", "128.1.zz.db8.2001.rpz-ip"},
      {"2001:db8::/32", "32.zz.db8.2001.rpz-ip"},
      {"::1/128", "128.1.zz.rpz-ip"},
      // Of two equal runs of zeros, the one at the head of the address is shortened.
      {"2001:db8:0:0:1:0:0:1/128", "128.1.0.0.1.zz.db8.2001.rpz-ip"},
      {"2001:0:1::/64", "64.zz.1.0.2001.rpz-ip"},
      // A single zero word never is.
      {"1:0:1:1:1:1:1:1/128", "128.1.1.1.1.1.1.0.1.rpz-ip"},
      {"1:1:1:1:1:1:1:0/128", "128.0.1.1.1.1.1.1.1.rpz-ip"},
      {"abcd:ef01:2345:6789:abcd:ef01:2345:6789/128",
       "128.6789.2345.ef01.abcd.6789.2345.ef01.abcd.rpz-ip"},
      {"8000::/1", "1.zz.8000.rpz-ip"},
  };
  for (const auto& [text, trigger] : triggers) {
    const auto prefix = IpPrefix::Parse(text);
    ASSERT_TRUE(prefix) << text;
    EXPECT_EQ(OwnerOf(Trigger::answer_address, *prefix), trigger);
  }
}

TEST(RpzZoneTest, LeavesOutWhatTheZoneWouldTakeForAnotherTrigger) {
  for (const std::string name :
       {"8.0.0.0.10.rpz-ip", "32.1.2.0.192.rpz-client-ip", "ns.evil.example.rpz-nsdname",
        "8.0.0.0.10.rpz-nsip", "rpz-passthru", "_sekisho", "x._sekisho"}) {
    EXPECT_FALSE(CanTrigger(Trigger::query_name, name, "rpz.test")) << name;
  }
  EXPECT_TRUE(CanTrigger(Trigger::query_name, "rpz-ip.example", "rpz.test"));
  EXPECT_TRUE(CanTrigger(Trigger::query_name, "_sekisho.example", "rpz.test"));
  EXPECT_FALSE(CanTrigger(*IpPrefix::Parse("0.0.0.0/0")));
}

std::string NameOfSize(std::size_t size) {
  std::string name;
  while (name.size() + 51 < size) name += std::string(50, 'a') + '.';
  return name + std::string(size - name.size(), 'b');
}

// `*.` + name + `.rpz.test` in 253 characters.
TEST(HostileIndicators, I8_CountsANameThatIsTooLongForTheZone) {
  const std::string fits = NameOfSize(253 - 11);
  const std::string too_long = NameOfSize(253 - 10);
  EXPECT_TRUE(CanTrigger(Trigger::query_name, fits, "rpz.test"));
  EXPECT_FALSE(CanTrigger(Trigger::query_name, too_long, "rpz.test"));
  const auto zone = RenderZone(*ListOf({"domain " + fits, "domain " + too_long}), parameters, 1);
  ASSERT_TRUE(zone) << zone.error().detail;
  EXPECT_EQ(zone->stamp.enforced, 1U);
  EXPECT_EQ(zone->stamp.not_enforceable, 1U);
  EXPECT_EQ(zone->bytes.find(too_long), std::string::npos);
}

TEST(HostileIndicators, I5_RefusesALineThatIsMoreThanAName) {
  for (const std::string name :
       {"$INCLUDE", "evil.example;", "evil\\.example", "\"evil.example\"", "@", "*", "*.example",
        "evil.example.", "(evil.example)", "EVIL.example", "evil..example", "#evil.example",
        "evil.example$ORIGIN"}) {
    const auto zone = RenderZone(*ListOf({"domain " + name}), parameters, 1);
    EXPECT_FALSE(zone) << name;
  }
}

TEST(RpzZoneTest, StampReadsBack) {
  const Stamp stamp{policy::Sha256Of("x"), 4'294'967'295U, 12, 3};
  const auto read = ParseStamp(ToText(stamp));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, stamp);
  for (const std::string_view text :
       {"", "v=1", "v=2 digest=00 serial=1", "v=1 digest=zz serial=1 enforced=1"}) {
    EXPECT_FALSE(ParseStamp(text)) << text;
  }
}

// RFC 1982.
TEST(ExporterFaults, E10_SerialGoesOnlyForward) {
  EXPECT_EQ(NextSerial(5, 5), 6U);
  EXPECT_EQ(NextSerial(5, 3), 6U);
  EXPECT_EQ(NextSerial(5, 90), 91U);  // the primary came back from an old backup
  EXPECT_EQ(NextSerial(0xffff'ffffU, 7), 8U);
  EXPECT_EQ(NextSerial(0xffff'ffffU, 0xffff'fff0U), 0U);
  EXPECT_TRUE(SerialIsNewer(0, 0xffff'ffffU));
  EXPECT_FALSE(SerialIsNewer(7, 7));
}

// The owners of `CNAME .` records in a rendered zone.
std::set<std::string> OwnersOf(const RenderedZone& zone) {
  std::set<std::string> owners;
  std::istringstream lines(zone.bytes);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(" CNAME .")) owners.insert(line.substr(0, line.size() - 8));
  }
  return owners;
}

// Names in few labels, so that parents and children meet often.
std::string RandomLine(std::mt19937& random) {
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  if (below(8) == 0) return "ip 192.0.2." + std::to_string(below(256)) + "/32";
  if (below(16) == 0) return "url http://x.example/" + std::to_string(below(20));
  if (below(30) == 0) return "domain " + NameOfSize(253);
  std::string name;
  for (unsigned i = below(4); i > 0; --i)
    name += std::string(1, static_cast<char>('a' + below(3))) + '.';
  return "domain " + name + std::string(1, static_cast<char>('a' + below(3))) + ".example";
}

void DeltasMustEndWhereAWholeRenderingWould(const ZoneParameters& parameters) {
  std::mt19937 random(1);
  std::set<std::string> lines;
  auto list = ListSnapshot::Empty();
  auto contents = Contents::Of(*list, parameters);
  ASSERT_TRUE(contents);
  std::set<std::string> owners;
  for (int round = 0; round < 600; ++round) {
    for (auto changes = random() % 6; changes > 0; --changes) {
      const std::string line = RandomLine(random);
      if (!lines.insert(line).second) lines.erase(line);
    }
    const auto next = ListOf({lines.begin(), lines.end()});
    const auto change = contents->Apply(policy::Difference(*list, *next), *next);
    ASSERT_TRUE(change) << change.error().detail;
    for (const std::string& owner : change->removed) ASSERT_EQ(owners.erase(owner), 1U) << owner;
    for (const std::string& owner : change->added)
      ASSERT_TRUE(owners.insert(owner).second) << owner;
    list = next;
    const auto zone = RenderZone(*list, parameters, 1);
    ASSERT_TRUE(zone);
    ASSERT_EQ(owners, OwnersOf(*zone)) << "round " << round;
    ASSERT_EQ(contents->enforced(), zone->stamp.enforced);
    ASSERT_EQ(contents->not_enforceable(), zone->stamp.not_enforceable);
    ASSERT_EQ(contents->digest(), zone->stamp.digest);
  }
}

TEST(RpzContentsTest, DeltasEndWhereAWholeRenderingWould) {
  DeltasMustEndWhereAWholeRenderingWould(parameters);
  ZoneParameters servers = parameters;
  servers.names = Trigger::server_name;
  servers.addresses = Trigger::server_address;
  DeltasMustEndWhereAWholeRenderingWould(servers);
  servers.addresses = std::nullopt;
  DeltasMustEndWhereAWholeRenderingWould(servers);
}

TEST(RpzContentsTest, TakingAParentAwayBringsItsChildrenBack) {
  const auto before = ListOf({"domain a.example", "domain b.a.example", "domain c.b.a.example"});
  const auto after = ListOf({"domain b.a.example", "domain c.b.a.example"});
  auto contents = Contents::Of(*before, parameters);
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->enforced(), 1U);
  const auto change = contents->Apply(policy::Difference(*before, *after), *after);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->removed, (std::vector<std::string>{"a.example", "*.a.example"}));
  EXPECT_EQ(change->added, (std::vector<std::string>{"b.a.example", "*.b.a.example"}));
}

}  // namespace
}  // namespace exporters::rpz
