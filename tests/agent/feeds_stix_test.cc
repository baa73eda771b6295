#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "agent/feeds/acceptance.h"
#include "agent/feeds/registry.h"
#include "agent/feeds/stix_bundle.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::ThreatType;
using Counts = std::map<std::string, std::uint64_t>;
using Lines = std::vector<std::string>;

constexpr const char* amber = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";
constexpr const char* red_of_tlp2 = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";

// An indicator with the members that a case adds.
std::string Indicator(const std::string& id, const std::string& pattern,
                      const std::string& more = "") {
  return R"({"type":"indicator","id":"indicator--)" + id +
         R"(","created":"2026-03-01T00:00:00Z",)" +
         R"("modified":"2026-03-02T00:00:00.000Z","valid_from":"2026-03-01T12:00:00Z",)" +
         R"("pattern":")" + pattern + "\"" + (more.empty() ? "" : "," + more) + "}";
}

std::string DomainOf(const std::string& name) {
  return "[domain-name:value = '" + name + "']";
}

std::string Bundle(const Lines& objects) {
  std::string text = R"({"type":"bundle","id":"bundle--1","objects":[)";
  for (std::size_t i = 0; i < objects.size(); ++i) text += (i == 0 ? "" : ",\n") + objects[i];
  return text + "]}";
}

policy::Result<FeedSnapshot> Parse(const std::string& text, const StixOptions& options = {},
                                   std::size_t rows_max = 1000) {
  return ParseStix(text, options, rows_max);
}

Lines LinesOf(const FeedSnapshot& snapshot) {
  Lines lines;
  for (const auto& seen : snapshot.observations) lines.push_back(policy::LineOf(seen.indicator));
  return lines;
}

