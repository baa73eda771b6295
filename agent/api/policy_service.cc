#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/messages.h"
#include "agent/api/request_checks.h"
#include "agent/api/scope.h"
#include "agent/api/services.h"
#include "agent/evidence.h"
#include "agent/refusals.h"
#include "agent/simulation.h"
#include "config/policy_settings.h"
#include "policy/reason.h"
#include "policy/scope.h"
#include "policy/weigh.h"
#include "proto/convert.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::Result;
using sekisho::v1::ExplainRequest;
using sekisho::v1::ExplainResponse;
using sekisho::v1::SimulateRequest;
using sekisho::v1::SimulateResponse;

constexpr std::size_t opinions_shown_max = 100;
constexpr int samples_max = 5;
constexpr std::size_t rules_size_max = 1 << 20;

std::string_view NameOf(policy::Freshness freshness) {
  switch (freshness) {
    case policy::Freshness::fresh: return "fresh";
    case policy::Freshness::stale: return "stale";
    case policy::Freshness::from_the_future: return "from-the-future";
  }
  return "unknown";
}

sekisho::v1::Opinion OpinionOf(const policy::Weighed& one) {
  const policy::Observation& seen = *one.sourced.observation;
  sekisho::v1::Opinion message;
  message.set_feed(one.sourced.feed->name);
  message.set_source(one.sourced.feed->source);
  message.set_role(one.is_detection() ? "detections" : "intelligence");
  message.set_indicator(policy::TextOf(seen.indicator));
  *message.mutable_last_seen() = proto::ToTimestamp(one.sourced.last_seen());
  *message.mutable_seen_at() = proto::ToTimestamp(one.aged.seen_at);
  if (seen.valid_until) *message.mutable_valid_until() = proto::ToTimestamp(*seen.valid_until);
  *message.mutable_age_max() = proto::ToDuration(one.aged.age_max);
  message.set_freshness(std::string(NameOf(one.aged.freshness)));
  message.set_stated(one.stated.percent());
  message.set_remaining(one.aged.remaining);
  message.set_sightings(seen.sightings);
  message.set_false_positives(seen.false_positives);
  message.set_confidence(one.confidence.percent());
  message.set_reliability(one.sourced.feed->reliability.percent());
  return message;
}

// "1 - (1 - 0.80*0.90)": each source's strongest, as Combine takes them.
std::string Formula(const std::vector<policy::Opinion>& opinions, std::uint32_t refusals,
                    int penalty) {
  const auto strength = [](const policy::Opinion& one) {
    return one.confidence.percent() * one.reliability.percent();
  };
  std::map<std::pair<bool, std::string_view>, const policy::Opinion*> strongest;
  bool is_named = false;
  for (const policy::Opinion& one : opinions) {
    const policy::Opinion*& best = strongest[{one.corroborates, one.source}];
    if (best == nullptr || strength(*best) < strength(one)) best = &one;
    is_named = is_named || (!one.corroborates && strength(one) > 0);
  }
  if (!is_named) return "0: no feed that is believed at all names it freshly";
  std::string text = "1 -";
  for (const auto& [key, one] : strongest) {
    text += " (1 - " + std::to_string(one->confidence.percent()) + "%*" +
            std::to_string(one->reliability.percent()) + "%)";
  }
  if (refusals == 0) return text;
  return "(" + text + ") * (1 - " + std::to_string(penalty) + "%)^" + std::to_string(refusals);
}

void AddOpinions(const World& world, const Indicator& indicator, policy::TimePoint now,
                 ExplainResponse& response) {
  const auto evidence = EvidenceOf(world, {indicator});
  const auto found = evidence.find(indicator);
  std::vector<policy::Opinion> counted;
  if (found != evidence.end()) {
    const auto detected_at = policy::DetectedAt(found->second, now);
    for (const auto& sourced : found->second) {
      const auto weighed =
          policy::WeighOne(sourced, world.policy, policy::KindOf(indicator), detected_at, now);
      if (weighed.is_fresh()) counted.push_back(weighed.opinion());
      if (static_cast<std::size_t>(response.opinions_size()) < opinions_shown_max) {
        *response.add_opinions() = OpinionOf(weighed);
      }
    }
    response.set_opinions_total(found->second.size());
  }
  const auto refusals = RefusalsOf(world, indicator);
  const int penalty = world.policy.false_positive_penalty_percent;
  response.set_false_positive_verdicts(refusals);
  response.set_formula(Formula(counted, refusals, penalty));
  response.set_confidence(policy::Refuted(policy::Combine(counted), refusals, penalty).percent());
  response.set_confidence_min(world.policy.confidence_min.percent());
}

void AddScopes(const Desk& desk, const policy::Decision& decision, ExplainResponse& response) {
  for (const Indicator& target : decision.targets) {
    sekisho::v1::Scope& scope = *response.add_scopes();
    scope.set_kind(std::string(policy::Name(policy::KindOf(target))));
    scope.set_indicator(policy::TextOf(target));
    for (const auto family : policy::EnforceableBy(target)) {
      scope.add_enforced_by(std::string(policy::Name(family)));
    }
    for (std::string& name : ListsOf(desk.lists, target)) scope.add_lists(std::move(name));
  }
}

