#include "exporters/rpz/zone.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "exporters/rpz/trigger.h"
#include "policy/minimise.h"

namespace exporters::rpz {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::uint32_t expire_seconds = 35 * 24 * 3600;
constexpr std::string_view stamp_head = "._sekisho TXT \"";

// The value after `key=`, up to the next blank.
std::optional<std::string_view> Field(std::string_view text, std::string_view key) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t blank = rest.find(' ');
    const std::string_view field = rest.substr(0, blank);
    if (field.size() > key.size() && field.starts_with(key) && field[key.size()] == '=') {
      return field.substr(key.size() + 1);
    }
    rest.remove_prefix(blank == rest.npos ? rest.size() : blank + 1);
  }
  return std::nullopt;
}

template <class Number>
bool ReadNumber(std::string_view text, std::string_view key, Number& number) {
  const auto field = Field(text, key);
  if (!field) return false;
  const auto [end, error] = std::from_chars(field->begin(), field->end(), number);
  return error == std::errc{} && end == field->end();
}

void WriteHead(std::string& bytes, const ZoneParameters& zone, const Stamp& stamp) {
  fmt::format_to(std::back_inserter(bytes),
                 "$ORIGIN {}.\n$TTL {}\n@ SOA {}\n@ NS {}.\n{} TXT \"{}\"\n", zone.name, zone.ttl,
                 SoaData(zone, stamp.serial), zone.primary_name, StampOwner(zone.name),
                 ToText(stamp));
}

void WriteOwner(std::string& bytes, std::string_view wildcard, std::string_view owner,
                const std::vector<std::string>& records) {
  for (const std::string& record : records) {
    bytes.append(wildcard).append(owner).append(" ").append(record).append("\n");
  }
}

}  // namespace

Profile ProfileOf(std::string software, const ZoneParameters& zone) {
  Profile profile{std::move(software), {"domain"}};
  if (zone.addresses) profile.kinds.emplace_back("ip");
  profile.lets_through = zone.action.kind == ActionKind::passthru;
  return profile;
}

std::string ToText(const Stamp& stamp) {
  return fmt::format("v=1 digest={} serial={} enforced={} not_enforceable={}",
                     policy::ToHex(stamp.digest), stamp.serial, stamp.enforced,
                     stamp.not_enforceable);
}

Result<Stamp> ParseStamp(std::string_view text) {
  Stamp stamp{};
  const auto hex = Field(text, "digest");
  const auto digest = policy::ParseSha256(hex.value_or(""));
  if (Field(text, "v") != "1" || !digest || !ReadNumber(text, "serial", stamp.serial) ||
      !ReadNumber(text, "enforced", stamp.enforced) ||
      !ReadNumber(text, "not_enforceable", stamp.not_enforceable)) {
    return Fail(ErrorCode::malformed_input, "the zone's _sekisho TXT record is not one of ours");
  }
  stamp.digest = *digest;
  return stamp;
}

Result<Stamp> StampIn(std::string_view zone) {
  const std::size_t at = zone.find(stamp_head);
  if (at == zone.npos) return Fail(ErrorCode::malformed_input, "there is no zone of ours in it");
  zone.remove_prefix(at + stamp_head.size());
  return ParseStamp(zone.substr(0, zone.find('"')));
}

std::string SoaData(const ZoneParameters& zone, std::uint32_t serial) {
  return fmt::format("{}. {}. {} 60 30 {} {}", zone.primary_name, zone.contact, serial,
                     expire_seconds, zone.ttl);
}

Result<RenderedZone> WithSerial(std::string_view bytes, const ZoneParameters& zone,
                                std::uint32_t serial) {
  auto stamp = StampIn(bytes);
  if (!stamp) return tl::unexpected(stamp.error());
  RenderedZone rendered{{}, *stamp};
  rendered.stamp.serial = serial;
  WriteHead(rendered.bytes, zone, rendered.stamp);
  rendered.bytes += bytes.substr(bytes.find('\n', bytes.find(stamp_head)) + 1);
  return rendered;
}

Result<RenderedZone> RenderZone(const policy::ListSnapshot& list, const ZoneParameters& zone,
                                std::uint32_t serial) {
  const auto set = policy::BlockSetOf(list);
  if (!set) return tl::unexpected(set.error());

  RenderedZone rendered{{}, {list.digest(), serial, 0, set->urls.size()}};
  Stamp& stamp = rendered.stamp;
  std::vector<std::string_view> names;
  names.reserve(set->domains.size());
  for (const policy::Domain& domain : set->domains) {
    if (CanTrigger(zone.names, domain.name(), zone.name)) {
      names.push_back(domain.name());
    } else {
      ++stamp.not_enforceable;
    }
  }
  const std::vector<std::string> records = zone.action.Records();
  std::string body;
  body.reserve(names.size() * 72);
  for (const std::string_view name : policy::MinimiseDomains(names)) {
    const std::string owner = OwnerOf(zone.names, name);
    WriteOwner(body, "", owner, records);
    WriteOwner(body, "*.", owner, records);
    ++stamp.enforced;
  }
  for (const policy::IpPrefix& prefix : set->prefixes) {
    if (zone.addresses && CanTrigger(prefix)) {
      WriteOwner(body, "", OwnerOf(*zone.addresses, prefix), records);
      ++stamp.enforced;
    } else {
      ++stamp.not_enforceable;
    }
  }
  WriteHead(rendered.bytes, zone, stamp);
  rendered.bytes += body;
  return rendered;
}

std::string_view RecordsIn(std::string_view zone) {
  const std::size_t soa = zone.find("\n@ SOA ");
  return soa == zone.npos ? zone : zone.substr(zone.find('\n', soa + 1) + 1);
}

Result<Artifact> ArtifactOf(const policy::ListSnapshot& list, const ZoneParameters& zone) {
  auto rendered = RenderZone(list, zone, 1);
  if (!rendered) return tl::unexpected(rendered.error());
  return Artifact{{{"rpz.zone", std::move(rendered->bytes)}},
                  rendered->stamp.enforced,
                  rendered->stamp.not_enforceable};
}

}  // namespace exporters::rpz
