#include "agent/assessment.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "agent/evidence.h"
#include "agent/json_object.h"

namespace agent {
namespace {

using policy::Decision;
using policy::Indicator;
using policy::IndicatorKind;
using policy::Outcome;
using policy::SourcedObservation;
using policy::Url;

constexpr std::size_t sources_shown_max = 20;

void AddSource(std::string& text, const Indicator& indicator, const SourcedObservation& source) {
  const policy::Observation& seen = *source.observation;
  JsonObject each(text);
  each.Add("feed", source.feed->name);
  if (seen.indicator != indicator) each.Add("indicator", policy::TextOf(seen.indicator));
  each.Add("first_seen", policy::FormatTime(seen.first_seen));
  each.Add("last_seen", policy::FormatTime(source.last_seen()));
  each.Add("confidence",
           std::int64_t{seen.confidence.value_or(source.feed->default_confidence).percent()});
  if (seen.threat != policy::ThreatType::unknown) each.Add("threat", policy::Name(seen.threat));
  if (seen.sightings > 0) each.Add("sightings", std::int64_t{seen.sightings});
  if (source.feed->role == policy::FeedRole::detections) each.AddTrue("detection");
  if (!seen.malware.empty()) each.Add("malware", seen.malware);
  if (!seen.campaign.empty()) each.Add("campaign", seen.campaign);
  if (!seen.tags.empty()) each.Add("tags", seen.tags);
  if (!seen.reference.empty()) each.Add("reference", seen.reference);
}

std::string EvidenceJson(const Indicator& indicator, std::span<const SourcedObservation> sources) {
  std::string text = "[";
  for (const SourcedObservation& source :
       sources.first(std::min(sources.size(), sources_shown_max))) {
    if (text.size() > 1) text += ',';
    AddSource(text, indicator, source);
  }
  return text + "]";
}

std::string FeedsOf(std::span<const SourcedObservation> sources) {
  std::set<std::string_view> names;
  for (const SourcedObservation& source : sources) names.insert(source.feed->name);
  return store::CommaList(names);
}

// How often our own sensors saw it.
std::int64_t HitsOf(std::span<const SourcedObservation> sources) {
  std::int64_t hits = 0;
  for (const SourcedObservation& source : sources) {
    if (source.feed->role == policy::FeedRole::detections) hits += source.observation->sightings;
  }
  return hits;
}

// What the newest source that knows says.
void Describe(std::span<const SourcedObservation> sources, queue::Candidate& candidate) {
  policy::TimePoint threat_at{};
  policy::TimePoint malware_at{};
  policy::TimePoint campaign_at{};
  for (const SourcedObservation& source : sources) {
    const policy::Observation& seen = *source.observation;
    if (seen.threat != policy::ThreatType::unknown && source.last_seen() >= threat_at) {
      candidate.threat = policy::Name(seen.threat);
      threat_at = source.last_seen();
    }
    if (!seen.malware.empty() && source.last_seen() >= malware_at) {
      candidate.malware = seen.malware;
      malware_at = source.last_seen();
    }
    if (!seen.campaign.empty() && source.last_seen() >= campaign_at) {
      candidate.campaign = seen.campaign;
      campaign_at = source.last_seen();
    }
  }
}

queue::Candidate CandidateFor(const World& world, const Indicator& target,
                              std::span<const SourcedObservation> sources,
                              const Decision& decision) {
  queue::Candidate candidate{.target = target};
  candidate.lifetime = world.policy.lifetime_default;
  candidate.policy_version = world.policy.version;
  candidate.confidence = decision.confidence.percent();
  candidate.needs_two = decision.needs_two_approvers;
  candidate.proposed_by = "policy";
  candidate.feeds = FeedsOf(sources);
  SetReasons(candidate, decision.reasons);
  candidate.evidence = EvidenceJson(target, sources);
  candidate.sources_total = sources.size();
  candidate.hits = HitsOf(sources);
  Describe(sources, candidate);
  return candidate;
}

}  // namespace

// Fills an Assessment.
class Assessor {
 public:
  Assessor(const World& world, const std::set<Indicator>& rejected_hosts, policy::TimePoint now)
      : result_(world, now), world_(*result_.world_), rejected_hosts_(rejected_hosts) {}

