#include "cli/cells.h"
#include "cli/command.h"
#include "platform/encoding.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

Table DetailsOf(const Printer& printer, const v1::Proposal& one) {
  Table table;
  const auto add = [&](Text name, std::string value) {
    table.rows.push_back({printer.Word(name), std::move(value)});
  };
  add(Text::id, std::to_string(one.id()));
  add(Text::kind, one.kind());
  add(Text::indicator, IndicatorCell(one.indicator()));
  add(Text::state, one.state());
  add(Text::deferred_until, TimeCell(one.deferred_until()));
  add(Text::confidence, std::to_string(one.confidence()));
  add(Text::approvers, std::to_string(one.approvers_needed()));
  add(Text::lifetime, DurationCell(one.lifetime()));
  add(Text::enforced_by, JoinCell(one.enforced_by()));
  add(Text::list, JoinCell(one.lists()));
  add(Text::feed, JoinCell(one.feeds()));
  add(Text::proposed_by, one.proposed_by());
  add(Text::proposed_at, TimeCell(one.proposed_at()));
  add(Text::policy_version, one.policy_version());
  add(Text::digest, platform::ToHex(one.digest()));
  return table;
}

// A source's indicator may be anything that a feed wrote; it is only there where it differs.
Table SourcesOf(const Printer& printer, const v1::Proposal& proposal) {
  Table table = TableOf(
      printer, {Text::feed, Text::indicator, Text::first_seen, Text::last_seen, Text::confidence,
                Text::sightings, Text::threat, Text::malware, Text::tags, Text::reference});
  for (const v1::Source& one : proposal.sources()) {
    table.rows.push_back({one.feed(), IndicatorCell(one.indicator()), TimeCell(one.first_seen()),
                          TimeCell(one.last_seen()), std::to_string(one.confidence()),
                          NumberCell(one.sightings()), one.threat(), one.malware(), one.tags(),
                          IndicatorCell(one.reference())});
  }
  return table;
}

Table VotesOf(const Printer& printer, const v1::Proposal& proposal) {
  Table table = TableOf(printer, {Text::voter, Text::verdict, Text::at, Text::reason});
  for (const v1::Vote& vote : proposal.votes()) {
    table.rows.push_back({vote.voter(), vote.verdict(), TimeCell(vote.at()), vote.reason()});
  }
  return table;
}

}  // namespace

CommandResult ListProposals(const Session& session, const Arguments& arguments) {
  v1::ListProposalsRequest request;
  request.set_filter(arguments.filter);
  request.set_kind(arguments.kind);
  request.set_feed(arguments.feed);
  request.set_limit(arguments.limit);
  request.set_page_token(arguments.page_token);
  const auto response = session.agent.Call(&v1::Queue::Stub::ListProposals, request);
  if (!response) return tl::unexpected(response.error());
  SayMissingAllowlists(session.printer, response->missing_allowlists());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Show(ProposalTable(session.printer, response->proposals()));
  if (!response->next_page_token().empty()) {
    session.printer.Say(Text::more_pages, response->proposals_size(), response->total(),
                        response->next_page_token());
  }
  return ExitCode::ok;
}

CommandResult ShowProposal(const Session& session, const Arguments& arguments) {
  v1::GetProposalRequest request;
  request.set_id(arguments.ids.front());
  const auto response = session.agent.Call(&v1::Queue::Stub::GetProposal, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  const Printer& printer = session.printer;
  const v1::Proposal& proposal = response->proposal();
  printer.Show(DetailsOf(printer, proposal));
  printer.Section(printer.Word(Text::reasons_heading), ReasonTable(proposal.reasons()));
  printer.Section(
      printer.Word(Text::sources_heading, proposal.sources_size(), proposal.sources_total()),
      SourcesOf(printer, proposal));
  printer.Section(printer.Word(Text::votes_heading), VotesOf(printer, proposal));
  return ExitCode::ok;
}

}  // namespace cli
