#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <utility>

#include "cli/cells.h"
#include "cli/command.h"
#include "cli/policy_test_file.h"
#include "cli/progress.h"
#include "config/policy_settings.h"
#include "platform/atomic_file.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

constexpr std::size_t rules_size_max = 1 << 20;
// Two assessments of all that the agent knows.
constexpr std::chrono::minutes simulation_patience{5};

Table SummaryOf(const Printer& printer, const v1::ExplainResponse& answer) {
  Table table;
  const auto add = [&](Text name, std::string value) {
    table.rows.push_back({printer.Word(name), std::move(value)});
  };
  add(Text::indicator, IndicatorCell(answer.indicator()));
  add(Text::kind, answer.kind());
  add(Text::at, TimeCell(answer.at()));
  add(Text::policy_version, answer.policy_version());
  add(Text::outcome, answer.outcome());
  add(Text::approvers, answer.needs_two() ? "2" : "1");
  add(Text::confidence, std::to_string(answer.confidence()) + " (>= " +
                            std::to_string(answer.confidence_min()) + ") = " + answer.formula());
  return table;
}

Table ScopesOf(const Printer& printer, const v1::ExplainResponse& answer) {
  Table table = TableOf(printer, {Text::kind, Text::indicator, Text::enforced_by, Text::list});
  for (const v1::Scope& scope : answer.scopes()) {
    table.rows.push_back({scope.kind(), IndicatorCell(scope.indicator()),
                          JoinCell(scope.enforced_by()), JoinCell(scope.lists())});
  }
  return table;
}

// "80 * 90%", and what is left of the 80 where that is less.
std::string WeightCell(const v1::Opinion& one) {
  std::string text = std::to_string(one.stated());
  if (one.confidence() != one.stated()) text += " -> " + std::to_string(one.confidence());
  return text + " * " + std::to_string(one.reliability()) + "%";
}

Table OpinionsOf(const Printer& printer, const v1::ExplainResponse& answer) {
  Table table = TableOf(printer, {Text::feed, Text::source, Text::indicator, Text::last_seen,
                                  Text::lifetime, Text::freshness, Text::confidence});
  for (const v1::Opinion& one : answer.opinions()) {
    table.rows.push_back({one.feed(), one.source(), IndicatorCell(one.indicator()),
                          TimeCell(one.seen_at()), DurationCell(one.age_max()), one.freshness(),
                          WeightCell(one)});
  }
  return table;
}

Table DroppedOf(const Printer& printer, const v1::SimulateResponse& answer) {
  Table table = TableOf(printer, {Text::reason, Text::rules_now, Text::rules_then});
  for (const v1::ReasonCount& row : answer.dropped()) {
    table.rows.push_back({row.code(), std::to_string(row.now()), std::to_string(row.then())});
  }
  return table;
}

Table ChangesOf(const Printer& printer, const v1::SimulateResponse& answer) {
  Table table = TableOf(printer, {Text::action, Text::reason, Text::count, Text::indicator});
  for (const v1::PolicyChange& change : answer.changes()) {
    std::string count = std::to_string(change.count());
    std::string what = change.what();
    std::string code = change.code();
    for (const v1::PolicySample& sample : change.samples()) {
      table.rows.push_back({std::exchange(what, ""), std::exchange(code, ""),
                            std::exchange(count, ""), IndicatorCell(sample.indicator())});
    }
  }
  return table;
}

void ShowReport(const Printer& printer, const PolicyTestReport& report) {
  for (const std::string& failure : report.failures) printer.Line(failure);
  if (report.failures.empty()) {
    printer.Say(Text::cases_passed, report.cases);
  } else {
    printer.Say(Text::cases_failed, report.failures.size(), report.cases);
  }
}

}  // namespace

CommandResult ExplainPolicy(const Session& session, const Arguments& arguments) {
  v1::ExplainRequest request;
  request.set_indicator(arguments.indicator);
  const auto answer = session.agent.Call(&v1::Policy::Stub::Explain, request);
  if (!answer) return tl::unexpected(answer.error());
  if (session.printer.is_json()) return JsonOf(session, *answer);
  const Printer& printer = session.printer;
  printer.Show(SummaryOf(printer, *answer));
  printer.Section(printer.Word(Text::reasons_heading), ReasonTable(answer->reasons()));
  printer.Section(printer.Word(Text::scopes_heading), ScopesOf(printer, *answer));
  printer.Section(
      printer.Word(Text::opinions_heading, answer->opinions_size(), answer->opinions_total()),
      OpinionsOf(printer, *answer));
  printer.Section(printer.Word(Text::allowlist_heading), ReasonTable(answer->allowlist()));
  return ExitCode::ok;
}

CommandResult SimulatePolicy(const Session& session, const Arguments& arguments) {
  const auto text = platform::ReadFile(arguments.file, rules_size_max);
  if (!text) return policy::Fail(policy::ErrorCode::malformed_input, text.error().detail);
  // Mistakes are told here, under the file's own name.
  if (const auto rules = config::ParseRules(*text, arguments.file); !rules) {
    return tl::unexpected(rules.error());
  }
  v1::SimulateRequest request;
  request.set_rules(*text);
  const auto answer = WithProgress(session.surroundings, [&] {
    return session.agent.Call(&v1::Policy::Stub::Simulate, request, simulation_patience);
  });
  if (!answer) return tl::unexpected(answer.error());
  if (session.printer.is_json()) return JsonOf(session, *answer);
  const Printer& printer = session.printer;
  printer.Section(printer.Word(Text::dropped_heading), DroppedOf(printer, *answer));
  printer.Section(printer.Word(Text::changes_heading), ChangesOf(printer, *answer));
  if (answer->changes().empty()) printer.Say(Text::nothing_changes);
  if (answer->version() != answer->new_version()) {
    printer.Say(Text::votes_void, answer->version(), answer->new_version());
  }
  return ExitCode::ok;
}

CommandResult TestPolicy(const Printer& printer, const Arguments& arguments) {
  const auto report = RunPolicyTests(arguments.file);
  if (!report) return policy::Fail(policy::ErrorCode::malformed_input, report.error().detail);
  if (printer.is_json()) {
    const nlohmann::ordered_json json{{"cases", report->cases}, {"failures", report->failures}};
    printer.JsonText(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else {
    ShowReport(printer, *report);
  }
  return report->failures.empty() ? ExitCode::ok : ExitCode::failure;
}

}  // namespace cli
