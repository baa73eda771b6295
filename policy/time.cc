#include "policy/time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "policy/ascii.h"
#include "policy/quote.h"

namespace policy {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr TimePoint kFirst = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr TimePoint kLast =
    std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - std::chrono::seconds{1};

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array<Unit, 5> kUnits{
    {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};  // widest first
constexpr seconds kDurationMax = std::chrono::years{10};

// Reads a text from its start; each step says whether it matched and only then moves on.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }

  bool OneOf(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool Word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  // Exactly `count` digits.
  std::optional<int> Digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (!IsDigit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool SkipDigits() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && IsDigit(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() < before;
  }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::sys_days> ReadDate(Reader& in) {
  const auto year = in.Digits(4);
  if (!year || !in.OneOf("-")) return std::nullopt;
  const auto month = in.Digits(2);
  if (!month || !in.OneOf("-")) return std::nullopt;
  const auto day = in.Digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

std::optional<seconds> ReadTimeOfDay(Reader& in) {
  const auto hour = in.Digits(2);
  if (!hour || *hour > 23 || !in.OneOf(":")) return std::nullopt;
  const auto minute = in.Digits(2);
  if (!minute || *minute > 59 || !in.OneOf(":")) return std::nullopt;
  const auto second = in.Digits(2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second, see ReadInstant
  if (in.OneOf(".") && !in.SkipDigits()) return std::nullopt;
  return seconds{*hour * 3600 + *minute * 60 + *second};
}

// How far local time is ahead of UTC. Without any zone a feed means UTC, but only where it writes
// a space between date and time; an RFC 3339 "T" comes with a zone or is broken.
std::optional<seconds> ReadZone(Reader& in, bool zone_required) {
  if (in.AtEnd()) return zone_required ? std::nullopt : std::optional(seconds{0});
  if (in.OneOf("Zz") || in.Word(" UTC")) return seconds{0};
  const bool ahead = in.OneOf("+");
  if (!ahead && !in.OneOf("-")) return std::nullopt;
  const auto hour = in.Digits(2);
  if (!hour || *hour > 23 || !in.OneOf(":")) return std::nullopt;
  const auto minute = in.Digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  const seconds offset{*hour * 3600 + *minute * 60};
  return ahead ? offset : -offset;
}

std::optional<TimePoint> ReadInstant(std::string_view text) {
  Reader in(text);
  const auto date = ReadDate(in);
  if (!date) return std::nullopt;
  if (in.AtEnd()) return TimePoint{*date};
  const bool rfc3339 = in.OneOf("Tt");
  if (!rfc3339 && !in.OneOf(" ")) return std::nullopt;
  const auto time = ReadTimeOfDay(in);
  if (!time) return std::nullopt;
  const auto ahead = ReadZone(in, rfc3339);
  if (!ahead || !in.AtEnd()) return std::nullopt;
  const TimePoint instant = *date + *time - *ahead;
  // A leap second ends a UTC day; POSIX time gives it the number of the next midnight.
  const bool leap = text.substr(17, 2) == "60";
  if (leap && instant != std::chrono::floor<days>(instant)) return std::nullopt;
  if (instant < kFirst || instant > kLast) return std::nullopt;
  return instant;
}

// Writes `count` digits of `number` at `at`.
void PutDigits(std::string& out, std::size_t at, std::size_t count, unsigned number) {
  for (std::size_t i = count; i > 0; --i, number /= 10) {
    out[at + i - 1] = static_cast<char>('0' + number % 10);
  }
}

}  // namespace

std::string FormatTime(TimePoint time) {
  time = std::clamp(time, kFirst, kLast);
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss<seconds> clock{time - day};
  // Every decision's reasons hold a time: printf would be a fifth of what a decision costs.
  std::string out = "0000-00-00T00:00:00Z";
  PutDigits(out, 0, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  PutDigits(out, 5, 2, static_cast<unsigned>(date.month()));
  PutDigits(out, 8, 2, static_cast<unsigned>(date.day()));
  PutDigits(out, 11, 2, static_cast<unsigned>(clock.hours().count()));
  PutDigits(out, 14, 2, static_cast<unsigned>(clock.minutes().count()));
  PutDigits(out, 17, 2, static_cast<unsigned>(clock.seconds().count()));
  return out;
}

Result<TimePoint> ParseTime(std::string_view text) {
  if (const auto instant = ReadInstant(text)) return *instant;
  return Fail(ErrorCode::malformed_input,
              Quote(text) + " is not a time: write it like 2026-11-24T10:16:31Z");
}

Result<seconds> ParseDuration(std::string_view text) {
  const auto malformed = [text] {
    return Fail(ErrorCode::malformed_input,
                Quote(text) +
                    " is not a duration: write a positive number and one of s, m, h, d, "
                    "w, at most ten years, like 90s or 7d");
  };
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop + 1 != end || count <= 0) return malformed();
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                 [stop = stop](const Unit& u) { return u.letter == *stop; });
  if (unit == kUnits.end() || count > kDurationMax.count() / unit->seconds) return malformed();
  return seconds{count * unit->seconds};
}

std::string FormatDuration(seconds duration) {
  if (duration.count() == 0) return "0s";
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [duration](const Unit& u) {
    return duration.count() % u.seconds == 0;
  });
  return std::to_string(duration.count() / unit->seconds) + unit->letter;
}

}  // namespace policy
