#include "exporters/session.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <set>

#include "proto/convert.h"
#include "tests/exporters/fake_agent.h"
#include "tests/exporters/fake_device.h"
#include "tests/exporters/signed_updates.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using exporters::testing::Certificates;
using exporters::testing::FakeAgent;
using exporters::testing::FakeDevice;
using exporters::testing::Held;
using exporters::testing::ListOf;
using exporters::testing::now;
using exporters::testing::Signer;
using exporters::testing::Snapshot;
using exporters::testing::TermedListOf;
using platform::testing::TemporaryFolder;
using sekisho::v1::AgentMessage;
using sekisho::v1::ExporterMessage;
using sekisho::v1::Nack;
using std::chrono::hours;
using std::chrono::milliseconds;

class ExporterSessionFaults : public ::testing::Test {
 protected:
  SessionSettings Settings() {
    SessionSettings settings;
    settings.device = "dns1";
    settings.exporter = "fake";
    settings.state_dir = folder_.path();
    settings.agents = {agent_->address()};
    settings.identity = certificates_.Identity();
    settings.list_key = signer_.public_key();
    settings.read_back_every = hours(1);
    settings.reconnect_first = milliseconds(10);
    settings.reconnect_max = milliseconds(50);
    return settings;
  }
  void Start(SessionSettings settings) {
    session_ = std::make_unique<Session>(std::move(settings), device_, clock_);
  }
  void Start() { Start(Settings()); }

  // Starts, and brings the device to release 1.
  void StartWith(const Snapshot& list) {
    Start();
    ASSERT_TRUE(agent_->Next()->has_hello());
    agent_->Say(signer_.WholeList("first", 1, list));
    ASSERT_TRUE(agent_->NextAnswer()->has_ack());
  }

  std::string NackOf(const std::optional<ExporterMessage>& message, const std::string& nonce) {
    if (!message || !message->has_nack()) return "no nack";
    EXPECT_EQ(message->nack().nonce(), nonce);
    EXPECT_EQ(message->nack().device(), Nack::DEVICE_UNCHANGED);
    return message->nack().reason();
  }

  Certificates certificates_;
  TemporaryFolder folder_;
  platform::ManualClock clock_{now};
  Signer signer_;
  FakeDevice device_;
  Snapshot one_ = ListOf({"domain a.example"});
  Snapshot two_ = ListOf({"domain a.example", "domain b.example"});
  std::unique_ptr<FakeAgent> agent_ = std::make_unique<FakeAgent>(certificates_);
  std::unique_ptr<Session> session_;
};

TEST_F(ExporterSessionFaults, NoneLetsASnapshotAndADeltaThrough) {
  Start();
  const auto hello = agent_->Next();
  ASSERT_TRUE(hello && hello->has_hello());
  EXPECT_EQ(hello->hello().device(), "dns1");
  EXPECT_EQ(hello->hello().release(), 0U);
  EXPECT_EQ(hello->hello().digest(), "");
  EXPECT_EQ(hello->hello().version(), 2U);
  EXPECT_EQ(hello->hello().profile().exporter(), "fake");
  EXPECT_EQ(hello->hello().profile().software(), "Fake 1.0");

  agent_->Say(signer_.WholeList("n1", 1, one_));
  auto answer = agent_->Next();
  ASSERT_TRUE(answer && answer->has_ack());
  EXPECT_EQ(answer->ack().nonce(), "n1");
  EXPECT_EQ(answer->ack().receipt().release(), 1U);
  EXPECT_EQ(answer->ack().receipt().digest(), proto::ToBytes(one_->digest()));

  agent_->Say(signer_.Change("n2", 2, one_, two_));
  answer = agent_->Next();
  ASSERT_TRUE(answer && answer->has_ack());
  EXPECT_EQ(answer->ack().nonce(), "n2");
  EXPECT_EQ(answer->ack().receipt().digest(), proto::ToBytes(two_->digest()));
  EXPECT_EQ(device_.text(), two_->text());
}

