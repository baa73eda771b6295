#include "agent/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "agent/feeds/registry.h"
#include "config/policy_settings.h"
#include "config/yaml.h"
#include "policy/allowlist.h"
#include "policy/digest.h"
#include "policy/ip_prefix.h"

namespace agent {
namespace {

using config::Node;
using policy::IndicatorKind;
using policy::IpPrefix;
using std::chrono::hours;

// A value that a parser of ours has to like.
template <class Parse>
auto ReadWith(const Node& node, Parse parse, decltype(*parse(std::string())) fallback) {
  if (!node.present()) return std::decay_t<decltype(fallback)>(fallback);
  auto value = parse(node.AsString());
  if (!value) {
    node.Fail(value.error().detail);
    return std::decay_t<decltype(fallback)>(fallback);
  }
  return std::decay_t<decltype(fallback)>(std::move(*value));
}

std::chrono::seconds ReadWithin(const Node& node, std::chrono::seconds fallback,
                                std::chrono::seconds most) {
  const auto value = node.AsDuration(fallback);
  if (value > most) node.Fail("may be at most " + policy::FormatDuration(most));
  return value;
}

queue::QueueRules ReadQueue(const Node& node, std::chrono::seconds lifetime_max) {
  return {
      .lifetime_max = lifetime_max,
      .deferral_default = node.Optional("deferral_default").AsDuration(hours(24 * 7)),
      .rejection_lifetime = node.Optional("rejection_lifetime").AsDuration(hours(24 * 30)),
      .bulk_alone_max =
          static_cast<std::uint64_t>(node.Optional("bulk_alone_max").AsInt(1, 1'000'000'000, 1000)),
      .approval_lifetime = node.Optional("approval_lifetime").AsDuration(hours(24 * 7)),
      .emergency_block_lifetime =
          ReadWithin(node.Optional("emergency_block_lifetime"), hours(24), hours(72)),
      .emergency_unblock_lifetime =
          ReadWithin(node.Optional("emergency_unblock_lifetime"), hours(24 * 7), hours(24 * 30)),
      .standing_lifetime_max =
          ReadWithin(node.Optional("standing_lifetime_max"), hours(24 * 30), hours(24 * 90)),
      .standing_uses_max =
          static_cast<std::uint32_t>(node.Optional("standing_uses_max").AsInt(1, 100'000, 1000))};
}

policy::ChangeLimits ReadBrake(const Node& node) {
  policy::ChangeLimits limits;
  limits.removed_percent_max =
      static_cast<int>(node.Optional("removed_percent_max").AsInt(0, 100, 30));
  limits.added_percent_max =
      static_cast<int>(node.Optional("added_percent_max").AsInt(0, 100'000, 200));
  limits.entries_min =
      static_cast<std::size_t>(node.Optional("entries_min").AsInt(0, 1'000'000, 50));
  return limits;
}

// Docs/protocol.md's rule for list names, and ours for devices.
bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::string ReadName(const Node& node, std::set<std::string>& taken) {
  std::string name = node.AsString();
  if (node.present() && !IsName(name)) {
    node.Fail("a name is 1 to 64 of a-z, A-Z, 0-9, \".\", \"_\" and \"-\"");
  } else if (node.present() && !taken.insert(name).second) {
    node.Fail("the name \"" + name + "\" is there twice");
  }
  return name;
}

std::vector<ListSettings> ReadLists(const Node& node, std::set<std::string>& names) {
  std::vector<ListSettings> lists;
  for (const Node& each : node.AsList()) {
    ListSettings list{ReadName(each.Require("name"), names), {}};
    list.content = std::array{
        ListContent::blocks,
        ListContent::allowlist}[each.Optional("content").AsChoice({"blocks", "allowlist"})];
    for (const Node& kind : each.Require("kinds").AsList()) {
      list.kinds.push_back(ReadWith(kind, policy::ParseKind, IndicatorKind::domain));
    }
    lists.push_back(std::move(list));
  }
  return lists;
}

std::set<std::string> ListsLettingThrough(const std::vector<ListSettings>& lists) {
  std::set<std::string> names;
  for (const ListSettings& list : lists) {
    if (list.content == ListContent::allowlist) names.insert(list.name);
  }
  return names;
}

std::vector<publish::DeviceSettings> ReadDevices(const Node& node,
                                                 const std::set<std::string>& lists,
                                                 const std::set<std::string>& letting_through) {
  std::vector<publish::DeviceSettings> devices;
  std::set<std::string> names;
  for (const Node& each : node.AsList()) {
    publish::DeviceSettings device;
    device.name = ReadName(each.Require("name"), names);
    const Node list = each.Require("list");
    device.list = list.AsString();
    if (list.present() && !lists.contains(device.list)) {
      list.Fail("there is no list \"" + device.list + "\"");
    }
    device.identity = each.Require("identity").AsString();
    device.lets_through = letting_through.contains(device.list);
    devices.push_back(std::move(device));
  }
  return devices;
}

void BothOrNeither(const Node& node, const char* one, const char* other) {
  const Node a = node.Optional(one);
  const Node b = node.Optional(other);
  if (a.present() != b.present()) {
    (a.present() ? a : b).Fail(std::string(one) + " and " + other + " go together");
  }
}

feeds::SourceSettings ReadSource(const Node& node, feeds::SourceKind kind,
                                 std::set<std::string>& names) {
  feeds::SourceSettings source;
  source.kind = kind;
  const Node name = node.Require("name");
  source.name = ReadName(name, names);
  // It names files.
  if (source.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") !=
      std::string::npos) {
    name.Fail("the name of a source is of a-z, 0-9, \"-\" and \"_\"");
  }
  const Node url = node.Optional("url");
  source.url = url.AsString();
  source.url_secrets = feeds::UrlSecrets(source.url, url.FromEnvironment());
  source.interval = node.Optional("interval").AsDuration(std::chrono::minutes(10));
  source.deadline = node.Optional("deadline").AsDuration(std::chrono::seconds(60));
  source.body_size_max = static_cast<std::size_t>(
      node.Optional("body_size_max").AsInt(1024, 1'073'741'824, 64 * 1024 * 1024));
  source.allow_private = node.Optional("allow_private").AsBool(false);
  source.allow_file = node.Optional("allow_file").AsBool(false);
  source.ca_file = node.Optional("ca_file").AsPath();
  source.proxy = node.Optional("proxy").AsString();
  source.auth_header = node.Optional("auth_header").AsString();
  source.auth_file = node.Optional("auth_file").AsPath();
  BothOrNeither(node, "auth_header", "auth_file");
  source.user = node.Optional("user").AsString();
  source.password_file = node.Optional("password_file").AsPath();
  BothOrNeither(node, "user", "password_file");
  source.client_certificate = node.Optional("client_certificate").AsPath();
  source.client_key = node.Optional("client_key").AsPath();
  BothOrNeither(node, "client_certificate", "client_key");
  source.limits.shrink_percent_max =
      static_cast<int>(node.Optional("shrink_percent_max").AsInt(0, 100, 30));
  source.limits.growth_factor_max =
      static_cast<int>(node.Optional("growth_factor_max").AsInt(1, 1000, 3));
  source.limits.rows_max =
      static_cast<std::uint64_t>(node.Optional("rows_max").AsInt(1, 10'000'000, 1'000'000));
  return source;
}

template <class Rows>
std::string ReadFormatName(const Node& node, const Rows& rows) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) names.push_back(row.name);
  return std::string(names[node.AsChoice(names)]);
}

void ReadFeeds(const Node& node, AgentSettings& settings) {
  std::set<std::string> names;
  for (const Node& each : node.AsList()) {
    feeds::SourceSettings source = ReadSource(each, feeds::SourceKind::feed, names);
    const Node format = each.Require("format");
    source.format = *feeds::FindFeedFormat(ReadFormatName(format, feeds::FeedFormats()), each);
    source.interval = each.Optional("interval").AsDuration(source.format.interval_default);
    if (source.format.collect_pushed) {
      if (!source.url.empty()) each.Optional("url").Fail("a push feed has none: it is pushed to");
      source.url = "push:" + source.name;
      source.url_secrets = feeds::UrlSecrets(source.url, {});
    } else {
      each.Require("url");
    }
    settings.engine.world.feeds.push_back({config::ReadFeedProfile(each, source.format.role),
                                           source.format.is_dated, source.format.is_own});
    settings.sources.push_back(std::move(source));
  }
}

void ReadAllowlists(const Node& node, AgentSettings& settings) {
  std::set<std::string> names;
  for (const Node& each : node.AsList()) {
    feeds::SourceSettings source = ReadSource(each, feeds::SourceKind::allowlist, names);
    // An allowlist that lost one of three entries lets that one be blocked.
    source.limits.rows_unjudged = 0;
    each.Require("url");
    const Node format = each.Require("format");
    source.format = *feeds::FindAllowlistFormat(ReadFormatName(format, feeds::AllowlistFormats()));
    settings.engine.world.allowlists.push_back(
        {{source.name,
          ReadWith(each.Require("category"), policy::ParseAllowCategory,
                   policy::AllowCategory::legitimate_service),
          ReadWith(each.Require("effect"), policy::ParseAllowEffect, policy::AllowEffect::never)}});
    settings.sources.push_back(std::move(source));
  }
}

std::optional<traffic::TrafficSettings> ReadTraffic(const Node& node) {
  if (!node.present()) return std::nullopt;
  traffic::TrafficSettings settings;
  settings.size_max =
      static_cast<std::size_t>(node.Optional("names_max").AsInt(1000, 100'000'000, 1'000'000));
  std::set<std::string> names;
  for (const Node& each : node.Require("logs").AsList()) {
    traffic::LogSettings log;
    log.name = ReadName(each.Require("name"), names);
    log.file = each.Require("file").AsPath();
    const std::string format = ReadFormatName(each.Require("format"), traffic::LogFormats());
    const auto row = std::find_if(traffic::LogFormats().begin(), traffic::LogFormats().end(),
                                  [&](const auto& known) { return known.name == format; });
    log.read = row->make(each);
    settings.logs.push_back(std::move(log));
  }
  return settings;
}

// Own names and addresses, which nothing overrides.
void ReadOwn(const Node& node, AgentSettings& settings) {
  auto& fixed = settings.engine.world.fixed_allowlist;
  fixed.push_back({{"own infrastructure", policy::AllowCategory::own_infrastructure,
                    policy::AllowEffect::never},
                   config::ReadAllowEntries(node)});
}

void ReadSpecialPurpose(const Node& node, AgentSettings& settings) {
  settings.engine.world.fixed_allowlist.push_back(
      {{"special-purpose addresses and names", policy::AllowCategory::special_purpose,
        policy::AllowEffect::never},
       policy::SpecialPurposeEntries(node.AsBool(true))});
}

api::Role ReadRole(const Node& node) {
  return ReadWith(node, api::ParseRole, api::Role::viewer);
}

// Adds what `settings` says; whatever the identities have against it is said where it stands.
template <class Settings>
void AddIdentity(const Node& node, const Settings& settings, api::Identities& identities) {
  if (auto added = identities.Add(settings); !added) node.Fail(added.error().detail);
}

api::Identities ReadAccess(const Node& node) {
  api::Identities identities;
  for (const Node& each : node.Optional("tokens").AsList()) {
    api::TokenSettings token;
    const Node name = each.Require("name");
    token.name = name.AsString();
    token.role = ReadRole(each.Require("role"));
    const Node digest = each.Require("sha256");
    token.sha256 = digest.AsString();
    const bool is_digest = policy::ParseSha256(token.sha256).has_value();
    if (digest.present() && !is_digest) {
      digest.Fail("is not a SHA-256 in hexadecimal; `printf %s TOKEN | sha256sum` gives it");
    }
    const Node expires = each.Optional("expires");
    if (expires.present())
      token.expires = ReadWith(expires, policy::ParseTime, policy::TimePoint{});
    std::vector<std::string> scope;
    for (const Node& term : each.Optional("scope").AsList()) scope.push_back(term.AsString());
    if (auto read = people::TokenScope::From(scope)) {
      token.scope = std::move(*read);
    } else {
      each.Optional("scope").Fail(read.error().detail);
    }
    if (name.present() && is_digest) AddIdentity(each, token, identities);
  }
  for (const Node& each : node.Optional("certificates").AsList()) {
    const Node identity = each.Require("identity");
    const Node name = each.Require("name");
    const api::CertificateSettings certificate{identity.AsString(), name.AsString(),
                                               ReadRole(each.Require("role"))};
    if (identity.present() && name.present()) AddIdentity(each, certificate, identities);
  }
  return identities;
}

// "127.0.0.1:8080" or "[::]:443".
void ReadListen(const Node& node, WebSettings& web) {
  const std::string text = node.AsString();
  if (!node.present()) return;
  const std::size_t colon = text.rfind(':');
  web.address = text.substr(0, colon);
  if (web.address.starts_with('[') && web.address.ends_with(']')) {
    web.address = web.address.substr(1, web.address.size() - 2);
  }
  const std::string port = colon == text.npos ? "" : text.substr(colon + 1);
  const auto read = std::from_chars(port.data(), port.data() + port.size(), web.port);
  if (read.ec != std::errc() || read.ptr != port.data() + port.size() ||
      !policy::IpPrefix::Parse(web.address)) {
    node.Fail("has to be an address and a port: \"127.0.0.1:8080\" or \"[::]:443\"");
  }
}

people::Rules ReadPeople(const Node& node) {
  people::Rules rules;
  rules.idle = node.Optional("idle_timeout").AsDuration(rules.idle);
  rules.lifetime = node.Optional("session_lifetime").AsDuration(rules.lifetime);
  rules.step_up = node.Optional("confirmation_lifetime").AsDuration(rules.step_up);
  rules.invitation = node.Optional("invitation_lifetime").AsDuration(rules.invitation);
  return rules;
}

std::optional<WebSettings> ReadWeb(const Node& node) {
  if (!node.present()) return std::nullopt;
  WebSettings web;
  const Node listen = node.Require("listen");
  ReadListen(listen, web);
  web.certificate = node.Optional("certificate").AsPath();
  web.key = node.Optional("key").AsPath();
  BothOrNeither(node, "certificate", "key");
  const bool is_loopback = web.address == "::1" || web.address.starts_with("127.");
  if (listen.present() && web.certificate.empty() && !is_loopback) {
    listen.Fail(
        "passwords would cross the network in the clear; give certificate and key, or "
        "listen on 127.0.0.1");
  }
  web.root = node.Optional("root").AsPath();
  web.origin = node.Optional("origin").AsString();
  for (const Node& each : node.Optional("trusted_proxies").AsList()) {
    if (auto prefix = IpPrefix::Parse(each.AsString())) {
      web.trusted_proxies.addresses.push_back(*prefix);
    } else {
      each.Fail("has to be an address or a prefix: \"10.1.2.3\", \"10.1.2.0/24\"");
    }
  }
  using By = api::TrustedProxies::By;
  web.trusted_proxies.by = std::array{
      By::x_forwarded_for,
      By::forwarded}[node.Optional("trusted_header").AsChoice({"x-forwarded-for", "forwarded"})];
  return web;
}

// Over TLS, or from this machine to itself.
bool IsGoodIssuer(const std::string& url) {
  const auto is_at = [&](std::string_view start) {
    return url.starts_with(start) && url.size() > start.size();
  };
  return url.find_first_of("?#| ") == std::string::npos &&
         (is_at("https://") || is_at("http://127.0.0.1:") || is_at("http://localhost:"));
}

std::optional<oidc::Settings> ReadOidc(const Node& node, const std::optional<WebSettings>& web) {
  if (!node.present()) return std::nullopt;
  if (!web || web->origin.empty()) {
    node.Fail("needs web.origin, where the provider sends browsers back to");
  }
  oidc::Settings oidc;
  const Node issuer = node.Require("issuer");
  oidc.provider.issuer = issuer.AsString();
  if (issuer.present() && !IsGoodIssuer(oidc.provider.issuer)) {
    issuer.Fail("has to be the provider's issuer, an https URL without query");
  }
  oidc.provider.client_id = node.Require("client_id").AsString();
  oidc.provider.client_secret_file = node.Optional("client_secret_file").AsPath();
  oidc.provider.ca_file = node.Optional("ca_file").AsPath();
  oidc.provider.allow_private = node.Optional("allow_private").AsBool(false);
  oidc.label = node.Optional("label").AsString("single sign-on");
  oidc.name_claim = node.Optional("name_claim").AsString(oidc.name_claim);
  oidc.role_claim = node.Optional("role_claim").AsString(oidc.role_claim);
  for (const Node& each : node.Require("roles").AsList()) {
    const Node role = each.Require("role");
    oidc.roles.push_back({each.Require("value").AsString(), ReadRole(role)});
    if (oidc.roles.back().role == api::Role::exporter)
      role.Fail("exporters come with certificates");
  }
  return oidc;
}

void ReadUnblockRequests(const Node& node, AgentSettings& settings) {
  if (!node.present()) return;
  if (!settings.web) node.Fail("needs section web: it is a page that people ask by");
  api::UnblockRules rules;
  const auto count = [&](const char* name, std::int64_t fallback) {
    return static_cast<std::size_t>(node.Optional(name).AsInt(1, 10'000, fallback));
  };
  rules.open_max = count("open_max", 1000);
  rules.asking.per_address = rules.asking.per_name_and_address = count("hourly_per_address", 10);
  rules.asking.per_name = count("hourly_total", 200);
  settings.engine.requests_wait = node.Optional("wait").AsDuration(settings.engine.requests_wait);
  settings.engine.askers_kept =
      node.Optional("keep_askers").AsDuration(settings.engine.askers_kept);
  settings.unblock_requests = rules;
}

}  // namespace

policy::Result<AgentSettings> LoadSettings(const std::filesystem::path& file) {
  auto document = config::Document::Load(file);
  if (!document) return tl::unexpected(document.error());
  const Node root = document->root();
  policy::Policy policy = config::ReadPolicy(root.Require("policy"));
  const queue::QueueRules rules = ReadQueue(root.Optional("queue"), policy.lifetime_max);
  AgentSettings settings{.engine = {.policy = std::move(policy), .queue = rules}};
  settings.data_dir = root.Require("data_dir").AsPath();
  settings.listen = root.Require("listen").AsString();
  const Node tls = root.Require("tls");
  settings.certificate = tls.Require("certificate").AsPath();
  settings.key = tls.Require("key").AsPath();
  settings.client_ca = tls.Require("client_ca").AsPath();
  if (const Node crl = tls.Optional("client_crl"); crl.present())
    settings.client_crl = crl.AsPath();
  settings.history_origin = root.Require("history_origin").AsString();
  settings.public_suffix_list =
      root.Optional("public_suffix_list").AsPath("/usr/share/publicsuffix/public_suffix_list.dat");
  settings.engine.changes = ReadBrake(root.Optional("brake"));
  std::set<std::string> lists;
  settings.engine.lists = ReadLists(root.Require("lists"), lists);
  const std::set<std::string> letting_through = ListsLettingThrough(settings.engine.lists);
  for (const ListSettings& list : settings.engine.lists) {
    if (list.content != ListContent::allowlist) continue;
    settings.engine.world.let_through.insert(list.kinds.begin(), list.kinds.end());
  }
  settings.devices = ReadDevices(root.Optional("devices"), lists, letting_through);
  ReadFeeds(root.Require("feeds"), settings);
  ReadAllowlists(root.Require("allowlists"), settings);
  ReadOwn(root.Optional("own"), settings);
  ReadSpecialPurpose(root.Optional("documentation_is_special"), settings);
  settings.identities = ReadAccess(root.Require("access"));
  settings.people = ReadPeople(root.Optional("accounts"));
  settings.traffic = ReadTraffic(root.Optional("traffic"));
  settings.web = ReadWeb(root.Optional("web"));
  ReadUnblockRequests(root.Optional("unblock_requests"), settings);
  settings.notifications = ReadNotifications(root.Optional("notifications"));
  settings.oidc = ReadOidc(root.Optional("oidc"), settings.web);
  if (auto finished = document->Finish(); !finished) return tl::unexpected(finished.error());
  return settings;
}

}  // namespace agent
