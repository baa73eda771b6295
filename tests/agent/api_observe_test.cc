// What analysts and tools may say through the API, and what becomes of bad rows.
#include <gtest/gtest.h>

#include <string>

#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

using grpc::StatusCode;

namespace v1 = sekisho::v1;

class ObserveTest : public testing::ServicesFixture {
 protected:
  static v1::ObserveRequest Request(const std::vector<std::string>& indicators,
                                    const std::string& feed = "desk") {
    v1::ObserveRequest request;
    request.set_feed(feed);
    request.set_request_id("r1");
    for (const std::string& text : indicators) request.add_observations()->set_indicator(text);
    return request;
  }
  testing::Answer<v1::ObserveResponse> Observe(const v1::ObserveRequest& request) {
    return Call<v1::ObserveResponse>("Feeds/Observe", request, "analyst-token");
  }
  const std::vector<feeds::PushedRow>& Rows(const std::string& id = "r1") {
    return feeds_.pushes.at(id).rows;
  }
  std::string ReasonFor(const v1::Observed& observed) {
    v1::ObserveRequest request = Request({});
    request.set_request_id("r" + std::to_string(++requests_));
    *request.add_observations() = observed;
    const auto answer = Observe(request);
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    return answer.body.rejected_size() == 1 ? answer.body.rejected(0).reason() : "";
  }

 private:
  int requests_ = 0;
};

TEST_F(ObserveTest, TakesDefangedIndicatorsOfEveryKindAndSaysWhoSaidSo) {
  const auto answer =
      Observe(Request({"evil[.]example", "192.0.2.1", "hxxp://evil[.]example/x", "192.0.2.0/24"}));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.body.accepted(), 4U);
  EXPECT_EQ(policy::LineOf(Rows()[2].seen.indicator), "url http://evil.example/x");
  EXPECT_EQ(Rows()[0].by, "analyst-name");
  EXPECT_EQ(Rows()[0].seen.last_seen, clock_.Now());
  EXPECT_EQ(Rows()[0].seen.sightings, 0U);
  EXPECT_FALSE(Rows()[0].is_detection);
}

TEST_F(ObserveTest, KeepsAllThatWasSaid) {
  auto request = Request({"evil.example"});
  v1::Observed& observed = *request.mutable_observations(0);
  observed.set_kind("domain");
  observed.set_confidence(0);
  observed.set_threat("c2");
  observed.mutable_first_seen()->set_seconds(1'000'000);
  observed.mutable_last_seen()->set_seconds(2'000'000);
  observed.mutable_valid_until()->set_seconds(3'000'000);
  observed.set_malware("emotet");
  observed.set_campaign("dust");
  observed.set_tags("a,b");
  observed.set_reference("https://blog.example/1");
  observed.set_withdrawn(true);
  ASSERT_EQ(Observe(request).body.accepted(), 1U);
  const feeds::PushedRow& row = Rows().at(0);
  EXPECT_EQ(row.seen.confidence->percent(), 0);
  EXPECT_EQ(row.seen.threat, policy::ThreatType::c2);
  EXPECT_EQ(row.seen.first_seen.time_since_epoch().count(), 1'000'000);
  EXPECT_EQ(row.seen.last_seen.time_since_epoch().count(), 2'000'000);
  EXPECT_EQ(row.seen.valid_until->time_since_epoch().count(), 3'000'000);
  EXPECT_EQ(row.seen.malware + row.seen.campaign + row.seen.tags + row.seen.reference,
            "emotetdusta,bhttps://blog.example/1");
  EXPECT_TRUE(row.withdrawn);
}

TEST_F(ObserveTest, ABadRowDoesNotLoseTheOthersUnlessAskedTo) {
  auto request = Request({"evil.example", "no indicator", "192.0.2.1", ""});
  auto answer = Observe(request);
  EXPECT_EQ(answer.body.accepted(), 2U);
  ASSERT_EQ(answer.body.rejected_size(), 2);
  EXPECT_EQ(answer.body.rejected(0).index(), 1U);
  EXPECT_EQ(answer.body.rejected(1).index(), 3U);
  EXPECT_FALSE(answer.body.rejected(1).reason().empty());
  request.set_all_or_nothing(true);
  request.set_request_id("r2");
  answer = Observe(request);
  EXPECT_EQ(answer.body.accepted(), 0U);
  EXPECT_EQ(answer.body.rejected_size(), 2);
  EXPECT_TRUE(Rows("r2").empty());
}

