// What approvers answer those who were stopped by a block.
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/engine_core.h"

namespace agent {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::Result;
using policy::TimePoint;
using store::Transaction;
using store::UnblockRequest;
using store::UnblockState;
using Json = nlohmann::ordered_json;

std::string ActionOf(UnblockState answer) {
  switch (answer) {
    case UnblockState::granted: return "unblock-request.grant";
    case UnblockState::lapsed: return "unblock-request.lapse";
    default: return "unblock-request.decline";
  }
}

history::Act ActOf(const UnblockRequest& request, const std::vector<store::Block>& blocks) {
  Json detail{{"request", request.id}};
  if (!request.answer.empty()) detail["answer"] = request.answer;
  if (request.until) detail["until"] = policy::FormatTime(*request.until);
  if (!blocks.empty()) {
    detail["blocks"] = Json::array();
    for (const store::Block& block : blocks) detail["blocks"].push_back(block.id);
  }
  return {request.answered_by, ActionOf(request.state), policy::LineOf(request.target),
          detail.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Result<UnblockRequest> FindOpen(store::Reader& reader, std::int64_t id) {
  auto request = reader.FindUnblockRequest(id);
  if (!request) return tl::unexpected(request.error());
  if (!*request) {
    return Fail(ErrorCode::not_found, "there is no unblock request " + std::to_string(id));
  }
  if ((*request)->state != UnblockState::open) {
    return Fail(ErrorCode::conflict, "unblock request " + std::to_string(id) + " is " +
                                         std::string(store::Name((*request)->state)) +
                                         " already, by " + (*request)->answered_by);
  }
  return **std::move(request);
}

}  // namespace

Result<UnblockReport> EngineCore::Answer(const UnblockAnswer& answer) {
  if (answer.reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  const auto now = clock_.Now();
  const auto before = releases_.number();
  auto report = Commit<UnblockReport>(
      "unblock request " + std::to_string(answer.id) + " answered by " + answer.person,
      [&](Transaction& transaction) -> Result<UnblockReport> {
        const auto asked = FindOpen(transaction, answer.id);
        if (!asked) return tl::unexpected(asked.error());
        UnblockReport done;
        if (answer.grants) {
          auto granted = Grant(transaction, answer, asked->target, done);
          if (!granted) return tl::unexpected(granted.error());
        }
        auto open = transaction.OpenUnblockRequests();
        if (!open) return tl::unexpected(open.error());
        for (UnblockRequest& request : *open) {
          if (request.target != asked->target) continue;
          request.state = answer.grants ? UnblockState::granted : UnblockState::declined;
          request.answered_by = answer.person;
          request.answer = answer.reason;
          request.answered_at = now;
          if (answer.lifetime) request.until = now + *answer.lifetime;
          if (auto put = transaction.PutUnblockRequest(request); !put) {
            return tl::unexpected(put.error());
          }
          auto recorded = history_.Append(transaction, now, ActOf(request, done.blocks));
          if (!recorded) return tl::unexpected(recorded.error());
          done.answered.push_back(std::move(request));
        }
        return done;
      });
  if (report && releases_.number() != before) report->release = releases_.number();
  return report;
}

Result<void> EngineCore::Grant(Transaction& transaction, const UnblockAnswer& answer,
                               const Indicator& target, UnblockReport& report) {
  const auto now = clock_.Now();
  const auto ids = Blocking(target, false);
  if (!ids) return tl::unexpected(ids.error());
  if (ids->empty()) {
    return Fail(ErrorCode::not_found, "nothing that is in force or on its way blocks " +
                                          policy::TextOf(target) +
                                          "; decline the request, and say so");
  }
  for (const std::int64_t id : *ids) {
    auto removed = RemoveById(transaction, id, answer.person,
                              "revoked by " + answer.person + " on request: " + answer.reason,
                              Departure::by_person);
    if (!removed) return removed;
    auto block = transaction.FindBlock(id);
    if (!block) return tl::unexpected(block.error());
    if (!*block) return Fail(ErrorCode::corrupt, "there is no block " + std::to_string(id));
    if (answer.lifetime) {
      auto deferred =
          queue_.DeferAfterRevocation(transaction, **block, now + *answer.lifetime, now);
      if (!deferred) return deferred;
    }
    report.blocks.push_back(**std::move(block));
  }
  return {};
}

Result<void> EngineCore::EndRequests(Transaction& transaction, TimePoint now) {
  auto open = transaction.OpenUnblockRequests();
  if (!open) return tl::unexpected(open.error());
  for (UnblockRequest& request : *open) {
    if (request.at > now - settings_.requests_wait) break;  // the oldest come first
    request.state = UnblockState::lapsed;
    request.answered_by = "agent";
    request.answered_at = now;
    if (auto put = transaction.PutUnblockRequest(request); !put) {
      return tl::unexpected(put.error());
    }
    auto recorded = history_.Append(transaction, now, ActOf(request, {}));
    if (!recorded) return tl::unexpected(recorded.error());
  }
  return transaction.ForgetAskers(now - settings_.askers_kept);
}

}  // namespace agent
