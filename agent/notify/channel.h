#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/notify/event.h"
#include "agent/notify/message.h"
#include "agent/notify/schedule.h"
#include "platform/http_client.h"
#include "platform/smtp_client.h"
#include "policy/result.h"
#include "policy/time.h"

// The ways to people.
namespace agent::notify {

// Events that go out together. A batch that is sent again is the same again.
struct Batch {
  std::string id;  // the same at each attempt, and nobody else's
  TimePoint at;    // of the attempt
  std::vector<Event> events;
};

class Channel {
 public:
  virtual ~Channel() = default;
  // Waits for the other side's answer, at most half a minute, or until it has to stop. Its errors
  // say nothing secret.
  virtual policy::Result<void> Send(const Batch& batch, std::stop_token stop = {}) = 0;
};

// As "Standard Webhooks" has it (https://www.standardwebhooks.com): a JSON body, and the headers
// webhook-id, webhook-timestamp and webhook-signature, by which the receiver knows that it is ours,
// fresh and not a repetition.
struct WebhookSettings {
  std::string url;
  std::filesystem::path secret_file;  // "whsec_" and Base64, or the bytes themselves
  std::filesystem::path ca_file;
  bool allow_private = false;
};

// What Slack calls an incoming webhook, and Mattermost, Rocket.Chat and others take, too.
struct SlackSettings {
  std::filesystem::path url_file;  // the URL is the secret
  std::filesystem::path ca_file;
  bool allow_private = false;
};

struct MailSettings {
  platform::SmtpServer server;
  std::filesystem::path password_file;  // empty: no log-in
  std::string from;
  std::vector<std::string> to;
};

std::unique_ptr<Channel> MakeWebhook(WebhookSettings settings, Voice voice,
                                     platform::HttpClient& client);
std::unique_ptr<Channel> MakeSlack(SlackSettings settings, Voice voice,
                                   platform::HttpClient& client);
std::unique_ptr<Channel> MakeMail(MailSettings settings, Voice voice);

// "v1," and the Base64 of HMAC-SHA256 over "ID.TIMESTAMP.BODY". `secret` is as in its file.
policy::Result<std::string> SignatureOf(std::string_view secret, std::string_view id, TimePoint at,
                                        std::string_view body);

}  // namespace agent::notify
