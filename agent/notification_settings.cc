#include "agent/notification_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/notify/mail_text.h"
#include "policy/ascii.h"

namespace agent {
namespace {

using config::Node;
using std::chrono::minutes;
using Channel = NotificationSettings::Channel;
using Security = platform::SmtpServer::Security;

std::optional<int> Number(std::string_view text, int max) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return is_whole && value >= 0 && value <= max ? std::optional(value) : std::nullopt;
}

// "08:30"
minutes ReadTimeOfDay(const Node& node) {
  const std::string text = node.AsString();
  const auto colon = text.find(':');
  const auto hour = Number(text.substr(0, colon), 24);
  const auto minute = colon == text.npos ? std::nullopt : Number(text.substr(colon + 1), 59);
  if (!hour || !minute || *hour * 60 + *minute > 24 * 60) {
    if (node.present()) node.Fail("has to be a time of day, as in \"19:00\"");
    return minutes(0);
  }
  return minutes(*hour * 60 + *minute);
}

notify::Zone ReadZone(const Node& node) {
  const std::string name = node.AsString("UTC");
  auto zone = notify::Zone::Load(name);
  if (zone) return *std::move(zone);
  node.Fail(zone.error().detail);
  return notify::Zone::Utc();
}

notify::Schedule ReadSchedule(const Node& node) {
  notify::Schedule schedule;
  schedule.digest = node.Optional("digest").AsDuration(schedule.digest);
  schedule.zone = ReadZone(node.Optional("time_zone"));
  const Node quiet = node.Optional("quiet");
  if (quiet.present()) {
    schedule.quiet = {ReadTimeOfDay(quiet.Require("from")), ReadTimeOfDay(quiet.Require("to")),
                      quiet.Optional("weekends").AsBool(false)};
  }
  return schedule;
}

// "device.refuse", or "device" for all of them.
std::set<std::string, std::less<>> ReadKinds(const Node& node) {
  std::set<std::string, std::less<>> kinds;
  for (const Node& each : node.AsList()) {
    const std::string name = each.AsString();
    const std::size_t before = kinds.size();
    for (const notify::Kind& kind : notify::Kinds()) {
      if (kind.name == name || kind.name.starts_with(name + ".")) kinds.emplace(kind.name);
    }
    if (kinds.size() > before || !each.present()) continue;
    std::string all;
    for (const notify::Kind& kind : notify::Kinds()) {
      all += (all.empty() ? "" : ", ") + std::string(kind.name);
    }
    each.Fail("there is no such event; there are " + all);
  }
  return kinds;
}

std::string ReadAddress(const Node& node) {
  std::string address = node.AsString();
  if (node.present() && !notify::IsMailAddress(address)) {
    node.Fail("has to be a mail address alone, as in \"soc@example.org\"");
  }
  return address;
}

bool IsThisMachine(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

// "smtp.example.org:587" or "[::1]:25".
void ReadServer(const Node& node, platform::SmtpServer& server) {
  const std::string text = node.AsString();
  const auto colon = text.rfind(':');
  const auto port = colon == text.npos ? std::nullopt : Number(text.substr(colon + 1), 65535);
  server.host = text.substr(0, colon);
  if (server.host.starts_with('[') && server.host.ends_with(']')) {
    server.host = server.host.substr(1, server.host.size() - 2);
  }
  const bool is_host =
      !server.host.empty() && std::all_of(server.host.begin(), server.host.end(), [](char c) {
        return policy::IsLetter(c) || policy::IsDigit(c) || c == '.' || c == '-' || c == ':';
      });
  if (node.present() && (!port || !is_host)) {
    node.Fail("has to be a host and a port, as in \"smtp.example.org:587\"");
  }
  server.port = static_cast<std::uint16_t>(port.value_or(0));
}

notify::MailSettings ReadMail(const Node& node) {
  notify::MailSettings mail;
  ReadServer(node.Require("server"), mail.server);
  const Node security = node.Optional("security");
  mail.server.security = std::array{Security::starttls, Security::tls,
                                    Security::none}[security.AsChoice({"starttls", "tls", "none"})];
  if (mail.server.security == Security::none && !IsThisMachine(mail.server.host)) {
    security.Fail(
        "mails would cross the network in the clear; take starttls or tls, or a relay on "
        "127.0.0.1");
  }
  mail.server.user = node.Optional("user").AsString();
  mail.server.ca_file = node.Optional("ca_file").AsPath();
  mail.password_file = node.Optional("password_file").AsPath();
  if (mail.server.user.empty() != mail.password_file.empty()) {
    node.Fail("user and password_file go together");
  }
  mail.from = ReadAddress(node.Require("from"));
  for (const Node& each : node.Require("to").AsList()) mail.to.push_back(ReadAddress(each));
  if (node.Require("to").present() && mail.to.empty()) node.Fail("a mail takes a recipient in to");
  return mail;
}

notify::WebhookSettings ReadWebhook(const Node& node) {
  notify::WebhookSettings hook;
  const Node url = node.Require("url");
  hook.url = url.AsString();
  hook.secret_file = node.Require("secret_file").AsPath();
  hook.ca_file = node.Optional("ca_file").AsPath();
  hook.allow_private = node.Optional("allow_private").AsBool(false);
  const bool is_good =
      hook.url.starts_with("https://") || (hook.allow_private && hook.url.starts_with("http://"));
  if (url.present() && !is_good) {
    url.Fail("has to be an https URL; http takes allow_private, within your own network");
  }
  return hook;
}

notify::SlackSettings ReadSlack(const Node& node) {
  return {node.Require("url_file").AsPath(), node.Optional("ca_file").AsPath(),
          node.Optional("allow_private").AsBool(false)};
}

Channel ReadChannel(const Node& node, std::set<std::string>& names) {
  Channel channel;
  const Node name = node.Require("name");
  channel.name = name.AsString();
  if (name.present() && (channel.name.empty() || !names.insert(channel.name).second)) {
    name.Fail("a channel needs a name of its own");
  }
  channel.schedule = ReadSchedule(node);
  channel.kinds = ReadKinds(node.Optional("events"));
  channel.language = std::array{
      notify::Language::en, notify::Language::ja}[node.Optional("language").AsChoice({"en", "ja"})];
  switch (node.Require("kind").AsChoice({"email", "webhook", "slack"})) {
    case 0: channel.by = ReadMail(node); break;
    case 1: channel.by = ReadWebhook(node); break;
    default: channel.by = ReadSlack(node);
  }
  return channel;
}

}  // namespace

NotificationSettings ReadNotifications(const Node& node) {
  NotificationSettings settings;
  if (!node.present()) return settings;
  notify::Bounds& bounds = settings.bounds;
  bounds.queue_age = node.Optional("queue_age").AsDuration(bounds.queue_age);
  bounds.device_offline = node.Optional("device_offline").AsDuration(bounds.device_offline);
  std::set<std::string> names;
  for (const Node& each : node.Require("channels").AsList()) {
    settings.channels.push_back(ReadChannel(each, names));
  }
  return settings;
}

std::vector<notify::ChannelSettings> OpenChannels(const NotificationSettings& settings,
                                                  const std::string& origin,
                                                  platform::HttpClient& client) {
  std::vector<notify::ChannelSettings> channels;
  for (const Channel& each : settings.channels) {
    const notify::Voice voice{each.language, origin, each.schedule.zone};
    std::unique_ptr<notify::Channel> channel;
    if (const auto* mail = std::get_if<notify::MailSettings>(&each.by)) {
      channel = notify::MakeMail(*mail, voice);
    } else if (const auto* hook = std::get_if<notify::WebhookSettings>(&each.by)) {
      channel = notify::MakeWebhook(*hook, voice, client);
    } else {
      channel = notify::MakeSlack(std::get<notify::SlackSettings>(each.by), voice, client);
    }
    channels.push_back({each.name, each.schedule, each.kinds, std::move(channel)});
  }
  return channels;
}

}  // namespace agent
