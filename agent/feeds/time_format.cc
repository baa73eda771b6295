#include "agent/feeds/time_format.h"

#include <time.h>

#include <charconv>
#include <cstdint>

#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Quote;
using policy::Result;
using policy::TimePoint;

constexpr std::string_view kDirectives = "YymdebBHIMSpTFRz%";
constexpr std::size_t kTextMax = 100;  // no time is longer; patterns neither

std::optional<TimePoint> AsTime(std::int64_t seconds) {
  constexpr TimePoint first = std::chrono::sys_days{std::chrono::year{1900} / 1 / 1};
  constexpr TimePoint after = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};
  const TimePoint time{std::chrono::seconds{seconds}};
  return time >= first && time < after ? std::optional(time) : std::nullopt;
}

std::optional<TimePoint> ReadUnix(std::string_view text, std::int64_t units_per_second) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  // A fraction, as JSON may have it, is below what counts here.
  const bool is_fraction =
      stop != end && *stop == '.' &&
      std::string_view(stop + 1, end).find_first_not_of("0123456789") == std::string_view::npos;
  if (error != std::errc{} || (stop != end && !is_fraction)) return std::nullopt;
  return AsTime(number / units_per_second);
}

std::optional<TimePoint> ReadPattern(const std::string& text, const std::string& pattern) {
  if (text.find('\0') != std::string::npos) return std::nullopt;
  tm fields{};
  fields.tm_year = 70;
  fields.tm_mday = 1;
  const char* const stop = strptime(text.c_str(), pattern.c_str(), &fields);
  if (stop == nullptr || *stop != '\0') return std::nullopt;
  const long ahead = fields.tm_gmtoff;
  const int day = fields.tm_mday;
  const auto seconds = static_cast<std::int64_t>(timegm(&fields));
  // timegm makes 3 March of 31 February.
  return fields.tm_mday == day ? AsTime(seconds - ahead) : std::nullopt;
}

}  // namespace

Result<TimeFormat> TimeFormat::Parse(std::string_view text) {
  if (text == "iso") return TimeFormat(Form::iso, {});
  if (text == "unix") return TimeFormat(Form::unix_seconds, {});
  if (text == "unix-ms") return TimeFormat(Form::unix_milliseconds, {});
  bool has_directive = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') continue;
    if (++i == text.size() || kDirectives.find(text[i]) == std::string_view::npos) {
      return Fail(ErrorCode::malformed_input,
                  "takes only %Y %y %m %d %e %b %B %H %I %M %S %p %T %F %R %z %%");
    }
    has_directive = has_directive || text[i] != '%';
  }
  if (!has_directive || text.size() > kTextMax) {
    return Fail(ErrorCode::malformed_input,
                Quote(text) +
                    " is no form of time: write iso, unix, unix-ms or a pattern such as "
                    "\"%d/%m/%Y %H:%M\"");
  }
  return TimeFormat(Form::pattern, std::string(text));
}

std::optional<TimePoint> TimeFormat::Read(std::string_view text) const {
  if (text.size() > kTextMax) return std::nullopt;
  switch (form_) {
    case Form::unix_seconds: return ReadUnix(text, 1);
    case Form::unix_milliseconds: return ReadUnix(text, 1000);
    case Form::pattern: return ReadPattern(std::string(text), pattern_);
    case Form::iso: break;
  }
  const auto time = policy::ParseTime(text);
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace agent::feeds
