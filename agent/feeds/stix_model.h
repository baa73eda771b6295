#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/stix_pattern.h"
#include "agent/feeds/tlp.h"
#include "policy/observation.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// When a version of an object was made. Versions may differ by milliseconds, so the text decides
// where the seconds agree.
struct StixVersionTime {
  std::optional<policy::TimePoint> time;
  std::string text;
  friend auto operator<=>(const StixVersionTime&, const StixVersionTime&) = default;
};

// The time of `modified` or, without it, of `created`.
StixVersionTime VersionTimeOf(const nlohmann::json& object);

// What counts of an indicator object.
struct StixIndicator {
  std::size_t number;  // of the object in its document, from 1
  std::string id;
  StixVersionTime version;
  std::string pattern;
  std::string pattern_type;  // "stix" where the object says nothing
  StixVersion pattern_version = StixVersion::v21;
  std::string created;
  std::string valid_from;
  std::string valid_until;
  std::optional<policy::Confidence> confidence;
  bool revoked = false;
  policy::ThreatType threat = policy::ThreatType::unknown;
  std::vector<std::string> labels;  // indicator_types too
  std::vector<std::string> markings;
  std::string reference;

  bool IsBenign() const;
};
StixIndicator ReadStixIndicator(const nlohmann::json& object, std::size_t number);

// Of each id the newest version, of several equally new the first.
template <class T>
class NewestById {
 public:
  // Whether it is the newest so far.
  bool Put(const std::string& id, StixVersionTime version, T value) {
    const auto at = by_id_.find(id);
    if (at != by_id_.end() && !(at->second.first < version)) return false;
    by_id_.insert_or_assign(id, std::pair(std::move(version), std::move(value)));
    return true;
  }
  const T* Find(const std::string& id) const {
    const auto at = by_id_.find(id);
    return at == by_id_.end() ? nullptr : &at->second.second;
  }
  template <class Visit>
  void ForEach(Visit visit) const {
    for (const auto& [id, versioned] : by_id_) visit(id, versioned.second);
  }

 private:
  std::map<std::string, std::pair<StixVersionTime, T>> by_id_;
};

// What the other objects say of the indicators.
class StixContext {
 public:
  void Take(const nlohmann::json& object);
  // Call once all objects are taken.
  void Resolve();

  // Names of malware, and of campaigns and intrusion sets, comma-separated, and how often the
  // indicator was sighted.
  std::string MalwareOf(const std::string& indicator_id) const;
  std::string CampaignOf(const std::string& indicator_id) const;
  std::uint32_t SightingsOf(const std::string& indicator_id) const;
  // The strictest of the markings and labels.
  std::optional<Tlp> TlpOf(const StixIndicator& indicator) const;

 private:
  struct Link {
    std::string from;
    std::string to;
    std::uint32_t sightings = 0;
    bool revoked = false;
  };

  using Names = NewestById<std::string>;  // empty if revoked
  using NamesOf = std::map<std::string, std::vector<std::string>>;

  static void AddName(const Names& names, const Link& link, NamesOf& names_of);
  static std::string Joined(const NamesOf& names_of, const std::string& indicator_id);

  Names malware_;
  Names campaigns_;
  NewestById<Link> links_;
  std::map<std::string, Tlp> markings_;
  NamesOf malware_of_;
  NamesOf campaigns_of_;
  std::map<std::string, std::uint32_t> sightings_of_;
};

}  // namespace agent::feeds
