#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "sekisho/v1/scoreboard.grpc.pb.h"

namespace cli {

CommandResult ShowScores(const Session& session, const Arguments&) {
  const auto answer =
      session.agent.Call(&v1::Scoreboard::Stub::GetScoreboard, v1::GetScoreboardRequest());
  if (!answer) return tl::unexpected(answer.error());
  if (session.printer.is_json()) return JsonOf(session, *answer);
  const Printer& printer = session.printer;
  Table feeds =
      TableOf(printer, {Text::feed, Text::count, Text::unique, Text::decided, Text::rejected,
                        Text::false_positives, Text::median_wait, Text::last_seen});
  for (const v1::FeedScore& score : answer->feeds()) {
    feeds.rows.push_back({score.feed(), std::to_string(score.proposals()),
                          std::to_string(score.unique()), std::to_string(score.approved()),
                          std::to_string(score.rejected()), std::to_string(score.false_positives()),
                          score.has_median_wait() ? DurationCell(score.median_wait()) : "",
                          TimeCell(score.newest())});
  }
  printer.Show(feeds);
  Table ages = TableOf(printer, {Text::waiting_since, Text::count});
  for (const v1::PendingAge& age : answer->pending()) {
    ages.rows.push_back({">= " + DurationCell(age.from()), std::to_string(age.count())});
  }
  printer.Section(printer.Word(Text::proposals_heading), ages);
  return ExitCode::ok;
}

}  // namespace cli