Result<ExplainResponse> Explain(const Desk& desk, const ExplainRequest& request) {
  const auto indicator = TypedIndicator(request.indicator());
  if (!indicator) return tl::unexpected(indicator.error());
  const auto world = desk.engine.world();
  const auto now = desk.clock.Now();
  const auto decision = AssessOne(*world, *indicator, false, now);
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  auto open = (*reader)->OpenEmergencies();
  if (!open) return tl::unexpected(open.error());
  ExplainResponse response;
  if (auto hold = HoldReason(*std::move(open), *indicator)) {
    *response.add_reasons() = std::move(*hold);
  }
  response.set_kind(std::string(policy::Name(policy::KindOf(*indicator))));
  response.set_indicator(policy::TextOf(*indicator));
  *response.mutable_at() = proto::ToTimestamp(now);
  response.set_policy_version(world->policy.version);
  response.set_outcome(decision.outcome == policy::Outcome::proposed ? "proposed" : "dropped");
  for (const auto& reason : decision.reasons) *response.add_reasons() = ToMessage(reason);
  response.set_needs_two(decision.needs_two_approvers);
  AddScopes(desk, decision, response);
  AddOpinions(*world, *indicator, now, response);
  for (const policy::AllowHit& hit : policy::HitsOf(*world->allowlist, *indicator)) {
    sekisho::v1::Reason& reason = *response.add_allowlist();
    reason.set_code(std::string(policy::Name(hit.source->effect)));
    reason.set_detail(policy::OnAllowlist(policy::ReasonCode::allowlisted, hit).detail);
  }
  return response;
}

// Changes by what happens and why, in that order.
class Changes {
 public:
  void Count(const std::string& what, const ChangedTarget& changed) {
    const std::string code(policy::Name(changed.because.code));
    sekisho::v1::PolicyChange& change = changes_[{what, code}];
    change.set_what(what);
    change.set_code(code);
    change.set_count(change.count() + 1);
    if (change.samples_size() >= samples_max) return;
    sekisho::v1::PolicySample& sample = *change.add_samples();
    sample.set_kind(std::string(policy::Name(policy::KindOf(changed.target))));
    sample.set_indicator(policy::TextOf(changed.target));
    sample.set_detail(changed.because.detail);
  }
  void MoveTo(SimulateResponse& response) {
    for (auto& [key, change] : changes_) *response.add_changes() = std::move(change);
  }

 private:
  std::map<std::pair<std::string, std::string>, sekisho::v1::PolicyChange> changes_;
};

// Only blocks that stand on feeds leave when the policy proposes them no more.
Result<void> CountBlocks(const Desk& desk, store::Reader& reader, const Simulation& simulation,
                         Changes& changes) {
  std::map<Indicator, const ChangedTarget*> gone;
  for (const ChangedTarget& each : simulation.not_proposed) gone.emplace(each.target, &each);
  return reader.ForEachLiveBlock([&](const store::Block& block) {
    const auto found = gone.find(block.target);
    if (found == gone.end() || block.manual) return true;
    for (const std::string& list : ListsOf(desk.lists, block.target)) {
      changes.Count("leaves list " + list, *found->second);
    }
    return true;
  });
}

void AddDropped(const Simulation& simulation, SimulateResponse& response) {
  std::set<std::string> codes;
  for (const auto* assessment : {&simulation.now, &simulation.then}) {
    for (const auto& [code, count] : assessment->dropped) codes.insert(code);
  }
  const auto count = [](const Assessment& assessment, const std::string& code) {
    const auto found = assessment.dropped.find(code);
    return found == assessment.dropped.end() ? 0 : found->second;
  };
  for (const std::string& code : codes) {
    sekisho::v1::ReasonCount& row = *response.add_dropped();
    row.set_code(code);
    row.set_now(count(simulation.now, code));
    row.set_then(count(simulation.then, code));
  }
}

Result<SimulateResponse> SimulateRules(const Desk& desk, const SimulateRequest& request) {
  if (request.rules().size() > rules_size_max) {
    return Fail(ErrorCode::malformed_input, "the rules are larger than 1 MiB");
  }
  const auto rules = config::ParseRules(request.rules(), "rules");
  if (!rules) return tl::unexpected(rules.error());
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto now = desk.clock.Now();
  const auto rejected = StandingRejections(**reader, now);
  if (!rejected) return tl::unexpected(rejected.error());
  const auto world = desk.engine.world();
  const auto simulation = Simulate(*world, rules->policy, rules->feeds, *rejected, now);

  SimulateResponse response;
  response.set_version(world->policy.version);
  response.set_new_version(rules->policy.version);
  response.set_candidates(simulation.now.size());
  response.set_new_candidates(simulation.then.size());
  AddDropped(simulation, response);
  Changes changes;
  for (const auto& each : simulation.proposed) changes.Count("proposed", each);
  for (const auto& each : simulation.not_proposed) changes.Count("not proposed", each);
  if (auto counted = CountBlocks(desk, **reader, simulation, changes); !counted) {
    return tl::unexpected(counted.error());
  }
  changes.MoveTo(response);
  return response;
}

}  // namespace

void AddPolicy(MethodTable& table, const Desk& desk) {
  table.Add<ExplainRequest, ExplainResponse>(
      "sekisho.v1.Policy.Explain",
      [&desk](const Caller&, const auto& request) { return Explain(desk, request); });
  // Each takes seconds and as much memory as an assessment: one at a time.
  table.Add<SimulateRequest, SimulateResponse>(
      "sekisho.v1.Policy.Simulate",
      [&desk, running = std::make_shared<std::mutex>()](
          const Caller&, const auto& request) -> Result<SimulateResponse> {
        const std::unique_lock lock(*running, std::try_to_lock);
        if (!lock) return Fail(ErrorCode::exhausted, "another simulation runs; try again soon");
        return SimulateRules(desk, request);
      });
}

}  // namespace agent::api
