#include "agent/notify/schedule.h"

#include <algorithm>
#include <utility>

#include <absl/time/time.h>

namespace agent::notify {
namespace {

using std::chrono::minutes;

constexpr std::chrono::seconds retry_first = minutes(1);
constexpr std::chrono::seconds retry_longest = std::chrono::hours(1);

absl::Time ToAbsl(TimePoint time) {
  return absl::FromUnixSeconds(time.time_since_epoch().count());
}

}  // namespace

struct Zone::Data {
  absl::TimeZone zone;
};

policy::Result<Zone> Zone::Load(const std::string& name) {
  auto data = std::make_shared<Data>();
  if (!absl::LoadTimeZone(name, &data->zone)) {
    return policy::Fail(policy::ErrorCode::not_found,
                        "there is no time zone \"" + name +
                            "\"; name one as in \"Asia/Tokyo\" (Debian's package tzdata has them)");
  }
  return Zone(std::move(data));
}

Zone Zone::Utc() {
  return Zone(std::make_shared<const Data>(Data{absl::UTCTimeZone()}));
}

Zone::Civil Zone::At(TimePoint time) const {
  const absl::CivilMinute civil = absl::ToCivilMinute(ToAbsl(time), data_->zone);
  const absl::Weekday day = absl::GetWeekday(civil);
  return {minutes(civil.hour() * 60 + civil.minute()),
          day == absl::Weekday::saturday || day == absl::Weekday::sunday};
}

std::string Zone::Format(TimePoint time) const {
  return absl::FormatTime("%Y-%m-%d %H:%M %Z", ToAbsl(time), data_->zone);
}

bool IsQuiet(const Schedule& schedule, TimePoint now) {
  if (!schedule.quiet) return false;
  const auto& [from, to, weekends] = *schedule.quiet;
  const Zone::Civil civil = schedule.zone.At(now);
  if (weekends && civil.is_weekend) return true;
  if (from <= to) return from <= civil.of_day && civil.of_day < to;
  return from <= civil.of_day || civil.of_day < to;
}

std::vector<std::size_t> Ready(const Schedule& schedule, const std::vector<Waiting>& waiting,
                               TimePoint now) {
  const auto oldest = std::find_if(waiting.begin(), waiting.end(),
                                   [](const Waiting& each) { return !each.is_urgent; });
  const bool rest_too =
      oldest != waiting.end() && !IsQuiet(schedule, now) && oldest->at + schedule.digest <= now;
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].is_urgent || rest_too) ready.push_back(i);
  }
  return ready;
}

std::chrono::seconds RetryDelay(std::int64_t attempts) {
  const auto doublings = std::clamp<std::int64_t>(attempts - 1, 0, 6);
  return std::min(retry_first * (1 << doublings), retry_longest);
}

}  // namespace agent::notify
