#include "agent/api/decision_conflict.h"

#include <string>
#include <utility>

#include "agent/api/messages.h"
#include "agent/queue/queue.h"
#include "policy/proposal.h"
#include "policy/time.h"
#include "proto/convert.h"

namespace agent::api {
namespace {

using policy::Result;
using sekisho::v1::DecisionConflict;
using store::Proposal;
using store::ProposalState;

void AddChange(const std::string& field, std::string before, std::string after,
               DecisionConflict& conflict) {
  if (before == after) return;
  sekisho::v1::FieldChange& change = *conflict.add_changes();
  change.set_field(field);
  change.set_before(std::move(before));
  change.set_after(std::move(after));
}

// Only of the content before the last change is known what it was.
void AddContentChanges(const Proposal& now, const policy::Sha256& seen,
                       DecisionConflict& conflict) {
  const bool is_known = now.previous && policy::DigestOf({now.target, now.previous->lifetime,
                                                          now.previous->policy_version}) == seen;
  AddChange("lifetime", is_known ? policy::FormatDuration(now.previous->lifetime) : "",
            policy::FormatDuration(now.lifetime), conflict);
  AddChange("policy_version", is_known ? now.previous->policy_version : "", now.policy_version,
            conflict);
}

}  // namespace

Result<std::optional<DecisionConflict>> ConflictOn(store::Reader& reader, std::int64_t id,
                                                   const std::optional<policy::Sha256>& seen) {
  const auto now = reader.FindProposal(id);
  if (!now) return tl::unexpected(now.error());
  if (!*now) return std::optional<DecisionConflict>();
  const Proposal& proposal = **now;
  const bool is_other = seen && *seen != proposal.digest;
  if (IsOpen(proposal.state) && !is_other) return std::optional<DecisionConflict>();
  const auto votes = reader.VotesOn(id);
  if (!votes) return tl::unexpected(votes.error());
  DecisionConflict conflict;
  *conflict.mutable_now() = ToMessage(proposal, *votes);
  if (!IsOpen(proposal.state)) {
    const queue::Decided decided = queue::DecidedBy(proposal, *votes);
    for (std::string& name : SplitAtCommas(decided.by)) conflict.add_decided_by(std::move(name));
    *conflict.mutable_decided_at() = proto::ToTimestamp(decided.at);
    conflict.set_reason(decided.reason);
    AddChange("state", std::string(store::Name(ProposalState::pending)),
              std::string(store::Name(proposal.state)), conflict);
  }
  if (is_other) AddContentChanges(proposal, *seen, conflict);
  return std::optional(std::move(conflict));
}

}  // namespace agent::api
