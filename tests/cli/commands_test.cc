#include <algorithm>
#include <string>

#include "tests/cli/fixture.h"

#include "policy/time.h"
#include "proto/convert.h"

namespace cli::testing {
namespace {

TEST_F(CliTest, ListsFeeds) {
  agent_.feeds.Add("urlhaus");
  const Outcome outcome = Run("feed list");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "NAME     STATE  OBSERVATIONS  REJECTED  ACCEPTED              DETAIL\n"
            "urlhaus  good   42            0         2026-11-24T10:00:00Z  -\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(CliTest, SpeaksJapanese) {
  agent_.feeds.Add("urlhaus");
  EXPECT_TRUE(Run("feed list --lang ja")
                  .out.starts_with("名前     状態  観測数  不採用  取込日時              詳細\n"));
}

TEST_F(CliTest, RefreshTellsWhetherTheFeedsWereTakenIn) {
  agent_.feeds.Add("urlhaus");
  agent_.feeds.Add("bad");
  EXPECT_EQ(Run("feed refresh urlhaus --wait").code, 0);
  EXPECT_TRUE(agent_.feeds.last_refresh.wait());
  EXPECT_EQ(Run("feed refresh urlhaus bad --wait").code, 6);
  EXPECT_EQ(Run("feed refresh bad").code, 0) << "its state is that of an earlier attempt";
  EXPECT_EQ(Run("feed refresh unknown").code, 3);
  EXPECT_FALSE(agent_.feeds.last_refresh.accept_size());
  EXPECT_EQ(Run("feed refresh urlhaus --accept-size").code, 0);
  EXPECT_TRUE(agent_.feeds.last_refresh.accept_size());
}

TEST_F(CliTest, SaysWhatNothingIsProposedFor) {
  agent_.feeds.missing_allowlists = {"cdn", "hosting"};
  const Outcome outcome = Run("feed list");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err,
            "nothing is proposed or approved until these allowlists were loaded once: cdn, "
            "hosting\n");
}

TEST_F(CliTest, TakesAnAnswerOfManyMegabytes) {
  agent_.releases.lines.assign(70'000, "domain " + std::string(1000, 'a') + ".example");
  const Outcome outcome = Run("release show 2 --list dns");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 70'000);
}

TEST_F(CliTest, ListsTheQueueInPages) {
  agent_.queue.Add("domain", "evil.example");
  agent_.queue.Add("url", "http://evil.example/x.y");
  agent_.queue.Add("ip", "192.0.2.1/32");
  const Outcome first = Run("queue list --limit 2");
  EXPECT_EQ(first.out,
            "ID  KIND    INDICATOR                  STATE    CONFIDENCE  APPROVERS  LIFETIME  FEED "
            "    PROPOSED AT\n"
            "1   domain  evil[.]example             pending  90          1          1w        "
            "urlhaus  2026-11-24T10:00:00Z\n"
            "2   url     hxxp://evil[.]example/x.y  pending  90          1          1w        "
            "urlhaus  2026-11-24T10:00:00Z\n");
  EXPECT_EQ(first.err, "2 of 3 shown; for the next: --page-token 2\n");
  const Outcome second = Run("queue list --limit 2 --page-token 2");
  EXPECT_NE(second.out.find("192[.]0[.]2[.]1/32"), std::string::npos) << second.out;
  EXPECT_EQ(second.err, "");
  EXPECT_EQ(Run("queue list --kind ip").out.find("evil"), std::string::npos);
}

TEST_F(CliTest, JsonHoldsTheIndicatorAsItIs) {
  agent_.queue.Add("domain", "evil.example").clear_digest();
  EXPECT_EQ(Run("queue list -o json").out, R"({
  "proposals": [
    {
      "id": "1",
      "kind": "domain",
      "indicator": "evil.example",
      "defanged": "",
      "state": "pending",
      "digest": "",
      "lifetime": "604800s",
      "confidence": 90,
      "approvers_needed": 1,
      "proposed_by": "policy",
      "proposed_at": "2026-11-24T10:00:00Z",
      "reasons": [],
      "sources": [],
      "sources_total": "0",
      "votes": [],
      "policy_version": "",
      "feeds": [
        "urlhaus"
      ],
      "enforced_by": [],
      "lists": []
    }
  ],
  "next_page_token": "",
  "total": "1",
  "missing_allowlists": []
}
)");
}

TEST_F(CliTest, ShowsTheEvidenceOfAProposal) {
  v1::Proposal& proposal = agent_.queue.Add("domain", "evil.example");
  v1::Source& source = *proposal.add_sources();
  source.set_feed("urlhaus");
  source.set_indicator("http://evil.example/x");
  proposal.set_sources_total(7);
  proposal.add_reasons()->set_code("fresh");
  proposal.add_votes()->set_voter("bob");
  const Outcome outcome = Run("queue show 1");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const char* part : {"INDICATOR       evil[.]example\n", "\nSources (1 of 7)\n",
                           "hxxp://evil[.]example/x", "\nReasons\nfresh", "\nVotes\n", "bob"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
  }
}

TEST_F(CliTest, AddsABlockAsAProposalForAnother) {
  const Outcome outcome = Run("block add evil[.]example --reason c2 --expires 12h");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("proposal 1 is in the queue"), std::string::npos) << outcome.err;
  EXPECT_EQ(agent_.queue.Of(1).lifetime().seconds(), 43'200);
  EXPECT_EQ(Run("block add microsoft.com --reason c2").code, 4);
}

TEST_F(CliTest, RevokesByIdOrIndicator) {
  agent_.blocks.Add("domain", "one.example");
  agent_.blocks.Add("domain", "two.example");
  agent_.blocks.Add("domain", "three.example");
  EXPECT_EQ(Run("block revoke 1 2 --reason wrong").out, "REVOKED  RELEASE\n2        8\n");
  EXPECT_EQ(Run("block revoke three.example --reason wrong").out, "REVOKED  RELEASE\n1        8\n");
  EXPECT_EQ(Run("block revoke four.example --reason wrong").code, 3);
  EXPECT_EQ(Run("block list").out.find("example"), std::string::npos);
  EXPECT_NE(Run("block list --all").out.find("8 revoked by alice"), std::string::npos);
}

TEST_F(CliTest, RenewsBlocksAndTellsWhatWaitsAndWhatIsRefused) {
  agent_.blocks.Add("domain", "one.example");
  agent_.blocks.Add("domain", "two.example");
  agent_.blocks.Add("domain", "three.example").set_removed_release(8);
  const Outcome outcome = Run("block renew 1 2 3 --reason still --expires 7d");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out,
            "RENEWED  AWAITING ANOTHER PERSON  REFUSED  RELEASE\n"
            "1        1                        1        9\n");
  EXPECT_EQ(outcome.err, "refused: 3 three[.]example: it has ended\n");
  EXPECT_EQ(Run("block renew 1 --reason still").code, 0);
  EXPECT_EQ(Run("block renew 1").code, 2);
  EXPECT_EQ(Run("block renew --reason still").code, 2);
}

