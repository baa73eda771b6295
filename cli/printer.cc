#include "cli/printer.h"

#include <istream>
#include <ostream>

#include "cli/json_text.h"
#include "cli/terminal_text.h"

namespace cli {
namespace {

Text PrefixOf(policy::ErrorCode code) {
  using policy::ErrorCode;
  switch (code) {
    case ErrorCode::malformed_input: return Text::error_malformed_input;
    case ErrorCode::not_found: return Text::error_not_found;
    case ErrorCode::not_allowed: return Text::error_not_allowed;
    case ErrorCode::unauthenticated: return Text::error_unauthenticated;
    case ErrorCode::conflict: return Text::error_conflict;
    case ErrorCode::exhausted: return Text::error_exhausted;
    case ErrorCode::unavailable: return Text::error_unavailable;
    case ErrorCode::outcome_unknown: return Text::error_outcome_unknown;
    case ErrorCode::corrupt: return Text::error_corrupt;
  }
  return Text::error_outcome_unknown;
}

}  // namespace

policy::Result<void> Printer::Json(const google::protobuf::Message& message) const {
  const auto text = ToJson(message);
  if (!text) return tl::unexpected(text.error());
  surroundings_.out << *text;
  return {};
}

void Printer::JsonText(std::string_view document) const {
  surroundings_.out << EscapeUnsafe(document) << "\n";
}

// https://no-color.org: any value but an empty one.
void Printer::Show(const Table& table) const {
  const bool is_terminal = surroundings_.out_is_terminal;
  const bool is_plain = !surroundings_.environment("NO_COLOR").value_or("").empty();
  surroundings_.out << Render(table, {.columns = is_terminal ? surroundings_.columns : 0,
                                      .bold_headers = is_terminal && !is_plain});
}

void Printer::Line(std::string_view text) const {
  surroundings_.out << Sanitise(text) << "\n";
}

void Printer::Verbatim(std::string_view text) const {
  surroundings_.out << text;
}

void Printer::Section(const std::string& heading, const Table& table) const {
  if (table.rows.empty()) return;
  surroundings_.out << "\n";
  Line(heading);
  Show(table);
}

void Printer::SayLine(std::string_view text) const {
  surroundings_.err << Sanitise(text) << "\n";
}

void Printer::SayTable(const Table& table) const {
  surroundings_.err << Render(table);
}

std::string Printer::Ask(const std::string& question) const {
  surroundings_.err << Sanitise(question) << std::flush;
  std::string answer;
  std::getline(surroundings_.in, answer);
  return answer;
}

// A configuration's errors come one a line.
void Printer::SayError(const policy::Error& error) const {
  const std::string text = "sekisho: " + Word(PrefixOf(error.code), error.detail);
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = rest.find('\n');
    SayLine(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
}

}  // namespace cli
