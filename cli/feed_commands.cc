#include <algorithm>
#include <chrono>

#include "cli/cells.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

// A feed may be large, its server slow.
constexpr std::chrono::minutes refresh_patience{10};

void ShowFeeds(const Printer& printer, const google::protobuf::RepeatedPtrField<v1::Feed>& feeds) {
  Table table = TableOf(printer, {Text::name, Text::state, Text::number, Text::rejected,
                                  Text::accepted, Text::detail});
  for (const v1::Feed& feed : feeds) {
    table.rows.push_back({feed.name(), feed.state(), std::to_string(feed.observations()),
                          std::to_string(feed.rejected()), TimeCell(feed.accepted_at()),
                          feed.detail()});
  }
  printer.Show(table);
  for (const v1::Feed& feed : feeds) {
    Table rejected;
    for (const v1::RejectedRow& row : feed.rejected_rows()) {
      rejected.rows.push_back({std::to_string(row.line()), row.reason()});
    }
    printer.Section(printer.Word(Text::rejected_heading, feed.name()), rejected);
  }
}

void ShowLogs(const Printer& printer,
              const google::protobuf::RepeatedPtrField<v1::TrafficLog>& logs) {
  Table table =
      TableOf(printer, {Text::name, Text::requests, Text::faults, Text::file, Text::detail});
  for (const v1::TrafficLog& log : logs) {
    table.rows.push_back({log.name(), std::to_string(log.requests()), std::to_string(log.faults()),
                          log.file(), log.trouble().empty() ? log.last_fault() : log.trouble()});
  }
  if (!logs.empty()) printer.Section(printer.Word(Text::traffic_logs_heading), table);
}

bool HasFailed(const v1::Feed& feed) {
  return feed.state() == "refused" || feed.state() == "unreachable";
}

}  // namespace

CommandResult ListFeeds(const Session& session, const Arguments&) {
  const auto response = session.agent.Call(&v1::Feeds::Stub::ListFeeds, {});
  if (!response) return tl::unexpected(response.error());
  SayMissingAllowlists(session.printer, response->missing_allowlists());
  if (session.printer.is_json()) return JsonOf(session, *response);
  ShowFeeds(session.printer, response->feeds());
  ShowLogs(session.printer, response->traffic_logs());
  return ExitCode::ok;
}

CommandResult RefreshFeeds(const Session& session, const Arguments& arguments) {
  v1::RefreshFeedsRequest request;
  request.mutable_names()->Assign(arguments.names.begin(), arguments.names.end());
  request.set_wait(arguments.wait);
  request.set_accept_size(arguments.accept_size);
  const auto response = WithProgress(session.surroundings, [&] {
    return session.agent.Call(&v1::Feeds::Stub::RefreshFeeds, request, refresh_patience);
  });
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) {
    if (auto ok = session.printer.Json(*response); !ok) return tl::unexpected(ok.error());
  } else {
    ShowFeeds(session.printer, response->feeds());
  }
  // Without --wait the states are those of earlier attempts.
  const auto& feeds = response->feeds();
  const bool has_failed = arguments.wait && std::any_of(feeds.begin(), feeds.end(), HasFailed);
  return has_failed ? ExitCode::degraded : ExitCode::ok;
}

}  // namespace cli
