#include "agent/api/bulk_message.h"

#include <string>

#include "policy/indicator.h"
#include "proto/convert.h"

namespace agent::api {

policy::Result<sekisho::v1::BulkDecision> ToMessage(store::Reader& reader,
                                                    const store::BulkDecision& bulk) {
  const auto refused = reader.BulkRefusals(bulk.id);
  if (!refused) return tl::unexpected(refused.error());
  sekisho::v1::BulkDecision message;
  message.set_id(bulk.id);
  message.set_voter(bulk.voter);
  message.set_verdict(std::string(store::Name(bulk.verdict)));
  message.set_filter(bulk.filter);
  message.set_reason(bulk.reason);
  if (bulk.lifetime) *message.mutable_lifetime() = proto::ToDuration(*bulk.lifetime);
  *message.mutable_started() = proto::ToTimestamp(bulk.started);
  message.set_state(std::string(store::Name(bulk.state)));
  message.set_ended_because(bulk.ended_because);
  if (bulk.ended) *message.mutable_ended() = proto::ToTimestamp(*bulk.ended);
  message.set_matched(bulk.matched);
  message.set_decided(bulk.decided);
  message.set_awaiting(bulk.awaiting);
  message.set_refused_total(bulk.refused);
  for (const store::BulkRefusal& refusal : *refused) {
    const auto proposal = reader.FindProposal(refusal.proposal_id);
    if (!proposal) return tl::unexpected(proposal.error());
    sekisho::v1::Refusal& shown = *message.add_refused();
    shown.set_id(refusal.proposal_id);
    if (*proposal) shown.set_indicator(policy::TextOf((*proposal)->target));
    shown.set_reason(refusal.reason);
  }
  message.set_release(bulk.release);
  return message;
}

}  // namespace agent::api
