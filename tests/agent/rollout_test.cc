// How an emergency reaches devices that are busy with something older.
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "agent/publish/enforcement_service.h"
#include "exporters/session.h"
#include "tests/agent/engine_fixture.h"
#include "tests/exporters/fake_agent.h"
#include "tests/exporters/fake_device.h"

namespace agent {
namespace {

constexpr std::size_t devices_count = 6;

class RolloutTest : public EngineFixture {
 protected:
  void SetUp() override {
    EngineFixture::SetUp();
    std::vector<publish::DeviceSettings> devices;
    for (std::size_t i = 0; i < devices_count; ++i) {
      devices.push_back({"dns" + std::to_string(i), "dns", "dns1.exporters.test"});
    }
    service_ = std::make_unique<publish::EnforcementService>(devices, *publication_, key_, clock_,
                                                             *engine_);
    grpc::SslServerCredentialsOptions tls(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = certificates_.ca.certificate_pem;
    tls.pem_key_cert_pairs = {{certificates_.agent.key_pem, certificates_.agent.certificate_pem}};
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    ASSERT_TRUE(server_);
    for (std::size_t i = 0; i < devices_count; ++i) {
      exporters::SessionSettings settings;
      settings.device = devices[i].name;
      settings.exporter = "fake";
      settings.state_dir = folders_[i].path();
      settings.agents = {"127.0.0.1:" + std::to_string(port)};
      settings.identity = certificates_.Identity();
      settings.list_key = key_.public_key();
      sessions_[i] = std::make_unique<exporters::Session>(settings, devices_[i], clock_);
    }
  }
  void TearDown() override {
    for (auto& session : sessions_) session.reset();
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
    service_.reset();
  }

  // Whether every device enforces that, now or within a minute.
  bool AllEnforce(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const auto enforced = [&] {
      return std::all_of(devices_.begin(), devices_.end(),
                         [&](const auto& device) { return device.text() == text; });
    };
    while (!enforced()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  exporters::testing::Certificates certificates_;
  platform::SigningKey key_ = platform::SigningKey::Generate().value();
  std::unique_ptr<publish::EnforcementService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::array<platform::testing::TemporaryFolder, devices_count> folders_;
  std::array<exporters::testing::FakeDevice, devices_count> devices_;
  std::array<std::unique_ptr<exporters::Session>, devices_count> sessions_;
};

TEST_F(RolloutTest, E14_AnEmergencyUnblockIsTheNextThingThatBusyDevicesApply) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "domain shop.example"});
  for (auto& device : devices_) ASSERT_TRUE(device.WaitForApply(1));
  for (auto& device : devices_) device.HoldUp(true);
  ASSERT_TRUE(Approve());
  for (auto& device : devices_) ASSERT_TRUE(device.WaitForApply(2)) << "in the midst of release 2";
  // More is approved meanwhile, and the unblock overtakes it all the same.
  TakeFeed({"domain evil.example", "domain shop.example", "domain worse.example"});
  ASSERT_TRUE(Approve());
  ASSERT_TRUE(
      engine_->UnblockNow(Line("domain shop.example"), false, "alice", "the shop is ours", false));
  const auto unblocked = std::chrono::steady_clock::now();
  for (auto& device : devices_) device.HoldUp(false);
  ASSERT_TRUE(AllEnforce("domain evil.example\ndomain worse.example\n"));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - unblocked);
  RecordProperty("milliseconds", std::to_string(took.count()));
  EXPECT_LT(took, std::chrono::seconds(60));
  for (const auto& device : devices_) {
    EXPECT_EQ(device.applied(), 3) << "the newest list right after the one under way";
  }
}

}  // namespace
}  // namespace agent
