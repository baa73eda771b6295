#include <string>

#include "cli/command.h"
#include "cli/why_view.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
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
  ShowWhy(session.printer, *response);
  return ExitCode::ok;
}

}  // namespace cli
