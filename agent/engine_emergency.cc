// What one person does at once in an emergency, and what becomes of it.
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/engine_core.h"
#include "policy/coverage.h"

namespace agent {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::Result;
using policy::TimePoint;
using store::Emergency;
using store::EmergencyAct;
using store::EmergencyState;
using store::Transaction;
using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

history::Act Opened(const Emergency& emergency, const std::string& digest) {
  Json detail{{"emergency", emergency.id},
              {"ends", policy::FormatTime(emergency.ends_at)},
              {"within", emergency.within},
              {"blocks", emergency.blocks},
              {"reason", emergency.reason}};
  if (!digest.empty()) detail["digest"] = digest;
  return {emergency.actor, "emergency." + std::string(store::Name(emergency.act)),
          policy::LineOf(emergency.target), Dump(detail)};
}

std::string_view ActionOf(EmergencyState state) {
  switch (state) {
    case EmergencyState::confirmed: return "emergency.confirm";
    case EmergencyState::overturned: return "emergency.overturn";
    default: return "emergency.lapse";
  }
}

}  // namespace

Result<EmergencyReport> EngineCore::BlockNow(const std::vector<Indicator>& targets,
                                             const std::string& person, const std::string& reason) {
  const auto now = clock_.Now();
  const auto current = world();
  std::vector<queue::Candidate> candidates;
  for (const Indicator& target : targets) {
    auto candidate = PersonsCandidate(*current, target, person, reason, now);
    if (!candidate) {
      return Fail(candidate.error().code, policy::TextOf(target) + ": " + candidate.error().detail +
                                              "; nothing was blocked");
    }
    candidates.push_back(std::move(*candidate));
  }
  auto report = Commit<EmergencyReport>(
      "emergency block by " + person, [&](Transaction& transaction) -> Result<EmergencyReport> {
        auto open = transaction.OpenEmergencies();
        if (!open) return tl::unexpected(open.error());
        const Holds holds(std::move(*open));
        EmergencyReport made;
        for (const queue::Candidate& candidate : candidates) {
          auto done = BlockOneNow(transaction, holds, candidate, made);
          if (!done) return tl::unexpected(done.error());
        }
        return made;
      });
  if (report) report->release = releases_.number();
  return report;
}

Result<void> EngineCore::BlockOneNow(Transaction& transaction, const Holds& holds,
                                     const queue::Candidate& candidate, EmergencyReport& report) {
  const auto now = clock_.Now();
  const std::string text = policy::TextOf(candidate.target);
  const auto live = releases_.live().find(policy::LineOf(candidate.target));
  if (live != releases_.live().end()) {
    auto block = transaction.FindBlock(live->second.id);
    if (!block) return tl::unexpected(block.error());
    if (!*block || (*block)->added_release) {
      return Fail(ErrorCode::conflict, text + " is blocked already; nothing was changed");
    }
    // Approved, but a brake holds it: the emergency takes its place.
    auto removed = queue_.Remove(transaction, **block, candidate.proposed_by,
                                 "an emergency block takes its place", now);
    if (!removed) return tl::unexpected(removed.error());
    releases_.Remove(*removed, Departure::by_person);
  }
  auto proposal = queue_.Propose(transaction, candidate, false, now);
  if (!proposal) return tl::unexpected(proposal.error());
  if (!*proposal) return Fail(ErrorCode::conflict, text + " is blocked already");
  if (auto why = VetoOf(*world(), holds, **proposal, now)) {
    return Fail(ErrorCode::not_allowed, text + ": " + *why + "; nothing was blocked");
  }
  auto block = queue_.ApproveInEmergency(transaction, std::move(**proposal), candidate.proposed_by,
                                         candidate.reason, now);
  if (!block) return tl::unexpected(block.error());
  releases_.AddAtOnce(*block);
  Emergency emergency{.target = candidate.target};
  emergency.actor = candidate.proposed_by;
  emergency.reason = candidate.reason;
  emergency.at = now;
  emergency.ends_at = block->expires_at;
  emergency.blocks = {block->id};
  auto id = transaction.PutEmergency(emergency);
  if (!id) return tl::unexpected(id.error());
  emergency.id = *id;
  auto recorded =
      history_.Append(transaction, now, Opened(emergency, policy::ToHex(block->digest)));
  if (!recorded) return tl::unexpected(recorded.error());
  report.blocks.push_back(std::move(*block));
  report.emergencies.push_back(std::move(emergency));
  return {};
}

