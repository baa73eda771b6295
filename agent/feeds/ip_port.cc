#include "agent/feeds/ip_port.h"

#include <charconv>
#include <string>
#include <utility>

#include "policy/quote.h"

namespace agent::feeds {

using policy::ErrorCode;
using policy::Fail;
using policy::IpPrefix;
using policy::Quote;
using policy::Result;

Result<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error == std::errc{} && stop == end && port != 0) return port;
  return Fail(ErrorCode::malformed_input, Quote(text) + " is no port from 1 to 65535");
}

Result<IpPort> ParseIpPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return Fail(ErrorCode::malformed_input, Quote(text) + " has no port after its address");
  }
  const auto port = ParsePort(text.substr(colon + 1));
  if (!port) return tl::unexpected(port.error());
  // Without brackets the last group of an IPv6 address would pass for a port.
  std::string_view address = text.substr(0, colon);
  const bool is_bracketed = address.starts_with('[') && address.ends_with(']');
  if (is_bracketed) address = address.substr(1, address.size() - 2);
  const bool is_v6 = address.find(':') != std::string_view::npos;
  if (is_v6 != is_bracketed || address.find('/') != std::string_view::npos) {
    return Fail(ErrorCode::malformed_input,
                Quote(text) + " is no address with a port: write 192.0.2.1:80 or [2001:db8::1]:80");
  }
  const auto prefix = IpPrefix::Parse(address);
  if (!prefix) return tl::unexpected(prefix.error());
  return IpPort{*prefix, *port};
}

}  // namespace agent::feeds
