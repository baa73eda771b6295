#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/identity.h"
#include "agent/api/services.h"
#include "agent/engine.h"
#include "agent/feeds/fetcher.h"
#include "agent/notification_settings.h"
#include "agent/oidc/sign_on.h"
#include "agent/people/people.h"
#include "agent/publish/enforcement_service.h"
#include "agent/traffic/traffic_follower.h"
#include "agent/web_server.h"
#include "policy/result.h"

namespace agent {

// The agent's configuration (config/agent.example.yaml), every value checked.
struct AgentSettings {
  std::filesystem::path data_dir;
  std::string listen;  // "127.0.0.1:7443"
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path client_ca;  // that signed the certificates of exporters and services
  std::optional<std::filesystem::path> client_crl;  // those that it took back
  std::string history_origin;
  std::filesystem::path public_suffix_list;
  EngineSettings engine;
  std::vector<feeds::SourceSettings> sources;  // feeds and allowlists
  std::vector<publish::DeviceSettings> devices;
  api::Identities identities;  // of section `access`
  people::Rules people;
  std::optional<traffic::TrafficSettings> traffic;
  std::optional<WebSettings> web;
  std::optional<api::UnblockRules> unblock_requests;  // only with `web`
  NotificationSettings notifications;
  std::optional<oidc::Settings> oidc;  // only with `web`, whose origin is then set
};

// Every mistake at once, as file:line:column. Reads no other file than `file`.
policy::Result<AgentSettings> LoadSettings(const std::filesystem::path& file);

}  // namespace agent
