#include "config/rules_text.h"

#include <gtest/gtest.h>

namespace config {
namespace {

std::string Again(const std::string& yaml) {
  const auto rules = ParseRules(yaml, "rules");
  EXPECT_TRUE(rules) << rules.error().detail;
  return RulesText(*rules);
}

TEST(RulesTextTest, IsReadAsTheSameRulesAgain) {
  for (const std::string yaml :
       {"policy: {version: \"1\"}\n",
        "policy:\n"
        "  version: \"a \\\"quoted\\\" \\\\ one: # ü\"\n"
        "  confidence_min: 61\n"
        "  false_positive_penalty: 7\n"
        "  lifetime_default: 90s\n"
        "  lifetime_max: 8d\n"
        "  propose_hosts_of_urls: false\n"
        "  ages: {domain: 1d, ip: 2d, url: 3h, c2: {ip: 30d}, phishing: {domain: 1d, url: 2d},\n"
        "         offline: {percent: 20, ip: 1h}, decay: {speed: 0.3, threshold: 30}}\n"
        "  breadth: {ipv4_length_min: 20, ipv6_length_two_approvers: 48}\n"
        "feeds: [{name: misp, source: \"a: b\", reliability: B, default_confidence: 12}]\n"}) {
    const std::string once = Again(yaml);
    EXPECT_EQ(Again(once), once);
  }
}

TEST(RulesTextTest, SaysAllThatRulesAreMadeOf) {
  EXPECT_EQ(Again("policy: {version: \"1\", ages: {c2: {ip: 30d}, decay: {speed: 0.3}}}\n"
                  "feeds: [{name: misp, reliability: B}]\n"),
            "policy:\n"
            "  version: \"1\"\n"
            "  confidence_min: 50\n"
            "  false_positive_penalty: 50\n"
            "  lifetime_default: 1w\n"
            "  lifetime_max: 90d\n"
            "  propose_hosts_of_urls: true\n"
            "  ages:\n"
            "    domain: 30d\n"
            "    ip: 2w\n"
            "    url: 2w\n"
            "    c2: {ip: 30d}\n"
            "    offline: {percent: 50}\n"
            "    decay: {speed: 0.3, threshold: 0}\n"
            "  breadth:\n"
            "    ipv4_length_min: 16\n"
            "    ipv6_length_min: 32\n"
            "    ipv4_length_two_approvers: 24\n"
            "    ipv6_length_two_approvers: 64\n"
            "feeds:\n"
            "  - name: \"misp\"\n"
            "    source: \"misp\"\n"
            "    reliability: 75\n"
            "    default_confidence: 75\n");
}

}  // namespace
}  // namespace config
