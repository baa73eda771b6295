#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/feeds/misp_envelope.h"
#include "agent/feeds/misp_json.h"
#include "agent/feeds/misp_tags.h"
#include "agent/feeds/registry.h"

namespace agent::feeds {
namespace {

using namespace std::string_literals;
using policy::ErrorCode;
using policy::ThreatType;
using Counts = std::map<std::string, std::uint64_t>;
using Lines = std::vector<std::string>;

const policy::TimePoint fetched_at = *policy::ParseTime("2026-03-15T05:00:00Z");

policy::Result<FeedSnapshot> Read(std::string_view text, const MispFilters& filters = {}) {
  return ParseMispFile(text, fetched_at, 1000, filters);
}

// An attribute that is to be used; `more` is members, each after a comma.
std::string Attribute(const std::string& type, const std::string& value,
                      const std::string& more = "") {
  return R"({"uuid":"5c7cdc3b-2f40-4dca-8200-276c0a00020f","type":")" + type + R"(","value":")" +
         value + R"(","to_ids":true,"category":"Network activity","timestamp":"1773500000")" +
         more + "}";
}

std::string Event(const std::string& attributes, const std::string& more = "") {
  return R"({"Event":{"uuid":"5abf6421-c1b8-477b-a9d2-9c0902de0b81","info":"x","date":"2026-03-01",)"
         R"("Attribute":[)" +
         attributes + "]" + more + "}}";
}

std::string Tag(const std::string& name) {
  std::string text = R"({"name":")";
  for (const char c : name) text.append(c == '"' ? "\\" : "") += c;
  return text + "\"}";
}

std::string Tagged(const std::string& name) {
  return ",\"Tag\":[" + Tag(name) + "]";
}

Lines LinesOf(const FeedSnapshot& snapshot) {
  Lines lines;
  for (const auto& observation : snapshot.observations) {
    lines.push_back(policy::LineOf(observation.indicator));
  }
  return lines;
}

policy::Observation OnlyOne(const std::string& text, const MispFilters& filters = {}) {
  const auto snapshot = Read(text, filters);
  EXPECT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.size(), 1U);
  return snapshot->observations.at(0);
}

// Why the only attribute is not wanted.
std::string PassedOver(const std::string& text, const MispFilters& filters = {}) {
  const auto snapshot = Read(text, filters);
  EXPECT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_TRUE(snapshot->observations.empty());
  return snapshot->passed_over_by_reason.size() == 1
             ? snapshot->passed_over_by_reason.begin()->first
             : "";
}

TEST(MispJson, ReadsEveryEnvelope) {
  const std::string attribute = Attribute("domain", "a.example");
  const std::string event = Event(attribute);
  const std::string bare = event.substr(9, event.size() - 10);
  for (const std::string& text :
       {R"({"response":[)" + event + "]}", R"({"response":{"Attribute":[)" + attribute + "]}}",
        event, bare, "[" + event + "]", "[" + bare + "]", "[" + attribute + "]", attribute,
        R"({"Attribute":)" + attribute + "}", R"({"response":[{"Attribute":)" + attribute + "}]}",
        R"({"response":[{"Object":{"Attribute":[)" + attribute + "]}}]}",
        R"({"Event":{"Object":[{"Attribute":[)" + attribute + "]}]}}"}) {
    const auto snapshot = Read(text);
    ASSERT_TRUE(snapshot) << text << ": " << snapshot.error().detail;
    EXPECT_EQ(LinesOf(*snapshot), Lines{"domain a.example"}) << text;
  }
}

