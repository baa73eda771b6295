// Streams of what changes, through both doors.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sekisho/v1/changes.grpc.pb.h"
#include "tests/agent/web_fixture.h"
#include "tests/platform/raw_client.h"

namespace agent::api {
namespace {

using grpc::StatusCode;
using platform::testing::RawClient;

namespace v1 = sekisho::v1;

// One stream of the gRPC door.
class Stream {
 public:
  Stream(const std::shared_ptr<grpc::Channel>& channel, const std::string& token)
      : stub_(v1::Changes::NewStub(channel)) {
    testing::Authorise(context_, token);
    reader_ = stub_->Follow(&context_, v1::FollowRequest());
  }
  ~Stream() {
    context_.TryCancel();
    if (!is_finished_) Finish();
  }
  // The next message; false at the end.
  bool Read() { return reader_->Read(&now); }
  StatusCode Finish() {
    while (Read()) {
    }
    is_finished_ = true;
    return reader_->Finish().error_code();
  }
  v1::FollowResponse now;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::Changes::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<v1::FollowResponse>> reader_;
  bool is_finished_ = false;
};

class FollowTest : public testing::WebFixture {
 protected:
  void Look(const std::string& token, const std::string& filter) {
    v1::WatchRequest request;
    request.set_filter(filter);
    Call<v1::WatchResponse>("Queue/Watch", request, token);
  }
  static std::string Envelope(const std::string& message) {
    return std::string("\0\0\0\0", 4) + static_cast<char>(message.size()) + message;
  }
  // A streaming call as a browser sends it.
  std::string Request(const std::string& headers, const std::string& body,
                      const std::string& type = "application/connect+json") const {
    return "POST /sekisho.v1.Changes/Follow HTTP/1.1\r\nHost: " + origin_.substr(7) +
           "\r\nOrigin: " + origin_ + "\r\nConnect-Protocol-Version: 1\r\nContent-Type: " + type +
           "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
};

TEST_F(FollowTest, TellsHowThingsStandAndEachChange) {
  Stream stream(channel_, "viewer-token");
  ASSERT_TRUE(stream.Read());
  const auto before = stream.now.revision();
  TakeFeed({"domain a.example"});
  do {
    ASSERT_TRUE(stream.Read());
  } while (stream.now.revision() == before);
  Look("approver-token", "kind:domain");
  do {
    ASSERT_TRUE(stream.Read());
  } while (stream.now.others().empty());
  EXPECT_EQ(stream.now.others(0).name(), "approver-name");
  EXPECT_EQ(stream.now.others(0).filter(), "kind:domain");
}

TEST_F(FollowTest, NobodyIsToldOfThemselves) {
  Look("approver-token", "kind:domain");
  Look("analyst-token", "kind:ip");
  Stream stream(channel_, "approver-token");
  ASSERT_TRUE(stream.Read());
  ASSERT_EQ(stream.now.others_size(), 1);
  EXPECT_EQ(stream.now.others(0).name(), "analyst-name");
}

TEST_F(FollowTest, TellsWhatOthersClaimAndThatALogOutEndsIt) {
  TakeFeed({"domain a.example", "domain b.example"});
  Stream stream(channel_, "viewer-token");
  ASSERT_TRUE(stream.Read());
  EXPECT_TRUE(stream.now.claims().is_all());
  const std::string session = Enrol("dave", "approver");
  const auto id = Proposals().proposals(0).id();
  v1::ClaimRequest claim;
  claim.add_ids(id);
  ASSERT_TRUE(Browse<v1::ClaimResponse>("Queue/Claim", claim, session).status.ok());
  do {
    ASSERT_TRUE(stream.Read());
    EXPECT_FALSE(stream.now.claims().is_all());
  } while (stream.now.claims().claims().empty());
  EXPECT_EQ(stream.now.claims().claims(0).id(), id);
  EXPECT_EQ(stream.now.claims().claims(0).name(), "dave");
  ASSERT_TRUE(
      Browse<v1::LogOutResponse>("Sessions/LogOut", v1::LogOutRequest(), session).status.ok());
  do {
    ASSERT_TRUE(stream.Read());
  } while (stream.now.claims().ended().empty());
  EXPECT_EQ(stream.now.claims().ended(0), id);
}

TEST_F(FollowTest, SaysTheSameAgainAfterAWhileSoThatABrokenStreamIsNoticed) {
  Stream stream(channel_, "viewer-token");
  ASSERT_TRUE(stream.Read());
  clock_.Advance(std::chrono::seconds(16));
  EXPECT_TRUE(stream.Read());
}

TEST_F(FollowTest, Z4_ARevokedTokensStreamEndsAtOnce) {
  Stream stream(channel_, "viewer-token");
  ASSERT_TRUE(stream.Read());
  gate().Replace(Identities());
  EXPECT_EQ(stream.Finish(), StatusCode::UNAUTHENTICATED);
}

TEST_F(FollowTest, O5_ACallerHasSoManyStreamsAndNoMore) {
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(streams.emplace_back(std::make_unique<Stream>(channel_, "viewer-token"))->Read());
  }
  EXPECT_EQ(Stream(channel_, "viewer-token").Finish(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Stream(channel_, "analyst-token").Read());
}

TEST_F(FollowTest, ABrowserFollowsByItsSession) {
  const std::string session = Enrol("dave", "viewer");
  RawClient browser(web_->port());
  browser.Send(Request("Cookie: sekisho=" + session + "\r\n", Envelope("{}")));
  const std::string answer = browser.ReadUntil("revision");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_NE(answer.find("Content-Type: application/connect+json"), std::string::npos);
  EXPECT_NE(answer.find("nosniff"), std::string::npos) << "a stream has its safeguards, too";
  EXPECT_NE(answer.find("X-Accel-Buffering: no"), std::string::npos);
}

TEST_F(FollowTest, O5_ABrowserThatLeavesMakesRoomAtOnce) {
  const std::string session = Enrol("dave", "viewer");
  const auto follow = [&](RawClient& browser) {
    browser.Send(Request("Cookie: sekisho=" + session + "\r\n", Envelope("{}")));
    return browser.ReadUntil("}");
  };
  // As somebody who loads the page again and again.
  for (int i = 0; i < 20; ++i) {
    std::string answer;
    for (int tries = 0; tries < 50; ++tries) {
      RawClient browser(web_->port());
      answer = follow(browser);
      if (answer.find("revision") != std::string::npos) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ASSERT_NE(answer.find("revision"), std::string::npos) << answer;
  }
}

TEST_F(FollowTest, O5_AStreamCostsNoThread) {
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  const std::string session = Enrol("dave", "viewer");
  std::vector<std::unique_ptr<RawClient>> browsers;
  std::ptrdiff_t before = 0;
  for (int i = 0; i < 8; ++i) {
    RawClient& browser = *browsers.emplace_back(std::make_unique<RawClient>(web_->port()));
    browser.Send(Request("Cookie: sekisho=" + session + "\r\n", Envelope("{}")));
    ASSERT_NE(browser.ReadUntil("revision").find("revision"), std::string::npos);
    if (i == 0) before = threads();
  }
  EXPECT_EQ(threads(), before);
}

TEST_F(FollowTest, TellsOfADeviceThatLeaves) {
  const publish::DeviceSettings device{"resolver-1", "dns", "", false};
  engine_->Connected(device, v1::Hello(), std::nullopt);
  engine_->Settle();
  const auto before = engine_->revision();
  engine_->Disconnected(device);
  EXPECT_GT(engine_->revision(), before);
}

TEST_F(FollowTest, WhoAsksFromElsewhereIsNotShownAtTheQueue) {
  Look("approver-token", "kind:domain");
  v1::WatchRequest request;
  request.set_elsewhere(true);
  const auto seen = Call<v1::WatchResponse>("Queue/Watch", request, "viewer-token");
  ASSERT_EQ(seen.body.others_size(), 1);
  EXPECT_EQ(seen.body.others(0).name(), "approver-name");
  const auto by_others = Call<v1::WatchResponse>("Queue/Watch", request, "analyst-token");
  EXPECT_EQ(by_others.body.others_size(), 1);
}

TEST_F(FollowTest, Z4_ADisabledAccountsStreamEndsAtOnce) {
  const std::string session = Enrol("dave", "viewer");
  RawClient browser(web_->port());
  browser.Send(Request("Cookie: sekisho=" + session + "\r\n", Envelope("{}")));
  browser.ReadUntil("revision");
  v1::SetDisabledRequest disable;
  disable.set_name("dave");
  disable.set_disabled(true);
  ASSERT_TRUE(
      Call<v1::SetDisabledResponse>("Accounts/SetDisabled", disable, "admin-token").status.ok());
  EXPECT_NE(browser.ReadUntil("unauthenticated").find("\"unauthenticated\""), std::string::npos);
}

TEST_F(FollowTest, AStreamKeepsNoSessionFromBecomingIdle) {
  const std::string session = Enrol("dave", "viewer");
  RawClient browser(web_->port());
  browser.Send(Request("Cookie: sekisho=" + session + "\r\n", Envelope("{}")));
  browser.ReadUntil("revision");
  clock_.Advance(std::chrono::minutes(31));
  EXPECT_NE(browser.ReadUntil("unauthenticated").find("\"unauthenticated\""), std::string::npos);
}

TEST_F(FollowTest, HostileEnvelopesAreAnsweredInTheProtocol) {
  for (const std::string& body :
       {std::string(), std::string("{}"), std::string("\1\0\0\0\2{}", 7),
        std::string("\0\0\0\0\3{}", 7), std::string("\0\377\377\377\377{}", 7),
        std::string("\0\0\0\0\1{", 6)}) {
    RawClient client(web_->port());
    client.Send(Request("Authorization: Bearer viewer-token\r\n", body));
    const std::string answer = client.ReadUntil("message\"");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    EXPECT_NE(answer.find(R"({"error":{"code":"invalid_argument")"), std::string::npos) << answer;
  }
}

TEST_F(FollowTest, EachKindOfCallHasItsContentTypes) {
  RawClient unary(web_->port());
  unary.Send(Request("Authorization: Bearer viewer-token\r\n", "{}", "application/json"));
  EXPECT_TRUE(unary.ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 415 "));
  const auto stream = Post("Queue/Watch", Envelope("{}"),
                           {{"Authorization", "Bearer viewer-token"}}, "application/connect+json");
  EXPECT_EQ(stream.status, 415);
}

TEST_F(FollowTest, AStrangersStreamIsRefused) {
  RawClient client(web_->port());
  client.Send(Request("", Envelope("{}")));
  const std::string answer = client.ReadUntil("message\"");
  EXPECT_NE(answer.find("\"unauthenticated\""), std::string::npos) << answer;
}

}  // namespace
}  // namespace agent::api