TEST_F(CliTest, TellsWhy) {
  agent_.blocks.why.set_kind("domain");
  agent_.blocks.why.set_indicator("evil.example");
  agent_.blocks.why.set_blocked(true);
  agent_.blocks.why.set_summary("evil.example is blocked since release 7.");
  v1::WhyDevice& device = *agent_.blocks.why.add_devices();
  device.set_device("dns1");
  device.set_enforced(true);
  device.set_release(7);
  const Outcome outcome = Run("why evil[.]example --at 2026-11-24T10:00:00+09:00 --device dns1");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "domain evil[.]example\n"
            "evil[.]example is blocked since release 7.\n"
            "\n"
            "Devices\n"
            "DEVICE  ENFORCED  RELEASE  DETAIL\n"
            "dns1    yes       7        -\n");
  EXPECT_EQ(agent_.blocks.last_why.device(), "dns1");
  EXPECT_EQ(agent_.blocks.last_why.at().seconds(),
            policy::ParseTime("2026-11-24T01:00:00Z")->time_since_epoch().count());
}

TEST_F(CliTest, ListsShowsAndComparesReleases) {
  const Outcome list = Run("release list --limit 2");
  EXPECT_EQ(list.out,
            "RELEASE  AT                    LIST    CAUSE\n"
            "3        2026-11-24T10:00:00Z  dns 30  approved by alice\n"
            "2        2026-11-24T10:00:00Z  dns 20  approved by alice\n");
  EXPECT_EQ(list.err, "older ones: --before 2\n");
  EXPECT_TRUE(Run("release show 0").out.starts_with("RELEASE  3\n"));
  EXPECT_EQ(Run("release show 2 --list dns").out, "domain evil[.]example\n");
  EXPECT_EQ(Run("release show 9").code, 3);
  EXPECT_EQ(Run("release diff 1 2").out,
            "+  domain  new[.]example       c2\n"
            "-  ip      192[.]0[.]2[.]1/32  expired\n");
}

