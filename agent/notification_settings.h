#pragma once

#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "agent/notify/channel.h"
#include "agent/notify/conditions.h"
#include "agent/notify/notifier.h"
#include "config/yaml.h"
#include "platform/http_client.h"

namespace agent {

// Section `notifications`.
struct NotificationSettings {
  struct Channel {
    std::string name;
    notify::Schedule schedule;
    std::set<std::string, std::less<>> kinds;  // empty: all
    notify::Language language = notify::Language::en;
    std::variant<notify::MailSettings, notify::WebhookSettings, notify::SlackSettings> by;
  };
  notify::Bounds bounds;
  std::vector<Channel> channels;
};

// Says where its mistakes are. Without the section there are no channels.
NotificationSettings ReadNotifications(const config::Node& node);

// `origin` is the page's, for links. `client` has to outlive what is returned.
std::vector<notify::ChannelSettings> OpenChannels(const NotificationSettings& settings,
                                                  const std::string& origin,
                                                  platform::HttpClient& client);

}  // namespace agent