TEST(MispJson, RefusesWhatIsNotOfMisp) {
  for (const std::string& text :
       {"{}"s, "[]"s, "1"s, "[1,[]]"s, R"({"type":"bundle","objects":[]})"s, "{\"response\":"s,
        R"({"errors":[403,"no"]})"s, "<html>"s, ""s, "{\"Event\":\"\xff\"}"s,
        std::string(100'000, '['),
        R"({"response":)" + std::string(70, '[') + std::string(70, ']') + "}"}) {
    const auto snapshot = Read(text);
    ASSERT_FALSE(snapshot) << text.substr(0, 80);
    EXPECT_EQ(snapshot.error().code, ErrorCode::malformed_input);
  }
}

TEST(MispJson, SplitsCompositeTypes) {
  const std::string text = Event(
      Attribute("domain|ip", "a.example|192.0.2.1") + "," +
      Attribute("ip-dst|port", "192.0.2.2|8080") + "," +
      Attribute("hostname|port", "b.example|53") + "," + Attribute("ip-src|port", "192.0.2.3|22") +
      "," + Attribute("hostname", "c.example") + "," + Attribute("ip-dst", "2001:db8::/48") + "," +
      Attribute("url", "http://d.example/x") + "," + Attribute("uri", "https://e.example/y"));
  const auto snapshot = Read(text);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(LinesOf(*snapshot),
            (Lines{"domain a.example", "domain b.example", "domain c.example", "ip 192.0.2.2/32",
                   "ip 2001:db8::/48", "url http://d.example/x", "url https://e.example/y"}));
  EXPECT_EQ(snapshot->observations[3].tags, "port:8080");
  EXPECT_EQ(snapshot->passed_over_by_reason,
            (Counts{{"address of a domain", 1}, {"source of an attack", 1}}));

  MispFilters all;
  all.ip_src = true;
  all.resolved_addresses = true;
  const auto more = Read(text, all);
  ASSERT_TRUE(more);
  EXPECT_EQ(more->observations.size(), 9U);
  EXPECT_TRUE(more->passed_over_by_reason.empty());
}

TEST(MispJson, RejectsBrokenValuesByKind) {
  const auto snapshot =
      Read(Event(Attribute("domain", "a.example") + "," + Attribute("domain", "b.example") + "," +
                 Attribute("domain", "c.example") + "," + Attribute("domain", "d.example") + "," +
                 Attribute("domain", "not a name") + "," + Attribute("ip-dst", "999.0.2.1") + "," +
                 Attribute("url", "/only/a/path") + R"(,{"type":"url","to_ids":1,"value":7})"));
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->rejected_by_reason,
            (Counts{{"domain", 1}, {"ip", 1}, {"no value", 1}, {"url", 1}}));
  EXPECT_EQ(snapshot->rejected.at(0).line, 5U);
}

TEST(MispJson, CountsWhatNoDeviceBlocksAsContext) {
  const auto snapshot =
      Read(Event(Attribute("sha256", "00") + "," + Attribute("filename|md5", "x|0") + "," +
                 Attribute("text", "hello") + "," + Attribute("link", "https://a.example/report")));
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->context, (Counts{{"file hashes", 2}, {"other attributes", 2}}));
  EXPECT_TRUE(snapshot->observations.empty());
}

TEST(MispJson, LeavesOutWhatItsAuthorsDoNotWantUsed) {
  EXPECT_EQ(PassedOver(R"([{"type":"domain","value":"a.example","to_ids":false}])"), "not to_ids");
  EXPECT_EQ(PassedOver(R"([{"type":"domain","value":"a.example","to_ids":"0"}])"), "not to_ids");
  EXPECT_EQ(PassedOver(R"([{"type":"domain","value":"a.example"}])"), "not to_ids");
  for (const char* const deleted : {"true", "1", "\"1\""}) {
    EXPECT_EQ(PassedOver(Event(Attribute("domain", "a.example", ",\"deleted\":"s + deleted))),
              "deleted");
  }
  EXPECT_EQ(PassedOver(R"({"Object":{"deleted":true,"Attribute":[)" +
                       Attribute("domain", "a.example") + "]}}"),
            "deleted");
  MispFilters any;
  any.to_ids = false;
  OnlyOne(R"([{"type":"domain","value":"a.example","to_ids":false}])", any);
}

