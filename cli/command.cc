#include "cli/command.h"

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

}  // namespace cli
