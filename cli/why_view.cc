#include "cli/why_view.h"

#include <string>

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

}  // namespace

void ShowWhy(const Printer& printer, const v1::WhyResponse& why) {
  printer.Line(why.kind() + " " + IndicatorCell(why.indicator()));
  printer.Line(DefangedIn(why.summary(), why.indicator()));
  if (why.has_traffic()) {
    printer.Line(printer.Word(Text::own_traffic) + ": " + TrafficCell(printer, why.traffic()));
  }
  printer.Section(printer.Word(Text::blocks_heading), BlockTable(printer, why.blocks()));
  printer.Section(printer.Word(Text::proposals_heading), ProposalTable(printer, why.proposals()));
  printer.Section(printer.Word(Text::policy_heading), ReasonTable(why.policy()));
  printer.Section(printer.Word(Text::allowlist_heading), ReasonTable(why.allowlist()));
  printer.Section(printer.Word(Text::devices_heading), DevicesOf(printer, why));
  printer.Section(printer.Word(Text::history_heading), EntryTable(printer, why.history()));
}

}  // namespace cli
