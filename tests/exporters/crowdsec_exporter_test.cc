#include "exporters/crowdsec/crowdsec_exporter.h"

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "exporters/crowdsec/lapi.h"
#include "platform/clock.h"
#include "platform/http_client.h"
#include "platform/http_header.h"
#include "platform/inflate.h"
#include "policy/digest.h"
#include "tests/exporters/exporter_test.h"
#include "tests/peers/crowdsec.h"
#include "tests/peers/peers.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using exporters::testing::ExporterTest;
using exporters::testing::ListOf;
using nlohmann::json;
using Names = std::set<std::string>;

const std::string key_one = "the-key-of-the-first-bouncer";
const std::string key_two = "the-key-of-the-second-bouncer";

std::string Hash(const std::string& key) {
  return policy::ToHex(policy::Sha256Of(key));
}

Names ValuesIn(const json& decisions) {
  Names values;
  for (const json& one : decisions) values.insert(one["value"].get<std::string>());
  return values;
}

class CrowdsecExporterTest : public ExporterTest {
 protected:
  void SetUp() override { MakeExporter(); }

  void MakeExporter(const std::string& more = "") {
    exporter_.reset();
    auto document = config::Document::Parse(
        "port: " + std::to_string(port_) + "\npull_within: 1s\nbouncers:\n  - {name: one, " +
            "key_sha256: " + Hash(key_one) + "}\n  - {name: two, key_sha256: " + Hash(key_two) +
            "}\n" + more,
        "crowdsec.yaml");
    ASSERT_TRUE(document.has_value()) << document.error().detail;
    auto exporter = MakeCrowdsec(document->root(), {"edge", folder_.path(), clock_});
    ASSERT_TRUE(exporter.has_value()) << exporter.error().detail;
    exporter_ = std::move(*exporter);
  }

  platform::HttpResponse Ask(const std::string& path, const std::string& key = key_one) {
    platform::HttpRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(port_) + path;
    request.allow_private_addresses = true;
    if (!key.empty()) request.headers.push_back({"X-Api-Key", key});
    auto response = client_.Get(request);
    EXPECT_TRUE(response.has_value()) << (response ? "" : response.error().detail);
    return response ? *response : platform::HttpResponse{};
  }

  json Pull(const std::string& key = key_one, bool startup = false) {
    const auto response =
        Ask(std::string("/v1/decisions/stream?startup=") + (startup ? "true" : "false"), key);
    EXPECT_EQ(response.status, 200) << response.body;
    return json::parse(response.body, nullptr, false);
  }

  std::string HowHeld() {
    const auto proof = exporter_->ReadBack(*base_);
    return proof ? proof->how : "unproven: " + proof.error().reason;
  }

  platform::testing::TemporaryFolder folder_;
  platform::ManualClock clock_{policy::ParseTime("2026-11-24T10:00:00Z").value()};
  std::uint16_t port_ = peers::FreePort();
  platform::CurlHttpClient client_{"test-bouncer/v1"};
};

TEST_F(CrowdsecExporterTest, GivesNothingBeforeTheFirstListAndNothingToStrangers) {
  EXPECT_EQ(Ask("/v1/decisions/stream?startup=true").status, 503);
  EXPECT_EQ(Ask("/v1/decisions/stream?startup=true", "a wrong key").status, 403);
  EXPECT_EQ(Ask("/v1/decisions", "").status, 403);
  EXPECT_EQ(Ask("/health", "").body, R"({"status":"up"})");
  ASSERT_TRUE(Apply(ListOf({})));
  EXPECT_EQ(Ask("/v1/decisions/stream?startup=true").body, R"({"deleted":null,"new":null})");
  EXPECT_EQ(Ask("/v1/decisions").body, "null");
  EXPECT_EQ(Ask("/v1/nothing").status, 404);
  EXPECT_EQ(Ask("/v1/decisions?ip=bogus").status, 400);
}

TEST_F(CrowdsecExporterTest, TellsEachBouncerWhatChangedSinceItLastAsked) {
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32", "ip 192.0.2.2/32"})));
  EXPECT_EQ(ValuesIn(Pull(key_one, true)["new"]), (Names{"192.0.2.1", "192.0.2.2"}));
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.2/32", "ip 192.0.2.3/32"})));
  const json changes = Pull();
  EXPECT_EQ(ValuesIn(changes["new"]), (Names{"192.0.2.3"}));
  EXPECT_EQ(ValuesIn(changes["deleted"]), (Names{"192.0.2.1"}));
  EXPECT_EQ(ValuesIn(Pull(key_two, true)["new"]), (Names{"192.0.2.2", "192.0.2.3"}));
}

