#include "agent/notification_settings.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "config/yaml.h"

namespace agent {
namespace {

policy::Result<NotificationSettings> Load(const std::string& yaml) {
  const auto document = config::Document::Parse(yaml, "/etc/sekisho/agent.yaml");
  if (!document) return tl::unexpected(document.error());
  auto settings = ReadNotifications(document->root().Optional("notifications"));
  if (auto finished = document->Finish(); !finished) return tl::unexpected(finished.error());
  return settings;
}

policy::Result<NotificationSettings> LoadChannel(const std::string& channel) {
  return Load("notifications: {channels: [{name: c, " + channel + "}]}\n");
}

TEST(NotificationSettingsTest, SayWhoIsToldOfWhatWhenAndHow) {
  const auto settings = Load(R"(
notifications:
  device_offline: 5m
  channels:
    - name: soc
      kind: email
      server: smtp.test:465
      security: tls
      user: u
      password_file: p
      from: a@b.test
      to: [c@d.test]
      language: ja
      digest: 15m
      time_zone: Asia/Tokyo
      quiet: {from: "19:00", to: "08:30", weekends: true}
      events: [emergency, device.refuse]
    - {name: siem, kind: webhook, url: "https://siem.test/", secret_file: s}
    - {name: chat, kind: slack, url_file: u}
)");
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->bounds.device_offline, std::chrono::minutes(5));
  const auto& channels = settings->channels;
  ASSERT_EQ(channels.size(), 3U);
  const auto& mail = std::get<notify::MailSettings>(channels[0].by);
  EXPECT_EQ(mail.server.host, "smtp.test");
  EXPECT_EQ(mail.server.port, 465);
  EXPECT_EQ(mail.server.security, platform::SmtpServer::Security::tls);
  EXPECT_EQ(mail.password_file, "/etc/sekisho/p");
  EXPECT_EQ(channels[0].language, notify::Language::ja);
  EXPECT_EQ(channels[0].schedule.digest, std::chrono::minutes(15));
  EXPECT_EQ(channels[0].schedule.quiet->to, std::chrono::minutes(510));
  EXPECT_TRUE(channels[0].kinds.contains("emergency.unblock"));
  EXPECT_TRUE(channels[0].kinds.contains("device.refuse"));
  EXPECT_FALSE(channels[0].kinds.contains("device.drift"));
  EXPECT_TRUE(channels[1].kinds.empty());
  EXPECT_FALSE(std::get<notify::WebhookSettings>(channels[1].by).allow_private);
  EXPECT_EQ(std::get<notify::SlackSettings>(channels[2].by).url_file, "/etc/sekisho/u");
  platform::CurlHttpClient client("Sekisho");
  EXPECT_EQ(OpenChannels(*settings, "", client).size(), 3U);
}

TEST(NotificationSettingsTest, TheExampleIsGood) {
  const auto document =
      config::Document::Load(SEKISHO_SOURCE_DIR "/config/notifications.example.yaml");
  ASSERT_TRUE(document) << document.error().detail;
  const auto settings = ReadNotifications(document->root().Require("notifications"));
  const auto finished = document->Finish();
  ASSERT_TRUE(finished) << finished.error().detail;
  EXPECT_EQ(settings.channels.size(), 3U);
}

TEST(NotificationSettingsTest, ThereAreNoChannelsWithoutTheSection) {
  const auto settings = Load("data_dir: x\n");
  EXPECT_FALSE(settings) << "somebody else reads data_dir";
  EXPECT_TRUE(Load("notifications: {channels: []}\n")->channels.empty());
}

TEST(NotificationSettingsTest, EachMistakeIsSaidWhereItStands) {
  struct Mistake {
    const char* channel;
    const char* error;
  };
  const Mistake mistakes[] = {
      {"kind: slack, url_file: u, events: [emergencies]", "there is no such event; there are "},
      {"kind: slack, url_file: u, quiet: {from: \"25:00\", to: \"08:00\"}",
       "has to be a time of day, as in \"19:00\""},
      {"kind: slack, url_file: u, time_zone: Asia/Nowhere", "there is no time zone"},
      {"kind: webhook, url: \"http://siem.test/\", secret_file: s",
       "has to be an https URL; http takes allow_private, within your own network"},
      {"kind: webhook, url: \"https://siem.test/\"", "key \"secret_file\" is missing here"},
      {"kind: email, server: smtp.test, from: a@b, to: [a@b]",
       "has to be a host and a port, as in \"smtp.example.org:587\""},
      {"kind: email, server: \"smtp.test:25\", security: none, from: a@b, to: [a@b]",
       "mails would cross the network in the clear"},
      {"kind: email, server: \"smtp.test:25\", from: \"A <a@b>\", to: [a@b]",
       "has to be a mail address alone"},
      {"kind: email, server: \"smtp.test:25\", user: u, from: a@b, to: [a@b]",
       "user and password_file go together"},
      {"kind: email, server: \"smtp.test:25\", from: a@b, to: []", "a mail takes a recipient"},
  };
  for (const Mistake& each : mistakes) {
    const auto settings = LoadChannel(each.channel);
    ASSERT_FALSE(settings) << each.channel;
    EXPECT_NE(settings.error().detail.find(each.error), std::string::npos)
        << settings.error().detail;
    EXPECT_NE(settings.error().detail.find("agent.yaml:1:"), std::string::npos);
  }
  EXPECT_FALSE(LoadChannel("kind: pager"));
  EXPECT_TRUE(
      LoadChannel("kind: email, server: \"127.0.0.1:25\", security: none, from: a@b, to: [a@b]"));
}

}  // namespace
}  // namespace agent
