// From the history of a real engine to channels that a test controls, and to one real receiver.
#include "agent/notify/notifier.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/agent/engine_fixture.h"
#include "tests/agent/notify_receiver.h"

namespace agent::notify {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Texts = std::vector<std::string>;

// Another side that takes what it gets, or doesn't.
struct OtherSide {
  bool takes = true;
  std::vector<Batch> got;
  Texts Last() const {
    Texts texts;
    for (const Event& event : got.back().events) {
      texts.push_back(std::string(event.kind->name) + " " + event.subject);
    }
    return texts;
  }
};

class ToOtherSide final : public Channel {
 public:
  explicit ToOtherSide(OtherSide& side) : side_(side) {}
  policy::Result<void> Send(const Batch& batch, std::stop_token) override {
    side_.got.push_back(batch);
    if (side_.takes) return {};
    return policy::Fail(policy::ErrorCode::unavailable, "no answer");
  }

 private:
  OtherSide& side_;
};

class NotifierTest : public EngineFixture {
 protected:
  void SetUp() override {
    EngineFixture::SetUp();
    TakeAllowlist({"github.com"});
    Start();
    Collect();
  }
  void TearDown() override { notifier_.reset(); }

  void Start() {
    std::vector<ChannelSettings> channels;
    channels.push_back({"chat", schedule_, kinds_, std::make_unique<ToOtherSide>(side_)});
    notifier_ = std::make_unique<Notifier>(
        std::move(channels), Bounds(),
        Notifier::Surroundings{*store_,
                               [this](const Notifier::Change& change) {
                                 return engine_->Write(
                                     [&](store::Transaction& transaction, const Engine::Append&) {
                                       return change(transaction);
                                     });
                               },
                               clock_,
                               "test.example/history",
                               {"fw1"},
                               [this] { return connected_; },
                               hours(24 * 7),
                               [this] { return certificates_; }});
  }
  // As after a crash: nothing but the disk is left.
  void RestartAll() {
    notifier_.reset();
    Restart();
    Start();
  }
  void Collect() {
    const auto collected = notifier_->Collect();
    ASSERT_TRUE(collected) << collected.error().detail;
  }
  void Deliver() {
    const auto delivered = notifier_->Deliver(0);
    ASSERT_TRUE(delivered) << delivered.error().detail;
  }
  void Work(seconds passed = seconds(0)) {
    clock_.Advance(passed);
    Collect();
    Deliver();
  }
  void BlockNow(const std::string& line) {
    ASSERT_TRUE(engine_->BlockNow({Line(line)}, "sam", "ransomware spreads"));
  }
  std::vector<store::Notification> Rows() {
    return store_->Read().value()->ListNotifications(0, 1000).value();
  }

