// The policy's rules, as people change them: one proposes, another decides.
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/engine_core.h"
#include "config/policy_settings.h"
#include "config/rules_text.h"
#include "platform/log.h"
#include "policy/digest.h"

namespace agent {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using store::RuleChange;
using store::RuleState;
using store::Transaction;
using Json = nlohmann::ordered_json;

constexpr const char* shown_as = "rules";  // in messages on mistakes

history::Act RuleAct(const std::string& actor, const char* action, const RuleChange& change,
                     const std::string& reason) {
  return {actor, action, "policy " + change.version,
          Json({{"change", change.id},
                {"digest", policy::ToHex(policy::Sha256Of(change.rules))},
                {"base", change.base},
                {"reason", reason}})
              .dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

Result<void> EngineCore::ResumeRules(const std::vector<RuleChange>& changes) {
  const auto found = std::find_if(changes.begin(), changes.end(), [](const RuleChange& change) {
    return change.state == RuleState::in_force;
  });
  if (found == changes.end()) return {};
  if (found->configured == settings_.policy.version) return UseRules(*found);
  RuleChange change = *found;
  change.state = RuleState::ended;
  const std::string why = "the configuration has rules of another version now, " +
                          settings_.policy.version + " instead of " + change.configured;
  platform::Warn("the rules {} that people set hold no more: {}", change.version, why);
  auto ended = Commit<bool>("the agent started", [&](Transaction& transaction) -> Result<bool> {
    if (auto put = transaction.PutRuleChange(change); !put) return tl::unexpected(put.error());
    auto recorded =
        history_.Append(transaction, clock_.Now(), RuleAct("agent", "policy.end", change, why));
    if (!recorded) return tl::unexpected(recorded.error());
    return true;
  });
  if (!ended) return tl::unexpected(ended.error());
  return {};
}

Result<void> EngineCore::UseRules(const RuleChange& change) {
  auto rules = config::ParseRules(change.rules, shown_as);
  if (!rules) return tl::unexpected(rules.error());
  standing_.SetPolicy(rules->policy.lifetime_default, rules->policy.version);
  sources_.SetRules(std::move(rules->policy), rules->feeds);
  SetWorld(sources_.Build(world()));  // the next vote is by these rules, assessed anew or not
  assess_wanted_ = true;
  return {};
}

Result<RuleChange> EngineCore::ProposeRules(const std::string& text, const std::string& person,
                                            const std::string& reason) {
  const auto rules = config::ParseRules(text, shown_as);
  if (!rules) return tl::unexpected(rules.error());
  if (rules->policy.lifetime_max > settings_.queue.lifetime_max) {
    return Fail(ErrorCode::not_allowed, "lifetime_max may be at most " +
                                            policy::FormatDuration(settings_.queue.lifetime_max) +
                                            ", as the configuration has it");
  }
  for (const policy::FeedProfile& feed : rules->feeds) {
    if (!sources_.HasFeed(feed.name)) {
      return Fail(ErrorCode::malformed_input, "there is no feed \"" + feed.name + "\"");
    }
  }
  RuleChange change{.version = rules->policy.version, .rules = config::RulesText(*rules)};
  change.base = sources_.policy().version;
  change.proposed_by = person;
  change.proposed_at = clock_.Now();
  change.reason = reason;
  return Commit<RuleChange>("", [&](Transaction& transaction) -> Result<RuleChange> {
    const auto before = transaction.RuleChanges(rule_changes_max);
    if (!before) return tl::unexpected(before.error());
    const bool is_used = change.version == settings_.policy.version ||
                         std::any_of(before->begin(), before->end(), [&](const RuleChange& each) {
                           return each.version == change.version;
                         });
    if (is_used) {
      return Fail(ErrorCode::conflict, "there were rules of the version \"" + change.version +
                                           "\" already: give these another");
    }
    if (before->size() >= rule_changes_max) {
      return Fail(ErrorCode::exhausted, "no more changes can be kept: put them into a file");
    }
    auto id = transaction.PutRuleChange(change);
    if (!id) return tl::unexpected(id.error());
    change.id = *id;
    auto recorded = history_.Append(transaction, change.proposed_at,
                                    RuleAct(person, "policy.propose", change, reason));
    if (!recorded) return tl::unexpected(recorded.error());
    return change;
  });
}

Result<void> EngineCore::CheckMayApprove(const RuleChange& change, const RuleVerdict& verdict) {
  if (change.proposed_by == verdict.person) {
    return Fail(ErrorCode::not_allowed, "nobody approves rules that they proposed; ask another");
  }
  if (policy::Sha256Of(change.rules) != verdict.seen) {
    return Fail(ErrorCode::conflict, "these are not the rules that you saw; look again");
  }
  const std::string& version = sources_.policy().version;
  if (change.base == version) return {};
  return Fail(ErrorCode::conflict, "they were proposed when the rules " + change.base +
                                       " were in force; now it is " + version +
                                       ". Reject them, and propose them anew");
}

Result<RuleChange> EngineCore::DecideRules(const RuleVerdict& verdict) {
  auto decided = Commit<RuleChange>("", [&](Transaction& transaction) -> Result<RuleChange> {
    auto found = transaction.FindRuleChange(verdict.id);
    if (!found) return tl::unexpected(found.error());
    if (!*found) {
      return Fail(ErrorCode::not_found,
                  "there is no change of rules " + std::to_string(verdict.id));
    }
    RuleChange change = **std::move(found);
    const auto now = clock_.Now();
    if (change.state != RuleState::open) {
      return Fail(ErrorCode::conflict,
                  "it is " + std::string(store::Name(change.state)) + " already");
    }
    if (verdict.approves) {
      if (now >= change.proposed_at + settings_.queue.approval_lifetime) {
        return Fail(ErrorCode::conflict, "it waited for too long; propose it anew");
      }
      if (auto may = CheckMayApprove(change, verdict); !may) return tl::unexpected(may.error());
      if (auto ended = EndRulesInForce(transaction); !ended) return tl::unexpected(ended.error());
    }
    change.state = verdict.approves ? RuleState::in_force : RuleState::rejected;
    change.configured = settings_.policy.version;
    change.decided_by = verdict.person;
    change.decided_at = now;
    change.decision_reason = verdict.reason;
    if (auto put = transaction.PutRuleChange(change); !put) return tl::unexpected(put.error());
    auto recorded = history_.Append(
        transaction, now,
        RuleAct(verdict.person, verdict.approves ? "policy.approve" : "policy.reject", change,
                verdict.reason));
    if (!recorded) return tl::unexpected(recorded.error());
    return change;
  });
  if (!decided || !verdict.approves) return decided;
  if (auto used = UseRules(*decided); !used) return tl::unexpected(used.error());
  return decided;
}

Result<void> EngineCore::EndRulesInForce(Transaction& transaction) {
  auto changes = transaction.RuleChanges(rule_changes_max);
  if (!changes) return tl::unexpected(changes.error());
  for (RuleChange& change : *changes) {
    if (change.state != RuleState::in_force) continue;
    change.state = RuleState::ended;
    if (auto put = transaction.PutRuleChange(change); !put) return tl::unexpected(put.error());
  }
  return {};
}

}  // namespace agent
