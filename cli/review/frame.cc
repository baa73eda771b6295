#include "cli/review/frame.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "cli/cells.h"
#include "cli/proposal_view.h"
#include "cli/terminal_text.h"

namespace cli::review {
namespace {

std::string Fit(std::string_view sanitised, std::size_t width) {
  std::string text = Truncate(sanitised, width);
  text.append(width - std::min(width, DisplayWidth(text)), ' ');
  return text;
}

// Mark, ID, confidence, who has to approve, indicator, feeds, and who else is at it or looks at it.
std::string RowText(const Review& review, const v1::Proposal& row, std::size_t width) {
  std::string text = review.is_marked(row.id()) ? "* " : "  ";
  text += Fit(std::to_string(row.id()), 8) + " " + Fit(std::to_string(row.confidence()), 3) + " ";
  text += row.approvers_needed() > 1 ? std::to_string(row.approvers_needed()) + "p " : "   ";
  const std::size_t fixed = DisplayWidth(text);
  const std::size_t rest = width > fixed ? width - fixed : 0;
  std::string feeds = Sanitise(JoinCell(row.feeds()));
  if (const std::string others = review.OthersAt(row.id()); !others.empty()) {
    feeds = "@" + Sanitise(others) + " " + feeds;
  }
  if (const std::string owner = review.OwnerOf(row.id()); !owner.empty()) {
    feeds = "[" + Sanitise(owner) + "] " + feeds;
  }
  const std::size_t wanted = std::min(rest / 3, DisplayWidth(feeds));
  text += Fit(Sanitise(IndicatorCell(row.indicator())), rest - std::min(rest, wanted + 1)) + " ";
  return Fit(text + Truncate(feeds, wanted), width);
}

std::vector<FrameLine> Evidence(const Printer& printer, const v1::Proposal& proposal, int columns) {
  std::vector<FrameLine> lines;
  for (const ViewSection& section : ViewOf(printer, proposal)) {
    if (!section.heading.empty()) {
      lines.push_back(
          {Truncate(Sanitise(section.heading), static_cast<std::size_t>(columns)), Style::heading});
    }
    const std::string text = Render(section.table, {.columns = columns});
    for (std::string_view rest = text; !rest.empty();) {
      const auto end = std::min(rest.find('\n'), rest.size());
      lines.push_back({Truncate(rest.substr(0, end), static_cast<std::size_t>(columns))});
      rest.remove_prefix(std::min(rest.size(), end + 1));
    }
  }
  return lines;
}

std::vector<FrameLine> Help(const Printer& printer, std::size_t width) {
  constexpr std::array<std::pair<std::string_view, Text>, 11> keys{{
      {"j k", Text::key_move},
      {"x", Text::key_mark},
      {"a", Text::key_approve},
      {"r", Text::key_reject},
      {"d", Text::key_defer},
      {".", Text::key_again},
      {"u", Text::key_undo},
      {"Enter", Text::key_evidence},
      {"/", Text::key_filter},
      {"Esc", Text::key_escape},
      {"q", Text::key_quit},
  }};
  std::vector<FrameLine> lines;
  for (const auto& [key, text] : keys) {
    lines.push_back({Truncate("  " + Fit(key, 7) + printer.Word(text), width)});
  }
  return lines;
}

std::vector<FrameLine> List(const Review& review, const Printer& printer, std::size_t height,
                            std::size_t width) {
  std::vector<FrameLine> lines;
  const auto& rows = review.rows();
  if (rows.empty()) {
    lines.push_back({Truncate(
        printer.Word(review.is_loading() ? Text::review_loading : Text::review_empty), width)});
    return lines;
  }
  const std::size_t most = rows.size() > height ? rows.size() - height : 0;
  const std::size_t above =
      std::min(review.current() - std::min(review.current(), height / 2), most);
  for (std::size_t i = above; i < std::min(rows.size(), above + height); ++i) {
    lines.push_back(
        {RowText(review, rows[i], width), i == review.current() ? Style::selected : Style::plain});
  }
  return lines;
}

std::string Title(const Review& review, const Printer& printer) {
  const std::size_t at = review.rows().empty() ? 0 : review.current() + 1;
  std::string title = printer.Word(Text::review_title, at, review.total());
  if (!review.filter().empty()) title += "  /" + Sanitise(review.filter());
  if (review.marked() > 0) title += "  " + printer.Word(Text::review_marked, review.marked());
  if (review.waiting() > 0) title += "  " + printer.Word(Text::review_waiting, review.waiting());
  return title;
}

// What the last line asks for; empty while it asks for nothing.
std::string Question(const Review& review, const Printer& printer) {
  const Decision& draft = review.draft();
  switch (review.mode()) {
    case Mode::filter: return "/";
    case Mode::reason:
      switch (draft.verdict) {
        case v1::DecideRequest::VERDICT_REJECT: return printer.Word(Text::ask_reject);
        case v1::DecideRequest::VERDICT_DEFER: return printer.Word(Text::ask_defer);
        default: return printer.Word(Text::ask_approve);
      }
    case Mode::confirm: return printer.Word(Text::ask_number, draft.proposals.size());
    default: return "";
  }
}

void AddLastLine(const Review& review, const Printer& printer, std::size_t width, Frame& frame) {
  const std::string question = Question(review, printer);
  if (question.empty()) {
    frame.lines.push_back({Truncate(
        review.notice().empty() ? printer.Word(Text::review_keys) : Sanitise(review.notice()),
        width)});
    return;
  }
  std::string text = question + Sanitise(review.input());
  if (!review.notice().empty()) text += "   (" + Sanitise(review.notice()) + ")";
  const std::size_t cursor = DisplayWidth(question + Sanitise(review.input()));
  frame.cursor_column = static_cast<int>(std::min(cursor, width - 1));
  frame.lines.push_back({Truncate(text, width)});
}

}  // namespace

Frame Compose(const Review& review, const Printer& printer, Size size) {
  const auto width = static_cast<std::size_t>(std::max(size.columns, 20));
  const auto body = static_cast<std::size_t>(std::max(size.rows, 5)) - 2;  // title, last line
  Frame frame;
  frame.lines.push_back({Fit(Title(review, printer), width), Style::bar});
  const v1::Proposal* row = review.current_row();

  std::vector<FrameLine> lines;
  if (review.mode() == Mode::help) {
    lines = Help(printer, width);
  } else if (review.mode() == Mode::evidence && row != nullptr) {
    lines = Evidence(printer, *row, static_cast<int>(width));
    const std::size_t above = std::min(review.scrolled(), lines.size() - 1);
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(above));
  } else {
    lines = List(review, printer, body / 2, width);
    lines.resize(body / 2);
    if (row != nullptr) {
      lines.push_back({std::string(width, '-')});
      const auto evidence = Evidence(printer, *row, static_cast<int>(width));
      lines.insert(lines.end(), evidence.begin(), evidence.end());
    }
  }
  lines.resize(body);
  frame.lines.insert(frame.lines.end(), lines.begin(), lines.end());
  AddLastLine(review, printer, width, frame);
  return frame;
}

}  // namespace cli::review
