// sekisho-agent: takes in feeds, keeps the queue that people approve, and drives the exporters.

#include <signal.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "agent/api/gate.h"
#include "agent/api/grpc_door.h"
#include "agent/api/services.h"
#include "agent/api/worker_pool.h"
#include "agent/certificates.h"
#include "agent/engine.h"
#include "agent/fetching.h"
#include "agent/keys.h"
#include "agent/notify/notifier.h"
#include "agent/notifying.h"
#include "agent/oidc/sign_on.h"
#include "agent/server.h"
#include "agent/settings.h"
#include "agent/store/sqlite_store.h"
#include "agent/traffic/traffic_follower.h"
#include "platform/atomic_file.h"
#include "platform/daemon.h"
#include "platform/log.h"
#include "platform/revocation.h"

namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t suffix_list_size_max = 16 * 1024 * 1024;
constexpr std::size_t api_threads = 4;
constexpr std::size_t api_queue_max = 256;

Result<std::shared_ptr<const policy::PublicSuffixList>> LoadSuffixes(
    const std::filesystem::path& file) {
  auto text = platform::ReadFile(file, suffix_list_size_max);
  if (!text) return tl::unexpected(text.error());
  auto list = policy::PublicSuffixList::Parse(*text);
  if (!list) return Fail(list.error().code, file.string() + ": " + list.error().detail);
  return std::make_shared<const policy::PublicSuffixList>(std::move(*list));
}

struct FollowedTraffic {
  std::shared_ptr<agent::traffic::Traffic> traffic;
  std::unique_ptr<agent::traffic::TrafficFollower> follower;
};

// With what was kept of the traffic; none where no log is followed.
std::optional<FollowedTraffic> MakeTraffic(const agent::AgentSettings& settings,
                                           const policy::PublicSuffixList& suffixes,
                                           const platform::Clock& clock) {
  if (!settings.traffic) return std::nullopt;
  std::random_device random;
  const auto word = [&random] { return std::uint64_t{random()} << 32U | random(); };
  FollowedTraffic made;
  made.traffic = std::make_shared<agent::traffic::Traffic>(suffixes, settings.traffic->size_max,
                                                           agent::traffic::SipKey{word(), word()});
  made.follower = std::make_unique<agent::traffic::TrafficFollower>(
      *settings.traffic, settings.data_dir / "traffic", *made.traffic, clock);
  made.follower->Load();
  return made;
}

// Where the page is, as far as we know: what a link has to begin with.
std::string WebOrigin(const agent::AgentSettings& settings) {
  if (!settings.web || !settings.web->origin.empty()) {
    return settings.web ? settings.web->origin : "";
  }
  const agent::WebSettings& web = *settings.web;
  const bool is_ipv6 = web.address.find(':') != std::string::npos;
  return std::string(web.certificate.empty() ? "http://" : "https://") +
         (is_ipv6 ? "[" + web.address + "]" : web.address) + ":" + std::to_string(web.port);
}

std::vector<std::string> NamesOf(const std::vector<agent::publish::DeviceSettings>& devices) {
  std::vector<std::string> names;
  for (const auto& device : devices) names.push_back(device.name);
  return names;
}

std::vector<agent::notify::Certificate> EndsOf(const agent::Certificates& certificates) {
  std::vector<agent::notify::Certificate> ends;
  for (agent::Certificates::End& end : certificates.ends()) {
    ends.push_back({std::move(end.use), end.validity});
  }
  return ends;
}

// While nobody has an account, a file has the link that makes the first admin. Not the log, which
// others read.
Result<void> TellFirstInvitation(const agent::people::People& people,
                                 const std::filesystem::path& data_dir, const std::string& origin) {
  const auto file = data_dir / "first-admin";
  const std::string token = people.FirstInvitation();
  if (token.empty()) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    return {};
  }
  platform::Info("nobody has an account yet: the link in {} makes the first admin", file.string());
  return platform::WriteFileAtomically(file, origin + "/invitation#" + token + "\n", 0600);
}

