// Clients that mean harm to the agent's port.

#include <filesystem>
#include <string>

#include "platform/subprocess.h"
#include "tests/e2e/site_test.h"

namespace e2e {
namespace {

class OverloadTest : public SiteTest {
 protected:
  void SetUp() override {
    if (std::filesystem::exists(SEKISHO_NODE)) return;
    ASSERT_EQ(std::getenv("CI"), nullptr) << "Node is not installed";
    GTEST_SKIP() << "Node is not installed; ./dev test does it";
  }
};

// CVE-2023-44487: streams that are reset as soon as they are opened.
TEST_F(OverloadTest, N7_AFloodOfStreamsThatAreResetLeavesTheAgentToOthers) {
  StartSmallSite();
  platform::RunOptions options;
  options.timeout = std::chrono::seconds(60);
  const auto flood = platform::Run(
      {SEKISHO_NODE, SEKISHO_RAPID_RESET, site_->grpc_url(), site_->ca_file().string(), "20000"},
      options);
  ASSERT_TRUE(flood) << flood.error().detail;
  EXPECT_EQ(flood->exit_code, 0) << flood->err;
  const auto listed = site_->Run({"queue", "list"});
  EXPECT_EQ(listed.exit, 0) << listed;
  Approve("evil");
  ExpectBlockedEverywhere({domain});
}

}  // namespace
}  // namespace e2e