TEST_F(ExporterSessionFaults, N2_ARenewedCertificateIsShownWithoutARestart) {
  auto settings = Settings();
  settings.end_lines_every = milliseconds(10);
  Start(settings);
  ASSERT_TRUE(agent_->NextAnswer()->has_hello());
  const std::string old = agent_->PeerCertificate();
  const std::string renewed = certificates_.Renew();
  EXPECT_NE(old, renewed);
  const auto hello = agent_->NextAnswer();
  ASSERT_TRUE(hello && hello->has_hello());
  EXPECT_EQ(agent_->PeerCertificate(), renewed);
  EXPECT_TRUE(agent_->IsQuiet(milliseconds(200))) << "it is the one that the files hold";
}

TEST_F(ExporterSessionFaults, E1_TheDeviceIsRestoredWhileThereIsNoAgent) {
  StartWith(one_);
  session_.reset();
  const auto settings = Settings();
  const int port = agent_->port();
  agent_.reset();
  device_.Put("");
  const int applied = device_.applied();
  Start(settings);
  ASSERT_TRUE(device_.WaitForApply(applied + 1));
  // The agent comes back after three days: a delta from what is held leads to the same digest.
  clock_.Advance(hours(72));
  agent_ = std::make_unique<FakeAgent>(certificates_, port);
  const auto hello = agent_->Next();
  ASSERT_TRUE(hello && hello->has_hello());
  EXPECT_EQ(hello->hello().release(), 1U);
  EXPECT_EQ(hello->hello().digest(), proto::ToBytes(one_->digest()));
  const auto receipt = agent_->Next();
  ASSERT_TRUE(receipt && receipt->has_receipt());
  EXPECT_TRUE(receipt->receipt().drift());
  AgentMessage change = signer_.Change("n", 9, one_, two_);
  *change.mutable_header()->mutable_issued() = proto::ToTimestamp(now + hours(72));
  *change.mutable_header()->mutable_expires() = proto::ToTimestamp(now + hours(96));
  *change.mutable_header() = signer_.Signed(change.header());
  agent_->Say(change);
  EXPECT_EQ(agent_->NextAnswer()->ack().receipt().digest(), proto::ToBytes(two_->digest()));
}

// The agent welcomes, goes away, and is back after lines ended.
TEST_F(ExporterSessionFaults, InvariantFour_LinesEndWhileTheAgentIsAwayAndItLearnsOfThat) {
  const Snapshot list =
      TermedListOf({{"domain a.example", policy::Terms::Of(now + hours(1), 90)},
                    {"domain b.example", policy::Terms::Of(now + hours(48), 90)}});
  auto settings = Settings();
  settings.end_lines_every = milliseconds(10);
  settings.read_back_every = milliseconds(10);
  Start(settings);
  ASSERT_TRUE(agent_->NextAnswer()->has_hello());
  AgentMessage welcome;
  welcome.mutable_welcome();
  agent_->Say(welcome);
  agent_->Say(signer_.WholeList("first", 1, list));
  ASSERT_TRUE(agent_->NextAnswer()->has_ack());
  clock_.Advance(hours(2));
  ASSERT_TRUE(device_.WaitForReadBack(device_.read_back() + 20));
  EXPECT_EQ(device_.text(), list->text()) << "the agent is there, and decides";

  const int applied = device_.applied();
  const int port = agent_->port();
  agent_.reset();
  ASSERT_TRUE(device_.WaitForReadBack(device_.read_back() + 20));
  EXPECT_EQ(device_.text(), list->text()) << "it may be back any moment";
  // However long it takes the exporter to notice.
  for (int i = 0; i < 200 && device_.applied() == applied; ++i) {
    clock_.Advance(std::chrono::minutes(10));
    ASSERT_TRUE(device_.WaitForReadBack(device_.read_back() + 5));
  }
  ASSERT_TRUE(device_.WaitForApply(applied + 1));
  ASSERT_TRUE(device_.WaitForReadBack(device_.read_back() + 2));
  EXPECT_EQ(device_.text(), "domain b.example\n");

  agent_ = std::make_unique<FakeAgent>(certificates_, port);
  const auto hello = agent_->Next();
  ASSERT_TRUE(hello && hello->has_hello());
  EXPECT_EQ(hello->hello().release(), 1U);
  EXPECT_EQ(hello->hello().digest(), proto::ToBytes(policy::Sha256Of("domain b.example\n")));
  const auto receipt = agent_->Next();
  ASSERT_TRUE(receipt && receipt->has_receipt());
  EXPECT_EQ(receipt->receipt().release(), 1U);
  EXPECT_EQ(receipt->receipt().ended(), 1U);
}

