// The channels against servers that other people wrote (notify_receiver.py).
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "agent/notify/channel.h"
#include "platform/atomic_file.h"
#include "platform/certificate.h"
#include "tests/agent/notify_receiver.h"
#include "tests/platform/temporary_folder.h"

namespace agent::notify {
namespace {

using nlohmann::json;
using platform::SmtpServer;
using policy::ErrorCode;
using testing::Receiver;

constexpr const char* secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

class ChannelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Receiver::IsThere()) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << "python3-aiosmtpd is missing";
      GTEST_SKIP() << "no python3-aiosmtpd: ./dev test installs it";
    }
    // libcurl reads the real clock.
    const platform::Validity always{policy::ParseTime("2020-01-01").value(),
                                    policy::ParseTime("2049-01-01").value()};
    const auto ca = platform::MakeCa("test CA", always).value();
    platform::CertificateRequest request;
    request.common_name = "127.0.0.1";
    request.ip_addresses = {"127.0.0.1"};
    const auto mine = platform::IssueCertificate(ca, request, always).value();
    Write("ca.pem", ca.certificate_pem);
    Write("server.pem", mine.certificate_pem);
    Write("server.key", mine.key_pem);
    Write("password", "correct horse\n");
    Write("secret", std::string(secret) + "\n");
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(platform::WriteFileAtomically(folder_ / name, text, 0600));
  }

  Receiver MailServer(const std::string& mode, const std::string& password = "") {
    return Receiver(folder_ / "smtp.log", {"smtp", mode, (folder_ / "server.pem").string(),
                                           (folder_ / "server.key").string(), password});
  }
  MailSettings Mailing(std::uint16_t port, SmtpServer::Security security) {
    MailSettings settings;
    settings.server = {"127.0.0.1", port, security, "", folder_ / "ca.pem"};
    settings.from = "sekisho@example.org";
    settings.to = {"soc@example.org", "night@example.org"};
    return settings;
  }
  static Voice Japanese() {
    return {Language::ja, "https://sekisho.test", Zone::Load("Asia/Tokyo").value()};
  }
  static Batch Emergency() {
    const auto at = policy::ParseTime("2026-11-29T10:00:00Z").value();
    return {"msg_1",
            at,
            {{FindKind("emergency.block"), "leaf 1", at, "evil[.]example", "alice",
              "ランサムウェアが拡散中。\n.\n端末 12 台", 1}}};
  }

  platform::testing::TemporaryFolder folder_;
  platform::CurlHttpClient client_{"Sekisho"};
};

TEST_F(ChannelTest, AMailInJapaneseIsReadAsItWasWritten) {
  const Receiver server = MailServer("STARTTLS", "correct horse");
  MailSettings settings = Mailing(server.port(), SmtpServer::Security::starttls);
  settings.server.user = "sekisho";
  settings.password_file = folder_ / "password";
  const auto sent = MakeMail(settings, Japanese())->Send(Emergency());
  ASSERT_TRUE(sent) << sent.error().detail;
  const json mail = server.Got(1);
  EXPECT_EQ(mail["tls"], true);
  EXPECT_EQ(mail["user"], "sekisho");
  EXPECT_EQ(mail["sender"], "sekisho@example.org");
  EXPECT_EQ(mail["recipients"], json({"soc@example.org", "night@example.org"}));
  EXPECT_EQ(mail["defects"], json::array());
  EXPECT_EQ(mail["ascii"], true);
  EXPECT_LE(mail["longest"].get<int>(), 78);
  EXPECT_EQ(mail["type"], "text/plain");
  const std::string sentence =
      "alice が evil[.]example を緊急遮断しました：ランサムウェアが拡散中。 . 端末 12 "
      "台。別の人の確認が必要です。";
  EXPECT_EQ(mail["headers"]["Subject"], "Sekisho: " + sentence);
  EXPECT_EQ(mail["headers"]["Message-ID"], "<msg_1@example.org>");
  EXPECT_EQ(mail["headers"]["Auto-Submitted"], "auto-generated");
  EXPECT_EQ(mail["headers"]["Date"], "Sun, 29 Nov 2026 10:00:00 +0000");
  EXPECT_EQ(mail["text"].get<std::string>(),
            "2026-11-29 19:00 JST  " + sentence + "\n\nhttps://sekisho.test/emergencies\n");
}

TEST_F(ChannelTest, AMailGoesOverTlsFromTheFirstByte) {
  const Receiver server = MailServer("TLS");
  const auto sent =
      MakeMail(Mailing(server.port(), SmtpServer::Security::tls), Japanese())->Send(Emergency());
  ASSERT_TRUE(sent) << sent.error().detail;
  EXPECT_EQ(server.Got(1)["tls"], true);
}

TEST_F(ChannelTest, AMailGoesInTheClearOnlyWhereThatIsSaid) {
  const Receiver server = MailServer("PLAIN");
  const auto refused = MakeMail(Mailing(server.port(), SmtpServer::Security::starttls), Japanese())
                           ->Send(Emergency());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::not_allowed) << refused.error().detail;
  EXPECT_EQ(server.count(), 0U);
  EXPECT_TRUE(
      MakeMail(Mailing(server.port(), SmtpServer::Security::none), Japanese())->Send(Emergency()));
  EXPECT_EQ(server.Got(1)["tls"], false);
}

