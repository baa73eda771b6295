#include "cli/command.h"

#include <chrono>

#include "policy/time.h"
#include "proto/convert.h"

namespace cli {

CommandResult JsonOf(const Session& session, const google::protobuf::Message& message) {
  if (auto ok = session.printer.Json(message); !ok) return tl::unexpected(std::move(ok.error()));
  return ExitCode::ok;
}

tl::unexpected<policy::Error> UsageError(const Session& session, Text text) {
  return policy::Fail(policy::ErrorCode::malformed_input, session.printer.Word(text));
}

policy::Result<void> CheckReason(const Session& session, const std::string& reason) {
  if (reason.find_first_not_of(" \t\r\n") == reason.npos) {
    return UsageError(session, Text::need_reason);
  }
  return {};
}

policy::Result<std::optional<google::protobuf::Timestamp>> TimeFrom(const std::string& text) {
  if (text.empty()) return std::optional<google::protobuf::Timestamp>();
  if (const auto duration = policy::ParseDuration(text)) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return proto::ToTimestamp(now + *duration);
  }
  const auto time = policy::ParseTime(text);
  if (!time) return tl::unexpected(time.error());
  return proto::ToTimestamp(*time);
}

}  // namespace cli
