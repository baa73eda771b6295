#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/claims.h"
#include "agent/api/decision_conflict.h"
#include "agent/api/filters.h"
#include "agent/api/groups.h"
#include "agent/api/messages.h"
#include "agent/api/page_token.h"
#include "agent/api/presence.h"
#include "agent/api/request_checks.h"
#include "agent/api/scope.h"
#include "agent/api/services.h"
#include "agent/api/traffic_message.h"
#include "agent/queue/match.h"
#include "proto/convert.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::ClaimRequest;
using sekisho::v1::ClaimResponse;
using sekisho::v1::DecideRequest;
using sekisho::v1::DecideResponse;
using sekisho::v1::GetProposalRequest;
using sekisho::v1::GetProposalResponse;
using sekisho::v1::ListProposalsRequest;
using sekisho::v1::ListProposalsResponse;

constexpr std::size_t proposals_by_default = 100;
constexpr std::size_t proposals_max = 10'000;
constexpr int ids_max = 10'000;
constexpr std::size_t watched_filter_max = 1000;

Result<void> Narrow(const std::string& kind, const std::string& feed, store::ProposalQuery& query) {
  if (!kind.empty()) {
    auto parsed = policy::ParseKind(kind);
    if (!parsed) return tl::unexpected(parsed.error());
    if (query.kind && *query.kind != *parsed) {
      return Fail(ErrorCode::malformed_input, "the filter asks for another kind than " + kind);
    }
    query.kind = *parsed;
  }
  if (!feed.empty()) {
    if (!query.feed.empty() && query.feed != feed) {
      return Fail(ErrorCode::malformed_input, "the filter asks for another feed than " + feed);
    }
    query.feed = feed;
  }
  return {};
}

// Of a request with the fields `filter`, `kind` and `feed`, all of which have to hold.
template <class Request>
Result<store::ProposalQuery> QueryOf(const Desk& desk, const Request& request) {
  auto query = ReadFilter(desk, request.filter());
  if (!query) return query;
  if (auto narrowed = Narrow(request.kind(), request.feed(), *query); !narrowed) {
    return tl::unexpected(narrowed.error());
  }
  return query;
}

Result<sekisho::v1::Proposal> Shown(const Desk& desk, store::Reader& reader, const Caller& caller,
                                    const store::Proposal& proposal) {
  const auto votes = reader.VotesOn(proposal.id);
  if (!votes) return tl::unexpected(votes.error());
  auto message = ToMessage(proposal, *votes);
  AddScope(desk.lists, message);
  const policy::TimePoint now = desk.clock.Now();
  AddTraffic(*desk.engine.world(), proposal.target, now, message);
  const auto claim = desk.claims->Find(proposal.id, now);
  if (claim && claim->name != caller.name && IsOpen(proposal.state)) {
    *message.mutable_claim() = ToMessage(*claim);
  }
  return message;
}

Result<std::optional<store::Reader::Cursor>> CursorOf(const ListProposalsRequest& request,
                                                      const std::string& fingerprint) {
  if (request.page_token().empty()) return std::optional<store::Reader::Cursor>();
  const auto numbers = ReadPageToken(request.page_token(), fingerprint, 2);
  if (!numbers) return tl::unexpected(numbers.error());
  const std::int64_t confidence = (*numbers)[0];
  if (confidence < 0 || confidence > 100) {
    return Fail(ErrorCode::malformed_input, "the page token holds no confidence");
  }
  return std::optional(store::Reader::Cursor{static_cast<int>(confidence), (*numbers)[1]});
}