  Assessment All() && {
    for (const World::Feed& feed : world_.feeds) {
      if (!feed.snapshot) continue;
      for (const policy::Observation& seen : feed.snapshot->observations) Take(feed, seen);
    }
    return Run();
  }

  Assessment Some(std::set<Indicator> scope) && {
    AddHostsAndTheirUrls(scope);
    for (const World::Feed& feed : world_.feeds) {
      if (!feed.snapshot) continue;
      for (const Indicator& indicator : scope) {
        const auto* const seen = FindObservation(*feed.snapshot, indicator);
        if (seen != nullptr) Take(feed, *seen);
      }
    }
    result_.scope = std::move(scope);
    return Run();
  }

 private:
  // One observation of an indicator: of itself, or of a URL on it.
  struct Item {
    const Indicator* indicator;
    SourcedObservation observation;
  };

  static bool BelongsBefore(const Item& a, const Item& b) {
    if (*a.indicator != *b.indicator) return *a.indicator < *b.indicator;
    if (a.observation.feed->name != b.observation.feed->name) {
      return a.observation.feed->name < b.observation.feed->name;
    }
    return a.observation.observation->indicator < b.observation.observation->indicator;
  }

  // What a host's URLs say is evidence of the host, and whether it is refused decides on them.
  void AddHostsAndTheirUrls(std::set<Indicator>& scope) const {
    std::set<Indicator> hosts;
    for (const Indicator& indicator : scope) {
      const auto* const url = std::get_if<Url>(&indicator);
      hosts.insert(url != nullptr ? policy::HostOf(*url) : indicator);
    }
    for (const World::Feed& feed : world_.feeds) {
      if (!feed.snapshot) continue;
      for (const Indicator& host : hosts) {
        for (const auto* const seen : FindUrlsOn(*feed.snapshot, host)) {
          scope.insert(seen->indicator);
        }
      }
    }
    scope.merge(hosts);
  }

  void Take(const World::Feed& feed, const policy::Observation& seen) {
    auto& into = policy::KindOf(seen.indicator) == IndicatorKind::url ? urls_ : others_;
    into.push_back({&seen.indicator, feed.Sourced(seen)});
  }

  Assessment Run() {
    ForEachSubject(urls_, [this](auto& subject) { JudgeUrl(subject); });
    // The hosts that URLs gave are hosts like those that feeds name.
    ForEachSubject(others_, [this](auto& subject) { Judge(subject); });
    auto& proposed = result_.proposed_;
    std::sort(proposed.begin(), proposed.end(),
              [](const auto& a, const auto& b) { return *a.target < *b.target; });
    // A split prefix and a feed's own entry may give the same target; one proposal is enough.
    const auto end =
        std::unique(proposed.begin(), proposed.end(),
                    [](const auto& a, const auto& b) { return *a.target == *b.target; });
    proposed.erase(end, proposed.end());
    return std::move(result_);
  }

  // Calls `judge` for each indicator with all observations of it; empties `items`.
  template <class JudgeOne>
  void ForEachSubject(std::vector<Item>& items, JudgeOne judge) {
    std::sort(items.begin(), items.end(), BelongsBefore);
    for (auto first = items.begin(); first != items.end();) {
      const auto last = std::find_if(first, items.end(), [&](const Item& item) {
        return *item.indicator != *first->indicator;
      });
      Assessment::Subject subject{first->indicator,
                                  static_cast<std::uint32_t>(result_.sources_.size()),
                                  static_cast<std::uint32_t>(last - first), false};
      for (auto item = first; item != last; ++item) result_.sources_.push_back(item->observation);
      judge(subject);
      first = last;
    }
    items = {};
  }

  void JudgeUrl(Assessment::Subject& subject) {
    Indicator host = policy::HostOf(std::get<Url>(*subject.indicator));
    subject.host_rejected = rejected_hosts_.contains(host);
    const Decision decision = Judge(subject);
    if (decision.reasons.front().code != policy::ReasonCode::covered_by_host) return;
    result_.made_.push_back(std::move(host));
    for (const SourcedObservation& source : result_.SourcesOf(subject)) {
      others_.push_back({&result_.made_.back(), source});
    }
  }