// Blocks, in force or on their way, of what covers the target or, with `within`, lies in it.
Result<std::vector<std::int64_t>> EngineCore::Blocking(const Indicator& target, bool within) const {
  std::vector<std::int64_t> ids;
  const auto& live = releases_.live();
  for (const Indicator& cover : policy::CoveredBy(target)) {
    const auto found = live.find(policy::LineOf(cover));
    if (found != live.end()) ids.push_back(found->second.id);
  }
  if (!within) return ids;
  for (const auto& [line, block] : live) {
    const auto inner = policy::ParseLine(line);
    if (!inner) return tl::unexpected(inner.error());
    if (*inner != target && policy::Covers(target, *inner)) ids.push_back(block.id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<EmergencyReport> EngineCore::UnblockNow(const Indicator& target, bool within,
                                               const std::string& person, const std::string& reason,
                                               bool dry_run) {
  if (reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  const auto now = clock_.Now();
  auto ids = Blocking(target, within);
  if (!ids) return tl::unexpected(ids.error());
  if (ids->empty()) {
    return Fail(ErrorCode::not_found, "nothing that is in force or on its way blocks " +
                                          policy::TextOf(target) + "; nothing was changed");
  }
  Emergency emergency{.act = EmergencyAct::unblock, .target = target, .within = within};
  emergency.actor = person;
  emergency.reason = reason;
  emergency.at = now;
  emergency.ends_at = now + settings_.queue.emergency_unblock_lifetime;
  emergency.blocks = std::move(*ids);
  const auto read_blocks = [&](store::Reader& reader) -> Result<EmergencyReport> {
    EmergencyReport report;
    for (const std::int64_t id : emergency.blocks) {
      auto block = reader.FindBlock(id);
      if (!block) return tl::unexpected(block.error());
      if (*block) report.blocks.push_back(**std::move(block));
    }
    report.emergencies = {emergency};
    return report;
  };
  if (dry_run) {
    auto reader = store_.Read();
    if (!reader) return tl::unexpected(reader.error());
    return read_blocks(**reader);
  }
  auto report = Commit<EmergencyReport>(
      "emergency unblock by " + person, [&](Transaction& transaction) -> Result<EmergencyReport> {
        for (const std::int64_t id : emergency.blocks) {
          auto removed = RemoveById(transaction, id, person,
                                    "revoked by " + person + " in an emergency: " + reason,
                                    Departure::by_person);
          if (!removed) return tl::unexpected(removed.error());
        }
        auto id = transaction.PutEmergency(emergency);
        if (!id) return tl::unexpected(id.error());
        emergency.id = *id;
        auto recorded = history_.Append(transaction, now, Opened(emergency, ""));
        if (!recorded) return tl::unexpected(recorded.error());
        return read_blocks(transaction);
      });
  if (report) report->release = releases_.number();
  return report;
}

Result<void> EngineCore::Close(Transaction& transaction, Emergency emergency, EmergencyState state,
                               const std::string& actor, const std::string& reason) {
  emergency.state = state;
  emergency.closed_at = clock_.Now();
  if (state != EmergencyState::lapsed) emergency.reviewer = actor;
  emergency.review_reason = reason;
  if (auto put = transaction.PutEmergency(emergency); !put) return tl::unexpected(put.error());
  auto recorded =
      history_.Append(transaction, *emergency.closed_at,
                      {actor, std::string(ActionOf(state)), policy::LineOf(emergency.target),
                       Dump({{"emergency", emergency.id},
                             {"act", store::Name(emergency.act)},
                             {"by", emergency.actor},
                             {"reason", reason}})});
  if (!recorded) return tl::unexpected(recorded.error());
  return {};
}

Result<EmergencyReport> EngineCore::Review(const EmergencyReview& review) {
  if (review.reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  const auto before = releases_.number();
  auto report = Commit<EmergencyReport>(
      "emergency " + std::to_string(review.id) + " reviewed by " + review.person,
      [&](Transaction& transaction) -> Result<EmergencyReport> {
        auto found = transaction.FindEmergency(review.id);
        if (!found) return tl::unexpected(found.error());
        if (!*found) {
          return Fail(ErrorCode::not_found, "there is no emergency " + std::to_string(review.id));
        }
        const Emergency& emergency = **found;
        if (emergency.state != EmergencyState::open) {
          return Fail(ErrorCode::conflict,
                      "emergency " + std::to_string(review.id) + " is " +
                          std::string(store::Name(emergency.state)) + " already" +
                          (emergency.reviewer.empty() ? "" : ", by " + emergency.reviewer));
        }
        if (emergency.actor == review.person) {
          return Fail(ErrorCode::not_allowed,
                      "nobody reviews what they did in an emergency; ask somebody else");
        }
        EmergencyReport done;
        if (auto carried = CarryOut(transaction, emergency, review, done); !carried) {
          return tl::unexpected(carried.error());
        }
        auto closed =
            Close(transaction, emergency,
                  review.confirms ? EmergencyState::confirmed : EmergencyState::overturned,
                  review.person, review.reason);
        if (!closed) return tl::unexpected(closed.error());
        auto now_so = transaction.FindEmergency(review.id);
        if (!now_so) return tl::unexpected(now_so.error());
        done.emergencies = {**std::move(now_so)};
        return done;
      });
  if (report && releases_.number() != before) report->release = releases_.number();
  return report;
}

// What the review does to the blocks. A confirmed unblock needs nothing: its proposals are
// rejected, as after any revocation.
Result<void> EngineCore::CarryOut(Transaction& transaction, const Emergency& emergency,
                                  const EmergencyReview& review, EmergencyReport& report) {
  const bool is_block = emergency.act == EmergencyAct::block;
  if (review.lifetime && !(is_block && review.confirms)) {
    return Fail(ErrorCode::malformed_input, "only a confirmed block takes a lifetime");
  }
  if (!is_block && review.confirms) return {};
  for (const std::int64_t id : emergency.blocks) {
    auto block = transaction.FindBlock(id);
    if (!block) return tl::unexpected(block.error());
    if (!*block) return Fail(ErrorCode::corrupt, "there is no block " + std::to_string(id));
    Result<void> done;
    if (!is_block) {
      done = queue_.Reopen(transaction, **block, clock_.Now());
      AssessAlso((*block)->target);
      refusals_changed_ = true;
    } else if (!review.confirms) {
      done = RemoveById(transaction, id, review.person,
                        "revoked by " + review.person + ": " + review.reason, Departure::by_person);
    } else if (!(*block)->removed_because.empty()) {
      done = Fail(ErrorCode::conflict, "its block ended already (" + (*block)->removed_because +
                                           "); overturn it instead");
    } else {
      auto confirmed = queue_.ConfirmEmergency(
          transaction, **block, review.person, review.reason,
          review.lifetime.value_or(sources_.policy().lifetime_default), clock_.Now());
      if (!confirmed) return tl::unexpected(confirmed.error());
      releases_.ChangeEnd(*confirmed);
      *block = std::move(*confirmed);
    }
    if (!done) return done;
    report.blocks.push_back(**std::move(block));
  }
  return {};
}

// A block of an emergency ends like any other.
Result<void> EngineCore::EndEmergencies(Transaction& transaction, TimePoint now) {
  auto open = transaction.OpenEmergencies();
  if (!open) return tl::unexpected(open.error());
  for (const Emergency& emergency : *open) {
    if (now < emergency.ends_at) continue;
    auto closed = Close(transaction, emergency, EmergencyState::lapsed, "agent",
                        "nobody reviewed it in time");
    if (!closed) return closed;
  }
  return {};
}

}  // namespace agent
