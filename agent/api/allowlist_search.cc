#include "agent/api/allowlist_search.h"

#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "agent/api/request_checks.h"
#include "agent/own_allowlist.h"
#include "policy/evaluate.h"
#include "proto/convert.h"

namespace agent::api {
namespace {

using policy::Domain;
using policy::Indicator;
using policy::IpPrefix;
using sekisho::v1::AllowlistMatch;

std::string_view Name(policy::AllowRelation relation) {
  switch (relation) {
    case policy::AllowRelation::equal: return "equal";
    case policy::AllowRelation::inside_entry: return "inside-entry";
    case policy::AllowRelation::contains_entry: return "contains-entry";
  }
  return "equal";
}

AllowlistMatch MatchOf(const policy::AllowSource& source, std::string entry,
                       std::string_view relation, const policy::AllowNote* note) {
  AllowlistMatch match;
  match.set_allowlist(source.name);
  match.set_category(std::string(policy::Name(source.category)));
  match.set_effect(std::string(policy::Name(source.effect)));
  match.set_entry(std::move(entry));
  match.set_relation(std::string(relation));
  if (note == nullptr) return match;
  match.set_owner(note->owner);
  match.set_reason(note->reason);
  if (note->expires) *match.mutable_expires() = proto::ToTimestamp(*note->expires);
  return match;
}

// The network in which an address's neighbours are, as the queue groups them.
std::optional<IpPrefix> NetworkOf(const IpPrefix& prefix) {
  const int length = prefix.family() == policy::IpFamily::v4 ? 24 : 48;
  if (prefix.length() <= length) return prefix;
  const auto host_bits = static_cast<unsigned>(prefix.length_max() - length);
  const auto first = (prefix.first() >> host_bits) << host_bits;
  auto network = IpPrefix::From(prefix.family(), first, length);
  return network ? std::optional(*network) : std::nullopt;
}

// Of the same registrant, or the same network, as an indicator.
class Nearness {
 public:
  Nearness(const Indicator& indicator, const policy::PublicSuffixList& suffixes)
      : suffixes_(suffixes) {
    const auto* const url = std::get_if<policy::Url>(&indicator);
    const Indicator host = url != nullptr ? policy::HostOf(*url) : indicator;
    if (const auto* const domain = std::get_if<Domain>(&host)) {
      site_ = suffixes.RegistrableDomain(domain->name());
    } else if (const auto* const prefix = std::get_if<IpPrefix>(&host)) {
      network_ = NetworkOf(*prefix);
    }
  }

  bool Has(const policy::AllowEntry& entry) const {
    if (const auto* const domain = std::get_if<Domain>(&entry.what)) {
      return !site_.empty() && domain->name().ends_with(site_) &&
             suffixes_.RegistrableDomain(domain->name()) == site_;
    }
    const IpPrefix& prefix = std::get<IpPrefix>(entry.what);
    return network_ && (network_->Contains(prefix) || prefix.Contains(*network_));
  }

 private:
  const policy::PublicSuffixList& suffixes_;
  std::string site_;
  std::optional<IpPrefix> network_;
};

bool Holds(const policy::AllowEntry& entry, const std::string& text, const std::string& query) {
  if (text.find(query) != std::string::npos) return true;
  return entry.note && (entry.note->owner.find(query) != std::string::npos ||
                        entry.note->reason.find(query) != std::string::npos);
}

}  // namespace

sekisho::v1::SearchAllowlistsResponse Search(const World& world, const std::string& query,
                                             std::size_t limit) {
  std::vector<AllowlistMatch> hits;
  std::set<std::pair<std::string, std::string>> told;  // list and entry
  const auto indicator = TypedIndicator(query);
  std::optional<Nearness> nearness;
  if (indicator) {
    nearness.emplace(*indicator, *world.suffixes);
    for (const policy::AllowHit& hit : policy::HitsOf(*world.allowlist, *indicator)) {
      told.emplace(hit.source->name, hit.entry);
      hits.push_back(MatchOf(*hit.source, hit.entry, Name(hit.relation), hit.note.get()));
    }
  }
  std::vector<AllowlistMatch> near;
  std::vector<AllowlistMatch> others;
  for (const World::List& list : world.lists) {
    if (!list.content) continue;
    for (const policy::AllowEntry& entry : list.content->entries) {
      const bool is_near = nearness && nearness->Has(entry);
      if ((is_near ? near : others).size() > limit) continue;
      std::string text = policy::TextOf(TargetOf(entry));
      if (!is_near && !Holds(entry, text, query)) continue;
      if (!told.emplace(list.source.name, text).second) continue;
      (is_near ? near : others)
          .push_back(
              MatchOf(list.source, std::move(text), is_near ? "near" : "text", entry.note.get()));
    }
  }
  sekisho::v1::SearchAllowlistsResponse response;
  for (auto* const group : {&hits, &near, &others}) {
    for (AllowlistMatch& match : *group) {
      if (static_cast<std::size_t>(response.matches_size()) == limit) {
        response.set_more(true);
        return response;
      }
      *response.add_matches() = std::move(match);
    }
  }
  return response;
}

}  // namespace agent::api
