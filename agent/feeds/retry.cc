#include "agent/feeds/retry.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace agent::feeds {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstRetry = seconds(60);
constexpr seconds kRetryAfterMax = std::chrono::hours(24);
constexpr int kDoublingsMax = 20;  // longer than any interval, and no overflow

milliseconds Scale(milliseconds duration, double factor) {
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(duration.count()) * factor));
}

std::optional<seconds> ParseSeconds(std::string_view text) {
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return seconds(count);
}

}  // namespace

milliseconds DelayAfterSuccess(seconds interval, double random) {
  return Scale(interval, 0.95 + 0.1 * random);
}

milliseconds DelayAfterFailure(seconds interval, int failures, std::optional<seconds> retry_after,
                               double random) {
  const int doublings = std::clamp(failures - 1, 0, kDoublingsMax);
  const milliseconds longest = std::min<milliseconds>(kFirstRetry * (1 << doublings), interval);
  const milliseconds delay = Scale(longest, 0.5 + 0.5 * random);
  return std::max<milliseconds>(delay, std::min(retry_after.value_or(seconds(0)), kRetryAfterMax));
}

std::optional<policy::TimePoint> ParseHttpDate(std::string_view text) {
  const std::string terminated(text);
  struct tm parts {};
  const char* const stop = ::strptime(terminated.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (stop == nullptr || *stop != '\0') return std::nullopt;
  return policy::TimePoint(seconds(::timegm(&parts)));
}

std::optional<seconds> ParseRetryAfter(std::string_view text, policy::TimePoint now) {
  if (const auto count = ParseSeconds(text)) return count;
  const auto date = ParseHttpDate(text);
  if (!date || *date <= now) return std::nullopt;
  return *date - now;
}

}  // namespace agent::feeds
