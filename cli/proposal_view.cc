#include "cli/proposal_view.h"

#include <utility>

#include "cli/cells.h"
#include "platform/encoding.h"

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
  if (one.has_traffic()) add(Text::own_traffic, TrafficCell(printer, one.traffic()));
  add(Text::enforced_by, JoinCell(one.enforced_by()));
  add(Text::list, JoinCell(one.lists()));
  add(Text::feed, JoinCell(one.feeds()));
  if (one.has_claim()) {
    add(Text::claimed_by,
        printer.Word(Text::claimed_until, one.claim().name(), TimeCell(one.claim().until())));
  }
  add(Text::proposed_by, one.proposed_by());
  add(Text::proposed_at, TimeCell(one.proposed_at()));
  add(Text::policy_version, one.policy_version());
  add(Text::digest, platform::ToHex(one.digest()));
  return table;
}

// A source's indicator may be anything that a feed wrote; it is only there where it differs.
Table SourcesOf(const Printer& printer, const v1::Proposal& proposal) {
  Table table = TableOf(printer, {Text::feed, Text::indicator, Text::first_seen, Text::last_seen,
                                  Text::confidence, Text::sightings, Text::threat, Text::malware,
                                  Text::campaign, Text::tags, Text::reference});
  for (const v1::Source& one : proposal.sources()) {
    table.rows.push_back({one.feed(), IndicatorCell(one.indicator()), TimeCell(one.first_seen()),
                          TimeCell(one.last_seen()), std::to_string(one.confidence()),
                          NumberCell(one.sightings()), one.threat(), one.malware(), one.campaign(),
                          one.tags(), IndicatorCell(one.reference())});
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

std::vector<ViewSection> ViewOf(const Printer& printer, const v1::Proposal& proposal) {
  std::vector<ViewSection> sections{{"", DetailsOf(printer, proposal)}};
  const auto add = [&](std::string heading, Table table) {
    if (!table.rows.empty()) sections.push_back({std::move(heading), std::move(table)});
  };
  add(printer.Word(Text::reasons_heading), ReasonTable(proposal.reasons()));
  add(printer.Word(Text::sources_heading, proposal.sources_size(), proposal.sources_total()),
      SourcesOf(printer, proposal));
  add(printer.Word(Text::votes_heading), VotesOf(printer, proposal));
  return sections;
}

}  // namespace cli