TEST(MispJson, CountsProposalsAndTakesNone) {
  const std::string proposal = R"("ShadowAttribute":[)" + Attribute("domain", "bad.example") + "]";
  const auto snapshot =
      Read(Event(Attribute("domain", "a.example", "," + proposal), "," + proposal));
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(LinesOf(*snapshot), Lines{"domain a.example"});
  EXPECT_EQ(snapshot->passed_over_by_reason, (Counts{{"proposal", 2}}));
}

TEST(MispJson, TakesTheAuthorsTimesBeforeThoseOfEdits) {
  const auto own = OnlyOne(Event(Attribute(
      "domain", "a.example",
      R"(,"first_seen":"2026-03-01T00:00:00.000000+00:00","last_seen":"2026-03-02T00:00:00+00:00")")));
  EXPECT_EQ(policy::FormatTime(own.first_seen), "2026-03-01T00:00:00Z");
  EXPECT_EQ(policy::FormatTime(own.last_seen), "2026-03-02T00:00:00Z");
  const auto edited = OnlyOne(Event(Attribute("domain", "a.example", R"(,"first_seen":null)")));
  EXPECT_EQ(policy::FormatTime(edited.first_seen), "2026-03-14T14:53:20Z");
  EXPECT_EQ(policy::FormatTime(edited.last_seen), "2026-03-14T14:53:20Z");
  const std::string timeless = R"({"type":"domain","value":"a.example","to_ids":1})";
  EXPECT_EQ(policy::FormatTime(OnlyOne(Event(timeless)).last_seen), "2026-03-01T00:00:00Z");
  EXPECT_EQ(OnlyOne(timeless).last_seen, fetched_at);
  const auto of_object = OnlyOne(R"({"Object":{"last_seen":"2026-03-03T00:00:00Z","Attribute":[)" +
                                 Attribute("domain", "a.example") + "]}}");
  EXPECT_EQ(policy::FormatTime(of_object.last_seen), "2026-03-03T00:00:00Z");
  EXPECT_LE(of_object.first_seen, of_object.last_seen);
}

