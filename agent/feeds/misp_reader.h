#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/feeds/feed_snapshot.h"
#include "agent/feeds/misp_envelope.h"
#include "agent/feeds/misp_tags.h"
#include "agent/feeds/snapshot_builder.h"
#include "config/yaml.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// Which attributes of MISP a feed wants. What it doesn't want is passed over, and counted.
struct MispFilters {
  // MISP's flag for "use this to detect or block". Without it, an attribute is background.
  bool to_ids = true;
  // "ip-src" is where an attack came from, "ip-dst" what its victims connect to. The first is short
  // lived, often a victim itself or a shared exit, and most devices here stand between our own
  // people and where they go; so it is for those who want it at a firewall.
  bool ip_src = false;
  // The address of a "domain|ip" is by definition what the domain resolved to: often a CDN's. Only
  // who trusts a community to mean it takes it for an indicator of its own.
  bool resolved_addresses = false;
  // Drops what MISP found on its warninglists. Else the hit stands among the tags: our own
  // allowlists decide, by category, and people see it.
  bool enforce_warninglist = false;
  Tlp tlp_max = Tlp::amber;
  std::vector<std::string> tags;          // one of these is needed; empty: none is
  std::vector<std::string> exclude_tags;  // and none of these may be there
};

// Reads the keys to_ids, ip_src, resolved_addresses, enforce_warninglist, tlp_max, tags and
// exclude_tags.
MispFilters ReadMispFilters(const config::Node& source);

// Whether attributes of the type name something on the network.
bool IsMispNetworkType(std::string_view type);

// The types that do, as `filters` want them.
std::vector<std::string_view> MispTypes(const MispFilters& filters);

// Why `filters` don't want an attribute, as a literal; empty if they do. Of those of types that are
// nothing to us, it is empty as well.
std::string_view WhyNotWanted(const nlohmann::json& attribute, const nlohmann::json* event,
                              const nlohmann::json* object, const MispFilters& filters);

// Makes observations of attributes: one each, but two of the composite types. Hashes and whatever
// else no network device blocks count as context.
//
// Seen last is what the author says or, failing that, the last edit, the event's date,
// `fetched_at`; sightings make it later. Their false positives are counted, their expiry is
// valid_until.
class MispReader final : public MispVisitor {
 public:
  MispReader(const MispFilters& filters, policy::TimePoint fetched_at, std::size_t rows_max)
      : filters_(filters), fetched_at_(fetched_at), builder_(rows_max) {}

  // Where people find an event: its UUID or number goes between the two.
  void SetEventUrl(std::string before, std::string after) {
    event_url_ = {std::move(before), std::move(after)};
  }

  void Attribute(const nlohmann::json& attribute, const nlohmann::json* event,
                 const nlohmann::json* object) override;
  void Proposal() override;
  bool full() const override { return builder_.full(); }

  policy::Result<FeedSnapshot> Finish() && { return std::move(builder_).Finish(); }
  // Reads the lines of a ComposedDocument, each in a form that VisitMisp knows, and finishes.
  policy::Result<FeedSnapshot> ReadLines(const std::vector<std::string_view>& lines) &&;

 private:
  struct Row;
  void AddParts(const Row& row, std::string_view type, std::string_view value);
  void AddPart(const Row& row, policy::IndicatorKind kind, std::string_view text,
               std::string_view port = {});
  std::string ReferenceOf(const nlohmann::json* event) const;

  const MispFilters filters_;
  const policy::TimePoint fetched_at_;
  SnapshotBuilder builder_;
  std::pair<std::string, std::string> event_url_;
  std::size_t number_ = 0;  // of attributes so far
};

}  // namespace agent::feeds
