#include "exporters/rpz/settings.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "exporters/rpz/parts.h"
#include "exporters/rpz/resolver_software.h"
#include "policy/domain.h"
#include "policy/ip_prefix.h"

namespace exporters::rpz {
namespace {

using config::Node;
using policy::Result;

// Leaves room in the 255 octets of a name for what is blocked.
constexpr std::size_t zone_name_size_max = 63;
constexpr std::uint16_t dns_port = 53;
constexpr std::uint16_t rndc_port = 953;
constexpr std::chrono::seconds answer_timeout{10};
constexpr std::chrono::minutes enforce_timeout{2};

std::string ReadZoneName(const Node& node) {
  const std::string text = node.AsString();
  const auto domain = policy::Domain::Parse(text);
  if (node.present() && (!domain || domain->name().size() > zone_name_size_max)) {
    node.Fail("must be the zone's name, of at most 63 characters: rpz.sekisho.example");
  }
  return domain ? domain->name() : "";
}

Endpoint ReadEndpoint(const Node& node, const std::string& fallback, std::uint16_t port) {
  const auto endpoint = ParseEndpoint(node.AsString(fallback), port);
  if (endpoint) return *endpoint;
  if (node.present()) node.Fail(endpoint.error().detail);
  return {};
}

Resolver ReadResolver(const Node& node) {
  if (!node.IsMap()) return {ReadEndpoint(node, "", dns_port), std::nullopt};
  Resolver resolver{ReadEndpoint(node.Require("address"), "", dns_port), std::nullopt};
  const Node software = node.Require("software");
  resolver.software = std::array{
      Software::bind, Software::unbound, Software::powerdns,
      Software::knot}[software.AsChoice({"bind", "unbound", "powerdns", "knot-resolver"})];
  return resolver;
}

// Refuses what a resolver would ignore altogether, or die of.
std::vector<Resolver> ReadResolvers(const Node& node, const ZoneParameters& zone) {
  std::vector<Resolver> resolvers;
  for (const Node& each : node.AsList()) {
    const Resolver resolver = ReadResolver(each);
    resolvers.push_back(resolver);
    if (!resolver.software) continue;
    const auto refuse = [&](Trigger trigger, Departure::Effect from) {
      const auto departure = DepartureOf(*resolver.software, trigger, zone.action);
      if (!departure ||
          (departure->effect != from && departure->effect != Departure::Effect::crash)) {
        return;
      }
      each.Fail(fmt::format("{} {}", Name(*resolver.software), departure->text));
    };
    refuse(zone.names, Departure::Effect::ignored);
    if (zone.addresses) refuse(*zone.addresses, Departure::Effect::crash);
  }
  return resolvers;
}

TsigKey ReadKey(const Node& node) {
  if (!node.present()) return {};
  const auto key = LoadTsigKey(node.AsPath());
  if (key) return *key;
  node.Fail(key.error().detail);
  return {};
}

std::optional<KnotSettings> ReadKnot(const Node& node) {
  if (!node.present()) return std::nullopt;
  return KnotSettings{node.Optional("knotc").AsPath("/usr/sbin/knotc"),
                      node.Optional("socket").AsPath("/run/knot/knot.sock"),
                      node.Optional("kzonecheck").AsPath("/usr/bin/kzonecheck")};
}

Action ReadAction(const Node& node) {
  constexpr std::array kinds{ActionKind::nxdomain, ActionKind::nodata,   ActionKind::passthru,
                             ActionKind::drop,     ActionKind::tcp_only, ActionKind::garden,
                             ActionKind::data};
  std::vector<std::string_view> names;
  names.reserve(kinds.size());
  for (const ActionKind kind : kinds) names.push_back(Name(kind));
  return {kinds[node.AsChoice(names)]};
}

std::string ReadGarden(const Node& node) {
  const std::string text = node.AsString();
  const std::string_view star = text.starts_with("*.") ? "*." : "";
  const auto domain = policy::Domain::Parse(std::string_view(text).substr(star.size()));
  if (node.present() && (!domain || domain->name().size() > zone_name_size_max)) {
    node.Fail("must be a name of at most 63 characters, with or without \"*.\" before it");
  }
  return domain ? std::string(star) + domain->name() : "";
}

void ReadData(const Node& node, Action& action) {
  constexpr std::size_t addresses_max = 8;
  for (const Node& each : node.AsList()) {
    const auto prefix = policy::IpPrefix::Parse(each.AsString());
    if (!prefix || !prefix->is_address()) {
      each.Fail("must be an IPv4 or IPv6 address");
      continue;
    }
    (prefix->family() == policy::IpFamily::v4 ? action.ipv4 : action.ipv6)
        .push_back(prefix->AddressString());
  }
  const std::size_t count = action.ipv4.size() + action.ipv6.size();
  if (node.present() && (count == 0 || count > addresses_max)) {
    node.Fail("must hold 1 to 8 addresses");
  }
}

// Who owns a name chooses its addresses and its name servers. Where those let a name pass,
// anybody's name passes every zone behind ours by naming an address of yours.
void RefusePassing(const Node& node, std::optional<Trigger> trigger) {
  if (!trigger || *trigger == Trigger::query_name || *trigger == Trigger::client_address) return;
  node.Fail(
      "can't go with `action: passthru`: an attacker's name could then pass all other zones "
      "by having such an address or name server");
}

Action ReadWholeAction(const Node& node) {
  Action action = ReadAction(node.Optional("action"));
  const bool is_garden = action.kind == ActionKind::garden;
  const Node garden = is_garden ? node.Require("garden") : node.Optional("garden");
  action.garden = ReadGarden(garden);
  if (!is_garden && garden.present()) garden.Fail("is for `action: garden`");
  const bool is_data = action.kind == ActionKind::data;
  const Node data = is_data ? node.Require("data") : node.Optional("data");
  ReadData(data, action);
  if (!is_data && data.present()) data.Fail("is for `action: data`");
  return action;
}

void ReadTriggers(const Node& node, ZoneParameters& zone) {
  constexpr std::array name_triggers{Trigger::query_name, Trigger::server_name};
  constexpr std::array<std::optional<Trigger>, 4> address_triggers{
      Trigger::answer_address, Trigger::server_address, Trigger::client_address, std::nullopt};
  constexpr std::size_t none = 3;
  const bool passes = zone.action.kind == ActionKind::passthru;
  const Node names = node.Optional("names");
  zone.names = name_triggers[names.AsChoice({"query", "name-server"})];
  const Node addresses = node.Optional("addresses");
  zone.addresses = address_triggers[addresses.AsChoice({"answer", "name-server", "client", "none"},
                                                       passes ? none : 0)];
  if (!passes) return;
  RefusePassing(names, zone.names);
  RefusePassing(addresses, zone.addresses);
}

// What must work is told for the device, as for any other.
void RefuseAllowProbes(const Node& node) {
  if (!node.present()) return;
  node.Fail(
      "`allow_probes` is gone: put these names into `must_work` of the device, beside `exporter` "
      "and `settings`");
}

ZoneParameters ReadZone(const Node& node) {
  constexpr std::int64_t ttl_max = 3600;
  ZoneParameters zone;
  zone.name = ReadZoneName(node.Require("zone"));
  zone.ttl = static_cast<std::uint32_t>(node.Optional("ttl_seconds").AsInt(1, ttl_max, 60));
  zone.action = ReadWholeAction(node);
  ReadTriggers(node, zone);
  RefuseAllowProbes(node.Optional("allow_probes"));
  return zone;
}

}  // namespace

std::vector<Settings> SettingsOfZones(const Settings& settings) {
  if (settings.parts == 1) return {settings};
  std::vector<Settings> zones(settings.parts, settings);
  for (std::size_t part = 0; part < zones.size(); ++part) {
    const std::string label = PartLabel(part) + ".";
    zones[part].zone.name = label + settings.zone.name;
    zones[part].zone_file.replace_filename(label + settings.zone_file.filename().string());
  }
  return zones;
}

Result<Settings> ReadSettings(const Node& node) {
  Settings settings;
  settings.zone = ReadZone(node);
  settings.zone_file = node.Require("zone_file").AsPath();
  settings.parts = static_cast<std::size_t>(node.Optional("parts").AsInt(1, parts_max, 1));
  const Node primary = node.Optional("primary");
  settings.primary = ReadEndpoint(primary, "127.0.0.1", dns_port);
  const Node tsig = node.Require("tsig_key_file");
  settings.tsig_key = ReadKey(tsig);
  settings.knot = ReadKnot(node.Optional("knot"));
  // Knot DNS is no resolver.
  const Node resolvers = settings.knot ? node.Require("resolvers") : node.Optional("resolvers");
  settings.resolvers = ReadResolvers(resolvers, settings.zone);
  if (settings.resolvers.empty()) settings.resolvers.push_back({settings.primary, std::nullopt});
  settings.named_checkzone = node.Optional("named_checkzone").AsPath("/usr/bin/named-checkzone");
  const Node rndc = node.Optional("rndc");
  settings.rndc = rndc.Optional("program").AsPath("/usr/sbin/rndc");
  settings.rndc_key_file = rndc.Optional("key_file").AsPath(tsig.AsPath());
  settings.rndc_address = ReadEndpoint(rndc.Optional("address"), "127.0.0.1", rndc_port);
  settings.answer_timeout = node.Optional("answer_timeout").AsDuration(answer_timeout);
  settings.load_timeout = node.Optional("load_timeout").AsDuration(std::chrono::seconds(120));
  settings.enforce_timeout = node.Optional("enforce_timeout").AsDuration(enforce_timeout);
  if (auto ok = node.Finish(); !ok) return tl::unexpected(ok.error());
  return settings;
}

Result<FileSettings> ReadFileSettings(const Node& node) {
  FileSettings settings;
  settings.zone = ReadZone(node);
  settings.zone_file = node.Require("zone_file").AsPath();
  const Node resolvers = node.Require("resolvers");
  settings.resolvers = ReadResolvers(resolvers, settings.zone);
  if (resolvers.present() && settings.resolvers.empty()) resolvers.Fail("must name at least one");
  settings.reload = node.Optional("reload").AsStrings();
  settings.answer_timeout = node.Optional("answer_timeout").AsDuration(answer_timeout);
  settings.enforce_timeout = node.Optional("enforce_timeout").AsDuration(enforce_timeout);
  if (auto ok = node.Finish(); !ok) return tl::unexpected(ok.error());
  return settings;
}

}  // namespace exporters::rpz
