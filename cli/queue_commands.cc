#include <map>
#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "cli/proposal_view.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {

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

CommandResult GroupProposals(const Session& session, const Arguments& arguments) {
  using Request = v1::GroupProposalsRequest;
  static const std::map<std::string, Request::By> by{
      {"feed", Request::BY_FEED},         {"kind", Request::BY_KIND},
      {"campaign", Request::BY_CAMPAIGN}, {"malware", Request::BY_MALWARE},
      {"network", Request::BY_NETWORK},   {"reason", Request::BY_REASON},
      {"site", Request::BY_SITE},         {"threat", Request::BY_THREAT}};
  Request request;
  request.set_filter(arguments.filter);
  request.set_by(by.at(arguments.by));
  request.set_limit(arguments.limit);
  const auto response = session.agent.Call(&v1::Queue::Stub::GroupProposals, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  Table table = TableOf(session.printer, {Text::count, Text::name, Text::filter});
  for (const v1::ProposalGroup& group : response->groups()) {
    table.rows.push_back({std::to_string(group.count()), IndicatorCell(group.key()), group.term()});
  }
  session.printer.Show(table);
  return ExitCode::ok;
}

CommandResult Claim(const Session& session, const Arguments& arguments) {
  v1::ClaimRequest request;
  request.mutable_ids()->Add(arguments.ids.begin(), arguments.ids.end());
  const auto response = session.agent.Call(&v1::Queue::Stub::Claim, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  SayClaims(session.printer, response->others());
  return ExitCode::ok;
}

CommandResult ShowProposal(const Session& session, const Arguments& arguments) {
  v1::GetProposalRequest request;
  request.set_id(arguments.ids.front());
  const auto response = session.agent.Call(&v1::Queue::Stub::GetProposal, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  for (const ViewSection& section : ViewOf(session.printer, response->proposal())) {
    if (section.heading.empty()) {
      session.printer.Show(section.table);
    } else {
      session.printer.Section(section.heading, section.table);
    }
  }
  return ExitCode::ok;
}

}  // namespace cli
