#include "agent/api/client_address.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <string_view>

#include "policy/ascii.h"

namespace agent::api {
namespace {

using policy::IpPrefix;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(Trimmed(text.substr(0, end)));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711", with or without quotes.
std::optional<IpPrefix> AddressIn(std::string_view text) {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) {
    text = text.substr(1, text.size() - 2);
  }
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  auto address = IpPrefix::Parse(text);
  if (!address || !address->is_address()) return std::nullopt;
  return *address;
}

// The element's parameter `for` (RFC 7239 section 4).
std::string_view ForOf(std::string_view element) {
  for (const std::string_view pair : Split(element, ';')) {
    const std::size_t equals = pair.find('=');
    if (equals != pair.npos && policy::EqualsIgnoringCase(pair.substr(0, equals), "for")) {
      return pair.substr(equals + 1);
    }
  }
  return "";
}

}  // namespace

std::string ClientAddress(const platform::HttpServerRequest& request,
                          const TrustedProxies& proxies) {
  const auto is_trusted = [&](const IpPrefix& address) {
    return std::any_of(proxies.addresses.begin(), proxies.addresses.end(),
                       [&](const IpPrefix& each) { return each.Contains(address); });
  };
  auto address = AddressIn(request.peer_address);
  if (!address || !is_trusted(*address)) return request.peer_address;
  const bool is_forwarded = proxies.by == TrustedProxies::By::forwarded;
  std::vector<std::string_view> hops;
  for (const platform::HttpHeader& header : request.headers) {
    if (!policy::EqualsIgnoringCase(header.name, is_forwarded ? "forwarded" : "x-forwarded-for")) {
      continue;
    }
    for (const std::string_view hop : Split(header.value, ',')) hops.push_back(hop);
  }
  for (const std::string_view hop : std::views::reverse(hops)) {
    const auto next = AddressIn(is_forwarded ? ForOf(hop) : hop);
    if (!next) break;
    address = next;
    if (!is_trusted(*address)) break;
  }
  return address->AddressString();
}

}  // namespace agent::api
