// STIX as it was published, and OASIS's own patterns. Counts were taken with Python as well.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "agent/feeds/stix_bundle.h"
#include "agent/feeds/stix_pattern.h"
#include "tests/policy/real_data.h"

namespace agent::feeds {
namespace {

using Counts = std::map<std::string, std::uint64_t>;
using Lines = std::vector<std::string>;

// What became of a file's rows: "domain", "ip" and "url" of indicators, the reasons of the others.
Counts OutcomesOf(const FeedSnapshot& snapshot) {
  Counts counts = snapshot.context;
  for (const auto& seen : snapshot.observations) {
    ++counts[std::string(Name(policy::KindOf(seen.indicator)))];
  }
  for (const auto& [reason, count] : snapshot.rejected_by_reason) counts["!" + reason] += count;
  if (snapshot.passed_over > 0) counts["older versions"] = snapshot.passed_over;
  return counts;
}

Counts OutcomesOf(const std::string& text) {
  const auto snapshot = ParseStix(text, {}, 1'000'000);
  if (!snapshot) return {{snapshot.error().detail, 0}};
  return OutcomesOf(*snapshot);
}

// Python's string literals in `source`, those without a comma between them joined, as Python does.
Lines PythonStrings(std::string_view source) {
  Lines strings;
  bool joins = false;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '#') {
      i = std::min(source.find('\n', i), source.size() - 1);
    } else if (source[i] == '"') {
      const bool raw = i > 0 && source[i - 1] == 'r';
      std::string text;
      for (++i; source[i] != '"'; ++i) {
        if (source[i] == '\\' && !raw) ++i;
        text += source[i];
      }
      if (joins) {
        strings.back() += text;
      } else {
        strings.push_back(text);
      }
      joins = true;
    } else if (std::string_view("ru \n").find(source[i]) == std::string_view::npos) {
      joins = false;
    }
  }
  return strings;
}

// The list `name = [` ... `]` of a Python file.
std::string_view ListIn(std::string_view source, std::string_view name) {
  const std::size_t begin = source.find("\n" + std::string(name) + " = [");
  return source.substr(begin, source.find("\n]", begin) - begin);
}

Lines PatternsIn(std::string_view source) {
  Lines patterns;
  for (const std::string& text : PythonStrings(source)) {
    if (text.starts_with('[') || text.starts_with('(')) patterns.push_back(text);
  }
  return patterns;
}

void ExpectAllParse(const Lines& patterns, StixVersion version) {
  for (const std::string& pattern : patterns) {
    const auto parsed = ParseStixPattern(pattern, version);
    EXPECT_TRUE(parsed) << pattern << ": " << parsed.error().detail;
  }
}

TEST(RealStixPatterns, OfTheSpecificationsAllParse) {
  for (const auto& [file, version, count] :
       {std::tuple("stix/patterns/v20_spec_examples.txt", StixVersion::v20, 24U),
        std::tuple("stix/patterns/v21_spec_examples.txt", StixVersion::v21, 23U)}) {
    SEKISHO_REAL_DATA_OR_SKIP(text, file);
    std::istringstream lines(text);
    Lines patterns;
    for (std::string line; std::getline(lines, line);) patterns.push_back(line);
    EXPECT_EQ(patterns.size(), count);
    ExpectAllParse(patterns, version);
  }
}

TEST(RealStixPatterns, OfTheInspectorsTestsAllParse) {
  for (const auto& [file, version, count] :
       {std::tuple("stix/patterns/v20_test_inspector.py.txt", StixVersion::v20, 20U),
        std::tuple("stix/patterns/v21_test_inspector.py.txt", StixVersion::v21, 19U)}) {
    SEKISHO_REAL_DATA_OR_SKIP(source, file);
    const Lines patterns = PatternsIn(source);
    EXPECT_EQ(patterns.size(), count);
    ExpectAllParse(patterns, version);
  }
}

TEST(RealStixPatterns, OfTheValidatorsTestsPassOrFailAsItSays) {
  SEKISHO_REAL_DATA_OR_SKIP(source, "stix/patterns/test_validator_v21.py.txt");
  const Lines good = PatternsIn(ListIn(source, "PASS_CASES"));
  EXPECT_EQ(good.size(), 26U);
  ExpectAllParse(good, StixVersion::v21);
  const Lines good_times = PatternsIn(ListIn(source, "TIMESTAMP_PASS_CASES"));
  EXPECT_EQ(good_times.size(), 11U);
  ExpectAllParse(good_times, StixVersion::v21);
  // Pairs of a pattern and what the validator says.
  Lines bad = PythonStrings(ListIn(source, "FAIL_CASES"));
  const Lines bad_times = PythonStrings(ListIn(source, "TIMESTAMP_FAIL_CASES"));
  EXPECT_EQ(bad.size(), 2 * 17U);
  EXPECT_EQ(bad_times.size(), 2 * 10U);
  bad.insert(bad.end(), bad_times.begin(), bad_times.end());
  for (std::size_t i = 0; i < bad.size(); i += 2) {
    const auto parsed = ParseStixPattern(bad[i], StixVersion::v21);
    // It also looks at the length of a hash, which is no matter of grammar.
    const bool is_hash = bad[i + 1].find("is not a valid SHA-256 hash") != std::string::npos;
    EXPECT_EQ(parsed.has_value(), is_hash) << bad[i];
    if (!parsed) {
      EXPECT_NE(parsed.error().detail.find("at column "), std::string::npos) << bad[i];
    }
  }
}

