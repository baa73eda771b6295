// Suricata rules and response policy zones as sources.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/feeds/rpz_zone.h"
#include "agent/feeds/suricata_rule.h"
#include "agent/feeds/suricata_rules.h"
#include "tests/agent/feeds_outcome.h"

namespace agent::feeds {
namespace {

using Lines = std::vector<std::string>;

constexpr policy::TimePoint fetched_at{std::chrono::seconds(1'773'576'000)};

Lines LinesOf(const policy::Result<FeedSnapshot>& snapshot) {
  if (!snapshot) return {"refused: " + snapshot.error().detail};
  Lines lines;
  for (const policy::Observation& observation : snapshot->observations) {
    lines.push_back(policy::LineOf(observation.indicator));
  }
  return lines;
}

policy::Result<FeedSnapshot> Rules(const std::string& text, bool unanchored = false) {
  return ParseSuricataRules(text, fetched_at, 1000, {unanchored});
}

// A rule of `options`, with the rest that every rule has.
std::string Rule(const std::string& options, const std::string& header = "dns any any -> any any") {
  return "alert " + header + " (msg:\"x \\; y\"; " + options + " sid:1; rev:1;)\n";
}

TEST(SuricataRules, UndoTheEscapesOfAContent) {
  const auto content = ParseSuricataContent(R"(!"a\;b\"c\\|41 7c|d")");
  ASSERT_TRUE(content);
  EXPECT_TRUE(content->negated);
  EXPECT_EQ(content->bytes, "a;b\"c\\A|d");
  for (const char* broken : {"a", "\"", "\"|4\"", "\"|4g|\"", "\"|4|\""}) {
    EXPECT_FALSE(ParseSuricataContent(broken)) << broken;
  }
}

TEST(SuricataRules, TakeANameThatIsTiedToBothEnds) {
  for (const char* options :
       {"dns.query; content:\"evil.example\"; nocase; bsize:12;",
        "dns.query; bsize:12; content:\"evil.example\";",
        "dns_query; content:\"evil.example\"; depth:12; endswith; fast_pattern;",
        "tls.sni; content:\"evil.example\"; startswith; endswith;",
        "tls_sni; content:\"evil.example\"; depth:12; isdataat:!1, relative;",
        "http.method; content:\"GET\"; http.host; content:\"evil.example\"; bsize:12;",
        "content:\"evil.example\"; http_host; startswith; endswith;",
        "dns.query; dotprefix; content:\".evil.example\"; nocase; endswith;",
        "dns.query; content:\".evil.example\"; endswith;"}) {
    EXPECT_EQ(LinesOf(Rules(Rule(options))), Lines{"domain evil.example"}) << options;
  }
}

TEST(SuricataRules, TakeAPartOfANameOnlyIfAskedTo) {
  for (const char* options :
       {"dns.query; content:\"evil.example\";", "dns.query; content:\"evil.example\"; endswith;",
        "tls.sni; bsize:32; content:\"evil.example\";"}) {
    EXPECT_EQ(OutcomeOf(Rules(Rule(options))), "| content that need not be the whole name 1");
    EXPECT_EQ(LinesOf(Rules(Rule(options), true)), Lines{"domain evil.example"}) << options;
  }
  EXPECT_EQ(OutcomeOf(Rules(Rule("dns.query; content:\"evil\"; bsize:4;"))),
            "| content that is no whole name or address 1");
}

TEST(SuricataRules, TakeAUrlOfHostAndPath) {
  const std::string options =
      "http.uri; content:\"/gate.php?x=1\"; bsize:13; http.host; content:\"evil.example\"; "
      "bsize:12;";
  EXPECT_EQ(LinesOf(Rules(Rule(options, "http any any -> any any"))),
            Lines{"url http://evil.example/gate.php?x=1"});
  EXPECT_EQ(LinesOf(Rules(Rule(options, "http any any -> any 8080"))),
            Lines{"url http://evil.example:8080/gate.php?x=1"});
  EXPECT_EQ(OutcomeOf(Rules(Rule("http.uri; content:\"/x\"; endswith; http.host; "
                                 "content:\"evil.example\"; bsize:12;"))),
            "| content that need not be the whole URL 1");
}

TEST(SuricataRules, TakeEachAddressOfAList) {
  const std::string options =
      "threshold: type limit, track by_src, seconds 3600, count 1; "
      "flowbits:set,ET.Evil;";
  EXPECT_EQ(LinesOf(Rules(Rule(options, "ip [192.0.2.1, 198.51.100.0/24] any -> $HOME_NET any"))),
            (Lines{"ip 192.0.2.1/32", "ip 198.51.100.0/24"}));
  EXPECT_EQ(LinesOf(Rules(Rule(options, "ip $HOME_NET any -> 192.0.2.1 443"))),
            Lines{"ip 192.0.2.1/32"});
  EXPECT_EQ(OutcomeOf(Rules(Rule(options, "ip [192.0.2.0/24,!192.0.2.1] any -> any any"))),
            "| addresses that are not a plain list 1");
  EXPECT_EQ(OutcomeOf(Rules(Rule(options, "ip 192.0.2.1 any -> 192.0.2.2 any"))),
            "| addresses on both sides 1");
  EXPECT_EQ(OutcomeOf(Rules(Rule("", "tcp any any -> any 4444"))), "| no name, URL or address 1");
}

TEST(SuricataRules, PassOverWhatAListCannotSay) {
  const std::string name = "dns.query; content:\"evil.example\"; bsize:12; ";
  EXPECT_EQ(OutcomeOf(Rules(Rule(name + "pcre:\"/x;y/\";"))),
            "| condition that no list can hold (pcre) 1");
  EXPECT_EQ(OutcomeOf(Rules(Rule(name + "flowbits:isset,x;"))),
            "| condition that no list can hold (flowbits) 1");
  EXPECT_EQ(OutcomeOf(Rules(Rule(name + "made_up:1;"))), "| condition that no list can hold 1");
  EXPECT_EQ(OutcomeOf(Rules(Rule(name + "content:!\"good\";"))), "| negated content 1");
  EXPECT_EQ(OutcomeOf(Rules(Rule(name + "http.user_agent; content:\"x\";"))),
            "| condition that no list can hold 1");
  EXPECT_EQ(OutcomeOf(Rules(Rule("content:\"evil.example\";"))),
            "| contents that are not one name or URL 1");
  EXPECT_EQ(OutcomeOf(Rules(Rule(name, "dns any any -> 192.0.2.1 any"))),
            "| addresses and contents at once 1");
  EXPECT_EQ(OutcomeOf(Rules("pass dns any any -> any any (" + name + "sid:1;)\n")),
            "| action that is not alert, drop or reject 1");
}

TEST(SuricataRules, JoinLinesSkipCommentsAndCountWhatIsNoRule) {
  const auto snapshot =
      Rules("# alert dns any any -> any any (dns.query; content:\"off.example\"; bsize:11;)\n\n" +
            std::string("alert dns any any -> any any \\\n  (dns.query; content:\"a.example\"; "
                        "bsize:9; sid:7;)\nno rule\nalert dns any any (x;)\n"));
  EXPECT_EQ(OutcomeOf(snapshot), "domain 1 | no rule 2");
  EXPECT_EQ(snapshot->rejected[0].line, 5U);
}

TEST(SuricataRules, TellWhatTheRuleSaysOfItself) {
  const auto snapshot =
      Rules(Rule("dns.query; content:\"evil.example\"; bsize:12; classtype:command-and-control; "
                 "reference:url,vendor.example/post; metadata:x y, malware_family Emotet;"));
  ASSERT_TRUE(snapshot);
  const policy::Observation& seen = snapshot->observations.at(0);
  EXPECT_EQ(seen.threat, policy::ThreatType::c2);
  EXPECT_EQ(seen.malware, "Emotet");
  EXPECT_EQ(seen.tags, "command-and-control,sid:1");
  EXPECT_EQ(seen.reference, "https://vendor.example/post");
}

constexpr char start_of_zone[] =
    "$TTL 300\n@ IN SOA ns.example. host.example. ( 1 ; serial\n 3600 900\n 86400 300 )\n  NS "
    "ns.example.\n";

policy::Result<FeedSnapshot> Zone(const std::string& records, const RpzOptions& options = {}) {
  return ParseRpz(start_of_zone + records, fetched_at, 1000, options);
}

TEST(Rpz, TakesNamesAndAddressesThatAreDenied) {
  EXPECT_EQ(LinesOf(Zone("a.example CNAME .\n*.a.example CNAME .\nB.example 60 IN CNAME *.\n"
                         "c.example CNAME rpz-drop.\n32.1.2.0.192.rpz-ip CNAME .\n"
                         "24.0.100.51.198.rpz-ip CNAME .\n128.1.zz.db8.2001.rpz-ip CNAME .\n"
                         "32.zz.db8.2001.rpz-ip CNAME *.\n")),
            (Lines{"domain a.example", "domain b.example", "domain c.example", "ip 192.0.2.1/32",
                   "ip 198.51.100.0/24", "ip 2001:db8::/32", "ip 2001:db8::1/128"}));
}

TEST(Rpz, TakesAWildcardOnlyBesideItsName) {
  EXPECT_EQ(OutcomeOf(Zone("*.a.example CNAME .\n")), "| wildcard without its name 1");
}

TEST(Rpz, TakesNothingThatHasAnExceptionBelowIt) {
  EXPECT_EQ(OutcomeOf(Zone("a.example CNAME .\nwww.a.example CNAME rpz-passthru.\n"
                           "24.0.2.0.192.rpz-ip CNAME .\n32.1.2.0.192.rpz-ip CNAME RPZ-PASSTHRU.\n"
                           "b.example CNAME .\n")),
            "domain 1 | exception (PASSTHRU) 2, exception at or below it 2");
}

TEST(Rpz, TakesTheOldFormOfAnException) {
  EXPECT_EQ(OutcomeOf(Zone("ok.example CNAME ok.example.\n")), "| exception (PASSTHRU) 1");
}

TEST(Rpz, CountsRewritesAsBlocksOnlyIfAskedTo) {
  const std::string records =
      "a.example A 192.0.2.1\nb.example CNAME walled.example.\nc.example CNAME .\n";
  EXPECT_EQ(OutcomeOf(Zone(records)), "domain 1 | rewritten, not blocked 2");
  EXPECT_EQ(OutcomeOf(Zone(records, {"", true})), "domain 3");
}

TEST(Rpz, PassesOverTriggersThatAreAboutOthers) {
  EXPECT_EQ(OutcomeOf(Zone("24.0.2.0.192.rpz-client-ip CNAME .\nns.x.rpz-nsdname CNAME .\n"
                           "32.1.2.0.192.rpz-nsip CNAME .\na.example CNAME rpz-tcp-only.\n"
                           "b.example CNAME .\n")),
            "domain 1 | TCP only, not blocked 1, name server trigger 2, rpz-client-ip trigger 1");
}

TEST(Rpz, KnowsItsZoneByOriginOrBySoaOrByConfiguration) {
  EXPECT_EQ(LinesOf(ParseRpz("$ORIGIN example.\nrpz SOA a. b. 1 2 3 4 5\n$ORIGIN rpz.example.\n"
                             "a.example CNAME .\nb.example.rpz.example. CNAME .\n",
                             fetched_at, 1000)),
            (Lines{"domain a.example", "domain b.example"}));
  EXPECT_EQ(LinesOf(ParseRpz("rpz. IN SOA rpz. b. 1 2 3 4 5\nrpz. IN NS .\na.example CNAME *.\n",
                             fetched_at, 1000)),
            Lines{"domain a.example"});
  EXPECT_EQ(LinesOf(Zone("a.example.bl.test. CNAME .\n", {"bl.test.", false})),
            Lines{"domain a.example"});
  EXPECT_EQ(OutcomeOf(Zone("a.example.bl.test. CNAME .\n")), "| outside the zone 1");
}

TEST(Rpz, IncludesNoFileAndGeneratesNothing) {
  EXPECT_EQ(OutcomeOf(Zone(
                "$INCLUDE /etc/passwd\n$GENERATE 1-999999999 h$ CNAME .\na.example CNAME .\n")),
            "domain 1 | $GENERATE 1, $INCLUDE 1");
}

TEST(Rpz, CountsWhatItCannotRead) {
  EXPECT_EQ(OutcomeOf(Zone("a.example CNAME .\nb.example CNAME .\nc.example CNAME .\n"
                           "foo\\032bar CNAME .\nfoobar\nd TXT \"open\n")),
            "domain 3 | no domain name 1, no record type 1, parentheses or quotes don't close 1");
  std::string growing;
  for (int i = 0; i < 2000; ++i) growing += "$ORIGIN aaaaaaaa\n";
  EXPECT_FALSE(ParseRpz(growing, fetched_at, 10'000));
}

TEST(Rpz, RefusesMoreRecordsThanItMayHave) {
  std::string text(start_of_zone);
  for (int i = 0; i < 20; ++i) text += "@ TXT x\n";
  const auto snapshot = ParseRpz(text, fetched_at, 10);
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code, policy::ErrorCode::exhausted);
}

TEST(Rpz, GivesItsExceptionsAsAnAllowlist) {
  const auto parsed = ParseRpzPassthru(
      start_of_zone +
      std::string(
          "a.example CNAME rpz-passthru.\n*.b.example CNAME rpz-passthru.\nc.example CNAME .\n"
          "24.0.2.0.192.rpz-ip CNAME rpz-passthru.\n32.1.2.0.192.rpz-client-ip CNAME "
          "rpz-passthru.\n"));
  ASSERT_TRUE(parsed);
  Lines texts;
  for (const auto& entry : parsed->entries) texts.push_back(policy::TextOf(entry));
  EXPECT_EQ(texts, (Lines{"a.example", "b.example (with its subtree)", "192.0.2.0/24"}));
  EXPECT_EQ(parsed->rejected.size(), 1U);
}

}  // namespace
}  // namespace agent::feeds
