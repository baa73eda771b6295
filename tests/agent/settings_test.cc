#include "agent/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "platform/atomic_file.h"
#include "tests/platform/temporary_folder.h"

namespace agent {
namespace {

namespace fs = std::filesystem;
using feeds::SourceKind;
using policy::AllowCategory;
using policy::AllowEffect;
using policy::ErrorCode;
using policy::IndicatorKind;

const fs::path source_dir = SEKISHO_SOURCE_DIR;

// The least that an agent needs, in lines 1 to 10; a case adds to it, or replaces a line of it.
const std::vector<std::string> least{
    "data_dir: data",                                                                // 1
    "listen: 127.0.0.1:7443",                                                        // 2
    "tls: {certificate: a.pem, key: a.key, client_ca: ca.pem}",                      // 3
    "history_origin: sekisho.test/history",                                          // 4
    "policy: {version: \"1\"}",                                                      // 5
    "lists: [{name: dns, kinds: [domain]}]",                                         // 6
    "devices: [{name: dns1, list: dns, identity: dns1.test}]",                       // 7
    "feeds: [{name: f, url: \"https://f.test/\", format: plain, reliability: 50}]",  // 8
    "allowlists: []",                                                                // 9
    "access: {}",                                                                    // 10
};

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string Replacing(std::size_t line, const std::string& by) {
  auto lines = least;
  lines.at(line - 1) = by;
  return Joined(lines);
}

class SettingsTest : public ::testing::Test {
 protected:
  policy::Result<AgentSettings> Load(const std::string& text) const {
    const fs::path file = folder_ / "agent.yaml";
    const auto written = platform::WriteFileAtomically(file, text);
    if (!written) return tl::unexpected(written.error());
    return LoadSettings(file);
  }

  // All messages, without the folder in front of the file's name.
  std::string MistakesIn(const std::string& text) const {
    const auto settings = Load(text);
    if (settings) return "";
    EXPECT_EQ(settings.error().code, ErrorCode::malformed_input);
    std::string detail = settings.error().detail;
    const std::string front = folder_.path().string() + "/";
    for (auto at = detail.find(front); at != detail.npos; at = detail.find(front, at)) {
      detail.erase(at, front.size());
    }
    return detail;
  }