  Schedule schedule_;
  std::set<std::string, std::less<>> kinds_;
  std::vector<std::string> connected_{"fw1"};
  std::vector<Certificate> certificates_;
  OtherSide side_;
  std::unique_ptr<Notifier> notifier_;
};

TEST_F(NotifierTest, Z10_AnEmergencyIsToldAtOnceAndOnce) {
  BlockNow("domain evil.example");
  Work();
  ASSERT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(side_.Last(), Texts{"emergency.block evil[.]example"});
  EXPECT_EQ(side_.got[0].events[0].actor, "sam");
  Work(minutes(5));
  EXPECT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(Rows().at(0).state, store::NotificationState::delivered);
}

TEST_F(NotifierTest, Z10_AnEmergencyThatACrashFollowsIsToldAfterIt) {
  BlockNow("domain evil.example");
  RestartAll();
  Work();
  ASSERT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(side_.Last(), Texts{"emergency.block evil[.]example"});
}

TEST_F(NotifierTest, ACrashBetweenSendingAndNotingRepeatsTheSameIdAndNoOther) {
  BlockNow("domain evil.example");
  Collect();
  side_.takes = false;
  Deliver();
  BlockNow("domain worse.example");
  RestartAll();
  side_.takes = true;
  Work(minutes(2));
  ASSERT_EQ(side_.got.size(), 3U);
  EXPECT_EQ(side_.got[1].id, side_.got[0].id);
  EXPECT_EQ(side_.got[1].events.size(), 1U) << "what was begun stays as it was";
  EXPECT_NE(side_.got[2].id, side_.got[0].id);
  EXPECT_EQ(side_.Last(), Texts{"emergency.block worse[.]example"});
}

class FirstNotifierTest : public NotifierTest {
 protected:
  void SetUp() override {
    EngineFixture::SetUp();
    TakeAllowlist({"github.com"});
  }
};

TEST_F(FirstNotifierTest, AFirstStartTellsNothingOfThePast) {
  BlockNow("domain evil.example");
  Start();
  Work();
  EXPECT_TRUE(side_.got.empty());
  BlockNow("domain worse.example");
  Work();
  EXPECT_EQ(side_.got.size(), 1U);
}

TEST_F(NotifierTest, ALongTimeWithoutChannelsIsNoNews) {
  BlockNow("domain evil.example");
  notifier_.reset();
  clock_.Advance(hours(24 * 30));
  Start();
  Collect();
  for (const store::Notification& row : Rows()) EXPECT_NE(row.event, "emergency.block");
}

TEST_F(NotifierTest, WhatDoesNotGetThroughIsSeenAndTriedLaterAndLater) {
  side_.takes = false;
  BlockNow("domain evil.example");
  Work();
  EXPECT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(store_->Read().value()->CountLateNotifications().value(), 1U);
  EXPECT_EQ(Rows().at(0).error, "no answer");
  Work(seconds(30));
  EXPECT_EQ(side_.got.size(), 1U) << "not yet";
  Work(seconds(31));
  EXPECT_EQ(side_.got.size(), 2U);
  Work(minutes(1));
  EXPECT_EQ(side_.got.size(), 2U) << "twice as long";
  Work(hours(80));
  EXPECT_EQ(Rows().back().state, store::NotificationState::failed);
  const auto attempts = side_.got.size();
  Work(hours(2));
  EXPECT_EQ(
      std::count_if(side_.got.begin() + static_cast<std::ptrdiff_t>(attempts), side_.got.end(),
                    [this](const Batch& batch) { return batch.id == side_.got[0].id; }),
      0)
      << "nobody tries any more";
}

TEST_F(NotifierTest, ADigestIsOneMessageAndTheUrgentDoesNotWaitForIt) {
  schedule_.digest = minutes(15);
  Start();
  for (int i = 0; i < 3; ++i) {
    Take(feeds::SourceKind::feed, "urlhaus", FeedOf({"domain d.example"}),
         feeds::FetchOutcome::refused);
    Take(feeds::SourceKind::feed, "urlhaus", FeedOf({"domain d.example"}),
         feeds::FetchOutcome::unreachable);
  }
  Work();
  EXPECT_TRUE(side_.got.empty());
  BlockNow("domain evil.example");
  Work();
  ASSERT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(side_.Last(), Texts{"emergency.block evil[.]example"});
  Work(minutes(15));
  ASSERT_EQ(side_.got.size(), 2U);
  EXPECT_EQ(side_.Last().size(), 6U);
}

TEST_F(NotifierTest, AChannelIsToldOnlyOfWhatItWants) {
  kinds_ = {"device.offline"};
  Start();
  BlockNow("domain evil.example");
  Work();
  EXPECT_TRUE(side_.got.empty());
}

TEST_F(NotifierTest, TellsOfADeviceThatStaysOffline) {
  connected_ = {};
  Work(minutes(1));
  Work(minutes(14));
  EXPECT_TRUE(side_.got.empty());
  Work(minutes(2));
  ASSERT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(side_.Last(), Texts{"device.offline fw1"});
  Work(hours(1));
  EXPECT_EQ(side_.got.size(), 1U);
  connected_ = {"fw1"};
  Work(minutes(5));
  connected_ = {};
  Work(minutes(5));
  Work(minutes(20));
  EXPECT_EQ(side_.got.size(), 2U) << "offline anew";
}

TEST_F(NotifierTest, TellsWhenAVoteWaitsForAnother) {
  TakeFeed({"ip 203.0.112.0/23"});
  ASSERT_TRUE(Approve());
  Work(minutes(1));
  ASSERT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(side_.got[0].events[0].kind->name, "queue.second-person");
  EXPECT_EQ(side_.got[0].events[0].count, 1U);
  ASSERT_TRUE(Approve("", "bob"));
  Work(minutes(1));
  EXPECT_EQ(side_.got.size(), 1U) << "it waits no more";
}

TEST_F(NotifierTest, TellsOfWhatIsPendingForTooLongOnceADay) {
  TakeFeed({"domain evil.example"});
  Work(hours(23));
  EXPECT_TRUE(side_.got.empty());
  Work(hours(2));
  ASSERT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(side_.got[0].events[0].kind->name, "queue.age");
  Work(hours(24));
  EXPECT_EQ(side_.got.size(), 2U);
}

TEST_F(NotifierTest, AChannelThatTakesNothingForLongFillsUpAndKeepsRoomForTheUrgent) {
  side_.takes = false;
  ASSERT_TRUE(engine_->Write([&](store::Transaction& transaction, const Engine::Append&) {
    for (int i = 0; i < 5000; ++i) {
      store::Notification row;
      row.channel = "chat";
      row.key = "old " + std::to_string(i);
      row.event = "feed.refused";
      row.at = clock_.Now();
      row.content = ContentOf({});
      row.due_at = clock_.Now();
      if (auto added = transaction.AddNotification(row); !added) {
        return policy::Result<void>(tl::unexpected(added.error()));
      }
    }
    return policy::Result<void>();
  }));
  Take(feeds::SourceKind::feed, "urlhaus", FeedOf({"domain d.example"}),
       feeds::FetchOutcome::refused);
  Collect();
  const auto waiting = [&] {
    return store_->Read().value()->WaitingNotifications("chat", 10'000)->size();
  };
  EXPECT_EQ(waiting(), 5000U) << "there is no room for another";
  BlockNow("domain evil.example");
  Collect();
  EXPECT_EQ(waiting(), 5001U);
  Deliver();
  EXPECT_EQ(side_.got.back().events.size(), 200U);
  EXPECT_EQ(side_.got.back().events[0].kind->name, "emergency.block");
}

TEST_F(NotifierTest, N2_TellsOnceThatACertificateEndsAlsoAcrossRestartsAndNeverOfOneRenewed) {
  kinds_ = {"certificate.agent"};
  certificates_ = {{"web", {clock_.Now() - hours(24 * 60), clock_.Now() + hours(24 * 15)}}};
  Start();
  Work(hours(1));
  EXPECT_TRUE(side_.got.empty());
  Work(hours(24));
  ASSERT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(side_.Last(), Texts{"certificate.agent web"});
  for (int day = 0; day < 10; ++day) {
    RestartAll();
    Work(hours(24));
  }
  EXPECT_EQ(side_.got.size(), 1U);
  Work(hours(24));
  EXPECT_EQ(side_.got.size(), 2U) << "3 days before";
  certificates_[0].validity.until += hours(24 * 90);
  Work(hours(24));
  Work(hours(24));
  EXPECT_EQ(side_.got.size(), 2U);
}

TEST_F(NotifierTest, N2_IsSilentAboutCertificatesOfAWeekThatAreRenewedInTime) {
  kinds_ = {"certificate.agent", "certificate.device"};
  const auto week = hours(24 * 7);
  const auto renew = [&] {
    const policy::Validity now{clock_.Now(), clock_.Now() + week};
    certificates_ = {{"web", now}};
    ASSERT_TRUE(engine_->Write([&](store::Transaction& transaction, const Engine::Append&) {
      store::DeviceStatus status{.device = "fw1"};
      status.certificate_from = now.from;
      status.certificate_expires = now.until;
      return transaction.PutDeviceStatus(status);
    }));
  };
  renew();
  Start();
  for (int day = 1; day <= 20; ++day) {
    Work(hours(24));
    if (day % 4 == 0) renew();
  }
  EXPECT_TRUE(side_.got.empty());
  Work(hours(24 * 5));
  ASSERT_EQ(side_.got.size(), 1U) << "nobody renewed them";
  EXPECT_EQ(side_.Last(), (Texts{"certificate.agent web", "certificate.device fw1"}));
}

TEST_F(NotifierTest, N2_TellsThatCertificatesOfDevicesAndTokensEnd) {
  const auto end = clock_.Now() + hours(24 * 13);
  ASSERT_TRUE(engine_->Write([&](store::Transaction& transaction, const Engine::Append&) {
    for (const char* device : {"fw1", "gone"}) {
      store::DeviceStatus status{.device = device};
      status.certificate_from = end - hours(24 * 90);
      status.certificate_expires = end;
      EXPECT_TRUE(transaction.PutDeviceStatus(status));
    }
    store::ApiToken token{.name = "script", .role = "viewer", .expires = end};
    EXPECT_TRUE(transaction.PutApiToken(token));
    token = {.name = "old", .role = "viewer", .digest = {1}, .expires = end, .revoked = true};
    EXPECT_TRUE(transaction.PutApiToken(token));
    return policy::Result<void>();
  }));
  Work(minutes(2));
  ASSERT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(side_.Last(), (Texts{"certificate.device fw1", "token.ends-soon script"}));
}

TEST_F(NotifierTest, TellsOnceThatAStandingApprovalEndsAndNotOfOneThatIsOnlyProposed) {
  kinds_ = {"standing.ends-soon"};
  Start();
  queue::StandingDraft draft{"feed:urlhaus", hours(24), 10,
                             hours(24 * 7),  "alice",   "too many by hand"};
  const auto rule = engine_->ProposeStanding(draft, false);
  ASSERT_TRUE(rule) << rule.error().detail;
  draft.filter = "feed:threatfox";
  ASSERT_TRUE(engine_->ProposeStanding(draft, false));
  for (const char* voter : {"bob", "carol"}) {
    ASSERT_TRUE(engine_->ApproveStanding({rule->id, rule->digest, voter, "looked at a week"}));
  }
  Work(hours(24 * 4) - minutes(1));
  EXPECT_TRUE(side_.got.empty());
  Work(minutes(1));
  ASSERT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(side_.Last(), Texts{"standing.ends-soon standing " + std::to_string(rule->id)});
  Work(hours(24));
  EXPECT_EQ(side_.got.size(), 1U);
}

TEST_F(NotifierTest, ATestGoesToOneChannel) {
  EXPECT_EQ(notifier_->Test("pager", "dora").error().code, policy::ErrorCode::not_found);
  ASSERT_TRUE(notifier_->Test("chat", "dora"));
  Work();
  ASSERT_EQ(side_.got.size(), 1U);
  EXPECT_EQ(side_.got[0].events[0].actor, "dora");
}

TEST_F(NotifierTest, ARealReceiverThatFailsAtFirstGetsItInTheEndUnderOneId) {
  if (!testing::Receiver::IsThere()) GTEST_SKIP() << "no python3-aiosmtpd";
  constexpr const char* secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const testing::Receiver server(folder_ / "hook.log", {"webhook", secret, "2"});
  ASSERT_TRUE(platform::WriteFileAtomically(folder_ / "secret", secret, 0600));
  platform::CurlHttpClient client("Sekisho");
  std::vector<ChannelSettings> channels;
  channels.push_back({"siem",
                      {},
                      {},
                      MakeWebhook({"http://127.0.0.1:" + std::to_string(server.port()) + "/",
                                   folder_ / "secret", "", true},
                                  {}, client)});
  Notifier notifier(
      std::move(channels), {},
      {*store_,
       [this](const Notifier::Change& change) {
         return engine_->Write([&](store::Transaction& transaction, const Engine::Append&) {
           return change(transaction);
         });
       },
       clock_,
       "test.example/history",
       {},
       [] { return Texts(); },
       hours(1),
       [] { return std::vector<Certificate>(); }});
  BlockNow("domain evil.example");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(notifier.Collect());
    ASSERT_TRUE(notifier.Deliver(0));
    clock_.Advance(minutes(3));
  }
  for (std::size_t n = 1; n <= 3; ++n) EXPECT_EQ(server.Got(n)["good"], true);
  EXPECT_EQ(server.Got(1)["id"], server.Got(3)["id"]);
  EXPECT_EQ(server.Got(1)["body"], server.Got(3)["body"]);
  EXPECT_EQ(server.Got(3)["failed"], false);
}

}  // namespace
}  // namespace agent::notify