TEST_F(ExporterSessionFaults, E2_ARefusalIsToldOnceAndNotTriedAgain) {
  StartWith(one_);
  device_.FailNext({DeviceState::unchanged, "checker says no"});
  agent_->Say(signer_.Change("n", 2, one_, two_));
  EXPECT_EQ(NackOf(agent_->NextAnswer(), "n"), "checker says no");
  const int applied = device_.applied();
  EXPECT_TRUE(agent_->IsQuiet(milliseconds(200)));
  EXPECT_EQ(device_.applied(), applied);
  EXPECT_EQ(device_.text(), one_->text());
}

TEST_F(ExporterSessionFaults, E7_ASlowDeviceGetsTheNewestStateOnly) {
  StartWith(one_);
  device_.HoldUp(true);
  const int applied = device_.applied();
  agent_->Say(signer_.WholeList("slow", 2, two_));
  ASSERT_TRUE(device_.WaitForApply(applied + 1));
  // An agent that does not wait.
  const Snapshot newest = ListOf({"domain z.example"});
  agent_->Say(signer_.WholeList("older", 3, ListOf({"domain c.example"})));
  agent_->Say(signer_.WholeList("newest", 4, newest));
  EXPECT_TRUE(NackOf(agent_->NextAnswer(), "older").starts_with("superseded"));
  device_.HoldUp(false);
  EXPECT_EQ(agent_->NextAnswer()->ack().nonce(), "slow");
  EXPECT_EQ(agent_->NextAnswer()->ack().nonce(), "newest");
  EXPECT_EQ(device_.text(), newest->text());
  EXPECT_EQ(device_.applied(), applied + 2);
}

// Nonces are of one stream. What the stream before left unbegun must not refuse this one's update.
TEST_F(ExporterSessionFaults, E7_WhatAStreamThatBrokeLeftUnbegunAnswersNoUpdateOfTheNext) {
  StartWith(one_);
  device_.HoldUp(true);
  const int applied = device_.applied();
  agent_->Say(signer_.WholeList("1", 2, two_));
  ASSERT_TRUE(device_.WaitForApply(applied + 1));
  agent_->Say(signer_.WholeList("2", 3, ListOf({"domain c.example"})));
  agent_->Cut();
  const auto hello = agent_->Next();
  ASSERT_TRUE(hello && hello->has_hello());
  const auto receipt = agent_->Next();
  ASSERT_TRUE(receipt && receipt->has_receipt());
  const Snapshot newest = ListOf({"domain z.example"});
  agent_->Say(signer_.WholeList("2", 4, newest));
  EXPECT_TRUE(agent_->IsQuiet(milliseconds(300)));
  device_.HoldUp(false);
  const auto answer = agent_->NextAnswer();
  ASSERT_TRUE(answer && answer->has_ack());
  EXPECT_EQ(answer->ack().nonce(), "2");
  EXPECT_EQ(answer->ack().receipt().release(), 4U);
}

TEST_F(ExporterSessionFaults, E7_AnAgentThatReadsNothingDoesNotHoldUpTheDevice) {
  StartWith(one_);
  session_.reset();
  auto settings = Settings();
  settings.read_back_every = milliseconds(1);
  agent_->StopReading(true);
  const int looks = device_.read_back();
  Start(settings);
  EXPECT_TRUE(device_.WaitForReadBack(looks + 500));
}

