#include "agent/feeds/rpz_zone.h"

#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/rpz_trigger.h"
#include "agent/feeds/snapshot_builder.h"
#include "policy/ascii.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::Domain;
using policy::IpPrefix;
using policy::Result;

struct PolicyRecord {
  std::size_t line;
  std::string trigger;
  RpzAction action;
};

// The owner without the zone's name and the dot before it; none if it lies elsewhere, empty if it
// is the zone itself.
std::optional<std::string_view> TriggerIn(std::string_view owner, std::string_view zone) {
  if (owner.size() < zone.size()) return std::nullopt;
  const std::size_t at = owner.size() - zone.size();
  if (!policy::EqualsIgnoringCase(owner.substr(at), zone)) return std::nullopt;
  if (at == 0) return std::string_view();
  if (zone == ".") return owner.substr(0, at);
  if (owner[at - 1] != '.') return std::nullopt;
  return owner.substr(0, at - 1);
}

bool IsSignature(std::string_view type) {
  return type == "RRSIG" || type == "NSEC" || type == "NSEC3";
}

// Gathers all records first: the zone's name, on which all depends, is sure only at the end.
class Gatherer final : public ZoneSink {
 public:
  Gatherer(std::size_t rows_max, SnapshotBuilder& builder)
      : rows_max_(rows_max), builder_(builder) {}

  void Record(const ZoneRecord& record) override {
    if (!IsSignature(record.type)) records_.push_back(record);
  }
  void Broken(std::size_t line, std::string_view reason) override { builder_.Reject(line, reason); }
  bool full() const override { return records_.size() > rows_max_ || builder_.full(); }

  std::vector<PolicyRecord> InZone(std::string_view zone) {
    std::vector<PolicyRecord> found;
    for (const ZoneRecord& record : records_) {
      const auto trigger = TriggerIn(record.owner, zone);
      if (!trigger) {
        builder_.Reject(record.line, "outside the zone", policy::Quote(record.owner));
      } else if (!trigger->empty()) {
        found.push_back({record.line, std::string(*trigger), ActionOf(record, *trigger)});
      }
    }
    return found;
  }

 private:
  std::size_t rows_max_;
  SnapshotBuilder& builder_;
  std::vector<ZoneRecord> records_;
};

// The names and addresses that have an exception at or below them.
class Exceptions {
 public:
  void Add(const RpzTrigger& trigger) {
    if (const auto* name = std::get_if<NameTrigger>(&trigger)) {
      for (std::string_view at = name->name.name(); !at.empty(); at = policy::ParentName(at)) {
        if (!names_.emplace(at).second) return;
      }
      return;
    }
    const IpPrefix& prefix = std::get<IpPrefix>(trigger);
    for (int length = prefix.length(); length >= 0; --length) {
      const int host_bits = prefix.length_max() - length;
      const policy::Uint128 first =
          host_bits == 128 ? 0 : (prefix.first() >> host_bits) << host_bits;
      if (!prefixes_.insert(*IpPrefix::From(prefix.family(), first, length)).second) return;
    }
  }
  bool Has(const Domain& name) const { return names_.contains(name.name()); }
  bool Has(const IpPrefix& prefix) const { return prefixes_.contains(prefix); }

 private:
  std::set<std::string, std::less<>> names_;
  std::set<IpPrefix> prefixes_;
};

class Reader {
 public:
  Reader(const RpzOptions& options, policy::TimePoint fetched_at, SnapshotBuilder& builder)
      : options_(options), fetched_at_(fetched_at), builder_(builder) {}

  void Take(const std::vector<PolicyRecord>& records) {
    for (const PolicyRecord& record : records) {
      if (record.action != RpzAction::passthru && !Blocks(record.action)) continue;
      const auto trigger = ParseRpzTrigger(record.trigger);
      if (!trigger) continue;
      if (record.action == RpzAction::passthru) {
        exceptions_.Add(*trigger);
      } else if (const auto* name = std::get_if<NameTrigger>(&*trigger)) {
        if (!name->is_wildcard) names_.insert(name->name);
      }
    }
    for (const PolicyRecord& record : records) Judge(record);
  }

 private:
  bool Blocks(RpzAction action) const {
    return action == RpzAction::block || (action == RpzAction::rewrite && options_.rewrites);
  }

  void Judge(const PolicyRecord& record) {
    const auto trigger = ParseRpzTrigger(record.trigger);
    if (!trigger) return NoTrigger(record, trigger.error());
    if (!Blocks(record.action)) return builder_.Decline(record.line, WhyNot(record.action));
    if (const auto* prefix = std::get_if<IpPrefix>(&*trigger)) return Add(record.line, *prefix);
    const auto& name = std::get<NameTrigger>(*trigger);
    if (name.is_wildcard && !names_.contains(name.name)) {
      return builder_.Decline(record.line, "wildcard without its name",
                              policy::Quote(record.trigger));
    }
    Add(record.line, name.name);
  }

  void NoTrigger(const PolicyRecord& record, const policy::Error& error) {
    const std::string detail = policy::Quote(record.trigger);
    if (error.code == policy::ErrorCode::not_allowed) {
      return builder_.Decline(record.line, error.detail, detail);
    }
    builder_.Reject(record.line, error.detail, detail);
  }

  static std::string_view WhyNot(RpzAction action) {
    switch (action) {
      case RpzAction::passthru: return "exception (PASSTHRU)";
      case RpzAction::tcp_only: return "TCP only, not blocked";
      case RpzAction::block:
      case RpzAction::rewrite: break;
    }
    return "rewritten, not blocked";
  }

  template <class Indicator>
  void Add(std::size_t line, const Indicator& indicator) {
    if (exceptions_.Has(indicator)) {
      return builder_.Decline(line, "exception at or below it",
                              policy::Quote(policy::TextOf(indicator)));
    }
    builder_.Add(SeenAt(indicator, fetched_at_));
  }

  const RpzOptions& options_;
  policy::TimePoint fetched_at_;
  SnapshotBuilder& builder_;
  std::set<Domain> names_;  // blocked, as such and not by a wildcard
  Exceptions exceptions_;
};

}  // namespace

Result<FeedSnapshot> ParseRpz(std::string_view bytes, policy::TimePoint fetched_at,
                              std::size_t rows_max, const RpzOptions& options) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  SnapshotBuilder builder(rows_max);
  Gatherer gatherer(rows_max, builder);
  const std::string zone = ReadZone(*text, options.zone, gatherer);
  // Apex records are no rows, so the builder would not know that the file was not read to its end.
  if (gatherer.full()) return TooManyRows(rows_max);
  Reader(options, fetched_at, builder).Take(gatherer.InZone(zone));
  return std::move(builder).Finish();
}

Result<policy::ParsedAllowlist> ParseRpzPassthru(std::string_view bytes) {
  constexpr std::size_t rows_max = 10'000'000;
  SnapshotBuilder unused(rows_max);
  Gatherer gatherer(rows_max, unused);
  const std::string zone = ReadZone(bytes, "", gatherer);
  policy::ParsedAllowlist parsed;
  for (const PolicyRecord& record : gatherer.InZone(zone)) {
    if (record.action != RpzAction::passthru) continue;
    const auto trigger = ParseRpzTrigger(record.trigger);
    if (!trigger) {
      parsed.rejected.push_back({record.line, trigger.error().detail});
    } else if (const auto* name = std::get_if<NameTrigger>(&*trigger)) {
      parsed.entries.push_back({name->name, name->is_wildcard});
    } else {
      parsed.entries.push_back({std::get<IpPrefix>(*trigger), true});
    }
  }
  return parsed;
}

}  // namespace agent::feeds