Result<ListProposalsResponse> ListProposals(const Desk& desk, const Caller& caller,
                                            const ListProposalsRequest& request) {
  const auto query = QueryOf(desk, request);
  if (!query) return tl::unexpected(query.error());
  const std::string fingerprint =
      "proposals\n" + request.filter() + "\n" + request.kind() + "\n" + request.feed();
  const auto cursor = CursorOf(request, fingerprint);
  if (!cursor) return tl::unexpected(cursor.error());
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const std::size_t limit = PageLimit(request.limit(), proposals_by_default, proposals_max);
  auto page = (*reader)->PageOfProposals(*query, *cursor, limit + 1);
  if (!page) return tl::unexpected(page.error());

  ListProposalsResponse response;
  response.set_total(page->total);
  std::vector<store::Proposal>& rows = page->proposals;
  if (rows.size() > limit) {
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(limit), rows.end());
    const store::Proposal& last = rows.back();
    response.set_next_page_token(WritePageToken(fingerprint, {last.confidence, last.id}));
  }
  for (const std::string& name : desk.engine.world()->missing_allowlists) {
    response.add_missing_allowlists(name);
  }
  for (const store::Proposal& row : rows) {
    auto message = Shown(desk, **reader, caller, row);
    if (!message) return tl::unexpected(message.error());
    *response.add_proposals() = std::move(*message);
  }
  return response;
}

Result<GetProposalResponse> GetProposal(const Desk& desk, const Caller& caller,
                                        const GetProposalRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto proposal = (*reader)->FindProposal(request.id());
  if (!proposal) return tl::unexpected(proposal.error());
  if (!*proposal) {
    return Fail(ErrorCode::not_found, "there is no proposal " + std::to_string(request.id()));
  }
  auto message = Shown(desk, **reader, caller, **proposal);
  if (!message) return tl::unexpected(message.error());
  GetProposalResponse response;
  *response.mutable_proposal() = std::move(*message);
  return response;
}

Result<sekisho::v1::WatchResponse> Watch(const Desk& desk, const Caller& caller,
                                         const sekisho::v1::WatchRequest& request) {
  if (request.filter().size() > watched_filter_max) {
    return Fail(ErrorCode::malformed_input, "a filter to watch may have at most " +
                                                std::to_string(watched_filter_max) + " bytes");
  }
  const policy::TimePoint now = desk.clock.Now();
  if (!request.elsewhere()) {
    desk.presence->Note({caller.name, request.filter(), request.id(), now});
  }
  sekisho::v1::WatchResponse response;
  response.set_revision(desk.engine.revision());
  for (const Presence::Place& other : desk.presence->All(now)) {
    if (other.name != caller.name) *response.add_others() = ToMessage(other);
  }
  *response.mutable_claims() = desk.claims->Since(request.claims_version(), caller.name, now);
  return response;
}

Result<ClaimResponse> Claim(const Desk& desk, const Caller& caller, const ClaimRequest& request) {
  const std::size_t claimed_max = desk.claims->limits().of_one_person;
  if (static_cast<std::size_t>(request.ids_size()) > claimed_max) {
    return Fail(ErrorCode::malformed_input,
                "at most " + std::to_string(claimed_max) + " ids at once");
  }
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  std::vector<std::int64_t> open;
  for (const std::int64_t id : request.ids()) {
    const auto proposal = (*reader)->FindProposal(id);
    if (!proposal) return tl::unexpected(proposal.error());
    if (*proposal && IsOpen((*proposal)->state)) open.push_back(id);
  }
  const auto others = desk.claims->Set(caller.name, open, desk.clock.Now());
  if (!others) return tl::unexpected(others.error());
  ClaimResponse response;
  for (const Claims::Claim& claim : *others) *response.add_others() = ToMessage(claim);
  return response;
}

Result<Selection> NamedSelection(const DecideRequest& request) {
  if (!request.filter().empty() || !request.kind().empty() || !request.feed().empty()) {
    return Fail(ErrorCode::malformed_input, "give either ids or a filter, not both");
  }
  if (request.ids_size() > ids_max) {
    return Fail(ErrorCode::malformed_input,
                "at most " + std::to_string(ids_max) + " ids at once; use a filter for more");
  }
  if (request.digests_size() != 0 && request.digests_size() != request.ids_size()) {
    return Fail(ErrorCode::malformed_input, "there have to be as many digests as ids, or none");
  }
  Selection selection;
  selection.ids.assign(request.ids().begin(), request.ids().end());
  if (std::set(selection.ids.begin(), selection.ids.end()).size() != selection.ids.size()) {
    return Fail(ErrorCode::malformed_input, "an id is there twice");
  }
  for (const std::string& bytes : request.digests()) {
    const auto digest = proto::FromBytes(bytes);
    if (!digest) return tl::unexpected(digest.error());
    selection.digests.push_back(*digest);
  }
  return selection;
}

