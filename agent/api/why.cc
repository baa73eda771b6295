#include "agent/api/why.h"

#include <algorithm>
#include <map>
#include <utility>

#include "agent/api/messages.h"
#include "agent/api/request_checks.h"
#include "agent/api/scope.h"
#include "agent/api/traffic_message.h"
#include "agent/assessment.h"
#include "agent/history/entry.h"
#include "policy/coverage.h"
#include "policy/reason.h"
#include "policy/refang.h"
#include "proto/convert.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::Result;
using policy::TimePoint;
using sekisho::v1::WhyRequest;
using sekisho::v1::WhyResponse;
using store::Block;

constexpr std::size_t entries_max = 200;  // about each indicator

bool IsInForce(const Block& block, std::uint64_t release) {
  return block.added_release && *block.added_release <= release &&
         (!block.removed_release || release < *block.removed_release);
}

std::string Shown(const Indicator& indicator) {
  return policy::Defang(policy::TextOf(indicator));
}

// "alice,bob"; "standing approval 3 (bob,carol)".
std::string Approvers(const std::string& approved_by) {
  constexpr std::string_view rule = "standing:";
  const auto comma = approved_by.find(',');
  if (!approved_by.starts_with(rule) || comma == std::string::npos) return approved_by;
  return "standing approval " + approved_by.substr(rule.size(), comma - rule.size()) + " (" +
         approved_by.substr(comma + 1) + ")";
}

// One question, and what was found for it so far.
class Tracer {
 public:
  Tracer(const Desk& desk, store::Reader& reader, Indicator indicator, std::optional<TimePoint> at)
      : desk_(desk), reader_(reader), indicator_(std::move(indicator)), at_(at) {}

  Result<WhyResponse> Run(const std::string& device) {
    response_.set_kind(std::string(policy::Name(policy::KindOf(indicator_))));
    response_.set_indicator(policy::TextOf(indicator_));
    if (auto read = ReadBlocks(); !read) return tl::unexpected(read.error());
    if (auto read = ReadProposals(); !read) return tl::unexpected(read.error());
    if (auto asked = AskPolicy(); !asked) return tl::unexpected(asked.error());
    if (auto read = ReadHistory(); !read) return tl::unexpected(read.error());
    auto devices = WhereEnforced(desk_, reader_, blocks_, at_, device);
    if (!devices) return tl::unexpected(devices.error());
    for (auto& each : *devices) *response_.add_devices() = std::move(each);
    Summarise();
    return std::move(response_);
  }

 private:
  bool IsLater(TimePoint time) const { return at_ && time > *at_; }

  Result<void> ReadBlocks() {
    const auto release = at_ ? reader_.ReleaseAt(*at_) : reader_.LatestRelease();
    if (!release) return tl::unexpected(release.error());
    release_ = *release ? (*release)->number : 0;
    for (const Indicator& target : policy::CoveredBy(indicator_)) {
      auto found = reader_.BlocksOf(target);
      if (!found) return tl::unexpected(found.error());
      for (Block& block : *found) {
        if (!IsLater(block.approved_at)) blocks_.push_back(std::move(block));
      }
    }
    for (const Block& block : blocks_) *response_.add_blocks() = ToMessage(block);
    const auto in_force = std::find_if(blocks_.begin(), blocks_.end(), [this](const Block& block) {
      return IsInForce(block, release_);
    });
    in_force_ = in_force == blocks_.end() ? nullptr : &*in_force;
    response_.set_blocked(in_force_ != nullptr);
    return {};
  }

  // The newest of the indicator, and those that its blocks came from.
  Result<void> ReadProposals() {
    std::map<std::int64_t, store::Proposal> proposals;
    auto newest = reader_.FindProposal(indicator_);
    if (!newest) return tl::unexpected(newest.error());
    if (*newest) proposals.emplace((*newest)->id, **newest);
    for (const Block& block : blocks_) {
      auto found = reader_.FindProposal(block.proposal_id);
      if (!found) return tl::unexpected(found.error());
      if (*found) proposals.emplace((*found)->id, **found);
    }
    for (const auto& [id, proposal] : proposals) {
      if (IsLater(proposal.proposed_at)) continue;
      const auto votes = reader_.VotesOn(id);
      if (!votes) return tl::unexpected(votes.error());
      *response_.add_proposals() = ToMessage(proposal, *votes);
      AddScope(desk_.lists, *response_.mutable_proposals()->rbegin());
      if (!at_) {
        AddTraffic(*desk_.engine.world(), proposal.target, desk_.clock.Now(),
                   *response_.mutable_proposals()->rbegin());
      }
    }
    return {};
  }