TEST_F(CrowdsecExporterTest, FollowsChangesBeforeAnyBouncerCame) {
  const auto one = ListOf({"ip 192.0.2.1/32"});
  const auto two = ListOf({"ip 192.0.2.1/32", "ip 192.0.2.2/32"});
  for (const auto& list : {one, two, one, two, ListOf({}), one}) {
    const auto proof = Apply(list);
    ASSERT_TRUE(proof) << proof.error().reason;
  }
  EXPECT_EQ(ValuesIn(Pull()["new"]), (Names{"192.0.2.1"}));
}

TEST_F(CrowdsecExporterTest, TellsEveryChangeTwiceForAnAnswerMayGetLost) {
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32"})));
  Pull(key_one, true);
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.2/32"})));
  EXPECT_EQ(ValuesIn(Pull()["new"]), (Names{"192.0.2.2"}));
  const json again = Pull();
  EXPECT_EQ(ValuesIn(again["new"]), (Names{"192.0.2.2"}));
  EXPECT_EQ(ValuesIn(again["deleted"]), (Names{"192.0.2.1"}));
  EXPECT_EQ(Pull(), json::parse(R"({"deleted":null,"new":null})"));
}

TEST_F(CrowdsecExporterTest, LosesNoBouncersPlaceByARestart) {
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32", "ip 192.0.2.2/32"})));
  Pull(key_one, true);
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.2/32", "ip 192.0.2.3/32"})));
  MakeExporter();
  const json changes = Pull();
  EXPECT_EQ(ValuesIn(changes["new"]), (Names{"192.0.2.3"}));
  EXPECT_EQ(ValuesIn(changes["deleted"]), (Names{"192.0.2.1"}));
  EXPECT_TRUE(exporter_->ReadBack(*base_).error().reason.starts_with(
      "not every bouncer is known to have the list"));  // the second never came
}

// Nobody has to be told of a removal whose decision was over, but the exporter itself.
TEST_F(CrowdsecExporterTest, KnowsARemovalAfterARestartThoughItsTimeWasOver) {
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32", "ip 192.0.2.2/32"})));
  clock_.Advance(std::chrono::hours(24) * 30);
  MakeExporter();
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.2/32"})));
  MakeExporter();
  EXPECT_EQ(ValuesIn(Pull(key_one, true)["new"]), (Names{"192.0.2.2"}));
}

TEST_F(CrowdsecExporterTest, TellsEverythingAnewWhenItsOwnFileIsLost) {
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32", "ip 192.0.2.2/32"})));
  Pull(key_one, true);
  exporter_.reset();
  std::filesystem::remove(folder_ / "decisions");
  MakeExporter();
  EXPECT_EQ(Ask("/v1/decisions/stream").status, 503);
  const auto found = exporter_->ReadBack(*base_);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->matches);
  base_.reset();
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.2/32"})));
  EXPECT_EQ(ValuesIn(Pull()["new"]), (Names{"192.0.2.2"}));
}

TEST_F(CrowdsecExporterTest, AnswersForOneAddressAsForALiveBouncer) {
  MakeExporter("prefixes: ranges\n");
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32", "ip 198.51.100.0/24", "ip 2001:db8::1/128"})));
  const auto values = [&](const std::string& query) {
    return ValuesIn(json::parse(Ask("/v1/decisions?" + query).body, nullptr, false));
  };
  EXPECT_EQ(values("ip=198.51.100.7"), (Names{"198.51.100.0/24"}));
  EXPECT_EQ(values("ip=198.51.101.7"), Names{});
  EXPECT_EQ(values("ip=2001:db8::1&type=ban"), (Names{"2001:db8::1"}));
  EXPECT_EQ(values("scopes=Range"), (Names{"198.51.100.0/24"}));
  EXPECT_EQ(values("range=198.51.0.0/16&contains=false"), (Names{"198.51.100.0/24"}));
  EXPECT_EQ(values("").size(), 3U);
}