std::string FilterText(const DecideRequest& request) {
  std::string text = request.filter();
  if (!request.kind().empty()) text += (text.empty() ? "kind:" : " kind:") + request.kind();
  if (!request.feed().empty()) text += (text.empty() ? "feed:" : " feed:") + request.feed();
  return text;
}

Result<Selection> MatchingSelection(const Desk& desk, const DecideRequest& request) {
  if (request.digests_size() != 0) {
    return Fail(ErrorCode::malformed_input, "digests go with ids, not with a filter");
  }
  const bool names_nothing =
      request.filter().empty() && request.kind().empty() && request.feed().empty();
  // An empty request must not decide the whole queue by accident.
  if (names_nothing && !request.dry_run() && !request.has_expected_count()) {
    return Fail(ErrorCode::malformed_input,
                "give ids or a filter; to decide all that is pending, give expected_count too");
  }
  auto query = QueryOf(desk, request);
  if (!query) return tl::unexpected(query.error());
  Selection selection;
  selection.query = std::move(*query);
  selection.filter = FilterText(request);
  return selection;
}

Result<Selection> SelectionOf(const Desk& desk, const DecideRequest& request) {
  auto selection =
      request.ids_size() > 0 ? NamedSelection(request) : MatchingSelection(desk, request);
  if (selection && request.has_expected_count()) {
    selection->expected_count = request.expected_count();
  }
  return selection;
}

Result<store::Verdict> VerdictOf(DecideRequest::Verdict verdict) {
  switch (verdict) {
    case DecideRequest::VERDICT_APPROVE: return store::Verdict::approve;
    case DecideRequest::VERDICT_REJECT: return store::Verdict::reject;
    case DecideRequest::VERDICT_DEFER: return store::Verdict::defer;
    default:
      return Fail(ErrorCode::malformed_input, "a verdict is required: approve, reject or defer");
  }
}

// The voter is who the credential says: no field of the request could say otherwise.
Result<queue::Ballot> BallotOf(const Caller& caller, const DecideRequest& request) {
  const auto verdict = VerdictOf(request.verdict());
  if (!verdict) return tl::unexpected(verdict.error());
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  queue::Ballot ballot{caller.name, *verdict, request.reason()};
  ballot.needs_step_up = caller.needs_step_up;
  if (request.has_lifetime()) {
    if (*verdict == store::Verdict::reject) {
      return Fail(ErrorCode::malformed_input, "a rejection takes no lifetime");
    }
    const auto lifetime = LifetimeOf(request.lifetime());
    if (!lifetime) return tl::unexpected(lifetime.error());
    ballot.lifetime = *lifetime;
  }
  return ballot;
}

Result<DecideResponse> ResponseOf(const Desk& desk, const DecideReport& report) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  DecideResponse response;
  response.set_matched(report.matched);
  response.set_decided(report.decided);
  response.set_awaiting(report.awaiting);
  for (const DecideReport::Refusal& refusal : report.refused) {
    sekisho::v1::Refusal& message = *response.add_refused();
    message.set_id(refusal.id);
    message.set_indicator(refusal.indicator);
    message.set_reason(refusal.reason);
    auto conflict = ConflictOn(**reader, refusal.id, std::nullopt);
    if (!conflict) return tl::unexpected(conflict.error());
    if (*conflict) *message.mutable_conflict() = **std::move(conflict);
  }
  for (const store::Proposal& proposal : report.sample) {
    *response.add_sample() = ToMessage(proposal, {});
  }
  response.set_release(report.release);
  response.set_bulk(report.bulk);
  return response;
}

