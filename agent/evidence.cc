#include "agent/evidence.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace agent {
namespace {

using feeds::FeedSnapshot;
using policy::Indicator;
using policy::IndicatorKind;
using policy::Observation;
using policy::Url;

// Whether `seen` comes before every URL whose text is `text` or begins with it.
bool IsBeforeUrl(const Observation& seen, std::string_view text) {
  const auto kind = policy::KindOf(seen.indicator);
  if (kind != IndicatorKind::url) return kind < IndicatorKind::url;
  return std::get<Url>(seen.indicator).text() < text;
}

bool IsUrlThatBegins(const Observation& seen, std::string_view text) {
  const auto* const url = std::get_if<Url>(&seen.indicator);
  return url != nullptr && url->text().starts_with(text);
}

// As it stands in a URL; empty for what can be no URL's host.
std::string HostText(const Indicator& indicator) {
  if (std::holds_alternative<policy::Domain>(indicator)) return policy::TextOf(indicator);
  const auto* const prefix = std::get_if<policy::IpPrefix>(&indicator);
  if (prefix == nullptr || !prefix->is_address()) return {};
  return prefix->family() == policy::IpFamily::v4 ? prefix->AddressString()
                                                  : "[" + prefix->AddressString() + "]";
}

bool SaysTheSame(const Observation& a, const Observation& b, bool is_dated) {
  if (is_dated) return a == b;
  Observation c = b;
  c.first_seen = a.first_seen;
  c.last_seen = a.last_seen;
  return a == c;
}

void AddChanged(const std::vector<Observation>& before, const std::vector<Observation>& after,
                bool is_dated, std::set<Indicator>& changed) {
  auto old = before.begin();
  for (const Observation& seen : after) {
    for (; old != before.end() && old->indicator < seen.indicator; ++old) {
      changed.insert(old->indicator);
    }
    const bool is_known = old != before.end() && old->indicator == seen.indicator;
    if (!is_known || !SaysTheSame(*old, seen, is_dated)) changed.insert(seen.indicator);
    if (is_known) ++old;
  }
  for (; old != before.end(); ++old) changed.insert(old->indicator);
}

}  // namespace

const Observation* FindObservation(const FeedSnapshot& snapshot, const Indicator& indicator) {
  const auto& all = snapshot.observations;
  const auto found = std::lower_bound(
      all.begin(), all.end(), indicator,
      [](const Observation& seen, const Indicator& wanted) { return seen.indicator < wanted; });
  return found != all.end() && found->indicator == indicator ? &*found : nullptr;
}

std::vector<const Observation*> FindUrlsOn(const FeedSnapshot& snapshot, const Indicator& host) {
  std::vector<const Observation*> urls;
  const std::string name = HostText(host);
  if (name.empty()) return urls;
  const auto& all = snapshot.observations;
  for (const std::string_view scheme : {"http://", "https://"}) {
    for (const char end : {'/', ':'}) {
      const std::string text = std::string(scheme) + name + end;
      auto at = std::lower_bound(all.begin(), all.end(), std::string_view(text), IsBeforeUrl);
      for (; at != all.end() && IsUrlThatBegins(*at, text); ++at) urls.push_back(&*at);
    }
  }
  return urls;
}

EvidenceByIndicator EvidenceOf(const World& world, const std::set<Indicator>& indicators) {
  EvidenceByIndicator evidence;
  for (const Indicator& indicator : indicators) {
    std::vector<policy::SourcedObservation> sources;
    for (const World::Feed& feed : world.feeds) {
      if (!feed.snapshot) continue;
      const auto* const seen = FindObservation(*feed.snapshot, indicator);
      if (seen != nullptr) sources.push_back(feed.Sourced(*seen));
      for (const Observation* const url : FindUrlsOn(*feed.snapshot, indicator)) {
        sources.push_back(feed.Sourced(*url));
      }
    }
    if (!sources.empty()) evidence.emplace(indicator, std::move(sources));
  }
  return evidence;
}

std::set<Indicator> ChangedBetween(const World& before, const World& after) {
  static const std::vector<Observation> nothing;
  std::set<Indicator> changed;
  for (std::size_t i = 0; i < after.feeds.size(); ++i) {
    const auto& old = before.feeds[i].snapshot;
    const World::Feed& feed = after.feeds[i];
    if (feed.snapshot == old) continue;
    AddChanged(old ? old->observations : nothing,
               feed.snapshot ? feed.snapshot->observations : nothing, feed.is_dated, changed);
  }
  return changed;
}

}  // namespace agent
