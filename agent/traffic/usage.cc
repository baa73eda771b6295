#include "agent/traffic/usage.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace agent::traffic {
namespace {

using policy::TimePoint;
using std::chrono::days;

std::size_t SlotOf(Day day) {
  return static_cast<std::size_t>(day.time_since_epoch().count()) % days_kept;
}

Day DayOf(TimePoint at) {
  return std::chrono::floor<days>(at);
}

// The first day that is told of on `today`.
Day FirstDay(Day today) {
  return today - days(days_kept - 1);
}

void AddTo(std::uint32_t& sum, std::uint32_t more) {
  sum = more > std::numeric_limits<std::uint32_t>::max() - sum
            ? std::numeric_limits<std::uint32_t>::max()
            : sum + more;
}

// Takes "NUMBER" and the `end` after it off `text`; false if it does not begin so.
bool TakeNumber(std::string_view& text, char end, std::uint32_t& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto size = static_cast<std::size_t>(stop - text.data());
  if (error != std::errc() || size == text.size() || *stop != end) return false;
  text.remove_prefix(size + 1);
  return true;
}

}  // namespace

// Days between the newest one and `at` had no requests.
void Usage::MoveTo(TimePoint at) {
  const Day today = DayOf(at);
  if (last_ == 0 || today - newest_day() >= days(days_kept)) {
    requests_ = {};
  } else {
    for (Day day = newest_day() + days(1); day <= today; day += days(1)) requests_[SlotOf(day)] = 0;
  }
  last_ = std::max(last_, static_cast<std::uint32_t>(at.time_since_epoch().count()));
}

void Usage::Count(TimePoint at, std::uint64_t client) {
  if (at.time_since_epoch().count() <= 0) return;
  MoveTo(at);
  const Day day = DayOf(at);
  if (day < FirstDay(newest_day())) return;
  AddTo(requests_[SlotOf(day)], 1);
  clients_.Add(client, day);
}

void Usage::Merge(const Usage& other) {
  if (other.last_ == 0) return;
  MoveTo(other.last_seen());
  for (Day day = std::max(FirstDay(newest_day()), FirstDay(other.newest_day()));
       day <= other.newest_day(); day += days(1)) {
    AddTo(requests_[SlotOf(day)], other.requests_[SlotOf(day)]);
  }
  clients_.Merge(other.clients_);
}

bool Usage::Forget(TimePoint now) {
  const Day first = FirstDay(DayOf(now));
  if (last_ == 0 || newest_day() < first) return false;
  clients_.Forget(first);
  return true;
}

UsageSummary Usage::Summary(TimePoint now) const {
  UsageSummary summary;
  const Day today = DayOf(now);
  if (last_ == 0) return summary;
  for (std::size_t i = 0; i < days_kept; ++i) {
    const Day day = FirstDay(today) + days(i);
    if (day < FirstDay(newest_day()) || day > newest_day()) continue;
    summary.per_day[i] = requests_[SlotOf(day)];
    summary.requests += summary.per_day[i];
  }
  if (summary.requests == 0) return {};
  summary.clients = clients_.CountSince(FirstDay(today));
  summary.is_estimate = !clients_.is_exact();
  summary.last_seen = last_seen();
  return summary;
}

std::string Usage::Text() const {
  std::string text = std::to_string(last_);
  for (std::size_t i = 0; i < days_kept; ++i) {
    text += i == 0 ? ' ' : ',';
    text += std::to_string(requests_[SlotOf(FirstDay(newest_day()) + days(i))]);
  }
  return text + " " + clients_.Text();
}

bool Usage::Read(std::string_view text) {
  Usage read;
  if (!TakeNumber(text, ' ', read.last_) ||
      read.last_ < std::chrono::seconds(days(days_kept)).count()) {
    return false;
  }
  for (std::size_t i = 0; i < days_kept; ++i) {
    const Day day = FirstDay(read.newest_day()) + days(i);
    const char end = i + 1 < days_kept ? ',' : ' ';
    if (!TakeNumber(text, end, read.requests_[SlotOf(day)])) return false;
  }
  if (!read.clients_.Read(text)) return false;
  *this = read;
  return true;
}

}  // namespace agent::traffic
