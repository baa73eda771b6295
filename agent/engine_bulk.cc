// Decisions on more than one transaction should hold: fixed at the start, carried out in slices.
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/cut.h"
#include "agent/engine_core.h"
#include "agent/veto.h"
#include "platform/log.h"

namespace agent {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using store::BulkDecision;
using store::BulkState;
using store::Transaction;
using Json = nlohmann::ordered_json;

constexpr std::size_t running_max = 8;
constexpr std::uint64_t refusals_kept_max = 100;
constexpr std::size_t sample_max = 20;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

history::Act Begun(const BulkDecision& bulk) {
  return {bulk.voter, "bulk.start", "",
          Dump({{"bulk", bulk.id},
                {"verdict", std::string(store::Name(bulk.verdict))},
                {"filter", bulk.filter},
                {"matched", bulk.matched},
                {"reason", bulk.reason}})};
}

history::Act Ended(const BulkDecision& bulk, const std::string& actor) {
  return {actor, "bulk." + std::string(store::Name(bulk.state)), "",
          Dump({{"bulk", bulk.id},
                {"matched", bulk.matched},
                {"decided", bulk.decided},
                {"awaiting", bulk.awaiting},
                {"refused", bulk.refused},
                {"because", bulk.ended_because}})};
}

std::string CauseOf(const BulkDecision& bulk) {
  return std::string(store::Name(bulk.verdict)) + " by " + bulk.voter + ", bulk decision " +
         std::to_string(bulk.id);
}

}  // namespace

