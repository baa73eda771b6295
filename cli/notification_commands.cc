#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "sekisho/v1/notification.grpc.pb.h"

namespace cli {

CommandResult ListNotifications(const Session& session, const Arguments& arguments) {
  v1::ListNotificationsRequest request;
  request.set_before(static_cast<std::int64_t>(arguments.before));
  request.set_limit(arguments.limit);
  const auto response = session.agent.Call(&v1::Notifications::Stub::ListNotifications, request);
  if (!response) return tl::unexpected(response.error());
  const Printer& printer = session.printer;
  if (printer.is_json()) return JsonOf(session, *response);
  Table table = TableOf(printer, {Text::id, Text::at, Text::channel, Text::event, Text::state,
                                  Text::attempts, Text::problem});
  for (const v1::Notification& one : response->notifications()) {
    table.rows.push_back({std::to_string(one.id()), TimeCell(one.at()), one.channel(), one.text(),
                          one.state(), std::to_string(one.attempts()), one.error()});
  }
  printer.Show(table);
  if (response->late() > 0) printer.Say(Text::notifications_late, response->late());
  if (response->next_before() > 0) printer.Say(Text::more_releases, response->next_before());
  return ExitCode::ok;
}

CommandResult TestNotification(const Session& session, const Arguments& arguments) {
  v1::SendTestRequest request;
  request.set_channel(arguments.name);
  const auto response = session.agent.Call(&v1::Notifications::Stub::SendTest, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Say(Text::test_sent, arguments.name);
  return ExitCode::ok;
}

}  // namespace cli
