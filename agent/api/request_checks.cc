#include "agent/api/request_checks.h"

#include <string_view>

#include "proto/convert.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t reason_size_max = 2000;

}  // namespace

Result<void> CheckReason(const std::string& reason) {
  if (reason.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Fail(ErrorCode::malformed_input,
                "a reason is required: say why, for those who ask later");
  }
  if (reason.size() > reason_size_max) {
    return Fail(ErrorCode::malformed_input, "a reason may have " + std::to_string(reason_size_max) +
                                                " bytes; this has " +
                                                std::to_string(reason.size()));
  }
  return {};
}

Result<std::chrono::seconds> LifetimeOf(const google::protobuf::Duration& lifetime) {
  auto seconds = proto::FromDuration(lifetime);
  if (seconds && seconds->count() <= 0) {
    return Fail(ErrorCode::malformed_input, "the lifetime has to be at least a second");
  }
  return seconds;
}

Result<policy::Indicator> TypedIndicator(const std::string& text) {
  if (text.empty()) {
    return Fail(ErrorCode::malformed_input, "name a domain, an address, a prefix or a URL");
  }
  return policy::GuessIndicator(text);
}

}  // namespace agent::api