Result<DecideReport> EngineCore::StartBulk(Transaction& transaction, const Selection& selection,
                                           const queue::Ballot& ballot, std::uint64_t matched) {
  if (auto checked = CheckCount(selection, matched); !checked) {
    return tl::unexpected(checked.error());
  }
  if (ballot.reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  if (ballot.verdict == store::Verdict::approve && ballot.needs_step_up) {
    return Fail(ErrorCode::not_allowed,
                std::string(queue::step_up_required) +
                    ": so many take two people. Nothing was decided; confirm with your "
                    "password, then do the same again");
  }
  const auto running = transaction.RunningBulk();
  if (!running) return tl::unexpected(running.error());
  if (running->size() >= running_max) {
    return Fail(ErrorCode::exhausted,
                "as many bulk decisions are running as may at once; wait "
                "until one is done, or cancel one");
  }
  BulkDecision bulk;
  bulk.voter = ballot.voter;
  bulk.verdict = ballot.verdict;
  bulk.reason = ballot.reason;
  bulk.lifetime = ballot.lifetime;
  bulk.filter = selection.filter;
  bulk.started = clock_.Now();
  bulk.matched = matched;
  auto id = transaction.PutBulk(bulk);
  if (!id) return tl::unexpected(id.error());
  bulk.id = *id;
  if (auto fixed = transaction.FixBulkRows(bulk.id, *selection.query); !fixed) {
    return tl::unexpected(fixed.error());
  }
  auto recorded = history_.Append(transaction, bulk.started, Begun(bulk));
  if (!recorded) return tl::unexpected(recorded.error());
  auto sample = transaction.ListProposals(*selection.query, std::nullopt, sample_max);
  if (!sample) return tl::unexpected(sample.error());
  releases_.BeginBulk(bulk.id);
  DecideReport report;
  report.matched = matched;
  report.sample = std::move(*sample);
  report.bulk = bulk.id;
  return report;
}

bool EngineCore::CarryOnBulk() {
  const auto id = releases_.OldestBulk();
  if (!id || !broken_.empty()) return false;
  // Until all allowlists are loaded, each approval would be refused.
  if (!world()->missing_allowlists.empty()) return false;
  std::string cause;
  if (auto reader = store_.Read()) {
    const auto bulk = (*reader)->FindBulk(*id);
    if (bulk && *bulk) cause = CauseOf(**bulk);
  }
  auto done = Commit<bool>(cause, [&](Transaction& transaction) -> Result<bool> {
    auto bulk = transaction.FindBulk(*id);
    if (!bulk) return tl::unexpected(bulk.error());
    if (!*bulk)
      return Fail(ErrorCode::corrupt, "bulk decision " + std::to_string(*id) + " is gone");
    auto carried = (*bulk)->ended_because.empty() ? DecideSlice(transaction, **std::move(bulk))
                                                  : Stop(transaction, **std::move(bulk));
    if (!carried) return tl::unexpected(carried.error());
    return true;
  });
  if (!done) {
    platform::Error("bulk decision {}: {}; tried again in a moment", *id, done.error().detail);
    return false;
  }
  return releases_.OldestBulk().has_value();
}

Result<void> EngineCore::DecideSlice(Transaction& transaction, BulkDecision bulk) {
  const std::size_t limit = settings_.queue.bulk_slice;
  const auto rows = transaction.BulkRows(bulk.id, limit);
  if (!rows) return tl::unexpected(rows.error());
  auto open = transaction.OpenEmergencies();
  if (!open) return tl::unexpected(open.error());
  const Holds holds(std::move(*open));
  queue::Ballot ballot{bulk.voter, bulk.verdict, bulk.reason, bulk.lifetime};
  ballot.is_bulk = bulk.matched > settings_.queue.bulk_alone_max;
  ballot.bulk = bulk.id;
  const auto current = world();
  Cut cut;
  for (const store::BulkRow& row : *rows) {
    ballot.seen = row.digest;
    if (!ballot.is_bulk && current->traffic) {
      const auto proposal = transaction.FindProposal(row.proposal_id);
      if (!proposal) return tl::unexpected(proposal.error());
      ballot.cuts_off_many = *proposal && cut.Note(*current, **proposal, bulk.started) >
                                              current->policy.clients_alone_max;
    }
    auto ruling = VoteOn(transaction, row.proposal_id, ballot, holds);
    // Somebody else's business by now, and not worth stopping at.
    if (!ruling && ruling.error().code == ErrorCode::conflict) {
      ruling = queue::Ruling{queue::Ruling::Kind::refused, ruling.error().detail, std::nullopt};
    }
    if (!ruling) return tl::unexpected(ruling.error());
    if (auto noted = CountInBulk(transaction, row.proposal_id, *ruling, bulk); !noted) return noted;
  }
  if (!rows->empty()) {
    auto dropped = transaction.DropBulkRows(bulk.id, rows->back().proposal_id);
    if (!dropped) return dropped;
  }
  if (rows->size() < limit) {
    bulk.state = BulkState::done;
    return EndBulk(transaction, std::move(bulk), bulk.voter);
  }
  auto put = transaction.PutBulk(bulk);
  if (!put) return tl::unexpected(put.error());
  return {};
}

Result<void> EngineCore::CountInBulk(Transaction& transaction, std::int64_t proposal,
                                     const queue::Ruling& ruling, BulkDecision& bulk) {
  if (ruling.block) TakeApproved(*ruling.block);
  if (ruling.kind == queue::Ruling::Kind::decided) ++bulk.decided;
  if (ruling.kind == queue::Ruling::Kind::awaiting) ++bulk.awaiting;
  if (ruling.kind != queue::Ruling::Kind::refused) return {};
  if (++bulk.refused > refusals_kept_max) return {};
  return transaction.PutBulkRefusal(bulk.id, {proposal, ruling.refusal});
}

Result<void> EngineCore::Stop(Transaction& transaction, BulkDecision bulk) {
  bulk.state = BulkState::stopped;
  return EndBulk(transaction, std::move(bulk), "agent");
}

// What is left of its rows goes, and what it approved waits for the release that is now made.
Result<void> EngineCore::EndBulk(Transaction& transaction, BulkDecision bulk,
                                 const std::string& actor) {
  auto dropped = transaction.DropBulkRows(bulk.id, std::numeric_limits<std::int64_t>::max());
  if (!dropped) return dropped;
  bulk.ended = clock_.Now();
  auto put = transaction.PutBulk(bulk);
  if (!put) return tl::unexpected(put.error());
  auto recorded = history_.Append(transaction, *bulk.ended, Ended(bulk, actor));
  if (!recorded) return tl::unexpected(recorded.error());
  releases_.EndBulk(bulk.id);
  return {};
}

Result<BulkDecision> EngineCore::CancelBulk(std::int64_t id, const std::string& person,
                                            const std::string& reason) {
  if (reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  return Commit<BulkDecision>(
      "bulk decision " + std::to_string(id) + " cancelled by " + person,
      [&](Transaction& transaction) -> Result<BulkDecision> {
        auto bulk = transaction.FindBulk(id);
        if (!bulk) return tl::unexpected(bulk.error());
        if (!*bulk) {
          return Fail(ErrorCode::not_found, "there is no bulk decision " + std::to_string(id));
        }
        if ((*bulk)->state != BulkState::running) {
          return Fail(ErrorCode::conflict, "bulk decision " + std::to_string(id) +
                                               " is over: it is " +
                                               std::string(store::Name((*bulk)->state)));
        }
        (*bulk)->state = BulkState::cancelled;
        (*bulk)->ended_because = person + ": " + reason;
        auto ended = EndBulk(transaction, **bulk, person);
        if (!ended) return tl::unexpected(ended.error());
        return **std::move(bulk);
      });
}

}  // namespace agent
