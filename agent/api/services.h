#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "agent/api/claims.h"
#include "agent/api/feed_control.h"
#include "agent/api/method_table.h"
#include "agent/api/presence.h"
#include "agent/certificates.h"
#include "agent/engine.h"
#include "agent/history/checkpoint.h"
#include "agent/notify/notifier.h"
#include "agent/oidc/sign_on.h"
#include "agent/people/people.h"
#include "agent/people/throttle.h"
#include "agent/store/store.h"
#include "platform/clock.h"
#include "policy/public_suffix.h"
#include "policy/result.h"

namespace agent::api {

// How much strangers may ask for.
struct UnblockRules {
  std::uint64_t open_max = 1000;  // requests that nobody has answered yet
  people::Throttle::Limits asking{std::chrono::hours(1), 10, 10, 200};
  people::Throttle::Limits tracking{std::chrono::minutes(15), 100, 100, 10'000};
};

// All that the handlers work with. Acts go to the engine, reads past it.
struct Desk {
  Engine& engine;
  store::Store& store;
  const publish::Publication& publication;
  FeedControl& feeds;
  people::People& people;
  std::string web_origin;  // "https://sekisho.example.org"; empty where it is not known
  const platform::Clock& clock;
  std::vector<publish::DeviceSettings> devices;
  std::vector<ListSettings> lists;
  std::vector<history::VerifierKey> history_keys;  // the log's own, earlier ones too
  std::shared_ptr<const policy::PublicSuffixList> suffixes;
  oidc::SignOn* sign_on = nullptr;                              // without a provider
  const Certificates* certificates = nullptr;                   // that the agent shows
  std::optional<UnblockRules> unblock_requests = std::nullopt;  // none: nobody may ask
  notify::Notifier* notifier = nullptr;                         // without channels
  std::shared_ptr<Presence> presence = std::make_shared<Presence>();
  std::shared_ptr<Claims> claims = std::make_shared<Claims>();
};

// The methods of each service of the .proto files. `desk` has to outlive the table.
void AddFeeds(MethodTable& table, const Desk& desk);
void AddAllowlists(MethodTable& table, const Desk& desk);
void AddObserve(MethodTable& table, const Desk& desk);
void AddQueue(MethodTable& table, const Desk& desk);
void AddBulk(MethodTable& table, const Desk& desk);
void AddBlocks(MethodTable& table, const Desk& desk);
void AddEmergencies(MethodTable& table, const Desk& desk);
void AddUnblockRequests(MethodTable& table, const Desk& desk);
void AddNotifications(MethodTable& table, const Desk& desk);
void AddStandingApprovals(MethodTable& table, const Desk& desk);
void AddReleases(MethodTable& table, const Desk& desk);
void AddPolicy(MethodTable& table, const Desk& desk);
void AddChanges(MethodTable& table, const Desk& desk);
void AddDevices(MethodTable& table, const Desk& desk);
void AddHistory(MethodTable& table, const Desk& desk);
void AddRules(MethodTable& table, const Desk& desk);
void AddScoreboard(MethodTable& table, const Desk& desk);
void AddSessions(MethodTable& table, const Desk& desk);
void AddSingleSignOn(MethodTable& table, const Desk& desk);
void AddAccounts(MethodTable& table, const Desk& desk);

// All of them; fails if a method is without handler or row in the access table.
policy::Result<MethodTable> MakeMethodTable(const Desk& desk);

}  // namespace agent::api