// Values refused are URLs as tcp://..., file://... and such without a scheme, a path and a file's
// name as domains. In the bundle on browser extensions two indicators share an id and a
// time, so that one hides the other: "older versions".
TEST(RealStix, BundlesOfUnit42) {
  const std::map<std::string, Counts> expected{
      {"2024-01-31-AZOrult", {{"file hashes", 12}, {"ip", 1}, {"url", 6}}},
      {"2024-02-14-Danabot", {{"!value", 3}, {"file hashes", 3}, {"ip", 3}, {"url", 5}}},
      {"2024-02-21-AsyncRAT", {{"domain", 5}, {"file hashes", 3}, {"ip", 5}, {"url", 6}}},
      {"2024-02-27-Akira-Ransomware", {{"file hashes", 18}}},
      {"2024-03-04-GootLoader", {{"url", 1}}},
      {"2024-03-07-Latrodectus-with-Lumma-Stealer",
       {{"domain", 5}, {"file hashes", 7}, {"ip", 1}, {"url", 8}}},
      {"2024-03-14-AsyncRAT-and-XWorm",
       {{"!value", 9}, {"domain", 1}, {"file hashes", 14}, {"url", 4}}},
      {"2024-03-24-thru-26-FortiClient-EMS-exploitation",
       {{"!value", 2}, {"domain", 1}, {"file hashes", 3}, {"url", 4}}},
      {"2024-03-26-Matanbuchus-with-Danabot",
       {{"domain", 6}, {"file hashes", 7}, {"ip", 1}, {"url", 8}}},
      {"2024-04-04-Koi-Loader-Stealer", {{"file hashes", 13}, {"url", 10}}},
      {"2024-04-15-Contact-Forms-SSLoad-activity", {{"file hashes", 4}, {"url", 10}}},
      {"2024-04-18-SSLoad-with-CobaltStrike", {{"file hashes", 3}, {"ip", 1}, {"url", 2}}},
      {"2024-05-14-DarkGate", {{"domain", 1}, {"file hashes", 16}, {"url", 4}}},
      {"2024-06-12-KoiLoader-KoiStealer", {{"file hashes", 4}, {"ip", 1}, {"url", 19}}},
      {"2024-06-25-Latrodectus",
       {{"domain", 8}, {"file hashes", 20}, {"ip", 1}, {"other observables", 2}, {"url", 3}}},
      {"2024-08-01-cryptocurrency-phishing-scams", {{"domain", 49}}},
      {"2024-08-28-Lumma-Stealer", {{"domain", 2}, {"file hashes", 3}, {"url", 14}}},
      {"2024-09-25-domains-spoofing-Deribit", {{"domain", 14}}},
      {"2024-10-17-cybersquatting-domains-from-new-TLDs", {{"domain", 13}, {"url", 26}}},
      {"2024-Boggy-Serpens-uses-AutodialDLL", {{"domain", 1}, {"file hashes", 1}}},
      {"2025-01-30-phishing-domain-mimicking-DeepSeek", {{"domain", 1}, {"url", 2}}},
      {"2025-03-20-strategically-aged-domains-in-TDS-for-scam-sites", {{"domain", 14}}},
      {"2025-04-23-smishing", {{"domain", 4}, {"url", 4}}},
      {"2025-06-24-01flip-ransomware", {{"file hashes", 2}, {"other observables", 1}}},
      {"2025-08-11-rise-in-AI-summary-browser-extensions", {{"older versions", 1}, {"domain", 1}}},
      {"CodeCov_Breach", {{"file hashes", 1}, {"ip", 1}, {"url", 1}}},
      {"Dharma_TA", {{"file hashes", 50}}},
      {"GandCrab", {{"file hashes", 50}}},
      {"MatrixRansowmare_IOCs", {{"file hashes", 31}}},
      {"REvil_SupplyChain_Attack_Kaseya", {{"file hashes", 3}, {"other observables", 3}}},
      {"bazarloader-network-recon", {{"domain", 2}, {"file hashes", 5}, {"ip", 2}, {"url", 1}}},
      {"domain-parking-emotet-fake-updates",
       {{"!value", 2}, {"domain", 4}, {"file hashes", 2}, {"ip", 2}}},
      {"fireeye-redteam-tools-threat-brief", {{"file hashes", 592}, {"other observables", 1}}},
      {"matanbuchus-loader",
       {{"!value", 4}, {"domain", 39}, {"file hashes", 3}, {"ip", 3}, {"other observables", 4}}},
      {"njrat-active-pastebin-c2-tunnels", {{"file hashes", 29}, {"url", 31}}},
      {"pro-ocean-new-cryptojacking-malware", {{"file hashes", 14}, {"url", 2}}},
      {"qakbotmalware",
       {{"!value", 6}, {"file hashes", 17}, {"ip", 12}, {"other observables", 1}, {"url", 2}}},
      {"test", {{"other observables", 1}, {"url", 1}}},
      {"vatet-pyxie-defray777", {{"domain", 15}, {"file hashes", 142}, {"ip", 6}}},
      {"websvn-vulnerability", {{"file hashes", 12}, {"ip", 1}}},
  };
  for (const auto& [file, counts] : expected) {
    SEKISHO_REAL_DATA_OR_SKIP(text, "stix/unit42/" + file + ".json");
    EXPECT_EQ(OutcomesOf(text), counts) << file;
  }
}

