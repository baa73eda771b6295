#include "cli/settings.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/platform/temporary_folder.h"

namespace cli {
namespace {

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    environment_["HOME"] = folder_.path();
    std::filesystem::create_directories(folder_ / ".config/sekisho");
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  policy::Result<Settings> Complete(const Settings& typed,
                                    const std::filesystem::path& config = {}) {
    std::istringstream in;
    std::ostringstream out;
    const auto environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto it = environment_.find(name);
      return it == environment_.end() ? std::nullopt : std::optional(it->second);
    };
    return CompleteSettings(typed, config,
                            {.environment = environment, .in = in, .out = out, .err = out});
  }

  platform::testing::TemporaryFolder folder_;
  std::map<std::string, std::string> environment_;
};

TEST_F(SettingsTest, TheCommandLineWinsOverTheEnvironmentAndThatOverTheFile) {
  Write(".config/sekisho/config.yaml", "agent: file:1\n");
  EXPECT_EQ(Complete({})->agent, "file:1");
  environment_["SEKISHO_AGENT"] = "environment:1";
  EXPECT_EQ(Complete({})->agent, "environment:1");
  EXPECT_EQ(Complete({.agent = "typed:1"})->agent, "typed:1");
}

TEST_F(SettingsTest, NeedsNoFile) {
  EXPECT_EQ(Complete({})->agent, "");
}

TEST_F(SettingsTest, AFileThatIsNamedHasToBeThere) {
  EXPECT_FALSE(Complete({}, folder_ / "none.yaml"));
  environment_["SEKISHO_CONFIG"] = folder_ / "none.yaml";
  EXPECT_FALSE(Complete({}));
}

TEST_F(SettingsTest, ReadsAllKeysAndTakesPathsFromTheFilesFolder) {
  Write("one.yaml",
        "agent: a:1\nserver_name: agent.example\ntoken_file: token\nca: ca.pem\n"
        "certificate: me.pem\nkey: me.key\ntimeout: 2m\nverifier_key: n+1+k\nlang: ja\n");
  environment_["SEKISHO_CONFIG"] = folder_ / "one.yaml";
  const auto settings = Complete({});
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->server_name, "agent.example");
  EXPECT_EQ(settings->token_file, folder_ / "token");
  EXPECT_EQ(settings->ca, folder_ / "ca.pem");
  EXPECT_EQ(settings->certificate, folder_ / "me.pem");
  EXPECT_EQ(settings->key, folder_ / "me.key");
  EXPECT_EQ(settings->timeout, std::chrono::minutes(2));
  EXPECT_EQ(settings->verifier_key, "n+1+k");
  EXPECT_EQ(settings->language, "ja");
}

TEST_F(SettingsTest, AnUnknownKeyIsAnErrorWithItsPlace) {
  Write("one.yaml", "agent: a:1\nagnet: b:1\n");
  const auto settings = Complete({}, folder_ / "one.yaml");
  ASSERT_FALSE(settings);
  EXPECT_NE(settings.error().detail.find("one.yaml:2:1"), std::string::npos)
      << settings.error().detail;
}

TEST_F(SettingsTest, ACertificateNeedsItsKey) {
  EXPECT_FALSE(Complete({.certificate = "me.pem"}));
  EXPECT_FALSE(Complete({.key = "me.key"}));
  EXPECT_TRUE(Complete({.certificate = "me.pem", .key = "me.key"}));
}

TEST_F(SettingsTest, TheExampleIsRight) {
  const auto settings = Complete({}, SEKISHO_CLI_EXAMPLE);
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_FALSE(settings->agent.empty());
}

}  // namespace
}  // namespace cli
