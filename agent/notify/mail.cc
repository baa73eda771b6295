#include <utility>

#include "agent/notify/channel.h"
#include "agent/notify/mail_text.h"
#include "agent/notify/post.h"

namespace agent::notify {
namespace {

using policy::Result;

std::string BodyOf(const Message& message) {
  std::string body;
  for (const std::string& line : message.lines) body += line + '\n';
  if (!message.links.empty()) body += '\n';
  for (const std::string& link : message.links) body += link + '\n';
  return body;
}

class MailChannel final : public Channel {
 public:
  MailChannel(MailSettings settings, Voice voice)
      : settings_(std::move(settings)), voice_(std::move(voice)) {}

  Result<void> Send(const Batch& batch, std::stop_token stop) override {
    std::string password;
    if (!settings_.password_file.empty()) {
      auto read = ReadSecret(settings_.password_file);
      if (!read) return tl::unexpected(read.error());
      password = *std::move(read);
    }
    const Message message = Compose(batch.events, voice_);
    const std::string domain = settings_.from.substr(settings_.from.find('@') + 1);
    const std::string text = MailText({settings_.from, settings_.to, message.subject,
                                       BodyOf(message), batch.id + "@" + domain, batch.at});
    return platform::SendMail(settings_.server, password, settings_.from, settings_.to, text,
                              std::move(stop));
  }

 private:
  const MailSettings settings_;
  const Voice voice_;
};

}  // namespace

std::unique_ptr<Channel> MakeMail(MailSettings settings, Voice voice) {
  return std::make_unique<MailChannel>(std::move(settings), std::move(voice));
}

}  // namespace agent::notify
