// People's API by Connect's own client for Node, through every door and in every form.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "platform/atomic_file.h"
#include "platform/subprocess.h"
#include "tests/e2e/site_test.h"
#include "tests/platform/temporary_folder.h"

namespace e2e {
namespace {

namespace fs = std::filesystem;

class ConnectNodeTest : public SiteTest {
 protected:
  void SetUp() override {
    if (fs::exists(SEKISHO_WEB "/node_modules/@connectrpc/connect-node")) return;
    ASSERT_EQ(std::getenv("CI"), nullptr) << "connect-node is not installed";
    GTEST_SKIP() << "connect-node is not installed; deploy/dev/web.sh does it";
  }

  // What a client is made from.
  void DescribeApi(const fs::path& file) {
    const auto made = platform::Run({SEKISHO_PROTOC, "-I", SEKISHO_PROTO, "--include_imports",
                                     "--descriptor_set_out=" + file.string(),
                                     "sekisho/v1/api.proto", "sekisho/v1/changes.proto"},
                                    {});
    ASSERT_TRUE(made) << made.error().detail;
    ASSERT_EQ(made->exit_code, 0) << made->err;
  }

  platform::testing::TemporaryFolder folder_;
};

TEST_F(ConnectNodeTest, CallsAndFollowsThroughEveryDoor) {
  SiteOptions options;
  options.web_root = folder_ / "page";
  fs::create_directory(options.web_root);
  ASSERT_TRUE(platform::WriteFileAtomically(options.web_root / "index.html", "none", 0644));
  StartSmallSite(options);
  DescribeApi(folder_ / "api.bin");
  const auto done =
      platform::Run({"/usr/bin/env", "SEKISHO_WEB=" + site_->web_url(),
                     "SEKISHO_GRPC=" + site_->grpc_url(), "SEKISHO_CA=" + site_->ca_file().string(),
                     "SEKISHO_TOKEN=" + site_->token_file("alice").string(),
                     "SEKISHO_DESCRIPTORS=" + (folder_ / "api.bin").string(), SEKISHO_NODE,
                     SEKISHO_WEB "/e2e/clients.mjs"},
                    {});
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->exit_code, 0) << done->out << done->err << site_->agent().Log();
}

}  // namespace
}  // namespace e2e