// Who may call, as the configuration has it now. With any mistake in the file all stays as it was.
void ReloadAccess(const std::string& config, agent::api::Gate& gate,
                  agent::people::People& people) {
  auto settings = agent::LoadSettings(config);
  if (!settings) {
    std::istringstream mistakes(settings.error().detail);
    for (std::string line; std::getline(mistakes, line);) platform::Error("{}", line);
    platform::Error("nothing was reloaded: mend {} and send SIGHUP again", config);
    return;
  }
  gate.Replace(std::move(settings->identities));
  if (auto voided = people.VoidVotesOfStrangers(); !voided) {
    platform::Error("votes of those who may vote no more still count: {}", voided.error().detail);
  }
  platform::Info("reloaded section access of {}; any other change needs a restart", config);
}

// Until a signal to end, or until the engine broke.
Result<void> Serve(const std::string& config, agent::Engine& engine, agent::api::Gate& gate,
                   agent::people::People& people, agent::publish::EnforcementService& enforcement,
                   const std::function<void()>& look_at_files,
                   const platform::DaemonSignals& signals) {
  while (true) {
    const auto signal = signals.WaitFor(std::chrono::seconds(1));
    if (signal == SIGHUP) {
      ReloadAccess(config, gate, people);
    } else if (signal) {
      platform::Info("stopping on signal {}; devices keep the last list", *signal);
      return {};
    }
    engine.Tick();
    enforcement.RetryRefused();
    people.Tick();
    look_at_files();
    if (engine.IsBroken()) {
      return Fail(ErrorCode::corrupt,
                  "the store failed; start again, and the agent finds what is on disk");
    }
  }
}