TEST_F(ChannelTest, AMailServerThatNobodyCertifiesOrThatKnowsNoSuchPasswordGetsNothing) {
  const Receiver server = MailServer("STARTTLS", "another password");
  MailSettings settings = Mailing(server.port(), SmtpServer::Security::starttls);
  settings.server.user = "sekisho";
  settings.password_file = folder_ / "password";
  const auto denied = MakeMail(settings, Japanese())->Send(Emergency());
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, ErrorCode::not_allowed);
  EXPECT_EQ(denied.error().detail.find("correct horse"), std::string::npos);
  settings.server.ca_file.clear();
  EXPECT_EQ(MakeMail(settings, Japanese())->Send(Emergency()).error().code, ErrorCode::not_allowed);
  EXPECT_EQ(server.count(), 0U);
}

TEST_F(ChannelTest, AWebhookIsSignedAsTheReceiverReckonsItByItself) {
  const Receiver server(folder_ / "hook.log", {"webhook", secret, "0"});
  WebhookSettings settings{"http://127.0.0.1:" + std::to_string(server.port()) + "/hook",
                           folder_ / "secret", "", true};
  const Batch batch = Emergency();
  ASSERT_TRUE(MakeWebhook(settings, Japanese(), client_)->Send(batch));
  const json got = server.Got(1);
  EXPECT_EQ(got["good"], true);
  EXPECT_EQ(got["path"], "/hook");
  EXPECT_EQ(got["id"], "msg_1");
  EXPECT_EQ(got["timestamp"], batch.at.time_since_epoch().count());
  EXPECT_EQ(got["type"], "application/json");
  EXPECT_EQ(got["body"]["type"], "sekisho.events");
  const json& event = got["body"]["data"]["events"][0];
  EXPECT_EQ(event["type"], "emergency.block");
  EXPECT_EQ(event["subject"], "evil[.]example");
  EXPECT_EQ(event["link"], "https://sekisho.test/emergencies");
}

TEST_F(ChannelTest, AWebhookToAPrivateAddressTakesLeave) {
  const Receiver server(folder_ / "hook.log", {"webhook", secret, "0"});
  WebhookSettings settings{"http://127.0.0.1:" + std::to_string(server.port()) + "/hook",
                           folder_ / "secret"};
  const auto refused = MakeWebhook(settings, Japanese(), client_)->Send(Emergency());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::not_allowed);
  EXPECT_EQ(server.count(), 0U);
}

TEST_F(ChannelTest, AReceiverThatLeadsElsewhereHasGotNothing) {
  const Receiver server(folder_ / "hook.log", {"webhook", secret, "0"});
  const WebhookSettings settings{"http://127.0.0.1:" + std::to_string(server.port()) + "/moved",
                                 folder_ / "secret", "", true};
  const auto moved = MakeWebhook(settings, Japanese(), client_)->Send(Emergency());
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().detail, "redirects elsewhere");
  EXPECT_EQ(server.count(), 0U) << "the page to log in was asked for";
}

TEST_F(ChannelTest, ASlackUrlThatIsNoneOrOfPlainHttpIsNotUsedAndNotTold) {
  const std::pair<const char*, ErrorCode> urls[] = {
      {"url: https://hooks.slack.test/secret", ErrorCode::malformed_input},
      {"hooks.slack.test/secret", ErrorCode::malformed_input},
      {"http://hooks.slack.test/secret", ErrorCode::not_allowed}};
  for (const auto& [url, code] : urls) {
    Write("url", std::string(url) + "\n");
    const auto failed =
        MakeSlack({folder_ / "url", "", false}, Japanese(), client_)->Send(Emergency());
    ASSERT_FALSE(failed) << url;
    EXPECT_EQ(failed.error().code, code) << url;
    EXPECT_EQ(failed.error().detail.find("secret"), std::string::npos) << failed.error().detail;
  }
}

TEST_F(ChannelTest, ASlackMessageCallsNobodyAndItsUrlIsInNoError) {
  const Receiver server(folder_ / "hook.log", {"webhook", secret, "1"});
  const std::string path = "/services/T1/B2/very-secret";
  Write("url", "http://127.0.0.1:" + std::to_string(server.port()) + path + "\n");
  SlackSettings settings{folder_ / "url", "", true};
  const auto slack = MakeSlack(settings, Japanese(), client_);
  Batch batch = Emergency();
  batch.events[0].reason = "<!channel> & <https://evil.example|click>";
  const auto failed = slack->Send(batch);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().detail, "the receiver answers 500");
  ASSERT_TRUE(slack->Send(batch));
  EXPECT_EQ(server.Got(2)["path"], path);
  const std::string text = server.Got(2)["body"]["text"];
  EXPECT_NE(text.find("&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("<https://sekisho.test/emergencies>"), std::string::npos);
  Write("url", "http://127.0.0.1:1" + path + "\n");
  const auto gone = slack->Send(batch);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().detail.find("secret"), std::string::npos) << gone.error().detail;
}

TEST_F(ChannelTest, ASecretThatIsNotThereIsNamedByItsFile) {
  WebhookSettings settings{"https://hook.test/", folder_ / "missing"};
  const auto failed = MakeWebhook(settings, Japanese(), client_)->Send(Emergency());
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().detail.find("missing"), std::string::npos);
}

}  // namespace
}  // namespace agent::notify
