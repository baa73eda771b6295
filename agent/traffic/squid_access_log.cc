#include "agent/traffic/squid_access_log.h"

#include <array>
#include <charconv>

namespace agent::traffic {
namespace {

using policy::IpPrefix;
using policy::Url;
using namespace std::string_view_literals;

// Splits at runs of blanks: the second column is padded.
template <std::size_t count>
std::array<std::string_view, count> Words(std::string_view line) {
  std::array<std::string_view, count> words;
  for (std::string_view& word : words) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
  }
  return words;
}

// "1795505341.695"
std::optional<policy::TimePoint> TimeOf(std::string_view text) {
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc() || stop == end || *stop != '.' || seconds < 0) return std::nullopt;
  return policy::TimePoint(std::chrono::seconds(seconds));
}

// "HIER_DIRECT/192.0.2.1": Squid went to the server itself, not to another proxy.
std::optional<IpPrefix> ServerOf(std::string_view hierarchy) {
  for (const std::string_view way : {"HIER_DIRECT/"sv, "ORIGINAL_DST/"sv, "DIRECT/"sv}) {
    if (!hierarchy.starts_with(way)) continue;
    const auto address = IpPrefix::Parse(hierarchy.substr(way.size()));
    if (address && address->is_address()) return *address;
  }
  return std::nullopt;
}

}  // namespace

LineResult ReadSquidAccess(std::string_view line) {
  const auto [time, elapsed, client, result, size, method, target, user, hierarchy] =
      Words<9>(line);
  const auto at = TimeOf(time);
  if (!at || result.find('/') == result.npos || hierarchy.find('/') == hierarchy.npos) {
    return tl::unexpected("no line of Squid's native format"sv);
  }
  if (result.starts_with("TCP_DENIED")) return std::nullopt;
  Request request{.at = *at, .client = std::string(client)};
  if (method == "CONNECT") {
    const auto host = Url::Parse("https://" + std::string(target) + "/");
    if (!host) return std::nullopt;
    TakeHost(*host, request);
  } else if (auto url = Url::Parse(target)) {
    TakeHost(*url, request);
    request.url = *std::move(url);
  } else {
    return std::nullopt;  // "error:invalid-request", "ftp://...", "cache_object://..."
  }
  if (!request.address) request.address = ServerOf(hierarchy);
  return request;
}

}  // namespace agent::traffic