TEST_F(ExporterSessionFaults, E8_ADeltaForAnotherBaseAsksForASnapshot) {
  StartWith(one_);
  agent_->Say(signer_.Change("n", 2, ListOf({"domain x.example"}), two_));
  EXPECT_TRUE(NackOf(agent_->NextAnswer(), "n").starts_with("base mismatch"));
  agent_->Say(signer_.WholeList("m", 2, two_));
  EXPECT_EQ(agent_->NextAnswer()->ack().nonce(), "m");
}

TEST_F(ExporterSessionFaults, E8_AReplayedDeltaIsRefused) {
  StartWith(one_);
  const AgentMessage delta = signer_.Change("n", 2, one_, two_);
  agent_->Say(delta);
  ASSERT_TRUE(agent_->NextAnswer()->has_ack());
  agent_->Say(delta);
  EXPECT_TRUE(NackOf(agent_->NextAnswer(), "n").starts_with("base mismatch"));
  EXPECT_EQ(device_.text(), two_->text());
}

struct Hostile {
  const char* name;
  const char* reason;
  std::function<void(const Signer&, AgentMessage&)> spoil;
};

TEST_F(ExporterSessionFaults, N3_OldExpiredAndForgedListsNeverReachTheDevice) {
  StartWith(one_);
  agent_->Say(signer_.WholeList("second", 5, two_));
  ASSERT_TRUE(agent_->NextAnswer()->has_ack());
  const int applied = device_.applied();
  const std::vector<Hostile> cases{
      {"Replay", "replay", [](const Signer&, AgentMessage&) {}},
      {"Expired", "expired",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_release(6);
         *m.mutable_header()->mutable_expires() = proto::ToTimestamp(now - hours(1));
         *m.mutable_header() = s.Signed(m.header());
       }},
      {"BadSignature", "bad signature",
       [](const Signer&, AgentMessage& m) { m.mutable_header()->set_release(6); }},
      {"WrongDigest", "wrong digest",
       [](const Signer& s, AgentMessage& m) {
         *m.mutable_header() = s.Header(6, ListOf({"domain other.example"}));
       }},
  };
  for (const Hostile& hostile : cases) {
    AgentMessage message = signer_.WholeList("bad", 4, one_);
    hostile.spoil(signer_, message);
    agent_->Say(message);
    EXPECT_TRUE(NackOf(agent_->NextAnswer(), "bad").starts_with(hostile.reason)) << hostile.name;
  }
  EXPECT_EQ(device_.applied(), applied);
  EXPECT_EQ(device_.text(), two_->text());
}

TEST_F(ExporterSessionFaults, E8_AnUpdateCutOffInTheMiddleLeavesNothingBehind) {
  StartWith(one_);
  AgentMessage part = signer_.WholeList("n", 2, two_);
  part.set_added("domain a.example\n");
  part.set_last(false);
  agent_->Say(part);
  agent_->Cut();
  const auto hello = agent_->NextAnswer();
  ASSERT_TRUE(hello && hello->has_hello());
  EXPECT_EQ(hello->hello().release(), 1U);
  AgentMessage rest;
  rest.set_nonce("n");
  rest.set_added("domain b.example\n");
  rest.set_last(true);
  agent_->Say(rest);
  EXPECT_TRUE(NackOf(agent_->NextAnswer(), "n").starts_with("malformed"));
  EXPECT_EQ(device_.text(), one_->text());
}

TEST_F(ExporterSessionFaults, AnUpdateOutlivesTheStreamThatItCameBy) {
  StartWith(one_);
  device_.HoldUp(true);
  const int applied = device_.applied();
  agent_->Say(signer_.Change("n", 2, one_, two_));
  ASSERT_TRUE(device_.WaitForApply(applied + 1));
  agent_->Cut();
  ASSERT_TRUE(agent_->NextAnswer()->has_hello());
  device_.HoldUp(false);
  // The agent, which heard no answer, makes the same delta again.
  agent_->Say(signer_.WholeList("again", 2, two_));
  const auto answer = agent_->NextAnswer();
  ASSERT_TRUE(answer && answer->has_ack());
  EXPECT_EQ(answer->ack().nonce(), "again");
  EXPECT_EQ(device_.applied(), applied + 1);
}