  platform::testing::TemporaryFolder folder_;
};

TEST_F(SettingsTest, TheLeastConfigurationHasTheDocumentedDefaults) {
  const auto settings = Load(Joined(least));
  ASSERT_TRUE(settings) << settings.error().detail;
  const policy::Policy& policy = settings->engine.policy;
  EXPECT_EQ(policy.version, "1");
  EXPECT_EQ(policy.confidence_min.percent(), 50);
  EXPECT_EQ(policy.ages.domain, std::chrono::hours(24 * 30));
  EXPECT_EQ(policy.ages.ip, std::chrono::hours(24 * 14));
  EXPECT_EQ(policy.ages.url, std::chrono::hours(24 * 14));
  EXPECT_EQ(policy.lifetime_default, std::chrono::hours(24 * 7));
  EXPECT_EQ(policy.lifetime_max, std::chrono::hours(24 * 90));
  EXPECT_TRUE(policy.propose_hosts_of_urls);
  EXPECT_EQ(policy.breadth.ipv4_length_min, 16);
  EXPECT_EQ(policy.breadth.ipv4_length_two_approvers, 24);
  EXPECT_EQ(settings->engine.queue.lifetime_max, policy.lifetime_max);
  EXPECT_EQ(settings->engine.queue.deferral_default, std::chrono::hours(24 * 7));
  EXPECT_EQ(settings->engine.queue.rejection_lifetime, std::chrono::hours(24 * 30));
  EXPECT_EQ(settings->engine.changes.removed_percent_max, 30);
  EXPECT_EQ(settings->engine.changes.added_percent_max, 200);
  EXPECT_EQ(settings->engine.changes.entries_min, 50U);
  ASSERT_EQ(settings->sources.size(), 1U);
  EXPECT_EQ(settings->sources[0].interval, std::chrono::minutes(10));
  EXPECT_EQ(settings->sources[0].limits.shrink_percent_max, 30);
  EXPECT_FALSE(settings->sources[0].allow_private);
  EXPECT_FALSE(settings->sources[0].allow_file);
}

TEST_F(SettingsTest, AgesTakeThreatsOfflineAndDecay) {
  const auto settings = Load(Replacing(
      5,
      "policy: {version: \"1\", false_positive_penalty: 20, ages: {ip: 7d, c2: {ip: 14d}, offline: "
      "{url: 2d, percent: 25}, decay: {speed: 2.5, threshold: 30}}}"));
  ASSERT_TRUE(settings) << settings.error().detail;
  const policy::AgeRules& ages = settings->engine.policy.ages;
  EXPECT_EQ(ages.ip, std::chrono::hours(24 * 7));
  EXPECT_EQ(ages.by_threat[2].ip, std::chrono::hours(24 * 14));
  EXPECT_EQ(ages.offline.url, std::chrono::hours(24 * 2));
  EXPECT_EQ(ages.offline_percent, 25);
  EXPECT_EQ(ages.decay->speed, 2.5);
  EXPECT_EQ(ages.decay->threshold, 30);
  EXPECT_EQ(settings->engine.policy.false_positive_penalty_percent, 20);
}

TEST_F(SettingsTest, AFeedIsBelievedByLetterOrNumberAndMayBeASecondOpinion) {
  const auto settings =
      Load(Replacing(8,
                     "feeds:\n  - {name: a, url: u, format: plain, reliability: B}\n"
                     "  - {name: b, url: u, format: plain, role: detections}"));
  ASSERT_TRUE(settings) << settings.error().detail;
  const auto& feeds = settings->engine.world.feeds;
  EXPECT_EQ(feeds[0].profile.reliability.percent(), 75);
  EXPECT_EQ(feeds[0].profile.role, policy::FeedRole::intelligence);
  EXPECT_EQ(feeds[1].profile.reliability.percent(), 50) << "cannot be judged";
  EXPECT_EQ(feeds[1].profile.role, policy::FeedRole::detections);
}

TEST_F(SettingsTest, BrowsersAreServedInPlainTextOnLoopbackAndOverTlsElsewhere) {
  EXPECT_FALSE(Load(Joined(least))->web);
  const auto plain = Load(Joined(least) + "web: {listen: \"[::1]:8080\", root: page}\n");
  ASSERT_TRUE(plain) << plain.error().detail;
  EXPECT_EQ(plain->web->address, "::1");
  EXPECT_EQ(plain->web->port, 8080);
  EXPECT_EQ(plain->web->root, folder_ / "page");
  const auto tls = Load(Joined(least) + "web: {listen: \"0.0.0.0:443\", certificate: a, key: b}\n");
  ASSERT_TRUE(tls) << tls.error().detail;
  EXPECT_EQ(tls->web->certificate, folder_ / "a");
}

TEST_F(SettingsTest, SingleSignOnSendsBrowsersBackToThePageAndGivesTheRolesOfItsRules) {
  const std::string web =
      "web: {listen: \"127.0.0.1:8080\", origin: \"https://s.test\", trusted_proxies: [10.0.0.0/8, "
      "\"::1\"], trusted_header: forwarded}\n";
  const std::string oidc =
      "oidc: {issuer: \"https://login.test/r\", client_id: sekisho, client_secret_file: secret, "
      "roles: [{value: a b, role: admin}, {value: c, role: approver}]}\n";
  const auto settings = Load(Joined(least) + web + oidc);
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->web->trusted_proxies.addresses.size(), 2U);
  EXPECT_EQ(settings->web->trusted_proxies.by, api::TrustedProxies::By::forwarded);
  ASSERT_TRUE(settings->oidc);
  EXPECT_EQ(settings->oidc->provider.issuer, "https://login.test/r");
  EXPECT_EQ(settings->oidc->provider.client_secret_file, folder_ / "secret");
  EXPECT_EQ(settings->oidc->name_claim, "preferred_username");
  ASSERT_EQ(settings->oidc->roles.size(), 2U);
  EXPECT_EQ(settings->oidc->roles[0].value, "a b");
  EXPECT_EQ(settings->oidc->roles[1].role, api::Role::approver);
  EXPECT_FALSE(Load(Joined(least))->oidc);
}

TEST_F(SettingsTest, AListOfTheAllowlistGoesToDevicesThatLetThrough) {
  auto lines = least;
  lines[5] =
      "lists: [{name: dns, kinds: [domain]}, {name: allowed, content: allowlist, kinds: [domain]}]";
  lines[6] =
      "devices: [{name: a, list: dns, identity: a.test}, {name: b, list: allowed, identity: "
      "b.test}]";
  const auto settings = Load(Joined(lines));
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->engine.lists[0].content, ListContent::blocks);
  EXPECT_EQ(settings->engine.lists[1].content, ListContent::allowlist);
  EXPECT_EQ(settings->engine.world.let_through, std::set{IndicatorKind::domain});
  EXPECT_FALSE(settings->devices[0].lets_through);
  EXPECT_TRUE(settings->devices[1].lets_through);
  EXPECT_TRUE(Load(Joined(least))->engine.world.let_through.empty());
}

