#include <utility>

#include <nlohmann/json.hpp>

#include "agent/notify/channel.h"
#include "agent/notify/post.h"

namespace agent::notify {
namespace {

using policy::Result;

// Else a name could be a link, or call everybody
// (https://api.slack.com/reference/surfaces/formatting).
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string TextOf(const Message& message) {
  std::string text;
  for (const std::string& line : message.lines) text += Escaped(line) + '\n';
  for (const std::string& link : message.links) text += '<' + link + ">\n";
  return text;
}

class Slack final : public Channel {
 public:
  Slack(SlackSettings settings, Voice voice, platform::HttpClient& client)
      : settings_(std::move(settings)), voice_(std::move(voice)), client_(client) {}

  Result<void> Send(const Batch& batch, std::stop_token stop) override {
    auto url = ReadSecret(settings_.url_file);
    if (!url) return tl::unexpected(url.error());
    const nlohmann::ordered_json body{{"text", TextOf(Compose(batch.events, voice_))}};
    return Post(client_,
                {.url = *std::move(url),
                 .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                 .headers = {},
                 .ca_file = settings_.ca_file,
                 .allow_private = settings_.allow_private,
                 .stop = std::move(stop)});
  }

 private:
  const SlackSettings settings_;
  const Voice voice_;
  platform::HttpClient& client_;
};

}  // namespace

std::unique_ptr<Channel> MakeSlack(SlackSettings settings, Voice voice,
                                   platform::HttpClient& client) {
  return std::make_unique<Slack>(std::move(settings), std::move(voice), client);
}

}  // namespace agent::notify