TEST_F(ExporterSessionFaults, E16_DriftIsReportedWithoutBeingAsked) {
  StartWith(one_);
  session_.reset();
  auto settings = Settings();
  settings.read_back_every = milliseconds(20);
  Start(settings);
  ASSERT_TRUE(agent_->NextAnswer()->has_hello());
  device_.Put("domain by-hand.example\n");
  bool reported = false;
  for (int i = 0; i < 200 && !reported; ++i) {
    const auto message = agent_->Next();
    ASSERT_TRUE(message);
    reported = message->has_receipt() && message->receipt().drift();
  }
  EXPECT_TRUE(reported);
  EXPECT_EQ(device_.text(), one_->text());
}

TEST_F(ExporterSessionFaults, TheNextAgentIsTriedWhenOneDoesNotAnswer) {
  auto settings = Settings();
  settings.agents = {"127.0.0.1:1", agent_->address()};
  Start(settings);
  EXPECT_TRUE(agent_->Next()->has_hello());
}

TEST_F(ExporterSessionFaults, N1_AnAgentOfAnotherCaIsNotSpokenTo) {
  const Certificates other;
  FakeAgent impostor(other);
  auto settings = Settings();
  settings.agents = {impostor.address()};
  Start(settings);
  EXPECT_TRUE(impostor.IsQuiet(milliseconds(300)));
}

TEST_F(ExporterSessionFaults, N1_AnExporterOfAnotherCaIsNotListenedTo) {
  const Certificates other;
  auto settings = Settings();
  settings.identity = other.Identity();
  settings.identity.ca = certificates_.folder / "ca.pem";
  Start(settings);
  EXPECT_TRUE(agent_->IsQuiet(milliseconds(300)));
}

TEST_F(ExporterSessionFaults, N2_ARenewedCertificateServesTheNextStream) {
  const Certificates other;
  std::filesystem::copy_file(other.folder / "exporter.pem", folder_ / "x.pem");
  std::filesystem::copy_file(other.folder / "exporter.key", folder_ / "x.key");
  auto settings = Settings();
  settings.identity.certificate = folder_ / "x.pem";
  settings.identity.key = folder_ / "x.key";
  Start(settings);
  EXPECT_TRUE(agent_->IsQuiet(milliseconds(100)));
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(certificates_.folder / "exporter.pem", folder_ / "x.pem", overwrite);
  std::filesystem::copy_file(certificates_.folder / "exporter.key", folder_ / "x.key", overwrite);
  const auto hello = agent_->Next();
  EXPECT_TRUE(hello && hello->has_hello());
}

TEST_F(ExporterSessionFaults, E15_StoppingLeavesTheRules) {
  StartWith(one_);
  session_.reset();
  EXPECT_EQ(device_.text(), one_->text());
}

TEST(BackoffTest, E13_WaitsLongerEachTimeAndNeverTheSame) {
  Backoff backoff(milliseconds(1000), milliseconds(60'000), 7);
  Backoff other(milliseconds(1000), milliseconds(60'000), 8);
  milliseconds bound(1000);
  std::set<milliseconds> waits;
  for (int attempt = 0; attempt < 12; ++attempt) {
    const milliseconds wait = backoff.Next();
    EXPECT_GE(wait, milliseconds(1));
    EXPECT_LE(wait, bound);
    EXPECT_NE(wait, other.Next());
    waits.insert(wait);
    bound = std::min(2 * bound, milliseconds(60'000));
  }
  EXPECT_EQ(waits.size(), 12U);
  backoff.Reset();
  EXPECT_LE(backoff.Next(), milliseconds(1000));
}

}  // namespace
}  // namespace exporters
