// A provider's keys on the first line, and a token on the rest.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/oidc/id_token.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const auto keys = agent::oidc::KeySet::Parse(text.substr(0, line));
  const std::string_view token = line == text.npos ? text : text.substr(line + 1);
  const auto read = agent::oidc::ReadIdToken(
      token, keys.value_or(agent::oidc::KeySet()),
      {"https://login.test", "sekisho", "nonce", std::nullopt, "preferred_username", "groups"},
      policy::TimePoint(std::chrono::seconds(1'790'000'000)));
  Require(!read || (keys && !read->subject.empty()), "nobody is let in without a key or a name");
  return 0;
}
