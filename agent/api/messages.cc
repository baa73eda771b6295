#include "agent/api/messages.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "agent/veto.h"
#include "policy/refang.h"
#include "proto/convert.h"

namespace agent::api {
namespace {

using Json = nlohmann::json;

// What the store keeps as JSON was written by the agent itself; what can't be read is left out
// rather than kept from people altogether.
Json ArrayOf(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_array() ? json : Json::array();
}

std::string TextAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int NumberAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int>() : 0;
}

void AddReasons(const std::string& text, sekisho::v1::Proposal& message) {
  for (const Json& each : ArrayOf(text)) {
    if (!each.is_object()) continue;
    sekisho::v1::Reason& reason = *message.add_reasons();
    reason.set_code(TextAt(each, "code"));
    reason.set_detail(TextAt(each, "detail"));
  }
}

sekisho::v1::Source SourceOf(const Json& json) {
  sekisho::v1::Source source;
  source.set_feed(TextAt(json, "feed"));
  source.set_indicator(TextAt(json, "indicator"));
  if (const auto time = policy::ParseTime(TextAt(json, "first_seen"))) {
    *source.mutable_first_seen() = proto::ToTimestamp(*time);
  }
  if (const auto time = policy::ParseTime(TextAt(json, "last_seen"))) {
    *source.mutable_last_seen() = proto::ToTimestamp(*time);
  }
  source.set_confidence(NumberAt(json, "confidence"));
  source.set_threat(TextAt(json, "threat"));
  source.set_malware(TextAt(json, "malware"));
  source.set_campaign(TextAt(json, "campaign"));
  source.set_tags(TextAt(json, "tags"));
  source.set_reference(TextAt(json, "reference"));
  source.set_sightings(static_cast<std::uint32_t>(std::max(NumberAt(json, "sightings"), 0)));
  source.set_is_detection(json.value("detection", Json()) == true);
  return source;
}

// What feeds said are sources; what a person said, of their own proposal, is a reason.
void AddEvidence(const std::string& text, sekisho::v1::Proposal& message) {
  for (const Json& each : ArrayOf(text)) {
    if (!each.is_object()) continue;
    if (!each.contains("person")) {
      *message.add_sources() = SourceOf(each);
      continue;
    }
    sekisho::v1::Reason& reason = *message.add_reasons();
    reason.set_code("person");
    reason.set_detail(TextAt(each, "person") + ": " + TextAt(each, "reason"));
  }
}

}  // namespace

sekisho::v1::Vote ToMessage(const store::Vote& vote) {
  sekisho::v1::Vote message;
  message.set_voter(vote.voter);
  message.set_verdict(std::string(store::Name(vote.verdict)));
  *message.mutable_at() = proto::ToTimestamp(vote.at);
  message.set_reason(vote.reason);
  message.set_digest(proto::ToBytes(vote.digest));
  return message;
}

sekisho::v1::Proposal ToMessage(const store::Proposal& proposal,
                                const std::vector<store::Vote>& votes) {
  sekisho::v1::Proposal message;
  message.set_id(proposal.id);
  message.set_kind(std::string(policy::Name(policy::KindOf(proposal.target))));
  message.set_indicator(policy::TextOf(proposal.target));
  message.set_defanged(policy::Defang(message.indicator()));
  message.set_state(std::string(store::Name(proposal.state)));
  message.set_digest(proto::ToBytes(proposal.digest));
  *message.mutable_lifetime() = proto::ToDuration(proposal.lifetime);
  message.set_confidence(proposal.confidence);
  message.set_approvers_needed(proposal.needs_two ? 2 : 1);
  message.set_proposed_by(proposal.proposed_by);
  *message.mutable_proposed_at() = proto::ToTimestamp(proposal.proposed_at);
  AddReasons(proposal.reasons, message);
  AddEvidence(proposal.evidence, message);
  message.set_sources_total(proposal.sources_total);
  for (const store::Vote& vote : votes) *message.add_votes() = ToMessage(vote);
  if (proposal.deferred_until) {
    *message.mutable_deferred_until() = proto::ToTimestamp(*proposal.deferred_until);
  }
  message.set_policy_version(proposal.policy_version);
  for (std::string& feed : SplitAtCommas(proposal.feeds)) message.add_feeds(std::move(feed));
  return message;
}

sekisho::v1::Block ToMessage(const store::Block& block) {
  sekisho::v1::Block message;
  message.set_id(block.id);
  message.set_proposal_id(block.proposal_id);
  message.set_kind(std::string(policy::Name(policy::KindOf(block.target))));
  message.set_indicator(policy::TextOf(block.target));
  *message.mutable_approved_at() = proto::ToTimestamp(block.approved_at);
  for (std::string& name : SplitAtCommas(block.approved_by)) {
    message.add_approved_by(std::move(name));
  }
  *message.mutable_expires_at() = proto::ToTimestamp(block.expires_at);
  message.set_reason(block.reason);
  message.set_added_release(block.added_release.value_or(0));
  message.set_removed_release(block.removed_release.value_or(0));
  message.set_removed_because(block.removed_because);
  return message;
}

sekisho::v1::Release ToMessage(const store::Release& release) {
  sekisho::v1::Release message;
  message.set_number(release.number);
  *message.mutable_at() = proto::ToTimestamp(release.at);
  message.set_cause(release.cause);
  for (const store::ReleaseList& list : release.lists) {
    sekisho::v1::ReleaseList& each = *message.add_lists();
    each.set_list(list.list);
    each.set_digest(proto::ToBytes(list.digest));
    each.set_count(list.count);
    each.set_added(list.added);
    each.set_removed(list.removed);
  }
  return message;
}

sekisho::v1::Entry ToMessage(const store::LeafRow& leaf) {
  sekisho::v1::Entry message;
  message.set_index(leaf.index);
  message.set_leaf(leaf.leaf);
  return message;
}

sekisho::v1::Reason ToMessage(const policy::Reason& reason) {
  sekisho::v1::Reason message;
  message.set_code(std::string(policy::Name(reason.code)));
  message.set_detail(reason.detail);
  return message;
}

std::optional<sekisho::v1::Reason> HoldReason(std::vector<store::Emergency> open,
                                              const policy::Indicator& indicator) {
  const Holds holds(std::move(open));
  const store::Emergency* const hold = holds.Find(indicator);
  if (hold == nullptr) return std::nullopt;
  sekisho::v1::Reason reason;
  reason.set_code("emergency-unblock");
  reason.set_detail(Describe(*hold));
  return reason;
}

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
  return parts;
}

}  // namespace agent::api