  Decision Judge(const Assessment::Subject& subject) {
    Decision decision = result_.Judge(subject);
    if (decision.outcome == Outcome::dropped) {
      ++result_.dropped[std::string(policy::Name(decision.reasons.front().code))];
      return decision;
    }
    for (const Indicator& target : decision.targets) {
      const bool is_whole = target == *subject.indicator;
      if (!is_whole) result_.made_.push_back(target);
      result_.proposed_.push_back({is_whole ? subject.indicator : &result_.made_.back(), subject});
    }
    return decision;
  }

  Assessment result_;
  const World& world_;
  const std::set<Indicator>& rejected_hosts_;
  std::vector<Item> others_;
  std::vector<Item> urls_;
};

std::span<const SourcedObservation> Assessment::SourcesOf(const Subject& subject) const {
  return std::span(sources_).subspan(subject.first, subject.count);
}

Decision Assessment::Judge(const Subject& subject) const {
  return policy::Evaluate(
      {subject.indicator, SourcesOf(subject), false, subject.host_rejected,
       RefusalsOf(*world_, *subject.indicator), ClientsOf(*world_, *subject.indicator, now_)},
      world_->policy, *world_->allowlist, *world_->suffixes, now_);
}

queue::Candidate Assessment::CandidateAt(std::size_t i) const {
  const auto& [target, subject] = proposed_[i];
  return CandidateFor(*world_, *target, SourcesOf(subject), Judge(subject));
}

std::optional<std::size_t> Assessment::Find(const Indicator& wanted) const {
  const auto found = std::lower_bound(
      proposed_.begin(), proposed_.end(), wanted,
      [](const Proposed& one, const Indicator& target) { return *one.target < target; });
  if (found == proposed_.end() || *found->target != wanted) return std::nullopt;
  return static_cast<std::size_t>(found - proposed_.begin());
}

std::optional<queue::Candidate> Assessment::CandidateOf(const Indicator& target) const {
  const auto found = Find(target);
  return found ? std::optional(CandidateAt(*found)) : std::nullopt;
}

void SetReasons(queue::Candidate& candidate, const std::vector<policy::Reason>& reasons) {
  std::string text = "[";
  std::set<std::string_view> codes;
  for (const policy::Reason& reason : reasons) {
    if (text.size() > 1) text += ',';
    JsonObject(text).Add("code", policy::Name(reason.code)).Add("detail", reason.detail);
    codes.insert(policy::Name(reason.code));
  }
  candidate.reasons = text + "]";
  candidate.reason_codes = store::CommaList(codes);
}

std::uint32_t RefusalsOf(const World& world, const Indicator& indicator) {
  if (!world.refusals) return 0;
  const auto found = world.refusals->find(indicator);
  return found == world.refusals->end() ? 0 : found->second;
}

std::uint64_t ClientsOf(const World& world, const Indicator& indicator, policy::TimePoint now) {
  return world.traffic ? world.traffic->ClientsOf(indicator, now) : 0;
}

Assessment Assess(const World& world, const std::set<Indicator>& rejected_hosts,
                  policy::TimePoint now) {
  return Assessor(world, rejected_hosts, now).All();
}

Assessment AssessSome(const World& world, std::set<Indicator> indicators,
                      const std::set<Indicator>& rejected_hosts, policy::TimePoint now) {
  return Assessor(world, rejected_hosts, now).Some(std::move(indicators));
}

namespace {

Decision DecisionOn(const World& world, const Indicator& indicator,
                    std::span<const SourcedObservation> sources, bool proposed_by_person,
                    policy::TimePoint now) {
  return policy::Evaluate({&indicator, sources, proposed_by_person, false,
                           RefusalsOf(world, indicator), ClientsOf(world, indicator, now)},
                          world.policy, *world.allowlist, *world.suffixes, now);
}

}  // namespace

Decision AssessOne(const World& world, const Indicator& indicator, bool proposed_by_person,
                   policy::TimePoint now) {
  const auto evidence = EvidenceOf(world, {indicator});
  const auto found = evidence.find(indicator);
  const auto sources = found == evidence.end() ? std::span<const SourcedObservation>()
                                               : std::span<const SourcedObservation>(found->second);
  return DecisionOn(world, indicator, sources, proposed_by_person, now);
}

}  // namespace agent