TEST_F(CliTest, BrakesAreFoundAtBothPlaces) {
  EXPECT_EQ(Run("brake list").out, Run("release brake list").out);
  EXPECT_EQ(Run("release brake release 5 --reason r").code, 3);
  EXPECT_EQ(Run("release brake release 4 --reason checked").out, "RELEASE  9\n");
  EXPECT_EQ(Run("brake release 4 --reason checked").code, 3) << "it is off already";
}

TEST_F(CliTest, DevicesThatAreNotCurrentFailOnlyTheCheck) {
  agent_.devices.Add("dns1", "current");
  EXPECT_EQ(Run("device list --check").code, 0);
  agent_.devices.Add("dns2", "dry-run");
  EXPECT_EQ(Run("device list --check").code, 0);
  agent_.devices.devices.pop_back();
  for (const char* state : {"behind", "refused", "drift", "offline", "never seen"}) {
    agent_.devices.Add("dns2", state);
    EXPECT_EQ(Run("device list").code, 0) << state;
    const Outcome outcome = Run("device list --check -o json");
    EXPECT_EQ(outcome.code, 6) << state;
    EXPECT_NE(outcome.out.find(state), std::string::npos);
    agent_.devices.devices.pop_back();
  }
}

TEST_F(CliTest, N2_ACertificateThatEndsWithinThreeDaysFailsTheCheck) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  constexpr std::time_t day = 24 * 60 * 60;
  agent_.devices.Add("dns1", "current");
  v1::Device& device = agent_.devices.devices.back();
  device.mutable_certificate_expires_at()->set_seconds(now + 4 * day);
  EXPECT_EQ(Run("device list --check").code, 0);
  device.mutable_certificate_expires_at()->set_seconds(now + 2 * day);
  EXPECT_EQ(Run("device list").code, 0);
  EXPECT_EQ(Run("device list --check").code, 6);
  // One of a few days is renewed by a program, late.
  device.mutable_certificate_valid_from()->set_seconds(now - 5 * day);
  EXPECT_EQ(Run("device list --check").code, 0);
  device.mutable_certificate_valid_from()->set_seconds(now - 30 * day);
  EXPECT_EQ(Run("device list --check").code, 6);
  device.mutable_certificate_expires_at()->set_seconds(now + 4 * day);

  v1::Certificate& web = agent_.devices.certificates.emplace_back();
  web.set_use("web");
  web.mutable_expires_at()->set_seconds(now - day);
  const Outcome outcome = Run("device list --check");
  EXPECT_EQ(outcome.code, 6);
  EXPECT_NE(outcome.out.find("web"), std::string::npos);
}

TEST_F(CliTest, OptionsForTheConnectionMayStandAnywhere) {
  const std::string address = environment_["SEKISHO_AGENT"];
  environment_.erase("SEKISHO_AGENT");
  EXPECT_EQ(Run("--agent " + address + " device list").code, 0);
  EXPECT_EQ(Run("device list --agent " + address).code, 0);
  EXPECT_EQ(Run("device --agent " + address + " list").code, 0);
}

}  // namespace
}  // namespace cli::testing