TEST_F(SettingsTest, StrangersMayAskForSitesOnlyWhereItSaysSo) {
  const std::string web = "web: {listen: \"127.0.0.1:8080\"}\n";
  EXPECT_FALSE(Load(Joined(least) + web)->unblock_requests);
  const auto settings = Load(Joined(least) + web +
                             "unblock_requests: {wait: 5d, keep_askers: 7d, hourly_per_address: 3, "
                             "hourly_total: 30, open_max: 9}\n");
  ASSERT_TRUE(settings) << settings.error().detail;
  ASSERT_TRUE(settings->unblock_requests);
  EXPECT_EQ(settings->unblock_requests->open_max, 9U);
  EXPECT_EQ(settings->unblock_requests->asking.per_address, 3U);
  EXPECT_EQ(settings->unblock_requests->asking.per_name, 30U);
  EXPECT_EQ(settings->engine.requests_wait, std::chrono::hours(24 * 5));
  EXPECT_EQ(settings->engine.askers_kept, std::chrono::hours(24 * 7));
}

TEST_F(SettingsTest, RelativePathsAreTakenFromTheFilesFolder) {
  const auto settings = Load(Joined(least));
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->data_dir, folder_ / "data");
  EXPECT_EQ(settings->certificate, folder_ / "a.pem");
  EXPECT_EQ(settings->client_ca, folder_ / "ca.pem");
}

TEST_F(SettingsTest, OwnAddressesAndSpecialPurposesAreAlwaysOnTheAllowlist) {
  const auto settings = Load(Joined(least) + "own: [corp.test, 10.9.0.0/16, 2001:db8::1]\n");
  ASSERT_TRUE(settings) << settings.error().detail;
  const auto& fixed = settings->engine.world.fixed_allowlist;
  ASSERT_EQ(fixed.size(), 2U);
  EXPECT_EQ(fixed[0].first.category, AllowCategory::own_infrastructure);
  EXPECT_EQ(fixed[0].first.effect, AllowEffect::never);
  EXPECT_EQ(fixed[0].second.size(), 3U);
  EXPECT_EQ(fixed[1].first.category, AllowCategory::special_purpose);
  EXPECT_EQ(fixed[1].first.effect, AllowEffect::never);
  EXPECT_GT(fixed[1].second.size(), 10U);
}

TEST_F(SettingsTest, AnAllowlistIsJudgedFromItsFirstRow) {
  const auto settings = Load(Replacing(
      9,
      "allowlists: [{name: a, url: \"https://a.test/\", format: plain, category: cdn, effect: "
      "url-only}]"));
  ASSERT_TRUE(settings) << settings.error().detail;
  ASSERT_EQ(settings->sources.size(), 2U);
  EXPECT_EQ(settings->sources[0].limits.rows_unjudged, 10U);
  EXPECT_EQ(settings->sources[1].kind, SourceKind::allowlist);
  EXPECT_EQ(settings->sources[1].limits.rows_unjudged, 0U);
}