Result<void> Run(const platform::DaemonOptions& options, const platform::DaemonSignals& signals) {
  auto settings = agent::LoadSettings(options.config);
  if (!settings) return tl::unexpected(settings.error());
  if (options.check_config) {
    platform::Info("{}: no mistakes found", options.config);
    return {};
  }
  auto suffixes = LoadSuffixes(settings->public_suffix_list);
  if (!suffixes) return tl::unexpected(suffixes.error());
  std::unique_ptr<platform::RevocationFile> revoked;
  if (settings->client_crl) {
    auto opened = platform::RevocationFile::Open(*settings->client_crl, settings->client_ca);
    if (!opened) return tl::unexpected(opened.error());
    revoked = std::move(*opened);
  }
  const auto is_revoked = [&](std::string_view certificate) {
    return revoked && revoked->Revokes(certificate);
  };
  if (auto made = platform::MakePrivateFolder(settings->data_dir); !made) return made;

  const platform::SystemClock clock;
  const auto store_file = settings->data_dir / "sekisho.db";
  std::error_code error;
  auto keys = agent::LoadKeys(settings->data_dir, std::filesystem::exists(store_file, error),
                              settings->history_origin);
  if (!keys) return tl::unexpected(keys.error());
  auto store = agent::store::OpenSqlite(store_file);
  if (!store) return tl::unexpected(store.error());
  auto history_key =
      agent::history::VerifierKey::From(settings->history_origin, keys->history.public_key());
  if (!history_key) return tl::unexpected(history_key.error());
  auto history =
      agent::history::HistoryWriter::Open(**store, settings->history_origin, keys->history);
  if (!history) return tl::unexpected(history.error());
  agent::publish::Publication publication;
  auto traffic = MakeTraffic(*settings, **suffixes, clock);
  if (traffic) settings->engine.world.traffic = traffic->traffic;
  auto engine =
      agent::Engine::Start(settings->engine, *suffixes, **store, **history, publication, clock);
  if (!engine) return tl::unexpected(engine.error());
  if (traffic) traffic->follower->Start();
  platform::CurlHttpClient client("Sekisho");
  auto fetching =
      agent::Fetching::Start(settings->sources, settings->data_dir, client, clock, **engine);
  if (!fetching) return tl::unexpected(fetching.error());

  std::unique_ptr<agent::api::Gate> gate;
  auto people = agent::people::People::Open(
      **store, [&](const auto& change) { return (*engine)->Write(change); }, settings->people,
      {agent::api::MayAct, [&](const auto& act) { return gate->May(act); }}, clock);
  if (!people) return tl::unexpected(people.error());

  std::optional<agent::oidc::SignOn> sign_on;
  if (settings->oidc) sign_on.emplace(*settings->oidc, settings->web->origin, client, clock);
  agent::Certificates certificates;
  agent::notify::Notifier notifier(
      agent::OpenChannels(settings->notifications, WebOrigin(*settings), client),
      settings->notifications.bounds,
      {**store,
       [&](const agent::notify::Notifier::Change& change) {
         return (*engine)->Write([&](agent::store::Transaction& transaction,
                                     const agent::Engine::Append&) { return change(transaction); });
       },
       clock, settings->history_origin, NamesOf(settings->devices),
       [&] { return (*engine)->ConnectedDevices(); }, settings->engine.queue.approval_lifetime,
       [&] { return EndsOf(certificates); }});
  const agent::api::Desk desk{**engine,
                              **store,
                              publication,
                              **fetching,
                              **people,
                              WebOrigin(*settings),
                              clock,
                              settings->devices,
                              settings->engine.lists,
                              {*history_key},
                              *suffixes,
                              sign_on ? &*sign_on : nullptr,
                              &certificates,
                              settings->unblock_requests,
                              settings->notifications.channels.empty() ? nullptr : &notifier};
  auto methods = agent::api::MakeMethodTable(desk);
  if (!methods) return tl::unexpected(methods.error());
  gate = std::make_unique<agent::api::Gate>(std::move(settings->identities), people->get(), clock);
  if (auto voided = (*people)->VoidVotesOfStrangers(); !voided) return voided;
  agent::api::WorkerPool pool(api_threads, api_queue_max);
  agent::api::GrpcDoor door(*methods, *gate, pool, is_revoked);
  agent::publish::EnforcementService enforcement(settings->devices, publication, keys->list, clock,
                                                 **engine, is_revoked);
  auto server = agent::StartServer(
      {settings->listen, settings->certificate, settings->key, settings->client_ca}, enforcement,
      door);
  if (!server) return tl::unexpected(server.error());
  platform::Info("serving people and exporters on {}", settings->listen);
  certificates.Watch("agent", settings->certificate, settings->key, {});
  std::unique_ptr<platform::HttpServer> web;
  if (settings->web) {
    auto started = agent::StartWebServer(*settings->web, *methods, *gate, pool);
    if (!started) return tl::unexpected(started.error());
    web = std::move(*started);
    platform::Info("serving browsers on {} port {}", settings->web->address, web->port());
    if (!settings->web->certificate.empty()) {
      certificates.Watch("web", settings->web->certificate, settings->web->key,
                         [&web](const std::string& certificate, const std::string& key) {
                           return web->ReloadTls({certificate, key, ""});
                         });
    }
  }
  if (auto told = TellFirstInvitation(**people, settings->data_dir, desk.web_origin); !told) {
    return told;
  }
  std::optional<agent::Notifying> notifying;
  if (!settings->notifications.channels.empty()) notifying.emplace(notifier);
  const auto look_at_files = [&] {
    certificates.Look(clock.Now());
    if (revoked && revoked->Refresh(clock.Now())) enforcement.EndRevoked();
  };
  auto served =
      Serve(options.config, **engine, *gate, **people, enforcement, look_at_files, signals);
  server->grpc->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return served;
}

}  // namespace

int main(int argc, char** argv) {
  return platform::RunDaemon(argc, argv, "sekisho-agent",
                             "Vets indicators of compromise, and has approved ones blocked.", Run);
}