  // And whatever else keeps people from blocking it now, or made them block it.
  Result<void> AskPolicy() {
    auto open = reader_.OpenEmergencies();
    if (!open) return tl::unexpected(open.error());
    for (const store::Emergency& each : *open) {
      const bool made_it =
          in_force_ != nullptr && each.act == store::EmergencyAct::block &&
          std::find(each.blocks.begin(), each.blocks.end(), in_force_->id) != each.blocks.end();
      if (made_it) unreviewed_ = each.id;
    }
    if (auto hold = HoldReason(*std::move(open), indicator_)) {
      hold_ = hold->detail();
      *response_.add_policy() = std::move(*hold);
    }
    const auto world = desk_.engine.world();
    if (!at_) {
      if (auto traffic = TrafficOf(*world, indicator_, desk_.clock.Now())) {
        *response_.mutable_traffic() = *std::move(traffic);
      }
    }
    const auto decision = AssessOne(*world, indicator_, false, desk_.clock.Now());
    for (const policy::Reason& reason : decision.reasons) {
      *response_.add_policy() = ToMessage(reason);
    }
    for (const policy::AllowHit& hit : policy::HitsOf(*world->allowlist, indicator_)) {
      sekisho::v1::Reason& reason = *response_.add_allowlist();
      reason.set_code(std::string(policy::Name(hit.source->effect)));
      reason.set_detail(policy::OnAllowlist(policy::ReasonCode::allowlisted, hit).detail);
    }
    return {};
  }

  Result<void> ReadHistory() {
    std::map<std::uint64_t, store::LeafRow> leaves;
    std::vector<Indicator> subjects{indicator_};
    for (const Block& block : blocks_) {
      if (block.target != subjects.back()) subjects.push_back(block.target);
    }
    for (const Indicator& subject : subjects) {
      auto found = reader_.NewestLeavesAbout(policy::LineOf(subject), entries_max);
      if (!found) return tl::unexpected(found.error());
      for (store::LeafRow& leaf : *found) leaves.emplace(leaf.index, std::move(leaf));
    }
    for (const auto& [index, leaf] : leaves) {
      const auto entry = history::ParseLeaf(leaf.leaf);
      if (entry && IsLater(entry->at)) continue;
      *response_.add_history() = ToMessage(leaf);
    }
    return {};
  }

  void Summarise() {
    const std::string at = at_ ? " at " + policy::FormatTime(*at_) : "";
    const std::string subject = Shown(indicator_) + (at_ ? " was " : " is ");
    response_.set_summary(subject + (in_force_ != nullptr ? WhyBlocked(at) : WhyNot(at)) + ".");
  }

  std::string WhyBlocked(const std::string& at) const {
    std::string text =
        "blocked" + at + ", since release " + std::to_string(*in_force_->added_release) + ": ";
    if (in_force_->target != indicator_) {
      text += "it is covered by " + Shown(in_force_->target) + ", ";
    }
    if (unreviewed_ != 0 && !at_) {
      text += "in an emergency that nobody has reviewed yet (emergency " +
              std::to_string(unreviewed_) + "), ";
    }
    return text + "approved by " + Approvers(in_force_->approved_by) + " until " +
           policy::FormatTime(in_force_->expires_at);
  }

  std::string WhyNot(const std::string& at) const {
    std::string text = "not blocked" + at;
    if (!at_ && !hold_.empty()) return text + ": " + hold_;
    const Block* last = nullptr;
    for (const Block& block : blocks_) {
      if (last == nullptr || block.approved_at >= last->approved_at) last = &block;
    }
    if (last != nullptr && !last->added_release) {
      return text + ": its approval waits for a release, which a brake may hold";
    }
    if (last != nullptr && last->removed_release && *last->removed_release <= release_) {
      return text + ": release " + std::to_string(*last->removed_release) + " removed it (" +
             last->removed_because + ")";
    }
    if (at_) return text;
    for (const auto& proposal : response_.proposals()) {
      if (proposal.indicator() == response_.indicator() && proposal.state() != "approved") {
        return text + ": proposal " + std::to_string(proposal.id()) + " is " + proposal.state();
      }
    }
    return text + "; the policy says " + response_.policy(0).code();
  }

  const Desk& desk_;
  store::Reader& reader_;
  const Indicator indicator_;
  const std::optional<TimePoint> at_;
  std::uint64_t release_ = 0;  // in force at that instant; 0 before the first
  std::vector<Block> blocks_;  // narrowest target first
  const Block* in_force_ = nullptr;
  std::int64_t unreviewed_ = 0;  // the emergency that made it
  std::string hold_;             // why it must not be blocked now
  WhyResponse response_;
};

}  // namespace

Result<WhyResponse> Why(const Desk& desk, const WhyRequest& request) {
  auto indicator = TypedIndicator(request.indicator());
  if (!indicator) return tl::unexpected(indicator.error());
  std::optional<TimePoint> at;
  if (request.has_at()) {
    const auto asked = proto::FromTimestamp(request.at());
    if (!asked) return tl::unexpected(asked.error());
    if (*asked > desk.clock.Now()) {
      return Fail(ErrorCode::malformed_input,
                  policy::FormatTime(*asked) + " is in the future; ask about the past or now");
    }
    at = *asked;
  }
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  return Tracer(desk, **reader, std::move(*indicator), at).Run(request.device());
}

}  // namespace agent::api