TEST_F(CrowdsecExporterTest, ProvesAListWhenEveryBouncerHasPulledIt) {
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32"})));
  EXPECT_NE(HowHeld().find("unproven: not every bouncer is known to have the list: pulled as a "
                           "bouncer does, and got its 1 decisions; one has never pulled; two has "
                           "never pulled"),
            std::string::npos)
      << HowHeld();
  Pull(key_one, true);
  Pull(key_two, true);
  EXPECT_EQ(HowHeld(),
            "pulled as a bouncer does, and got its 1 decisions; one (test-bouncer/v1) pulled 0 s "
            "ago; two (test-bouncer/v1) pulled 0 s ago");
  const auto next = ListOf({"ip 192.0.2.2/32"});
  std::thread bouncer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    Pull(key_one);
  });
  const auto proof = Apply(next);  // waits for both, for a second
  bouncer.join();
  ASSERT_TRUE(proof) << proof.error().reason;
  EXPECT_NE(proof->how.find("one (test-bouncer/v1) pulled 0 s ago;"), std::string::npos)
      << proof->how;
  EXPECT_NE(proof->how.find("two (test-bouncer/v1) pulled 0 s ago, before the latest change"),
            std::string::npos)
      << proof->how;
  EXPECT_TRUE(HowHeld().starts_with("unproven"));
  Pull(key_two);
  EXPECT_FALSE(HowHeld().starts_with("unproven"));
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_TRUE(HowHeld().starts_with("unproven")) << "a bouncer that stopped pulling";
}

TEST_F(CrowdsecExporterTest, DoesNotProveABouncerThatFiltersDecisionsOut) {
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32"})));
  Pull(key_two, true);
  EXPECT_EQ(Ask("/v1/decisions/stream?startup=true&origins=cscli").body,
            R"({"deleted":null,"new":null})");
  EXPECT_NE(HowHeld().find("and filters some of it out"), std::string::npos) << HowHeld();
  EXPECT_TRUE(HowHeld().starts_with("unproven"));
  Ask("/v1/decisions/stream?startup=true&scopes=ip");
  EXPECT_FALSE(HowHeld().starts_with("unproven")) << HowHeld();
}

TEST_F(CrowdsecExporterTest, TakesWhatABouncerReportsIntoTheProof) {
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32"})));
  Pull(key_one, true);
  platform::HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(port_) + "/v1/usage-metrics";
  request.method = platform::HttpMethod::post;
  request.content_type = "application/json";
  request.body =
      R"({"remediation_components":[{"metrics":[{"items":[{"name":"active_decisions","value":1},
          {"name":"dropped","value":42}]}]}]})";
  request.allow_private_addresses = true;
  request.headers.push_back({"X-Api-Key", key_one});
  EXPECT_EQ(client_.Send(request)->status, 201);
  EXPECT_NE(HowHeld().find("says that it has 1 active and dropped 42"), std::string::npos)
      << HowHeld();
  request.body = "not metrics";
  EXPECT_EQ(client_.Send(request)->status, 400);
}

TEST_F(CrowdsecExporterTest, RenewsDecisionsBeforeBouncersDropThem) {
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32"})));
  const json first = Pull(key_one, true)["new"][0];
  Pull();
  clock_.Advance(std::chrono::hours(24) * 7);
  HowHeld();
  const json changes = Pull();
  ASSERT_EQ(ValuesIn(changes["deleted"]), (Names{"192.0.2.1"}));
  ASSERT_EQ(ValuesIn(changes["new"]), (Names{"192.0.2.1"}));
  EXPECT_EQ(changes["deleted"][0]["id"], first["id"]);
  EXPECT_NE(changes["new"][0]["id"], first["id"]);
}

