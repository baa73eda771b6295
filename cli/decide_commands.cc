#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "cli/bulk.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

using policy::ErrorCode;
using policy::Result;

// A filter may match many thousand, and each is recorded.
constexpr std::chrono::minutes decide_patience{5};

Text QuestionOf(v1::DecideRequest::Verdict verdict) {
  switch (verdict) {
    case v1::DecideRequest::VERDICT_REJECT: return Text::confirm_reject;
    case v1::DecideRequest::VERDICT_DEFER: return Text::confirm_defer;
    default: return Text::confirm_approve;
  }
}

using Claims = google::protobuf::RepeatedPtrField<v1::Claim>;

// Names each proposal by its content as it is now, so that a change until the vote voids it.
// Returns what others are at.
Result<Claims> AddProposals(const Session& session, std::vector<std::int64_t> ids,
                            v1::DecideRequest& request) {
  Claims claims;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const std::int64_t id : ids) {
    v1::GetProposalRequest get;
    get.set_id(id);
    auto got = session.agent.Call(&v1::Queue::Stub::GetProposal, get);
    if (!got) return tl::unexpected(std::move(got.error()));
    if (got->proposal().id() != id || got->proposal().digest().empty()) {
      return policy::Fail(ErrorCode::corrupt, "the agent's answer is not proposal " +
                                                  std::to_string(id) + "; nothing was decided");
    }
    request.add_ids(id);
    request.add_digests(got->proposal().digest());
    if (got->proposal().has_claim()) *claims.Add() = got->proposal().claim();
  }
  return claims;
}

Result<v1::DecideResponse> Ask(const Session& session, const v1::DecideRequest& request) {
  return WithProgress(session.surroundings, [&] {
    return session.agent.Call(&v1::Queue::Stub::Decide, request, decide_patience);
  });
}

CommandResult Report(const Session& session, const v1::DecideRequest& request,
                     const v1::DecideResponse& response) {
  const Printer& printer = session.printer;
  for (const v1::Refusal& refusal : response.refused()) {
    printer.Say(Text::refusal, refusal.id(), IndicatorCell(refusal.indicator()), refusal.reason());
  }
  if (request.verdict() == v1::DecideRequest::VERDICT_APPROVE && response.decided() > 0 &&
      response.release() == 0) {
    printer.Say(Text::not_in_a_release);
  }
  if (printer.is_json()) {
    if (auto ok = printer.Json(response); !ok) return tl::unexpected(std::move(ok.error()));
  } else {
    Table table = TableOf(
        printer, {Text::matched, Text::decided, Text::awaiting, Text::refused, Text::release});
    table.rows.push_back({std::to_string(response.matched()), std::to_string(response.decided()),
                          std::to_string(response.awaiting()),
                          std::to_string(response.refused_size()), NumberCell(response.release())});
    printer.Show(table);
  }
  return response.refused_size() == 0 ? ExitCode::ok : ExitCode::failure;
}

CommandResult Send(const Session& session, const v1::DecideRequest& request) {
  const auto response = Ask(session, request);
  if (!response) return tl::unexpected(response.error());
  if (response->bulk() == 0) return Report(session, request, *response);
  const auto bulk = AwaitBulk(session, response->bulk());
  if (!bulk) return tl::unexpected(bulk.error());
  return ReportBulk(session, *bulk);
}

CommandResult DryRun(const Session& session, v1::DecideRequest request) {
  request.set_dry_run(true);
  const auto response = Ask(session, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Say(Text::sample_of, response->matched());
  session.printer.Show(ProposalTable(session.printer, response->sample()));
  if (response->has_cut()) SayCut(session.printer, response->cut());
  SayClaims(session.printer, response->claims());
  return ExitCode::ok;
}

bool IsConfirmed(const Session& session, const v1::DecideRequest& request, std::uint64_t count) {
  const Printer& printer = session.printer;
  if (printer.Ask(printer.Word(QuestionOf(request.verdict()), count)) == std::to_string(count)) {
    return true;
  }
  printer.Say(Text::not_confirmed);
  return false;
}

// Looks first and shows what it found; then decides exactly as many as were seen.
CommandResult DecideMatching(const Session& session, v1::DecideRequest request,
                             const Arguments& arguments) {
  const Printer& printer = session.printer;
  if (!arguments.yes && !session.surroundings.in_is_terminal) {
    return UsageError(session, Text::need_terminal);
  }
  request.set_dry_run(true);
  const auto preview = Ask(session, request);
  if (!preview) return tl::unexpected(preview.error());
  if (preview->matched() == 0) {
    printer.Say(Text::nothing_matches);
    return Report(session, request, *preview);
  }
  printer.Say(Text::sample_of, preview->matched());
  printer.SayTable(ProposalTable(printer, preview->sample()));
  if (preview->has_cut()) SayCut(printer, preview->cut());
  SayClaims(printer, preview->claims());
  if (!arguments.yes && !IsConfirmed(session, request, preview->matched())) {
    return ExitCode::failure;
  }
  request.set_dry_run(false);
  request.set_expected_count(preview->matched());
  return Send(session, request);
}

CommandResult Decide(const Session& session, const Arguments& arguments,
                     v1::DecideRequest::Verdict verdict) {
  if (arguments.ids.empty() == arguments.filter.empty()) {
    return UsageError(session, Text::need_ids_or_filter);
  }
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::DecideRequest request;
  request.set_verdict(verdict);
  request.set_reason(arguments.reason);
  request.set_filter(arguments.filter);
  if (!arguments.expires.empty()) {
    const auto lifetime = policy::ParseDuration(arguments.expires);
    if (!lifetime) return tl::unexpected(lifetime.error());
    *request.mutable_lifetime() = proto::ToDuration(*lifetime);
  }
  const auto claims = AddProposals(session, arguments.ids, request);
  if (!claims) return tl::unexpected(claims.error());
  if (arguments.dry_run) return DryRun(session, std::move(request));
  if (!arguments.filter.empty()) return DecideMatching(session, std::move(request), arguments);
  SayClaims(session.printer, *claims);
  const bool asks = !claims->empty() && !arguments.yes && session.surroundings.in_is_terminal;
  if (asks && !IsConfirmed(session, request, static_cast<std::uint64_t>(request.ids_size()))) {
    return ExitCode::failure;
  }
  return Send(session, request);
}

}  // namespace

CommandResult Approve(const Session& session, const Arguments& arguments) {
  return Decide(session, arguments, v1::DecideRequest::VERDICT_APPROVE);
}

CommandResult Reject(const Session& session, const Arguments& arguments) {
  return Decide(session, arguments, v1::DecideRequest::VERDICT_REJECT);
}

CommandResult Defer(const Session& session, const Arguments& arguments) {
  return Decide(session, arguments, v1::DecideRequest::VERDICT_DEFER);
}

}  // namespace cli