TEST(MispJson, UnderstandsSightings) {
  const auto seen = OnlyOne(Event(Attribute(
      "domain", "a.example",
      R"(,"Sighting":[{"type":"0","date_sighting":"1773510000"},{"type":0,"date_sighting":1},)"
      R"({"type":"1","date_sighting":"1773520000"},{"type":"2","date_sighting":"1773600000"},)"
      R"({"type":"9"},{},7])")));
  EXPECT_EQ(seen.sightings, 2U);
  EXPECT_EQ(seen.false_positives, 1U);
  EXPECT_EQ(seen.last_seen.time_since_epoch().count(), 1'773'510'000);
  EXPECT_EQ(seen.valid_until->time_since_epoch().count(), 1'773'600'000);
}

TEST(MispJson, DropsWhatIsAboveTheTlpAllowed) {
  const std::string own = Attribute("domain", "a.example", Tagged("tlp:green"));
  EXPECT_NE(OnlyOne(Event(own)).tags.find("tlp:green"), std::string::npos);
  OnlyOne(Event(own, Tagged("tlp:amber")));
  for (const char* const tag : {"tlp:red", "TLP:RED", "tlp:amber+strict", "TLP:AMBER+STRICT"}) {
    EXPECT_EQ(PassedOver(Event(own, Tagged(tag))), "TLP above tlp_max") << tag;
    EXPECT_EQ(PassedOver(Event(Attribute("domain", "a.example", Tagged(tag)), Tagged("tlp:white"))),
              "TLP above tlp_max");
  }
  MispFilters strict;
  strict.tlp_max = Tlp::clear;
  EXPECT_EQ(PassedOver(Event(own), strict), "TLP above tlp_max");
  OnlyOne(Event(Attribute("domain", "a.example", Tagged("tlp:white"))), strict);
  MispFilters red;
  red.tlp_max = Tlp::red;
  OnlyOne(Event(own, Tagged("tlp:red")), red);
}

TEST(MispJson, FiltersByTags) {
  const std::string text = Event(Attribute("domain", "a.example", Tagged("ours:approved")),
                                 Tagged("osint:source-type=\"blog-post\""));
  MispFilters filters;
  filters.tags = {"OURS:approved", "other"};
  OnlyOne(text, filters);
  filters.exclude_tags = {"osint:source-type%"};
  EXPECT_EQ(PassedOver(text, filters), "excluded tag");
  filters = {};
  filters.tags = {"ours"};
  EXPECT_EQ(PassedOver(text, filters), "none of the tags");
}

TEST(MispJson, TakesConfidenceFromTheAttributeThenFromTheEventThenNone) {
  const std::string event = Tagged("admiralty-scale:source-reliability=\"b\"");
  const auto confidence = [&](const std::string& own, const std::string& of_event) {
    const auto seen = OnlyOne(Event(Attribute("domain", "a.example", own), of_event)).confidence;
    return seen ? seen->percent() : -1;
  };
  EXPECT_EQ(confidence("", ""), -1);
  EXPECT_EQ(confidence("", event), 70);
  EXPECT_EQ(confidence(Tagged("osint:certainty=\"93\""), event), 93);
  EXPECT_EQ(confidence(Tagged("admiralty-scale:information-credibility=\"6\""), ""), -1);
  EXPECT_EQ(confidence(Tagged("estimative-language:likelihood-probability=\"likely\""), event), 67);
  EXPECT_EQ(confidence(",\"Tag\":[" + Tag("admiralty-scale:source-reliability=\"a\"") + "," +
                           Tag("admiralty-scale:information-credibility=\"4\"") + "]",
                       event),
            30);
  EXPECT_EQ(confidence(Tagged("osint:certainty=\"93\"") +
                           R"(,"decay_score":[{"score":41.9,"decayed":false},{"score":80}])",
                       event),
            41);
}

TEST(MispJson, LeavesOutWhatHasDecayed) {
  EXPECT_EQ(PassedOver(Event(Attribute("domain", "a.example",
                                       R"(,"decay_score":[{"score":3.5,"decayed":true}])"))),
            "decayed");
}

TEST(MispJson, NamesTheMalwareAndTheThreat) {
  const auto seen =
      OnlyOne(Event(Attribute("domain", "a.example", Tagged("kill-chain:Command and Control")),
                    ",\"Tag\":[" + Tag("misp-galaxy:threat-actor=\"Sofacy\"") + "," +
                        Tag("misp-galaxy:mitre-malware=\"Zebrocy - S0251\"") + "," +
                        Tag("misp-galaxy:malpedia=\"Other\"") + "]"));
  EXPECT_EQ(seen.malware, "Zebrocy");
  EXPECT_EQ(seen.threat, ThreatType::c2);
  EXPECT_EQ(OnlyOne(Event(Attribute("domain", "a.example"))).threat, ThreatType::unknown);
  EXPECT_EQ(OnlyOne(R"([{"type":"url","to_ids":1,"value":"http://a.example/x",)"
                    R"("category":"Payload delivery"}])")
                .threat,
            ThreatType::malware_download);
}

TEST(MispJson, NamesTheCampaignOrElseTheEvent) {
  const auto campaign = [](const std::string& own, const std::string& of_event) {
    return OnlyOne(Event(Attribute("domain", "a.example", own), of_event)).campaign;
  };
  const std::string ghost = Tagged("misp-galaxy:mitre-campaign=\"Operation Ghost - C0023\"");
  EXPECT_EQ(campaign("", ghost), "Operation Ghost");
  EXPECT_EQ(campaign(Tagged("misp-galaxy:campaigns=\"Dust\""), ghost), "Dust");
  EXPECT_EQ(campaign("", ""), "x") << "its event's info";
  const auto titled = [](const std::string& title) {
    return OnlyOne(R"({"Event":{"uuid":"5abf6421-c1b8-477b-a9d2-9c0902de0b81","info":")" + title +
                   R"(","Attribute":[)" + Attribute("domain", "a.example") + "]}}")
        .campaign;
  };
  EXPECT_EQ(titled(R"( OSINT -\t\"Dust\" )"), "OSINT - 'Dust'") << "a filter can say it";
  EXPECT_EQ(titled(std::string(127, 'a') + "関所"), std::string(127, 'a'));
  EXPECT_EQ(OnlyOne(R"([{"type":"domain","to_ids":1,"value":"a.example"}])").campaign, "");
}

