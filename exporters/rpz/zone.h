#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/exporter.h"
#include "exporters/rpz/action.h"
#include "exporters/rpz/trigger.h"
#include "policy/digest.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::rpz {

struct ZoneParameters {
  std::string name;  // canonical, without the last dot
  std::uint32_t ttl = 60;
  Action action{};
  Trigger names = Trigger::query_name;  // what a listed name triggers on
  // What a listed prefix triggers on; nothing: prefixes aren't enforceable.
  std::optional<Trigger> addresses = Trigger::answer_address;
  std::string primary_name = "localhost";  // the SOA's and the only NS; nobody looks it up
  std::string contact = "hostmaster.localhost";
};

// What the zone can enforce, in a resolver or a primary of that name.
Profile ProfileOf(std::string software, const ZoneParameters& zone);

// What the zone says of itself in the TXT record at StampOwner. The serial binds it to the SOA:
// whoever else changes the zone moves the SOA's serial, but not this one.
struct Stamp {
  policy::Sha256 digest;  // of the list
  std::uint32_t serial;
  std::uint64_t enforced;  // entries, after minimising
  std::uint64_t not_enforceable;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

std::string ToText(const Stamp& stamp);
policy::Result<Stamp> ParseStamp(std::string_view text);
// Of a zone's text as RenderZone writes it.
policy::Result<Stamp> StampIn(std::string_view zone);

// The SOA's data. It expires after 35 days: secondaries go on blocking while the primary is away.
std::string SoaData(const ZoneParameters& zone, std::uint32_t serial);

struct RenderedZone {
  std::string bytes;  // a master file (RFC 1035 section 5)
  Stamp stamp;
};

// The zone that enforces `list`. A name stands for itself and all below it, so it becomes `d` and
// `*.d`, and the names below it are left out. All get the records of the zone's action. URLs are
// beyond DNS, and counted as not enforceable.
// `malformed_input` if a line of the list is not canonical.
policy::Result<RenderedZone> RenderZone(const policy::ListSnapshot& list,
                                        const ZoneParameters& zone, std::uint32_t serial);

// Of a zone's text as RenderZone writes it: its records but the SOA.
std::string_view RecordsIn(std::string_view zone);

// RenderZone as an exporter's Render gives it.
Result<Artifact> ArtifactOf(const policy::ListSnapshot& list, const ZoneParameters& zone);

// The same zone, which RenderZone wrote, by another serial.
policy::Result<RenderedZone> WithSerial(std::string_view bytes, const ZoneParameters& zone,
                                        std::uint32_t serial);

}  // namespace exporters::rpz
