#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/request_checks.h"
#include "agent/api/services.h"
#include "config/rules_text.h"
#include "policy/digest.h"
#include "proto/convert.h"
#include "sekisho/v1/rules.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::DecideRulesRequest;
using sekisho::v1::GetRulesRequest;
using sekisho::v1::GetRulesResponse;
using sekisho::v1::ProposeRulesRequest;
using sekisho::v1::RuleChangeResponse;
using store::RuleState;

constexpr std::size_t changes_shown_max = 100;
constexpr std::size_t rules_size_max = 64 * 1024;

sekisho::v1::RuleChange ToMessage(const store::RuleChange& change) {
  sekisho::v1::RuleChange message;
  message.set_id(change.id);
  message.set_version(change.version);
  message.set_rules(change.rules);
  message.set_digest(proto::ToBytes(policy::Sha256Of(change.rules)));
  message.set_base(change.base);
  message.set_proposed_by(change.proposed_by);
  *message.mutable_proposed_at() = proto::ToTimestamp(change.proposed_at);
  message.set_reason(change.reason);
  message.set_state(std::string(store::Name(change.state)));
  message.set_decided_by(change.decided_by);
  if (change.decided_at) *message.mutable_decided_at() = proto::ToTimestamp(*change.decided_at);
  message.set_decision_reason(change.decision_reason);
  return message;
}

std::string TextOf(const World& world) {
  config::Rules rules{world.policy, {}};
  for (const World::Feed& feed : world.feeds) rules.feeds.push_back(feed.profile);
  return config::RulesText(rules);
}

Result<GetRulesResponse> GetRules(const Desk& desk) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto changes = (*reader)->RuleChanges(changes_shown_max);
  if (!changes) return tl::unexpected(changes.error());
  const auto world = desk.engine.world();
  GetRulesResponse response;
  response.set_version(world->policy.version);
  response.set_rules(TextOf(*world));
  response.set_configured_version(desk.engine.configured_policy_version());
  for (const store::RuleChange& change : *changes) {
    if (change.state == RuleState::in_force) *response.mutable_change() = ToMessage(change);
    *response.add_changes() = ToMessage(change);
  }
  return response;
}

Result<RuleChangeResponse> Answer(const Result<store::RuleChange>& change) {
  if (!change) return tl::unexpected(change.error());
  RuleChangeResponse response;
  *response.mutable_change() = ToMessage(*change);
  return response;
}

Result<RuleChangeResponse> ProposeRules(const Desk& desk, const Caller& caller,
                                        const ProposeRulesRequest& request) {
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  if (request.rules().size() > rules_size_max) {
    return Fail(ErrorCode::malformed_input, "the rules are larger than 64 KiB");
  }
  return Answer(desk.engine.ProposeRules(request.rules(), caller.name, request.reason()));
}

Result<RuleChangeResponse> DecideRules(const Desk& desk, const Caller& caller,
                                       const DecideRulesRequest& request) {
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  RuleVerdict verdict{request.id(), request.approve(), caller.name, request.reason(), {}};
  if (request.approve()) {
    const auto seen = proto::FromBytes(request.digest());
    if (!seen) return tl::unexpected(seen.error());
    verdict.seen = *seen;
    if (caller.needs_step_up) {
      return Fail(ErrorCode::not_allowed,
                  std::string(queue::step_up_required) +
                      ": rules decide on everything. Nothing was changed; confirm with your "
                      "password, then do the same again");
    }
  }
  return Answer(desk.engine.DecideRules(verdict));
}

}  // namespace

void AddRules(MethodTable& table, const Desk& desk) {
  table.Add<GetRulesRequest, GetRulesResponse>(
      "sekisho.v1.Rules.GetRules",
      [&desk](const Caller&, const GetRulesRequest&) { return GetRules(desk); });
  table.Add<ProposeRulesRequest, RuleChangeResponse>(
      "sekisho.v1.Rules.ProposeRules", [&desk](const Caller& caller, const auto& request) {
        return ProposeRules(desk, caller, request);
      });
  table.Add<DecideRulesRequest, RuleChangeResponse>(
      "sekisho.v1.Rules.DecideRules", [&desk](const Caller& caller, const auto& request) {
        return DecideRules(desk, caller, request);
      });
}

}  // namespace agent::api
