#include "agent/feeds/text_formats.h"

#include <string>
#include <utility>
#include <variant>

#include "agent/feeds/rpz_zone.h"
#include "agent/feeds/suricata_rules.h"
#include "agent/feeds/text_report.h"
#include "agent/feeds/yaml_lists.h"

namespace agent::feeds {

FeedFormat MakeSuricataRules(const config::Node& source) {
  const SuricataOptions options{source.Optional("unanchored").AsBool(false)};
  return {false,
          [options](std::string_view bytes, policy::TimePoint fetched_at, std::size_t rows_max) {
            return ParseSuricataRules(bytes, fetched_at, rows_max, options);
          },
          nullptr};
}

FeedFormat MakeRpz(const config::Node& source) {
  RpzOptions options;
  const config::Node zone = source.Optional("zone");
  if (zone.present()) {
    const auto name = policy::Domain::Parse(zone.AsString());
    if (name) {
      options.zone = name->name() + ".";
    } else {
      zone.Fail("is no domain name: " + name.error().detail);
    }
  }
  options.rewrites = source.Optional("rewrites").AsBool(false);
  return {false,
          [options](std::string_view bytes, policy::TimePoint fetched_at, std::size_t rows_max) {
            return ParseRpz(bytes, fetched_at, rows_max, options);
          },
          nullptr};
}

FeedFormat MakeYaml(const config::Node& source) {
  YamlOptions options;
  const config::Node keys = source.Optional("keys");
  if (keys.present()) options.keys = keys.AsStrings();
  options.malware = source.Optional("malware").AsString();
  return {false,
          [options](std::string_view bytes, policy::TimePoint fetched_at, std::size_t rows_max) {
            return ParseYamlLists(bytes, fetched_at, rows_max, options);
          },
          nullptr};
}

namespace {

void AddOwnSite(const config::Node& node, TextOptions& options) {
  auto name = policy::Domain::Parse(node.AsString());
  if (name) {
    options.own_sites.push_back(*std::move(name));
  } else {
    node.Fail("is no domain name: " + name.error().detail);
  }
}

}  // namespace

FeedFormat MakeText(const config::Node& source) {
  TextOptions options;
  options.plain = source.Optional("plain").AsBool(false);
  const config::Node scheme = source.Optional("scheme");
  if (scheme.present()) options.scheme = scheme.AsChoice({"http", "https"}) == 0 ? "http" : "https";
  for (const config::Node& site : source.Optional("own_sites").AsList()) AddOwnSite(site, options);
  // Where the report stands is a site of its own, and where a person can read it.
  if (const auto url = policy::Url::Parse(source.Optional("url").AsString())) {
    options.reference = url->text();
    const auto* host = std::get_if<policy::Domain>(&url->host());
    if (host != nullptr) options.own_sites.push_back(*host);
  }
  return {false,
          [options](std::string_view bytes, policy::TimePoint fetched_at, std::size_t rows_max) {
            return ParseTextReport(bytes, fetched_at, rows_max, options);
          },
          nullptr};
}

}  // namespace agent::feeds
