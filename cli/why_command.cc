#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

// The sentence names the indicator as it is.
std::string DefangedIn(std::string sentence, const std::string& indicator) {
  if (indicator.empty()) return sentence;
  const std::string inert = IndicatorCell(indicator);
  for (auto at = sentence.find(indicator); at != sentence.npos;
       at = sentence.find(indicator, at + inert.size())) {
    sentence.replace(at, indicator.size(), inert);
  }
  return sentence;
}

Table DevicesOf(const Printer& printer, const v1::WhyResponse& why) {
  Table table = TableOf(printer, {Text::device, Text::enforced, Text::release, Text::detail});
  for (const v1::WhyDevice& one : why.devices()) {
    table.rows.push_back({one.device(), printer.Word(one.enforced() ? Text::yes : Text::no),
                          NumberCell(one.release()), one.detail()});
  }
  return table;
}

void Show(const Printer& printer, const v1::WhyResponse& why) {
  printer.Line(why.kind() + " " + IndicatorCell(why.indicator()));
  printer.Line(DefangedIn(why.summary(), why.indicator()));
  printer.Section(printer.Word(Text::blocks_heading), BlockTable(printer, why.blocks()));
  printer.Section(printer.Word(Text::proposals_heading), ProposalTable(printer, why.proposals()));
  printer.Section(printer.Word(Text::policy_heading), ReasonTable(why.policy()));
  printer.Section(printer.Word(Text::allowlist_heading), ReasonTable(why.allowlist()));
  printer.Section(printer.Word(Text::devices_heading), DevicesOf(printer, why));
  printer.Section(printer.Word(Text::history_heading), EntryTable(printer, why.history()));
}

}  // namespace

CommandResult Why(const Session& session, const Arguments& arguments) {
  v1::WhyRequest request;
  request.set_indicator(arguments.indicator);
  request.set_device(arguments.device);
  if (!arguments.at.empty()) {
    const auto at = policy::ParseTime(arguments.at);
    if (!at) return tl::unexpected(at.error());
    *request.mutable_at() = proto::ToTimestamp(*at);
  }
  const auto response = session.agent.Call(&v1::Blocks::Stub::Why, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  Show(session.printer, *response);
  return ExitCode::ok;
}

}  // namespace cli
