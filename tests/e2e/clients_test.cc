// People's API by a client that is not ours, which knows of it only what the agent itself tells.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "platform/atomic_file.h"
#include "platform/subprocess.h"
#include "tests/e2e/site_test.h"

namespace e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ClientsTest : public SiteTest {
 protected:
  void SetUp() override {
    if (std::filesystem::exists(SEKISHO_BUF)) {
      StartSmallSite();
      return;
    }
    ASSERT_EQ(std::getenv("CI"), nullptr) << "buf is not installed";
    GTEST_SKIP() << "buf is not installed; deploy/dev/buf.sh does it";
  }

  platform::ProcessOutput Buf(const std::vector<std::string>& words) {
    std::vector<std::string> argv{SEKISHO_BUF, "curl",     "--protocol",
                                  "grpc",      "--cacert", site_->ca_file()};
    argv.insert(argv.end(), words.begin(), words.end());
    auto output = platform::Run(argv, {});
    if (!output) throw std::runtime_error(output.error().detail);
    return *output;
  }
  std::string Bearer(const std::string& person) const {
    return "Authorization: Bearer " + platform::ReadFile(site_->token_file(person), 1024).value();
  }
};

TEST_F(ClientsTest, ReflectionTellsOfEveryMethodButThoseForBrowsers) {
  const auto listed = Buf({"--list-methods", site_->grpc_url()});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("sekisho.v1.Queue/ListProposals"));
  EXPECT_THAT(listed.out, HasSubstr("sekisho.v1.History/ProveEntry"));
  EXPECT_THAT(listed.out, HasSubstr("sekisho.v1.Enforcement/Enforce"));
  EXPECT_THAT(listed.out, Not(HasSubstr("sekisho.v1.Sessions/LogIn")));
}

TEST_F(ClientsTest, ACallNeedsAToken) {
  const std::string method = site_->grpc_url() + "/sekisho.v1.Queue/ListProposals";
  const auto answer =
      Buf({"-H", Bearer("alice"), "-d", R"({"filter": "evil", "limit": 5})", method});
  EXPECT_EQ(answer.exit_code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr(R"("indicator": "evil.example")"));
  const auto refused = Buf({"-d", "{}", method});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, HasSubstr("unauthenticated"));
}

TEST_F(ClientsTest, AMonitorCanAskForItsHealth) {
  const auto health = Buf({"-d", "{}", site_->grpc_url() + "/grpc.health.v1.Health/Check"});
  EXPECT_EQ(health.exit_code, 0) << health.err;
  EXPECT_THAT(health.out, HasSubstr("SERVING"));
}

}  // namespace
}  // namespace e2e