TEST_F(CrowdsecExporterTest, RefusesAListThatBouncersWouldCutAndKeepsTheFormer) {
  MakeExporter("entries_max: 2\n");
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32"})));
  const auto refused = Apply(ListOf({"ip 192.0.2.1/32", "ip 198.51.100.0/30"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().device, DeviceState::unchanged);
  EXPECT_NE(refused.error().reason.find("entries_max"), std::string::npos);
  EXPECT_EQ(ValuesIn(Pull(key_one, true)["new"]), (Names{"192.0.2.1"}));
}

TEST_F(CrowdsecExporterTest, SaysWhatIsTooWideToExpand) {
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.0/24", "ip 10.0.0.0/8"})));
  Pull(key_one, true);
  Pull(key_two, true);
  EXPECT_NE(HowHeld().find("1 prefixes of more than 256 addresses (expand_max) are left out"),
            std::string::npos)
      << HowHeld();
  EXPECT_EQ(Held(base_).not_enforceable, 1U);
}

// ---- what a client can't see by HTTP alone

platform::HttpServerRequest Request(const std::string& method, const std::string& query) {
  platform::HttpServerRequest request;
  request.method = method;
  request.path = "/v1/decisions/stream";
  request.query = query;
  request.headers = {{"x-api-key", key_one}, {"Accept-Encoding", "gzip"}};
  return request;
}

TEST(CrowdsecLapiTest, HeadTriesTheKeyAndMovesNoBouncersPlace) {
  platform::ManualClock clock(policy::ParseTime("2026-11-24T10:00:00Z").value());
  crowdsec::Lapi lapi(crowdsec::Bouncers({{"one", policy::Sha256Of(key_one)}}), "own", false,
                      clock);
  auto ledger = std::make_shared<crowdsec::Ledger>(std::chrono::hours(48));
  ledger->Become({policy::IpPrefix::Parse("192.0.2.1").value()}, clock.Now());
  lapi.Put(ledger);
  EXPECT_EQ(lapi.Respond(Request("HEAD", "")).status, 200);
  EXPECT_EQ(lapi.bouncers().all()[0].told, 0U);
  EXPECT_EQ(lapi.Respond(Request("DELETE", "")).status, 405);
  const auto first = lapi.Respond(Request("GET", ""));
  EXPECT_NE(first.body->find("192.0.2.1"), std::string::npos);
  EXPECT_EQ(lapi.bouncers().all()[0].told, 1U);
}

TEST(CrowdsecLapiTest, MakesTheWholeAnswerOnceForAllWhoStart) {
  platform::ManualClock clock(policy::ParseTime("2026-11-24T10:00:00Z").value());
  crowdsec::Lapi lapi(crowdsec::Bouncers({{"one", policy::Sha256Of(key_one)}}), "own", false,
                      clock);
  auto ledger = std::make_shared<crowdsec::Ledger>(std::chrono::hours(48));
  std::vector<policy::IpPrefix> values;
  for (unsigned i = 0; i < 100; ++i) {
    values.push_back(*policy::IpPrefix::From(policy::IpFamily::v4, 0xC0000200U + i, 32));
  }
  ledger->Become(values, clock.Now());
  lapi.Put(ledger);
  const auto gzip = lapi.Respond(Request("GET", "startup=true"));
  EXPECT_EQ(platform::FindHeader(gzip.headers, "Content-Encoding"), "gzip");
  const auto json_text = platform::Inflate(*gzip.body, 1'000'000).value();
  EXPECT_EQ(json::parse(json_text)["new"].size(), 100U);
  EXPECT_EQ(lapi.Respond(Request("GET", "startup=true")).body, gzip.body);
  clock.Advance(std::chrono::minutes(2));
  EXPECT_NE(lapi.Respond(Request("GET", "startup=true")).body, gzip.body) << "durations go on";
}

// The same questions to CrowdSec's own, about the same decisions.
TEST_F(CrowdsecExporterTest, AnswersWhatTheRealLapiAnswers) {
  std::filesystem::create_directory(folder_ / "lapi");
  auto real = peers::CrowdsecLapi::Start(folder_ / "lapi");
  if (!real) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << real.error().detail;
    GTEST_SKIP() << real.error().detail;
  }
  MakeExporter("prefixes: ranges\n");
  ASSERT_TRUE(Apply(ListOf({"ip 192.0.2.1/32", "ip 198.51.100.0/24", "ip 2001:db8::1/128"})));
  for (const char* add : {"--ip 192.0.2.1", "--range 198.51.100.0/24", "--ip 2001:db8::1"}) {
    const auto said = (*real)->Cscli(std::string("decisions add --duration 4h ") + add);
    ASSERT_TRUE(said) << said.error().detail;
  }
  const auto both = [&](const std::string& path) {
    platform::HttpRequest request;
    request.url = (*real)->url() + path;
    request.allow_private_addresses = true;
    request.headers.push_back({"X-Api-Key", (*real)->key()});
    const auto theirs = client_.Get(request);
    const auto ours = Ask(path);
    ASSERT_TRUE(theirs) << theirs.error().detail;
    EXPECT_EQ(ours.status, theirs->status) << path;
    EXPECT_EQ(ours.content_type, theirs->content_type) << path;
    json a = json::parse(ours.body, nullptr, false);
    json b = json::parse(theirs->body, nullptr, false);
    for (json* answer : {&a, &b}) {
      for (json& list : answer->is_object() ? *answer : (*answer = json{{"list", *answer}})) {
        for (json& decision : list) {
          // What only the one or the other can know.
          for (const char* own : {"duration", "id", "origin", "scenario"}) {
            EXPECT_TRUE(decision.contains(own)) << decision;
            decision.erase(own);
          }
        }
      }
    }
    EXPECT_EQ(a, b) << path;
  };
  both("/v1/decisions/stream?startup=true");
  both("/v1/decisions/stream?startup=true&scopes=ip");
  both("/v1/decisions?scopes=Range");
  both("/v1/decisions?ip=192.0.2.1");
  both("/v1/decisions?ip=198.51.100.77");
  both("/v1/decisions?ip=203.0.113.9");
  both("/v1/decisions?type=captcha");
  both("/v1/decisions");
  std::this_thread::sleep_for(std::chrono::seconds(2));
  both("/v1/decisions/stream");
}

}  // namespace
}  // namespace exporters
