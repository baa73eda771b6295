#include <gtest/gtest.h>

#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

constexpr const char* setting =
    "now: 2026-03-15T12:00:00Z\n"                                                           // 1
    "public_suffix_list: psl.dat\n"                                                         // 2
    "documentation_is_special: false\n"                                                     // 3
    "policy: {version: \"1\", ages: {c2: {ip: 60d}}}\n"                                     // 4
    "feeds:\n"                                                                              // 5
    "  - {name: urlhaus, reliability: B, default_confidence: 90}\n"                         // 6
    "  - {name: ids, role: detections, reliability: A}\n"                                   // 7
    "allowlists: [{name: top, category: hosting, effect: url-only, entries: [big.com]}]\n"  // 8
    "cases:\n";                                                                             // 9

class PolicyTestCommand : public CliTest {
 protected:
  Outcome Try(const std::string& cases) {
    WriteFile("psl.dat", "// ===BEGIN ICANN DOMAINS===\ncom\n// ===END ICANN DOMAINS===\n");
    WriteFile("cases.yaml", setting + cases);
    environment_.erase("SEKISHO_AGENT");
    Outcome outcome = RunWords({"policy", "test", folder_ / "cases.yaml"});
    const std::string front = folder_.path().string() + "/";
    for (std::string* text : {&outcome.out, &outcome.err}) {
      for (auto at = text->find(front); at != text->npos; at = text->find(front)) {
        text->erase(at, front.size());
      }
    }
    return outcome;
  }
};

TEST_F(PolicyTestCommand, PassesWhereEveryCaseIsAsExpected) {
  const Outcome outcome =
      Try("  - {indicator: evil.com, evidence: [{feed: urlhaus, age: 2h}], expect: proposed,\n"
          "     reason: confident, targets: [domain evil.com]}\n"
          "  - {indicator: evil.com, evidence: [{feed: urlhaus, age: 31d}], expect: dropped,\n"
          "     reason: stale}\n"
          "  - {indicator: evil.com, evidence: [{feed: ids, age: 2h}], expect: dropped,\n"
          "     reason: detections-only}\n"
          "  - {indicator: 192.0.2.1, evidence: [{feed: urlhaus, age: 31d, threat: c2}],\n"
          "     expect: proposed}\n"
          "  - {indicator: \"hxxps://big[.]com/x\", evidence: [{feed: urlhaus, age: 2h}],\n"
          "     expect: proposed, reason: url-on-shared-host}\n"
          "  - {indicator: evil.com, refused_as_false_positive: 1, evidence: [{feed: urlhaus, age: "
          "2h}],\n"
          "     expect: dropped, reason: low-confidence}\n");
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.err, "6 cases passed\n");
}

TEST_F(PolicyTestCommand, NamesEachFailureByItsLine) {
  const Outcome outcome =
      Try("  - {indicator: evil.com, evidence: [{feed: urlhaus, age: 2h}], expect: proposed}\n"
          "  - {indicator: big.com, evidence: [{feed: urlhaus, age: 2h}], expect: proposed}\n"
          "  - {indicator: evil.com, evidence: [], expect: dropped, reason: allowlisted}\n");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(
      outcome.out,
      "cases.yaml:11:5: big.com: expected proposed, got dropped; allowlisted: It is big.com on "
      "the allowlist top (hosting), of which only single URLs may be blocked.\n"
      "cases.yaml:12:5: evil.com: expected the reason allowlisted, got dropped; stale: No feed "
      "says anything of it now.\n");
  EXPECT_EQ(outcome.err, "2 of 3 cases failed\n");
}

TEST_F(PolicyTestCommand, RefusesAFileThatItCanNotRead) {
  const Outcome outcome =
      Try("  - {indicator: evil.com, evidence: [{feed: nobody, age: 2h}], expect: proposed}\n");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("cases.yaml:10:45: there is no feed \"nobody\""), std::string::npos)
      << outcome.err;
  EXPECT_EQ(Run("policy test nowhere.yaml").code, 2);
}

TEST_F(PolicyTestCommand, SimulateTellsMistakesUnderTheFilesOwnName) {
  WriteFile("new.yaml", "policy: {version: \"2\", confidence_min: 500}\n");
  const Outcome outcome = RunWords({"policy", "simulate", folder_ / "new.yaml"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("new.yaml:1:40:"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace cli::testing
