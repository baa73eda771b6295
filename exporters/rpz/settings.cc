#include "exporters/rpz/settings.h"

#include "policy/domain.h"

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

ZoneParameters ReadZone(const Node& node) {
  constexpr std::int64_t ttl_max = 3600;
  ZoneParameters zone;
  zone.name = ReadZoneName(node.Require("zone"));
  zone.ttl = static_cast<std::uint32_t>(node.Optional("ttl_seconds").AsInt(1, ttl_max, 60));
  return zone;
}

Endpoint ReadEndpoint(const Node& node, const std::string& fallback, std::uint16_t port) {
  const auto endpoint = ParseEndpoint(node.AsString(fallback), port);
  if (endpoint) return *endpoint;
  if (node.present()) node.Fail(endpoint.error().detail);
  return {};
}

std::vector<Endpoint> ReadEndpoints(const Node& node) {
  std::vector<Endpoint> endpoints;
  for (const Node& one : node.AsList()) endpoints.push_back(ReadEndpoint(one, "", dns_port));
  return endpoints;
}

TsigKey ReadKey(const Node& node) {
  if (!node.present()) return {};
  const auto key = LoadTsigKey(node.AsPath());
  if (key) return *key;
  node.Fail(key.error().detail);
  return {};
}

std::vector<std::string> ReadNames(const Node& node) {
  std::vector<std::string> names;
  for (const std::string& text : node.AsStrings()) {
    const auto domain = policy::Domain::Parse(text);
    if (domain) {
      names.push_back(domain->name());
    } else {
      node.Fail(domain.error().detail);
    }
  }
  return names;
}

}  // namespace

Result<Settings> ReadSettings(const Node& node) {
  Settings settings;
  settings.zone = ReadZone(node);
  settings.zone_file = node.Require("zone_file").AsPath();
  const Node primary = node.Optional("primary");
  settings.primary = ReadEndpoint(primary, "127.0.0.1", dns_port);
  const Node tsig = node.Require("tsig_key_file");
  settings.tsig_key = ReadKey(tsig);
  settings.resolvers = ReadEndpoints(node.Optional("resolvers"));
  if (settings.resolvers.empty()) settings.resolvers.push_back(settings.primary);
  settings.allow_probes = ReadNames(node.Optional("allow_probes"));
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
  settings.zone.address_triggers = node.Optional("address_triggers").AsBool(true);
  settings.zone_file = node.Require("zone_file").AsPath();
  const Node resolvers = node.Require("resolvers");
  settings.resolvers = ReadEndpoints(resolvers);
  if (resolvers.present() && settings.resolvers.empty()) resolvers.Fail("must name at least one");
  settings.allow_probes = ReadNames(node.Optional("allow_probes"));
  settings.reload = node.Optional("reload").AsStrings();
  settings.answer_timeout = node.Optional("answer_timeout").AsDuration(answer_timeout);
  settings.enforce_timeout = node.Optional("enforce_timeout").AsDuration(enforce_timeout);
  if (auto ok = node.Finish(); !ok) return tl::unexpected(ok.error());
  return settings;
}

}  // namespace exporters::rpz