TEST_F(ObserveTest, SaysWhatIsWrongWithARow) {
  const auto with = [](const auto& change) {
    v1::Observed observed;
    observed.set_indicator("evil.example");
    change(observed);
    return observed;
  };
  using O = v1::Observed;
  EXPECT_EQ(ReasonFor(with([](O& o) { o.set_kind("url"); })).empty(), false);
  EXPECT_EQ(ReasonFor(with([](O& o) { o.set_kind("mutex"); })).empty(), false);
  EXPECT_EQ(ReasonFor(with([](O& o) { o.set_confidence(101); })), "confidence has to be 0 to 100");
  EXPECT_EQ(ReasonFor(with([](O& o) { o.set_confidence(4'000'000'000U); })),
            "confidence has to be 0 to 100");
  EXPECT_NE(ReasonFor(with([](O& o) { o.set_threat("bad"); })).find("is no threat"),
            std::string::npos);
  EXPECT_EQ(ReasonFor(with([](O& o) { o.set_reference("javascript:alert(1)"); })),
            "reference is no web address");
  EXPECT_NE(ReasonFor(with([](O& o) { o.set_tags(std::string(1001, 'x')); })).find("too long"),
            std::string::npos);
  EXPECT_EQ(ReasonFor(with([](O& o) {
              o.mutable_first_seen()->set_seconds(2);
              o.mutable_last_seen()->set_seconds(1);
            })),
            "first_seen is after last_seen");
  EXPECT_NE(ReasonFor(with([](O& o) { o.mutable_last_seen()->set_nanos(-1); })).find("last_seen"),
            std::string::npos);
  EXPECT_EQ(ReasonFor(with([](O&) {})), "");
}

TEST_F(ObserveTest, DetectionsGoToFeedsOfDetectionsOnly) {
  auto request = Request({"evil.example"});
  request.mutable_observations(0)->set_is_detection(true);
  EXPECT_EQ(Observe(request).body.rejected_size(), 1);
  request = Request({"evil.example", "other.example"}, "sensors");
  request.set_request_id("r2");
  request.mutable_observations(0)->set_sightings(12);
  EXPECT_EQ(Observe(request).body.accepted(), 2U);
  EXPECT_TRUE(Rows("r2")[0].is_detection);
  EXPECT_EQ(Rows("r2")[0].seen.sightings, 12U);
  EXPECT_EQ(Rows("r2")[1].seen.sightings, 1U);
}

TEST_F(ObserveTest, ARepeatedRequestIsKnownAndAnotherWithItsIdIsAConflict) {
  const auto request = Request({"evil.example"});
  EXPECT_FALSE(Observe(request).body.repeated_request());
  const auto again = Observe(request);
  EXPECT_TRUE(again.body.repeated_request());
  EXPECT_EQ(again.body.accepted(), 1U);
  EXPECT_EQ(Observe(Request({"other.example"})).status.error_code(), StatusCode::ABORTED);
}

TEST_F(ObserveTest, EachBatchIsInTheHistoryOnceWithWhoSentIt) {
  const auto request = Request({"evil.example", "192.0.2.1", "no indicator"});
  EXPECT_EQ(Observe(request).body.accepted(), 2U);
  EXPECT_TRUE(Observe(request).body.repeated_request());
  const auto entries = Entries("\"observe\"");
  ASSERT_EQ(entries.size(), 1U);
  const std::string digest =
      policy::ToHex(policy::Sha256Of(feeds::LineOf(Rows()[0]) + feeds::LineOf(Rows()[1])));
  EXPECT_NE(entries[0].find("\"actor\":\"analyst-name\",\"action\":\"observe\",\"subject\":"
                            "\"push desk r1\",\"detail\":{\"feed\":\"desk\",\"rows\":2,"
                            "\"sha256\":\"" +
                            digest + "\"}"),
            std::string::npos)
      << entries[0];

  auto bad = Request({"no indicator"});
  bad.set_request_id("r2");
  EXPECT_EQ(Observe(bad).body.accepted(), 0U);
  EXPECT_EQ(Entries("\"observe\"").size(), 1U) << "of nothing that was accepted";
}

TEST_F(ObserveTest, O5_ACallerWhoFloodsIsTurnedAwayAndNobodyElse) {
  StatusCode code = StatusCode::OK;
  int taken = 0;
  for (; code == StatusCode::OK && taken < 1000; ++taken) {
    auto request = Request({"evil.example"});
    request.set_request_id("flood" + std::to_string(taken));
    code = Observe(request).status.error_code();
  }
  EXPECT_EQ(code, StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(taken, 101) << "a hundred at once, and no more";
  TakeFeed({"domain other.example"});
  EXPECT_EQ(Approve("other").decided(), 1U);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(Observe(Request({"evil.example"})).status.ok());
}

TEST_F(ObserveTest, RefusesWhatIsNoRequest) {
  auto request = Request({"evil.example"});
  for (const std::string& id : {std::string(), std::string("a b"), std::string(101, 'x')}) {
    request.set_request_id(id);
    EXPECT_EQ(Observe(request).status.error_code(), StatusCode::INVALID_ARGUMENT) << id;
  }
  EXPECT_EQ(Observe(Request({})).status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Observe(Request(std::vector<std::string>(10'001, "a.example"))).status.error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Observe(Request({"a.example"}, "unknown")).status.error_code(), StatusCode::NOT_FOUND);
}

TEST_F(ObserveTest, TakesTenThousandInOneCall) {
  std::vector<std::string> indicators;
  for (int i = 0; i < 10'000; ++i) {
    indicators.push_back("http://host" + std::to_string(i) + ".evil.example/" +
                         std::string(120, 'a'));
  }
  const auto answer = Observe(Request(indicators));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.body.accepted(), 10'000U);
}

// Whoever may approve could otherwise have blocked what nobody else has seen.
TEST_F(ObserveTest, Z1_WhoeverApprovesCannotObserve) {
  const auto answer =
      Call<v1::ObserveResponse>("Feeds/Observe", Request({"evil.example"}), "approver-token");
  EXPECT_EQ(answer.status.error_code(), StatusCode::PERMISSION_DENIED);
  const auto decided = Call<v1::DecideResponse>("Queue/Decide", Approval(""), "analyst-token");
  EXPECT_EQ(decided.status.error_code(), StatusCode::PERMISSION_DENIED);
}

// What a sensor saw is shown to whoever decides, and proposes nothing by itself.
TEST_F(ObserveTest, TheQueueShowsHowOftenOurSensorsSawIt) {
  const auto take = [this](const std::string& feed, const std::string& name) {
    auto snapshot = std::make_shared<feeds::FeedSnapshot>();
    snapshot->observations.push_back({.indicator = policy::GuessIndicator(name).value(),
                                      .first_seen = clock_.Now(),
                                      .last_seen = clock_.Now()});
    snapshot->observations[0].sightings = feed == "sensors" ? 12 : 0;
    snapshot->observations[0].tags = feed == "sensors" ? "clients:3" : "";
    Take(feeds::SourceKind::feed, feed, std::shared_ptr<const feeds::FeedSnapshot>(snapshot));
  };
  take("sensors", "evil.example");
  take("desk", "evil.example");
  const auto proposals = Proposals();
  ASSERT_EQ(proposals.proposals_size(), 1);
  const auto& sources = proposals.proposals(0).sources();
  ASSERT_EQ(sources.size(), 2);
  EXPECT_EQ(sources[0].feed(), "desk");
  EXPECT_FALSE(sources[0].is_detection());
  EXPECT_EQ(sources[1].sightings(), 12U);
  EXPECT_EQ(sources[1].tags(), "clients:3");
  EXPECT_TRUE(sources[1].is_detection());
}

}  // namespace
}  // namespace agent::api