TEST(Stix, ReadsAllThatAnIndicatorSays) {
  const auto snapshot = Parse(Bundle({Indicator(
      "1", DomainOf("a.example"),
      R"("valid_until":"2026-04-01T00:00:00Z","confidence":80,"indicator_types":["malicious-activity"],)"
      R"("kill_chain_phases":[{"kill_chain_name":"lockheed-martin-cyber-kill-chain",)"
      R"("phase_name":"command-and-control"}],"external_references":[{"source_name":"x"},)"
      R"({"url":"javascript:x"},{"url":"https://blog.example/1"}])")}));
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  ASSERT_EQ(snapshot->observations.size(), 1U);
  const policy::Observation& seen = snapshot->observations[0];
  EXPECT_EQ(policy::LineOf(seen.indicator), "domain a.example");
  EXPECT_EQ(policy::FormatTime(seen.first_seen), "2026-03-01T00:00:00Z");
  EXPECT_EQ(policy::FormatTime(seen.last_seen), "2026-03-02T00:00:00Z");
  EXPECT_EQ(policy::FormatTime(seen.valid_until.value()), "2026-04-01T00:00:00Z");
  EXPECT_EQ(seen.confidence.value().percent(), 80);
  EXPECT_EQ(seen.threat, ThreatType::c2);
  EXPECT_EQ(seen.tags, "malicious-activity");
  EXPECT_EQ(seen.reference, "https://blog.example/1");
}

TEST(Stix, TakesBundlesEnvelopesListsAndSingleObjects) {
  const std::string object = Indicator("1", DomainOf("a.example"));
  for (const std::string& text :
       {Bundle({object}), R"({"more":false,"objects":[)" + object + "]}", "[" + object + "]",
        object,
        // STIX 2.0's bundles name the version, and may name it after the objects.
        R"({"objects":[)" + object +
            R"(],"spec_version":"2.0","type":"bundle","id":"bundle--1"})"}) {
    const auto snapshot = Parse(text);
    ASSERT_TRUE(snapshot) << snapshot.error().detail;
    EXPECT_EQ(LinesOf(*snapshot), Lines{"domain a.example"}) << text;
  }
}

TEST(Stix, RefusesWhatIsNoStix) {
  for (const std::string& text :
       {std::string("<html>"), std::string("x"), std::string("7"), std::string("{\"a\":1}"),
        std::string(R"({"objects":{"type":"indicator"}})"),
        Bundle({Indicator("1", "[a")}).substr(9), Bundle({}).substr(0, 30),
        std::string(200'000, '['), "[" + std::string(100, '[')}) {
    const auto snapshot = Parse(text);
    ASSERT_FALSE(snapshot) << text.substr(0, 60);
    EXPECT_EQ(snapshot.error().code, ErrorCode::malformed_input);
  }
}

TEST(Stix, CountsTheNewestVersionOfAnObjectOnly) {
  const std::string newer =
      R"({"type":"indicator","id":"indicator--1","modified":"2026-03-02T00:00:00.001Z",)"
      R"("valid_from":"2026-03-01T00:00:00Z","pattern":"[domain-name:value = 'new.example']"})";
  const std::string older = Indicator("1", DomainOf("old.example"));
  for (const Lines& order : {Lines{older, newer}, Lines{newer, older}}) {
    const auto snapshot = Parse(Bundle(order));
    ASSERT_TRUE(snapshot) << snapshot.error().detail;
    EXPECT_EQ(LinesOf(*snapshot), Lines{"domain new.example"});
    EXPECT_EQ(snapshot->passed_over_by_reason, (Counts{{"older versions", 1}}));
  }
}

TEST(Stix, WithdrawsWhatIsRevokedOrBenign) {
  const auto snapshot =
      Parse(Bundle({Indicator("1", DomainOf("a.example")),
                    Indicator("2", DomainOf("b.example"), R"("revoked":true)"),
                    Indicator("3", DomainOf("c.example"), R"("indicator_types":["benign"])")}));
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(LinesOf(*snapshot), Lines{"domain a.example"});
  EXPECT_EQ(snapshot->context, (Counts{{"revoked", 1}, {"benign", 1}}));
}

// Else a feed whose newest word is a withdrawal would be refused as older than the one before.
TEST(Stix, IsAsNewAsItsNewestWithdrawal) {
  const auto snapshot = Parse(Bundle({Indicator("1", DomainOf("b.example"), R"("revoked":true)")}));
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  const ContentSummary summary =
      Summarise(*snapshot, true, *policy::ParseTime("2026-03-03T00:00:00Z"));
  EXPECT_EQ(summary.rows, 1U);
  EXPECT_EQ(policy::FormatTime(summary.newest_seen.value()), "2026-03-02T00:00:00Z");
}

TEST(Stix, NamesTheMalwareThatAnIndicatorIndicates) {
  const std::string relation =
      R"({"type":"relationship","id":"relationship--1","relationship_type":"indicates",)"
      R"("source_ref":"indicator--1","target_ref":"malware--1"})";
  const std::string other =
      R"({"type":"relationship","id":"relationship--2","relationship_type":"indicates",)"
      R"("source_ref":"indicator--1","target_ref":"malware--2"})";
  const std::string revoked =
      R"({"type":"relationship","id":"relationship--3","relationship_type":"indicates",)"
      R"("source_ref":"indicator--1","target_ref":"malware--3","revoked":true})";
  const auto malware = [](const std::string& id, const std::string& name) {
    return R"({"type":"malware","id":"malware--)" + id + R"(","name":")" + name + "\"}";
  };
  const auto snapshot =
      Parse(Bundle({other, relation, revoked, Indicator("1", DomainOf("a.example")),
                    malware("1", "Danabot"), malware("2", "AZOrult"), malware("3", "Nothing")}));
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.at(0).malware, "AZOrult, Danabot");
}

TEST(Stix, NamesTheCampaignAndTheIntrusionSetThatAnIndicatorIndicates) {
  const auto indicates = [](const std::string& n, const std::string& target) {
    return R"({"type":"relationship","id":"relationship--)" + n +
           R"(","relationship_type":"indicates","source_ref":"indicator--1","target_ref":")" +
           target + "\"}";
  };
  const auto snapshot =
      Parse(Bundle({indicates("1", "intrusion-set--1"), indicates("2", "campaign--1"),
                    indicates("3", "campaign--2"), Indicator("1", DomainOf("a.example")),
                    R"({"type":"campaign","id":"campaign--1","name":"Dust"})",
                    R"({"type":"campaign","id":"campaign--2","name":"Over","revoked":true})",
                    R"({"type":"intrusion-set","id":"intrusion-set--1","name":"Group 1"})"}));
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.at(0).campaign, "Dust, Group 1");
  EXPECT_EQ(snapshot->observations.at(0).malware, "");
}

TEST(Stix, CountsSightingsOfAnIndicator) {
  const std::string twice =
      R"({"type":"sighting","id":"sighting--1","sighting_of_ref":"indicator--1","count":2})";
  const std::string once =
      R"({"type":"sighting","id":"sighting--2","sighting_of_ref":"indicator--1"})";
  const auto snapshot = Parse(Bundle({twice, once, Indicator("1", DomainOf("a.example"))}));
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.at(0).sightings, 3U);
}

std::string Marked(const std::string& id) {
  return R"("object_marking_refs":[")" + id + R"("])";
}

TEST(Stix, TakesWhatIsNotMarkedAboveTheLimit) {
  const Lines objects{
      Indicator("1", DomainOf("none.example")),
      Indicator("2", DomainOf("amber.example"), Marked(amber)),
      Indicator("3", DomainOf("red.example"), Marked(red_of_tlp2)),
      Indicator("4", DomainOf("label.example"), R"("labels":["tlp:amber+strict","x"])"),
      Indicator("5", DomainOf("granular.example"),
                R"("granular_markings":[{"marking_ref":")" + std::string(red_of_tlp2) +
                    R"(","selectors":["pattern"]}])"),
      Indicator("6", DomainOf("own.example"), Marked("marking-definition--own")),
      // Defined after its use, by name alone.
      R"({"type":"marking-definition","id":"marking-definition--own","name":"TLP:GREEN"})",
  };
  const auto by_default = Parse(Bundle(objects));
  ASSERT_TRUE(by_default) << by_default.error().detail;
  EXPECT_EQ(LinesOf(*by_default),
            (Lines{"domain amber.example", "domain none.example", "domain own.example"}));
  EXPECT_EQ(by_default->passed_over_by_reason, (Counts{{"TLP above tlp_max", 3}}));
  EXPECT_EQ(by_default->observations.at(0).tags, "tlp:amber");
  EXPECT_EQ(by_default->observations.at(2).tags, "tlp:green");
  const auto all = Parse(Bundle(objects), {.tlp_max = Tlp::red});
  ASSERT_TRUE(all) << all.error().detail;
  EXPECT_EQ(all->observations.size(), 6U);
  EXPECT_EQ(all->observations.at(2).tags, "tlp:amber+strict,x");
}

