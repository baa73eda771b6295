// The agent's end of the enforcement protocol against real exporter sessions, over mutual TLS.
#include <grpcpp/client_context.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/publish/enforcement_service.h"
#include "agent/publish/publication.h"
#include "agent/publish/update_frames.h"
#include "exporters/agent_channel.h"
#include "exporters/session.h"
#include "platform/atomic_file.h"
#include "platform/tls.h"
#include "proto/convert.h"
#include "tests/exporters/fake_agent.h"
#include "tests/exporters/fake_device.h"

namespace agent::publish {
namespace {

using policy::ListSnapshot;

// Keeps what devices said, and lets a test wait for it.
class Events final : public DeviceEvents {
 public:
  void Connected(const DeviceSettings&, const sekisho::v1::Hello&,
                 std::optional<policy::Validity> certificate) override {
    Add("connected" + (certificate ? " " + policy::FormatTime(certificate->from) + " to " +
                                         policy::FormatTime(certificate->until)
                                   : ""));
  }
  void Received(const DeviceSettings&, const sekisho::v1::Receipt& receipt) override {
    Add("receipt " + std::to_string(receipt.release()) + " " +
        policy::ToHex(proto::FromBytes(receipt.digest()).value_or(policy::Sha256{})));
  }
  void Refused(const DeviceSettings&, std::uint64_t release,
               const sekisho::v1::Nack& nack) override {
    Add("refused " + std::to_string(release) + " " + nack.reason());
  }
  void Disconnected(const DeviceSettings&) override { Add("disconnected"); }

  // Whether an event that starts so came, or comes within 20 s.
  bool WaitFor(const std::string& start) { return WaitForCount(start, 1); }
  bool WaitForCount(const std::string& start, std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return CountLocked(start) >= count; });
  }
  std::size_t Count(const std::string& start) {
    const std::lock_guard lock(mutex_);
    return CountLocked(start);
  }

 private:
  std::size_t CountLocked(const std::string& start) const {
    return static_cast<std::size_t>(
        std::count_if(events_.begin(), events_.end(),
                      [&](const std::string& event) { return event.starts_with(start); }));
  }
  void Add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

std::shared_ptr<const ListSnapshot> List(std::vector<std::string> lines) {
  return ListSnapshot::FromLines(std::move(lines));
}

class PublishTest : public ::testing::Test {
 protected:
  void SetUp() override { StartAgent("dns1.exporters.test"); }
  void TearDown() override {
    session_.reset();
    StopAgent();
  }

  void StartAgent(const std::string& identity, bool lets_through = false) {
    service_ = std::make_unique<EnforcementService>(
        std::vector<DeviceSettings>{{"dns1", "resolvers", identity, lets_through}}, publication_,
        key_, clock_, events_, [this](std::string_view) { return is_revoked_.load(); });
    grpc::SslServerCredentialsOptions tls(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = certificates_.ca.certificate_pem;
    tls.pem_key_cert_pairs = {{certificates_.agent.key_pem, certificates_.agent.certificate_pem}};
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port_), grpc::SslServerCredentials(tls),
                             &port_);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    ASSERT_TRUE(server_);
  }
  void StopAgent() {
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
    service_.reset();
  }

  void StartExporter(const std::string& device = "dns1") {
    exporters::SessionSettings settings;
    settings.device = device;
    settings.exporter = "fake";
    settings.state_dir = certificates_.folder.path();
    settings.agents = {"127.0.0.1:" + std::to_string(port_)};
    settings.identity = certificates_.Identity();
    settings.list_key = key_.public_key();
    settings.end_lines_every = std::chrono::milliseconds(10);
    settings.read_back_every = read_back_every_;
    settings.reconnect_first = std::chrono::milliseconds(20);
    settings.reconnect_max = std::chrono::milliseconds(100);
    session_ = std::make_unique<exporters::Session>(settings, device_, clock_);
  }

  // What becomes of a stream that gets no list.
  grpc::Status SayHello(bool lets_through = false, std::uint32_t version = 2) {
    auto channel =
        exporters::MakeAgentChannel("127.0.0.1:" + std::to_string(port_), certificates_.Identity());
    EXPECT_TRUE(channel);
    grpc::ClientContext context;
    const auto stream = sekisho::v1::Enforcement::NewStub(*channel)->Enforce(&context);
    sekisho::v1::ExporterMessage message;
    message.mutable_hello()->set_device("dns1");
    message.mutable_hello()->set_version(version);
    message.mutable_hello()->mutable_profile()->set_lets_through(lets_through);
    stream->Write(message);
    sekisho::v1::AgentMessage answer;
    EXPECT_FALSE(stream->Read(&answer)) << "a list reached a stranger";
    return stream->Finish();
  }