TEST(MispJson, ShowsWarninglistHitsOrDropsThem) {
  const std::string text = Event(Attribute(
      "domain", "a.example",
      R"(,"warnings":[{"warninglist_name":"Top 10K","warninglist_category":"false_positive"},)"
      R"({"warninglist_name":"VPN","warninglist_category":"known"}])"));
  EXPECT_EQ(OnlyOne(text).tags, "warninglist:Top 10K");
  MispFilters filters;
  filters.enforce_warninglist = true;
  EXPECT_EQ(PassedOver(text, filters), "on a warninglist");
}

TEST(MispJson, CapsTheTags) {
  std::string tags;
  for (int i = 0; i < 100; ++i) {
    tags += (i == 0 ? "" : ",") + Tag("tag:" + std::to_string(i) + std::string(30, 'x'));
  }
  const auto seen = OnlyOne(Event(Attribute("domain", "a.example"), ",\"Tag\":[" + tags + "]"));
  EXPECT_GT(seen.tags.size(), 900U);
  EXPECT_LE(seen.tags.size(), 1024U);
}

TEST(MispJson, StopsAtTheRowsAllowed) {
  std::string attributes = Attribute("domain", "a.example");
  for (int i = 0; i < 20; ++i) attributes += "," + Attribute("domain", "a.example");
  const auto snapshot = ParseMispFile(Event(attributes), fetched_at, 20, {});
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code, ErrorCode::exhausted);
}

TEST(MispTags, MatchWithWildcards) {
  const std::vector<std::string> patterns{"a:%", "%end", "%mid%", "Exact"};
  for (const char* const tag : {"a:b", "A:", "the end", "in the middle", "exact"}) {
    EXPECT_TRUE(MatchesTag(tag, patterns)) << tag;
  }
  for (const char* const tag : {"b:a:", "ends", "", "exactly"}) {
    EXPECT_FALSE(MatchesTag(tag, patterns)) << tag;
  }
}

TEST(MispTags, AreReadEvenIfTheyAreOdd) {
  for (const char* const tag : {"", ":", "=", ":=", "a:b=\"", "tlp:", "tlp:purple",
                                "osint:certainty=", "osint:certainty=\"101\"",
                                "osint:certainty=\"-1\"", "misp-galaxy:tool=\"\""}) {
    const std::vector<std::string> tags{tag};
    const TagFindings found = ReadTags(tags);
    EXPECT_FALSE(found.tlp) << tag;
    EXPECT_FALSE(found.confidence) << tag;
    EXPECT_EQ(found.malware, "") << tag;
  }
}

TEST(MispSettings, AreReadFromTheSourcesOwnKeys) {
  const auto document = config::Document::Parse(
      "tags: [a]\nexclude_tags: [b]\nto_ids: false\nip_src: true\nresolved_addresses: true\n"
      "enforce_warninglist: true\ntlp_max: amber+strict\n",
      "test.yaml");
  ASSERT_TRUE(document);
  const MispFilters filters = ReadMispFilters(document->root());
  ASSERT_TRUE(document->Finish());
  EXPECT_EQ(filters.tags, Lines{"a"});
  EXPECT_EQ(filters.exclude_tags, Lines{"b"});
  EXPECT_FALSE(filters.to_ids);
  EXPECT_TRUE(filters.ip_src && filters.resolved_addresses && filters.enforce_warninglist);
  EXPECT_EQ(filters.tlp_max, Tlp::amber_strict);
}

}  // namespace
}  // namespace agent::feeds
