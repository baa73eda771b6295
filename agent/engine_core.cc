#include "agent/engine_core.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/veto.h"
#include "platform/log.h"

namespace agent {
namespace {

using policy::Error;
using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::Result;
using policy::TimePoint;
using store::Transaction;
using Json = nlohmann::ordered_json;

constexpr std::size_t refusals_shown_max = 100;
constexpr std::size_t sample_max = 20;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

EngineCore::EngineCore(EngineSettings settings,
                       std::shared_ptr<const policy::PublicSuffixList> suffixes,
                       store::Store& store, history::HistoryWriter& history,
                       publish::Publication& publication, const platform::Clock& clock)
    : settings_(std::move(settings)),
      store_(store),
      history_(history),
      publication_(publication),
      clock_(clock),
      queue_(history, settings_.queue),
      standing_(history, settings_.queue, settings_.policy.lifetime_default,
                settings_.policy.version),
      releases_(settings_.lists, settings_.changes),
      sources_(settings_.world, settings_.policy, std::move(suffixes)) {}

Result<void> EngineCore::Open() {
  auto reader = store_.Read();
  if (!reader) return tl::unexpected(reader.error());
  if (auto loaded = releases_.Load(**reader); !loaded) return loaded;
  auto brakes = (*reader)->OpenBrakes();
  if (!brakes) return tl::unexpected(brakes.error());
  clock_brake_ = std::any_of(brakes->begin(), brakes->end(),
                             [](const auto& brake) { return brake.direction == "clock"; });
  auto own_entries = (*reader)->OpenAllowEntries();
  if (!own_entries) return tl::unexpected(own_entries.error());
  SetOwnEntries(*own_entries);
  const auto rule_changes = (*reader)->RuleChanges(rule_changes_max);
  if (!rule_changes) return tl::unexpected(rule_changes.error());
  reader->reset();
  SetWorld(sources_.Build(nullptr));
  if (releases_.number() > 0) {
    for (auto& [list, state] : releases_.Current()) publication_.Publish(list, std::move(state));
  }
  if (auto resumed = ResumeRules(*rule_changes); !resumed) return resumed;
  // Makes the first release, or one for a list that is new in the configuration.
  auto started = Commit<bool>("the agent started", [&](Transaction& transaction) -> Result<bool> {
    auto ended = standing_.EndLapsed(transaction, clock_.Now());
    if (!ended) return tl::unexpected(ended.error());
    return true;
  });
  if (!started) return tl::unexpected(started.error());
  return {};
}

std::shared_ptr<const World> EngineCore::world() const {
  const std::lock_guard lock(world_mutex_);
  return world_;
}

void EngineCore::SetWorld(std::shared_ptr<const World> next) {
  const std::lock_guard lock(world_mutex_);
  if (!world_ || next->version >= world_->version) world_ = std::move(next);
}

tl::unexpected<Error> EngineCore::Undo(std::unique_ptr<Transaction>& transaction, Error error) {
  transaction.reset();
  history_.RolledBack();
  if (broken_.empty()) {
    auto reader = store_.Read();
    auto loaded = reader ? releases_.Load(**reader) : Result<void>(tl::unexpected(reader.error()));
    if (!loaded) Break(loaded.error());
  }
  return tl::unexpected<Error>(std::move(error));
}

// What is in memory may not be what is on disk: only a new start makes sure.
void EngineCore::Break(const Error& error) {
  broken_ = "the agent has to be restarted: " + error.detail;
  platform::Error("{}", broken_);
  is_broken_ = true;
}

Result<std::vector<EngineCore::Selected>> EngineCore::Select(Transaction& transaction,
                                                             const Selection& selection,
                                                             const World& world,
                                                             DecideReport& report) {
  const auto now = clock_.Now();
  std::vector<Selected> selected;
  const auto note = [&](const store::Proposal& proposal) {
    const std::uint64_t clients = report.cut.Note(world, proposal, now);
    selected.push_back({proposal.id, clients});
    if (report.sample.size() < sample_max) report.sample.push_back(proposal);
    return true;
  };
  if (selection.query) {
    auto read = transaction.ForEachProposal(*selection.query, note);
    if (!read) return tl::unexpected(read.error());
  }
  for (const std::int64_t id : selection.ids) {
    auto proposal = transaction.FindProposal(id);
    if (!proposal) return tl::unexpected(proposal.error());
    if (!*proposal) {
      return Fail(ErrorCode::not_found, "there is no proposal " + std::to_string(id));
    }
    note(**proposal);
  }
  report.matched = selected.size();
  if (auto checked = CheckCount(selection, selected.size()); !checked) {
    return tl::unexpected(checked.error());
  }
  return selected;
}

Result<void> EngineCore::CheckCount(const Selection& selection, std::uint64_t matched) {
  if (!selection.expected_count || *selection.expected_count == matched) return {};
  return Fail(ErrorCode::conflict, "now " + std::to_string(matched) + " match, not " +
                                       std::to_string(*selection.expected_count) +
                                       "; nothing was decided. Look again");
}

Result<DecideReport> EngineCore::VoteOnAll(Transaction& transaction, const Selection& selection,
                                           queue::Ballot ballot) {
  if (selection.query) {
    const auto matched = transaction.CountProposals(*selection.query);
    if (!matched) return tl::unexpected(matched.error());
    if (*matched > settings_.queue.at_once_max) {
      return StartBulk(transaction, selection, ballot, *matched);
    }
  }
  DecideReport report;
  const auto current = world();
  const auto selected = Select(transaction, selection, *current, report);
  if (!selected) return tl::unexpected(selected.error());
  auto open = transaction.OpenEmergencies();
  if (!open) return tl::unexpected(open.error());
  const Holds holds(std::move(*open));
  ballot.is_alone = !selection.query && selected->size() == 1;
  ballot.is_bulk = selected->size() > settings_.queue.bulk_alone_max;
  for (std::size_t i = 0; i < selected->size(); ++i) {
    const auto& [id, clients] = (*selected)[i];
    if (!selection.digests.empty()) ballot.seen = selection.digests[i];
    ballot.cuts_off_many = clients > current->policy.clients_alone_max;
    auto ruling = VoteOn(transaction, id, ballot, holds);
    if (!ruling) return tl::unexpected(ruling.error());
    if (auto counted = Count(transaction, id, *ruling, report); !counted) {
      return tl::unexpected(counted.error());
    }
  }
  return report;
}

Result<queue::Ruling> EngineCore::VoteOn(Transaction& transaction, std::int64_t id,
                                         const queue::Ballot& ballot, const Holds& holds) {
  const auto now = clock_.Now();
  const auto current = world();
  const auto veto = [&](const store::Proposal& proposal) -> std::optional<std::string> {
    const auto live = releases_.live().find(policy::LineOf(proposal.target));
    if (live != releases_.live().end() && live->second.leaving) {
      return "its block is about to end, and a brake holds that; decide on the brake first";
    }
    return VetoOf(*current, holds, proposal, now);
  };
  auto ruling = queue_.Vote(transaction, id, ballot, veto, now);
  if (!ruling || ballot.verdict != store::Verdict::reject ||
      ruling->kind != queue::Ruling::Kind::decided) {
    return ruling;
  }
  if (auto noted = NoteRefusal(transaction, id); !noted) return tl::unexpected(noted.error());
  return ruling;
}

void EngineCore::TakeApproved(const store::Block& block) {
  if (releases_.Holds(block)) {
    releases_.ChangeEnd(block);
  } else {
    releases_.Add(block);
  }
}

// The URLs on a refused host are proposed in its place.
Result<void> EngineCore::NoteRefusal(Transaction& transaction, std::int64_t id) {
  auto proposal = transaction.FindProposal(id);
  if (!proposal) return tl::unexpected(proposal.error());
  AssessAlso((*proposal)->target);
  refusals_changed_ = true;
  return {};
}

Result<void> EngineCore::Count(Transaction& transaction, std::int64_t id,
                               const queue::Ruling& ruling, DecideReport& report) {
  if (ruling.block) TakeApproved(*ruling.block);
  if (ruling.kind == queue::Ruling::Kind::decided) ++report.decided;
  if (ruling.kind == queue::Ruling::Kind::awaiting) ++report.awaiting;
  if (ruling.kind != queue::Ruling::Kind::refused) return {};
  if (report.refused.size() < refusals_shown_max) {
    auto proposal = transaction.FindProposal(id);
    if (!proposal) return tl::unexpected(proposal.error());
    report.refused.push_back({id, policy::TextOf((*proposal)->target), ruling.refusal});
  }
  ++report.refused_total;
  return {};
}

Result<void> EngineCore::RemoveById(Transaction& transaction, std::int64_t id,
                                    const std::string& actor, const std::string& because,
                                    Departure departure) {
  auto block = transaction.FindBlock(id);
  if (!block) return tl::unexpected(block.error());
  if (!*block) return Fail(ErrorCode::not_found, "there is no block " + std::to_string(id));
  if ((*block)->removed_release) return {};
  // A person's word passes the brake that holds what leaves by itself.
  if (departure == Departure::by_person && releases_.IsLapsing(id)) {
    (*block)->removed_because.clear();
  }
  if (!(*block)->removed_because.empty()) return {};
  auto removed = queue_.Remove(transaction, **block, actor, because, clock_.Now());
  if (!removed) return tl::unexpected(removed.error());
  releases_.Remove(*removed, departure);
  // Where feeds still support it, people are asked again.
  AssessAlso(removed->target);
  if (departure != Departure::by_person) return {};
  refusals_changed_ = true;
  return queue_.RejectAfterRevocation(transaction, *removed, clock_.Now());
}

Result<DecideReport> EngineCore::Decide(const Selection& selection, const queue::Ballot& ballot,
                                        bool dry_run) {
  if (!selection.digests.empty() && selection.digests.size() != selection.ids.size()) {
    return Fail(ErrorCode::malformed_input, "as many digests as ids are needed, or none");
  }
  if (dry_run) {
    auto transaction = store_.Begin();
    if (!transaction) return tl::unexpected(transaction.error());
    DecideReport report;
    auto selected = Select(**transaction, selection, *world(), report);
    if (!selected) return tl::unexpected(selected.error());
    return report;
  }
  const auto before = releases_.number();
  auto report = Commit<DecideReport>(
      std::string(store::Name(ballot.verdict)) + " by " + ballot.voter,
      [&](Transaction& transaction) { return VoteOnAll(transaction, selection, ballot); });
  if (report && releases_.number() != before) report->release = releases_.number();
  return report;
}

Result<queue::Candidate> EngineCore::PersonsCandidate(const World& world,
                                                      const Indicator& indicator,
                                                      const std::string& person,
                                                      const std::string& reason,
                                                      TimePoint now) const {
  const auto decision = AssessOne(world, indicator, true, now);
  if (decision.outcome == policy::Outcome::dropped) {
    return Fail(ErrorCode::not_allowed, decision.reasons.front().detail);
  }
  if (decision.targets != std::vector{indicator}) {
    return Fail(ErrorCode::not_allowed,
                "part of it is on the allowlist; propose the rest piece by piece");
  }
  if (reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  queue::Candidate candidate{.target = indicator};
  candidate.lifetime = world.policy.lifetime_default;
  candidate.policy_version = world.policy.version;
  candidate.confidence = decision.confidence.percent();
  candidate.needs_two = decision.needs_two_approvers;
  candidate.proposed_by = person;
  candidate.reason = reason;
  candidate.feeds = ",";
  auto reasons = decision.reasons;
  reasons.push_back({policy::ReasonCode::manual, person + ": " + reason});
  SetReasons(candidate, reasons);
  candidate.evidence = "[]";
  return candidate;
}

Result<store::Proposal> EngineCore::ProposeByPerson(const Indicator& indicator,
                                                    const std::string& person,
                                                    const std::string& reason,
                                                    std::optional<std::chrono::seconds> lifetime) {
  const auto now = clock_.Now();
  auto candidate = PersonsCandidate(*world(), indicator, person, reason, now);
  if (!candidate) return tl::unexpected(candidate.error());
  if (lifetime && (lifetime->count() <= 0 || *lifetime > settings_.queue.lifetime_max)) {
    return Fail(ErrorCode::not_allowed,
                "a block may last at most " + policy::FormatDuration(settings_.queue.lifetime_max));
  }
  candidate->lifetime = lifetime.value_or(candidate->lifetime);
  return Commit<store::Proposal>("", [&](Transaction& transaction) -> Result<store::Proposal> {
    auto proposal = queue_.Propose(transaction, *candidate, releases_.Holds(indicator), now);
    if (!proposal) return tl::unexpected(proposal.error());
    if (!*proposal) return Fail(ErrorCode::conflict, "it is blocked already");
    return std::move(**proposal);
  });
}

Result<std::int64_t> EngineCore::LiveBlock(const Indicator& indicator) const {
  const auto live = releases_.live().find(policy::LineOf(indicator));
  if (live != releases_.live().end()) return live->second.id;
  return Fail(ErrorCode::not_found, "no block of exactly " + policy::TextOf(indicator) +
                                        " is in force; `sekisho why` tells what covers it");
}

Result<RevokeReport> EngineCore::Revoke(const std::vector<std::int64_t>& ids,
                                        const std::optional<Indicator>& indicator,
                                        const std::string& person, const std::string& reason) {
  if (reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  std::vector<std::int64_t> all = ids;
  if (indicator) {
    auto id = LiveBlock(*indicator);
    if (!id) return tl::unexpected(id.error());
    all.push_back(*id);
  }
  const auto before = releases_.number();
  auto report = Commit<RevokeReport>(
      "revoked by " + person, [&](Transaction& transaction) -> Result<RevokeReport> {
        for (const std::int64_t id : all) {
          auto removed = RemoveById(transaction, id, person, "revoked by " + person + ": " + reason,
                                    Departure::by_person);
          if (!removed) return tl::unexpected(removed.error());
        }
        return RevokeReport{all.size(), 0};
      });
  if (report && releases_.number() != before) report->release = releases_.number();
  return report;
}

Result<std::string> EngineCore::LiftBrake(Transaction& transaction, std::int64_t id,
                                          const std::string& person, const std::string& reason) {
  auto brakes = transaction.OpenBrakes();
  if (!brakes) return tl::unexpected(brakes.error());
  const auto brake = std::find_if(brakes->begin(), brakes->end(),
                                  [&](const store::Brake& each) { return each.id == id; });
  if (brake == brakes->end()) {
    return Fail(ErrorCode::not_found, "no brake " + std::to_string(id) + " is engaged");
  }
  brake->released_at = clock_.Now();
  brake->released_by = person;
  if (auto put = transaction.PutBrake(*brake); !put) return tl::unexpected(put.error());
  const Json detail{{"brake", id}, {"direction", brake->direction}, {"reason", reason}};
  auto recorded = history_.Append(transaction, *brake->released_at,
                                  {person, "brake.release", "", Dump(detail)});
  if (!recorded) return tl::unexpected(recorded.error());
  releases_.Pass(brake->direction);
  return brake->direction;
}

Result<bool> EngineCore::Record(const history::Act& act, bool once) {
  return Commit<bool>("", [&](Transaction& transaction) -> Result<bool> {
    if (once) {
      const auto before = transaction.LeavesAbout(act.subject, 0, 1);
      if (!before) return tl::unexpected(before.error());
      if (!before->empty()) return false;
    }
    auto recorded = history_.Append(transaction, clock_.Now(), act);
    if (!recorded) return tl::unexpected(recorded.error());
    return true;
  });
}

Result<std::uint64_t> EngineCore::ReleaseBrake(std::int64_t id, const std::string& person,
                                               const std::string& reason) {
  if (reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  auto direction = Commit<std::string>(
      "brake released by " + person,
      [&](Transaction& transaction) { return LiftBrake(transaction, id, person, reason); });
  if (!direction) return tl::unexpected(direction.error());
  if (*direction == "clock") clock_brake_ = false;
  return releases_.number();
}

Result<void> EngineCore::Write(
    const std::function<Result<void>(Transaction&, const Append&)>& change) {
  auto written = Commit<bool>("", [&](Transaction& transaction) -> Result<bool> {
    const Append append = [&](const history::Act& act) -> Result<void> {
      auto index = history_.Append(transaction, clock_.Now(), act);
      if (!index) return tl::unexpected(index.error());
      return {};
    };
    auto done = change(transaction, append);
    if (!done) return tl::unexpected(done.error());
    // People may have lost the right to vote by it.
    auto ended = standing_.EndLapsed(transaction, clock_.Now());
    if (!ended) return tl::unexpected(ended.error());
    return true;
  });
  if (!written) return tl::unexpected(written.error());
  return {};
}

}  // namespace agent