  // Publishes the list as the engine does: with the step from the one before.
  void Publish(std::uint64_t release, std::vector<std::string> lines) {
    ListState state{release, List(std::move(lines)), {}, nullptr};
    if (const auto before = publication_.Current("resolvers")) {
      state.base = before->list->id();
      state.step =
          std::make_shared<const policy::Delta>(policy::Difference(*before->list, *state.list));
    }
    publication_.Publish("resolvers", state);
  }
  bool WaitForReceipt(std::uint64_t release) {
    const auto now = publication_.Current("resolvers").value();
    return events_.WaitFor("receipt " + std::to_string(release) + " " +
                           policy::ToHex(now.list->digest()));
  }

  exporters::testing::Certificates certificates_;
  platform::SigningKey key_ = platform::SigningKey::Generate().value();
  platform::ManualClock clock_{
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
  Publication publication_;
  Events events_;
  exporters::testing::FakeDevice device_;
  std::chrono::milliseconds read_back_every_ = std::chrono::minutes(5);
  std::unique_ptr<EnforcementService> service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::atomic<bool> is_revoked_ = false;  // the exporter's certificate
  std::unique_ptr<exporters::Session> session_;
};

TEST_F(PublishTest, BringsADeviceItsListAndTakesTheProof) {
  Publish(1, {"domain evil.example", "ip 192.0.2.1/32"});
  StartExporter();
  ASSERT_TRUE(WaitForReceipt(1));
  EXPECT_EQ(device_.text(), "domain evil.example\nip 192.0.2.1/32\n");
}

TEST_F(PublishTest, BringsNewTermsOfTheSameLines) {
  const auto publish = [this](std::uint64_t release, std::uint32_t expires) {
    ListState state{
        release, ListSnapshot::FromTermed({{"domain evil.example", {expires, 90}}}), {}, nullptr};
    if (const auto before = publication_.Current("resolvers")) {
      state.base = before->list->id();
      state.step =
          std::make_shared<const policy::Delta>(policy::Difference(*before->list, *state.list));
    }
    publication_.Publish("resolvers", state);
  };
  publish(1, 1'900'000'000);
  StartExporter();
  ASSERT_TRUE(WaitForReceipt(1));
  publish(2, 1'950'000'000);
  ASSERT_TRUE(WaitForReceipt(2));
  EXPECT_EQ(device_.applied(), 1) << "the device has nothing to change";
  session_.reset();
  const auto file = platform::ReadFile(certificates_.folder / "last_good.list", 10'000);
  EXPECT_TRUE(file->ends_with("domain evil.example\t1950000000\t90\n")) << *file;
}

TEST_F(PublishTest, RefusesAnExporterThatKnowsNoTerms) {
  Publish(1, {"domain evil.example"});
  EXPECT_EQ(SayHello(/*lets_through=*/false, /*version=*/0).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(events_.Count("connected"), 0U);
}

// Whole agent and exporter: the lines end on the device when the agent is down, not before.
TEST_F(PublishTest, InvariantFour_LinesEndOnADeviceWhoseAgentIsDown) {
  const auto ends = [this](int hours) {
    return policy::Terms::Of(clock_.Now() + std::chrono::hours(hours), 90);
  };
  publication_.Publish(
      "resolvers",
      {1,
       ListSnapshot::FromTermed({{"domain a.example", ends(1)}, {"domain b.example", ends(48)}}),
       {},
       nullptr});
  read_back_every_ = std::chrono::milliseconds(10);
  StartExporter();
  ASSERT_TRUE(WaitForReceipt(1));
  clock_.Advance(std::chrono::hours(2));
  ASSERT_TRUE(device_.WaitForReadBack(device_.read_back() + 20));
  EXPECT_EQ(device_.text(), "domain a.example\ndomain b.example\n");
  StopAgent();
  ASSERT_TRUE(device_.WaitForReadBack(device_.read_back() + 20));
  // However long it takes the exporter to notice.
  for (int i = 0; i < 200 && device_.applied() == 1; ++i) {
    clock_.Advance(std::chrono::minutes(10));
    ASSERT_TRUE(device_.WaitForReadBack(device_.read_back() + 5));
  }
  ASSERT_TRUE(device_.WaitForApply(2));
  ASSERT_TRUE(device_.WaitForReadBack(device_.read_back() + 2));
  EXPECT_EQ(device_.text(), "domain b.example\n");
  // The agent is back, with the list of the same release: what ended comes back if it says so.
  StartAgent("dns1.exporters.test");
  ASSERT_TRUE(
      events_.WaitFor("receipt 1 " + policy::ToHex(policy::Sha256Of("domain b.example\n"))));
  ASSERT_TRUE(device_.WaitForApply(3));
}

TEST_F(PublishTest, SendsNothingBeforeTheListIsPublished) {
  StartExporter();
  ASSERT_TRUE(events_.WaitFor("connected"));
  EXPECT_EQ(device_.applied(), 0);
  Publish(1, {});
  ASSERT_TRUE(WaitForReceipt(1));
}

TEST_F(PublishTest, SendsOnlyTheStepToWhoHoldsTheListBefore) {
  Publish(1, {"domain evil.example"});
  StartExporter();
  ASSERT_TRUE(WaitForReceipt(1));
  Publish(2, {"domain bad.example", "domain evil.example"});
  ASSERT_TRUE(WaitForReceipt(2));
  EXPECT_EQ(device_.text(), "domain bad.example\ndomain evil.example\n");
  EXPECT_TRUE(device_.last_had_base());
}

TEST_F(PublishTest, TakesASlowDeviceToTheNewestStateNotThroughEach) {
  Publish(1, {"domain a.example"});
  StartExporter();
  ASSERT_TRUE(WaitForReceipt(1));
  device_.HoldUp(true);
  Publish(2, {"domain b.example"});
  ASSERT_TRUE(device_.WaitForApply(2));
  for (std::uint64_t release = 3; release <= 20; ++release) {
    Publish(release, {"domain r" + std::to_string(release) + ".example"});
  }
  device_.HoldUp(false);
  ASSERT_TRUE(WaitForReceipt(20));
  EXPECT_EQ(device_.applied(), 3);
  EXPECT_EQ(device_.text(), "domain r20.example\n");
}

TEST_F(PublishTest, E2_DoesNotRepeatWhatADeviceRefusedUntilTheListChanges) {
  device_.FailNext({exporters::DeviceState::unchanged, "the checker says no"});
  Publish(1, {"domain evil.example"});
  StartExporter();
  ASSERT_TRUE(events_.WaitFor("refused 1 the checker says no"));
  EXPECT_EQ(device_.applied(), 1);
  Publish(2, {"domain bad.example"});
  ASSERT_TRUE(WaitForReceipt(2));
  EXPECT_EQ(events_.Count("refused"), 1U);
}

TEST_F(PublishTest, E2_OffersAgainWhatWasRefusedAfterAWaitThatGrows) {
  for (int i = 0; i < 2; ++i) device_.FailNext({exporters::DeviceState::unchanged, "it is down"});
  Publish(1, {"domain evil.example"});
  StartExporter();
  ASSERT_TRUE(events_.WaitFor("refused 1 it is down"));
  clock_.Advance(std::chrono::seconds(59));
  service_->RetryRefused();
  EXPECT_EQ(device_.applied(), 1);
  clock_.Advance(std::chrono::seconds(1));
  service_->RetryRefused();
  ASSERT_TRUE(events_.WaitForCount("refused", 2));
  clock_.Advance(std::chrono::seconds(60));
  service_->RetryRefused();
  EXPECT_EQ(device_.applied(), 2) << "the second wait is longer";
  clock_.Advance(std::chrono::seconds(60));
  service_->RetryRefused();
  ASSERT_TRUE(WaitForReceipt(1));
}

TEST_F(PublishTest, E1_CatchesUpADeviceThatWasAway) {
  Publish(1, {"domain a.example"});
  StartExporter();
  ASSERT_TRUE(WaitForReceipt(1));
  session_.reset();
  for (std::uint64_t release = 2; release <= 30; ++release) {
    Publish(release, {"domain a.example", "domain r" + std::to_string(release) + ".example"});
  }
  EXPECT_EQ(device_.text(), "domain a.example\n") << "a stopped exporter leaves its device alone";
  StartExporter();
  ASSERT_TRUE(WaitForReceipt(30));
  EXPECT_EQ(device_.text(), publication_.Current("resolvers")->list->text());
}

TEST_F(PublishTest, GoesOnAfterTheAgentRestarted) {
  Publish(1, {"domain a.example"});
  StartExporter();
  ASSERT_TRUE(WaitForReceipt(1));
  StopAgent();
  StartAgent("dns1.exporters.test");
  Publish(2, {"domain b.example"});
  ASSERT_TRUE(WaitForReceipt(2));
}

TEST_F(PublishTest, N2_TellsWhenTheExportersCertificateIsValid) {
  StartExporter();
  ASSERT_TRUE(events_.WaitFor("connected 2020-01-01T00:00:00Z to 2049-01-01T00:00:00Z"));
}

TEST_F(PublishTest, N6_ARevokedExporterIsCutOffAndNotLetInAgain) {
  Publish(1, {"domain a.example"});
  StartExporter();
  ASSERT_TRUE(WaitForReceipt(1));
  service_->EndRevoked();
  Publish(2, {"domain b.example"});
  ASSERT_TRUE(WaitForReceipt(2)) << "it was cut off without a reason";

  is_revoked_ = true;
  service_->EndRevoked();
  ASSERT_TRUE(events_.WaitFor("disconnected"));
  Publish(3, {"domain c.example"});
  EXPECT_EQ(SayHello().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(events_.Count("connected"), 1U);
  EXPECT_EQ(device_.text(), "domain b.example\n") << "it keeps the last list";
}

TEST_F(PublishTest, RefusesACertificateOfAnotherDevice) {
  StopAgent();
  StartAgent("dns2.exporters.test");
  Publish(1, {"domain evil.example"});
  EXPECT_EQ(SayHello().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(events_.Count("connected"), 0U);
}

// It would block the allowlist.
TEST_F(PublishTest, RefusesADeviceThatBlocksWhatItsListLetsThrough) {
  StopAgent();
  StartAgent("dns1.exporters.test", /*lets_through=*/true);
  Publish(1, {"domain own.example"});
  EXPECT_EQ(SayHello().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(events_.Count("connected"), 0U);
}

TEST_F(PublishTest, RefusesADeviceThatLetsThroughWhatItsListBlocks) {
  Publish(1, {"domain evil.example"});
  EXPECT_EQ(SayHello(/*lets_through=*/true).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST(UpdateFramesTest, CutsALargeListIntoFramesOfWholeLines) {
  std::vector<std::string> lines;
  for (int i = 0; i < 100'000; ++i) lines.push_back("domain n" + std::to_string(i) + ".example");
  const auto list = List(std::move(lines));
  const auto key = platform::SigningKey::Generate().value();
  auto frames = UpdateFrames::Make("l", {7, list, nullptr}, {}, "n1", policy::TimePoint{}, key);
  ASSERT_TRUE(frames);
  std::string text;
  int count = 0;
  bool last = false;
  while (auto message = frames->Next()) {
    EXPECT_FALSE(last);
    EXPECT_EQ(message->has_header(), count == 0);
    EXPECT_LT(message->ByteSizeLong(), 1024U * 1024);
    EXPECT_TRUE(message->added().ends_with('\n'));
    text += message->added();
    last = message->last();
    ++count;
  }
  EXPECT_TRUE(last);
  EXPECT_GT(count, 2);
  EXPECT_EQ(text, list->text());
}

TEST(UpdateFramesTest, CutsALargeDeltaWithoutLosingALine) {
  auto delta = std::make_shared<policy::Delta>();
  for (int i = 0; i < 60'000; ++i) {
    delta->removed.push_back("domain a" + std::to_string(100'000 + i) + ".example");
    delta->added.push_back("domain b" + std::to_string(100'000 + i) + ".example");
  }
  const auto key = platform::SigningKey::Generate().value();
  auto frames = UpdateFrames::Make("l", {7, List({"domain x.example"}), delta}, {}, "n1", {}, key);
  ASSERT_TRUE(frames);
  std::string added;
  std::string removed;
  while (auto message = frames->Next()) {
    EXPECT_LT(message->ByteSizeLong(), 1024U * 1024);
    added += message->added();
    removed += message->removed();
  }
  EXPECT_EQ(std::count(added.begin(), added.end(), '\n'), 60'000);
  EXPECT_EQ(std::count(removed.begin(), removed.end(), '\n'), 60'000);
}

TEST(PublicationTest, GivesTheStepThenAComparisonThenTheWholeList) {
  Publication publication;
  std::vector<policy::ListId> held;
  for (std::uint64_t release = 1; release <= 8; ++release) {
    ListState state{
        release, List({"domain r" + std::to_string(release) + ".example"}), {}, nullptr};
    if (!held.empty()) {
      state.base = held.back();
      state.step = std::make_shared<const policy::Delta>();
    }
    held.push_back(state.list->id());
    publication.Publish("l", state);
  }
  EXPECT_TRUE(publication.UpdateFrom("l", held[7])->delta->empty());
  EXPECT_EQ(publication.UpdateFrom("l", held[6])->delta, publication.Current("l")->step);
  const auto compared = publication.UpdateFrom("l", held[5]);
  EXPECT_EQ(compared->delta->removed, std::vector<std::string>{"domain r6.example"});
  EXPECT_EQ(compared->delta->added, std::vector<std::string>{"domain r8.example"});
  EXPECT_EQ(publication.UpdateFrom("l", held[0])->delta, nullptr);
  EXPECT_EQ(publication.UpdateFrom("other", held[0]).error().code, policy::ErrorCode::not_found);
}

}  // namespace
}  // namespace agent::publish