// Somebody was faster: tells how what is there differs from what the caller saw. Where that can't
// be read, the error says enough.
void AddConflict(const Desk& desk, const Selection& selection, Call& call) {
  if (selection.ids.size() != 1) return;
  const auto seen =
      selection.digests.empty() ? std::nullopt : std::optional(selection.digests.front());
  auto reader = desk.store.Read();
  if (!reader) return;
  auto conflict = ConflictOn(**reader, selection.ids.front(), seen);
  if (!conflict || !*conflict) return;
  AddScope(desk.lists, *(*conflict)->mutable_now());
  call.error_detail = std::make_shared<sekisho::v1::DecisionConflict>(**std::move(conflict));
}

// What others have claimed of what is selected, so that the caller knows before they decide.
Result<void> AddClaims(const Desk& desk, const Caller& caller, const Selection& selection,
                       DecideResponse& response) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const std::set<std::int64_t> named(selection.ids.begin(), selection.ids.end());
  for (const Claims::Claim& claim : desk.claims->All(desk.clock.Now())) {
    const bool is_named = selection.query || named.contains(claim.id);
    if (claim.name == caller.name || !is_named) continue;
    const auto proposal = (*reader)->FindProposal(claim.id);
    if (!proposal) return tl::unexpected(proposal.error());
    if (!*proposal || !IsOpen((*proposal)->state)) continue;
    if (!selection.query || queue::Matches(*selection.query, **proposal)) {
      *response.add_claims() = ToMessage(claim);
    }
  }
  return {};
}

Result<DecideResponse> Decide(const Desk& desk, Call& call, const DecideRequest& request) {
  const auto ballot = BallotOf(call.caller, request);
  if (!ballot) return tl::unexpected(ballot.error());
  const auto selection = SelectionOf(desk, request);
  if (!selection) return tl::unexpected(selection.error());
  const auto report = desk.engine.Decide(*selection, *ballot, request.dry_run());
  if (!report) {
    if (report.error().code == ErrorCode::conflict) AddConflict(desk, *selection, call);
    return tl::unexpected(report.error());
  }
  auto response = ResponseOf(desk, *report);
  if (!response) return response;
  if (!request.dry_run()) {
    desk.claims->Release(call.caller.name, selection->ids, desk.clock.Now());
    return response;
  }
  if (auto added = AddClaims(desk, call.caller, *selection, *response); !added) {
    return tl::unexpected(added.error());
  }
  if (const auto world = desk.engine.world(); world->traffic) {
    *response->mutable_cut() = ToMessage(*world, report->cut, desk.clock.Now());
  }
  return response;
}

}  // namespace

void AddQueue(MethodTable& table, const Desk& desk) {
  table.Add<ListProposalsRequest, ListProposalsResponse>(
      "sekisho.v1.Queue.ListProposals", [&desk](const Caller& caller, const auto& request) {
        return ListProposals(desk, caller, request);
      });
  table.Add<GetProposalRequest, GetProposalResponse>(
      "sekisho.v1.Queue.GetProposal", [&desk](const Caller& caller, const auto& request) {
        return GetProposal(desk, caller, request);
      });
  table.Add<sekisho::v1::GroupProposalsRequest, sekisho::v1::GroupProposalsResponse>(
      "sekisho.v1.Queue.GroupProposals",
      [&desk](const Caller&, const auto& request) { return GroupProposals(desk, request); });
  table.Add<sekisho::v1::WatchRequest, sekisho::v1::WatchResponse>(
      "sekisho.v1.Queue.Watch",
      [&desk](const Caller& caller, const auto& request) { return Watch(desk, caller, request); });
  table.Add<ClaimRequest, ClaimResponse>(
      "sekisho.v1.Queue.Claim",
      [&desk](const Caller& caller, const auto& request) { return Claim(desk, caller, request); });
  table.AddForCall<DecideRequest, DecideResponse>(
      "sekisho.v1.Queue.Decide",
      [&desk](Call& call, const auto& request) { return Decide(desk, call, request); });
}

}  // namespace agent::api