struct Mistake {
  const char* name;
  std::string text;
  std::string message;
};

template <class Rows>
std::string NamesOf(const Rows& rows) {
  std::string names;
  for (const auto& row : rows) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

TEST_F(SettingsTest, ASensorsLogAndPushedFeedsAreOursAndHaveTheirOwnDefaults) {
  const auto settings = Load(Replacing(
      8,
      "feeds: [{name: ids, url: \"file:///var/log/suricata/eve.json\", allow_file: true, format: "
      "suricata-eve, home_net: [192.0.2.0/24], retention: 7d, reliability: 80}, {name: desk, "
      "format: push, reliability: 80}, {name: ips, format: push, role: detections, reliability: "
      "80}]"));
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->sources[0].interval, std::chrono::seconds(10));
  EXPECT_TRUE(settings->sources[0].format.is_own);
  EXPECT_EQ(settings->sources[1].url, "push:desk");
  EXPECT_TRUE(settings->sources[1].format.collect_pushed);
  const auto& feeds = settings->engine.world.feeds;
  EXPECT_EQ(feeds[0].profile.role, policy::FeedRole::detections);
  EXPECT_EQ(feeds[1].profile.role, policy::FeedRole::intelligence);
  EXPECT_EQ(feeds[2].profile.role, policy::FeedRole::detections);
}

TEST_F(SettingsTest, LogsOfOurOwnTrafficAreReadByTheirFormats) {
  EXPECT_FALSE(Load(Joined(least))->traffic);
  auto lines = least;
  lines.push_back("traffic:");
  lines.push_back("  names_max: 5000");
  lines.push_back("  logs:");
  lines.push_back("    - {name: dns, format: bind-query-log, file: q.log, utc_offset: \"+09:00\"}");
  lines.push_back(
      "    - {name: zeek, format: zeek, file: /var/log/z.log, home_net: [192.0.2.0/24]}");
  const auto settings = Load(Joined(lines));
  ASSERT_TRUE(settings) << settings.error().detail;
  ASSERT_TRUE(settings->traffic);
  EXPECT_EQ(settings->traffic->size_max, 5000U);
  ASSERT_EQ(settings->traffic->logs.size(), 2U);
  EXPECT_EQ(settings->traffic->logs[0].file, folder_ / "q.log");
  std::string header;
  const auto request = settings->traffic->logs[0].read(
      "24-Nov-2026 07:26:50.668 client 10.0.0.1#1: query: a.example IN A +", header);
  EXPECT_EQ(policy::FormatTime((*request)->at), "2026-11-23T22:26:50Z");

  lines.back() = "    - {name: dns, format: squid, file: q.log, utc_offset: 9}";
  EXPECT_EQ(MistakesIn(Joined(lines)).substr(0, 11), "agent.yaml:");
}

// The first YAML of a page that begins so, without the fence.
std::string YamlOnPage(const fs::path& page, const std::string& begin) {
  const std::string text = platform::ReadFile(page, 100'000).value();
  const std::string fence = "```yaml\n";
  const std::size_t at = text.find(fence + begin);
  if (at == std::string::npos) return {};
  return text.substr(at + fence.size(), text.find("```", at + fence.size()) - at - fence.size());
}

TEST_F(SettingsTest, TheGuidesTrafficIsAConfigurationThatWorks) {
  for (const char* page : {"docs/guide/traffic.md", "docs/guide/ja/traffic.md"}) {
    const std::string traffic = YamlOnPage(source_dir / page, "traffic:\n");
    EXPECT_FALSE(traffic.empty()) << page;
    const auto settings = Load(Joined(least) + traffic);
    ASSERT_TRUE(settings) << page << ": " << settings.error().detail;
    EXPECT_EQ(settings->traffic->logs.size(), 3U);
  }
}

TEST_F(SettingsTest, AKeyFromTheEnvironmentIsInTheUrlAndNotInWhatIsShown) {
  ASSERT_EQ(setenv("SEKISHO_TEST_KEY", "abc123", 1), 0);
  const auto settings = Load(Replacing(8,
                                       "feeds: [{name: f, url: \"https://feeds.example/"
                                       "${SEKISHO_TEST_KEY}/l\", format: plain, reliability: 5}]"));
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->sources[0].url, "https://feeds.example/abc123/l");
  EXPECT_EQ(settings->sources[0].url_secrets.shown_url(), "https://feeds.example/***/l");
}