TEST(RealStix, BundlesOfAmnesty) {
  SEKISHO_REAL_DATA_OR_SKIP(cytrox, "stix/amnesty/cytrox.stix2");
  SEKISHO_REAL_DATA_OR_SKIP(pegasus, "stix/amnesty/pegasus.stix2.zst");
  EXPECT_EQ(OutcomesOf(cytrox), (Counts{{"domain", 336}, {"other observables", 7}}));
  EXPECT_EQ(OutcomesOf(pegasus), (Counts{{"domain", 1438}, {"other observables", 111}}));
  const auto snapshot = ParseStix(pegasus, {}, 1'000'000);
  ASSERT_TRUE(snapshot);
  for (const auto& seen : snapshot->observations) EXPECT_EQ(seen.malware, "Pegasus");
}

// All objects of a document of examples, however they are nested in it, as one bundle.
std::string AllObjectsIn(const std::string& text, bool with_ids) {
  nlohmann::json objects = nlohmann::json::array();
  const std::function<void(const nlohmann::json&)> gather = [&](const nlohmann::json& value) {
    if (value.is_object() && value.contains("type") && value.contains("id")) {
      objects.push_back(value);
      // Examples share ids, though they are of different indicators.
      if (!with_ids) objects.back()["id"] = "indicator--" + std::to_string(objects.size());
      return;
    }
    if (!value.is_structured()) return;
    for (const auto& element : value) gather(element);
  };
  gather(nlohmann::json::parse(text));
  return objects.dump();
}

TEST(RealStix, ExamplesOfTheMispConverter) {
  SEKISHO_REAL_DATA_OR_SKIP(objects, "stix/misp-stix-mapping/external_stix21_to_misp_objects.json");
  SEKISHO_REAL_DATA_OR_SKIP(to_stix, "stix/misp-stix-mapping/misp_attributes_to_stix21.json");
  SEKISHO_REAL_DATA_OR_SKIP(to_misp, "stix/misp-stix-mapping/stix21_to_misp_attributes.json");
  EXPECT_EQ(OutcomesOf(AllObjectsIn(objects, false)),
            (Counts{{"several observables together", 13}}));
  EXPECT_EQ(OutcomesOf(AllObjectsIn(to_stix, false)),
            (Counts{{"domain", 1},
                    {"file hashes", 19},
                    {"ip", 1},
                    {"only on a port or protocol", 2},
                    {"other observables", 19},
                    {"patterns of another language", 4},
                    {"several observables together", 25},
                    {"traffic without its destination", 3},
                    {"url", 3}}));
  EXPECT_EQ(OutcomesOf(AllObjectsIn(to_misp, false)),
            (Counts{{"domain", 1},
                    {"file hashes", 38},
                    {"ip", 1},
                    {"only on a port or protocol", 4},
                    {"other observables", 29},
                    {"patterns of another language", 3},
                    {"several observables together", 48},
                    {"traffic without its destination", 3},
                    {"url", 3}}));
}

TEST(RealStix, DefaultDataOfMedallion) {
  SEKISHO_REAL_DATA_OR_SKIP(text, "stix/taxii/medallion_default_data.json");
  EXPECT_EQ(OutcomesOf(AllObjectsIn(text, true)),
            (Counts{{"older versions", 2}, {"file hashes", 1}, {"url", 1}}));
}

}  // namespace
}  // namespace agent::feeds