TEST(Stix, CountsWhatItCantTakeByReason) {
  const auto snapshot = Parse(Bundle({
      Indicator("1", DomainOf("a.example")),
      Indicator("2", "[file:hashes.MD5 = 'x']"),
      Indicator("3", "alert http any any -> any any", R"("pattern_type":"snort")"),
      Indicator("4", "[domain-name:value = "),
      Indicator("5", DomainOf("no name")),
      R"({"type":"indicator","id":"indicator--6","pattern":"[domain-name:value='t.example']"})",
      R"({"type":"indicator","id":"indicator--7","valid_from":"2026-03-01T00:00:00Z"})",
      Indicator("8", DomainOf("u.example"), R"("valid_until":"never")"),
      Indicator("9", DomainOf("b.example")),
      Indicator("10", DomainOf("c.example")),
      Indicator("11", DomainOf("d.example")),
      R"({"type":"observed-data","id":"observed-data--1","objects":{}})",
      R"({"type":"domain-name","id":"domain-name--1","value":"context.example"})",
  }));
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->rows_total, 11U);
  EXPECT_EQ(snapshot->observations.size(), 4U);
  EXPECT_EQ(snapshot->context, (Counts{{"file hashes", 1}, {"patterns of another language", 1}}));
  EXPECT_EQ(snapshot->rejected_by_reason,
            (Counts{{"pattern", 1}, {"value", 1}, {"time", 2}, {"no pattern", 1}}));
  EXPECT_EQ(snapshot->rejected.at(0).line, 4U);
  EXPECT_EQ(snapshot->rejected.at(0).reason,
            "pattern: at column 22: the pattern ends instead of a value (texts in quotes)");
}

TEST(Stix, StopsAtItsRows) {
  const auto snapshot = Parse(
      Bundle({Indicator("1", "[domain-name:value IN ('a.example', 'b.example', 'c.example')]"),
              Indicator("2", DomainOf("d.example"))}),
      {}, 3);
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code, ErrorCode::exhausted);
}

TEST(Stix, ReadsItsKeysFromTheFeedsConfiguration) {
  const auto document = config::Document::Parse("tlp_max: clear\ndrop_ports: true\n", "f.yaml");
  ASSERT_TRUE(document);
  const StixOptions options = ReadStixOptions(document->root());
  EXPECT_TRUE(document->Finish());
  EXPECT_EQ(options.tlp_max, Tlp::clear);
  EXPECT_EQ(options.ports, StixPorts::drop);
  const auto format = FindFeedFormat("stix", document->root());
  ASSERT_TRUE(format);
  const auto parsed = format->parse(Bundle({Indicator("1", DomainOf("a.example"), Marked(amber)),
                                            Indicator("2", DomainOf("b.example"))}),
                                    *policy::ParseTime("2026-03-03T00:00:00Z"), 10);
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(parsed->summary.rows, 1U);
}

TEST(TlpTest, ReadsItsNamesInAnyCase) {
  EXPECT_EQ(ParseTlp("TLP:WHITE"), Tlp::clear);
  EXPECT_EQ(ParseTlp("amber"), Tlp::amber);
  EXPECT_EQ(ParseTlp("tlp:Amber+Strict"), Tlp::amber_strict);
  EXPECT_EQ(ParseTlp("tlp:"), std::nullopt);
  EXPECT_EQ(ParseTlp("pap:red"), std::nullopt);
  for (const Tlp tlp : {Tlp::clear, Tlp::green, Tlp::amber, Tlp::amber_strict, Tlp::red}) {
    EXPECT_EQ(ParseTlp(TagOf(tlp)), tlp);
  }
}

}  // namespace
}  // namespace agent::feeds