TEST_F(SettingsTest, EveryMistakeIsNamedWithItsPlace) {
  const std::vector<Mistake> mistakes{
      {"an unknown key", Joined(least) + "qeue: {}\n",
       "agent.yaml:11:1: unknown key \"qeue\"; did you mean \"queue\"?"},
      {"a key twice", Joined(least) + "listen: 0.0.0.0:1\n",
       "agent.yaml:11:1: key \"listen\" is here twice; first on line 2"},
      {"no version of the rules", Replacing(5, "policy: {}"),
       "agent.yaml:5:9: key \"version\" is missing here"},
      {"a confidence over 100", Replacing(5, "policy: {version: \"1\", confidence_min: 101}"),
       "agent.yaml:5:40: must be a whole number from 0 to 100, not \"101\""},
      {"an age without a unit", Replacing(5, "policy: {version: \"1\", ages: {ip: 14}}"),
       "agent.yaml:5:35: must be a duration such as 90s, 30m, 12h or 7d, not \"14\""},
      {"a default above the most", Replacing(5, "policy: {version: \"1\", lifetime_default: 91d}"),
       "agent.yaml:5:42: must not be above lifetime_max"},
      {"a breadth of everything",
       Replacing(5, "policy: {version: \"1\", breadth: {ipv4_length_min: 0}}"),
       "agent.yaml:5:51: must be a whole number from 8 to 32, not \"0\""},
      {"a kind that there is not", Replacing(6, "lists: [{name: dns, kinds: [domains]}]"),
       "agent.yaml:6:29: \"domains\" is not a kind of indicator: write domain, ip, url or hash"},
      {"a list twice", Replacing(6, "lists: [{name: dns, kinds: [ip]}, {name: dns, kinds: [url]}]"),
       "agent.yaml:6:42: the name \"dns\" is there twice"},
      {"a list with a blank in its name",
       Replacing(6, "lists: [{name: d ns, kinds: [ip]}, {name: dns, kinds: [url]}]"),
       "agent.yaml:6:16: a name is 1 to 64 of a-z, A-Z, 0-9, \".\", \"_\" and \"-\""},
      {"a device of no list",
       Replacing(7, "devices: [{name: dns1, list: dsn, identity: dns1.test}]"),
       "agent.yaml:7:30: there is no list \"dsn\""},
      {"a device without an identity", Replacing(7, "devices: [{name: dns1, list: dns}]"),
       "agent.yaml:7:11: key \"identity\" is missing here"},
      {"an unknown feed format",
       Replacing(8, "feeds: [{name: f, url: u, format: smoke, reliability: 50}]"),
       "agent.yaml:8:35: must be one of " + NamesOf(feeds::FeedFormats()) + ", not \"smoke\""},
      {"a mapping of a column that is not there",
       Replacing(8,
                 "feeds: [{name: f, url: u, format: csv, reliability: 50, header: [a], columns: "
                 "{indicator: b}}]"),
       "agent.yaml:8:91: there is no column \"b\": name one of the header's or, without a header, "
       "write its number from 1"},
      {"passwords in the clear", Joined(least) + "web: {listen: \"0.0.0.0:80\"}\n",
       "agent.yaml:11:15: passwords would cross the network in the clear; give certificate and "
       "key, "
       "or listen on 127.0.0.1"},
      {"a web port that is none", Joined(least) + "web: {listen: \"127.0.0.1:http\"}\n",
       "agent.yaml:11:15: has to be an address and a port: \"127.0.0.1:8080\" or \"[::]:443\""},
      {"a proxy that is no address",
       Joined(least) + "web: {listen: \"127.0.0.1:80\", trusted_proxies: [localhost]}\n",
       "agent.yaml:11:49: has to be an address or a prefix: \"10.1.2.3\", \"10.1.2.0/24\""},
      {"a form for strangers without a page", Joined(least) + "unblock_requests: {open_max: 9}\n",
       "agent.yaml:11:19: needs section web: it is a page that people ask by"},
      {"single sign-on that knows no way back",
       Joined(least) + "oidc: {issuer: \"https://i.test\", client_id: c, roles: []}\n",
       "agent.yaml:11:7: needs web.origin, where the provider sends browsers back to"},
      {"a provider in the clear",
       Joined(least) + "web: {listen: \"127.0.0.1:80\", origin: o}\n" +
           "oidc: {issuer: \"http://i.test\", client_id: c, roles: []}\n",
       "agent.yaml:12:16: has to be the provider's issuer, an https URL without query"},
      {"an exporter by single sign-on",
       Joined(least) + "web: {listen: \"127.0.0.1:80\", origin: o}\n" +
           "oidc: {issuer: \"https://i.test\", client_id: c, roles: [{value: v, role: "
           "exporter}]}\n",
       "agent.yaml:12:73: exporters come with certificates"},
      {"a feed without a URL", Replacing(8, "feeds: [{name: f, format: plain, reliability: 50}]"),
       "agent.yaml:8:9: key \"url\" is missing here"},
      {"a push feed with a URL",
       Replacing(8, "feeds: [{name: f, url: u, format: push, reliability: 50}]"),
       "agent.yaml:8:24: a push feed has none: it is pushed to"},
      {"a reliability off the scale",
       Replacing(8, "feeds: [{name: f, url: u, format: plain, reliability: G}]"),
       "agent.yaml:8:55: a reliability is a letter from A to F or a number from 0 to 100, not "
       "\"G\""},
      {"a role that there is not",
       Replacing(8, "feeds: [{name: f, url: u, format: plain, role: sensor}]"),
       "agent.yaml:8:48: must be one of intelligence, detections, not \"sensor\""},
      {"a decay without end", Replacing(5, "policy: {version: \"1\", ages: {decay: {speed: 0}}}"),
       "agent.yaml:5:46: must be a number from 0.01 to 100"},
      {"an age of no threat", Replacing(5, "policy: {version: \"1\", ages: {c3: {ip: 1d}}}"),
       "agent.yaml:5:31: unknown key \"c3\"; did you mean \"c2\"?"},
      {"a feed twice",
       Replacing(8,
                 "feeds:\n  - {name: f, url: u, format: plain, reliability: 1}\n  - {name: f, url: "
                 "v, format: hosts, reliability: 1}"),
       "agent.yaml:10:12: the name \"f\" is there twice"},
      {"a header without its file",
       Replacing(8,
                 "feeds:\n  - name: f\n    url: u\n    format: plain\n    reliability: 1\n    "
                 "auth_header: Auth-Key"),
       "agent.yaml:13:18: auth_header and auth_file go together"},
      {"an allowlist of no category",
       Replacing(9, "allowlists: [{name: a, url: u, format: plain, category: cnd, effect: never}]"),
       "agent.yaml:9:57: unknown allowlist category; known are hosting, cdn, proxy, "
       "legitimate-service, own-infrastructure, special-purpose, popular, public-suffix"},
      {"an allowlist of no effect",
       Replacing(9, "allowlists: [{name: a, url: u, format: plain, category: cdn, effect: no}]"),
       "agent.yaml:9:70: unknown allowlist effect; known are review, url-only, never"},
      {"an allowlist in a feed format",
       Replacing(9, "allowlists: [{name: a, url: u, format: hosts, category: cdn, effect: never}]"),
       "agent.yaml:9:40: must be one of " + NamesOf(feeds::AllowlistFormats()) + ", not \"hosts\""},
      {"no allowlists at all", Replacing(9, ""),
       "agent.yaml:1:1: key \"allowlists\" is missing here"},
      {"a role that there is not",
       Replacing(10, "access: {tokens: [{name: alice, role: boss, sha256: \"00\"}]}"),
       "agent.yaml:10:39: no role \"boss\"; there are viewer, analyst, approver, "
       "senior_approver, auditor, admin and exporter\n"
       "agent.yaml:10:53: is not a SHA-256 in hexadecimal; `printf %s TOKEN | sha256sum` gives it"},
      {"a token of two",
       Replacing(10, "access:\n  tokens:\n    - {name: alice, role: viewer, sha256: " +
                         std::string(64, '7') + "}\n    - {name: bob, role: viewer, sha256: " +
                         std::string(64, '7') + "}"),
       "agent.yaml:13:7: alice and bob have the same token; give each their own"},
      {"a caller named like the agent's own parts",
       Replacing(10, "access: {certificates: [{identity: a@b.test, name: policy, role: admin}]}"),
       "agent.yaml:10:25: a caller can't be named \"policy\": the history calls the agent so"},
      {"a certificate without a role",
       Replacing(10, "access: {certificates: [{identity: a@b.test, name: alice}]}"),
       "agent.yaml:10:25: key \"role\" is missing here"},
      {"an own address that is none", Joined(least) + "own:\n  - 10.0.0.0/8\n  - 10.0.0.0/33\n",
       "agent.yaml:13:5: neither an address, a prefix nor a domain: \"10.0.0.0/33\" is not a "
       "domain name: only letters, digits, '-', '_' and dots may stand in it"},
      {"a bool of another kind", Joined(least) + "documentation_is_special: yes\n",
       "agent.yaml:11:27: must be true or false, not \"yes\""},
      {"an anchor", Joined(least) + "own: &a []\n",
       "agent.yaml:11:6: anchors (&name) are not supported"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(MistakesIn(mistake.text), mistake.message) << mistake.name;
  }
}

TEST_F(SettingsTest, AllMistakesComeAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(MistakesIn("data_dir: data\n"
                       "listen: 127.0.0.1:7443\n"
                       "tls: {certificate: a.pem, key: a.key}\n"
                       "policy: {version: \"1\", confidence_min: 150}\n"
                       "lists: []\n"
                       "feeds: []\n"
                       "allowlists: []\n"
                       "acess: {}\n"),
            "agent.yaml:1:1: key \"history_origin\" is missing here\n"
            "agent.yaml:1:1: key \"access\" is missing here\n"
            "agent.yaml:3:6: key \"client_ca\" is missing here\n"
            "agent.yaml:4:40: must be a whole number from 0 to 100, not \"150\"\n"
            "agent.yaml:8:1: unknown key \"acess\"; did you mean \"access\"?");
}

TEST_F(SettingsTest, AFileThatIsNotThereIsNamed) {
  const auto settings = LoadSettings(folder_ / "none.yaml");
  ASSERT_FALSE(settings);
  EXPECT_NE(settings.error().detail.find("none.yaml"), std::string::npos)
      << settings.error().detail;
}

TEST_F(SettingsTest, EachSourceInTheGuideHasAConfigurationThatWorks) {
  for (const char* folder : {"docs/guide/sources", "docs/guide/ja/sources"}) {
    for (const auto& page : fs::directory_iterator(source_dir / folder)) {
      const std::string feeds = YamlOnPage(page.path(), "feeds:\n");
      EXPECT_FALSE(feeds.empty()) << page.path();
      const auto settings = Load(Replacing(8, feeds));
      EXPECT_TRUE(settings) << page.path() << ": " << settings.error().detail;
    }
  }
}

}  // namespace
}  // namespace agent
